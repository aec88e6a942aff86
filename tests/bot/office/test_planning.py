"""Planning by taps: what is usual is filled in, what can't be is refused in words, once is once."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot import planning
from bot.office import choosing, draft
from bot.practice.installation import practice_config
from bot.setting import Setting
from flows.model import SessionKind, SessionState
from storage import ahead, arrivals, groups, outbox, people, plans
from tests.bot.office.conftest import Desk, enrol_coordinator
from tests.bot.office.grouping import (
    enrol_facilitator,
    forge,
    go,
    make_group,
    page_of,
    press,
)
from tests.bot.office.scheduling import (
    at,
    change,
    forget_phone,
    load,
    open_plan,
    plan,
    planned,
    reminders_of,
    settled_group,
    unprepare,
    walls,
)
from tests.honest import NOON

SIX = 18 * 60


async def outcomes(house, kind="sessions-planned"):
    return [(outcome, detail) for name, outcome, _, detail in await house.audited() if name == kind]


async def test_a_series_takes_a_few_taps(empty_house):
    """From the group's page three taps plan what is usual: twelve weeks, tomorrow evening first."""
    anna, (bernd,), guests, group = await settled_group(empty_house)
    await anna.command("groups")
    await go(anna, "group", group)
    await anna.tap("office/group/button/sessions")
    assert page_of(anna) == anna.key("office/sessions/none", name="Harbour 7")
    await anna.tap("office/sessions/button/plan")
    await anna.tap("office/plan/button/plan", n=12)
    found = await planned(empty_house, group)
    assert len(found) == 12
    assert walls(found)[:2] == [("2027-01-16", SIX), ("2027-01-23", SIX)]
    assert {one.ends_at - one.starts_at for one in found} == {90 * 60}
    assert {one.series for one in found} == {found[0].id}
    assert {one.name for one in found} == {"Harbour 7"}
    assert len({one.uid for one in found}) == 12
    session = await load(empty_house, found[3].id)
    assert (session.kind, session.cap) == (SessionKind.GROUP, 6)
    assert set(session.facilitators) == {anna.guest.person, bernd.guest.person}
    assert set(session.checks) == {guest.person for guest in guests}
    assert await reminders_of(empty_house, found[3].id)
    assert page_of(anna).startswith(anna.key("office/plan/done", n=12))
    assert await outcomes(empty_house) == [("done", f"{group}/12")]


async def test_everybody_is_told_once(empty_house):
    """A series is one message to each participant and colleague, and none to who planned it."""
    anna, (bernd,), guests, group = await settled_group(empty_house)
    before = len(anna.guest.messages())
    found = await plan(anna, group)
    when = anna.guest.say("time/when", day="Saturday, January 16, 2027", time="6:00\u202fPM")
    for guest in guests:
        assert guest.texts().count(guest.say("appointment/new-many", n=12, when=when)) == 1
        assert len(guest.texts()) == 1
    ring = bernd.guest.say("ring/planned-many", n=12, when=when, name="Harbour 7")
    assert bernd.guest.texts().count(ring) == 1
    assert not [text for text in anna.guest.texts() if text == ring]
    assert len(anna.guest.messages()) <= before + 1
    assert len(found) == 12


async def test_one_session(empty_house):
    """A single session belongs to no series, and is told as one appointment."""
    anna, (bernd,), guests, group = await settled_group(empty_house)
    (one,) = await plan(anna, group, rhythm="once", time=17 * 60 + 30)
    assert (one.series, walls([one])) == (None, [("2027-01-16", 17 * 60 + 30)])
    when = anna.guest.say("time/when", day="Saturday, January 16, 2027", time="5:30\u202fPM")
    assert guests[0].texts() == [guests[0].say("appointment/new", when=when)]
    assert bernd.guest.say("ring/planned", name="Harbour 7", when=when) in bernd.guest.texts()


async def test_wall_time_stays_across_the_change_in_october(empty_house):
    """A weekly series meets at the same time of day on both sides of a change of the clocks."""
    anna, _, _, group = await settled_group(empty_house)
    found = await plan(anna, group, first="2027-10-19", last=4)
    assert walls(found) == [(f"2027-{day}", SIX) for day in ("10-19", "10-26", "11-02", "11-09")]
    assert found[2].starts_at - found[1].starts_at == 7 * 86400 + 3600


async def test_time_that_does_not_exist_is_refused_with_the_reason(empty_house):
    """A wall time that clocks skip is not planned; the page says why, and another way is taken."""
    anna, _, _, group = await settled_group(empty_house)
    await open_plan(anna, group)
    await change(anna, group, first="2027-03-21", time=150, last=3)
    reason = anna.key(
        "office/plan/no-such-time",
        day="Sunday, March 28, 2027",
        since="2:00\u202fAM",
        until="3:00\u202fAM",
        time="2:30\u202fAM",
    )
    assert reason in page_of(anna)
    assert anna.key("office/plan/button/plan", n=3) not in anna.buttons()
    await forge_plan(anna, group)
    assert await planned(empty_house, group) == ()
    assert await outcomes(empty_house) == [("no-such-time", str(group))]
    await change(anna, group, left_out="2027-03-28")
    await go(anna, "plan", group)
    assert reason not in page_of(anna)
    await anna.tap("office/plan/button/plan", n=2)
    found = await planned(empty_house, group)
    assert walls(found) == [("2027-03-21", 150), ("2027-04-04", 150)]


async def forge_plan(desk, group):
    """Tap *Plan* where the page does not offer it."""

    def stamp(tx):
        person, found = people.find(tx, desk.guest.person), groups.find(tx, group)
        setting = Setting.of(practice_config(Path(), ""), "")
        return draft.digest(tx, found, draft.of(tx, person, found, NOON, setting))

    choice = await desk.house.store.read(stamp)
    await forge(desk, f"do:sessions-planned:{group}:{choice}")


async def test_twice_a_week(empty_house):
    """A series meets twice a week, on each day at its own time."""
    anna, _, _, group = await settled_group(empty_house)
    choices = {"rhythm": "twice", "first": "2027-01-19", "second": 3, "second_time": 600}
    found = await plan(anna, group, **choices, last=4)
    expected = [("01-19", SIX), ("01-21", 600), ("01-26", SIX), ("01-28", 600)]
    assert walls(found) == [(f"2027-{day}", minute) for day, minute in expected]


async def test_every_choice_by_taps(empty_house):
    """Each button of the page changes its one thing and comes back to the page."""
    anna, _, _, group = await settled_group(empty_house)
    await open_plan(anna, group)
    await anna.tap("office/plan/button/rhythm")
    await anna.tap("office/plan/button/twice")
    await anna.tap("office/plan/button/first")
    await anna.tap("office/plan/button/later")
    await press(anna, f"do:plan-first:{group}:2027-02-02")
    await anna.tap("office/plan/button/time")
    await press(anna, f"do:plan-time:{group}:1110")
    await anna.tap("office/plan/button/second")
    await press(anna, f"do:plan-second:{group}:4")
    await anna.tap("office/plan/button/second-time")
    await press(anna, f"do:plan-second-time:{group}:1020")
    await anna.tap("office/plan/button/minutes")
    await anna.tap("office/group/button/length", n=120)
    await anna.tap("office/plan/button/zone")
    await press(anna, f"do:plan-zone:{group}:Europe/Moscow")
    await anna.tap("office/plan/button/last")
    await anna.tap("office/plan/button/count", n=8)
    await anna.tap("office/plan/button/left-out")
    await press(anna, f"do:plan-left-out:{group}:2027-02-05")
    await press(anna, f"do:plan-left-out:{group}:2027-02-09")
    await press(anna, f"do:plan-left-out:{group}:2027-02-09")
    await anna.tap("office/button/back")
    await anna.tap("office/plan/button/plan", n=7)
    found = await planned(empty_house, group)
    assert {one.zone for one in found} == {"Europe/Moscow"}
    assert walls(found, "Europe/Moscow")[:2] == [("2027-02-02", 1110), ("2027-02-09", 1110)]
    assert {one.ends_at - one.starts_at for one in found} == {120 * 60}
    assert all(len(data.encode()) <= 64 for _, data in anna.guest.buttons())


async def test_a_typed_time_and_a_typed_day_are_taken(empty_house):
    """A line such as 17.45 or a last day stands for a button; anything else is asked again."""
    anna, _, _, group = await settled_group(empty_house)
    await open_plan(anna, group)
    await anna.tap("office/plan/button/time")
    await anna.type("at six")
    assert page_of(anna).startswith(anna.key("office/plan/no-time"))
    await anna.type("17.45")
    await go(anna, "plan-last", group)
    await anna.type("soon")
    assert page_of(anna).startswith(anna.key("office/plan/no-last"))
    await anna.type("2027-02-01")
    await anna.tap("office/plan/button/plan", n=3)
    found = await planned(empty_house, group)
    assert walls(found) == [(f"2027-01-{day}", 17 * 60 + 45) for day in (16, 23, 30)]


@pytest.mark.parametrize(
    ("line", "minute"),
    [
        *(("17:45", 1065), ("17.45", 1065), ("17h45", 1065), ("5:45 pm", 1065), ("12:00 am", 0)),
        *(("9:05", 545), ("24:00", None), ("7:60", None), ("13:00 pm", None), ("1745", None)),
    ],
)
def test_times_that_are_typed(line, minute):
    """A time of day is read as people write it; what is none is none."""
    assert choosing.time_in(line) == minute


async def test_a_double_tap_plans_once(empty_house):
    """The button of a plan that was carried out is outdated, and so is one of an earlier draft."""
    anna, _, guests, group = await settled_group(empty_house)
    await open_plan(anna, group)
    message, old = anna.guest.button(f"do:sessions-planned:{group}")
    await change(anna, group, last=4)
    anna.guest.forge(old, message)
    await empty_house.quiet()
    assert await planned(empty_house, group) == ()
    data = anna.guest.button(f"do:sessions-planned:{group}")[1]
    anna.guest.forge(data)
    anna.guest.forge(data)
    await empty_house.quiet()
    assert len(await planned(empty_house, group)) == 4
    assert [one for one, _ in await outcomes(empty_house)] == ["stale", "done", "stale"]
    assert len(guests[0].texts()) == 1


async def test_next_plan_begins_where_the_last_one_ends(empty_house):
    """After a series the next one begins a week after its last session, at its time."""
    anna, _, _, group = await settled_group(empty_house)
    await plan(anna, group, time=600, last=4)
    await go(anna, "plan", group)
    found = await plan(anna, group, rhythm="once")
    assert walls(found)[-1] == ("2027-02-13", 600)


async def test_first_day_that_has_gone_by_is_refused(empty_house):
    """A day and time before now are never planned; the page says so."""
    anna, _, _, group = await settled_group(empty_house)
    await open_plan(anna, group)
    await change(anna, group, first="2027-01-15", time=480)
    reason = anna.key("office/plan/past", day="Friday, January 15, 2027", time="8:00\u202fAM")
    assert reason in page_of(anna)
    await forge_plan(anna, group)
    assert await planned(empty_house, group) == ()
    assert await outcomes(empty_house) == [("past", str(group))]


async def test_no_day_is_left(empty_house):
    """Where every day is left out, there is nothing to plan."""
    anna, _, _, group = await settled_group(empty_house)
    await open_plan(anna, group)
    await change(anna, group, last=1, left_out="2027-01-16")
    await go(anna, "plan", group)
    assert anna.key("office/plan/no-days") in page_of(anna)
    await forge_plan(anna, group)
    assert await outcomes(empty_house) == [("no-days", str(group))]


async def test_nobody_prepared_leads_it(empty_house):
    """Without a prepared facilitator nothing is planned."""
    anna, _, _, group = await settled_group(empty_house, colleagues=0)
    await unprepare(empty_house, anna.guest.person)
    await open_plan(anna, group)
    assert anna.key("office/plan/no-leader") in page_of(anna)
    await forge_plan(anna, group)
    assert await planned(empty_house, group) == ()
    assert await outcomes(empty_house) == [("no-leader", str(group))]


async def test_two_sign_and_only_one_is_prepared(empty_house):
    """Where two facilitators sign, nothing is planned with fewer than two who are prepared."""
    anna, _, _, group = await settled_group(empty_house, colleagues=0)
    setting = Setting.of(practice_config(Path(), ""), "")
    strict = replace(setting, rules=replace(setting.rules, signers=2))

    def code(tx):
        person, found = people.find(tx, anna.guest.person), groups.find(tx, group)
        plan = draft.of(tx, person, found, NOON, strict)
        return draft.problem(tx, found, plan, NOON, strict).code

    assert await empty_house.store.read(code) == "one-leader"


async def test_another_session_at_the_same_time(empty_house):
    """A group does not meet twice at the same time."""
    anna, _, _, group = await settled_group(empty_house)
    await plan(anna, group, last=4)
    await open_plan(anna, group)
    await change(anna, group, rhythm="once", first="2027-01-23", time=SIX + 30)
    reason = anna.key("office/plan/taken", day="Saturday, January 23, 2027", time="6:30\u202fPM")
    assert reason in page_of(anna)
    await forge_plan(anna, group)
    assert len(await planned(empty_house, group)) == 4


async def test_no_more_than_sixty(empty_house):
    """A last day far away plans sixty sessions, and the page says that these are the most."""
    anna, _, _, group = await settled_group(empty_house)
    await open_plan(anna, group)
    await go(anna, "plan-last", group)
    await anna.type("2029-12-31")
    assert anna.key("office/plan/bounded", n=60) in page_of(anna)
    assert len(page_of(anna)) < 4096
    await anna.tap("office/plan/button/plan", n=60)
    assert len(await planned(empty_house, group)) == 60


@pytest.mark.parametrize(
    "choice",
    [
        *("plan-first:{}:2026-01-01", "plan-first:{}:9999-12-31", "plan-first:{}:never"),
        *("plan-time:{}:1440", "plan-second:{}:7", "plan-minutes:{}:45", "plan-rhythm:{}:daily"),
        *("plan-zone:{}:Mars/Base", "plan-last:{}:0", "plan-last:{}:61", "plan-last:{}:x1"),
        "plan-left-out:{}:2027-01-17",
    ],
)
async def test_choice_that_was_never_offered_changes_nothing(empty_house, choice):
    """A forged choice is refused, on record."""
    anna, _, _, group = await settled_group(empty_house)
    before = await empty_house.domain()
    await forge(anna, "do:" + choice.format(group))
    assert await empty_house.domain() == before
    assert ("tap", "forged", anna.guest.person, "") in await empty_house.audited()


async def test_draft_is_for_one_group(empty_house):
    """What is planned for another group begins anew, with what is usual."""
    anna, _, _, group = await settled_group(empty_house)
    await change(anna, group, time=600)
    other = await make_group(anna, "Thursday 9")
    await change(anna, other, last=4)
    kept = await empty_house.store.read(
        lambda tx: [plans.find(tx, anna.guest.person, one) for one in (group, other)]
    )
    assert kept[0] is None
    assert (kept[1]["minute"], kept[1]["count"]) == (SIX, 4)


async def test_whoever_has_no_phone_is_expected_too(empty_house):
    """A participant without a chat is on the roster and is not written to."""
    anna, _, guests, group = await settled_group(empty_house)
    await forget_phone(empty_house, guests[1].person)
    found = await plan(anna, group, last=4)
    session = await load(empty_house, found[0].id)
    assert guests[1].person in session.checks
    assert guests[1].texts() == []


async def test_whoever_goes_elsewhere_is_told_what_is_theirs_now(empty_house):
    """Moved from one group to another, a participant hears of both once; nobody else hears."""
    anna, _, guests, group = await settled_group(empty_house)
    other = await make_group(anna, "Harbour 8")
    await plan(anna, group, last=4)
    await plan(anna, other, time=SIX + 60, last=2)
    before = [guest.texts() for guest in guests]
    await forge(anna, f"do:participant-move:{guests[0].person}:{group}-{other}")
    at_six = anna.guest.say("time/when", day="Saturday, January 16, 2027", time="6:00\u202fPM")
    at_seven = anna.guest.say("time/when", day="Saturday, January 16, 2027", time="7:00\u202fPM")
    assert guests[0].texts() == [
        *before[0],
        guests[0].say("appointment/cancelled-many", n=4, when=at_six),
        guests[0].say("appointment/new-many", n=2, when=at_seven),
    ]
    assert guests[1].texts() == before[1]


async def test_whoever_is_taken_out_is_told_once(empty_house):
    """One appointment less is said in the words of one; no letter waits for whoever has left."""
    anna, _, guests, group = await settled_group(empty_house)
    await plan(anna, group, rhythm="once")
    before = len(guests[0].texts())
    await forge(anna, f"do:participant-out:{guests[0].person}:{group}")
    when = anna.guest.say("time/when", day="Saturday, January 16, 2027", time="6:00\u202fPM")
    assert guests[0].texts()[before:] == [guests[0].say("appointment/cancelled", when=when)]

    def leave(tx):
        groups.leave(tx, group, guests[1].person)
        tx.db.execute("UPDATE person SET status = 'left' WHERE id = ?", (guests[1].person,))
        planning.follow_group(tx, group, empty_house.now)

    await empty_house.store.transact(leave)
    assert await empty_house.count("outbox", f"person = {guests[1].person}") == 0


async def hold(house, guest, until):
    """Let nothing more reach somebody before then, as where Telegram puts them off."""

    def wait(tx):
        outbox.add(*(tx, guest.person, outbox.Kind.SAY), now=house.now, subject="reply/nothing-now")
        outbox.postpone(tx, guest.person, until)

    await house.store.transact(wait)


async def test_whoever_comes_in_hears_of_what_is_left(empty_house):
    """A session that was cancelled before they heard of it is not counted among theirs."""
    anna, _, guests, group = await settled_group(empty_house)
    other = await make_group(anna, "Harbour 8")
    found = await plan(anna, other, last=3)
    await hold(empty_house, guests[0], empty_house.now + 60)
    await forge(anna, f"do:participant-move:{guests[0].person}:{group}-{other}")
    await forge(anna, f"go:session:{found[0].id}")
    await anna.tap("office/session/button/cancel")
    await press(anna, f"do:session-cancel:{found[0].id}:one-")
    await empty_house.move_to(empty_house.now + 60)
    second = anna.guest.say("time/when", day="Saturday, January 23, 2027", time="6:00\u202fPM")
    assert guests[0].say("appointment/new-many", n=2, when=second) in guests[0].texts()


async def test_whoever_withdrew_consent_is_told_of_no_appointment(empty_house):
    """Without consent nobody hears that a place in a session is theirs, or is no more."""
    anna, _, guests, group = await settled_group(empty_house)
    other = await make_group(anna, "Harbour 8")
    await plan(anna, group, last=2)
    await plan(anna, other, time=SIX + 60, last=2)
    await empty_house.store.transact(lambda tx: arrivals.withdraw_consent(tx, guests[0].person))
    before = guests[0].texts()
    await forge(anna, f"do:participant-move:{guests[0].person}:{group}-{other}")
    assert guests[0].texts() == before


async def test_whoever_leaves_before_it_is_told_hears_nothing_of_it(empty_house):
    """What waits to be told of appointments is let go when somebody leaves meanwhile."""
    anna, _, guests, group = await settled_group(empty_house)
    await plan(anna, group, last=2)
    before = guests[0].texts()
    await hold(empty_house, guests[0], empty_house.now + 60)
    await forge(anna, f"do:participant-out:{guests[0].person}:{group}")
    await empty_house.store.transact(
        lambda tx: arrivals.part(tx, guests[0].person, empty_house.now)
    )
    await empty_house.move_to(empty_house.now + 60)
    assert not [one for one in guests[0].texts()[len(before) :] if "not take place" in one]


async def test_planned_sessions_of_today_are_shown(empty_house):
    """What is planned for today appears under /today."""
    anna, _, _, group = await settled_group(empty_house)
    await plan(anna, group, rhythm="once", first="2027-01-15", time=20 * 60)
    await anna.command("today")
    assert anna.key("board/planned") in anna.page


async def test_group_that_ends_cancels_what_is_planned(empty_house):
    """Ending a group says how many sessions go with it, cancels them, and tells participants."""
    anna, _, guests, group = await settled_group(empty_house)
    found = await plan(anna, group, last=4)
    await go(anna, "group", group)
    await anna.tap("office/group/button/end")
    assert anna.key("office/group/ask-end-planned", n=4) in page_of(anna)
    await anna.tap("office/group/button/end-now")
    states = [(await load(empty_house, one.id)).state for one in found]
    assert states == [SessionState.CANCELLED] * 4
    assert await empty_house.count("reminder") == 0
    assert await empty_house.count("timer") == 0
    when = anna.guest.say("time/when", day="Saturday, January 16, 2027", time="6:00\u202fPM")
    assert guests[0].texts()[-1] == guests[0].say("appointment/cancelled-many", n=4, when=when)
    assert len(guests[0].texts()) == 2


async def test_group_stays_while_others_lead_its_sessions(empty_house):
    """Whoever leads none of the planned sessions can't end the group and them with it."""
    anna, (bernd,), _, group = await settled_group(empty_house)
    await plan(anna, group, last=4)
    await unprepare(empty_house, bernd.guest.person)
    await forge(bernd, f"do:group-end:{group}:-")
    assert len(await planned(empty_house, group)) == 4
    assert (await empty_house.store.read(lambda tx: groups.find(tx, group))).ended_at is None
    assert ("group-end", "planned", bernd.guest.person, str(group)) in await empty_house.audited()


@pytest.mark.parametrize("who", ["facilitator", "coordinator"])
async def test_others_plan_nothing(empty_house, who):
    """Nobody but its facilitators comes to a group's sessions, its plan, or any act of it."""
    anna, _, _, group = await settled_group(empty_house)
    await open_plan(anna, group)
    data = anna.guest.button(f"do:sessions-planned:{group}")[1]
    if who == "facilitator":
        other = await enrol_facilitator(empty_house, 102, "Doris")
    else:
        other = Desk(empty_house, await enrol_coordinator(empty_house))
    before = await empty_house.domain()
    tries = (f"go:sessions:{group}", f"go:plan:{group}", f"go:plan-first:{group * 100}", data)
    for one in tries:
        await forge(other, one)
    assert await empty_house.domain() == before
    told = [
        outcome
        for _, outcome, actor, _ in await empty_house.audited()
        if actor == other.guest.person
    ]
    assert told == ["forged"] * len(tries)


async def test_series_is_in_its_order(empty_house):
    """Only the group's own sessions count as those that follow."""
    anna, _, _, group = await settled_group(empty_house)
    found = await plan(anna, group, last=4)
    after = await empty_house.store.read(
        lambda tx: ahead.following(tx, found[1], anna.guest.person)
    )
    assert [one.id for one in after] == [one.id for one in found[1:]]
    assert found[0].starts_at == at("2027-01-16", 18)


async def test_a_group_with_very_many_sessions_still_has_a_page(empty_house):
    """Its page lists the next ones and says how many more there are; more can be planned."""
    anna, _, _, group = await settled_group(empty_house)
    for minute in (8 * 60, 11 * 60, 14 * 60):
        await plan(anna, group, time=minute, rhythm="weekly", last=60)
    await anna.command("groups")
    await go(anna, "group", group)
    await go(anna, "sessions", group)
    assert page_of(anna).startswith(anna.key("office/sessions/title", name="Harbour 7"))
    assert page_of(anna).endswith(anna.key("home/appointments/more", n=140))
