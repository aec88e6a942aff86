"""A process that ends anywhere while it sends leaves every phone as it ought to be in the end.

Real requests to the strict Bot API, whose world outlives the process as Telegram's does.
"""

import asyncio
import random
import sqlite3
from collections import Counter
from contextlib import AsyncExitStack, closing, suppress
from dataclasses import dataclass

import pytest
from telegram import Bot

from bot import intake
from bot.clock import MovableClock
from bot.practice.botapi.api import PracticeApi
from bot.practice.installation import PACE, TOKEN
from bot.request import AiohttpRequest
from bot.sender import Sender
from bot.setting import Setting
from tests.bot.conftest import Guest
from tests.evening.conftest import RIGHT_TO_A_WAY_IN, Witness
from tests.faults.office import CHATS, EVENING, FILES, READER, Office, copied
from tests.honest import NOON

pytestmark = pytest.mark.long

PARTS = 4
NUMBERED_ANEW = ("seen_update", "screen", "sent", "outbox", "migration")
"""Tables with numbers that differ from one evening to the next."""


class Room:
    """Phones, and a process that ends again and again while it sends to them."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.clock = MovableClock(NOON)
        self.api = PracticeApi(self.clock, token=TOKEN)
        self.ways_in = []
        self.deaths = 0

    async def __aenter__(self):
        self._stack = AsyncExitStack()
        await self.api.start()
        self._stack.push_async_callback(self.api.stop)
        self.guests = {who: Guest(self, self.phone(who)) for who in CHATS}
        await self.start(self.folder)
        return self

    async def __aexit__(self, *_):
        await self.end()
        await self._stack.aclose()

    def phone(self, who):
        phone = self.api.phones.add(CHATS[who], f"X{who}", "en")
        chat = self.api.world.chats[CHATS[who]]
        chat.watcher = Witness(phone, self)
        return phone

    def note_way_in(self, phone):
        """Note whether the database holds the right to a way in that appears on a phone now."""
        person = next(who for who, chat in CHATS.items() if chat == phone.id)
        with closing(sqlite3.connect(self.folder / FILES[0])) as db:
            found = db.execute(RIGHT_TO_A_WAY_IN, (person, self.clock.now())).fetchall()
        self.ways_in.append(bool(found))

    # The process

    async def start(self, folder):
        self.folder = folder
        self.office = await Office.open(folder, self.clock)
        self.bot = Bot(
            TOKEN,
            base_url=self.api.base_url,
            request=AiohttpRequest(),
            get_updates_request=AiohttpRequest(),
        )
        await self.bot.initialize()
        self.new_sender()

    def new_sender(self):
        self.sender = Sender(self.office.store, self.bot, self.clock, Setting(), PACE)

    async def end(self):
        await self.office.close()
        await self.bot.shutdown()

    async def end_and_start(self):
        await self.office.still()
        self.deaths += 1
        folder = copied(self.folder, self.folder.with_name(f"{self.deaths}"))
        await self.end()
        await self.start(folder)

    async def send(self):
        """Send until nothing is owed."""
        running = asyncio.create_task(self.sender.run())
        try:
            while await self.office.store.read(_owed):
                await self.api.world.pulse.wait(0.02)
                assert not running.done(), running
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    # What happens

    async def happen(self, act):
        if act.clock or act.tidy:
            await self.office.happen(act)
            return
        phone = self.guests[act.who]
        if act.text:
            phone.phone.type(act.text)
        elif act.forged:
            phone.forge(act.forged)
        else:
            phone.phone.tap(*self.button(phone, act))
        raws = self.api.world.queue.pending()
        await self.office.service.take([intake.read(raw, READER) for raw in raws])
        self.api.world.queue.acknowledge(raws[-1]["update_id"] + 1)

    def button(self, phone, act):
        buttons = phone.buttons()
        fitting = [
            found
            for found in buttons
            if found[1].startswith(act.button) and found[1].endswith(act.ending)
        ]
        assert fitting, f"no button {act.button}...{act.ending} for {act.who} among {buttons}"
        return fitting[0]

    # What is true afterwards

    async def record(self):
        state = await self.office.state()
        return {name: rows for name, rows in state.items() if name not in NUMBERED_ANEW}

    async def shown(self):
        """Return what each known screen shows; a menu is no message."""

        def drawn(tx):
            known = "SELECT person, kind, message_id FROM screen WHERE kind <> 'menu'"
            return tx.db.execute(known).fetchall()

        found = {}
        for person, kind, number in await self.office.store.read(drawn):
            message = next(m for m in self.guests[person].messages() if m["message_id"] == number)
            found[person, kind] = (message["text"], str(message["keyboard"]))
        return found

    def said(self):
        """Return everything that ever came to each phone as a new message, without the screens."""
        return {
            who: [m["text"] for m in guest.phone.history if m["what"] == "came"]
            for who, guest in self.guests.items()
        }


def _owed(tx):
    return tx.db.execute("SELECT 1 FROM outbox").fetchone()


# The evening, and what may happen to it

LONGEST = 64
"""More suspensions than any act's letters take."""


async def played(room, strike):
    """Play the evening and tell all that can be seen; `strike` does something while it sends."""
    links = []
    for number, act in enumerate(EVENING):
        await room.happen(act)
        await strike(number)
        await room.send()
        links.append({who: guest.links() for who, guest in room.guests.items()})
    assert len(room.ways_in) >= 2
    assert all(room.ways_in)
    return Seen(await room.record(), await room.shown(), links, room.said())


@dataclass(frozen=True, slots=True)
class Seen:
    """What is on record, on the screens, what ways in there were after each act, and what came."""

    record: dict
    screens: dict
    links: list
    came: dict

    def must_equal(self, other):
        """Fail where anything differs but that a message came once more."""
        assert self.record == other.record
        assert self.screens == other.screens
        assert self.links == other.links
        for who, texts in other.came.items():
            assert not Counter(texts) - Counter(self.came[who]), who


@pytest.fixture
async def calm(founded, tmp_path):
    """Return what is seen of the evening where nothing fails."""

    async def nothing(_):
        pass

    async with Room(copied(founded, tmp_path / "calm")) as room:
        return await played(room, nothing)


async def with_endings(room, suspensions):
    """Play the evening; let the process end at these suspensions, one for each act."""

    async def end(number):
        room.office.life.end_at(suspension=suspensions[number])
        if not await room.office.life.live(room.send()):
            await room.end_and_start()

    return await played(room, end)


async def with_cancellations(room, suspensions):
    """Play the evening; cancel the sender at these suspensions, and have another one go on."""

    async def cancel(number):
        work = room.send()
        room.deaths += await room.office.life.cancelled_at(suspensions[number], work)
        room.new_sender()

    return await played(room, cancel)


FAULTS = [with_endings, with_cancellations]


@pytest.mark.parametrize("fault", FAULTS)
async def test_some_suspensions(founded, calm, tmp_path, fault):
    """Once in each act's letters the process ends, or the sender is cancelled: all arrives."""
    pick = random.Random(13)
    async with Room(copied(founded, tmp_path / "0")) as room:
        seen = await fault(room, [pick.randint(1, 30) for _ in EVENING])
        assert room.deaths > len(EVENING) // 2
    seen.must_equal(calm)


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("fault", FAULTS)
async def test_any_suspension(founded, calm, tmp_path, fault, part):
    """The same at every suspension of every act's letters."""
    for evening in range(part, LONGEST, PARTS):
        async with Room(copied(founded, tmp_path / "0")) as room:
            suspensions = [(evening + number) % LONGEST + 1 for number in range(len(EVENING))]
            seen = await fault(room, suspensions)
        seen.must_equal(calm)
