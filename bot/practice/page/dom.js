// Elements, found and made.

/** Pixels from its end within which a list follows its newest row. */
export const NEAR = 32;

/** Write words only where they are new: a live region reads out whatever is written into it. */
export function tell(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

export const at = (id) => document.getElementById(id);

export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}
