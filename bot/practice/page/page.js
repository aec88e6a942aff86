// The practice page: draws what the phones show and sends what people do. It decides nothing, and
// asks nobody but the machine it came from.

const secret = new URLSearchParams(location.search).get("secret") ?? "";
const languages = new Intl.DisplayNames(["en"], { type: "language" });
const NEAR = 32;
const TOAST = 4000;
const at = (id) => document.getElementById(id);

const phones = new Map();
let about = null;
let room = null;
let revision = 0;
let epoch = "";
let offset = 0;
let hourOf = null;
let dayOf = null;

// What is asked of the machine

async function ask(path, body, method = body === undefined ? "GET" : "POST") {
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

async function tryTo(act) {
  try {
    await act();
    trouble("");
  } catch (error) {
    trouble(error.message);
  }
}

function trouble(words) {
  at("trouble").textContent = words;
  at("trouble").hidden = !words;
}

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

// A phone

class Phone {
  constructor(person) {
    this.id = person.user_id;
    this.person = person;
    this.version = 0;
    this.toasts = null;
    this.messages = new Map();
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
    this.root.id = `phone-${this.id}`;
    this.root.dataset.role = role;
    this.root.setAttribute("aria-label", `${label}'s phone`);
    this.find("h2").textContent = label;
    this.find(".who p").textContent = `${role} · ${languages.of(locale)}`;
    this.chip.textContent = label;
    this.chat = this.find(".chat");
    this.chat.lang = locale;
    this.chat.setAttribute("aria-label", `Chat on ${label}'s phone`);
    this.input = this.find(".compose input");
    this.input.setAttribute("aria-label", `Message from ${label}`);
    this.find(".commands").setAttribute("aria-label", `Commands on ${label}'s phone`);
    this.#listen();
  }

  #listen() {
    this.chat.addEventListener("click", (event) => this.#clicked(event));
    this.chat.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.root.addEventListener("pointerdown", () => this.#look());
    this.chat.addEventListener("focusin", (event) => {
      if (event.target.matches(":focus-visible")) this.#look();
    });
    this.find(".below").addEventListener("click", () => this.#toEnd());
    this.find(".compose").addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.input.value;
      this.input.value = "";
      if (text.trim()) this.type(text);
    });
    this.find(".commands").addEventListener("click", () => this.#menu(this.find(".menu").hidden));
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#menu(false);
    });
    this.find(".alert button").addEventListener("click", () => this.#closeAlert());
    this.find(".help-out").addEventListener("click", () => this.#helpOut());
    this.find(".away").addEventListener("click", () =>
      this.act(this.view.line ? "lose_line" : "find_line"));
    this.find(".block").addEventListener("click", () =>
      this.act(this.view.blocked ? "unblock" : "block"));
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
    this.#toEnd();
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
      openVideo(found.url, this);
    }
    return found;
  }

  // A participant's phone answers by itself; a facilitator's gets a fresh link of a video room.

  #helpOut() {
    if (this.staff) {
      this.input.value = `${location.origin}/room/practice-${Math.random().toString(36).slice(2, 8)}`;
      this.input.focus();
      return;
    }
    this.#answerAll();
  }

  get staff() {
    return this.person.role !== "participant";
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
    const following = this.chat.scrollHeight - this.chat.scrollTop - this.chat.clientHeight < NEAR;
    const fresh = this.#drawMessages(view.messages);
    if (following) this.#toEnd();
    else if (fresh) this.find(".below").hidden = false;
    this.#drawState(view);
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
        this.messages.set(message.message_id, { element, key });
        fresh ||= message.from === "bot";
      } else if (drawn.key !== key) {
        drawn.key = key;
        this.#redraw(drawn.element, message);
      }
      this.messages.get(message.message_id).element.classList.toggle("new", unread);
    }
    return fresh;
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
    this.find(".unread").textContent = unread;
    this.find(".unread").title = `${unread} unread`;
    this.chip.dataset.unread = unread || "";
    this.find(".bot-name").textContent = view.bot.name;
    this.find(".face").textContent = view.bot.name.slice(0, 1);
    this.root.classList.toggle("no-line", !view.line);
    this.root.classList.toggle("blocked", view.blocked);
    this.find(".away").setAttribute("aria-pressed", String(!view.line));
    this.find(".block").setAttribute("aria-pressed", String(view.blocked));
    this.find(".help-out").textContent = this.staff ? "Fresh link" : "Yes to all";
    this.find(".help-out").dataset.control = this.staff ? "link" : "answers";
    this.find(".help-out").disabled = !this.staff && !this.#question();
    this.find(".help-out").title = this.staff
      ? "Writes a fresh link of the practice video room"
      : "This phone answers every question with yes";
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
      const button = make("button", { type: "button" }, make("b", {}, `/${command}`), ` ${description}`);
      button.addEventListener("click", () => {
        this.#menu(false);
        this.type(`/${command}`);
      });
      return make("li", {}, button);
    }));
    this.find(".commands").disabled = commands.length === 0;
  }

  #menu(open) {
    const menu = this.find(".menu");
    const had = menu.contains(document.activeElement);
    menu.hidden = !open;
    this.find(".commands").setAttribute("aria-expanded", String(open));
    if (open) menu.querySelector("button")?.focus();
    else if (had) this.find(".commands").focus();
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
    alert.hidden = false;
    if (this.root.contains(document.activeElement)) alert.querySelector("button").focus();
    // Nobody is there to tap OK while a script plays.
    if (room?.play?.state === "playing") setTimeout(() => { alert.hidden = true; }, TOAST);
  }

  #closeAlert() {
    this.find(".alert").hidden = true;
    this.chat.focus({ preventScroll: true });
  }

  #toEnd() {
    this.chat.scrollTop = this.chat.scrollHeight;
    this.find(".below").hidden = true;
  }

  #scrolled() {
    const left = this.chat.scrollHeight - this.chat.scrollTop - this.chat.clientHeight;
    if (left < NEAR) this.find(".below").hidden = true;
  }
}

function fillMessage(element, message, phone) {
  element.classList.toggle("protected", message.protected);
  const bubble = make("div", { class: "bubble" });
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
  const link = make("button", { type: "button", class: "file" }, `⤓ ${name}`);
  link.addEventListener("click", () => tryTo(() => download(phone, message, name)));
  return link;
}

async function download(phone, message, name) {
  const answer = await fetch(`/practice/phones/${phone.id}/files/${message.message_id}`, {
    headers: { "X-Practice-Secret": secret },
  });
  const address = URL.createObjectURL(await answer.blob());
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
  return text.split(/(?<!\S)(\/[a-z_]+)/).map((part, number) =>
    number % 2 ? make("button", { type: "button", class: "command" }, part) : part);
}

function foot(message) {
  const marks = make("p", { class: "foot" });
  if (message.protected) {
    marks.append(make("img", { src: "/page/lock.svg", alt: "protected", title: "Can't be forwarded or copied" }), " ");
  }
  if (message.edited) marks.append("edited ");
  marks.append(time(message.date));
  return marks;
}

// The clock

function time(instant) {
  return hourOf.format(new Date(instant * 1000)).slice(0, 5);
}

function tick() {
  if (!about) return;
  const now = new Date(Date.now() + offset);
  at("day").textContent = dayOf.format(now);
  at("hour").textContent = hourOf.format(now);
  at("now").dateTime = now.toISOString();
}

// The room around the phones

function drawRoom(shown) {
  room = shown;
  drawBot(shown.bot);
  for (const [name, on] of Object.entries(shown.weather)) {
    document.querySelector(`.sky input[name=${name}]`).checked = on;
  }
  const next = shown.knows.timers[0];
  at("timer").textContent = next ? `Next timer ${time(next.at)}` : "Next timer";
  at("timer").disabled = !next;
  at("timer").title = next ? next.what : "";
  drawSessions(shown.knows);
  drawRecord(shown.knows.record);
  drawSteps(shown.knows.sessions);
  drawPlay(shown.play);
  drawHint(shown.hint);
}

function drawBot({ wanted, up, problem }) {
  at("bot").textContent = wanted ? "Kill the bot" : "Start the bot";
  const state = at("bot-state");
  state.textContent = up ? "bot runs" : wanted ? "bot starts" : "bot is off";
  state.dataset.state = up ? "up" : wanted ? "wait" : "off";
  state.title = problem;
}

function drawHint(hint) {
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
    const within = hint.phone ? phones.get(hint.phone)?.root : document;
    return within?.querySelector(`[data-control=${hint.control}]`);
  }
  if (!hint.phone) return null;
  const phone = phones.get(hint.phone);
  if (hint.message) {
    const message = phone?.messages.get(hint.message)?.element;
    return [...(message?.querySelectorAll(".keys button") ?? [])]
      .find((button) => button.dataset.data === hint.data);
  }
  const command = [...(phone?.root.querySelectorAll(".command") ?? [])]
    .findLast((one) => one.textContent === hint.data);
  return command ?? phone?.input;
}

function showMe() {
  const target = room && hinted(room.hint);
  if (!target) return;
  const pane = target.closest("[role=tabpanel]");
  if (pane) chooseTab(at(pane.getAttribute("aria-labelledby")));
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  target.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "nearest", inline: "center" });
  (target.matches("button, input") ? target : target.querySelector("button, input"))
    ?.focus({ preventScroll: true });
}

function drawSessions(knows) {
  const sessions = knows.sessions.map((session) => make("article", { class: "session" },
    make("header", {},
      make("h3", {}, session.name),
      make("p", {}, `${time(session.starts_at)} – ${time(session.ends_at)}`),
      make("span", { class: "state", "data-state": session.state }, session.state)),
    ...holds(session.holds, "Held, because"),
    make("ul", { class: "people" }, ...session.checks.map(checkRow))));
  const due = make("section", { class: "due" }, make("h3", {}, "What becomes due"),
    make("ol", {}, ...knows.timers.map((timer) =>
      make("li", {}, make("time", {}, time(timer.at)), ` ${timer.what}`))));
  if (!knows.timers.length) due.append(make("p", { class: "note" }, "Nothing waits for its time."));
  replaceKept(at("pane-session"), [...sessions, due]);
}

function checkRow(check) {
  const row = make("li", { "data-state": check.state },
    make("p", {}, make("b", {}, check.who), ` ${check.words}`,
      check.with ? make("i", {}, `, with ${check.with}`) : ""));
  if (check.holds.length) {
    row.append(make("details", { "data-key": check.person },
      make("summary", {}, `${check.holds.length} ${check.holds.length === 1 ? "hold" : "holds"}`),
      make("ul", {}, ...check.holds.map((hold) => make("li", {}, hold)))));
  }
  return row;
}

function holds(found, head) {
  if (!found.length) return [];
  return [make("div", { class: "holds" }, make("h4", {}, head),
    make("ul", {}, ...found.map((hold) => make("li", {}, hold))))];
}

/** Put new children in, and keep open what somebody has opened. */
function replaceKept(element, children) {
  const draft = make("div", {}, ...children);
  const open = new Set([...element.querySelectorAll("details[open]")].map((one) => one.dataset.key));
  for (const one of draft.querySelectorAll("details")) one.open = open.has(one.dataset.key);
  if (draft.innerHTML === element.innerHTML) return;
  const focused = element.contains(document.activeElement)
    ? document.activeElement.parentElement?.dataset.key : null;
  element.replaceChildren(...draft.childNodes);
  if (focused) element.querySelector(`details[data-key="${focused}"] summary`)?.focus();
}

function drawRecord(rows) {
  const list = at("record");
  const pane = at("pane-record");
  const following = pane.scrollHeight - pane.scrollTop - pane.clientHeight < NEAR;
  const newest = Number(list.lastElementChild?.dataset.seq ?? 0);
  for (const row of rows) if (row.seq > newest) list.append(recordRow(row));
  while (list.children.length > 200) list.firstElementChild.remove();
  if (following) pane.scrollTop = pane.scrollHeight;
}

function recordRow(row) {
  const who = [row.actor, row.person].filter((one, number, all) => one && all.indexOf(one) === number);
  return make("li", { "data-seq": row.seq, "data-outcome": row.outcome === "done" ? "done" : "refused" },
    make("span", { class: "seq" }, String(row.seq)), make("time", {}, time(row.at)),
    make("b", {}, row.kind), make("span", {}, who.join(" → ")),
    make("em", {}, row.outcome === "done" ? row.detail : [row.outcome, row.detail].filter(Boolean).join(" ")));
}

function drawSteps(sessions) {
  const checks = sessions.flatMap((session) => session.checks);
  const isAt = (step, check) => check.step === step || check.step.startsWith(`${step}/`) || check.step.startsWith(`${step}-`);
  at("steps").replaceChildren(...about.steps.map((step) => {
    const here = checks.filter((check) => check.step && isAt(step.id, check));
    return make("li", { class: here.length ? "here" : null }, make("span", {}, step.title),
      ...here.map((check) => make("b", {}, check.who)));
  }));
}

function drawPlay(play) {
  at("player").hidden = !play;
  if (!play) return;
  const playing = play.state === "playing";
  const over = play.state === "ended" || play.state === "differs";
  at("play").textContent = playing ? "Pause" : "Play";
  at("play").disabled = over;
  at("step").disabled = over || play.state !== "paused";
  if (document.activeElement !== at("speed")) at("speed").value = play.speed;
  at("play-state").textContent = {
    paused: `Waits before line ${play.at + 1} of ${about.lines.length}.`,
    playing: `Line ${play.at + 1} of ${about.lines.length}.`,
    stepping: `Line ${play.at + 1} of ${about.lines.length}.`,
    ended: "Every step went as written. Go on by hand.",
    differs: "This step went otherwise. Go on by hand.",
  }[play.state];
  at("play-problem").hidden = !play.problem;
  at("play-problem").textContent = play.problem;
  [...at("lines").children].forEach((line, number) => {
    line.className = number < play.at ? "done" : number === play.at ? "current" : "";
    if (number === play.at) line.setAttribute("aria-current", "step");
    else line.removeAttribute("aria-current");
  });
  const current = at("lines").children[play.at];
  const list = at("lines");
  if (current) list.scrollTop = current.offsetTop - list.offsetTop - list.clientHeight / 2;
}

// The video room behind a link

let watched = null;

async function openVideo(address, phone) {
  const link = new URL(address);
  if (link.origin !== location.origin || !link.pathname.startsWith("/room/")) {
    phone.toast("This link leads out of the practice room, so it is not opened here.", true);
    return;
  }
  watched = link.pathname;
  at("video").show();
  await watchVideo(phone.id);
}

async function watchVideo(visitor) {
  if (!watched) return;
  const query = new URLSearchParams({ format: "json", ...(visitor ? { phone: visitor } : {}) });
  await tryTo(async () => {
    const { count, people } = await ask(`${watched}?${query}`);
    at("video-title").textContent = `Video room ${decodeURIComponent(watched.slice(6))}`;
    at("video-count").textContent = `${count} in the room.`;
    at("video-people").replaceChildren(...people.map(({ name }) => make("li", {}, name)));
  });
}

function closeVideo() {
  watched = null;
  at("video").close();
}

// Tabs

function chooseTab(tab, focus = false) {
  for (const other of document.querySelectorAll("[role=tab]")) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    at(other.getAttribute("aria-controls")).hidden = !chosen;
  }
  if (focus) tab.focus();
  if (tab.id === "tab-record") at("pane-record").scrollTop = at("pane-record").scrollHeight;
}

function moveTab(event) {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const now = tabs.indexOf(event.target);
  const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  chooseTab(tabs[(to + tabs.length) % tabs.length], true);
}

// From the beginning, and on

async function enter() {
  about = await ask("/practice/room/about");
  epoch = about.epoch;
  revision = 0;
  const zone = { timeZone: about.zone };
  hourOf = new Intl.DateTimeFormat("en-GB", { ...zone, hour: "2-digit", minute: "2-digit", second: "2-digit" });
  dayOf = new Intl.DateTimeFormat("en-GB", { ...zone, weekday: "short", day: "numeric", month: "short" });
  phones.clear();
  for (const list of ["phones", "chips", "record", "steps"]) at(list).replaceChildren();
  if (watched) closeVideo();
  at("title").textContent = about.title;
  at("now").title = `Time in ${about.zone}`;
  at("mermaid").textContent = about.mermaid;
  const free = make("option", { value: "" }, "A free evening");
  at("script").replaceChildren(...about.scripts.map(({ name, title }) =>
    make("option", { value: name }, title)), free);
  at("script").value = about.script || about.scripts[0]?.name;
  at("lines").replaceChildren(...about.lines.map((line) => make("li", {}, line)));
  if (about.lines.length) chooseTab(at("tab-script"));
}

async function follow() {
  const known = Object.fromEntries([...phones].map(([id, phone]) => [id, phone.version]));
  const news = await ask("/practice/room/changes", { epoch, revision, phones: known, wait: 20 });
  if (news.epoch !== epoch) {
    await enter();
    return;
  }
  offset = news.now * 1000 - Date.now();
  for (const person of news.people) addPhone(person);
  for (const view of news.phones) phones.get(view.user_id)?.draw(view);
  revision = news.revision;
  if (news.room) drawRoom(news.room);
  else if (room) drawHint(room.hint);
}

function addPhone(person) {
  if (phones.has(person.user_id)) return;
  const phone = new Phone(person);
  phones.set(person.user_id, phone);
  at("phones").append(phone.root);
  at("chips").append(phone.chip);
}

async function live() {
  let lost = true;
  for (;;) {
    try {
      if (lost) await enter();
      await follow();
      if (lost) trouble("");
      lost = false;
    } catch (error) {
      if (!(error instanceof TypeError)) console.error(error);
      lost = true;
      trouble(error instanceof TypeError
        ? "The practice room does not answer. It may be starting over, or it was ended."
        : error.message);
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
  }
}

function listen() {
  for (const button of document.querySelectorAll("[data-minutes]")) {
    button.addEventListener("click", () => moveClock({ minutes: Number(button.dataset.minutes) }));
  }
  at("timer").addEventListener("click", () => moveClock({ timer: true }));
  at("set-clock").addEventListener("submit", (event) => {
    event.preventDefault();
    moveClock({ to: at("time").value });
  });
  for (const box of document.querySelectorAll(".sky input")) {
    box.addEventListener("change", () =>
      tryTo(() => ask("/practice/room/weather", { [box.name]: box.checked })));
  }
  at("bot").addEventListener("click", () =>
    tryTo(() => ask("/practice/room/bot", { on: !room?.bot.wanted })));
  at("show-me").addEventListener("click", showMe);
  for (const tab of document.querySelectorAll("[role=tab]")) {
    tab.addEventListener("click", () => chooseTab(tab));
    tab.addEventListener("keydown", moveTab);
  }
  at("play").addEventListener("click", () =>
    control({ act: room.play.state === "playing" ? "pause" : "play" }));
  at("step").addEventListener("click", () => control({ act: "step" }));
  at("speed").addEventListener("change", () => control({ speed: at("speed").value }));
  at("choose").addEventListener("submit", (event) => {
    event.preventDefault();
    sure(at("script").value || null);
  });
  at("over").addEventListener("click", () => sure(room?.play?.name ?? null));
  at("sure-no").addEventListener("click", () => at("sure").close());
  at("sure-yes").addEventListener("click", () => {
    at("sure").close();
    tryTo(() => ask("/practice/room/over", { script: at("sure").dataset.script || null }));
  });
  at("video-close").addEventListener("click", closeVideo);
  setInterval(tick, 250);
  setInterval(() => watchVideo(), 1000);
}

function sure(script) {
  at("sure").dataset.script = script ?? "";
  const title = about.scripts.find(({ name }) => name === script)?.title ?? "A free evening";
  at("sure-text").textContent = `This evening is forgotten. What begins: ${title}.`;
  at("sure").showModal();
}

const moveClock = (body) => tryTo(() => ask("/practice/room/clock", body));
const control = (body) => tryTo(() => ask("/practice/room/play", body));

listen();
live();
