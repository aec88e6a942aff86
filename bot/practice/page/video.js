// The video room behind a link, and who has come in.

import { ask, tryTo } from "./ask.js";
import { at, make, tell } from "./dom.js";

let watched = null;

export async function openVideo(address, phone) {
  const link = new URL(address);
  if (link.origin !== location.origin || !link.pathname.startsWith("/room/")) {
    phone.toast("This link leads out of the practice room, so it is not opened here.", true);
    return;
  }
  watched = link.pathname;
  at("video").show();
  await watchVideo(phone.id);
}

export async function watchVideo(visitor) {
  if (!watched) return;
  const query = new URLSearchParams({ format: "json", ...(visitor ? { phone: visitor } : {}) });
  await tryTo(async () => {
    const { count, people } = await ask(`${watched}?${query}`);
    tell(at("video-count"), `${count} came in through ${decodeURIComponent(watched.slice(6))}.`);
    at("video-people").replaceChildren(...people.map(({ name }) => make("li", {}, name)));
  });
}

export function closeVideo() {
  watched = null;
  at("video").close();
}
