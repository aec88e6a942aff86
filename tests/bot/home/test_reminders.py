"""Reminders on phones: in the reader's words and zone, never at night or of what is not so."""

import pytest

from bot.language.words import words
from flows.reminders import ReminderRule
from storage import people, reminders
from tests.bot.conftest import ZONE, Guest
from tests.bot.home.ahead import DAY, FAR, HOUR, cancelled, moved, planned, when
from tests.bot.home.conftest import Home
from tests.honest import NOON

EAST = "Asia/Yekaterinburg"


@pytest.fixture
async def h7(house):
    return Home(house, house.h7)


async def abroad(house, locale, zone, number=1):
    """Let one of the participants speak another language, in another zone."""
    person = house.people[number]

    def settle(tx):
        people.set_locale(tx, person, locale)
        people.set_zone(tx, person, zone)

    await house.store.transact(settle)
    return Home(house, Guest(house, house.guests[number].phone, person, locale))


def coming(at, locale="en", zone=ZONE):
    return words(locale, zone).say("reminder/coming", when=when(at, locale, zone))


def times(home, text):
    return home.guest.texts().count(text)


def came(home, begun):
    """Return the texts of what has come to a phone since so much had happened there."""
    return [one["text"] for one in home.guest.phone.history[begun:] if one["what"] == "came"]


async def due(house, person):
    """Return when somebody is reminded, the earliest first."""

    def read(tx):
        rows = tx.db.execute("SELECT at FROM reminder WHERE person = ? ORDER BY at", (person,))
        return [row["at"] for row in rows]

    return await house.store.read(read)


@pytest.mark.parametrize("locale", ["en", "de"])
async def test_reminder_in_language_and_zone(house, locale):
    """Day and time are the reader's own, as their language writes it; another zone is named."""
    near = await abroad(house, locale, ZONE, 0)
    far = await abroad(house, locale, EAST, 1)
    noon = FAR - 6 * HOUR
    await planned(house, noon)
    await house.move_to(noon - 7 * DAY)
    for home, zone in ((near, ZONE), (far, EAST)):
        assert home.screen == coming(noon, locale, zone)
        message = home.guest.messages()[-1]
        assert [b["text"] for row in message["keyboard"] for b in row] == [
            home.say("reminder/button/cant-come")
        ]
        assert message["protected"]
        assert not message["silent"]
    assert "(" not in near.screen
    assert {"en": "Yekaterinburg", "de": "Jekaterinburg"}[locale] in far.screen
    assert near.screen != far.screen


async def test_week_day_and_hour(house, h7):
    """Three reminders come, each at its time and none again, and none at the start."""
    await planned(house)
    for number, before in enumerate((7 * DAY, DAY, HOUR), 1):
        await house.move_to(FAR - before - 60)
        assert times(h7, coming(FAR)) <= 1
        told = len(h7.guest.phone.history)
        await house.move_to(FAR - before)
        assert h7.screen == coming(FAR)
        assert len(h7.guest.phone.history) > told
        assert await house.count("reminder", f"person = {h7.person}") == 3 - number
    await house.move_to(FAR)
    assert await house.count("reminder") == 0


async def test_quiet_hours(house, h7):
    """What falls into the night waits for the morning; before an early start it comes sooner."""
    early = FAR + DAY - 10 * HOUR - HOUR // 2
    assert words("de", ZONE).time(early) == "07:30"
    await planned(house, early)
    evening = early - 10 * HOUR - HOUR // 2 - 60
    assert words("de", ZONE).time(evening) == "20:59"
    mornings = [early - days * DAY + HOUR // 2 for days in (7, 1)]
    assert await due(house, h7.person) == [*mornings, evening]
    await house.move_to(early - 7 * DAY)
    assert h7.guest.texts() == []
    await house.move_to(mornings[0])
    assert h7.screen == coming(early)


async def test_another_zone_by_language(house, h7):
    """Whoever takes another zone by /language is reminded by its clocks, and reads its name."""
    await planned(house)
    assert await due(house, h7.person) == [FAR - 7 * DAY, FAR - DAY, FAR - HOUR]
    await h7.type("/language")
    await h7.tap("English")
    await h7.tap(h7.say("home/button/no"))
    await h7.tap("Yekaterinburg")
    # Six in the evening is ten at night there: quiet, until eight the next morning.
    mornings = [FAR - 7 * DAY + 10 * HOUR, FAR - DAY + 10 * HOUR]
    # An hour before is nine in the evening there, and the morning is after the start.
    assert await due(house, h7.person) == [*mornings, FAR - HOUR - 60]
    await house.move_to(mornings[0])
    assert h7.screen == coming(FAR, "en", EAST)


async def test_unwanted_reminders(house, h7):
    """A reminder that somebody does not want does not come; the others' and their others do."""
    await planned(house)
    await h7.type("/appointments")
    h7.guest.forge(f"home:appointments:off:{7 * DAY}")
    await house.quiet()
    await house.move_to(FAR - 7 * DAY)
    assert coming(FAR) not in h7.guest.texts()
    assert coming(FAR) in house.guests[1].texts()
    await house.move_to(FAR - DAY)
    assert h7.screen == coming(FAR)


async def test_six_at_most(house, h7):
    """A programme's six offsets are six reminders to each person, and no more."""
    six = ReminderRule(offsets=(8 * DAY, 7 * DAY, 2 * DAY, DAY, 5 * HOUR, HOUR))
    await house.store.transact(lambda tx: reminders.set_rule(tx, six, NOON))
    await planned(house)
    begun = len(h7.guest.phone.history)
    for before in six.offsets:
        await house.move_to(FAR - before)
    assert came(h7, begun) == [coming(FAR)] * 6
    assert await house.count("reminder") == 0


async def test_moved_and_cancelled(house, h7):
    """A session that was moved is reminded of at its new time alone, a cancelled one never."""
    session, other = await planned(house), await planned(house, FAR + HOUR)
    await moved(house, session, FAR + DAY)
    await cancelled(house, other)
    begun = len(h7.guest.phone.history)
    for before in (7 * DAY, DAY, HOUR):
        await house.move_to(FAR - before)
    assert set(came(h7, begun)) == {coming(FAR + DAY)}
    await house.move_to(FAR + DAY - HOUR)
    assert h7.screen == coming(FAR + DAY)


async def test_who_cannot_come_is_not_reminded(house, h7):
    """After *I can't come* under a reminder no other one follows."""
    await planned(house)
    await house.move_to(FAR - 7 * DAY)
    await h7.tap(h7.say("reminder/button/cant-come"))
    assert h7.screen == h7.say("reminder/absence-kept", when=when(FAR))
    await house.move_to(FAR - DAY)
    assert coming(FAR) not in h7.guest.texts()
    assert coming(FAR) in house.guests[1].texts()


async def test_reminders_go_from_the_phone(house, h7):
    """A reminder is taken off the phone after the day for which messages are kept."""
    await planned(house)
    await house.move_to(FAR - 7 * DAY)
    assert coming(FAR) in h7.guest.texts()
    # It is looked at once an hour.
    for hours in range(1, 4):
        await house.move_to(FAR - 6 * DAY + hours * HOUR)
    assert h7.guest.texts() == []


async def test_who_leaves_is_not_reminded(house, h7):
    """Whoever leaves takes reminders and wishes along; the others are reminded as before."""
    await planned(house)
    h7.guest.forge(f"home:appointments:off:{DAY}")
    await house.quiet()
    await h7.type("/leave")
    await h7.tap(h7.say("home/button/leave"))
    assert await due(house, h7.person) == []
    await house.move_to(FAR - 7 * DAY)
    assert coming(FAR) in house.guests[1].texts()
    assert coming(FAR) not in h7.guest.texts()
