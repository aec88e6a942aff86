"""A house: the strict Bot API, the real bot in this process, and the phones of a small seed."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from bot import app, keeping, menus, sender
from bot.clock import MovableClock
from bot.language.words import words
from bot.office import clearance
from bot.practice.botapi.api import PracticeApi
from bot.practice.installation import PACE, TOKEN, practice_config
from bot.setting import Setting
from flows import events as e
from flows.digest import SHOWN_LENGTH, opening_digest, sign_off_digest
from flows.flow import NON_NEGOTIABLES
from flows.model import Outcome
from storage import links, people, sessions
from tests.bot.terminal import opened as opened_terminal
from tests.honest import NOON, Evening, enrol_participant, enrol_staff, plan
from tests.installation import copy_new, write_master_key

ZONE = "Europe/Berlin"
LINK = "https://meet.example.org/fresh-room"
STRANGER = 999_000_111
SPOKEN = ("en", "de", "fr")
"""What a house speaks."""
PATIENCE = 60.0
"""Seconds of real time after which a bot that does not come to rest is stuck."""
NO_DOMAIN = frozenset(
    (
        *("seen_update", "stranger_count", "poison_update", "attempt"),
        *("outbox", "audit", "clock", "screen", "sent", "forgotten"),
    )
)
"""Tables that may change though nothing has happened: what came in, what goes out, the record."""


class Guest:
    """A phone, and what is on it."""

    def __init__(self, house, phone, person=None, locale="en"):
        self.house = house
        self.phone = phone
        self.person = person
        self.locale = locale

    @property
    def chat(self):
        return self.phone.id

    def say(self, key, **params):
        """Return a text of the bot as this person reads it."""
        return words(self.locale, ZONE).say(key, **params)

    def messages(self):
        return [m for m in self.phone.view()["messages"] if m["from"] == "bot"]

    def texts(self):
        return [message["text"] for message in self.messages()]

    def toasts(self):
        return [toast["text"] for toast in self.phone.view()["toasts"]]

    def buttons(self):
        """Return (message, data) of every button on the phone, the newest message first."""
        return [
            (message["message_id"], button["callback_data"])
            for message in reversed(self.messages())
            for row in message["keyboard"]
            for button in row
            if "callback_data" in button
        ]

    def links(self):
        return [
            button["url"]
            for message in self.messages()
            for row in message["keyboard"]
            for button in row
            if "url" in button
        ]

    def button(self, start):
        """Return (message, data) of the newest button whose data begins so."""
        return next(one for one in self.buttons() if one[1].startswith(start))

    def tap(self, start):
        return self.phone.tap(*self.button(start))

    def forge(self, data, message=None):
        newest = max((m["message_id"] for m in self.messages()), default=1)
        return self.phone.forge(message or newest, data)

    async def toast(self, already):
        """Return the first toast after the first `already` ones."""
        view = self.phone.view()
        while len(view["toasts"]) <= already:
            before = view["version"]
            view = await self.phone.view_after(before, 5)
            assert view["version"] > before, "no toast came"
        return view["toasts"][already]["text"]


class House(Evening):
    """An evening on the running bot's own store; staged acts leave rows as the bot's own do."""

    def __init__(self, store, api, clock):
        super().__init__(store)
        self.api = api
        self.clock = clock

    async def happen(self, event):
        def apply(tx):
            session = sessions.load(tx, self.session_id)
            decision = keeping.happen(tx, session, event, self.now)
            if isinstance(event, e.LinkPasted) and not decision.refusal:
                links.keep(tx, self.session_id, LINK, LINK)
            return decision

        return await self.store.transact(apply)

    async def move_in(self, participants=2, staff=2):
        """Enrol everybody, with phones that have started the bot."""
        await self.prepare(participants, staff)
        self.anna, *others = [self.guest(100 + n, who) for n, who in enumerate(self.staff)]
        self.bernd = others[0] if others else self.anna
        self.guests = [self.guest(200 + n, who) for n, who in enumerate(self.people)]
        self.h7 = self.guests[0]
        return self

    async def add_neighbours(self):
        """Plan a second session with a facilitator and a participant of its own."""

        def add(tx):
            staff = enrol_staff(tx, 150, "N1")
            person = enrol_participant(tx, 250, "Z9")
            return staff, person, plan(tx, [staff], [person], self.rules)

        staff, person, self.other_session = await self.store.transact(add)
        self.neighbour, self.z9 = self.guest(150, staff), self.guest(250, person)

    def guest(self, chat, person=None, locale="en"):
        phone = self.api.phones.add(chat, f"Person {chat}", locale)
        self.api.world.chats[chat].open_to_bot = person is not None
        return Guest(self, phone, person, locale)

    async def quiet(self):
        """Return once nothing is left to take in or to send."""
        while True:
            await self.api.quiet(0.03, PATIENCE)
            if not await self.store.read(self._to_do):
                return

    def _to_do(self, tx):
        now = self.clock.now()
        if (clearance.next_due(tx, ZONE, now) or now + 1) <= now:
            return True
        return tx.db.execute(
            "SELECT 1 FROM outbox WHERE not_before <= ?1 UNION SELECT 1 FROM timer WHERE at <= ?1"
            " UNION SELECT 1 FROM reminder WHERE at <= ?1"
            " UNION SELECT 1 FROM pad WHERE until <= ?1"
            " UNION SELECT 1 FROM authenticator WHERE shown_until <= ?1"
            " UNION SELECT 1 FROM attempt WHERE since + 3600 <= ?1"
            " UNION SELECT 1 FROM reminder WHERE at <= ?1",
            (now,),
        ).fetchone()

    async def wake(self):
        """Have the bot look at its rows: somebody unknown writes."""
        if not self.api.world.chats.get(STRANGER):
            self.api.phones.add(STRANGER, "Nobody")
        self.api.phones.get(STRANGER).type("?")
        await self.quiet()

    async def move_to(self, instant):
        self.now = instant
        await self.clock.move_to(instant)
        await self.quiet()

    # Stages of the evening

    async def started(self):
        await self.start()
        await self.wake()

    async def ready(self):
        await self.start()
        for person in self.people:
            await self.answer_all(person)
        await self.wake()

    async def opened(self):
        await self.until_open()
        await self.clock.move_to(self.now)
        await self.wake()

    async def joined(self):
        """Open the session, and let everybody in by their own tap."""
        await self.opened()
        for guest in self.guests:
            guest.tap("join:")
        await self.quiet()

    async def sign_data(self, by, person):
        """Return the data of an honest signature, all items observed."""
        await self.happen(e.PersonClaimed(by, person))
        epoch = (await self.session()).checks[person].epoch
        for item in NON_NEGOTIABLES:
            await self.happen(e.ItemObserved(by, person, epoch, item, seen=True))
        session = await self.session()
        meaning = words("en", ZONE).meaning("sign/admit")
        check = session.checks[person]
        digest = sign_off_digest(session, check, by, Outcome.ADMIT, None, meaning)
        return f"sign:{session.id}:{person}:{epoch}:admit:{digest[:SHOWN_LENGTH]}"

    async def open_data(self, by):
        session = await self.session()
        digest = opening_digest(session, by, words("en", ZONE).meaning("sign/open"))
        return f"open:{session.id}:{digest[:SHOWN_LENGTH]}"

    # What is on record

    async def domain(self):
        """Return every row that says how things stand."""

        def dump(tx):
            names = [
                row["name"]
                for row in tx.db.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table'"
                    " AND name NOT LIKE 'sqlite_%' ORDER BY name"
                )
            ]
            return {
                name: [tuple(row) for row in tx.db.execute(f'SELECT * FROM "{name}"')]
                for name in names
                if name not in NO_DOMAIN
            }

        return await self.store.read(dump)

    async def audited(self):
        """Return (kind, outcome, actor, detail) of every audit row."""

        def rows(tx):
            found = tx.db.execute("SELECT kind, outcome, actor, detail FROM audit ORDER BY seq")
            return [tuple(row) for row in found]

        return await self.store.read(rows)

    async def help_for(self, guest):
        """Return what /help says to a member of staff."""
        config = practice_config(Path(), "")
        setting = Setting.of(config, "")
        found = await self.store.read(
            lambda tx: menus.help_for(tx, people.find(tx, guest.person), setting)
        )
        return found.text

    async def count(self, table, where="1"):
        def count(tx):
            return tx.db.execute(f'SELECT count(*) FROM "{table}" WHERE {where}').fetchone()[0]

        return await self.store.read(count)

    async def strangers(self):
        def count(tx):
            return tx.db.execute("SELECT total(updates) FROM stranger_count").fetchone()[0]

        return int(await self.store.read(count))

    def calls(self):
        """Return what the bot has done so far, by (method, chat), but for how it looks."""
        done = ((c.method, c.chat_id) for c in self.api.journal if c.ok)
        return Counter(one for one in done if one[0] != "getUpdates" and "My" not in one[0])


@pytest.fixture(scope="session")
def terminal(tmp_path_factory):
    with opened_terminal(tmp_path_factory.mktemp("terminal")) as terminal:
        yield terminal


@pytest.fixture
def clock():
    return MovableClock(NOON)


@pytest.fixture
async def api(clock):
    api = PracticeApi(clock, token=TOKEN)
    await api.start()
    yield api
    await api.stop()


def spoken_in(config, languages=SPOKEN):
    """Return a configuration with some of the languages: each one is published at every start."""
    crisis = {one: config.crisis[one] for one in languages}
    programme = msgspec.structs.replace(config.programme, languages=languages)
    return msgspec.structs.replace(config, programme=programme, crisis=crisis)


@asynccontextmanager
async def running(api, clock, folder, chromium=None):
    """Run the bot on the files of a folder, new ones or those of an earlier run."""
    opened = asyncio.get_running_loop().create_future()
    told_to_end = asyncio.Event()

    async def until(store):
        opened.set_result(store)
        await told_to_end.wait()

    config = spoken_in(practice_config(folder, api.base_url))
    served = asyncio.create_task(
        app.serve(config, TOKEN, clock, pace=PACE, until=until, chromium=chromium)
    )
    await asyncio.wait([served, opened], return_when=asyncio.FIRST_COMPLETED)
    if served.done():
        await served
    yield House(opened.result(), api, clock)
    told_to_end.set()
    await served


@pytest.fixture
async def empty_house(api, clock, tmp_path, monkeypatch):
    """Run the bot on a new installation where nobody is enrolled."""
    monkeypatch.setattr(sender, "_PAUSE", 0.02)
    place = practice_config(tmp_path, "").storage
    await copy_new(place.database, place.keys, SPOKEN)
    write_master_key(place.master_key_file)
    async with running(api, clock, tmp_path) as house:
        yield house


@pytest.fixture
async def house(empty_house):
    """Run the bot with two facilitators, two participants and one planned session."""
    return await empty_house.move_in()
