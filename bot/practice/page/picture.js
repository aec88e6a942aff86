// Draws one diagram and says how large it is; whoever asked takes the picture.

const MARGIN = 20;

async function draw(text) {
  setUp(false);
  const place = document.getElementById("picture");
  place.innerHTML = (await mermaid.render("flow", text)).svg;
  const svg = place.firstElementChild;
  settle(svg);
  const { x, y, width, height } = svg.querySelector(".root").getBBox();
  const size = { width: Math.ceil(width + 2 * MARGIN), height: Math.ceil(height + 2 * MARGIN) };
  svg.setAttribute("viewBox", `${x - MARGIN} ${y - MARGIN} ${size.width} ${size.height}`);
  svg.style.setProperty("width", `${size.width}px`);
  svg.style.setProperty("height", `${size.height}px`);
  return size;
}
