// Inside of the frame: draws the flow (by sheet.js), and marks the steps at which people are. It asks
// nobody for anything; the page around it sends a text and the marks, and hears that a key was pressed.

const SVG = "http://www.w3.org/2000/svg";
const EDGE = 6;
const dark = matchMedia("(prefers-color-scheme: dark)");
const still = matchMedia("(prefers-reduced-motion: reduce)");
const picture = document.getElementById("picture");

let wanted = null;
let drawn = "";
let marked = new Map();
let drawing = Promise.resolve();

async function draw() {
  const { text, marks } = wanted;
  const edition = `${dark.matches} ${text}`;
  if (drawn !== edition) {
    setUp(dark.matches);
    picture.innerHTML = (await mermaid.render("flow", text)).svg;
    settle(picture.firstElementChild);
    drawn = edition;
    marked = new Map();
  }
  mark(marks);
  document.getElementById("trouble-drawing").hidden = true;
}

/** Show who is at which step, beside it, and bring whatever is new into view. */
function mark(marks) {
  const svg = picture.firstElementChild;
  const nodes = new Map([...svg.querySelectorAll(".node")].map((node) => [stepOf(node), node]));
  const here = new Map();
  for (const { at, who } of marks) {
    const id = at.replaceAll("-", "_");
    if (nodes.has(id)) here.set(id, [...(here.get(id) ?? []), who]);
  }
  for (const [id, node] of nodes) show(node, here.get(id) ?? []);
  fit(svg);
  const said = [...here].map(([id, people]) => `${people.join(", ")}: ${nodes.get(id).querySelector(".label").textContent}.`);
  svg.setAttribute("aria-label", ["The flow’s steps, one after another.", ...said].join(" "));
  const news = [...here.keys()].filter((id) => String(here.get(id)) !== marked.get(id));
  const gone = [...marked.keys()].some((id) => !here.has(id));
  const first = news.at(0) ?? (gone ? here.keys().next().value : undefined);
  if (first) bring(nodes.get(first), marked.size > 0);
  marked = new Map([...here].map(([id, people]) => [id, String(people)]));
}

/** Make room for what was drawn, the people's labels included. */
function fit(svg) {
  const { x, y, width, height } = svg.querySelector(".root").getBBox();
  svg.setAttribute("viewBox", `${x - EDGE} ${y - EDGE} ${width + 2 * EDGE} ${height + 2 * EDGE}`);
  svg.style.setProperty("--width", `${width + 2 * EDGE}px`);
}

/** A node's id ends in its name within its boxes and a number: flow-state-the_items__alone-6. */
const stepOf = (node) => node.id.replace(/^.*-state-/, "").replace(/-\d+$/, "").split("__").at(-1);

function show(node, people) {
  node.querySelector(".people")?.remove();
  node.classList.toggle("here", people.length > 0);
  if (!people.length) return;
  const group = node.appendChild(document.createElementNS(SVG, "g"));
  group.classList.add("people");
  const box = node.querySelector("rect.basic").getBBox();
  const rows = people.length > 2 ? 2 : 1;
  const right = [0, 0];
  people.forEach((who, number) => {
    const row = number % rows;
    const chip = group.appendChild(document.createElementNS(SVG, "g"));
    const back = chip.appendChild(document.createElementNS(SVG, "rect"));
    const text = chip.appendChild(document.createElementNS(SVG, "text"));
    text.textContent = who;
    const width = text.getComputedTextLength() + 16;
    for (const [key, value] of Object.entries({ y: -10, width, height: 20, rx: 10 })) {
      back.setAttribute(key, value);
    }
    text.setAttribute("x", 8);
    text.setAttribute("y", 4.5);
    const x = box.x + box.width + 8 + right[row];
    chip.setAttribute("transform", `translate(${x}, ${rows > 1 ? row * 22 - 11 : 0})`);
    right[row] += width + 4;
  });
  // The last is above: a line drawn later must not run through somebody's label.
  node.parentNode.append(node);
}

function bring(node, moving) {
  const box = node.getBoundingClientRect();
  scrollTo({
    left: scrollX + box.left + box.width / 2 - innerWidth / 2,
    top: scrollY + box.top + box.height / 2 - innerHeight / 2,
    behavior: moving && !still.matches ? "smooth" : "instant",
  });
}

/** One drawing after the other; the newest wish counts. What is hidden can't be measured. */
function redraw() {
  if (!wanted || !innerWidth) return;
  drawing = drawing.then(draw).catch((error) => {
    console.error(error);
    document.getElementById("trouble-drawing").hidden = false;
  });
}

addEventListener("message", (event) => {
  if (event.source !== parent || event.origin !== location.origin) return;
  wanted = event.data;
  redraw();
});
dark.addEventListener("change", redraw);
addEventListener("keydown", (event) => {
  if (event.key === "Escape") parent.postMessage("escape", location.origin);
});
parent.postMessage("ready", location.origin);
