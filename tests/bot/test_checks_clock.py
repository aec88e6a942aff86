"""The checks' own clock on a running bot: what begins by itself, and what staff are told of."""

from bot import planning
from bot.language.words import words
from flows.model import Rules, SessionState
from storage import sessions
from tests.bot.conftest import ZONE
from tests.honest import END, NOON

HOUR = 3600
STARTS = NOON + 30 * HOUR
"""On the next day, so that nothing else of the house is near."""


async def planned(house, rules):
    def add(tx):
        found = sessions.load(tx, house.session_id)
        plan = sessions.Plan(
            *("Saturday", found.kind, found.room, STARTS, STARTS + 5400, 6),
            *(tuple(house.staff), tuple(house.people), rules),
        )
        return planning.add(tx, plan, NOON)

    return await house.store.transact(add)


def overdue(guest):
    when = words(guest.locale, ZONE).appointment(STARTS)
    return guest.say("ring/checks-overdue", name="Saturday", when=when)


async def state_of(house, session):
    found = await house.store.read(lambda tx: sessions.load(tx, session))
    return found.state


async def test_checks_begin_by_themselves_where_the_programme_wants_that(house):
    """At the time set everybody is asked, staff get their board, and nobody has done anything."""
    session = await planned(house, Rules(auto_start=1800))
    await house.move_to(STARTS - 1801)
    assert await state_of(house, session) is SessionState.PLANNED
    await house.move_to(STARTS - 1800)
    assert await state_of(house, session) is SessionState.CHECKING
    for guest in house.guests:
        assert guest.button(f"answer:{session}:")
    for guest in (house.anna, house.bernd):
        assert guest.button(f"why:{session}:")
    begun = [row for row in await house.audited() if row[0] == "checks-due"]
    assert begun == [("checks-due", "done", None, "")]
    await house.move_to(STARTS - 600)
    assert overdue(house.anna) not in house.anna.texts()


async def test_by_default_nothing_begins_and_staff_are_told(house):
    """Ten minutes before the start every facilitator is told that no checks have begun."""
    session = await planned(house, Rules())
    await house.move_to(STARTS - 600)
    assert await state_of(house, session) is SessionState.PLANNED
    for guest in (house.anna, house.bernd):
        assert guest.texts().count(overdue(guest)) == 1
    await house.move_to(STARTS + 5400 + 900)
    assert await state_of(house, session) is SessionState.CLOSED


async def test_a_debrief_is_missed_by_day_alone(house):
    """After a morning's session half a day later is night: staff are reminded when it is over."""
    await house.until_open()
    await house.move_to(END + HOUR)
    missed = house.anna.say("debrief/missed", name="Tuesday")
    await house.move_to(END + 13 * HOUR)
    assert missed not in house.anna.texts()
    await house.move_to(NOON + 23 * HOUR)
    for guest in (house.anna, house.bernd):
        assert guest.texts().count(missed) == 1
