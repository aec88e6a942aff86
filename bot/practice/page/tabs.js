// Tabs: one pane at a time, chosen by a click or by the arrow keys.

import { at } from "./dom.js";

export function chooseTab(tab, focus = false) {
  for (const other of document.querySelectorAll("[role=tab]")) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    at(other.getAttribute("aria-controls")).hidden = !chosen;
  }
  if (focus) tab.focus();
  if (tab.id === "tab-record") at("pane-record").scrollTop = at("pane-record").scrollHeight;
}

export function moveTab(event) {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const now = tabs.indexOf(event.target);
  const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  chooseTab(tabs[(to + tabs.length) % tabs.length], true);
}
