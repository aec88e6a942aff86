"""The practice room: the strict Bot API, the real bot and the page, in one process, no network.

`run` keeps it open until it is cancelled. Everything that people do goes through the phones; the
room itself must never write to the bot's store but to sow it once.
"""

import asyncio
import logging
import secrets
import signal
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from bot import seed
from bot.clock import RunningClock
from bot.practice.botapi.api import PracticeApi
from bot.practice.botapi.client import ControlClient
from bot.practice.botapi.phones import PhoneError
from bot.practice.botapi.schema import Json
from bot.practice.botapi.user_side import SECRET_HEADER
from bot.practice.botapi.weather import Kind, Rule
from bot.practice.demo import TOKEN, ZONE, defaults, practice_config
from bot.practice.room import hints, insight, serve
from bot.practice.room.beginning import KEPT_FILE, Beginning, Kept, Person, begin, people
from bot.practice.room.live_bot import LiveBot
from bot.practice.room.play import SPEEDS, Play, UnhurriedPhone
from bot.practice.scripts import script as scripts
from bot.practice.scripts.player import Actor, Player
from bot.practice.scripts.script import ScriptError
from bot.shipped import shipped_revision
from flows.diagram import mermaid
from flows.model import Instant
from storage.store import Store

Say = Callable[[str], None]
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_LOG = logging.getLogger(__name__)
_LONGEST_WAIT = 25.0
_OURS = ("v.sqlite3*", "keys.sqlite3*", "master.key", KEPT_FILE)
_SLOW_SECONDS = 1.5
_RETRY_SECONDS = 5
PATIENCE = 60.0
"""Seconds of real time for a step of a script: whoever watches may make bad weather meanwhile."""


class Room:
    """One evening in the practice room, from its beginning until it is started over."""

    def __init__(self, folder: Path, start: Beginning, secret: str) -> None:
        self._folder = folder
        self._kept = Kept.read(folder)
        self._start = start
        self._secret = secret
        self.clock = RunningClock(self._kept.now if self._kept else start.clock)
        self.api = PracticeApi(
            self.clock,
            token=TOKEN,
            secret=secret,
            extra_routes=[*serve.routes(secret), *self._routes()],
        )
        self._epoch = secrets.token_hex(4)
        self._weather = {"slow": False, "down": False, "limited": False}
        self._revision = 0
        self._moves = 0
        self._shown: Json = {}
        self._knows: Json = {"sessions": [], "timers": [], "record": []}
        self._people: tuple[Person, ...] = ()
        self._play = Play(start.script, self._changed) if start.script else None
        self._over: asyncio.Future[Beginning] = asyncio.get_running_loop().create_future()
        self.bot: LiveBot | None = None

    async def live(self, port: int, opened: Callable[[str], None]) -> Beginning:
        """Run until somebody starts over; return what to begin with then."""
        await self.api.start(port)
        config = practice_config(self._folder, self.api.base_url)
        self.bot = LiveBot(config, self.clock, self._changed)
        tasks = [asyncio.create_task(work) for work in (self._watch(), self._enter())]
        try:
            self.bot.start()
            opened(f"{self.api.address}/?secret={self._secret}")
            return await self._first_end(tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.bot.kill()
            self._keep()
            await self.api.stop()

    async def _first_end(self, tasks: Sequence[asyncio.Task[None]]) -> Beginning:
        """Wait for the end; a task of ours that fails is a bug and ends the room too."""
        waiting: set[asyncio.Future[Any]] = {self._over, *tasks}
        while not self._over.done():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
        return self._over.result()

    # People and their script

    async def _enter(self) -> None:
        """Switch on everybody's phone and open the invitations, then play the script, if any."""
        async with ControlClient(self.api.control_url, self.api.secret) as control:
            if self._kept:
                self._come_back(self._kept)
            else:
                await self._invite()
            self._changed()
            if self._play:
                await self._play.run(self._player(control, self._play))

    async def _invite(self) -> None:
        store = await self._store()
        config = practice_config(self._folder, self.api.base_url)
        invitations = await seed.apply(store, self._start.sown, defaults(config), self.clock.now())
        self._people = tuple(people(self._start.sown, invitations))
        for person, invitation in zip(self._people, invitations, strict=True):
            phone = self.api.phones.add(person.user_id, person.label, person.locale)
            phone.open_link(invitation.link_payload)
        self._keep()

    def _come_back(self, kept: Kept) -> None:
        """Give everybody their phone again: its chat was not kept, so they ask where they are."""
        while self.api.world.number() < kept.number:
            """A number that a message had once must not name another one."""
        self._people = kept.people
        for person in kept.people:
            self.api.phones.add(person.user_id, person.label, person.locale).type("/now")

    async def _store(self) -> Store:
        bot = self._bot
        while bot.store is None:
            await bot.up.wait()
        return bot.store

    def _player(self, control: ControlClient, play: Play) -> Player:
        actors = {
            person.label: Actor(
                person.label,
                person.locale,
                UnhurriedPhone(control, person.user_id, play.may_act),
            )
            for person in self._people
        }
        return Player(control, actors, room_address=self.api.address, zone=ZONE, patience=PATIENCE)

    # What the page is told

    async def _watch(self) -> None:
        """Look at the store whenever something stirs, and tell the pages what is new."""
        while True:
            # Waits from before the look: what stirs meanwhile is looked at next.
            stirred = asyncio.create_task(self.api.world.pulse.wait(0.4))
            try:
                await self._look()
                self._show()
                await stirred
            finally:
                stirred.cancel()
            await asyncio.sleep(0.02)

    def _show(self) -> None:
        shown = self._room_shown()
        if shown == self._shown:
            return
        self._shown = shown
        self._revision += 1
        self._keep()
        self._changed()

    async def _look(self) -> None:
        store = self._bot.store
        if store is None:
            return
        try:
            self._knows = await store.read(partial(insight.read, now=self.clock.now()))
        except Exception as error:  # noqa: BLE001 -- it may be killed at any moment
            _LOG.debug("the store could not be looked at: %s", type(error).__name__)

    def _room_shown(self) -> Json:
        bot = self._bot
        return {
            "bot": {"wanted": bot.wanted, "up": bot.store is not None, "problem": bot.problem},
            "weather": dict(self._weather),
            # Else a page that waits for news would not hear that the clock was moved.
            "moves": self._moves,
            "play": self._play.as_json() if self._play else None,
            "knows": self._knows,
            "hint": asdict(self._hint()),
        }

    def _hint(self) -> hints.Hint:
        if not self._bot.wanted:
            text = "The bot is off. What people tap waits. *Start the bot*: nothing is lost."
            return hints.Hint(text, control="bot")
        if self._bot.problem and self._bot.store is None:
            return hints.Hint(f"The bot can't start, and tries again: {self._bot.problem}")
        if self._weather["down"]:
            text = "Telegram is down. Taps wait; nothing opens. Switch it on again in *Weather*."
            return hints.Hint(text, control="weather")
        if self._play and self._play.state in ("paused", "playing", "stepping"):
            return _play_hint(self._play)
        seen = [self._seen(person) for person in self._people]
        session = next(iter(self._knows["sessions"]), None)
        return hints.next_step(seen, session, self.clock.now())

    def _seen(self, person: Person) -> hints.Seen:
        phone = self.api.phones.get(person.user_id)
        tapped = frozenset(entry["text"] for entry in phone.history if entry["what"] == "tapped")
        return hints.Seen(person.user_id, person.label, person.role, phone.view(), tapped)

    def _changed(self) -> None:
        self.api.world.pulse.beat()

    def _keep(self) -> None:
        if self._people:
            Kept(self.clock.now(), self.api.world.number() + 1, self._people).write(self._folder)

    @property
    def _bot(self) -> LiveBot:
        if self.bot is None:
            raise RuntimeError("the room is not open yet")
        return self.bot

    # Routes

    def _routes(self) -> list[web.RouteDef]:
        handlers = [
            ("GET", "about", self._about),
            ("POST", "changes", self._changes),
            ("POST", "clock", self._move_clock),
            ("POST", "weather", self._set_weather),
            ("POST", "bot", self._switch_bot),
            ("POST", "play", self._control_play),
            ("POST", "over", self._start_over),
        ]
        return [
            web.route(verb, f"/practice/room/{path}", self._guard(handler))
            for verb, path, handler in handlers
        ]

    def _guard(self, handler: _Handler) -> _Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            if not serve.is_secret(request.headers.get(SECRET_HEADER, ""), self._secret):
                return _error("the secret is missing or wrong", 403)
            try:
                return await handler(request)
            except (PhoneError, ScriptError) as error:
                return _error(str(error))
            except (KeyError, TypeError, ValueError) as error:
                return _error(f"this request can't be read: {error!r}")

        return guarded

    async def _about(self, _: web.Request) -> web.Response:
        """Return what stays the same for the whole evening."""
        flow = shipped_revision("environment", insight.LANGUAGE).flow
        return web.json_response(
            {
                "epoch": self._epoch,
                "title": self._start.title,
                "zone": ZONE,
                "script": self._start.script.name if self._start.script else "",
                "steps": insight.steps(flow),
                "mermaid": mermaid(flow),
                "scripts": [
                    {"name": name, "title": scripts.load(name).title} for name in scripts.names()
                ],
                "lines": [line.text for line in self._start.script.lines]
                if self._start.script
                else [],
            }
        )

    async def _changes(self, request: web.Request) -> web.Response:
        """Return what a page has not seen yet, as soon as there is something; else wait."""
        body = await request.json()
        seen = {int(number): int(version) for number, version in body["phones"].items()}
        loop = asyncio.get_running_loop()
        deadline = loop.time() + min(float(body["wait"]), _LONGEST_WAIT)
        while not self._news(seen, body) and (left := deadline - loop.time()) > 0:
            await self.api.world.pulse.wait(left)
        # What the bot sends comes in bursts; one picture of them is enough.
        await asyncio.sleep(0.02)
        return web.json_response(
            {
                "epoch": self._epoch,
                "now": self.clock.now(),
                "revision": self._revision,
                "people": [asdict(person) for person in self._people],
                "room": self._shown if body["revision"] != self._revision else None,
                "phones": [phone.view() for phone in self._fresh_phones(seen)],
            }
        )

    def _news(self, seen: dict[int, int], body: Json) -> bool:
        if body["epoch"] != self._epoch or body["revision"] != self._revision:
            return True
        return any(True for _ in self._fresh_phones(seen))

    def _fresh_phones(self, seen: dict[int, int]) -> list[Any]:
        return [one for one in self.api.phones.all() if seen.get(one.id) != one.version]

    async def _move_clock(self, request: web.Request) -> web.Response:
        """Move ahead: `{"minutes": 5}`, `{"to": "17:45"}`, or `{"timer": true}`."""
        body = await request.json()
        await self.clock.move_to(self._instant(body))
        self._moves += 1
        self._changed()
        return web.json_response({"now": self.clock.now()})

    def _instant(self, body: Json) -> Instant:
        now = self.clock.now()
        if "minutes" in body:
            return now + int(body["minutes"]) * 60
        if "to" in body:
            return _next_time_of_day(now, str(body["to"]))
        coming = [timer["at"] for timer in self._knows["timers"]]
        return int(min(coming, default=now))

    async def _set_weather(self, request: web.Request) -> web.Response:
        body = await request.json()
        for name in self._weather:
            self._weather[name] = bool(body.get(name, self._weather[name]))
        weather = self.api.weather
        weather.clear()
        weather.down = self._weather["down"]
        if self._weather["limited"]:
            for methods in ("send*", "edit*", "delete*"):
                weather.foretell(Rule(Kind.TOO_MANY, methods, None, _RETRY_SECONDS))
        if self._weather["slow"]:
            weather.foretell(Rule(Kind.LATENCY, "*", None, _SLOW_SECONDS))
        self._changed()
        return web.json_response(self._weather)

    async def _switch_bot(self, request: web.Request) -> web.Response:
        """Kill the bot, or start it again from the files."""
        if (await request.json())["on"]:
            self._bot.start()
        else:
            await self._bot.kill()
        self._changed()
        return web.json_response({"on": self._bot.wanted})

    async def _control_play(self, request: web.Request) -> web.Response:
        body = await request.json()
        if self._play is None:
            return _error("no script is on", 409)
        if "speed" in body:
            self._play.speed = body["speed"] if body["speed"] in SPEEDS else self._play.speed
            self._changed()
        if "act" in body:
            self._play.control(body["act"])
        return web.json_response(self._play.as_json())

    async def _start_over(self, request: web.Request) -> web.Response:
        """Forget this evening, and begin another: a free one, or that of a script."""
        start = begin((await request.json()).get("script"))
        if not self._over.done():
            self._people = ()
            asyncio.get_running_loop().call_later(0.1, self._end_with, start)
        return web.json_response({"begins": start.title})

    def _end_with(self, start: Beginning) -> None:
        if not self._over.done():
            self._over.set_result(start)


def _play_hint(play: Play) -> hints.Hint:
    total = len(play.script.lines)
    if play.state == "playing":
        line = play.script.lines[min(play.at, total - 1)]
        return hints.Hint(f"The script plays, line {play.at + 1} of {total}: *{line.text}*")
    if play.state == "stepping":
        return hints.Hint(f"One step, line {play.at + 1} of {total}.")
    text = "The script waits. *Play* it, or go *one step* at a time."
    return hints.Hint(text, control="play")


def _next_time_of_day(now: Instant, written: str) -> Instant:
    """Return the next instant at which the clock shows this time of day in the room's zone."""
    here = datetime.fromtimestamp(now, ZoneInfo(ZONE))
    hour, minute = (int(part) for part in written.split(":")[:2])
    then = here.replace(hour=hour, minute=minute, second=0)
    return int((then if then > here else then + timedelta(days=1)).timestamp())


def _error(words: str, status: int = 400) -> web.Response:
    return web.json_response({"error": words}, status=status)


@asynccontextmanager
async def _folder(keep: Path | None) -> AsyncIterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 -- before anything else runs
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="vestibule-practice-") as folder:
        yield Path(folder)


def _clear(folder: Path) -> None:
    """Take away what a room has written there, and nothing else."""
    for name in _OURS:
        for file in folder.glob(name):
            file.unlink(missing_ok=True)


async def run(
    keep: Path | None,
    port: int,
    open_browser: bool,  # noqa: FBT001 -- one word of the command line
    say: Say,
) -> None:
    """Keep the practice room open until cancelled; `say` is given the page's address once.

    `keep` is a folder to go on in, None for a temporary one; port 0 chooses a free one.
    """
    secret, address = secrets.token_urlsafe(16), ""

    def opened(found: str) -> None:
        nonlocal address, port
        if not address:
            say(f"The practice room is open: {found}")
            if open_browser:
                webbrowser.open(found)
        address = found
        port = int(found.partition("/?")[0].rpartition(":")[2])

    async with _folder(keep) as folder:
        start = begin(None)
        while True:
            room = Room(folder, start, secret)
            start = await room.live(port, opened)
            _clear(folder)


def main(keep: Path | None, port: int, open_browser: bool, say: Say) -> int:  # noqa: FBT001 -- the same
    """Keep the practice room open until interrupted; return the exit code."""

    async def until_told() -> None:
        running = asyncio.current_task()
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, lambda: running and running.cancel())
        with suppress(asyncio.CancelledError):
            await run(keep, port, open_browser, say)

    asyncio.run(until_told())
    return 0
