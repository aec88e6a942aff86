// The practice page: draws what the phones show and sends what people do. It decides nothing, and
// asks nobody but the machine it came from.

import { ask, tryTo, trouble } from "./ask.js";
import { at, tell } from "./dom.js";
import { drawHint, showMe } from "./hint.js";
import { listenToInvitation } from "./invitation.js";
import { drawRecord, drawSessions } from "./panel.js";
import { drawPeople, enterPeople, listenToPeople } from "./people.js";
import { drawPlay, enterScripts, listenToScripts } from "./scripts.js";
import { day, moment, seconds, state, useZone } from "./state.js";
import { drawSteps, listenToSteps } from "./steps.js";
import { chooseTab, moveTab } from "./tabs.js";
import { closeVideo, watchVideo } from "./video.js";

let revision = 0;
let epoch = "";
let offset = 0;

/** The practice clock's present. */
const clock = () => (Date.now() + offset) / 1000;

function tick() {
  if (!state.about) return;
  const now = clock();
  at("day").textContent = day(now);
  at("hour").textContent = seconds(now);
  at("now").dateTime = new Date(now * 1000).toISOString();
}

// The room around the phones

function drawRoom(shown) {
  state.room = shown;
  drawBot(shown.bot);
  for (const [name, on] of Object.entries(shown.weather)) {
    document.querySelector(`.sky input[name=${name}]`).checked = on;
  }
  const next = shown.knows.timers[0];
  const now = clock();
  at("timer").textContent = next ? `Next timer ${moment(next.at, now)}` : "Next timer";
  at("timer").disabled = !next;
  at("timer").title = next ? next.what : "";
  drawSessions(shown.knows, now);
  drawRecord(shown.knows.record);
  drawSteps(shown.knows.sessions);
  drawPlay(shown.play);
  drawHint(shown.hint);
}

function drawBot({ wanted, up, problem }) {
  at("bot").textContent = wanted ? "Kill the bot" : "Start the bot";
  const dot = at("bot-state");
  tell(dot, up ? "bot runs" : wanted ? "bot starts" : "bot is off");
  dot.dataset.state = up ? "up" : wanted ? "wait" : "off";
  dot.title = problem;
}

// From the beginning, and on

async function enter() {
  state.about = await ask("/practice/room/about");
  epoch = state.about.epoch;
  revision = 0;
  useZone(state.about.zone);
  state.phones.clear();
  for (const list of ["phones", "record", "steps"]) at(list).replaceChildren();
  closeVideo();
  at("title").textContent = state.about.title;
  at("now").title = `Time in ${state.about.zone}`;
  at("mermaid").textContent = state.about.mermaid;
  enterPeople();
  enterScripts();
}

async function follow() {
  const known = Object.fromEntries([...state.phones].map(([id, phone]) => [id, phone.version]));
  const news = await ask("/practice/room/changes", { epoch, revision, phones: known, wait: 20 });
  if (news.epoch !== epoch) {
    await enter();
    return;
  }
  offset = news.now * 1000 - Date.now();
  drawPeople(news.people);
  for (const view of news.phones) state.phones.get(view.user_id)?.draw(view);
  revision = news.revision;
  if (news.room) drawRoom(news.room);
  else if (state.room) drawHint(state.room.hint);
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
    at("time").value = "";
  });
  for (const box of document.querySelectorAll(".sky input")) {
    box.addEventListener("change", () =>
      tryTo(() => ask("/practice/room/weather", { [box.name]: box.checked })));
  }
  at("bot").addEventListener("click", () =>
    tryTo(() => ask("/practice/room/bot", { on: !state.room?.bot.wanted })));
  at("show-me").addEventListener("click", showMe);
  for (const tab of document.querySelectorAll("[role=tab]")) {
    tab.addEventListener("click", () => chooseTab(tab));
    tab.addEventListener("keydown", moveTab);
  }
  at("video-close").addEventListener("click", closeVideo);
  at("video").addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeVideo();
  });
  setInterval(tick, 250);
  setInterval(() => watchVideo(), 1000);
}

const moveClock = (body) => tryTo(() => ask("/practice/room/clock", body));

listen();
listenToPeople();
listenToInvitation();
listenToScripts();
listenToSteps();
live();
