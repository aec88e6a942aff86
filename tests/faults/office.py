"""The gate's store and service without a network, and a short evening with everything in it.

Raw updates go in as the poller hands them over; a tap carries what the bot's own screens offer.
"""

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from telegram import Bot

from bot import drawing, intake
from bot.clock import MovableClock
from bot.language.shipped import shipped_revision
from bot.practice.installation import TOKEN
from bot.scene import load as load_scene
from bot.service import Service
from flows.effects import ScreenKind
from flows.model import (
    Agreement,
    Clearance,
    ClearanceDecision,
    PersonId,
    Programme,
    Rules,
    SessionId,
)
from storage import approvals, links, people, revisions, signed, updates
from storage.people import Role
from storage.store import Store, Tx
from tests.faults.mortal import Life, MortalConnection
from tests.honest import NOON, START, YEAR, plan
from tests.installation import KEY

SESSION = SessionId(1)
ANNA, BERND, H7, K2 = (PersonId(number) for number in (1, 2, 3, 4))
CHATS = {ANNA: 101, BERND: 102, H7: 201, K2: 202}
FILES = ("v.sqlite3", "v.sqlite3-wal", "keys.sqlite3", "keys.sqlite3-wal")
"""What a process leaves behind; the index of the log is made anew."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that happens: somebody taps or writes, or the clock moves and timers ring."""

    who: PersonId | None = None
    text: str = ""
    button: str = ""
    ending: str = ""
    forged: str = ""
    clock: int = 0
    tidy: bool = False
    raw: tuple[dict[str, Any], ...] = ()


def types(who: PersonId, text: str) -> Act:
    return Act(who, text=text)


def taps(who: PersonId, button: str, ending: str = "") -> Act:
    """Tap the newest button whose data begins and ends so."""
    return Act(who, button=button, ending=ending)


def at(instant: int) -> Act:
    return Act(clock=instant)


TIDY = Act(tidy=True)
YES = 11
"""Answers of a complete check: undisturbed, and the ten items."""


def _signed_in(who: PersonId) -> tuple[Act, ...]:
    answers = (taps(who, "answer:", ":yes"),) * YES
    looks = (taps(ANNA, "seen:", ":1"),) * 4
    return (*answers, taps(ANNA, f"claim:{SESSION}:{who}"), *looks, taps(ANNA, "sign:"))


EVENING = (
    *(types(who, f"/start token-{who}") for who in CHATS),
    types(ANNA, "/today"),
    taps(ANNA, "start:"),
    taps(K2, "answer:", ":yes"),
    *_signed_in(H7),
    at(NOON + 400),  # the other one is asked once more
    taps(ANNA, f"claim:{SESSION}:{K2}"),
    taps(ANNA, "where:", ":1"),
    taps(ANNA, "sign:", ""),
    types(ANNA, "https://meet.example.org/first"),
    at(START - 300),
    taps(ANNA, "open:"),
    taps(H7, "join:"),
    taps(BERND, "stop:"),
    TIDY,
    taps(BERND, "start:"),
    *_signed_in(H7),
    types(BERND, "https://meet.example.org/second"),
    taps(BERND, "open:"),
    taps(H7, "join:"),
    at(START + 600),  # the way in ends
    Act(ANNA, forged=f"close:{SESSION}"),
    TIDY,
    at(START + 1800),  # who has not checked out
    taps(H7, "left:"),
    Act(ANNA, forged=f"debrief:{SESSION}:with-colleague:yes"),
)
"""Two participants, one of them turned away: from the invitations to the check-out."""

REPLACED_LINK = (
    *(types(who, f"/start token-{who}") for who in CHATS),
    taps(ANNA, "start:"),
    types(ANNA, "https://meet.example.org/first"),
    types(ANNA, "https://meet.example.org/second"),
)
"""A link is pasted, and another one in its place."""

CALLED_IN = (
    *(types(who, f"/start token-{who}") for who in CHATS),
    taps(ANNA, "start:"),
    *(taps(who, "answer:", ":yes") for who in (H7, K2) for _ in range(YES)),
    taps(ANNA, f"claim:{SESSION}:{H7}"),
    taps(ANNA, "call-in:"),
    types(ANNA, "https://meet.example.org/first"),
    taps(BERND, f"claim:{SESSION}:{K2}"),
    taps(BERND, "call-in:"),
    types(BERND, "https://meet.example.org/second"),
    taps(K2, "answer:", ":change"),
    TIDY,
    taps(ANNA, "call-in:"),
    types(ANNA, "https://meet.example.org/third"),
    at(NOON + 600),  # the call runs out
    TIDY,
)
"""Somebody is called in, the next one in their place; that call ends by a change, one by time."""
UNENTITLED = """
    SELECT k.* FROM credential k WHERE k.ended_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM session s
        JOIN opening o ON o.session = s.id AND o.number = s.opening AND o.at <= k.minted_at
        JOIN "check" c ON c.session = s.id AND c.person = k.person AND c.epoch = k.epoch
            AND c.state = 'admitted'
        JOIN sign_off f ON f.session = s.id AND f.person = k.person AND f.epoch = k.epoch
            AND f.outcome = 'admit' AND f.schedule = s.schedule AND f.at <= k.minted_at
        WHERE s.id = k.session AND s.state = 'open')
"""
"""Live credentials behind which no live sign-off and no opening stands."""

UNCALLED = """
    SELECT k.* FROM call_in k WHERE k.ended_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM "check" c JOIN call_link l ON l.session = c.session AND l.number = k.number
        WHERE c.session = k.session AND c.person = k.person AND c.epoch = k.epoch
            AND c.state = 'ready')
"""
"""Live calls of somebody who is not ready in that epoch, or without a link."""


def seed(tx: Tx) -> None:
    """Invite everybody, and plan the session; nobody has come yet."""
    people.set_programme(tx, Programme(ends_at=NOON + YEAR, safety_contact_until=NOON + YEAR))
    revisions.publish(tx, shipped_revision("environment", "en"), NOON)
    approvals.approve(tx, "en", {}, NOON, by=None)
    for who in CHATS:
        person = people.add(tx, locale="en", zone="Europe/Berlin", label=f"X{who}", now=NOON)
        people.invite(tx, person, f"token-{who}", expires_at=NOON + YEAR)
        if who in (ANNA, BERND):
            people.give_role(tx, person, Role.FACILITATOR, prepared_at=NOON - YEAR)
            continue
        cleared = Clearance(ClearanceDecision.ONLINE_GROUP, NOON + YEAR)
        people.settle_clearance(tx, person, cleared, NOON)
        people.settle_orientation(tx, person, NOON + YEAR, NOON)
        people.settle_intake(tx, person, NOON - YEAR)
        for agreement in Agreement:
            people.settle_agreement(tx, person, agreement, "en", NOON)
    plan(tx, [ANNA, BERND], [H7, K2], Rules(check_room=True))


def copied(folder: Path, to: Path) -> Path:
    """Copy what lies in a folder, as it lies there, and return where the copy is."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir()
    for name in FILES:
        if (folder / name).exists():
            shutil.copyfile(folder / name, to / name)
    return to


async def found(folder: Path) -> None:
    """Make the installation in which an evening begins, in an empty folder."""
    store = await Store.open(folder / FILES[0], folder / FILES[2], KEY)
    await store.transact(seed)
    await store.close()


class Office:
    """A mortal process on its files: the store and the service."""

    def __init__(self, folder: Path, store: Store, clock: MovableClock) -> None:
        self.folder = folder
        self.store = store
        self.clock = clock
        self.service = Service(store, clock)
        self.life = Life()
        self._raw_db, self._raw_keys = store._tx.db, store._tx.keys._db
        store._tx.keys._db = MortalConnection(self._raw_keys, self.life)
        store._tx = Tx(MortalConnection(self._raw_db, self.life), store._tx.keys)

    @classmethod
    async def open(cls, folder: Path, clock: MovableClock | None = None) -> "Office":
        store = await Store.open(folder / FILES[0], folder / FILES[2], KEY)
        latest = await store.read(updates.latest)
        return cls(folder, store, clock or MovableClock(max(NOON, latest)))

    @asynccontextmanager
    async def reopened(self) -> AsyncIterator["Office"]:
        """Open what this process leaves behind at this moment, in a process of its own."""
        await self.still()
        name = f"{self.folder.name}-again"
        twin = await Office.open(copied(self.folder, self.folder.with_name(name)))
        try:
            yield twin
        finally:
            await twin.close()

    async def close(self) -> None:
        """Close without a commit of anything that is under way, as the end of a process does."""
        await self.still()
        await self.life.bury()
        await self.store._on_thread(self._raw_keys.close)
        await self.store._close_connection()

    async def still(self) -> None:
        """Return once the store's thread does nothing any more."""
        await self.store._on_thread(lambda: None)

    async def rewind(self) -> None:
        """Undo what the end of the life left under way, and live on."""
        await self.life.bury()
        await self.store._on_thread(self._undo)
        self.life.spare()

    def _undo(self) -> None:
        if self._raw_db.in_transaction:
            self._raw_db.execute("ROLLBACK")
        self._raw_db.execute("PRAGMA query_only = OFF")

    # What happens

    async def happen(self, act: Act) -> None:
        """Take an act in as the loops would."""
        await self.clock.move_to(act.clock)
        if act.clock:
            await self.service.take_due()
        elif act.tidy:
            await self.service.tidy()
        else:
            await self.service.take([intake.read(raw, READER) for raw in act.raw])

    async def written(self, act: Act, number: int) -> Act:
        """Return the act with the update that Telegram would send for it now."""
        if act.who is None:
            return act
        chat = CHATS[act.who]
        data = act.forged
        if act.button:
            data = await self.store.read(lambda tx: self._button(tx, act))
        raw = _tapped(number, chat, data) if data else _typed(number, chat, act.text)
        return replace(act, raw=(raw,))

    def _button(self, tx: Tx, act: Act) -> str:
        viewer = people.find(tx, act.who)
        seen = load_scene(tx, viewer, SESSION, self.clock.now())
        screens = [drawing.screen(seen, kind) for kind in ScreenKind]
        data = [b.data for screen in screens if screen for row in screen.rows for b in row]
        fitting = [one for one in data if one.startswith(act.button) and one.endswith(act.ending)]
        assert fitting, f"no button {act.button}...{act.ending} for {act.who} among {data}"
        return fitting[0]

    # What is on record

    async def state(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return every row, what is sealed in clear; fail where it is not as it must always be."""
        return await self.store.read(_state)


def _state(tx: Tx) -> dict[str, list[tuple[Any, ...]]]:
    assert tx.db.execute(UNENTITLED).fetchall() == []
    assert tx.db.execute(UNCALLED).fetchall() == []
    assert list(signed.flaws(tx)) == []
    names = tx.db.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    return {name: sorted(_rows(tx, name), key=repr) for (name,) in names.fetchall()}


def _rows(tx: Tx, table: str) -> list[tuple[Any, ...]]:
    rows = [dict(row) for row in tx.db.execute(f'SELECT * FROM "{table}"')]
    for row in rows:
        if table == "person":
            row["chat"] = people.chat_of(tx, row["id"])
        if table == "session_link":
            row["sealed"] = links.find(tx, row["session"])
        if table == "call_link":
            row["sealed"] = links.find_call(tx, row["session"], row["number"])
    return [tuple(row.values()) for row in rows]


READER = Bot(TOKEN)
"""Reads updates; it never calls anybody."""


def _typed(number: int, chat: int, text: str) -> dict[str, Any]:
    message = _message(number, chat) | {"text": text}
    return {"update_id": number, "message": message}


def _tapped(number: int, chat: int, data: str) -> dict[str, Any]:
    query = {
        "id": f"query-{number}",
        "from": _user(chat),
        "chat_instance": "1",
        "message": _message(number, chat),
        "data": data,
    }
    return {"update_id": number, "callback_query": query}


def _message(number: int, chat: int) -> dict[str, Any]:
    private = {"id": chat, "type": "private", "first_name": "X"}
    return {"message_id": number, "date": NOON, "chat": private, "from": _user(chat)}


def _user(chat: int) -> dict[str, Any]:
    return {"id": chat, "is_bot": False, "first_name": "X"}


# The evening as it goes where nothing fails


@dataclass(frozen=True, slots=True)
class Scene:
    """An act with its update, and everything on record before and after it."""

    act: Act
    before: dict[str, list[tuple[Any, ...]]]
    after: dict[str, list[tuple[Any, ...]]]


async def rehearse(folder: Path, acts: Sequence[Act] = EVENING) -> list[Scene]:
    """Play the evening on these files without a fault."""
    async with AsyncExitStack() as stack:
        office = await Office.open(folder)
        stack.push_async_callback(office.close)
        scenes, before = [], await office.state()
        for number, act in enumerate(acts, 1):
            written = await office.written(act, number)
            await office.happen(written)
            after = await office.state()
            scenes.append(Scene(written, before, after))
            before = after
    return scenes
