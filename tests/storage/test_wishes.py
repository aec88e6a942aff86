"""Wishes to erase somebody: two people are two, a wish ends, and who may be the second one."""

import sqlite3

import pytest

from flows.events import SessionStopped
from flows.model import PersonId
from storage import erasure, groups, people, staff, wishes
from storage.groups import Part
from storage.people import Role
from tests.honest import NOON, Evening, add_group, enrol_staff, open_store


@pytest.fixture
async def evening(tmp_path):
    """Two facilitators of one session, who lead no group; nobody coordinates yet."""
    store = await open_store(tmp_path)
    yield await Evening(store).prepare()
    await store.close()


def coordinate(tx, chat, label):
    person = people.add(tx, locale="en", zone="UTC", label=label, now=NOON)
    people.give_role(tx, person, Role.COORDINATOR, prepared_at=None)
    people.invite(tx, person, f"token-{chat}", expires_at=NOON + 60)
    return people.redeem(tx, f"token-{chat}", chat, NOON)


async def test_two_people_are_two(evening):
    """The schema refuses whoever asked, and the person themselves, as the second one."""
    person, by = evening.people[0], evening.staff[0]
    await evening.store.transact(lambda tx: wishes.ask(tx, person, by, NOON))
    for who in (by, person):
        with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
            await evening.store.transact(lambda tx, who=who: wishes.confirm(tx, person, who))
    assert not await evening.store.read(lambda tx: wishes.is_confirmed(tx, person))
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        await evening.store.transact(lambda tx: wishes.ask(tx, by, by, NOON))


async def test_confirmed_stays(evening):
    """What two have confirmed is neither asked anew nor taken back, and does not lapse."""
    person, (by, other) = evening.people[0], evening.staff
    late = NOON + wishes.LASTS + 1

    def act(tx):
        wishes.ask(tx, person, by, NOON)
        wishes.confirm(tx, person, other)
        wishes.ask(tx, person, other, NOON + 1)
        wishes.let_be(tx, person)
        return wishes.take_lapsed(tx, late), wishes.next_due(tx), wishes.find(tx, person, late)

    found = await evening.store.transact(act)
    assert found == ((), None, wishes.Wish(by, NOON, confirmed=True))


async def test_wish_lapses(evening):
    """A wish counts for seven days to the second; then it is taken, once."""
    person, by = evening.people[0], evening.staff[0]
    last = NOON + wishes.LASTS

    def act(tx):
        wishes.ask(tx, person, by, NOON)
        before = wishes.find(tx, person, last - 1), wishes.waiting(tx, last - 1)
        after = wishes.find(tx, person, last), wishes.waiting(tx, last)
        due = wishes.next_due(tx), wishes.take_lapsed(tx, last - 1)
        return before, after, due, wishes.take_lapsed(tx, last), wishes.take_lapsed(tx, last)

    before, after, due, taken, again = await evening.store.transact(act)
    assert before == (wishes.Wish(by, NOON, confirmed=False), (person,))
    assert after == (None, ())
    assert due == (last, ())
    assert (taken, again) == (((person, by),), ())


async def test_nobody_waits_for_nothing(evening):
    """Without a wish there is nothing due and nobody to erase."""

    def act(tx):
        person = evening.people[0]
        wishes.let_be(tx, person)
        wishes.confirm(tx, person, evening.staff[0])
        return wishes.find(tx, person, NOON), wishes.next_due(tx), wishes.is_confirmed(tx, person)

    assert await evening.store.transact(act) == (None, None, False)


async def test_who_may_confirm(evening):
    """Facilitators of theirs among themselves; with a coordinator, one of the two is one."""
    person, (first, second) = evening.people[0], evening.staff

    def act(tx):
        nobody_of_theirs = enrol_staff(tx, 150, "N")
        alone = wishes.who_may_confirm(tx, person, first)
        clara = coordinate(tx, 170, "Clara")
        with_one = [wishes.who_may_confirm(tx, person, by) for by in (first, clara)]
        dora = coordinate(tx, 171, "Dora")
        with_two = [wishes.who_may_confirm(tx, person, by) for by in (first, clara)]
        staff.leave(tx, dora, NOON)
        staff.leave(tx, second, NOON)
        about_second = wishes.who_may_confirm(tx, second, clara)
        return (
            nobody_of_theirs in wishes.facilitators_of(tx, person),
            alone == (second,),
            with_one == [(clara,), (first, second)],
            with_two == [(clara, dora), (first, second, dora)],
            wishes.who_may_confirm(tx, person, clara) == (first,),
            about_second == (),
        )

    assert await evening.store.transact(act) == (False, True, True, True, True, True)


async def test_facilitators_of_a_group(evening):
    """Whoever leads a group of theirs has to do with them, as long as they take part in it."""

    def act(tx):
        leader = enrol_staff(tx, 150, "N")
        person = people.add(tx, locale="en", zone="UTC", label="W4", now=NOON)
        group = add_group(tx, "G")
        groups.join(tx, group, leader, Part.FACILITATOR, NOON)
        before = wishes.facilitators_of(tx, person)
        groups.join(tx, group, person, Part.PARTICIPANT, NOON)
        during = wishes.facilitators_of(tx, person)
        groups.leave(tx, group, person)
        return before, during == (leader,), wishes.facilitators_of(tx, person)

    assert await evening.store.transact(act) == ((), True, ())


@pytest.mark.parametrize("state", ["checking", "open", "stopped"])
async def test_running(evening, state):
    """A session that was begun and is not over is running for everybody on its roster."""
    person = evening.people[0]
    running = [await evening.store.read(lambda tx: wishes.is_running(tx, person))]
    await evening.start()
    if state != "checking":
        for one in evening.people:
            await evening.admit(evening.staff[0], one)
        await evening.paste(evening.staff[0])
        evening.now = NOON + 1500
        await evening.open(evening.staff[0])
    if state == "stopped":
        await evening.happen(SessionStopped(evening.staff[0]))
    assert (await evening.session()).state == state
    running.append(await evening.store.read(lambda tx: wishes.is_running(tx, person)))
    assert running == [False, True]


async def test_found_by_a_label(evening):
    """Participants and whoever left are found, in any case; colleagues and the erased are not."""

    def act(tx):
        first, second = evening.people
        before = [wishes.with_label(tx, label) for label in (" p0 ", "F1", "X")]
        staff.leave(tx, evening.staff[1], NOON)
        erasure.erase(tx, second)
        after = [wishes.with_label(tx, label) for label in ("F1", "P1", people.NOBODY)]
        return before == [first, None, None], after == [evening.staff[1], None, None]

    assert await evening.store.transact(act) == (True, True)
    assert not await evening.store.read(lambda tx: wishes.can_be_erased(tx, PersonId(99)))
