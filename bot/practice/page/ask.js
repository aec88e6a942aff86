// What is asked of the machine, under the secret of the page's address.

import { at } from "./dom.js";

const secret = new URLSearchParams(location.search).get("secret") ?? "";

export async function ask(path, body, method = body === undefined ? "GET" : "POST") {
  const answer = await fetch(path, {
    method,
    headers: { "X-Practice-Secret": secret, "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
    cache: "no-store",
  });
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error ?? answer.statusText);
  return found;
}

/** Return what the machine serves as text. */
export async function askText(path) {
  const answer = await fetch(path, { headers: { "X-Practice-Secret": secret } });
  if (!answer.ok) throw new Error((await answer.json()).error);
  return answer.text();
}

/** Return the file in a message, as a Blob. */
export async function fetchFile(phone, message) {
  const answer = await fetch(`/practice/phones/${phone}/files/${message}`, {
    headers: { "X-Practice-Secret": secret },
  });
  if (!answer.ok) throw new Error((await answer.json()).error);
  return answer.blob();
}

export async function tryTo(act) {
  try {
    await act();
    trouble("");
  } catch (error) {
    trouble(error.message);
  }
}

export function trouble(words) {
  at("trouble").textContent = words;
  at("trouble").hidden = !words;
}
