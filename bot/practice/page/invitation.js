// A link to the bot, or its code: shown, and opened on whichever phone is chosen.

import { ask, askText, tryTo } from "./ask.js";
import { at, make } from "./dom.js";
import { state } from "./state.js";

/** Return what a link to this bot carries; null for any other link. */
export function payloadOf(link) {
  const { bot } = state.about;
  return link.startsWith(bot) && /^[\w-]{1,64}$/.test(link.slice(bot.length))
    ? link.slice(bot.length) : null;
}

/** Show a link to the bot and let somebody choose the phone that opens it. */
export async function openInvitation(link, phone) {
  const payload = payloadOf(link);
  const picture = await code(payload);
  const owner = [...state.phones.values()].find((one) => one.person.link === link);
  const known = owner ?? awaited() ?? phone;
  at("invitation-title").textContent = owner
    ? `An invitation for ${owner.person.label}` : "A link to the bot";
  at("invitation-link").textContent = link;
  at("invitation-code").replaceChildren(picture);
  at("invitation-phone").replaceChildren(...[...state.phones.values()]
    .filter((one) => !one.person.away)
    .map((one) => make("option", { value: one.id }, `${one.person.label}'s phone`)));
  at("invitation-phone").value = known.id;
  at("invitation").dataset.payload = payload;
  at("invitation").showModal();
}

/** Return the newcomer's phone whom a link that somebody shows is most likely for. */
function awaited() {
  return [...state.phones.values()].find(({ person, view }) =>
    person.role === "newcomer" && !person.away && !view?.started);
}

async function code(payload) {
  const text = await askText(`/practice/room/qr?${new URLSearchParams({ payload })}`);
  const picture = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", "The link as a code");
  return picture;
}

/** Read the code in a picture, as a phone's camera would, and open what it says. */
export async function scan(picture, phone) {
  await import("./vendor/jsQR.js");
  const { naturalWidth: width, naturalHeight: height } = picture;
  const canvas = new OffscreenCanvas(width, height).getContext("2d");
  canvas.drawImage(picture, 0, 0);
  const found = self.jsQR(canvas.getImageData(0, 0, width, height).data, width, height);
  if (!found) phone.toast("There is no code in this picture.", true);
  else if (payloadOf(found.data) === null) phone.toast("This code leads elsewhere.", true);
  else await openInvitation(found.data, phone);
}

export function listenToInvitation() {
  at("invitation-no").addEventListener("click", () => at("invitation").close());
  at("invitation-form").addEventListener("submit", (event) => {
    event.preventDefault();
    at("invitation").close();
    const { payload } = at("invitation").dataset;
    tryTo(() => ask(`/practice/phones/${at("invitation-phone").value}/open_link`, { payload }));
  });
}
