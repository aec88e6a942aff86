// Who is at the table: phones added, put away and taken out again.

import { ask, tryTo } from "./ask.js";
import { at, make } from "./dom.js";
import { openInvitation } from "./invitation.js";
import { Phone } from "./phone.js";
import { state } from "./state.js";

const WHO = {
  participant: "Participant",
  facilitator: "Facilitator",
  coordinator: "Coordinator",
  newcomer: "Somebody new, who gets an invitation",
  stranger: "A stranger, whom the bot does not know",
};
const languages = new Intl.DisplayNames(["en"], { type: "language" });

/** Offer the roles and languages of this room. */
export function enterPeople() {
  const { roles, languages: codes } = state.about;
  at("add-role").replaceChildren(...roles.map((role) => make("option", { value: role }, WHO[role])));
  at("add-locale").replaceChildren(...codes.map((code) =>
    make("option", { value: code }, languages.of(code))));
  at("chips").replaceChildren(at("add-phone"));
}

/** Lay the phones of these people on the table, and show who has put theirs away. */
export function drawPeople(people) {
  for (const person of people) {
    const phone = state.phones.get(person.user_id) ?? lay(person);
    phone.seat(person);
  }
}

function lay(person) {
  const phone = new Phone(person);
  state.phones.set(person.user_id, phone);
  at("phones").append(phone.root);
  at("add-phone").before(phone.chip);
  phone.chip.addEventListener("click", (event) => {
    event.preventDefault();
    tryTo(() => show(phone));
  });
  return phone;
}

async function show(phone) {
  if (phone.person.away) await ask("/practice/room/away", { phone: phone.id, away: false });
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  phone.root.hidden = false;
  phone.root.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "nearest", inline: "start" });
  phone.chat.focus({ preventScroll: true });
}

export function listenToPeople() {
  at("add-phone").addEventListener("click", () => at("add").showModal());
  at("add-no").addEventListener("click", () => at("add").close());
  at("add-form").addEventListener("submit", (event) => {
    event.preventDefault();
    at("add").close();
    tryTo(add);
  });
}

async function add() {
  const wanted = { role: at("add-role").value, locale: at("add-locale").value };
  const person = await ask("/practice/room/people", wanted);
  const phone = state.phones.get(person.user_id) ?? lay(person);
  phone.seat(person);
  await show(phone);
  if (person.link) await openInvitation(person.link, phone);
}
