// Behind the scenes: what the bot knows, and the record.

import { at, make, NEAR } from "./dom.js";
import { moment, time } from "./state.js";

export function drawSessions(knows, now) {
  const sessions = knows.sessions.map((session) => make("article", { class: "session" },
    make("header", {},
      make("h3", {}, session.name),
      make("p", {}, `${moment(session.starts_at, now)} – ${time(session.ends_at)}`),
      make("span", { class: "state", "data-state": session.state }, session.state)),
    ...holds(session.holds, "Held, because"),
    make("ul", { class: "people" }, ...session.checks.map(checkRow))));
  const due = make("section", { class: "due" }, make("h3", {}, "What becomes due"),
    make("ol", {}, ...knows.timers.map((timer) =>
      make("li", {}, make("time", {}, moment(timer.at, now)), ` ${timer.what}`))));
  if (!knows.timers.length) due.append(make("p", { class: "note" }, "Nothing waits for its time."));
  replaceKept(at("pane-session"), [...sessions, due]);
}

function checkRow(check) {
  const row = make("li", { "data-state": check.state },
    make("p", {}, make("b", {}, check.who), ` ${check.words}`,
      check.with ? make("i", {}, `, with ${check.with}`) : ""));
  if (check.holds.length) {
    row.append(make("details", { "data-key": check.person },
      make("summary", {}, `${check.holds.length} ${check.holds.length === 1 ? "hold" : "holds"}`),
      make("ul", {}, ...check.holds.map((hold) => make("li", {}, hold)))));
  }
  return row;
}

function holds(found, head) {
  if (!found.length) return [];
  return [make("div", { class: "holds" }, make("h4", {}, head),
    make("ul", {}, ...found.map((hold) => make("li", {}, hold))))];
}

/** Put new children in, and keep open what somebody has opened. */
function replaceKept(element, children) {
  const draft = make("div", {}, ...children);
  const open = new Set([...element.querySelectorAll("details[open]")].map((one) => one.dataset.key));
  for (const one of draft.querySelectorAll("details")) one.open = open.has(one.dataset.key);
  if (draft.innerHTML === element.innerHTML) return;
  const focused = element.contains(document.activeElement)
    ? document.activeElement.parentElement?.dataset.key : null;
  element.replaceChildren(...draft.childNodes);
  if (focused) element.querySelector(`details[data-key="${focused}"] summary`)?.focus();
}

export function drawRecord(rows) {
  const list = at("record");
  const pane = at("pane-record");
  const following = pane.scrollHeight - pane.scrollTop - pane.clientHeight < NEAR;
  const newest = Number(list.lastElementChild?.dataset.seq ?? 0);
  for (const row of rows) if (row.seq > newest) list.append(recordRow(row));
  while (list.children.length > 200) list.firstElementChild.remove();
  if (following) pane.scrollTop = pane.scrollHeight;
}

function recordRow(row) {
  const who = [row.actor, row.person].filter((one, number, all) => one && all.indexOf(one) === number);
  return make("li", { "data-seq": row.seq, "data-outcome": row.outcome === "done" ? "done" : "refused" },
    make("span", { class: "seq" }, String(row.seq)), make("time", {}, time(row.at)),
    make("b", {}, row.kind), make("span", {}, who.join(" → ")),
    make("em", {}, row.outcome === "done" ? row.detail : [row.outcome, row.detail].filter(Boolean).join(" ")));
}
