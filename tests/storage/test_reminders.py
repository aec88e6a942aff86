"""Reminders as rows: what is kept is what the pure function says, whatever was planned."""

import random
import sqlite3
from dataclasses import dataclass

import pytest

from bot import keeping, planning
from bot.language.shipped import shipped_revision
from flows import events as e
from flows.model import (
    CheckState,
    PersonId,
    Programme,
    RoomKind,
    Rules,
    SessionKind,
    SessionState,
)
from flows.reminders import DAY, Quiet, Reminder, ReminderRule, Wish, plan
from storage import groups, outbox, people, reminders, revisions, rosters, sessions
from storage.groups import Part
from storage.sessions import Plan
from tests.honest import NOON, YEAR, add_group, enrol_participant, enrol_staff, open_store

HOUR = 3600
RULE = ReminderRule((7 * DAY, DAY, HOUR), Quiet(0, 0))
ZONES = ("Europe/Berlin", "Asia/Vladivostok", "America/St_Johns", "Africa/Casablanca")


@pytest.fixture
async def store(tmp_path):
    opened = await open_store(tmp_path)
    yield opened
    await opened.close()


@dataclass
class Cast:
    """A group with two facilitators and three participants."""

    group: int
    staff: list[PersonId]
    people: list[PersonId]


def gather(tx):
    people.set_programme(tx, Programme(ends_at=NOON + YEAR, safety_contact_until=NOON + YEAR))
    group = add_group(tx, "Tuesday")
    staff = [enrol_staff(tx, 100 + n, f"S{n}") for n in range(2)]
    found = [enrol_participant(tx, 200 + n, f"P{n}") for n in range(3)]
    for person in staff:
        groups.join(tx, group, person, Part.FACILITATOR, NOON)
    for person in found:
        groups.join(tx, group, person, Part.PARTICIPANT, NOON)
    return Cast(group, staff, found)


def add(tx, cast, starts_at, now=NOON, participants=None):
    expected = cast.people if participants is None else participants
    return planning.add(
        tx,
        Plan(
            *("Tuesday", SessionKind.GROUP, RoomKind.LINK, starts_at, starts_at + 5400, 6),
            *(tuple(cast.staff), tuple(expected), Rules(), cast.group, "Europe/Berlin"),
        ),
        now,
    )


def kept(tx, session):
    rows = tx.db.execute("SELECT * FROM reminder WHERE session = ?", (session,))
    return {Reminder(r["person"], r["offset"], r["schedule"], r["at"]) for r in rows}


def wanted(tx, session, since):
    """Return what the pure function says of a session that was planned so at `since`."""
    found = sessions.load(tx, session)
    if found.state is not SessionState.PLANNED:
        return set()
    wishes = {
        person: Wish(people.find(tx, person).zone, reminders.unwanted(tx, person))
        for person, check in found.checks.items()
        if check.state is not CheckState.ABSENT
    }
    every = plan(found.starts_at, found.schedule, wishes, reminders.rule(tx))
    return {one for one in every if one.at > since}


async def test_a_thousand_schedules_leave_the_rows_that_the_pure_function_says(store):
    """After each of a thousand random plans, moves and cancels, rows equal the function.

    What can no longer be due was never made; nothing of an earlier time or a cancelled one stays.
    """
    chance = random.Random(20261124)

    def play(tx):
        cast = gather(tx)
        reminders.set_rule(tx, RULE, NOON)
        for person, zone in zip(cast.people, ZONES, strict=False):
            people.set_zone(tx, person, zone)
        made = set()
        now, seen = NOON, 0
        for _ in range(1000):
            now += chance.randrange(0, 6 * HOUR)
            session = _one_act(tx, cast, now, chance)
            made.add(session)
            due = reminders.take_due(tx, now)
            _judge_due(tx, due, now)
            seen += len(due)
            assert kept(tx, session) == wanted(tx, session, now)
        for session in made:
            assert {one for one in kept(tx, session) if one.at <= now} == set()
        left = tx.db.execute(
            "SELECT count(*) FROM reminder r JOIN session s ON s.id = r.session"
            " WHERE s.state <> 'planned' OR s.schedule <> r.schedule"
        ).fetchone()
        assert left[0] == 0
        return seen

    assert await store.transact(play) > 300


def _one_act(tx, cast, now, chance):
    planned = rosters.planned_of(tx, cast.group)
    starts = now + chance.randrange(1, 20 * 24 * 2) * 1800
    if not planned or chance.random() < 0.4:
        return add(tx, cast, starts, now)
    session = chance.choice(planned)
    found = sessions.load(tx, session)
    person = chance.choice(cast.people)
    event = chance.choice(
        (
            e.SessionMoved(cast.staff[0], starts, starts + 5400),
            e.SessionMoved(cast.staff[0], starts, starts + 5400),
            e.SessionCancelled(cast.staff[1]),
            e.AbsenceAnnounced(person, found.schedule),
            e.AbsenceTakenBack(person, found.schedule),
        )
    )
    keeping.happen(tx, found, event, now, by=cast.staff[0])
    return session


def _judge_due(tx, due, now):
    """Say that nobody is reminded of another time than the session has, nor of none at all."""
    for one in due:
        found = sessions.load(tx, one.session)
        assert found.state is SessionState.PLANNED
        assert one.schedule == found.schedule
        assert one.starts_at == found.starts_at
        assert one.newest.at <= now
        assert found.checks[one.person].state is not CheckState.ABSENT
        assert all(missed.at <= one.newest.at for missed in one.missed)


async def test_what_would_be_due_already_is_never_made(store):
    """Planned for tomorrow, a session has no reminder of a week or a day before."""

    def play(tx):
        cast = gather(tx)
        reminders.set_rule(tx, RULE, NOON)
        return kept(tx, add(tx, cast, NOON + 20 * HOUR))

    assert {one.offset for one in await store.transact(play)} == {HOUR}


async def test_rows_that_are_due_outlive_a_new_start(store):
    """What came due while nobody was there is still due after the rule was set once more."""

    def play(tx):
        cast = gather(tx)
        reminders.set_rule(tx, RULE, NOON)
        session = add(tx, cast, NOON + 8 * DAY)
        reminders.set_rule(tx, RULE, NOON + 2 * DAY)
        assert {one.offset for one in kept(tx, session)} == set(RULE.offsets)
        due = reminders.take_due(tx, NOON + 2 * DAY)
        assert [one.newest.offset for one in due] == [7 * DAY] * 3
        reminders.set_rule(tx, RULE, NOON + 2 * DAY)
        return kept(tx, session)

    assert {one.offset for one in await store.transact(play)} == {DAY, HOUR}


async def test_another_rule_makes_the_rows_anew(store):
    """Offsets that are not the programme's any more go, new ones come."""

    def play(tx):
        cast = gather(tx)
        reminders.set_rule(tx, RULE, NOON)
        session = add(tx, cast, NOON + 8 * DAY)
        reminders.set_rule(tx, ReminderRule((2 * DAY,), Quiet(0, 0)), NOON)
        offsets = {one.offset for one in kept(tx, session)}
        reminders.set_rule(tx, ReminderRule((), Quiet(0, 0)), NOON)
        return offsets, kept(tx, session)

    assert await store.transact(play) == ({2 * DAY}, set())


async def test_after_a_silence_the_newest_is_due_and_the_others_are_missed(store):
    """One reminder a person, of whatever came due; the earlier ones are told apart."""

    def play(tx):
        cast = gather(tx)
        reminders.set_rule(tx, RULE, NOON)
        add(tx, cast, NOON + 8 * DAY, participants=cast.people[:1])
        due = reminders.take_due(tx, NOON + 8 * DAY - 60)
        assert reminders.next_due(tx) is None
        return due

    (due,) = await store.transact(play)
    assert due.newest.offset == HOUR
    assert {one.offset for one in due.missed} == {7 * DAY, DAY}


async def test_somebody_does_not_want_some_of_them(store):
    """What somebody does not want is not kept for them, until they want it again."""

    def play(tx):
        cast = gather(tx)
        reminders.set_rule(tx, RULE, NOON)
        session = add(tx, cast, NOON + 8 * DAY)
        person = cast.people[0]
        reminders.want(tx, person, DAY, wanted=False, now=NOON)
        reminders.want(tx, person, DAY, wanted=False, now=NOON)
        without = {one.offset for one in kept(tx, session) if one.person == person}
        reminders.want(tx, person, DAY, wanted=True, now=NOON)
        again = {one.offset for one in kept(tx, session) if one.person == person}
        others = {one.offset for one in kept(tx, session) if one.person != person}
        return without, again, others

    without, again, others = await store.transact(play)
    assert without == {7 * DAY, HOUR}
    assert again == others == set(RULE.offsets)


async def test_a_roster_follows_its_group_and_reminders_follow_the_roster(store):
    """Who joins is expected and reminded, who goes is neither; who was there stays untouched."""

    def play(tx):
        cast = gather(tx)
        reminders.set_rule(tx, RULE, NOON)
        session = add(tx, cast, NOON + 8 * DAY)
        begun = add(tx, cast, NOON + 1800)
        keeping.happen(tx, sessions.load(tx, begun), e.ChecksStarted(cast.staff[0]), NOON)
        groups.leave(tx, cast.group, cast.people[0])
        new = enrol_participant(tx, 300, "N1")
        third = enrol_staff(tx, 301, "N2")
        groups.join(tx, cast.group, new, Part.PARTICIPANT, NOON)
        groups.join(tx, cast.group, third, Part.FACILITATOR, NOON)
        planning.follow_group(tx, cast.group, NOON)
        found = sessions.load(tx, session)
        assert set(found.checks) == {*cast.people[1:], new}
        assert set(found.facilitators) == {*cast.staff, third}
        assert set(sessions.load(tx, begun).checks) == set(cast.people)
        assert rosters.follow(tx, cast.group, NOON) == ()
        boards = tx.db.execute(
            "SELECT count(*) FROM outbox WHERE session = ? AND subject = 'board'", (session,)
        ).fetchone()
        assert boards[0] == 3
        return {one.person for one in kept(tx, session)}, {*cast.people[1:], new}

    found, expected = await store.transact(play)
    assert found == expected


async def test_a_full_session_takes_nobody_more(store):
    """A group that has grown does not make a session larger than it was planned."""

    def play(tx):
        cast = gather(tx)
        session = planning.add(
            tx,
            Plan(
                *("Tuesday", SessionKind.GROUP, RoomKind.LINK, NOON + DAY, NOON + DAY + 5400, 3),
                *(tuple(cast.staff), tuple(cast.people), Rules(), cast.group),
            ),
            NOON,
        )
        new = enrol_participant(tx, 300, "N1")
        groups.join(tx, cast.group, new, Part.PARTICIPANT, NOON)
        planning.follow_group(tx, cast.group, NOON)
        return set(sessions.load(tx, session).checks) == set(cast.people)

    assert await store.transact(play)


async def test_nobody_invited_is_expected_yet(store):
    """Whoever has agreed to nothing yet is on no roster."""

    def play(tx):
        cast = gather(tx)
        session = add(tx, cast, NOON + DAY)
        invited = people.add(tx, locale="en", zone="UTC", label="N1", now=NOON)
        groups.join(tx, cast.group, invited, Part.PARTICIPANT, NOON)
        planning.follow_person(tx, invited, NOON)
        return invited in sessions.load(tx, session).checks

    assert not await store.transact(play)


FORGED = {
    "of-another-schedule": ("planned", 2, NOON, 0),
    "of-a-session-that-has-begun": ("checking", 1, NOON, 0),
    "at-the-start": ("planned", 1, NOON + 1800, 0),
    "of-somebody-who-is-not-expected": ("planned", 1, NOON, 99),
}


@pytest.mark.parametrize("name", FORGED)
async def test_the_schema_takes_no_other_reminder(store, name):
    """A row for another time, a session that runs, its start, or somebody else is refused."""
    state, schedule, at, stranger = FORGED[name]

    def play(tx):
        cast = gather(tx)
        reminders.set_rule(tx, ReminderRule((), Quiet()), NOON)
        session = add(tx, cast, NOON + 1800)
        if state == "checking":
            keeping.happen(tx, sessions.load(tx, session), e.ChecksStarted(cast.staff[0]), NOON)
        person = cast.staff[0] if stranger else cast.people[0]
        tx.db.execute(
            'INSERT INTO reminder (session, person, "offset", schedule, at) VALUES (?,?,?,?,?)',
            (session, person, 60, schedule, at),
        )

    with pytest.raises(sqlite3.IntegrityError, match="reminder: of n"):
        await store.transact(play)


async def test_the_schema_changes_no_reminder(store):
    """A reminder is made and taken out, never changed."""

    def play(tx):
        cast = gather(tx)
        reminders.set_rule(tx, RULE, NOON)
        add(tx, cast, NOON + 8 * DAY)
        tx.db.execute("UPDATE reminder SET at = at + 1")

    with pytest.raises(sqlite3.IntegrityError, match="made anew"):
        await store.transact(play)


async def test_what_goes_to_many_waits_behind_the_rest(store):
    """A reminder in the outbox is marked as one of many; nothing else is."""

    def play(tx):
        cast = gather(tx)
        outbox.add(tx, cast.people[0], outbox.Kind.SAY, now=NOON, subject="reminder/coming")
        outbox.add(tx, cast.staff[0], outbox.Kind.SAY, now=NOON, subject="ring/help")
        rows = tx.db.execute("SELECT subject, bulk FROM outbox ORDER BY id").fetchall()
        return {row["subject"]: row["bulk"] for row in rows}

    assert await store.transact(play) == {"reminder/coming": 1, "ring/help": 0}


async def test_whoever_left_a_group_is_reminded_of_none_of_its_sessions(store):
    """Also not of one whose checks had begun before it was moved, and which keeps their record."""

    def play(tx):
        cast = gather(tx)
        revisions.publish(tx, shipped_revision("environment", "en"), NOON)
        reminders.set_rule(tx, RULE, NOON)
        session = add(tx, cast, NOON + 1800)
        who, leader = cast.people[0], cast.staff[0]
        keeping.happen(tx, sessions.load(tx, session), e.ChecksStarted(leader), NOON)
        for _ in range(3):
            step = sessions.load(tx, session).checks[who].run.step
            answered = e.StepAnswered(who, who, 1, step, "yes")
            assert keeping.happen(tx, sessions.load(tx, session), answered, NOON).refusal is None
        start = NOON + 8 * DAY
        moved = e.SessionMoved(leader, start, start + 5400)
        keeping.happen(tx, sessions.load(tx, session), moved, NOON)
        assert who in {one.person for one in kept(tx, session)}
        groups.leave(tx, cast.group, who)
        planning.follow_group(tx, cast.group, NOON)
        assert who in sessions.load(tx, session).checks
        reminders.set_rule(tx, RULE, NOON)
        return {one.person for one in kept(tx, session)} == set(cast.people[1:])

    assert await store.transact(play)
