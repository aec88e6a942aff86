// Reads out, to a screen reader, what comes in on the phone that somebody is at.
// The other phones stay quiet: eight that speak at once are none.

import { at, make } from "./dom.js";

const KEPT = 6;

export function readOut(words, lang) {
  if (!words) return;
  at("said").append(make("p", { lang, dir: "auto" }, words));
  while (at("said").children.length > KEPT) at("said").firstElementChild.remove();
}

/** What of an edited text is new: on a board that is the one row that changed. */
export function changedLines(before, after) {
  const known = new Set(before.split("\n"));
  return after.split("\n").filter((line) => line && !known.has(line)).join("\n");
}
