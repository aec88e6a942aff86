"""A stage: the practice room in the test's process, phones, and the bot as a process beside it."""

import asyncio
import signal
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from bot import seed
from bot.app import opened_store
from bot.practice.botapi.api import PracticeApi
from bot.practice.botapi.client import ControlClient
from bot.practice.installation import TOKEN, ZONE, approve, defaults, practice_config
from bot.practice.room.beginning import begin_with
from bot.practice.scripts import script as scripts
from bot.practice.scripts.looking import Actor
from bot.practice.scripts.player import Player
from tests.evening.killable import WrittenClock, clock_file

ROOT = Path(__file__).parents[2]
PATIENCE = 45.0
"""Seconds that a phone waits at most: a bot that is killed again and again takes its time."""


class BotProcess:
    """The bot in a process of its own."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self._arguments = ("-m", "tests.evening.killable", str(folder), base_url)
        self._log = folder / "bot.log"
        self._process: asyncio.subprocess.Process | None = None
        self.kills = 0

    async def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, *self._arguments, cwd=ROOT, stderr=log
            )

    async def kill(self) -> None:
        """Send SIGKILL."""
        self.must_live()
        process, self._process = self._process, None
        process.kill()
        assert await process.wait() == -signal.SIGKILL
        self.kills += 1

    def must_live(self) -> None:
        """Fail with the bot's log where it has ended by itself."""
        code = self._process.returncode
        assert code is None, f"the bot ended by itself ({code}):\n{self.log()}"

    async def kill_and_start(self) -> None:
        await self.kill()
        await self.start()

    async def end(self) -> None:
        if self._process is not None and self._process.returncode is None:
            await self.kill()

    def log(self) -> str:
        return self._log.read_text("utf-8")


class Witness:
    """Looks at a phone: whenever a way in appears, the database must hold the right to it."""

    def __init__(self, phone, stage) -> None:
        self._phone = phone
        self._stage = stage

    def __getattr__(self, name):
        return getattr(self._phone, name)

    def delivered(self, message):
        self._look(message)
        self._phone.delivered(message)

    def edited(self, message):
        self._look(message)
        self._phone.edited(message)

    def _look(self, message):
        if has_way_in(message.keyboard):
            self._stage.note_way_in(self._phone)


def has_way_in(keyboard) -> bool:
    return any("url" in button for row in keyboard for button in row)


class PatientRoom(ControlClient):
    """Knows rest better than the room does: the bot's process may be dead, or just awake."""

    stage = None

    async def quiet(self, for_seconds: float = 0.1, within: float = PATIENCE) -> None:
        async with asyncio.timeout(within):
            await super().quiet(for_seconds, within)
            while self.stage.owes():
                await super().quiet(for_seconds, within)


class Stage:
    """One evening: `room` and `player` are the phones' side, `bot` is the process."""

    def __init__(self, folder: Path, script: scripts.Script) -> None:
        self.folder = folder
        self.script = script
        self.clock = WrittenClock(begin_with(script).clock, clock_file(folder))
        self.api = PracticeApi(self.clock, token=TOKEN)
        self.ways_in: list[tuple[str, bool]] = []

    async def open(self) -> None:
        await self.api.start()
        self.config = practice_config(self.folder, self.api.base_url)
        self.bot = BotProcess(self.folder, self.api.base_url)
        script_seed = begin_with(self.script).sown
        async with opened_store(self.config) as store:
            settled, now = defaults(self.config), self.clock.now()
            invited = await seed.apply(store, script_seed, settled, now)
            await store.transact(lambda tx: approve(tx, settled.languages, now))
        self.room = PatientRoom(self.api.control_url, self.api.secret)
        self.room.stage = self
        await self.room.__aenter__()
        self.actors = {one.label: await self.seat(n, one) for n, one in enumerate(invited, 1001)}
        self.player = Player(
            self.room, self.actors, room_address=self.api.address, zone=ZONE, patience=PATIENCE
        )
        self.person = {one.label: number for number, one in enumerate(invited, 1)}
        for chat in self.api.world.chats.values():
            chat.watcher = Witness(chat.watcher, self)

    async def seat(self, number: int, invited: seed.Invitation) -> Actor:
        phone = await self.room.add_phone(number, invited.label, invited.locale)
        await phone.open_link(invited.link_payload)
        return Actor(invited.label, invited.locale, phone)

    async def close(self) -> None:
        try:
            await self.bot.end()
        finally:
            await self.room.__aexit__(None, None, None)
            await self.api.stop()

    # What the database holds at this moment, seen from outside

    def ask(self, sql: str, *values: object) -> list[sqlite3.Row]:
        address = f"{self.config.storage.database.as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=10)) as db:
            db.row_factory = sqlite3.Row
            return db.execute(sql, values).fetchall()

    def owes(self) -> bool:
        """Say whether the bot still has something to send or a timer to see to."""
        sql = "SELECT EXISTS (SELECT 1 FROM outbox) OR EXISTS (SELECT 1 FROM timer WHERE at <= ?)"
        return bool(self.ask(sql, self.clock.now())[0][0])

    def audited(self) -> int:
        return self.ask("SELECT count(*) FROM audit")[0][0]

    def note_way_in(self, phone) -> None:
        label = phone.user["first_name"]
        rights = self.ask(RIGHT_TO_A_WAY_IN, self.person[label], self.clock.now())
        self.ways_in.append((label, bool(rights)))

    # The evening

    async def play(self, text: str) -> None:
        """Play some lines of a script here and now."""
        head = f"title here\nseed {self.script.seed}\nclock {self.script.clock}\n"
        await self.player.play(scripts.parse("here", head + text))

    def acts(self) -> int:
        """Return how much people have done on their phones so far."""
        histories = (phone.history for phone in self.api.phones.all())
        return sum(entry["what"] in ("sent", "tapped") for told in histories for entry in told)

    async def until(self, reached) -> None:
        """Return once `reached()`, looking again whenever something happens in the room."""
        async with asyncio.timeout(PATIENCE):
            while not reached():
                await self.api.world.pulse.wait(0.05)

    def pending(self) -> int:
        return len(self.api.world.queue.pending())

    def messages(self, label: str) -> list[dict]:
        """Return what the bot wrote to somebody, as it first came."""
        phone = self.api.phones.get(self.actors[label].phone.user_id)
        return [entry for entry in phone.history if entry["what"] == "came"]

    def twice(self) -> int:
        """Return how many messages came that somebody already had, word for word."""
        extra = 0
        for label in self.actors:
            seen = Counter((m["text"], str(m["keyboard"])) for m in self.messages(label))
            extra += sum(seen.values()) - len(seen)
        return extra


RIGHT_TO_A_WAY_IN = """
    SELECT 1 FROM credential k
    JOIN session s ON s.id = k.session AND s.state = 'open'
    JOIN opening o ON o.session = s.id AND o.number = s.opening AND o.at <= k.minted_at
    JOIN sign_off f ON f.session = k.session AND f.person = k.person AND f.epoch = k.epoch
        AND f.outcome = 'admit' AND f.at <= k.minted_at
    JOIN "check" c ON c.session = k.session AND c.person = k.person AND c.epoch = k.epoch
        AND c.state = 'admitted'
    WHERE k.person = ? AND k.ended_at IS NULL AND k.expires_at > ?
"""


@pytest.fixture
async def staged(tmp_path):
    """Return a function that sets the stage for a script; the bot is not started yet."""
    open_stages = []

    async def stage_for(script: scripts.Script) -> Stage:
        stage = Stage(tmp_path, script)
        open_stages.append(stage)
        await stage.open()
        return stage

    yield stage_for
    for stage in open_stages:
        await stage.close()
