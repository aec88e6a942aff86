// Reads out, to a screen reader, what comes in on the phone that somebody is at.
// The other phones stay quiet: eight that speak at once are none.

import { at, make } from "./dom.js";

/** How long words stay where they were read out; who reads the page line by line finds them once. */
const KEPT = 10_000;

export function readOut(words, lang) {
  if (!words) return;
  const line = make("p", { lang, dir: "auto" }, words);
  at("said").append(line);
  setTimeout(() => line.remove(), KEPT);
}

/** What of an edited text is new: on a board that is the one row that changed. */
export function changedLines(before, after) {
  const known = new Set(before.split("\n"));
  return after.split("\n").filter((line) => line && !known.has(line)).join("\n");
}
