"""The practice room: the strict Bot API, the real bot and the page, in one process, no network.

`run` keeps it open until it is cancelled. Everything that people do goes through the phones; the
room itself must never write to the bot's store but to sow it once.
"""

import asyncio
import logging
import re
import secrets
import signal
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.clock import RunningClock
from bot.graphics import renderer
from bot.practice.botapi.api import PracticeApi
from bot.practice.botapi.client import ControlClient, PhoneClient
from bot.practice.botapi.phones import Phone
from bot.practice.botapi.schema import Json
from bot.practice.botapi.weather import Kind, Rule
from bot.practice.installation import TOKEN, ZONE, defaults, practice_config
from bot.practice.room import hints, insight, routes, serve
from bot.practice.room.beginning import KEPT_FILE, SHELF, Beginning, Kept, begin
from bot.practice.room.live_bot import LiveBot
from bot.practice.room.play import Play, ScriptsHand, UnhurriedPhone, is_scripts
from bot.practice.room.recording import Recording
from bot.practice.room.table import Person, Table
from bot.practice.scripts.looking import Actor
from bot.practice.scripts.player import Player
from bot.practice.scripts.shelf import Shelf
from flows.model import Instant
from storage.store import Store

Say = Callable[[str], None]
_LOG = logging.getLogger(__name__)
_OURS = ("v.sqlite3*", "keys.sqlite3*", "master.key", KEPT_FILE)
_SLOW_SECONDS = 1.5
_RETRY_SECONDS = 5
PATIENCE = 60.0
"""Seconds of real time for a step of a script: whoever watches may make bad weather meanwhile."""


class Room:
    """One evening in the practice room, from its beginning until it is started over."""

    def __init__(
        self, folder: Path, start: Beginning, secret: str, *, chromium: str | None = None
    ) -> None:
        """Begin an evening; `chromium` draws, and where only a script plays there is none."""
        self._folder = folder
        self._chromium = chromium
        self._kept = Kept.read(folder)
        self._secret = secret
        self.start = start
        self.clock = RunningClock(self._kept.now if self._kept else start.clock)
        self.api = PracticeApi(
            self.clock,
            token=TOKEN,
            secret=secret,
            extra_routes=[*serve.routes(secret), *routes.routes(self, secret)],
            acted=self._acted,
        )
        self.shelf = Shelf(folder / SHELF)
        self.recording = Recording(
            start.script.seed,
            start.clock,
            start.script.limits,
            now=self.clock.now,
            address=lambda: self.api.address,
            kept=self._kept.recorded if self._kept else {},
        )
        config = practice_config(folder, "", self.recording.limits)
        self.table = Table(self.api, defaults(config))
        self.play = Play(start.script, self.recording, self.changed) if start.script.lines else None
        self.epoch = secrets.token_hex(4)
        self.weather = {"slow": False, "down": False, "limited": False}
        self.revision = 0
        self.shown: Json = {}
        self.knows: Json = {"sessions": [], "timers": [], "record": []}
        self._moves = 0
        self._terminal = ""
        self._over: asyncio.Future[Beginning] = asyncio.get_running_loop().create_future()
        self._bot: LiveBot | None = None

    async def live(self, port: int, opened: Callable[[str], None]) -> Beginning:
        """Run until somebody starts over; return what to begin with then."""
        async with self.open(port):
            tasks = [asyncio.create_task(work) for work in (self._watch(), self._evening())]
            try:
                opened(f"{self.api.address}/?secret={self._secret}")
                return await self._first_end(tasks)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    @asynccontextmanager
    async def open(self, port: int = 0) -> AsyncIterator[None]:
        """Run the Bot API and the bot, for whoever plays here; nobody has a phone yet."""
        await self.api.start(port)
        config = practice_config(self._folder, self.api.base_url, self.recording.limits)
        say = self._said if self.start.is_first_day else None
        self._bot = LiveBot(config, self.clock, self.changed, say, self._chromium)
        self._bot.start()
        try:
            yield
        finally:
            await self._bot.kill()
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

    async def _evening(self) -> None:
        """Let everybody come in, then play the script, if any."""
        await self.enter()
        if self.play is None:
            return
        async with ScriptsHand(self.api.control_url, self.api.secret) as control:
            phone = partial(UnhurriedPhone, control, may_act=self.play.may_act)
            await self.play.run(self.player(control, phone, PATIENCE))

    async def enter(self) -> None:
        """Switch on everybody's phone and open the invitations, or come back after a pause."""
        if self._kept:
            self._come_back(self._kept)
        else:
            await self.table.enter(await self.store(), self.start.sown, self.clock.now())
            self.recording.meets(self.table.people)
            self._keep()
        self.changed()

    def _come_back(self, kept: Kept) -> None:
        while self.api.world.number() < kept.number:
            """A number that a message had once must not name another one."""
        self.table.come_back(kept.people)
        self.recording.meets(self.table.people)
        self.recording.came_back()

    def _said(self, words: str) -> None:
        """Keep the link that the bot says at the terminal of a service on its first day."""
        found = re.search(r"https://\S+", words)
        self._terminal = found[0] if found else ""

    def _acted(self, request: web.Request, phone: Phone, body: Json) -> None:
        act, by_script = request.match_info["act"], is_scripts(request.headers)
        self.recording.acted(phone, act, body, by_script=by_script)

    async def store(self) -> Store:
        """Return the store, once the bot runs."""
        bot = self.bot
        while bot.store is None:
            await bot.up.wait()
        return bot.store

    def player(
        self, control: ControlClient, phone: Callable[[int], PhoneClient], patience: float
    ) -> Player:
        """Return who plays scripts on these phones."""
        actors = {
            one.label: Actor(
                one.label,
                one.locale,
                phone(one.user_id),
                self.recording.invitations.get(one.label, ""),
            )
            for one in self.table.people
        }
        return Player(
            control,
            actors,
            room_address=self.api.address,
            zone=ZONE,
            patience=patience,
            phone=phone,
        )

    # What the page is told

    async def _watch(self) -> None:
        """Look at the store whenever something stirs, and tell the pages what is new."""
        while True:
            # Waits from before the look: what stirs meanwhile is looked at next.
            stirred = asyncio.create_task(self.api.world.pulse.wait(0.4))
            try:
                self.table.look()
                await self.look()
                self._show()
                await stirred
            finally:
                stirred.cancel()
            await asyncio.sleep(0.02)

    def _show(self) -> None:
        shown = self._room_shown()
        if shown == self.shown:
            return
        self.shown = shown
        self.revision += 1
        self._keep()
        self.changed()

    async def look(self) -> None:
        """See what the bot knows by now."""
        store = self.bot.store
        if store is None:
            return
        try:
            self.knows = await store.read(partial(insight.read, now=self.clock.now()))
        except Exception as error:  # noqa: BLE001 -- it may be killed at any moment
            _LOG.debug("the store could not be looked at: %s", type(error).__name__)

    def _room_shown(self) -> Json:
        bot = self.bot
        return {
            "bot": {"wanted": bot.wanted, "up": bot.store is not None, "problem": bot.problem},
            "weather": dict(self.weather),
            # Else a page that waits for news would not hear that the clock was moved.
            "moves": self._moves,
            "people": [asdict(person) for person in self.table.people],
            "play": self.play.as_json() if self.play else None,
            "knows": self.knows,
            "hint": asdict(self._hint()),
        }

    def _hint(self) -> hints.Hint:
        if not self.bot.wanted:
            text = "The bot is off. What people tap waits. *Start the bot*: nothing is lost."
            return hints.Hint(text, control="bot")
        if self.bot.problem and self.bot.store is None:
            return hints.Hint(f"The bot can't start, and tries again: {self.bot.problem}")
        if self.weather["down"]:
            text = "Telegram is down. Taps wait; nothing opens. Untick *down* to have it back."
            return hints.Hint(text, control="weather")
        if self.play and self.play.state in ("paused", "playing", "stepping"):
            return _play_hint(self.play)
        seen = [self._seen(person) for person in self.table.present]
        session = next(iter(self.knows["sessions"]), None)
        return hints.next_step(seen, session, self.clock.now())

    def _seen(self, person: Person) -> hints.Seen:
        phone = self.api.phones.get(person.user_id)
        tapped = frozenset(entry["text"] for entry in phone.history if entry["what"] == "tapped")
        invited = bool(person.link)
        return hints.Seen(person.user_id, person.label, person.role, phone.view(), tapped, invited)

    def changed(self) -> None:
        """Tell whoever waits for news."""
        self.api.world.pulse.beat()

    def _keep(self) -> None:
        if self.table.people and not self._over.done():
            number = self.api.world.number() + 1
            recorded = self.recording.as_json()
            Kept(self.clock.now(), number, self.table.people, recorded).write(self._folder)

    @property
    def bot(self) -> LiveBot:
        """The bot, killed or not."""
        if self._bot is None:
            raise RuntimeError("the room is not open yet")
        return self._bot

    # What the page does besides the phones

    async def move_clock(self, instant: Instant) -> None:
        """Move the clock ahead; the bot's follows."""
        await self.clock.move_to(instant)
        self._moves += 1
        self.changed()

    def set_weather(self, switches: Mapping[str, Any]) -> None:
        """Switch the kinds of bad weather that are named."""
        for name in self.weather:
            self.weather[name] = bool(switches.get(name, self.weather[name]))
        weather = self.api.weather
        weather.clear()
        weather.down = self.weather["down"]
        if self.weather["limited"]:
            for methods in ("send*", "edit*", "delete*"):
                weather.foretell(Rule(Kind.TOO_MANY, methods, None, _RETRY_SECONDS))
        if self.weather["slow"]:
            weather.foretell(Rule(Kind.LATENCY, "*", None, _SLOW_SECONDS))
        self.changed()

    async def switch_bot(self, *, on: bool) -> None:
        """Kill the bot, or start it again from the files."""
        if on:
            self.bot.start()
        else:
            await self.bot.kill()
        self.changed()

    async def add(self, role: str, locale: str, label: str = "") -> Person:
        """Put another phone on the table; see `Table.add`."""
        store, now = await self.store(), self.clock.now()
        person = await self.table.add(store, role, locale, label, now, self._terminal)
        self.recording.meets([person])
        self.changed()
        return person

    def put_away(self, user_id: int, *, away: bool) -> None:
        """Put a phone away, or take it out again."""
        self.table.put_away(user_id, away=away)
        self.changed()

    def start_over(self, start: Beginning) -> None:
        """Forget this evening, and begin another one."""

        def end() -> None:
            if not self._over.done():
                self._over.set_result(start)

        # The page's request is answered first.
        asyncio.get_running_loop().call_later(0.1, end)


def _play_hint(play: Play) -> hints.Hint:
    total = len(play.script.lines)
    if play.state == "playing":
        line = play.script.lines[min(play.at, total - 1)]
        return hints.Hint(f"The script plays, line {play.at + 1} of {total}: *{line.text}*")
    if play.state == "stepping":
        return hints.Hint(f"One step, line {play.at + 1} of {total}.")
    text = "The script waits. *Play* it, or go *one step* at a time."
    return hints.Hint(text, control="play")


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
            room = Room(folder, start, secret, chromium=renderer.find())
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
