"""The bot was away, or Telegram was: what goes out on return, once, and what staff hear of it."""

from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bot import keeping, planning, poller, sender
from bot.language.words import words
from bot.practice.botapi.weather import Kind, Rule
from bot.practice.installation import practice_config
from flows import events as e
from flows.model import RoomKind, SessionKind
from storage import groups, people, reminders, sessions
from storage.groups import Part
from storage.sessions import Plan
from tests.bot.conftest import STRANGER, ZONE, running
from tests.honest import END, NOON, RULES, add_group, enrol_participant, enrol_staff
from tests.installation import copy_new, write_master_key

MINUTE, HOUR, DAY = 60, 3600, 86400
LEFT = NOON + 3 * HOUR
"""The bot goes away at noon in Berlin: every reminder of these sessions falls into the day."""
BEFORE = {
    "in 5 min": 5 * MINUTE,
    "in 65 min": 65 * MINUTE,
    "in a day": DAY + 5 * MINUTE,
    "in 26 h": DAY + 2 * HOUR + 5 * MINUTE,
    "in 2 days": 2 * DAY,
    "in a week": 7 * DAY + 5 * MINUTE,
    "in 8 days": 8 * DAY + 5 * MINUTE,
}
"""When sessions start, counted from when the bot goes away."""
BOTH = 2
"""Both participants of a session."""

# For each absence and each session: how many reminders go out on return, and to how many people
# staff are told that one did not. Reminders are due a week, a day and an hour before the start.
TABLE = {
    10 * MINUTE: {
        "in 5 min": (0, 0),  # begun; its last reminder went out before
        "in 65 min": (1, 0),  # the hour's
        "in a day": (1, 0),  # the day's
        "in 26 h": (0, 0),
        "in 2 days": (0, 0),
        "in a week": (1, 0),  # the week's
        "in 8 days": (0, 0),
    },
    3 * HOUR: {
        "in 5 min": (0, 0),
        "in 65 min": (0, BOTH),  # begun; the hour's never went out
        "in a day": (1, 0),  # the day's, late
        "in 26 h": (1, 0),  # the day's
        "in 2 days": (0, 0),
        "in a week": (1, 0),  # the week's, late
        "in 8 days": (0, 0),
    },
    26 * HOUR: {
        "in 5 min": (0, 0),
        "in 65 min": (0, BOTH),
        "in a day": (0, BOTH),  # begun; neither the day's nor the hour's went out
        "in 26 h": (1, BOTH),  # the hour's; the day's never went out
        "in 2 days": (1, 0),  # the day's, late
        "in a week": (1, 0),
        "in 8 days": (1, 0),  # the week's, late
    },
    7 * DAY: {
        "in 5 min": (0, 0),
        "in 65 min": (0, BOTH),
        "in a day": (0, BOTH),
        "in 26 h": (0, BOTH),
        "in 2 days": (0, BOTH),
        "in a week": (1, BOTH),  # the hour's; the week's and the day's never went out
        "in 8 days": (1, 0),  # the week's, late; the day's is still to come
    },
}


def planned_at(tx, starts_at, staff, people):
    return planning.add(
        tx,
        Plan(
            *("Tuesday", SessionKind.GROUP, RoomKind.LINK, starts_at, starts_at + 5400, 6),
            tuple(staff),
            tuple(people),
            replace(RULES, checks_before=0),
            zone=ZONE,
        ),
        NOON,
    )


def reminder(guest, starts_at):
    when = words("en", ZONE).appointment(starts_at, ZONE)
    return guest.say("reminder/coming", when=when)


def missed(guest, starts_at, people):
    when = words("en", ZONE).appointment(starts_at)
    return guest.say("ring/reminders-missed", name="Tuesday", when=when, n=people)


@pytest.fixture
async def folder(tmp_path, monkeypatch):
    """Return a folder with a new installation on which the bot can be started again and again."""
    monkeypatch.setattr(sender, "_PAUSE", 0.02)
    place = practice_config(tmp_path, "").storage
    await copy_new(place.database, place.keys)
    write_master_key(place.master_key_file)
    return tmp_path


class Programme:
    """Several sessions at once, each with a facilitator and two participants of its own."""

    def __init__(self, house):
        self.house = house
        self.rosters = {}

    async def move_in(self):
        def add(tx):
            for number, (name, before) in enumerate(BEFORE.items()):
                chats = range(1000 + 10 * number, 1003 + 10 * number)
                leader = enrol_staff(tx, chats[0], f"F{number}")
                people = [enrol_participant(tx, chat, f"P{chat}") for chat in chats[1:]]
                planned_at(tx, LEFT + before, [leader], people)
                self.rosters[name] = dict(zip((leader, *people), chats, strict=True))

        await self.house.prepare(0, 0)
        await self.house.store.transact(add)
        self.guests = {
            name: [self.house.guest(chat, person) for person, chat in roster.items()]
            for name, roster in self.rosters.items()
        }

    def heard(self):
        """Return every message that each phone has had, by its number, by session."""
        return {
            name: [{m["message_id"]: m["text"] for m in guest.messages()} for guest in guests]
            for name, guests in self.guests.items()
        }

    def heard_since(self, before):
        """Return how often each text is new on each phone, by session."""
        now = self.heard()
        return {
            name: [
                Counter(text for number, text in there.items() if number not in known)
                for there, known in zip(now[name], before[name], strict=True)
            ]
            for name in now
        }


@pytest.mark.parametrize("away", TABLE, ids=("10 minutes", "3 hours", "26 hours", "a week"))
async def test_back_after(folder, api, clock, away):
    """The newest due reminder goes out, once, none after the start; staff hear what did not go."""
    async with running(api, clock, folder) as house:
        programme = Programme(house)
        await programme.move_in()
        await house.move_to(LEFT)
    before = programme.heard()
    await clock.move_to(LEFT + away)
    async with running(api, clock, folder) as house:
        await house.quiet()
        heard = programme.heard_since(before)
    for name, (reminded, told) in TABLE[away].items():
        starts_at = LEFT + BEFORE[name]
        leader, *people = programme.guests[name]
        to_leader, *to_people = heard[name]
        wanted = Counter({reminder(leader, starts_at): reminded} if reminded else {})
        assert to_people == [wanted] * len(people), name
        of_missed = Counter({missed(leader, starts_at, told): 1} if told else {})
        assert of_missed <= to_leader, (name, to_leader)
        others = to_leader - of_missed
        assert not [text for text in others if "did not go out" in text], name
        assert not [text for text, times in others.items() if times > 1], name


async def test_what_is_due_comes_once_whatever_the_starts(folder, api, clock):
    """Starting twice more after a silence sends nothing again."""
    async with running(api, clock, folder) as house:
        programme = Programme(house)
        await programme.move_in()
        await house.move_to(LEFT)
    await clock.move_to(LEFT + 26 * HOUR)
    async with running(api, clock, folder) as house:
        await house.quiet()
    heard = programme.heard()
    for _ in range(2):
        async with running(api, clock, folder) as house:
            await house.quiet()
    assert programme.heard() == heard


NIGHT = LEFT + 14 * HOUR
"""Two at night in Berlin."""
MORNING = LEFT + 20 * HOUR
"""Eight: quiet hours are over."""
AFTERNOON, EARLY = LEFT + 26 * HOUR, MORNING - 15 * MINUTE
"""Starts on the next day: one with time after quiet hours, one before they are over."""


async def test_back_at_night(folder, api, clock):
    """A late reminder waits for the end of quiet hours; one without the time for it is missed."""
    async with running(api, clock, folder) as house:
        await house.prepare(4, 1)
        anna = house.guest(100, house.staff[0])
        guests = [house.guest(200 + n, who) for n, who in enumerate(house.people)]

        def add(tx):
            planned_at(tx, AFTERNOON, house.staff, house.people[:2])
            planned_at(tx, EARLY, house.staff, house.people[2:])

        await house.store.transact(add)
        await house.move_to(LEFT)
    await clock.move_to(NIGHT)
    for _ in range(2):
        async with running(api, clock, folder) as house:
            await house.quiet()
        assert [guest.texts() for guest in guests] == [[]] * 4
    assert [text for text in anna.texts() if "did not go out" in text] == [missed(anna, EARLY, 2)]
    async with running(api, clock, folder) as house:
        await house.move_to(MORNING)
    text = reminder(guests[0], AFTERNOON)
    assert [guest.texts() for guest in guests] == [[text], [text], [], []]


async def test_nothing_put_off_is_left_of_a_session_that_is_cancelled(folder, api, clock):
    """Whoever sleeps hears nothing in the morning of what was cancelled at night."""
    async with running(api, clock, folder) as house:
        await house.prepare(1, 1)
        leader, guest = house.staff[0], house.guest(200, house.people[0])
        session = await house.store.transact(
            lambda tx: planned_at(tx, AFTERNOON, house.staff, house.people)
        )
        await house.move_to(LEFT)
    await clock.move_to(NIGHT)
    async with running(api, clock, folder) as house:
        await house.quiet()
        assert await house.count("reminder", f"session = {session} AND at = {MORNING}") == 1
        cancelled = e.SessionCancelled(leader)
        await house.store.transact(
            lambda tx: keeping.happen(tx, sessions.load(tx, session), cancelled, NIGHT)
        )
        assert await house.count("reminder", f"session = {session}") == 0
        await house.move_to(MORNING)
    assert guest.texts() == []


async def test_whoever_moves_while_a_reminder_is_put_off(folder, api, clock):
    """It still goes out, and not in the quiet hours of the new zone."""
    async with running(api, clock, folder) as house:
        await house.prepare(1, 1)
        guest = house.guest(200, house.people[0])
        await house.store.transact(lambda tx: planned_at(tx, AFTERNOON, house.staff, house.people))
        await house.move_to(LEFT)
    await clock.move_to(NIGHT)
    async with running(api, clock, folder) as house:
        await house.quiet()

        def move(tx):
            people.set_zone(tx, guest.person, "Europe/Lisbon")
            reminders.follow_person(tx, guest.person, NIGHT)

        await house.store.transact(move)
        await house.move_to(MORNING)
        assert guest.texts() == []
        await house.move_to(MORNING + HOUR)
    assert len(guest.texts()) == 1


# Telegram was out of reach


@pytest.fixture
def impatient(monkeypatch):
    """Let the poller try again at once, and the sender nearly so."""
    monkeypatch.setattr(poller, "_FIRST_PAUSE", 0.02)
    monkeypatch.setattr(poller, "_LONGEST_PAUSE", 0.02)


@asynccontextmanager
async def out_of_reach(house, until):
    """Let Telegram be out of reach until then, as the poller notices."""
    if STRANGER not in house.api.world.chats:
        house.api.phones.add(STRANGER, "Nobody")
    house.api.weather.down = True
    # The poll that hangs is answered still; the next one is not.
    house.api.phones.get(STRANGER).type("?")
    await refused(house)
    yield
    house.now = until
    await house.clock.move_to(until)
    await refused(house)
    house.api.weather.down = False
    await house.quiet()


async def refused(house):
    """Return once the bot has asked for updates again, in vain."""
    house.api.journal.clear()
    while not any(c.method == "getUpdates" and not c.ok for c in house.api.journal):
        await house.api.world.pulse.wait(0.02)


async def waiting(house, subject, number):
    """Return once so many letters of a kind wait to be sent."""
    while await house.count("outbox", f"subject = '{subject}'") != number:
        await house.api.world.pulse.wait(0.02)


async def test_reminders_come_due_while_telegram_is_away(impatient, house):
    """Only the newest of the reminders that waited goes out; staff hear of the other one."""
    anna, h7 = house.anna, house.h7
    starts_at = LEFT + 26 * HOUR
    people = [guest.person for guest in house.guests]
    await house.store.transact(lambda tx: planned_at(tx, starts_at, [anna.person], people))
    await house.move_to(LEFT + HOUR)
    async with out_of_reach(house, starts_at - HOUR + 5 * MINUTE):
        await house.clock.move_to(starts_at - DAY)
        await waiting(house, "reminder/coming", BOTH)
    assert h7.texts() == [reminder(h7, starts_at)]
    assert anna.texts() == [missed(anna, starts_at, BOTH)]


async def test_a_reminder_that_waited_beyond_the_start_does_not_go_out(impatient, house):
    """Staff are told once of all to whom a reminder did not go out, absent ones left out."""
    anna = house.anna
    starts_at = LEFT + 2 * HOUR
    people = [guest.person for guest in house.guests]
    await house.store.transact(lambda tx: planned_at(tx, starts_at, [anna.person], people))
    await house.move_to(LEFT)
    async with out_of_reach(house, starts_at + MINUTE):
        await house.clock.move_to(starts_at - HOUR)
        await waiting(house, "reminder/coming", BOTH)
    assert [guest.texts() for guest in house.guests] == [[], []]
    told = [text for text in anna.texts() if "did not go out" in text]
    assert told == [missed(anna, starts_at, BOTH)]


async def test_telegram_is_back_at_night(impatient, house):
    """Reminders that waited to be sent wait on for the end of quiet hours."""
    anna, guests = house.anna, house.guests
    people = [guest.person for guest in guests]
    for starts_at in (AFTERNOON, EARLY):
        await house.store.transact(
            lambda tx, at=starts_at: planned_at(tx, at, [anna.person], people)
        )
    await house.move_to(LEFT)
    before = [guest.texts() for guest in guests]
    async with out_of_reach(house, NIGHT):
        await house.clock.move_to(MORNING - 11 * HOUR - MINUTE)
        await waiting(house, "reminder/coming", 2 * BOTH)
    assert [guest.texts() for guest in guests] == before
    told = [text for text in anna.texts() if "did not go out" in text]
    assert told == [missed(anna, EARLY, BOTH)]
    await house.move_to(MORNING)
    assert [guest.texts()[-1] for guest in guests] == [reminder(anna, AFTERNOON)] * BOTH
    assert all(reminder(anna, EARLY) not in guest.texts() for guest in guests)


async def test_taps_that_telegram_dropped(impatient, house):
    """After a gap each open screen is shown anew, quietly, at the end of its chat, and works."""
    await house.started()
    h7, other = house.guests
    screens = {guest: guest.buttons()[0][0] for guest in (h7, other, house.anna, house.bernd)}
    rang = [len(guest.phone.view()["notifications"]) for guest in screens]
    async with out_of_reach(house, NOON + 155):
        h7.tap("answer:")
    assert [len(guest.phone.view()["notifications"]) for guest in screens] == rang
    for guest, before in screens.items():
        boards = [number for number, _ in guest.buttons()]
        assert set(boards) == {max(boards)}
        assert min(boards) > before
    h7.tap("answer:")
    await house.quiet()
    assert h7.button("answer:")[1].endswith(":private-space:yes")


async def test_a_short_gap_shows_nothing_anew(impatient, house):
    """Where Telegram has kept every tap, no screen moves."""
    await house.started()
    before = house.h7.buttons()
    async with out_of_reach(house, NOON + MINUTE):
        house.h7.tap("answer:")
    assert house.h7.button("answer:")[0] == before[0][0]
    assert house.h7.button("answer:")[1].endswith(":private-space:yes")


async def test_screens_after_a_stop_of_the_bot(folder, api, clock):
    """A start after a gap shows open screens anew, once."""
    async with running(api, clock, folder) as house:
        await house.move_in()
        await house.started()
    h7, (first, data) = house.h7, house.h7.button("answer:")
    h7.tap("answer:")
    await clock.move_to(NOON + 155)
    for _ in range(2):
        async with running(api, clock, folder) as house:
            await house.quiet()
    shown = h7.button("answer:")
    assert shown == (max(number for number, _ in h7.buttons()), data)
    assert shown[0] > first
    assert house.calls()["sendMessage", h7.chat] == BOTH


async def test_nothing_of_a_session_that_is_over_is_shown_anew(folder, api, clock):
    """After its end a session's screens stay where they are."""
    async with running(api, clock, folder) as house:
        await house.move_in()
        await house.started()
    guests = house.h7, house.anna
    before = [guest.buttons() for guest in guests]
    await clock.move_to(END)
    async with running(api, clock, folder) as house:
        await house.quiet()
    assert [guest.buttons() for guest in guests] == before


# Whoever can't be reached


async def test_whoever_blocks_the_bot_between_sessions(house):
    """The facilitators of the next planned session hear it once, with nobody to claim."""
    house.h7.phone.block()
    await house.quiet()
    assert len(house.anna.texts()) == 1
    assert "P0" in house.anna.texts()[0]
    assert [data for _, data in house.anna.buttons()] == [f"board:{house.session_id}"]
    await house.move_to(NOON + MINUTE)
    assert len(house.anna.texts()) == 1


async def test_whoever_blocks_the_bot_without_any_session(house):
    """Whoever leads their groups hears it."""

    def alone(tx):
        sessions.strike(tx, house.h7.person)
        group = add_group(tx, "Tuesday")
        groups.join(tx, group, house.bernd.person, Part.FACILITATOR, NOON)
        groups.join(tx, group, house.h7.person, Part.PARTICIPANT, NOON)

    await house.store.transact(alone)
    house.h7.phone.block()
    await house.quiet()
    assert house.bernd.texts() == [house.bernd.say("ring/unreachable", who="P0")]
    assert house.anna.texts() == []


async def test_whoever_blocks_the_bot_before_a_session_that_nobody_leads(house):
    """Where the next session has no facilitator, whoever leads their groups hears it."""

    def unled(tx):
        sessions.strike(tx, house.h7.person)
        planned_at(tx, LEFT, [], [house.h7.person])
        group = add_group(tx, "Tuesday")
        groups.join(tx, group, house.bernd.person, Part.FACILITATOR, NOON)
        groups.join(tx, group, house.h7.person, Part.PARTICIPANT, NOON)

    await house.store.transact(unled)
    house.h7.phone.block()
    await house.quiet()
    assert house.bernd.texts() == [house.bernd.say("ring/unreachable", who="P0")]


async def test_a_reminder_is_tried_with_whoever_could_not_be_reached(house):
    """They may have come back: nobody hears again that they have not."""
    house.h7.phone.block()
    await house.quiet()
    people = [guest.person for guest in house.guests]
    starts_at = LEFT + 2 * HOUR
    await house.store.transact(lambda tx: planned_at(tx, starts_at, [house.bernd.person], people))
    await house.move_to(starts_at - HOUR)
    assert house.guests[1].texts()[-1] == reminder(house.h7, starts_at)
    assert not [text for text in house.bernd.texts() if "P0" in text][1:]
    assert await house.count("outbox") == 0


async def test_one_chat_is_limited_while_thirty_are_reminded(house):
    """A 429 postpones one person's reminder, and nobody else's."""

    def add(tx):
        for number in range(5):
            leader = enrol_staff(tx, 500 + number, f"F{number}")
            chats = range(600 + 6 * number, 606 + 6 * number)
            people = [enrol_participant(tx, chat, f"Q{chat}") for chat in chats]
            planned_at(tx, LEFT + 2 * HOUR, [leader], people)
            found.extend(zip(chats, people, strict=True))

    found = []
    await house.store.transact(add)
    guests = [house.guest(chat, person) for chat, person in found]
    house.api.weather.foretell(Rule(Kind.TOO_MANY, "sendMessage", seconds=40))
    await house.move_to(LEFT + HOUR)
    text = reminder(house.h7, LEFT + 2 * HOUR)
    assert sorted(guest.texts() for guest in guests) == [[]] + [[text]] * 29
    await house.move_to(LEFT + HOUR + 40)
    assert [guest.texts() for guest in guests] == [[text]] * 30
