// One phone: draws what it shows and does on it what a person does.

import { ask, tryTo } from "./ask.js";
import { offerAttachments } from "./attach.js";
import { at, make, NEAR } from "./dom.js";
import { drawHint } from "./hint.js";
import { openInvitation, payloadOf } from "./invitation.js";
import { fillMessage } from "./message.js";
import { changedLines, readOut } from "./say.js";
import { state, time } from "./state.js";
import { openVideo } from "./video.js";

const languages = new Intl.DisplayNames(["en"], { type: "language" });
const TOAST = 4000;
const RIGHT_TO_LEFT = new Set(["ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"]);

export class Phone {
  constructor(person) {
    this.id = person.user_id;
    this.person = person;
    this.version = 0;
    this.toasts = null;
    this.messages = new Map();
    this.follows = true;
    this.top = 0;
    this.view = null;
    this.root = at("phone").content.firstElementChild.cloneNode(true);
    this.chip = make("a", { href: `#phone-${this.id}`, class: "chip" });
    this.#prepare();
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  #prepare() {
    const { label, role, locale } = this.person;
    this.find(".put-away").setAttribute("aria-label", `Put ${label}'s phone away`);
    this.root.id = `phone-${this.id}`;
    this.root.dataset.role = role;
    this.root.setAttribute("aria-label", `${label}'s phone`);
    this.find("h2").textContent = label;
    this.find(".who p").textContent = `${role} · ${languages.of(locale)}`;
    this.find(".who p").title = this.find(".who p").textContent;
    this.chip.textContent = label;
    this.chat = this.find(".chat");
    this.#speak(locale);
    this.chat.setAttribute("aria-label", `Chat on ${label}'s phone`);
    this.input = this.find(".compose input");
    this.input.setAttribute("aria-label", `Message from ${label}`);
    this.find(".commands").setAttribute("aria-label", `Commands on ${label}'s phone`);
    this.find(".attach").setAttribute("aria-label", `Something else from ${label}`);
    this.find(".lock").setAttribute("aria-label", `Last notification on ${label}'s phone`);
    this.find("h2").id = `who-${this.id}`;
    for (const button of this.root.querySelectorAll(".send, .below, .tools button")) {
      button.setAttribute("aria-describedby", `who-${this.id}`);
    }
    this.#listen();
  }

  /** What the person reads is in their language, and a phone in Arabic reads from the right. */
  #speak(locale) {
    for (const part of this.root.querySelectorAll(".card-text, .bot-name, .chat, .alert p, .menu")) {
      part.lang = locale;
    }
    if (!RIGHT_TO_LEFT.has(locale.split(/[-_]/)[0])) return;
    for (const part of this.root.querySelectorAll(".lock, .screen")) part.dir = "rtl";
  }

  #listen() {
    this.chat.addEventListener("click", (event) => this.#clicked(event));
    this.chat.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => { if (this.follows) this.toEnd(); }).observe(this.chat);
    this.root.addEventListener("pointerdown", () => this.#look());
    this.chat.addEventListener("focusin", (event) => {
      if (event.target.matches(":focus-visible")) this.#look();
    });
    this.find(".below").addEventListener("click", () => this.toEnd());
    this.find(".compose").addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.input.value;
      this.input.value = "";
      if (text.trim()) this.type(text);
    });
    this.find(".commands").addEventListener("click", () => this.#menu(this.find(".menu").hidden));
    this.find(".attach").addEventListener("click", () => this.#offer(this.find(".offer").hidden));
    offerAttachments(this, () => this.#offer(false));
    for (const list of [".menu", ".offer"]) {
      this.find(list).addEventListener("focusout", (event) => this.#left(event));
    }
    this.root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      this.#menu(false);
      this.#offer(false);
      this.#closeAlert();
    });
    this.find(".alert button").addEventListener("click", () => this.#closeAlert());
    this.find(".put-away").addEventListener("click", () => 
      tryTo(() => ask("/practice/room/away", { phone: this.id, away: true })));
    this.find(".start").addEventListener("click", () => this.type("/start"));
    this.find(".invited").addEventListener("click", () =>
      tryTo(() => openInvitation(this.person.link, this)));
    this.find(".help-out").addEventListener("click", () => this.#helpOut());
    this.find(".away").addEventListener("click", () =>
      this.act(this.view.line ? "lose_line" : "find_line"));
    this.find(".block").addEventListener("click", () =>
      this.act(this.view.blocked ? "unblock" : "block"));
  }

  /** Take over who it belongs to now, and whether it lies on the table. */
  seat(person) {
    this.person = person;
    this.root.hidden = person.away;
    this.chip.classList.toggle("away", person.away);
    this.chip.title = person.away ? `Take ${person.label}'s phone out again` : "";
    this.find(".invited").hidden = !person.link;
  }

  async act(act, body = {}) {
    try {
      return (await ask(`/practice/phones/${this.id}/${act}`, body)).result;
    } catch (error) {
      this.toast(`${error.message[0].toUpperCase()}${error.message.slice(1)}.`, true);
      return null;
    }
  }

  type(text) {
    this.toEnd();
    return this.act("type", { text });
  }

  #look() {
    if (this.view?.line && this.view.messages.some((message) => message.unread)) this.act("read");
  }

  #clicked(event) {
    const command = event.target.closest(".command");
    if (command) {
      this.type(command.textContent);
      return;
    }
    const button = event.target.closest(".keys button");
    const link = event.target.closest(".link");
    if (link) tryTo(() => openInvitation(link.textContent, this));
    if (button) this.tap(Number(button.closest("li").dataset.message), button);
  }

  async tap(message, button) {
    button.setAttribute("aria-busy", "true");
    setTimeout(() => button.removeAttribute("aria-busy"), 2500);
    const data = button.dataset.data;
    const found = await this.act("tap", { message_id: message, data });
    if (found === null) button.removeAttribute("aria-busy");
    if (found?.url) {
      button.removeAttribute("aria-busy");
      if (payloadOf(found.url) === null) openVideo(found.url, this);
      else tryTo(() => openInvitation(found.url, this));
    }
    return found;
  }

  // A participant's phone answers by itself; a facilitator's gets a fresh link of a video room.

  #helpOut() {
    if (this.staff) {
      this.input.value = `${location.origin}/room/practice-${Math.random().toString(36).slice(2, 8)}`;
      this.input.focus();
      drawHint(state.room.hint);
      return;
    }
    this.#answerAll();
  }

  get staff() {
    return this.person.role.endsWith("facilitator");
  }

  #question() {
    const options = [...this.chat.querySelectorAll(".keys button")].filter((button) =>
      /^(answer:.*:(yes|now)|go-on:.*)$/.test(button.dataset.data));
    return options.at(-1);
  }

  async #answerAll() {
    for (let button = this.#question(); button; button = this.#question()) {
      const data = button.dataset.data;
      const tapped = await this.tap(Number(button.closest("li").dataset.message), button);
      if (tapped === null || !(await this.#moved(data))) return;
    }
  }

  async #moved(data) {
    for (let turn = 0; turn < 200; turn += 1) {
      if (this.#question()?.dataset.data !== data) return true;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return false;
  }

  // What it shows

  draw(view) {
    this.version = view.version;
    this.view = view;
    const following = this.follows;
    const fresh = this.#drawMessages(view.messages);
    if (following) this.toEnd();
    else if (fresh) this.find(".below").hidden = false;
    this.#drawState(view);
    this.#drawWelcome(view);
    this.#drawLock(view);
    this.#drawMenu(view.bot.commands ?? []);
    this.#drawToasts(view.toasts);
  }

  #drawMessages(shown) {
    const ids = new Set(shown.map((message) => message.message_id));
    for (const [id, drawn] of this.messages) {
      if (ids.has(id)) continue;
      const focused = drawn.element.contains(document.activeElement);
      drawn.element.remove();
      this.messages.delete(id);
      if (focused) this.chat.focus({ preventScroll: true });
    }
    let fresh = false;
    for (const message of shown) {
      const { unread, ...rest } = message;
      const key = JSON.stringify(rest);
      const drawn = this.messages.get(message.message_id);
      if (!drawn) {
        const element = make("li", { "data-message": message.message_id, class: message.from });
        fillMessage(element, message, this);
        this.chat.append(element);
        this.messages.set(message.message_id, { element, key, text: message.text });
        fresh ||= message.from === "bot";
        if (message.from === "bot") this.#readOut(message.text);
      } else if (drawn.key !== key) {
        this.#readOut(changedLines(drawn.text ?? "", message.text ?? ""));
        drawn.key = key;
        drawn.text = message.text;
        this.#redraw(drawn.element, message);
      }
      this.messages.get(message.message_id).element.classList.toggle("new", unread);
    }
    return fresh;
  }

  #readOut(words) {
    if (this.root.contains(document.activeElement)) readOut(words, this.person.locale);
  }

  /** Draw an edited message, and leave the focus where the finger is. */
  #redraw(element, message) {
    const buttons = [...element.querySelectorAll(".keys button")];
    const focused = buttons.indexOf(document.activeElement);
    fillMessage(element, message, this);
    if (focused < 0) return;
    const now = [...element.querySelectorAll(".keys button")];
    (now[Math.min(focused, now.length - 1)] ?? this.chat).focus({ preventScroll: true });
  }

  #drawState(view) {
    const unread = view.messages.filter((message) => message.unread).length;
    this.find(".unread").hidden = !unread;
    this.find(".unread").replaceChildren(`${unread}`, make("span", { class: "hide" }, " unread"));
    this.chip.dataset.unread = unread || "";
    this.find(".bot-name").textContent = view.bot.name;
    this.find(".face").textContent = view.bot.name.slice(0, 1);
    this.root.classList.toggle("no-line", !view.line);
    this.root.classList.toggle("blocked", view.blocked);
    this.find(".away").setAttribute("aria-pressed", String(!view.line));
    this.find(".block").setAttribute("aria-pressed", String(view.blocked));
    this.find(".help-out").hidden = !this.staff && this.person.role !== "participant";
    this.find(".help-out").textContent = this.staff ? "Fresh link" : "Yes to all";
    this.find(".help-out").dataset.control = this.staff ? "link" : "answers";
    this.find(".help-out").disabled = !this.staff && !this.#question();
    this.find(".help-out").title = this.staff
      ? "Writes a fresh link of the practice video room"
      : "This phone answers every question with yes";
  }

  /** What Telegram shows of a bot before the first message: what it says of itself, and *Start*. */
  #drawWelcome(view) {
    this.find(".welcome").hidden = view.messages.length > 0;
    this.find(".welcome p").textContent = view.bot.description;
  }

  #drawLock(view) {
    const last = view.notifications.at(-1);
    const card = this.find(".card");
    const key = last ? `${view.notifications.length}` : "";
    this.find(".lock-time").textContent = last ? time(last.date) : "";
    this.find(".card-name").textContent = last ? last.title : "No notification yet";
    this.find(".card-text").textContent = last ? last.text : "";
    if (card.dataset.key !== key && card.dataset.key !== undefined) {
      card.classList.remove("rings");
      void card.offsetWidth;
      card.classList.add("rings");
    }
    card.dataset.key = key;
  }

  #drawMenu(commands) {
    const key = JSON.stringify(commands);
    const menu = this.find(".menu");
    if (menu.dataset.key === key) return;
    menu.dataset.key = key;
    menu.replaceChildren(...commands.map(({ command, description }) => {
      const button = make("button", { type: "button" }, make("b", { dir: "ltr" }, `/${command}`), ` ${description}`);
      button.addEventListener("click", () => {
        this.#menu(false);
        this.type(`/${command}`);
      });
      return make("li", {}, button);
    }));
    this.find(".commands").disabled = commands.length === 0;
  }

  #menu(open) {
    if (open) this.#offer(false);
    this.#unfold(".menu", ".commands", open);
  }

  #offer(open) {
    if (open) this.#menu(false);
    this.#unfold(".offer", ".attach", open);
  }

  /** Fold up a list that the focus has left; the buttons that unfold one do so themselves. */
  #left({ currentTarget: list, relatedTarget: next }) {
    if (!next || list.contains(next) || next.matches("[aria-expanded]")) return;
    this.#menu(false);
    this.#offer(false);
  }

  #unfold(list, opener, open) {
    const had = this.find(list).contains(document.activeElement);
    this.find(list).hidden = !open;
    this.find(opener).setAttribute("aria-expanded", String(open));
    if (open) this.find(list).querySelector("button")?.focus();
    else if (had) this.find(opener).focus();
  }

  #drawToasts(toasts) {
    const seen = this.toasts ?? toasts.length;
    this.toasts = toasts.length;
    if (toasts.length <= seen) return;
    for (const busy of this.chat.querySelectorAll("[aria-busy]")) busy.removeAttribute("aria-busy");
    for (const toast of toasts.slice(seen)) {
      if (!toast.text) continue;
      if (toast.alert) this.#alert(toast.text);
      else this.toast(toast.text);
    }
  }

  toast(text, wrong = false) {
    const toast = this.find(".toast");
    clearTimeout(this.toastTimer);
    // What is wrong is said by the page; everything else by the bot, in the phone's language.
    toast.lang = wrong ? "en" : this.person.locale;
    toast.textContent = text;
    toast.classList.toggle("wrong", wrong);
    toast.classList.add("shown");
    this.toastTimer = setTimeout(() => {
      toast.classList.remove("shown");
      toast.textContent = "";
    }, TOAST);
  }

  #alert(text) {
    const alert = this.find(".alert");
    alert.setAttribute("aria-label", text);
    alert.querySelector("p").textContent = text;
    if (alert.hidden) this.before = document.activeElement;
    alert.hidden = false;
    if (this.root.contains(document.activeElement)) alert.querySelector("button").focus();
    this.#cover(true);
    // Nobody is there to tap OK while a script plays.
    if (state.room?.play?.state === "playing") setTimeout(() => this.#closeAlert(), TOAST);
  }

  #closeAlert() {
    const alert = this.find(".alert");
    if (alert.hidden) return;
    const had = alert.contains(document.activeElement);
    this.#cover(false);
    alert.hidden = true;
    if (!had) return;
    const back = this.root.contains(this.before) ? this.before : this.chat;
    back.focus({ preventScroll: true });
  }

  /** What lies under an alert can't be reached, by a finger or by a key. */
  #cover(covered) {
    for (const part of this.root.querySelectorAll(".chat, .below, .menu, .offer, .compose")) part.inert = covered;
  }

  /** Show the newest message, as after one of the person's own. */
  toEnd() {
    this.follows = true;
    this.chat.scrollTop = this.chat.scrollHeight;
    this.find(".below").hidden = true;
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.chat;
    const atEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    // Only a person goes up, by a pixel at least; a window that changes moves the end away.
    this.follows = atEnd || (this.follows && scrollTop > this.top - 1);
    this.top = scrollTop;
    if (this.follows) this.find(".below").hidden = true;
  }
}
