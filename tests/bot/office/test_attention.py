"""What staff are told by the clock: what ends soon, what is due, what nobody leads; once each."""

import pytest

from bot.office import attention
from bot.setting import Setting
from flows.model import SessionKind
from storage import groups, one_to_ones, outbox, people, sessions, told
from storage.groups import Part
from storage.one_to_ones import When
from tests.bot.office.conftest import Desk, enrol_coordinator
from tests.bot.office.grouping import label_of, lead_session_group
from tests.honest import NOON, Evening, open_store

DAY = 86400
WEEK = 7 * DAY
BERLIN = Setting(zone="Europe/Berlin")


@pytest.fixture
async def evening(tmp_path):
    """Keep a group whose only session is in half an hour; its people had their intake."""
    store = await open_store(tmp_path)
    found = await Evening(store).prepare(participants=2, staff=1)

    def gather(tx):
        session = sessions.load(tx, found.session_id)
        kind, room = SessionKind.GROUP, session.room
        group = groups.add(tx, "Tuesday", kind=kind, locale="en", minutes=90, room=room, cap=6)
        for person in found.staff:
            groups.join(tx, group, person, Part.FACILITATOR, NOON)
        for person in found.people:
            groups.join(tx, group, person, Part.PARTICIPANT, NOON)
        tx.db.execute('UPDATE session SET "group" = ?, version = version + 1', (group,))

    await store.transact(gather)
    yield found
    await store.close()


async def due(evening, now, weeks=4, leader=None):
    found = await evening.store.read(lambda tx: one_to_ones.due(tx, now, weeks, leader))
    return {one.person: one.when for one in found}


async def intake(evening, person, at):
    def settle(tx):
        tx.db.execute("DELETE FROM intake WHERE person = ?", (person,))
        if at is not None:
            people.settle_intake(tx, person, at)

    await evening.store.transact(settle)


async def plan_talk(evening, person, starts_at):
    def plan(tx):
        group = sessions.load(tx, evening.session_id)
        return sessions.add(
            tx,
            sessions.Plan(
                *("Talk", SessionKind.ONE_TO_ONE, group.room, starts_at, starts_at + 3600, 1),
                *(tuple(evening.staff), (person,), group.rules),
            ),
        )

    return await evening.store.transact(plan)


async def test_before_a_group_the_first_talk_is_due(evening):
    """Who has had no intake is due from two weeks before their first session of the group."""
    first, second = evening.people
    await intake(evening, first, None)
    await intake(evening, second, NOON)
    assert await due(evening, NOON + 1800 - 14 * DAY - 1) == {}
    assert await due(evening, NOON - DAY) == {first: When.BEFORE}


async def test_during_a_group_the_next_talk_is_due_after_some_weeks(evening):
    """Counted from the intake; where the programme sets no weeks, none is due during a group."""
    first, second = evening.people
    await intake(evening, first, NOON - 4 * WEEK)
    await intake(evening, second, NOON - 4 * WEEK + 1)
    assert await due(evening, NOON) == {first: When.DURING}
    assert await due(evening, NOON, weeks=5) == {}
    assert await due(evening, NOON, weeks=0) == {}


async def test_after_a_group_a_talk_is_due(evening):
    """When nothing of the group is to come, a talk since its last session is missing."""
    first, second = evening.people
    await intake(evening, first, NOON)
    await intake(evening, second, NOON + 2000)
    assert await due(evening, NOON + DAY) == {}
    assert await due(evening, NOON + 1800 + DAY) == {first: When.AFTER}


async def test_a_talk_that_is_planned_is_not_due(evening):
    """One that is planned takes somebody off the list, until it is over without them."""
    first, _ = evening.people
    for person in evening.people:
        await intake(evening, person, NOON - 5 * WEEK)
    await plan_talk(evening, first, NOON + 1800)
    assert set(await due(evening, NOON)) == set(evening.people) - {first}


async def test_a_facilitator_sees_their_own(evening):
    """Somebody who leads no group of theirs is told of nobody."""
    for person in evening.people:
        await intake(evening, person, NOON - 5 * WEEK)
    assert set(await due(evening, NOON, leader=evening.staff[0])) == set(evening.people)
    assert await due(evening, NOON, leader=evening.people[0]) == {}


async def letters(evening, now):
    def attend(tx):
        tx.db.execute("DELETE FROM outbox")
        attention.attend(tx, BERLIN, now)
        return [(one.to, one.subject, one.about) for one in outbox.due(tx, now, frozenset())]

    return await evening.store.transact(attend)


async def test_each_is_told_once(evening):
    """Looked at hour by hour, the same talk is told of once; the next time it is due, again."""
    first, second = evening.people
    anna = evening.staff[0]
    for person in evening.people:
        await intake(evening, person, NOON - 5 * WEEK)
    key = attention.ONE_TO_ONE[When.DURING]
    assert await letters(evening, NOON) == [(anna, key, first), (anna, key, second)]
    assert await letters(evening, NOON + 1000) == []
    await intake(evening, first, NOON - 5 * WEEK + 1)
    assert await letters(evening, NOON + 1001) == []


async def test_it_is_looked_once_an_hour_and_never_in_quiet_hours(evening):
    """Within an hour it is looked once; at night not at all, in the morning then."""
    for person in evening.people:
        await intake(evening, person, None)
    night = NOON - 9 * 3600
    assert await letters(evening, night) == []
    assert len(await letters(evening, NOON)) == 2
    for person in evening.people:
        await intake(evening, person, NOON - 5 * WEEK)
    assert await letters(evening, NOON + 60) == []


async def test_what_was_told_is_forgotten_in_the_end(evening):
    """What was told long ago goes; the hour that was looked at last is one row."""

    def play(tx):
        assert told.once(tx, "k", 1, 1, NOON)
        assert not told.once(tx, "k", 1, 1, NOON)
        for hour in range(3):
            assert told.look(tx, NOON + hour * told.HOUR)
        rows = tx.db.execute("SELECT kind FROM told ORDER BY kind").fetchall()
        assert [row["kind"] for row in rows] == ["k", "looked"]
        assert told.look(tx, NOON + told.KEPT + told.HOUR)
        return tx.db.execute("SELECT count(*) FROM told").fetchone()[0]

    assert await evening.store.transact(play) == 1


async def look_at(house, instant):
    """Move the clock, and have the ticker look."""
    await house.move_to(instant)
    await house.wake()


async def test_an_orientation_that_ends_soon_is_told_and_leads_to_the_card(house):
    """Two weeks before, a facilitator of their group is told, with the way to the card."""
    await lead_session_group(house)
    anna, person = Desk(house, house.anna), house.people[0]
    until = NOON + 15 * DAY

    def settle(tx):
        for one in house.people:
            people.settle_orientation(tx, one, until if one == person else until + 90 * DAY, NOON)

    await house.store.transact(settle)
    await look_at(house, NOON + 2 * DAY)
    who = await label_of(house, person)
    day = anna.guest.say("office/attention/orientation", who=who, day="#").partition("#")[0]
    (told_once,) = [text for text in anna.guest.texts() if text.startswith(day)]
    await look_at(house, NOON + 3 * DAY)
    assert anna.guest.texts().count(told_once) == 1
    await anna.tap("office/attention/button/card")
    assert anna.key("office/participant/enrolled") in anna.page


async def test_a_session_that_nobody_leads_is_told_to_coordinators(house):
    """Two days before, a coordinator is told; once somebody leads it, nobody is."""
    clara = Desk(house, await enrol_coordinator(house))

    def leave(tx):
        found = sessions.load(tx, house.session_id)
        sessions.add(
            tx,
            sessions.Plan(
                *("Friday", found.kind, found.room, NOON + 3 * DAY, NOON + 3 * DAY + 5400, 6),
                *((), (house.people[0],), found.rules),
            ),
        )

    await house.store.transact(leave)
    await look_at(house, NOON + 3600)
    assert not [text for text in clara.guest.texts() if text.startswith("Friday")]
    await look_at(house, NOON + DAY + 3600)
    assert len([text for text in clara.guest.texts() if text.startswith("Friday")]) == 1
    assert not [text for text in house.anna.texts() if text.startswith("Friday")]
