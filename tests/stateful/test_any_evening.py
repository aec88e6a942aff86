"""Any evening: whatever people tap, forge and break, in any order, on the real bot and store.

The oracle is what the phones ever showed. A way in that reaches a phone while the database holds no
live sign-off for that person fails, whatever the bot believes; the question is asked in SQL of its
own, on a connection of its own. The model knows nothing of the gate. A way into the check room
needs complete answers and a live call, is on one phone at a time, and never leads to a session.
"""

import asyncio
import contextlib
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from bot import app, buttons
from bot.clock import MovableClock
from bot.language.words import words
from bot.practice.botapi.api import PracticeApi
from bot.practice.botapi.phones import PhoneError
from bot.practice.installation import PACE, TOKEN, practice_config
from flows import events as e
from flows.model import Rules
from tests.bot.conftest import STRANGER, ZONE, House, spoken_in
from tests.honest import END, NOON, START
from tests.installation import copy_new, write_master_key

STAFF, PARTICIPANTS = (0, 1), (2, 3)
PEOPLE = (*STAFF, *PARTICIPANTS)
COMMANDS = ("/start", "/now", "/today", "/why", "/help", "/record", "/nothing", "hello")
LINKS = tuple(f"https://meet.example.org/{name}" for name in ("one", "two", "three"))
MINUTES = (1, 2, 5, 12, 15, 31, 61)

# Who may have a way in at this moment: written once more, from the invariants, not from the gate.
RIGHT = """
SELECT 1
FROM "check" c
JOIN session s ON s.id = c.session AND s.state = 'open' AND s.link_ready = 1
JOIN sign_off o ON o.session = c.session AND o.person = c.person AND o.epoch = c.epoch
    AND o.outcome = 'admit' AND o.schedule = s.schedule
JOIN session_facilitator f ON f.session = c.session AND f.person = o."by" AND f.active = 1
JOIN staff_role r ON r.person = o."by" AND r.role = 'facilitator' AND r.ended_at IS NULL
JOIN programme g ON g.suspended = 0
JOIN credential k ON k.session = c.session AND k.person = c.person AND k.epoch = c.epoch
    AND k.ended_at IS NULL
WHERE c.person = :person AND c.state = 'admitted'
    AND :now >= s.starts_at - 15 * 60 AND :now < s.ends_at AND :now >= o.at
    AND (SELECT count(DISTINCT a.item) FROM answer a WHERE a.session = c.session
         AND a.person = c.person AND a.epoch = c.epoch AND a.value = 'yes') >= 10
    AND (SELECT count(*) FROM (
            SELECT item FROM observation b WHERE b.session = c.session AND b.person = c.person
                AND b.epoch = c.epoch AND b."by" = o."by" GROUP BY item
            HAVING max(CASE WHEN number = (
                SELECT max(n.number) FROM observation n WHERE n.session = b.session
                AND n.person = b.person AND n.epoch = b.epoch AND n."by" = b."by"
                AND n.item = b.item) THEN seen END) = 1)) >= 4
"""


# Who may have a way into the check room: the same for that.
CALLED = """
SELECT 1
FROM call_in k
JOIN "check" c ON c.session = k.session AND c.person = k.person AND c.epoch = k.epoch
    AND c.state = 'ready'
JOIN session s ON s.id = k.session AND s.state IN ('checking', 'open')
JOIN session_facilitator f ON f.session = k.session AND f.person = k."by" AND f.active = 1
JOIN programme g ON g.suspended = 0
WHERE k.person = :person AND k.ended_at IS NULL AND :now < k.expires_at AND :now < s.ends_at
    AND (SELECT count(DISTINCT a.item) FROM answer a WHERE a.session = c.session
         AND a.person = c.person AND a.epoch = c.epoch AND a.value = 'yes') >= 10
"""
TO_THE_CHECK_ROOM = words("en", ZONE).say("place/call/button/enter")


def ways_in(keyboard):
    """Return what each button that opens a link asks for, and where it leads."""
    found = [button for row in keyboard for button in row if "url" in button]
    return [(CALLED if b["text"] == TO_THE_CHECK_ROOM else RIGHT, b["url"]) for b in found]


class Watched:
    """A phone that tells of every way in, at the moment when it is drawn."""

    def __init__(self, phone, told):
        self._phone = phone
        self._told = told

    def __getattr__(self, name):
        return getattr(self._phone, name)

    def delivered(self, message):
        self._told(self._phone, message)
        self._phone.delivered(message)

    def edited(self, message):
        self._told(self._phone, message)
        self._phone.edited(message)


class AnyEvening(RuleBasedStateMachine):
    """Two facilitators, two participants, a stranger, and the running bot."""

    def __init__(self):
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.database = Path(self.folder.name) / "v.sqlite3"
        self.clock = MovableClock(NOON)
        self.api = PracticeApi(self.clock, token=TOKEN)
        self.served = None
        self.house = None
        self.wrong = []
        self.ways_in = 0
        self.calls = 0
        self.led = {RIGHT: set(), CALLED: set()}
        self.runner.run(self._open())

    # The bot, and the people

    async def _open(self):
        await self.api.start()
        await self._serve()
        await self.house.move_in()
        await self.house.quiet()
        self.guests = (self.house.anna, self.house.bernd, *self.house.guests)
        self.api.phones.add(STRANGER, "Nobody")
        for guest in self.guests:
            chat = self.api.world.chats[guest.chat]
            chat.watcher = Watched(chat.watcher, self._told)

    async def _serve(self):
        opened = asyncio.get_running_loop().create_future()

        async def until(store):
            opened.set_result(store)
            await asyncio.Event().wait()

        config = spoken_in(practice_config(Path(self.folder.name), self.api.base_url), ("en",))
        if not config.storage.database.exists():
            await copy_new(config.storage.database, config.storage.keys)
            write_master_key(config.storage.master_key_file)
        self.served = asyncio.create_task(
            app.serve(config, TOKEN, self.clock, pace=PACE, until=until)
        )
        await asyncio.wait([self.served, opened], return_when=asyncio.FIRST_COMPLETED)
        store = opened.result()
        if self.house is None:
            self.house = House(store, self.api, self.clock)
            self.house.rules = Rules(check_room=True)
        self.house.store = store

    def _told(self, phone, message):
        """Ask the database, the moment a way in is drawn, whether this person may have one."""
        guest = next(one for one in self.guests if one.chat == phone.id)
        for right, url in ways_in(message.keyboard):
            self.led[right].add(url)
            self.ways_in += right is RIGHT
            self.calls += right is CALLED
            if not self._has_right(guest, right):
                self.wrong.append((guest.chat, self.clock.now()))

    def _has_right(self, guest, right=RIGHT):
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as db:
            asked = {"person": guest.person, "now": self.clock.now()}
            return guest.person in self.house.people and bool(db.execute(right, asked).fetchone())

    def teardown(self):
        self.runner.run(self._close())
        self.runner.close()
        self.folder.cleanup()

    async def _close(self):
        self.served.cancel()
        await asyncio.gather(self.served, return_exceptions=True)
        await self.api.stop()

    def _do(self, act):
        """Do what a phone lets somebody do, and wait until the bot rests."""

        async def doing():
            with contextlib.suppress(PhoneError):
                act()
            await self.house.quiet()

        self.runner.run(doing())

    @initialize(far=st.integers(0, 5))
    def begin(self, far):
        """Let the evening have got so far: by honest taps, as everything else."""
        first, *_ = STAFF
        stages = (
            lambda: self.start_the_checks(first),
            lambda: [self.answer_everything(who) for who in PARTICIPANTS],
            lambda: [self.look_and_sign(first, who) for who in PARTICIPANTS],
            lambda: self.open_the_session(first, LINKS[0]),
            lambda: [self.join(who) for who in PARTICIPANTS],
        )
        for stage in stages[:far]:
            stage()

    # What people do by chance

    @rule(who=st.sampled_from(PEOPLE), which=st.integers(0, 30))
    def tap(self, who, which):
        guest = self.guests[who]
        if found := guest.buttons():
            self._do(lambda: guest.phone.tap(*found[which % len(found)]))

    @rule(who=st.sampled_from(PEOPLE), which=st.integers(0, 30))
    def tap_twice_at_once(self, who, which):
        guest = self.guests[who]
        if found := guest.buttons():
            button = found[which % len(found)]
            self._do(
                lambda: (guest.phone.tap(*button), guest.phone.tap_again(), guest.forge(button[1]))
            )

    @rule(one=st.sampled_from(PEOPLE), other=st.sampled_from(PEOPLE), which=st.integers(0, 30))
    def tap_what_somebody_else_was_shown(self, one, other, which):
        if found := self.guests[other].buttons():
            self._do(lambda: self.guests[one].forge(found[which % len(found)][1]))

    @rule(
        who=st.sampled_from(PEOPLE),
        verb=st.sampled_from(sorted(buttons.VERBS)),
        args=st.lists(
            st.sampled_from(("1", "2", "3", "4", "admit", "yes", "headphones", "0" * 16)),
            min_size=5,
            max_size=5,
        ),
    )
    def forge(self, who, verb, args):
        data = ":".join((verb, *args[: buttons.VERBS[verb]]))
        self._do(lambda: self.guests[who].forge(data))

    @rule(who=st.sampled_from(PEOPLE), text=st.sampled_from((*COMMANDS, *LINKS)))
    def write(self, who, text):
        self._do(lambda: self.guests[who].phone.type(text))

    @rule(text=st.sampled_from((*COMMANDS, *LINKS)))
    def stranger_writes(self, text):
        self._do(lambda: self.api.phones.get(STRANGER).type(text))

    @rule(
        who=st.sampled_from(PEOPLE),
        act=st.sampled_from(("block", "unblock", "lose_line", "find_line")),
    )
    def break_the_phone(self, who, act):
        self._do(getattr(self.guests[who].phone, act))

    @rule(minutes=st.sampled_from(MINUTES))
    def time_passes(self, minutes):
        self.runner.run(self.house.move_to(self.clock.now() + 60 * minutes))

    @rule()
    def kill_the_bot(self):
        async def kill():
            self.served.cancel()
            await asyncio.gather(self.served, return_exceptions=True)
            await self._serve()
            await self.house.quiet()

        self.runner.run(kill())

    @rule(what=st.sampled_from(("removed", "suspended", "moved")), who=st.sampled_from(STAFF))
    def coordinators_act(self, what, who):
        event = {
            "removed": e.FacilitatorRemoved(self.guests[who].person),
            "suspended": e.ProgrammeSuspended(),
            "moved": e.SessionMoved(self.guests[who].person, START + 600, END + 600),
        }[what]

        async def happen():
            self.house.now = self.clock.now()
            await self.house.happen(event)
            await self.house.wake()

        self.runner.run(happen())

    # What people do on purpose: chance alone would rarely get far

    @rule(who=st.sampled_from(STAFF))
    def start_the_checks(self, who):
        self._do(lambda: self.guests[who].phone.type("/today"))
        self._tap_all(self.guests[who], ("start:",))

    @rule(who=st.sampled_from(PARTICIPANTS))
    def answer_everything(self, who):
        guest = self.guests[who]
        for _ in range(14):
            wanted = [
                b
                for b in guest.buttons()
                if b[1].endswith((":yes", ":now")) and b[1].startswith("answer:")
            ]
            if not wanted:
                return
            self._do(lambda button=wanted[0]: guest.phone.tap(*button))

    @rule(by=st.sampled_from(STAFF), who=st.sampled_from(PARTICIPANTS))
    def look_and_sign(self, by, who):
        guest, person = self.guests[by], self.guests[who].person
        self._tap_all(guest, (f"claim:1:{person}",))
        for _ in range(6):
            boxes = [
                b
                for b in guest.buttons()
                if b[1].startswith(f"seen:1:{person}:") and b[1].endswith(":1")
            ]
            if not boxes:
                break
            self._do(lambda box=boxes[0]: guest.phone.tap(*box))
        self._tap_all(guest, (f"sign:1:{person}:",))

    @rule(by=st.sampled_from(STAFF), who=st.sampled_from(PARTICIPANTS))
    def call_in(self, by, who):
        """Call somebody in by a link that nobody has seen yet."""
        guest, person = self.guests[by], self.guests[who].person
        self._tap_all(guest, (f"claim:1:{person}", f"call-in:1:{person}:"))
        self._do(lambda: guest.phone.type(f"https://meet.example.org/call-{self.calls}"))

    @rule(by=st.sampled_from(STAFF), link=st.sampled_from(LINKS))
    def open_the_session(self, by, link):
        guest = self.guests[by]
        for person in self.house.people:
            self._tap_all(guest, (f"claim:1:{person}", f"absent:1:{person}:"))
        self._do(lambda: guest.phone.type(link))
        if self.clock.now() < START - 300:
            self.runner.run(self.house.move_to(START - 300))
        self._tap_all(guest, ("open:",))

    @rule(who=st.sampled_from(PARTICIPANTS))
    def join(self, who):
        self._tap_all(self.guests[who], ("join:", "alone:"))

    def _tap_all(self, guest, verbs):
        for verb in verbs:
            found = next((b for b in guest.buttons() if b[1].startswith(verb)), None)
            if found and not (verb.startswith("absent") and self._is_ready(found[1])):
                self._do(lambda button=found: guest.phone.tap(*button))

    def _is_ready(self, data):
        """Say whether somebody is on the way in: honest staff mark nobody of these as absent."""
        person = int(data.split(":")[2])
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as db:
            (state,) = db.execute(
                'SELECT state FROM "check" WHERE person = ?', (person,)
            ).fetchone()
        return state in ("ready", "admitted")

    # What must hold whatever they do

    @invariant()
    def no_way_in_without_a_live_sign_off(self):
        assert self.wrong == []

    @invariant()
    def whoever_sees_a_way_in_may_have_it(self):
        for guest in self.guests:
            view = guest.phone.view()
            if view["line"] and not view["blocked"]:
                for right, _ in self._shown(guest):
                    assert self._has_right(guest, right), guest.chat

    def _shown(self, guest):
        return [way for message in guest.messages() for way in ways_in(message["keyboard"])]

    @invariant()
    def one_at_a_time_is_in_the_check_room(self):
        called = [
            guest.chat
            for guest in self.guests
            if guest.phone.view()["line"] and not guest.phone.view()["blocked"]
            for right, _ in self._shown(guest)
            if right is CALLED
        ]
        assert len(called) <= 1, called

    @invariant()
    def no_link_leads_into_both_rooms(self):
        assert not self.led[RIGHT] & self.led[CALLED]

    @invariant()
    def strangers_and_staff_get_no_way_in(self):
        for number in (STRANGER, *(self.guests[who].chat for who in STAFF)):
            messages = (
                self.api.phones.get(number).view()["messages"]
                if number != STRANGER
                else [
                    m
                    for m in self.api.phones.get(STRANGER).view()["messages"]
                    if m["from"] == "bot"
                ]
            )
            assert not any("url" in b for m in messages for row in m["keyboard"] for b in row)


def explored(**chosen):
    """Run the machine and return how many ways in were seen in all."""
    seen = []

    class Counted(AnyEvening):
        def teardown(self):
            seen.append(self.ways_in)
            super().teardown()

    run_state_machine_as_test(
        Counted,
        settings=settings(
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
            **chosen,
        ),
    )
    return sum(seen)


def test_few_evenings():
    """In a few random evenings no way in ever reaches a phone without a live sign-off."""
    explored(max_examples=3, stateful_step_count=20, derandomize=True)


def test_honest_evening_gets_in():
    """The machine's own honest taps lead everybody to a way in: the oracle has something to see."""
    evening = AnyEvening()
    try:
        evening.begin(5)
        assert evening.ways_in == len(PARTICIPANTS)
        evening.no_way_in_without_a_live_sign_off()
        evening.whoever_sees_a_way_in_may_have_it()
    finally:
        evening.teardown()


def test_honest_call_is_seen():
    """The machine's own call leads into the check room: that oracle has something to see too."""
    evening = AnyEvening()
    try:
        evening.begin(2)
        for who in PARTICIPANTS:
            evening.call_in(STAFF[0], who)
            evening.one_at_a_time_is_in_the_check_room()
            evening.whoever_sees_a_way_in_may_have_it()
        assert (evening.calls, evening.ways_in, evening.wrong) == (2, 0, [])
        assert len(evening.led[CALLED]) == 2
    finally:
        evening.teardown()


@pytest.mark.parametrize(
    "forged",
    [
        "UPDATE sign_off SET epoch = 0",
        "UPDATE session_facilitator SET active = 0",
        "UPDATE \"check\" SET state = 'ready'",
        "DELETE FROM observation",
        "UPDATE answer SET value = 'no' WHERE item = 'headphones'",
    ],
)
def test_oracle_sees_a_missing_right(forged):
    """Without a live sign-off underneath, the oracle objects to the way in on the phone."""
    evening = AnyEvening()
    try:
        evening.begin(5)
        with closing(sqlite3.connect(evening.database)) as db:
            for (name,) in db.execute(
                "SELECT name FROM sqlite_schema WHERE type='trigger'"
            ).fetchall():
                db.execute(f"DROP TRIGGER {name}")
            db.execute(forged)
            db.commit()
        with pytest.raises(AssertionError):
            evening.whoever_sees_a_way_in_may_have_it()
    finally:
        evening.teardown()


@pytest.mark.long
def test_many_evenings():
    """In many random evenings neither, and the evenings do get as far as ways in."""
    assert explored(max_examples=120, stateful_step_count=30) > 20
