"""What somebody has ahead: the list, whether they come, their reminders, the calendar file."""

import pytest
from icalendar import Calendar

from bot.home import home as screens
from bot.language.words import words
from bot.setting import Setting
from flows import events as e
from flows.model import Agreement, CheckState
from flows.reminders import ReminderRule
from storage import people, reminders
from tests.bot.conftest import ZONE, Guest
from tests.bot.home.ahead import (
    DAY,
    FAR,
    HOUR,
    LENGTH,
    cancelled,
    happen,
    moved,
    planned,
    seen,
    when,
)
from tests.bot.home.conftest import Home, invite
from tests.honest import END, NOON, START

P = "home/appointments"


@pytest.fixture
async def h7(house):
    return Home(house, house.h7)


def day(at):
    return words("en", ZONE).day(at)


def lines(home):
    return home.screen.split("\n")


async def open_all(home):
    await home.type("/appointments")


async def open_one(home, at=FAR):
    await open_all(home)
    await home.tap(day(at))


async def rows_of(house, person):
    def read(tx):
        found = tx.db.execute('SELECT "offset" FROM reminder WHERE person = ?', (person,))
        return sorted(row["offset"] for row in found)

    return await house.store.read(read)


# The list


async def test_what_is_ahead(house, h7):
    """The list says days and times in their order, and nothing of what they are."""
    await planned(house)
    await open_all(h7)
    assert lines(h7) == [
        h7.say(f"{P}/title"),
        h7.say(f"{P}/coming", when=when(START)),
        h7.say(f"{P}/coming", when=when(FAR)),
    ]
    rest = [h7.say(f"{P}/button/{act}") for act in ("reminders", "calendar", "close")]
    assert h7.buttons() == [day(START), day(FAR), *rest]


async def test_nothing_ahead(house, h7):
    """Whoever has nothing ahead reads so, and is offered no calendar file."""
    await house.move_to(START)
    await open_all(h7)
    assert h7.screen == h7.say(f"{P}/none")
    assert h7.buttons() == [h7.say(f"{P}/button/{act}") for act in ("reminders", "close")]


async def test_many(house, h7):
    """Ten are listed, the others counted; two on one day are told apart by the time."""
    for number in range(11):
        await planned(house, FAR + number * DAY)
    await planned(house, FAR + 3 * HOUR)
    await open_all(h7)
    assert len(lines(h7)) == 12
    assert lines(h7)[-1] == h7.say(f"{P}/more", n=3)
    say = words("en", ZONE)
    twice = [say.say("time/when", day=day(at), time=say.time(at)) for at in (FAR, FAR + 3 * HOUR)]
    assert h7.buttons()[1:3] == twice


async def test_reading_it_changes_nothing_else(house, h7):
    """Looking through everything keeps a page and no more, and is no act on record."""
    await planned(house)
    before, record = await house.domain(), await house.audited()
    await open_one(h7)
    await h7.tap(h7.say(f"{P}/button/back"))
    for act in ("reminders", "calendar"):
        await h7.tap(h7.say(f"{P}/button/{act}"))
        await h7.tap(h7.say(f"{P}/button/back"))
    assert h7.screen.startswith(h7.say(f"{P}/title"))
    await h7.tap(h7.say(f"{P}/button/close"))
    assert h7.guest.texts() == []
    assert await house.domain() == before
    assert await house.audited() == record


async def test_others_see_their_own_alone(house, h7):
    """What only another participant has ahead is on nobody else's list, and opens for nobody."""
    session = await planned(house, people=[house.people[1]])
    await open_all(h7)
    assert h7.say(f"{P}/coming", when=when(FAR)) not in lines(h7)
    before = await house.domain()
    h7.guest.forge(f"home:appointments:open:{session}")
    assert await h7.guest.toast(0) == h7.say("refusal/stale")
    house.anna.forge(f"home:appointments:open:{session}")
    assert await house.anna.toast(0) == house.anna.say("refusal/forged")
    await house.quiet()
    assert await house.domain() == before


async def test_who_has_no_such_list(empty_house):
    """Staff have another one, and whoever has not agreed to everything yet has none."""
    await empty_house.move_in()
    newcomer = await invite(empty_house)
    await newcomer.open_invitation()
    await newcomer.type("/appointments")
    assert newcomer.say("reply/nobody-reads", contacts="112\n116 123") in newcomer.guest.texts()
    anna = Home(empty_house, empty_house.anna)
    await anna.type("/appointments")
    assert anna.screen == anna.say("reply/no-such-command")


def standing(home):
    """Return the question of a session, as it stands on the phone."""
    (found,) = (m for m in home.guest.messages() if "answer:" in str(m["keyboard"]))
    return found["message_id"], found["text"], found["keyboard"]


async def test_never_while_a_session_runs(house, h7):
    """Once an appointment is under way nothing of it is shown or done; its screens stay alone."""
    session = await planned(house)
    await open_one(h7)
    await house.started()
    place = standing(h7)
    h7.guest.tap("home:appointments:back")
    assert await h7.guest.toast(0) == h7.say("refusal/not-now")
    await h7.type("/appointments")
    assert h7.screen == h7.say("home/language/later")
    assert standing(h7) == place
    h7.guest.forge(f"home:appointments:open:{session}")
    h7.guest.forge("home:appointments:off:3600")
    assert await h7.guest.toast(2) == h7.say("refusal/not-now")
    await house.quiet()
    assert standing(h7) == place
    assert await house.count("unwanted_reminder") == 0


async def test_question_comes_before_it(house, h7):
    """A question that waits is put aside on request, and comes back; a new one comes first."""

    def raise_one(tx):
        people.raise_agreement(tx, Agreement.CONSENT)

    def drawn(tx):
        found = people.find(tx, h7.person)
        return screens.draw(tx, found, house.clock.now(), Setting(zone=ZONE)).text

    await open_all(h7)
    await house.store.transact(raise_one)
    assert await house.store.read(drawn) == h7.say("home/arrival/cover")
    await open_all(h7)
    assert lines(h7)[0] == h7.say(f"{P}/title")
    await h7.tap(h7.say(f"{P}/button/close"))
    assert h7.screen == h7.say("home/arrival/cover")


# Whether they come


async def test_who_cannot_come(house, h7):
    """It is noted, the facilitators and their board hear it, and the page offers the way back."""
    session = await planned(house)
    house.anna.phone.type("/now")
    house.anna.forge(f"board:{session}")
    await house.quiet()
    await open_one(h7)
    assert h7.screen == h7.say("reminder/coming", when=when(FAR))
    await h7.tap(h7.say("reminder/button/cant-come"))
    noted = h7.say("reminder/absence-kept", when=when(FAR))
    assert h7.guest.texts() == [noted, noted]
    back = h7.say("reminder/button/can-come")
    assert h7.buttons() == [back, h7.say(f"{P}/button/back"), back]
    assert (await seen(house, session)).checks[h7.person].state is CheckState.ABSENT
    rung = house.anna.say("ring/cant-come", who="P0", name="Tuesday", when=when(FAR))
    for guest in (house.anna, house.bernd):
        assert rung in guest.texts()
    board = next(text for text in house.anna.texts() if "P1" in text)
    assert house.anna.say("board/state/absent-planned", who="P0") in board
    assert await rows_of(house, h7.person) == []
    assert len(await rows_of(house, house.people[1])) == 3
    await h7.tap(h7.say(f"{P}/button/back"))
    # The page stands above what was said last.
    assert h7.say(f"{P}/absent", when=when(FAR)) in h7.guest.texts()[0]


async def test_who_can_come_after_all(house, h7):
    """One tap under the message takes it back: expected again, told again, reminded again."""
    session = await planned(house)
    await open_one(h7)
    await h7.tap(h7.say("reminder/button/cant-come"))
    await h7.tap(h7.say("reminder/button/can-come"))
    assert h7.screen == h7.say("reminder/absence-taken-back", when=when(FAR))
    assert h7.guest.texts()[0] == h7.say("reminder/coming", when=when(FAR))
    assert (await seen(house, session)).checks[h7.person].state is CheckState.WAITING
    rung = house.anna.say("ring/can-come", who="P0", name="Tuesday", when=when(FAR))
    assert rung in house.anna.texts()
    assert len(await rows_of(house, h7.person)) == 3
    kinds = [(kind, outcome) for kind, outcome, actor, _ in await house.audited() if actor]
    assert kinds[-2:] == [("absence-announced", "done"), ("absence-taken-back", "done")]


@pytest.mark.parametrize("verb", ["cant", "can"])
async def test_double_tap(house, h7, verb):
    """The second tap is answered that it is noted already; nobody is told twice."""
    session = await planned(house)
    if verb == "can":
        h7.guest.forge(f"cant:{session}:1")
        await house.quiet()
    for _ in range(2):
        h7.guest.forge(f"{verb}:{session}:1")
    await house.quiet()
    assert h7.guest.toasts()[-1] == h7.say("refusal/repeated")
    rung = house.anna.say(f"ring/{verb}-come", who="P0", name="Tuesday", when=when(FAR))
    assert house.anna.texts().count(rung) == 1


async def begun(house, session):
    await house.move_to(FAR - 20 * 60)
    await happen(house, session, e.ChecksStarted(house.staff[0]))


async def over(house, session):
    await house.move_to(FAR + LENGTH + DAY)


async def moved_on(house, session):
    await moved(house, session, FAR + DAY)


@pytest.mark.parametrize("verb", ["cant", "can"])
@pytest.mark.parametrize("change", [moved_on, cancelled, begun, over])
async def test_outdated_button(house, h7, change, verb):
    """A button of a session that changed meanwhile changes nothing, and shows how it stands."""
    session = await planned(house)
    if verb == "can":
        h7.guest.forge(f"cant:{session}:1")
        await house.quiet()
    await change(house, session)
    before = await seen(house, session)
    toasts, told = len(h7.guest.toasts()), len(house.anna.texts())
    h7.guest.forge(f"{verb}:{session}:1")
    assert await h7.guest.toast(toasts) == h7.say("refusal/stale")
    await house.quiet()
    assert await seen(house, session) == before
    assert len(house.anna.texts()) == told
    if change is moved_on:
        assert h7.say(f"{P}/coming", when=when(FAR + DAY)) in lines(h7)
    elif change is begun:
        assert h7.say(f"{P}/title") not in h7.screen
    else:
        assert when(FAR) not in h7.screen


async def test_button_of_somebody_else(house, h7):
    """Whoever is not expected at a session can't say that they don't come to it."""
    session = await planned(house, people=[house.people[1]])
    before = await house.domain()
    for number, verb in enumerate(("cant", "can")):
        h7.guest.forge(f"{verb}:{session}:1")
        assert await h7.guest.toast(number) == h7.say("refusal/not-participant")
    await house.quiet()
    assert await house.domain() == before


async def test_page_of_one_that_is_gone(house, h7):
    """What was cancelled while its date stood on the phone shows the others instead."""
    session = await planned(house)
    await open_all(h7)
    await cancelled(house, session)
    await h7.tap(day(FAR))
    assert h7.guest.toasts()[-1] == h7.say("refusal/stale")
    assert lines(h7) == [h7.say(f"{P}/title"), h7.say(f"{P}/coming", when=when(START))]


# Reminders


async def test_choosing_reminders(house, h7):
    """The page says which come; a tap takes one away or brings it back, and double taps are one."""
    await planned(house)
    await open_all(h7)
    await h7.tap(h7.say(f"{P}/button/reminders"))
    week, a_day, hour = ("1 week", "1 day", "1 hour")
    assert h7.screen == h7.say(f"{P}/reminded", names="1 week, 1 day, and 1 hour")
    before = [h7.say(f"{P}/button/before", span=span) for span in (week, a_day, hour)]
    assert h7.buttons()[:3] == [f"☑ {text}" for text in before]
    message, data = h7.guest.button(f"home:appointments:off:{DAY}")
    for _ in range(2):
        h7.guest.phone.tap(message, data)
    await house.quiet()
    assert h7.guest.toasts()[-1] == h7.say("refusal/repeated")
    assert h7.screen == h7.say(f"{P}/reminded", names="1 week and 1 hour")
    assert h7.buttons()[1] == f"☐ {before[1]}"
    assert await rows_of(house, h7.person) == [HOUR, 7 * DAY]
    assert len(await rows_of(house, house.people[1])) == 3
    for offset in (7 * DAY, HOUR):
        h7.guest.tap(f"home:appointments:off:{offset}")
        await house.quiet()
    assert h7.screen == h7.say(f"{P}/not-reminded")
    assert await rows_of(house, h7.person) == []
    await h7.tap(f"☐ {before[1]}")
    assert h7.screen == h7.say(f"{P}/reminded", names="1 day")
    assert await rows_of(house, h7.person) == [DAY]
    acts = [row for row in await house.audited() if row[0] == "reminders"]
    assert [row[1::2] for row in acts] == [
        *(("done", "off"), ("repeated", ""), ("done", "off"), ("done", "off"), ("done", "on")),
    ]


async def test_reminder_that_the_programme_has_not(house, h7):
    """A button for an offset that the programme gave up does nothing; one for rubbish is forged."""
    await open_all(h7)
    before = await house.domain()
    for number, (choice, code) in enumerate(((7200, "stale"), ("x", "forged"), ("-", "forged"))):
        h7.guest.forge(f"home:appointments:off:{choice}")
        assert await h7.guest.toast(number) == h7.say(f"refusal/{code}")
    await house.quiet()
    assert await house.domain() == before


async def test_no_reminders_at_all(house, h7):
    """Where the programme reminds nobody, nobody is asked about it."""
    none = ReminderRule(offsets=())
    await house.store.transact(lambda tx: reminders.set_rule(tx, none, NOON))
    await open_all(h7)
    assert h7.say(f"{P}/button/reminders") not in h7.buttons()


async def test_six_reminders(house, h7):
    """Six offsets are six buttons and six reminders, each in the largest unit that fits."""
    six = ReminderRule(offsets=(8 * DAY, 7 * DAY, 2 * DAY, DAY, 90 * 60, HOUR))
    await house.store.transact(lambda tx: reminders.set_rule(tx, six, NOON))
    await planned(house)
    assert len(await rows_of(house, h7.person)) == 6
    await open_all(h7)
    await h7.tap(h7.say(f"{P}/button/reminders"))
    spans = ("8 days", "1 week", "2 days", "1 day", "90 minutes", "1 hour")
    assert h7.buttons()[:6] == [f"☑ {h7.say(f'{P}/button/before', span=span)}" for span in spans]


# The calendar file


async def calendar(home):
    """Send for the file; return its message, and what stands in it."""
    await home.tap(home.say(f"{P}/button/file"))
    message = [m for m in home.guest.messages() if m["kind"] == "document"][-1]
    return message, home.guest.phone.file(message["message_id"]).content


@pytest.mark.parametrize("locale", ["en", "de"])
async def test_calendar_file(house, locale):
    """It is neutral in name, title and caption, and has what is ahead and what was cancelled."""
    await house.store.transact(lambda tx: people.set_locale(tx, house.people[0], locale))
    h7 = Home(house, Guest(house, house.h7.phone, house.people[0], locale))
    first, second = await planned(house), await planned(house, FAR + DAY)
    await planned(house, FAR + 2 * DAY, people=[house.people[1]])
    await moved(house, first, FAR + HOUR)
    await cancelled(house, second)
    await open_all(h7)
    await h7.tap(h7.say(f"{P}/button/calendar"))
    title = h7.say(f"{P}/entry")
    assert h7.screen == h7.say(f"{P}/calendar", name=title)
    message, content = await calendar(h7)
    assert message["file_name"] == "appointments.ics"
    assert message["text"] == h7.say(f"{P}/file")
    events = Calendar.from_ical(content).walk("VEVENT")
    assert [(int(one.start.timestamp()), one["sequence"], one["status"]) for one in events] == [
        (START, 0, "CONFIRMED"),
        (FAR + HOUR, 1, "CONFIRMED"),
        (FAR + DAY, 1, "CANCELLED"),
    ]
    assert int(events[0].end.timestamp()) == END
    assert {str(one["summary"]) for one in events} == {title}
    for secret in (
        b"Tuesday",
        b"P0",
        b"F0",
        b"http",
        b"t.me",
        b"VALARM",
        b"ATTENDEE",
        b"ORGANIZER",
    ):
        assert secret not in content
    assert ("calendar-file", "done", h7.person, "") in await house.audited()


async def test_calendar_knows_it_again(house, h7):
    """What was in an earlier file has the same number in the next one, and a later sequence."""
    session = await planned(house)
    await open_all(h7)
    await h7.tap(h7.say(f"{P}/button/calendar"))
    _, first = await calendar(h7)
    await cancelled(house, session)
    _, second = await calendar(h7)
    before, after = (Calendar.from_ical(file).walk("VEVENT")[1] for file in (first, second))
    assert before["uid"] == after["uid"]
    assert (before["sequence"], after["sequence"]) == (0, 1)


async def test_no_file_without_appointments(house, h7):
    """When everything has gone by meanwhile, the button answers so and nothing is sent."""
    await open_all(h7)
    await h7.tap(h7.say(f"{P}/button/calendar"))
    await house.move_to(START)
    await h7.tap(h7.say(f"{P}/button/file"))
    assert h7.guest.toasts()[-1] == h7.say("refusal/stale")
    assert h7.screen == h7.say(f"{P}/none")
