// Where everybody is in the questions: as a list, and beside the steps of the drawn flow.

import { at, make } from "./dom.js";
import { state } from "./state.js";

const FRAME = "/page/diagram.html";
const ready = new WeakSet();
let marks = [];

export function drawSteps(sessions) {
  const checks = sessions.flatMap((session) => session.checks).filter((check) => check.step);
  marks = checks.map(markOf);
  at("steps").replaceChildren(...rows().map(({ id, title }) => {
    const here = marks.filter((mark) => mark.at === id);
    return make("li", { class: here.length ? "here" : null }, make("span", {}, title),
      ...here.map(({ who }) => make("b", {}, who)));
  }));
  tell();
}

/** The steps that everybody meets, and after the first one those at which somebody is besides. */
function rows() {
  const [first, ...rest] = state.about.steps;
  const besides = new Set(marks.map(({ at }) => at).filter((id) => !isListed(id)));
  return [first, ...[...besides].map((id) => ({ id, title: spoken(id) })), ...rest];
}

const isListed = (id) => state.about.steps.some((step) => step.id === id);

/** What follows a no or a call for help belongs to its question, and is said beside the label. */
function markOf({ who, step }) {
  const question = state.about.steps.find(({ id }) => step.startsWith(`${id}/`) || step.startsWith(`${id}-`));
  if (isListed(step) || !question) return { who, at: step };
  return { who: `${who}: ${step.slice(question.id.length + 1)}`, at: question.id };
}

const spoken = (id) => id.charAt(0).toUpperCase() + id.slice(1).replaceAll("-", " ");

/** Send the frames that are shown and ready what they shall draw. */
function tell() {
  if (!state.about) return;
  for (const frame of [at("drawing"), at("drawing-large")]) {
    if (!ready.has(frame) || !frame.checkVisibility()) continue;
    frame.contentWindow.postMessage({ text: state.about.mermaid, marks }, location.origin);
  }
}

/** Load a frame when it is first shown: Mermaid is large, and a hidden frame can't measure. */
function load(frame) {
  if (frame.getAttribute("src") === null) frame.src = FRAME;
  tell();
}

function hear(event) {
  const frame = [at("drawing"), at("drawing-large")].find((one) => one.contentWindow === event.source);
  if (!frame || event.origin !== location.origin) return;
  if (event.data === "escape") at("large").close();
  if (event.data !== "ready") return;
  ready.add(frame);
  tell();
}

export function listenToSteps() {
  addEventListener("message", hear);
  const pane = at("pane-steps");
  new MutationObserver(() => pane.hidden || load(at("drawing"))).observe(pane, { attributeFilter: ["hidden"] });
  at("larger").addEventListener("click", () => {
    at("large").showModal();
    load(at("drawing-large"));
  });
  at("large-close").addEventListener("click", () => at("large").close());
}
