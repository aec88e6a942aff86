// One message as a phone shows it: text with its marks, buttons, files, the foot.

import { fetchFile, tryTo } from "./ask.js";
import { make } from "./dom.js";
import { payloadOf, scan } from "./invitation.js";
import { time } from "./state.js";

export function fillMessage(element, message, phone) {
  element.classList.toggle("protected", message.protected);
  const from = message.from === "bot" ? "Received:" : "Sent:";
  const bubble = make("div", { class: "bubble" }, make("span", { class: "hide", lang: "en" }, from));
  if (message.kind !== "text") bubble.append(attachment(message, phone));
  if (message.text) bubble.append(make("p", { dir: "auto" }, ...words(message)));
  bubble.append(foot(message));
  const keys = make("div", { class: "keys" }, ...message.keyboard.map((row) =>
    make("div", { class: "row" }, ...row.map(key))));
  element.replaceChildren(bubble, ...(message.keyboard.length ? [keys] : []));
}

function key(button) {
  const url = "url" in button;
  const element = make("button", { type: "button", dir: "auto", class: url ? "url" : null }, button.text);
  element.dataset.data = url ? button.url : button.callback_data;
  return element;
}

function attachment(message, phone) {
  const name = message.file_name || message.kind;
  if (message.from !== "bot") return make("p", { class: "file" }, name);
  if (message.kind === "photo") return photo(message, phone);
  const link = make("button", { type: "button", class: "file" }, `⤓ ${name}`);
  link.addEventListener("click", () => tryTo(() => download(phone, message, name)));
  return link;
}

/** A picture, and a tap on it reads the code that may be in it. */
function photo(message, phone) {
  const picture = make("img", { alt: "Picture" });
  const button = make("button", { type: "button", class: "photo", title: "Scan the code in it" }, picture);
  button.addEventListener("click", () => tryTo(() => scan(picture, phone)));
  tryTo(async () => {
    const file = await fetchFile(phone.id, message.message_id);
    picture.src = URL.createObjectURL(file);
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src), { once: true });
  });
  return button;
}

async function download(phone, message, name) {
  const address = URL.createObjectURL(await fetchFile(phone.id, message.message_id));
  make("a", { href: address, download: name }).click();
  URL.revokeObjectURL(address);
}

/** The text with its entities; commands can be tapped, as on a phone. */
function words(message) {
  // What a deep link carries is sent, but no client shows it.
  if (message.from === "user" && /^\/start \S+$/.test(message.text)) return ["/start"];
  const marks = (message.entities ?? []).filter((entity) => STYLES[entity.type]);
  const parts = [];
  let from = 0;
  for (const { type, offset: start, length } of marks) {
    if (start < from) continue;
    parts.push(...withCommands(message.text.slice(from, start), message));
    parts.push(make(STYLES[type], {}, message.text.slice(start, start + length)));
    from = start + length;
  }
  parts.push(...withCommands(message.text.slice(from), message));
  return parts;
}

const STYLES = { bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "code" };

function withCommands(text, message) {
  if (message.from !== "bot") return [text];
  return text.split(/(?<!\S)(\/[a-z_]+|https:\/\/t\.me\/\S+)/).map((part, number) =>
    number % 2 ? tappable(part) : part);
}

function tappable(part) {
  const kind = part.startsWith("/") ? "command" : "link";
  if (kind === "link" && payloadOf(part) === null) return part;
  return make("button", { type: "button", class: kind, dir: "ltr" }, part);
}

function foot(message) {
  const marks = make("p", { class: "foot", lang: "en", dir: "ltr" });
  if (message.protected) {
    marks.append(make("img", { src: "/page/lock.svg", alt: "protected", title: "Can't be forwarded or copied" }), " ");
  }
  if (message.edited) marks.append("edited ");
  marks.append(time(message.date));
  return marks;
}
