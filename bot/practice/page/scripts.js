// Scripts: chosen, played, paused, gone through step by step; saved, and opened from a file.

import { ask, tryTo } from "./ask.js";
import { at, make } from "./dom.js";
import { state } from "./state.js";
import { chooseTab } from "./tabs.js";

const LARGEST = 200_000;
let download = "";

/** Draw what stays the same for the whole evening. */
export function enterScripts() {
  const { scripts, script, lines } = state.about;
  offer(script || scripts[0]?.name);
  at("lines").replaceChildren(...lines.map((line) => make("li", {}, line)));
  if (lines.length) chooseTab(at("tab-script"));
}

export function drawPlay(play) {
  at("player").hidden = !play;
  if (!play) return;
  const playing = play.state === "playing";
  const over = play.state === "ended" || play.state === "differs";
  at("play").textContent = playing ? "Pause" : "Play";
  at("play").disabled = over;
  at("step").disabled = over || play.state !== "paused";
  if (document.activeElement !== at("speed")) at("speed").value = play.speed;
  at("play-state").textContent = {
    paused: `Waits before line ${play.at + 1} of ${state.about.lines.length}.`,
    playing: `Line ${play.at + 1} of ${state.about.lines.length}.`,
    stepping: `Line ${play.at + 1} of ${state.about.lines.length}.`,
    ended: "Every step went as written. Go on by hand.",
    differs: "This step went otherwise. Go on by hand.",
  }[play.state];
  at("play-problem").hidden = !play.problem;
  at("play-problem").textContent = play.problem;
  [...at("lines").children].forEach((line, number) => {
    line.className = number < play.at ? "done" : number === play.at ? "current" : "";
    if (number === play.at) line.setAttribute("aria-current", "step");
    else line.removeAttribute("aria-current");
  });
  const current = at("lines").children[play.at];
  const list = at("lines");
  if (current) list.scrollTop = current.offsetTop - list.offsetTop - list.clientHeight / 2;
  if (play.state !== "paused") follow(play.at);
}

let followed = -1;

/** Bring the phone of whoever acts in this line into view, once. */
function follow(line) {
  if (line === followed) return;
  followed = line;
  const who = state.about.lines[line]?.split(/[ ,]/, 1)[0];
  const phone = [...state.phones.values()].find((one) => one.person.label === who);
  if (!phone || phone.root.hidden) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const row = at("phones");
  const { offsetLeft: left, offsetWidth: width } = phone.root;
  if (left >= row.scrollLeft && left + width <= row.scrollLeft + row.clientWidth) return;
  row.scrollTo({ left: left - (row.clientWidth - width) / 2, behavior: calm ? "auto" : "smooth" });
}

export function listenToScripts() {
  at("play").addEventListener("click", () =>
    control({ act: state.room.play.state === "playing" ? "pause" : "play" }));
  at("step").addEventListener("click", () => control({ act: "step" }));
  at("speed").addEventListener("change", () => control({ speed: at("speed").value }));
  at("choose").addEventListener("submit", (event) => {
    event.preventDefault();
    sure(at("script").value || null);
  });
  at("save").addEventListener("submit", (event) => {
    event.preventDefault();
    tryTo(save);
  });
  at("open-file").addEventListener("change", () => {
    const [file] = at("open-file").files;
    if (!file) return;
    // The same file may be chosen again once it was mended.
    tryTo(() => openFile(file)).then(() => { at("open-file").value = ""; });
  });
  at("over").addEventListener("click", () => sure(state.room?.play?.name ?? null));
  at("sure-no").addEventListener("click", () => at("sure").close());
  at("sure-yes").addEventListener("click", () => {
    at("sure").close();
    tryTo(() => ask("/practice/room/over", { script: at("sure").dataset.script || null }));
  });
}

function offer(chosen) {
  const options = (saved) => state.about.scripts.filter((one) => one.saved === saved)
    .map(({ name, title }) => make("option", { value: name }, title));
  const here = options(true);
  at("script").replaceChildren(...options(false), make("option", { value: "" }, "A free evening"),
    ...here.length ? [make("optgroup", { label: "Saved here" }, ...here)] : []);
  at("script").value = chosen;
}

async function save() {
  const { name, text, scripts } = await ask("/practice/room/save", { title: at("save-title").value });
  state.about.scripts = scripts;
  offer(name);
  URL.revokeObjectURL(download);
  download = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  at("saved").replaceChildren(`Saved as ${name}. `,
    make("a", { href: download, download: `${name}.script` }, "Download it"));
  at("save-title").value = "";
}

async function openFile(file) {
  if (file.size > LARGEST) throw new Error(`${file.name} is too large to be a script.`);
  const { name, scripts } = await ask("/practice/room/open", { name: file.name, text: await file.text() });
  state.about.scripts = scripts;
  offer(name);
  sure(name);
}

function sure(script) {
  at("sure").dataset.script = script ?? "";
  const title = state.about.scripts.find(({ name }) => name === script)?.title ?? "A free evening";
  at("sure-text").textContent = `This evening is forgotten. What begins: ${title}.`;
  at("sure").showModal();
}

const control = (body) => tryTo(() => ask("/practice/room/play", body));
