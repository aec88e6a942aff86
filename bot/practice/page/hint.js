// The line that says what to do next, and the ring around what it means.

import { at, make } from "./dom.js";
import { state } from "./state.js";
import { chooseTab } from "./tabs.js";

export function drawHint(hint) {
  const parts = hint.text.split("*").map((part, number) => (number % 2 ? make("b", {}, part) : part));
  if (at("hint").dataset.text !== hint.text) {
    at("hint").dataset.text = hint.text;
    at("hint").replaceChildren(...parts);
  }
  for (const element of document.querySelectorAll(".hinted")) element.classList.remove("hinted");
  const target = hinted(hint);
  target?.classList.add("hinted");
  at("show-me").hidden = !target;
}

function hinted(hint) {
  if (hint.control) {
    const within = hint.phone ? state.phones.get(hint.phone)?.root : document;
    const control = within?.querySelector(`[data-control=${hint.control}]`);
    // Once the link stands in the message, what is left is to send it.
    return hint.control === "link" && within.querySelector(".compose input").value
      ? within.querySelector(".send") : control;
  }
  if (!hint.phone) return null;
  const phone = state.phones.get(hint.phone);
  if (hint.message) {
    const message = phone?.messages.get(hint.message)?.element;
    return [...(message?.querySelectorAll(".keys button") ?? [])]
      .find((button) => button.dataset.data === hint.data);
  }
  const command = [...(phone?.root.querySelectorAll(".command") ?? [])]
    .findLast((one) => one.textContent === hint.data);
  return command ?? phone?.input;
}

export function showMe() {
  const target = state.room && hinted(state.room.hint);
  if (!target) return;
  const pane = target.closest("[role=tabpanel]");
  if (pane) chooseTab(at(pane.getAttribute("aria-labelledby")));
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  target.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "nearest", inline: "center" });
  (target.matches("button, input") ? target : target.querySelector("button, input"))
    ?.focus({ preventScroll: true });
}
