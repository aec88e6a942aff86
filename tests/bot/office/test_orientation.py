"""The orientation on real phones: a whole run, help, redo, the signature, and its expiry."""

import pytest

from bot.home.orientation import RINGS
from bot.language.shipped import shipped_revision
from bot.language.words import words
from bot.office.orientation import on_card
from bot.office.page import View
from bot.setting import Setting
from flows.gate import HoldCode, ToAsk, holds
from flows.model import OrientationState, RoomKind, SessionKind
from flows.orientation import Ring
from storage import groups, orientations, people, sessions, signed
from storage.groups import Part
from tests.bot.conftest import ZONE
from tests.bot.office.conftest import Desk
from tests.honest import NOON, YEAR, add_group, enrol_participant, enrol_staff

DAY = 86400
LASTS = 182 * DAY


def words_day(desk, at):
    """Return a date as somebody reads it."""
    return words(desk.guest.locale, ZONE).day(at)


class Phone(Desk):
    """A participant's phone: questions are answered by what stands on their buttons."""

    def words(self, key):
        return shipped_revision("orientation", self.guest.locale).flow.texts()[key].text

    async def answer(self, key):
        """Tap the newest button with this text of the flow."""
        for message in reversed(self.guest.messages()):
            for row in message["keyboard"]:
                for button in row:
                    if button["text"] == self.words(key):
                        self.guest.phone.tap(message["message_id"], button["callback_data"])
                        await self.house.quiet()
                        return
        raise AssertionError(f"no button {key} among {self.buttons()}")

    async def answer_all(self):
        for _ in range(11):
            await self.answer("orientation/yes")

    @property
    def asked(self):
        """The key of the text that the screen shows, None where it is none of the flow's."""
        shown = self.guest.texts()[-1]
        revision = shipped_revision("orientation", self.guest.locale)
        return next((key for key, one in revision.flow.texts().items() if one.text == shown), None)


class Facilitator(Desk):
    """A facilitator's phone, at the page of one participant's orientation."""

    async def open(self, person):
        self.guest.forge(f"go:orientation:{person}")
        await self.house.quiet()

    def say(self, key, who="H7", **params):
        return self.key(f"office/orientation/{key}", who=who, **params)

    def told(self, key):
        """Say how often the phone has got this message."""
        return self.guest.texts().count(self.say(key))


class Course:
    """A group with its people: Anna and Bernd lead it, Nele leads another one."""

    def __init__(self, house, locale):
        self.house = house
        self.locale = locale

    async def move_in(self):
        house, locale = self.house, self.locale

        def enrol(tx):
            staff = [enrol_staff(tx, 500 + n, label) for n, label in enumerate("ABN")]
            tx.db.executemany(
                "UPDATE person SET locale = ? WHERE id = ?", [(locale, one) for one in staff]
            )
            person = enrol_participant(tx, 600, "H7", locale)
            people.settle_orientation(tx, person, NOON, NOON - YEAR)
            first, second = (add_group(tx, name, locale=locale) for name in ("Tuesday", "Friday"))
            for one in staff[:2]:
                groups.join(tx, first, one, Part.FACILITATOR, NOON)
            groups.join(tx, second, staff[2], Part.FACILITATOR, NOON)
            groups.join(tx, first, person, Part.PARTICIPANT, NOON)
            return first, staff, person

        self.group, staff, self.person = await house.store.transact(enrol)
        self.anna, self.bernd, self.nele = (
            Facilitator(house, house.guest(500 + n, who, locale)) for n, who in enumerate(staff)
        )
        self.h7 = Phone(house, house.guest(600, self.person, locale))
        return self

    async def begin(self):
        await self.anna.open(self.person)
        await self.anna.tap("office/orientation/button/begin")

    async def signable(self):
        await self.begin()
        await self.h7.answer_all()

    async def signed(self):
        await self.signable()
        await self.anna.tap("office/orientation/button/sign")

    async def run(self):
        return await self.house.store.read(lambda tx: orientations.find(tx, self.person))

    async def until(self):
        return await self.house.store.read(lambda tx: orientations.counts_until(tx, self.person))

    async def rows(self, kind):
        """Return (outcome, actor) of every audit row of a kind."""
        return [(row[1], row[2]) for row in await self.house.audited() if row[0] == kind]


@pytest.fixture(params=["en", "de"])
async def course(request, empty_house):
    return await Course(empty_house, request.param).move_in()


@pytest.fixture
async def english(empty_house):
    return await Course(empty_house, "en").move_in()


async def test_whole_run(course):
    """Begun, answered point by point, signed under its sentence: from then on it counts."""
    anna, h7 = course.anna, course.h7
    await anna.open(course.person)
    assert anna.say("title") in anna.page
    assert anna.key("office/orientation/button/sign") not in anna.buttons()
    await anna.tap("office/orientation/button/begin")
    assert h7.asked == "orientation/begin/text"
    for key in ("place", "camera", "microphone", "headphones", "mute", "coming-back"):
        await h7.answer("orientation/yes")
        assert h7.asked == f"orientation/{key}/ask"
    assert len(h7.guest.messages()) == 1
    for key in ("line-drops", "somebody-comes", "no-recording", "confidentiality"):
        await h7.answer("orientation/yes")
        assert h7.asked == f"orientation/{key}/ask"
    await h7.answer("orientation/yes")
    assert h7.asked == "orientation/review/text"
    assert await course.until() == NOON
    assert anna.told("ready") == course.bernd.told("ready") == 1
    await anna.tap("office/orientation/button/open")
    assert anna.say("meaning", n=182) in anna.page
    await anna.tap("office/orientation/button/sign")
    until = course.house.clock.now() + LASTS
    assert await course.until() == until
    assert anna.say("signed", by="A", day=words_day(anna, until)) in anna.page
    assert h7.guest.texts() == [h7.key("home/orientation/done")]
    assert await course.rows("orientation-sign") == [("done", anna.guest.person)]


async def test_signature_is_bound_to_the_record(english):
    """The record holds the hash of what was signed, and fits."""
    await english.signed()
    assert await english.house.store.read(lambda tx: list(signed.flaws(tx))) == []
    counts = await english.house.store.read(signed.count)
    assert counts["orientation_sign_off"] == 1


@pytest.mark.parametrize("before", range(11))
async def test_help_reaches_the_facilitators(english, before):
    """*Help* at any step is a new message to each facilitator of the group, with the way there."""
    await english.begin()
    for _ in range(before):
        await english.h7.answer("orientation/yes")
    await english.h7.answer("orientation/help")
    assert [desk.told("help") for desk in (english.anna, english.bernd, english.nele)] == [1, 1, 0]
    await english.bernd.tap("office/orientation/button/open")
    assert english.bernd.say("title") in english.bernd.page


async def test_no_and_correction(course):
    """A *no* rings and leaves nothing to sign; corrected by the menu, it waits for a signature."""
    anna, h7 = course.anna, course.h7
    await course.begin()
    for _ in range(10):
        await h7.answer("orientation/yes")
    await h7.answer("orientation/no")
    assert anna.told("no") == course.bernd.told("no") == 1
    await h7.answer("orientation/cannot")
    assert h7.asked == "orientation/unmet/text"
    await anna.open(course.person)
    title = h7.words("orientation/confidentiality/title")
    assert anna.say("is-no", items=title) in anna.page
    assert anna.key("office/orientation/button/sign") not in anna.buttons()
    await h7.answer("orientation/unmet/change")
    await h7.answer("orientation/confidentiality/title")
    await h7.answer("orientation/yes")
    assert h7.asked == "orientation/review/text"
    assert anna.key("office/orientation/button/sign") in anna.buttons()


async def test_page_follows_the_answers(english):
    """Whoever has the page open sees each answer without a tap of their own."""
    await english.begin()
    await english.h7.answer("orientation/yes")
    await english.h7.answer("orientation/yes")
    assert english.anna.say("is-yes", items="Where to sit") in english.anna.page
    await english.h7.answer("orientation/help")
    page = next(text for text in english.anna.guest.texts() if english.anna.say("title") in text)
    assert english.anna.say("asks-help", item="Camera") in page


async def test_begun_anew(course):
    """Beginning anew asks first, ends at once what counted, and keeps the old signature."""
    await course.signed()
    anna = course.anna
    await anna.tap("office/orientation/button/anew")
    assert anna.say("ask-anew") in anna.guest.texts()
    assert await course.until() > course.house.clock.now()
    await anna.tap("office/orientation/button/anew-now")
    assert await course.until() <= course.house.clock.now()
    run = await course.run()
    assert (run.number, run.answers, run.state) == (2, {}, OrientationState.ASKING)
    assert await course.house.count("orientation_sign_off") == 1
    assert course.h7.asked == "orientation/begin/text"
    await course.h7.answer_all()
    await anna.open(course.person)
    await anna.tap("office/orientation/button/sign")
    assert await course.house.count("orientation_sign_off") == 2
    assert await course.until() > course.house.clock.now()


async def test_expiry_holds_the_gate_again(english):
    """Once its time is over the gate holds the person for the orientation, and the page says so."""
    await english.signed()

    def plan(tx):
        starts = english.house.clock.now() + LASTS + DAY
        return sessions.add(
            tx,
            sessions.Plan(
                "Tuesday",
                SessionKind.GROUP,
                RoomKind.LINK,
                starts,
                starts + 5400,
                6,
                (english.anna.guest.person,),
                (english.person,),
                english.house.rules,
            ),
        )

    session = await english.house.store.transact(plan)
    until = await english.until()

    def held(now):
        def ask(tx):
            found = holds(sessions.load(tx, session), ToAsk(english.person), now)
            return HoldCode.ORIENTATION in {hold.code for hold in found}

        return english.house.store.read(ask)

    assert not await held(until - 1)
    assert await held(until)
    await english.house.move_to(until)
    await english.anna.open(english.person)
    assert words_day(english.anna, until) in english.anna.page
    assert english.anna.key("office/orientation/button/anew") in english.anna.buttons()


# What is refused ----------------------------------------------------------------------------------


async def test_double_taps_sign_and_begin_once(english):
    """A second tap on the same button, a phone's own repetition, adds nothing."""
    await english.anna.open(english.person)
    begin = english.anna.guest.button("do:orientation-begin:")
    english.anna.guest.phone.tap(*begin)
    english.anna.guest.phone.tap(*begin)
    await english.house.quiet()
    assert (await english.run()).number == 1
    await english.h7.answer_all()
    sign = english.anna.guest.button("do:orientation-sign:")
    english.anna.guest.phone.tap(*sign)
    english.anna.guest.phone.tap(*sign)
    await english.house.quiet()
    assert await english.house.count("orientation_sign_off") == 1
    me = english.anna.guest.person
    assert await english.rows("orientation-begin") == [("done", me), ("stale", me)]
    assert await english.rows("orientation-sign") == [("done", me), ("repeated", me)]


async def test_two_facilitators_at_once(english):
    """Of two who sign at the same time the first one does; the other is told that it is noted."""
    await english.signable()
    await english.bernd.open(english.person)
    english.anna.guest.tap("do:orientation-sign:")
    english.bernd.guest.tap("do:orientation-sign:")
    await english.house.quiet()
    assert await english.house.count("orientation_sign_off") == 1
    outcomes = sorted(outcome for outcome, _ in await english.rows("orientation-sign"))
    assert outcomes == ["done", "repeated"]
    said = english.anna.guest.toasts() + english.bernd.guest.toasts()
    assert english.anna.key("refusal/repeated") in said


async def test_two_facilitators_begin_at_once(english):
    """Of two who begin at the same time one does, and the person is asked once."""
    await english.anna.open(english.person)
    await english.bernd.open(english.person)
    english.anna.guest.tap("do:orientation-begin:")
    english.bernd.guest.tap("do:orientation-begin:")
    await english.house.quiet()
    assert (await english.run()).number == 1
    assert len(english.h7.guest.messages()) == 1


async def test_outdated_page_signs_nothing(english):
    """A signature from a page whose answers have been given anew since is stale."""
    await english.signable()
    sign = english.anna.guest.button("do:orientation-sign:")
    await english.house.move_to(english.house.clock.now() + 60)
    for key in ("review/change", "mute/title", "no", "mute/button/now-yes"):
        await english.h7.answer(f"orientation/{key}")
    assert (await english.run()).state is OrientationState.READY
    english.anna.guest.phone.forge(*sign)
    await english.house.quiet()
    assert await english.house.count("orientation_sign_off") == 0
    assert await english.rows("orientation-sign") == [("stale", english.anna.guest.person)]
    await english.anna.tap("office/orientation/button/sign")
    assert await english.house.count("orientation_sign_off") == 1


async def test_whoever_loses_the_group_signs_nothing(english):
    """A facilitator who is no longer of the group neither signs nor sees the page any more."""
    await english.signable()
    sign = english.anna.guest.button("do:orientation-sign:")
    me = english.anna.guest.person
    await english.house.store.transact(lambda tx: groups.leave(tx, english.group, me))
    english.anna.guest.phone.tap(*sign)
    await english.house.quiet()
    assert await english.house.count("orientation_sign_off") == 0
    assert await english.rows("orientation-sign") == [("forged", me)]
    assert english.anna.key("office/gone") in english.anna.guest.texts()


async def test_whoever_loses_the_group_is_told_nothing(english):
    """A ring that is still on its way when somebody loses the group never arrives."""
    await english.begin()
    house, me = english.house, english.bernd.guest.person
    await house.store.transact(
        lambda tx: tx.db.execute("UPDATE staff_role SET ended_at = 1 WHERE person = ?", (me,))
    )
    await english.h7.answer("orientation/help")
    assert (english.anna.told("help"), english.bernd.told("help")) == (1, 0)


async def test_unprepared_facilitator_sees_and_does_not_sign(english):
    """Somebody who is not marked as prepared finds no button, and a forged one signs nothing."""
    await english.signable()
    sign = english.anna.guest.button("do:orientation-sign:")
    me = english.anna.guest.person
    await english.house.store.transact(
        lambda tx: tx.db.execute("UPDATE staff_role SET prepared_at = NULL WHERE person = ?", (me,))
    )
    english.anna.guest.phone.tap(*sign)
    await english.house.quiet()
    assert await english.house.count("orientation_sign_off") == 0
    assert await english.rows("orientation-sign") == [("not-now", me)]
    assert english.anna.say("unsignable") in "".join(english.anna.guest.texts())
    assert english.anna.key("office/orientation/button/sign") not in english.anna.buttons()


@pytest.mark.parametrize(
    "data", ["go:orientation:{}", "do:orientation-begin:{}:0", "do:orientation-sign:{}:" + "0" * 16]
)
async def test_nobody_else(english, data):
    """Another group's facilitator, and the participant, find nothing and change nothing."""
    await english.signable()
    before = await english.house.domain()
    for guest in (english.nele.guest, english.h7.guest):
        guest.forge(data.format(english.person))
    await english.house.quiet()
    assert await english.house.domain() == before


@pytest.mark.parametrize(
    "choice",
    ["orientation:1-1:yes", "orientation:2-0:yes", "orientation:1-0:none", "orientation:1-999:yes",
     "orientation:x:yes", "orientation:1-0:", "orientation:1:yes"],
)  # fmt: skip
async def test_forged_answers(english, choice):
    """An answer of another step, run or option changes nothing and is on record as refused."""
    await english.begin()
    before = await english.run()
    english.h7.guest.forge(f"home:{choice}")
    await english.house.quiet()
    assert await english.run() == before
    refused = [row for row in await english.house.audited() if row[2] == english.person]
    assert refused[-1][1] in ("stale", "forged")


async def test_answers_of_others(english):
    """Nobody answers for somebody else, and staff have no orientation of their own."""
    await english.begin()
    before = await english.run()
    english.anna.guest.forge("home:orientation:1-0:yes")
    await english.house.quiet()
    assert await english.run() == before


async def test_nobody_who_has_not_come_is_asked(english):
    """Somebody who has not opened their invitation can't be asked anything."""

    def invite(tx):
        person = people.add(tx, locale="en", zone=ZONE, label="Z9", now=NOON)
        groups.join(tx, english.group, person, Part.PARTICIPANT, NOON)
        return person

    person = await english.house.store.transact(invite)
    await english.anna.open(person)
    await english.anna.tap("office/orientation/button/begin")
    assert await english.rows("orientation-begin") == [("not-now", english.anna.guest.person)]
    assert await english.house.store.read(lambda tx: orientations.find(tx, person)) is None


async def test_recalled_questions(english):
    """Recalled questions are neither answered nor signed, and the page says to begin anew."""
    await english.signable()
    await english.house.store.transact(
        lambda tx: tx.db.execute("UPDATE revision SET recalled_at = 1 WHERE flow = 'orientation'")
    )
    english.anna.guest.tap("do:orientation-sign:")
    await english.house.quiet()
    assert await english.house.count("orientation_sign_off") == 0
    assert english.anna.say("recalled") in "".join(english.anna.guest.texts())


# Around it ----------------------------------------------------------------------------------------


async def test_the_way_back_to_the_question(english):
    """Whoever starts the bot again finds the question where they left it."""
    await english.begin()
    await english.h7.answer("orientation/yes")
    english.h7.guest.phone.type("/start")
    await english.house.quiet()
    assert english.h7.asked == "orientation/place/ask"
    assert len(english.h7.guest.messages()) == 1


async def test_card(course):
    """The participant's card says where the orientation stands, and leads there for who may."""
    await course.signed()
    until, setting = await course.until(), Setting()

    def card(desk):
        def draw(tx):
            viewer = people.find(tx, desk.guest.person)
            return on_card(View(tx, viewer, course.house.clock.now(), setting, course.person))

        return course.house.store.read(draw)

    shown = await card(course.anna)
    assert words_day(course.anna, until) in shown.lines[0]
    assert [button.data for button in shown.buttons] == [f"go:orientation:{course.person}"]
    assert (await card(course.nele)).buttons == ()


def test_every_ring_has_its_text():
    """Each reason to ring has words of its own."""
    assert set(RINGS) == set(Ring)
    assert len(set(RINGS.values())) == len(Ring)
