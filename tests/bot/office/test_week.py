"""The week: seven days of a facilitator's own sessions, who can't come, and a calendar to keep."""

import pytest

from tests.bot.office.conftest import Desk, enrol_coordinator
from tests.bot.office.grouping import enrol_facilitator, forge, go, page_of, press
from tests.bot.office.scheduling import plan, settled_group

SIX = 18 * 60


@pytest.fixture
async def planned_weeks(empty_house):
    """Have Anna and a colleague lead four Saturdays."""
    anna, others, guests, group = await settled_group(empty_house)
    found = await plan(anna, group, last=4)
    return anna, others[0], guests, found


async def test_sessions_by_day(planned_weeks):
    """The week shows each day with its sessions; the next one is a tap away, and so is each."""
    anna, _, _, found = planned_weeks
    await anna.command("week")
    text = page_of(anna)
    assert text.startswith(anna.key("office/week/title", since="Fri, Jan 15", until="Thu, Jan 21"))
    row = anna.key("office/week/row", time="6:00\u202fPM \u2013 7:30\u202fPM", name="Harbour 7")
    assert f"Saturday, January 16, 2027\n{row}" in text
    assert text.count("Harbour 7") == 1
    await anna.tap("office/plan/button/later")
    assert "Saturday, January 23, 2027" in page_of(anna)
    await anna.tap("office/plan/button/earlier")
    await press(anna, f"go:session:{found[0].id}")
    assert page_of(anna).startswith("Harbour 7\n")


async def test_who_can_not_come_stands_in_the_week(planned_weeks):
    """By label, at their session, as long as they don't come after all."""
    anna, _, guests, found = planned_weeks
    guests[1].forge(f"cant:{found[0].id}:1")
    await anna.house.quiet()
    await anna.command("week")
    line = anna.key("office/week/cant-come", names="P1")
    assert line in page_of(anna)
    guests[1].forge(f"can:{found[0].id}:1")
    await anna.house.quiet()
    await anna.command("week")
    assert line not in page_of(anna)


async def test_week_without_sessions(planned_weeks):
    """An empty week says so; what was cancelled is in none."""
    anna, _, _, found = planned_weeks
    await forge(anna, f"do:session-cancel:{found[0].id}:one-1-1")
    await anna.command("week")
    none = anna.key("office/week/none", since="Fri, Jan 15", until="Thu, Jan 21")
    assert page_of(anna) == none
    await forge(anna, "go:week:52")
    assert anna.key("office/gone") in anna.guest.texts()


async def test_calendar_file(planned_weeks):
    """The calendar has every session ahead by its neutral name, those cancelled too, and nobody."""
    anna, _, _, found = planned_weeks
    await forge(anna, f"do:session-cancel:{found[3].id}:one-1-1")
    await anna.command("week")
    await anna.tap("office/week/button/file")
    (sent,) = [m for m in anna.guest.messages() if m["kind"] == "document"]
    assert (sent["file_name"], sent["text"]) == ("sessions.ics", anna.key("office/week/file"))
    content = anna.guest.phone.file(sent["message_id"]).content.decode()
    assert [one.uid in content for one in found] == [True] * 4
    assert "Harbour 7" in content
    assert "P0" not in content
    assert ("week-file", "done", anna.guest.person, "") in await anna.house.audited()


async def test_no_calendar_without_sessions(empty_house):
    """Where nothing is planned there is no file; a line says so."""
    doris = await enrol_facilitator(empty_house, 102, "Doris")
    await doris.command("week")
    await doris.tap("office/week/button/file")
    assert doris.page == doris.key("office/week/no-file")


async def test_week_is_ones_own(planned_weeks):
    """Nobody sees the sessions that others lead; a coordinator and a participant have no week."""
    anna, _, guests, _ = planned_weeks
    doris = await enrol_facilitator(anna.house, 102, "Doris")
    await doris.command("week")
    assert "Harbour 7" not in page_of(doris)
    clara = Desk(anna.house, await enrol_coordinator(anna.house))
    for other in (clara, Desk(anna.house, guests[0])):
        await other.command("week")
        assert other.page == other.key("reply/no-such-command")
        await forge(other, "go:week:0")
        await forge(other, "do:week-file:0:-")
        told = [o for _, o, actor, _ in await anna.house.audited() if actor == other.guest.person]
        assert told[-2:] == ["forged", "forged"]


async def test_week_follows_the_viewers_own_clocks(planned_weeks):
    """A day is the viewer's: what is near midnight stands where their clocks have it."""
    anna, bernd, _, _ = planned_weeks
    await anna.house.store.transact(
        lambda tx: tx.db.execute(
            "UPDATE person SET zone = 'Asia/Vladivostok' WHERE id = ?", (bernd.guest.person,)
        )
    )
    await bernd.command("week")
    assert "Sunday, January 17, 2027" in page_of(bernd)
    await go(bernd, "week", 1)
    assert "Sunday, January 24, 2027" in page_of(bernd)
