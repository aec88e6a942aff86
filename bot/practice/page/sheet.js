// How the flow's diagram is set up and tidied, in the practice room's frame and as a picture.

function setUp(isDark) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: "strict",
    maxTextSize: 500000,
    htmlLabels: false,
    theme: "base",
    state: { useMaxWidth: false, nodeSpacing: 12, rankSpacing: 34 },
    themeVariables: {
      darkMode: isDark,
      fontFamily: style.fontFamily,
      fontSize: "15px",
      background: colour("surface"),
      primaryColor: colour("surface"),
      primaryTextColor: colour("ink"),
      primaryBorderColor: colour("soft"),
      lineColor: colour("soft"),
      textColor: colour("ink"),
      edgeLabelBackground: colour("raised"),
      compositeBackground: colour("ground"),
      compositeTitleBackground: colour("ground"),
      compositeBorder: colour("edge"),
    },
  });
}

/** Let the picture grow and shrink with what it is in, and its box say its name where no line goes. */
function settle(svg) {
  svg.removeAttribute("width");
  svg.removeAttribute("height");
  svg.setAttribute("role", "img");
  for (const box of svg.querySelectorAll(".statediagram-cluster")) {
    box.querySelector(".inner").remove();
    const edge = box.querySelector(".outer").getBBox();
    const name = box.querySelector(".cluster-label");
    const size = name.getBBox();
    const x = edge.x + edge.width - size.width - 12;
    const y = edge.y + edge.height - size.height - 6;
    name.setAttribute("transform", `translate(${x}, ${y})`);
  }
}
