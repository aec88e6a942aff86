"""Moving and cancelling what is planned: one or all that follow, all or nothing, told once."""

import pytest

from flows.model import CheckState, SessionState
from storage import outbox
from tests.bot.office.conftest import Desk, enrol_coordinator
from tests.bot.office.grouping import (
    enrol_facilitator,
    forge,
    go,
    lead_session_group,
    make_group,
    press,
)
from tests.bot.office.scheduling import (
    at,
    find,
    load,
    page_of,
    plan,
    planned,
    reminders_of,
    settled_group,
    target,
    walls,
)

SIX, SEVEN = 18 * 60, 19 * 60
SATURDAYS = ("2027-01-16", "2027-01-23", "2027-01-30", "2027-02-06")


@pytest.fixture
async def planned_series(empty_house):
    """Have four Saturdays planned at six, and everybody told."""
    anna, others, guests, group = await settled_group(empty_house)
    found = await plan(anna, group, last=4)
    return anna, others[0], guests, group, found


def when(guest, day, time):
    return guest.say("time/when", day=day, time=time)


async def tap_move(desk, session, day, minute, which):
    """Choose another day and time on the pages, and whether it is for one or for all."""
    await go(desk, "session", session)
    await desk.tap("office/session/button/move")
    await press(desk, f"go:session-time:{target(session, day, 0)}")
    await press(desk, f"go:session-move:{target(session, day, minute)}")
    await press(desk, f"do:session-move:{target(session, day, minute)}:{which}-")


async def test_page_of_a_session(planned_series):
    """The page says what it is, when, who leads it and who is expected or can't come."""
    anna, _, guests, _, found = planned_series
    house = anna.house
    guests[0].forge(f"cant:{found[1].id}:1")
    await house.quiet()
    await go(anna, "session", found[1].id)
    text = await page_of(anna)
    assert text.startswith("Harbour 7\n")
    assert when(anna.guest, "Saturday, January 23, 2027", "6:00\u202fPM") in text
    assert anna.key("office/group/led", names="Anna and B0") in text
    absent = anna.key("board/state/absent-planned")
    assert anna.key("board/row", who="P0", state=absent) in text
    assert anna.key("board/row", who="P1", state=anna.key("board/state/waiting-planned")) in text
    await anna.tap("office/session/button/board")
    assert anna.key("board/row", who="P0", state=absent) in anna.page


async def test_moving_one(planned_series):
    """One session moves, with a new schedule and reminders; the others stay."""
    anna, bernd, guests, group, found = planned_series
    guests[0].forge(f"cant:{found[1].id}:1")
    await anna.house.quiet()
    before = [len(guest.texts()) for guest in guests]
    await tap_move(anna, found[1].id, "2027-01-24", SEVEN, "one")
    after = await planned(anna.house, group)
    assert walls(after) == [
        *((SATURDAYS[0], SIX), ("2027-01-24", SEVEN), (SATURDAYS[2], SIX), (SATURDAYS[3], SIX))
    ]
    session = await load(anna.house, found[1].id)
    assert (session.schedule, session.ends_at - session.starts_at) == (2, 90 * 60)
    assert {check.state for check in session.checks.values()} == {CheckState.WAITING}
    assert set(await reminders_of(anna.house, found[1].id)) == {2}
    assert (await find(anna.house, found[1].id)).uid == found[1].uid
    old = when(anna.guest, "Saturday, January 23, 2027", "6:00\u202fPM")
    new = when(anna.guest, "Sunday, January 24, 2027", "7:00\u202fPM")
    for guest, count in zip(guests, before, strict=True):
        # Who had said that they can't come is told too.
        assert guest.texts()[count:] == [guest.say("appointment/moved", before=old, when=new)]
    ring = bernd.guest.say("ring/moved", name="Harbour 7", before=old, when=new)
    assert bernd.guest.texts().count(ring) == 1
    assert ring not in anna.guest.texts()
    assert (await page_of(anna)).startswith(anna.key("office/session/moved", n=1))


async def test_moving_all_that_follow(planned_series):
    """The rest of a series moves by as many days to the new time; each person is told once."""
    anna, bernd, guests, group, found = planned_series
    before = [len(guest.texts()) for guest in guests]
    await tap_move(anna, found[1].id, "2027-01-26", SEVEN, "all")
    after = await planned(anna.house, group)
    days = (SATURDAYS[0], "2027-01-26", "2027-02-02", "2027-02-09")
    assert walls(after) == list(zip(days, (SIX, SEVEN, SEVEN, SEVEN), strict=True))
    new = when(anna.guest, "Tuesday, January 26, 2027", "7:00\u202fPM")
    for guest, count in zip(guests, before, strict=True):
        assert guest.texts()[count:] == [guest.say("appointment/moved-many", n=3, when=new)]
    ring = bernd.guest.say("ring/moved-many", n=3, name="Harbour 7", when=new)
    assert bernd.guest.texts().count(ring) == 1


async def test_moving_keeps_the_wall_time_across_a_change(empty_house):
    """What follows keeps its new time of day on both sides of a change of the clocks."""
    anna, _, _, group = await settled_group(empty_house)
    found = await plan(anna, group, first="2027-03-20", last=3)
    number = target(found[0].id, "2027-03-21", SEVEN)
    await reach(anna, found[0].id, number)
    await press(anna, f"do:session-move:{number}:all-")
    after = await planned(empty_house, group)
    assert walls(after) == [(f"2027-{day}", SEVEN) for day in ("03-21", "03-28", "04-04")]


async def reach(desk, session, number):
    """Come to the last question of a move, as buttons of pages further on do."""
    await go(desk, "session", session)
    await forge(desk, f"go:session-move:{number}")


async def test_time_that_one_of_them_can_not_have_moves_none(empty_house):
    """Where clocks skip the time on one of the days, all stay, and the reason is told."""
    anna, _, guests, group = await settled_group(empty_house)
    found = await plan(anna, group, first="2027-03-21", last=3)
    before = await empty_house.domain()
    told = len(guests[0].texts())
    number = target(found[0].id, "2027-03-21", 150)
    await reach(anna, found[0].id, number)
    reason = anna.key(
        "office/plan/no-such-time",
        day="Sunday, March 28, 2027",
        since="2:00\u202fAM",
        until="3:00\u202fAM",
        time="2:30\u202fAM",
    )
    assert anna.key("office/session/not-all", reason=reason) in (await page_of(anna))
    assert anna.key("office/session/button/one") in anna.buttons()
    assert anna.key("office/session/button/all", n=3) not in anna.buttons()
    await forge(anna, f"do:session-move:{number}:all-3-3")
    assert {**await empty_house.domain(), "page": []} == {**before, "page": []}
    assert len(guests[0].texts()) == told
    rows = [(k, o) for k, o, _, _ in await empty_house.audited() if k == "session-move"]
    assert rows == [("session-move", "no-such-time")]


@pytest.mark.parametrize(
    ("day", "minute", "code"),
    [
        ("2027-01-15", 480, "past"),
        ("2027-01-23", SIX + 60, "taken"),
        ("2027-01-16", SIX, "same-time"),
    ],
)
async def test_time_that_can_not_be_had(planned_series, day, minute, code):
    """Nothing moves into the past, onto another session of the group, or where it stands."""
    anna, _, _, group, found = planned_series
    number = target(found[0].id, day, minute)
    await reach(anna, found[0].id, number)
    assert anna.key("office/session/button/one") not in anna.buttons()
    await forge(anna, f"do:session-move:{number}:one-1-1")
    assert walls(await planned(anna.house, group)) == [(one, SIX) for one in SATURDAYS]
    rows = [(k, o) for k, o, _, _ in await anna.house.audited() if k == "session-move"]
    assert rows == [("session-move", code)]


async def test_other_day_of_a_series_stays(empty_house):
    """Of a series that meets twice a week only the same day's sessions follow a move."""
    anna, _, _, group = await settled_group(empty_house)
    choices = {"rhythm": "twice", "first": "2027-01-19", "second": 3, "second_time": 600}
    found = await plan(anna, group, **choices, last=6)
    number = target(found[0].id, "2027-01-20", SEVEN)
    await reach(anna, found[0].id, number)
    await press(anna, f"do:session-move:{number}:all-")
    days = ("01-20", "01-21", "01-27", "01-28", "02-03", "02-04")
    times = (SEVEN, 600) * 3
    expected = [(f"2027-{day}", minute) for day, minute in zip(days, times, strict=True)]
    assert walls(await planned(empty_house, group)) == expected


async def test_typed_time_moves(planned_series):
    """A line such as 17:45 stands for a button of the page of times."""
    anna, _, _, _, found = planned_series
    await go(anna, "session", found[3].id)
    await anna.tap("office/session/button/move")
    await press(anna, f"go:session-time:{target(found[3].id, '2027-01-28', 0)}")
    await anna.type("late")
    assert (await page_of(anna)).startswith(anna.key("office/plan/no-time"))
    await anna.type("17:45")
    await press(anna, f"do:session-move:{target(found[3].id, '2027-01-28', 1065)}:one-")
    assert walls([await find(anna.house, found[3].id)]) == [("2027-01-28", 1065)]


async def test_a_double_tap_moves_once(planned_series):
    """The button of a move that was made is outdated: nobody is told twice."""
    anna, _, guests, _, found = planned_series
    number = target(found[0].id, "2027-01-17", SEVEN)
    await reach(anna, found[0].id, number)
    told = len(guests[0].texts())
    data = anna.guest.button(f"do:session-move:{number}:all-")[1]
    assert len(data.encode()) <= 64
    anna.guest.forge(data)
    anna.guest.forge(data)
    await anna.house.quiet()
    assert (await load(anna.house, found[0].id)).schedule == 2
    assert len(guests[0].texts()) == told + 1
    rows = [o for k, o, _, _ in await anna.house.audited() if k == "session-move"]
    assert rows == ["stale"]


async def test_session_in_its_checks_moves_alone(house):
    """A session whose checks run can have another time: its checks begin anew then."""
    await lead_session_group(house)
    anna = Desk(house, house.anna)
    await house.started()
    number = target(house.session_id, "2027-01-20", SEVEN)
    await anna.command("week")
    await forge(anna, f"go:session:{house.session_id}")
    await forge(anna, f"go:session-move:{number}")
    await press(anna, f"do:session-move:{number}:one-")
    session = await house.session()
    assert (session.state, session.schedule) == (SessionState.PLANNED, 2)
    assert session.starts_at == at("2027-01-20", 19)
    assert {check.state for check in session.checks.values()} == {CheckState.WAITING}
    assert house.h7.say("place/waiting") in house.h7.texts()
    await forge(anna, f"do:session-cancel:{house.session_id}:one-2-1")
    assert (await house.session()).state is SessionState.CANCELLED


async def test_running_session_is_neither_moved_nor_cancelled(house):
    """An open session is ended on its board, not here."""
    await lead_session_group(house)
    await house.opened()
    anna = Desk(house, house.anna)
    before = await house.session()
    number = target(house.session_id, "2027-01-20", SEVEN)
    await forge(anna, f"do:session-move:{number}:one-1-1")
    await forge(anna, f"do:session-cancel:{house.session_id}:one-1-1")
    assert await house.session() == before


# Cancelling


async def test_cancelling_one(planned_series):
    """Cancelling is asked once; then the session is off, and nothing of it is left to come."""
    anna, bernd, guests, group, found = planned_series
    guests[0].forge(f"cant:{found[1].id}:1")
    await anna.house.quiet()
    await bernd.command("today")
    before = [len(guest.texts()) for guest in guests]
    await go(anna, "session", found[1].id)
    await anna.tap("office/session/button/cancel")
    assert (await load(anna.house, found[1].id)).state is SessionState.PLANNED
    await anna.tap("office/session/button/one")
    assert (await load(anna.house, found[1].id)).state is SessionState.CANCELLED
    assert len(await planned(anna.house, group)) == 3
    assert await reminders_of(anna.house, found[1].id) == []
    assert await anna.house.count("timer", f"session = {found[1].id}") == 0
    day = when(anna.guest, "Saturday, January 23, 2027", "6:00\u202fPM")
    for guest, count in zip(guests, before, strict=True):
        assert guest.texts()[count:] == [guest.say("appointment/cancelled", when=day)]
    assert bernd.guest.say("ring/cancelled", name="Harbour 7", when=day) in bernd.guest.texts()
    page = await page_of(anna)
    assert page.startswith(anna.key("office/session/cancelled", n=1))
    assert "P0" not in page
    assert "P1" not in page


async def test_cancelling_all_that_follow(planned_series):
    """What is before stays; the rest is off, and each person is told once."""
    anna, bernd, guests, group, found = planned_series
    before = [len(guest.texts()) for guest in guests]
    await go(anna, "session", found[1].id)
    await anna.tap("office/session/button/cancel")
    data = anna.guest.button(f"do:session-cancel:{found[1].id}:all-")[1]
    anna.guest.forge(data)
    anna.guest.forge(data)
    await anna.house.quiet()
    assert [one.id for one in await planned(anna.house, group)] == [found[0].id]
    day = when(anna.guest, "Saturday, January 23, 2027", "6:00\u202fPM")
    for guest, count in zip(guests, before, strict=True):
        assert guest.texts()[count:] == [guest.say("appointment/cancelled-many", n=3, when=day)]
    ring = bernd.guest.say("ring/cancelled-many", n=3, name="Harbour 7", when=day)
    assert bernd.guest.texts().count(ring) == 1
    rows = [o for k, o, _, _ in await anna.house.audited() if k.startswith("session-cancel")]
    assert rows == ["done"] * 3 + ["stale"]


async def test_board_of_a_cancelled_session_says_so(planned_series):
    """A board that stands on a phone is drawn anew when its session is cancelled: for nobody."""
    anna, bernd, _, _, found = planned_series
    bernd.guest.forge(f"board:{found[0].id}")
    await anna.house.quiet()
    assert bernd.key("board/planned") in bernd.page
    await go(anna, "session", found[0].id)
    await anna.tap("office/session/button/cancel")
    await anna.tap("office/session/button/one")
    boards = [text for text in bernd.guest.texts() if bernd.key("board/cancelled") in text]
    assert len(boards) == 1
    assert "P0" not in boards[0]


async def test_what_was_to_be_told_is_told_as_it_is_now(planned_series):
    """A reminder on its way to somebody says nothing of a session that was cancelled meanwhile."""
    anna, _, guests, _, found = planned_series
    said = len(guests[0].texts())
    params = {"schedule": 1}

    def remind(tx):
        outbox.add(
            *(tx, guests[0].person, outbox.Kind.SAY),
            now=anna.house.clock.now(),
            session=found[0].id,
            subject="reminder/coming",
            params=params,
        )

    await go(anna, "session", found[0].id)
    await anna.tap("office/session/button/cancel")
    await anna.tap("office/session/button/one")
    await anna.house.store.transact(remind)
    await anna.house.wake()
    assert len(guests[0].texts()) == said + 1


async def hold(house, guest, until):
    """Let nothing more reach somebody before then, as where Telegram puts them off."""

    def wait(tx):
        outbox.add(*(tx, guest.person, outbox.Kind.SAY), now=house.now, subject="reply/nothing-now")
        outbox.postpone(tx, guest.person, until)

    await house.store.transact(wait)


async def cancel_first(desk, session, which="one"):
    """Cancel a session, or it and all that follow."""
    await forge(desk, f"go:session:{session}")
    await desk.tap("office/session/button/cancel")
    await press(desk, f"do:session-cancel:{session}:{which}-")


@pytest.mark.parametrize("how", ["cancelled", "begun"])
async def test_of_several_what_is_left_is_told(empty_house, how):
    """A letter about a series tells of those that are still to come, beginning with the next."""
    anna, _, guests, group = await settled_group(empty_house)
    guest, first = guests[0], at(SATURDAYS[0], 18)
    until = empty_house.now + 60 if how == "cancelled" else first + 60
    await hold(empty_house, guest, until)
    found = await plan(anna, group, last=4)
    if how == "cancelled":
        await cancel_first(anna, found[0].id)
    await empty_house.move_to(until)
    second = when(guest, "Saturday, January 23, 2027", "6:00\u202fPM")
    assert guest.say("appointment/new-many", n=3, when=second) in guest.texts()


async def test_of_several_one_is_left(empty_house):
    """Where one appointment of a series is left, it is told in the words of one."""
    anna, _, guests, group = await settled_group(empty_house)
    await hold(empty_house, guests[0], empty_house.now + 60)
    found = await plan(anna, group, last=2)
    await cancel_first(anna, found[0].id)
    await empty_house.move_to(empty_house.now + 60)
    second = when(guests[0], "Saturday, January 23, 2027", "6:00\u202fPM")
    assert guests[0].say("appointment/new", when=second) in guests[0].texts()


async def test_of_several_none_is_left(empty_house):
    """Nothing is said of new appointments that were all cancelled meanwhile, but that they were."""
    anna, _, guests, group = await settled_group(empty_house)
    await hold(empty_house, guests[0], empty_house.now + 60)
    found = await plan(anna, group, last=2)
    await cancel_first(anna, found[0].id, "all")
    await empty_house.move_to(empty_house.now + 60)
    first = when(guests[0], "Saturday, January 16, 2027", "6:00\u202fPM")
    assert guests[0].texts()[1:] == [guests[0].say("appointment/cancelled-many", n=2, when=first)]


async def test_of_several_that_moved_the_rest_is_told(planned_series):
    """Those that have other times are told without one that was cancelled meanwhile."""
    anna, _, guests, _, found = planned_series
    await hold(anna.house, guests[0], anna.house.now + 60)
    await tap_move(anna, found[1].id, "2027-01-26", SEVEN, "all")
    await cancel_first(anna, found[1].id)
    await anna.house.move_to(anna.house.now + 60)
    new = when(guests[0], "Tuesday, February 2, 2027", "7:00\u202fPM")
    assert guests[0].say("appointment/moved-many", n=2, when=new) in guests[0].texts()


# Whose session it is


@pytest.mark.parametrize("who", ["facilitator", "coordinator", "participant"])
async def test_others_come_to_no_session(planned_series, who):
    """Whoever does not lead a session comes to none of its pages, and does nothing to it."""
    anna, _, guests, _, found = planned_series
    house = anna.house
    if who == "participant":
        other = Desk(house, guests[0])
    elif who == "facilitator":
        other = await enrol_facilitator(house, 102, "Doris")
        await make_group(other)
    else:
        other = Desk(house, await enrol_coordinator(house))
    session, number = found[0].id, target(found[0].id, "2027-01-20", SEVEN)
    before = await house.domain()
    since = len(await house.audited())
    tries = (
        f"go:session:{session}",
        f"go:session-cancel:{session}",
        *(f"go:{page}:{number}" for page in ("session-day", "session-time", "session-move")),
        *(f"do:session-move:{number}:{which}" for which in ("one-1-1", "all-4-4")),
        *(f"do:session-cancel:{session}:{which}" for which in ("one-1-1", "all-4-4")),
    )
    for one in tries:
        other.guest.forge(one)
    await house.quiet()
    assert await house.domain() == before
    told = [outcome for _, outcome, _, _ in (await house.audited())[since:]]
    assert told == ["forged"] * len(tries)
    assert "Harbour 7" not in str(other.guest.messages())


async def test_facilitator_taken_out_comes_to_it_no_more(planned_series):
    """A right to a session ends with the facilitator's part in it."""
    _, bernd, _, _, found = planned_series

    def remove(tx):
        tx.db.execute(
            "UPDATE session_facilitator SET active = 0 WHERE person = ?", (bernd.guest.person,)
        )

    await bernd.house.store.transact(remove)
    await forge(bernd, f"do:session-cancel:{found[0].id}:one-1-1")
    assert (await load(bernd.house, found[0].id)).state is SessionState.PLANNED
    assert (await bernd.house.audited())[-1][1] == "forged"


async def test_who_can_not_come_is_known_before(planned_series):
    """The facilitators are rung with day and time when a participant can't come."""
    anna, bernd, guests, _, found = planned_series
    guests[1].forge(f"cant:{found[0].id}:1")
    await anna.house.quiet()
    day = when(anna.guest, "Saturday, January 16, 2027", "6:00\u202fPM")
    ring = bernd.guest.say("ring/cant-come", who="P1", name="Harbour 7", when=day)
    assert ring in bernd.guest.texts()
