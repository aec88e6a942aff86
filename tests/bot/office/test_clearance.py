"""Clearance by taps: the guided screening, the decision, its end, and what is forgotten."""

import pytest

from bot.language.shipped import shipped_revision
from bot.office import clearance
from bot.office.page import View
from bot.setting import Setting
from flows.flow import CONSIDERED, CRITERIA, DOMAINS
from flows.gate import HoldCode, ToAsk, holds
from flows.model import (
    CheckState,
    Clearance,
    ClearanceDecision,
    Instrument,
    PersonId,
    SessionState,
)
from storage import groups, people, screenings, sessions
from storage.groups import Part
from tests.bot.office.conftest import Desk, enrol_coordinator
from tests.honest import NOON, add_group

DAY = 86400
AT_HOME = CRITERIA[0]
SHOWN = {
    ClearanceDecision.ONLINE_GROUP: "online-group",
    ClearanceDecision.ONE_TO_ONE_ONLY: "one-to-one-only",
    ClearanceDecision.IN_PERSON_ONLY: "in-person-only",
    ClearanceDecision.ON_HOLD: "on-hold",
}
TAPS_IN_CLEAR = (b'"said"', b'["considered"', b'"considered", "', b'"does-not-apply", "')
"""How taps would look in a file or a row that held them in clear."""


def button(name):
    return f"office/clearance/button/{name}"


class Facilitator(Desk):
    """A facilitator who sees to the clearance of one participant."""

    def __init__(self, house, guest, about):
        super().__init__(house, guest)
        self.about = about

    @property
    def flow(self):
        return shipped_revision("clearance", self.guest.locale).flow

    async def look(self):
        """Open the page, as the participant's card does."""
        await self.forge(f"go:clearance:{self.about}")

    async def forge(self, data):
        self.guest.forge(data)
        await self.house.quiet()

    async def answer(self, item, value):
        """Tap an answer of the screening, once its question is there."""
        assert self.flow.steps[item].text in self.page
        self.guest.tap(self.data(value))
        await self.house.quiet()

    def data(self, value):
        """Return the data of the choice that is on the page."""
        return next(data for _, data in self.guest.buttons() if data.endswith(f".{value}"))

    async def consider(self, **answers):
        """Go through the points; no criterion applies but for those that are said."""
        for item in (*DOMAINS, *CRITERIA):
            value = CONSIDERED if item in DOMAINS else "does-not-apply"
            await self.answer(item, answers.get(item.replace("-", "_"), value))

    async def decide(self, decision, instrument="sara", months=6):
        """Choose what follows the points, up to the last page."""
        await self.tap(button(instrument))
        await self.tap(button(decision))
        await self.tap("office/button/months", n=months)

    async def decided(self, decision="online-group"):
        """Do a whole screening."""
        await self.look()
        await self.tap(button("begin"))
        await self.consider()
        await self.decide(decision)
        await self.tap(button("record"))


async def settled(house, about):
    return await house.store.read(lambda tx: screenings.settled(tx, PersonId(about)))


async def kept(house):
    """Return how many screenings there are."""
    return await house.count("screening")


async def refused(house, kind):
    return [outcome for found, outcome, _, _ in await house.audited() if found == kind]


async def put_together(house, *facilitators, participant):
    """Make a group of them."""

    def join(tx):
        group = add_group(tx, "Tuesday")
        for person in facilitators:
            groups.join(tx, group, person, Part.FACILITATOR, NOON)
        groups.join(tx, group, participant, Part.PARTICIPANT, NOON)
        return group

    return await house.store.transact(join)


async def set_clearance(house, about, decision=ClearanceDecision.ONLINE_GROUP, lasts=365 * DAY):
    until = house.clock.now() + lasts
    cleared = Clearance(decision, until)
    await house.store.transact(
        lambda tx: people.settle_clearance(tx, about, cleared, house.clock.now())
    )
    return until


@pytest.fixture
async def anna(house):
    """Seat Anna, who leads a group with Bernd, at the page of their participant."""
    about = house.h7.person
    house.group = await put_together(
        house, house.anna.person, house.bernd.person, participant=about
    )
    return Facilitator(house, house.anna, about)


@pytest.fixture
def bernd(anna):
    return Facilitator(anna.house, anna.house.bernd, anna.about)


@pytest.mark.parametrize("locale", ["en", "de"])
async def test_whole_screening(anna, locale):
    """Twelve points, the instrument, the decision, the months: recorded by one more tap."""
    house = anna.house
    await house.store.transact(
        lambda tx: tx.db.execute(
            "UPDATE person SET locale = ? WHERE id = ?", (locale, anna.guest.person)
        )
    )
    anna.guest.locale = locale
    await anna.look()
    await anna.tap(button("begin"))
    await anna.consider()
    assert anna.flow.final("ready").text in anna.page
    before = await settled(house, anna.about)
    await anna.decide("online-group")
    until = house.clock.now() + 182 * DAY
    for word in (button("online-group"), button("sara")):
        assert anna.key(word) in anna.page
    assert await settled(house, anna.about) == before
    await anna.tap(button("record"))
    assert anna.key("office/clearance/recorded") in anna.page
    found = await settled(house, anna.about)
    assert found.clearance == Clearance(ClearanceDecision.ONLINE_GROUP, until)
    assert (found.instrument, found.by) == (Instrument.SARA, anna.guest.person)
    assert found.at == house.clock.now()
    assert ("clearance", "online-group", anna.guest.person, "") in await house.audited()
    assert await kept(house) == 0


async def test_no_online_group_while_unsure(anna):
    """With one criterion unsure the online group has no button, and a forged one is refused."""
    house = anna.house
    await anna.look()
    await anna.tap(button("begin"))
    await anna.consider(shared_home="unsure")
    await anna.tap(button("judgement"))
    names = set(anna.buttons())
    assert anna.key(button("online-group")) not in names
    assert {anna.key(button(SHOWN[one])) for one in tuple(ClearanceDecision)[1:]} <= names
    assert anna.key("office/clearance/not-offered") in anna.page
    before = await house.domain()
    await anna.forge(anna.data("on_hold").replace("on_hold", "online_group"))
    assert await house.domain() == before
    assert await refused(house, "clearance-tap") == ["forged"]
    number = anna.data("on_hold").split(":")[3].split(".")[0]
    await anna.forge(f"do:clearance:{anna.about}:{number}")
    assert await house.domain() == before
    assert await refused(house, "clearance") == ["forged"]


async def test_back_goes_one_step(anna):
    """Back takes the last tap back, and no other; what was tapped instead counts."""
    await anna.look()
    await anna.tap(button("begin"))
    assert anna.key("office/button/back") not in anna.buttons()
    await anna.consider(strong_reactions="applies")
    await anna.tap("office/button/back")
    await anna.answer("strong-reactions", "does-not-apply")
    await anna.tap(button("own-tool"))
    assert anna.key(button("online-group")) in anna.buttons()


async def test_an_earlier_last_page_records_nothing(anna):
    """Whoever went back and chose otherwise can't record what an earlier page said."""
    house = anna.house
    await anna.look()
    await anna.tap(button("begin"))
    await anna.consider()
    await anna.decide("on-hold")
    earlier = next(data for _, data in anna.guest.buttons() if data.startswith("do:clearance:"))
    for _ in range(2):
        await anna.tap("office/button/back")
    await anna.tap(button("online-group"))
    await anna.tap("office/button/months", n=3)
    before = await settled(house, anna.about)
    await anna.forge(earlier)
    assert await settled(house, anna.about) == before
    assert await refused(house, "clearance") == ["stale"]
    assert anna.key(button("online-group")) in anna.page


async def test_a_second_tap_answers_nothing(anna):
    """A tap that is sent twice does not answer the next question too."""
    await anna.look()
    await anna.tap(button("begin"))
    data = anna.data(CONSIDERED)
    await anna.forge(data)
    await anna.forge(data)
    assert anna.flow.steps[DOMAINS[1]].text in anna.page
    assert await refused(anna.house, "clearance-tap") == ["stale"]


async def test_taps_are_sealed_and_forgotten_with_the_decision(anna, tmp_path):
    """What is tapped stands in clear nowhere, and is in no row at all after the decision."""
    house = anna.house
    await anna.look()
    await anna.tap(button("begin"))
    await anna.consider(shared_home="applies")
    (raw,) = await house.store.read(
        lambda tx: tx.db.execute("SELECT taps FROM screening").fetchone()
    )
    assert not any(part in raw for part in (*TAPS_IN_CLEAR, b"applies", b"considered"))
    opened = await house.store.read(
        lambda tx: tx.keys.open(anna.about, "screening", "taps", anna.about, raw).encode()
    )
    assert all(part in opened for part in TAPS_IN_CLEAR)
    await anna.decide("one-to-one-only")
    await anna.tap(button("record"))
    assert await kept(house) == 0
    files = [file for file in tmp_path.iterdir() if file.is_file()]
    assert any("sqlite3-wal" in file.name for file in files)
    for file in files:
        content = file.read_bytes()
        assert not any(part in content for part in TAPS_IN_CLEAR), file.name
    for table in ("audit", "outbox", "page"):
        rows = await house.store.read(
            lambda tx, table=table: [tuple(row) for row in tx.db.execute(f"SELECT * FROM {table}")]
        )
        assert not any(word in str(rows) for word in ("applies", CONSIDERED, "sara", AT_HOME))


async def test_idle_taps_are_forgotten(anna):
    """An hour without a tap, and everything is forgotten; the page says so."""
    house = anna.house
    await anna.look()
    await anna.tap(button("begin"))
    await anna.answer(DOMAINS[0], CONSIDERED)
    before = await settled(house, anna.about)
    stale = anna.data(CONSIDERED)
    await house.move_to(NOON + 3599)
    assert await kept(house) == 1
    await house.move_to(NOON + 3600)
    assert await kept(house) == 0
    assert anna.key("office/clearance/idle") in anna.page
    await anna.forge(stale)
    assert await refused(house, "clearance-tap") == ["stale"]
    assert await settled(house, anna.about) == before


async def test_forget_it(anna):
    """On the last page too everything can be forgotten, and then nothing is recorded."""
    house = anna.house
    before = await settled(house, anna.about)
    await anna.look()
    await anna.tap(button("begin"))
    await anna.consider()
    await anna.decide("on-hold")
    await anna.tap(button("forget"))
    assert anna.key("office/clearance/forgotten") in anna.page
    assert (await kept(house), await settled(house, anna.about)) == (0, before)
    assert "clearance" not in {row[0] for row in await house.audited()}


async def test_expired_clearance_holds_the_gate(anna):
    """When a clearance ends the gate is held, until somebody has decided anew."""
    house = anna.house
    until = await set_clearance(house, anna.about, lasts=60)

    async def codes():
        session = await house.session()
        found = holds(session, ToAsk(anna.about), house.clock.now())
        return {hold.code for hold in found if hold.person == anna.about}

    assert await codes() == set()
    await house.move_to(until)
    assert await codes() == {HoldCode.CLEARANCE_EXPIRED}
    await anna.look()
    assert anna.key(button("narrow")) not in anna.buttons()
    await anna.tap(button("begin"))
    await anna.consider()
    assert await codes() == {HoldCode.CLEARANCE_EXPIRED}
    await anna.decide("one-to-one-only")
    await anna.tap(button("record"))
    assert await codes() == {HoldCode.CLEARANCE_OTHER}
    await anna.decided()
    assert await codes() == set()


async def test_two_facilitators_at_once(anna, bernd):
    """Whoever begins anew ends a colleague's screening; only one decision is recorded."""
    house = anna.house
    await anna.look()
    await anna.tap(button("begin"))
    await anna.consider(shared_home="applies")
    await anna.decide("in-person-only")
    record = next(data for _, data in anna.guest.buttons() if data.startswith("do:clearance:"))
    await bernd.look()
    label = await house.store.read(lambda tx: people.label_of(tx, anna.guest.person))
    assert bernd.key("office/clearance/under-way", by=label) in bernd.page
    await bernd.tap(button("begin"))
    assert bernd.flow.steps[DOMAINS[0]].text in bernd.page
    await anna.forge(record)
    assert await refused(house, "clearance") == ["stale"]
    await bernd.consider()
    await bernd.decide("online-group")
    await bernd.tap(button("record"))
    await anna.forge(record)
    assert await refused(house, "clearance") == ["stale", "online-group", "stale"]
    assert (await settled(house, anna.about)).by == bernd.guest.person


async def test_losing_the_group_in_between(anna):
    """Whoever no longer leads a group of the participant decides nothing, and sees nothing."""
    house = anna.house
    await anna.look()
    await anna.tap(button("begin"))
    await anna.consider()
    await anna.decide("online-group")
    record = next(data for _, data in anna.guest.buttons() if data.startswith("do:clearance:"))
    before = await settled(house, anna.about)
    await house.store.transact(lambda tx: groups.leave(tx, house.group, anna.guest.person))
    await anna.forge(record)
    assert await settled(house, anna.about) == before
    assert await refused(house, "clearance") == ["forged"]
    assert anna.page == anna.key("office/gone")


async def test_only_prepared_facilitators_decide(anna):
    """A facilitator who is not marked as prepared may look; a forged button begins nothing."""
    house = anna.house
    await house.store.transact(
        lambda tx: tx.db.execute(
            "UPDATE staff_role SET prepared_at = NULL WHERE person = ?", (anna.guest.person,)
        )
    )
    await anna.look()
    assert anna.key("office/clearance/unprepared") in anna.page
    assert anna.key(button("begin")) not in anna.buttons()
    await anna.forge(f"do:clearance-begin:{anna.about}:-")
    assert await kept(house) == 0
    assert await refused(house, "clearance-begin") == ["forged"]


async def test_nobody_else_decides(anna):
    """No coordinator, no facilitator of another group and no participant gets to the page."""
    house = anna.house
    await house.add_neighbours()
    clara = await enrol_coordinator(house)
    before = await house.domain()
    for guest in (clara, house.neighbour, house.h7):
        guest.forge(f"go:clearance:{anna.about}")
        guest.forge(f"do:clearance-begin:{anna.about}:-")
        guest.forge(f"do:clearance-narrow:{anna.about}:on_hold")
        await house.quiet()
    assert await house.domain() == before
    assert await refused(house, "clearance-begin") == ["forged"] * 3


@pytest.mark.parametrize("data", ["1", "a.considered", "considered", ".", "1.considered.x"])
async def test_unreadable_choices(anna, data):
    """A choice that no button of ours carries changes nothing."""
    await anna.look()
    await anna.tap(button("begin"))
    before = await anna.house.domain()
    await anna.forge(f"do:clearance-tap:{anna.about}:{data}")
    await anna.forge(f"do:clearance-narrow:{anna.about}:wider")
    assert await anna.house.domain() == before


async def test_who_has_not_come_is_not_decided_on(anna):
    """Nothing is decided on somebody who is invited and has agreed to nothing."""
    house = anna.house

    def add(tx):
        person = people.add(tx, locale="en", zone="UTC", label="N9", now=NOON)
        groups.join(tx, house.group, person, Part.PARTICIPANT, NOON)
        return person

    anna.about = await house.store.transact(add)
    await anna.look()
    assert anna.key("office/clearance/none", who="N9") in anna.page
    assert anna.key("office/clearance/not-come", who="N9") in anna.page
    await anna.forge(f"do:clearance-begin:{anna.about}:-")
    assert await refused(house, "clearance-begin") == ["not-now"]
    assert await kept(house) == 0


# Narrowing


async def test_narrowing_takes_two_taps(anna):
    """A running clearance is narrowed at once: its end and its instrument stay."""
    house = anna.house
    until = await set_clearance(house, anna.about)
    await anna.look()
    await anna.tap(button("narrow"))
    await anna.tap(button("one-to-one-only"))
    found = await settled(house, anna.about)
    assert found.clearance == Clearance(ClearanceDecision.ONE_TO_ONE_ONLY, until)
    assert found.by == anna.guest.person
    assert await refused(house, "clearance") == ["one-to-one-only"]
    for wider in ("online_group", "one_to_one_only"):
        await anna.forge(f"do:clearance-narrow:{anna.about}:{wider}")
    assert (await settled(house, anna.about)).clearance == found.clearance
    assert await refused(house, "clearance") == ["one-to-one-only", "stale", "repeated"]


async def test_narrowing_forgets_a_screening(anna, bernd):
    """On hold now ends what a colleague is in the middle of."""
    house = anna.house
    await bernd.look()
    await bernd.tap(button("begin"))
    await bernd.answer(DOMAINS[0], CONSIDERED)
    await anna.look()
    await anna.tap(button("narrow"))
    await anna.tap(button("on-hold-now"))
    assert await kept(house) == 0
    assert bernd.key(button("on-hold")) in bernd.page
    assert bernd.key(button("narrow")) not in bernd.buttons()


async def test_on_hold_now_stops_who_is_in_the_room(anna):
    """Whoever is put on hold loses the way in and is stopped; the others go on."""
    house = anna.house
    await house.joined()
    other = house.guests[1]
    assert [len(guest.links()) for guest in house.guests] == [1, 1]
    await anna.look()
    await anna.tap(button("narrow"))
    await anna.tap(button("on-hold-now"))
    session = await house.session()
    check = session.checks[anna.about]
    assert (check.state, check.credential) == (CheckState.STOPPED, None)
    assert session.state is SessionState.OPEN
    assert session.checks[other.person].state is CheckState.ADMITTED
    assert [len(guest.links()) for guest in house.guests] == [0, 1]
    rung = [
        guest.say("ring/standing-narrowed", who="P0") in guest.texts()
        for guest in (house.anna, house.bernd)
    ]
    assert rung == [True, True]
    audited = await house.audited()
    assert ("standing-narrowed", "done", anna.guest.person, "") in audited
    assert ("clearance", "on-hold", anna.guest.person, "") in audited


async def test_who_does_not_lead_the_session_stops_too(anna):
    """A facilitator of the person who does not lead the session narrows, and the stop is theirs."""
    house = anna.house
    await house.joined()
    await house.add_neighbours()
    await put_together(house, house.neighbour.person, participant=anna.about)
    neighbour = Facilitator(house, house.neighbour, anna.about)
    await neighbour.look()
    await neighbour.tap(button("narrow"))
    await neighbour.tap(button("in-person-only"))
    assert (await house.session()).checks[anna.about].state is CheckState.STOPPED
    assert house.h7.links() == []


async def test_a_screening_that_narrows_stops_too(anna):
    """A decision after a screening counts at once, in a session that is open as well."""
    house = anna.house
    await house.joined()
    await anna.decided("online-group")
    assert len(house.h7.links()) == 1
    await anna.decided("one-to-one-only")
    assert house.h7.links() == []
    assert (await house.session()).checks[anna.about].state is CheckState.STOPPED


# The reminder and the card


async def test_the_reminder_comes_once(anna, bernd):
    """Two weeks before the end the facilitators of the person are told, once for each clearance."""
    house = anna.house
    await anna.decided()
    until = (await settled(house, anna.about)).clearance.until

    def told(desk):
        start = desk.key("office/clearance/ends-soon", who="P0", day="|").partition("|")[0]
        return sum(start in text for text in desk.guest.texts())

    await house.move_to(until - 14 * DAY - 1)
    assert (told(anna), told(bernd)) == (0, 0)
    await house.move_to(until - 14 * DAY)
    assert (told(anna), told(bernd)) == (1, 1)
    assert not any("learance" in text for text in bernd.guest.texts())
    await house.move_to(until - 13 * DAY)
    await house.wake()
    assert (told(anna), told(bernd)) == (1, 1)
    await bernd.tap(button("look"))
    await bernd.decided()
    again = (await settled(house, anna.about)).clearance.until
    assert (await settled(house, anna.about)).by == bernd.guest.person
    await house.move_to(again - 14 * DAY - 1)
    await house.wake()
    assert (told(anna), told(bernd)) == (0, 0)
    await house.move_to(again - 14 * DAY)
    assert (told(anna), told(bernd)) == (1, 1)


async def test_the_reminder_comes_by_day(anna, bernd):
    """One that is due at night comes when quiet hours are over."""
    house = anna.house
    night = NOON + 12 * 3600
    await set_clearance(house, anna.about, lasts=14 * DAY + night - NOON)
    start = bernd.key("office/clearance/ends-soon", who="P0", day="|").partition("|")[0]
    await house.move_to(night)
    assert not any(start in text for text in bernd.guest.texts())
    await house.move_to(night + 12 * 3600)
    for desk in (anna, bernd):
        assert sum(start in text for text in desk.guest.texts()) == 1


async def test_a_person_without_a_group_waits_for_a_reminder(anna):
    """Where nobody can be told, nobody counts as told."""
    house = anna.house
    await set_clearance(house, anna.about, lasts=DAY)
    await house.store.transact(
        lambda tx: [groups.leave(tx, house.group, one) for one in house.staff]
    )
    await house.wake()
    assert await house.store.read(lambda tx: screenings.take_ending(tx, NOON)) == ()


async def test_the_reminder_is_for_those_who_lead(anna, bernd):
    """Whoever lost the group before the reminder went out is shown nothing."""
    house = anna.house
    await set_clearance(house, anna.about, lasts=20 * DAY)

    def drawn(tx):
        viewer = people.find(tx, bernd.guest.person)
        return clearance.draw_reminder(View(tx, viewer, NOON, Setting(), anna.about))

    assert (await house.store.read(drawn)) is not None
    await house.store.transact(lambda tx: groups.leave(tx, house.group, bernd.guest.person))
    assert (await house.store.read(drawn)) is None
    assert await house.store.read(lambda tx: groups.leaders_of(tx, anna.about)) == (
        anna.guest.person,
    )


async def test_the_card_says_what_is_in_force(anna):
    """A participant's card shows the decision, until when and by whom, and leads to the page."""
    house = anna.house
    await anna.decided()

    def card(tx):
        viewer = people.find(tx, anna.guest.person)
        return clearance.on_card(View(tx, viewer, NOON, Setting(), anna.about))

    found = await house.store.read(card)
    assert all(line in anna.page for line in found.lines)
    assert anna.key(button("online-group")) in found.lines[0]
    assert [one.data for one in found.buttons] == [f"go:clearance:{anna.about}"]


async def test_who_is_not_held_is_left_alone(anna):
    """A decision that widens changes nothing in a session that is under way."""
    house = anna.house
    await house.started()
    before = await house.store.read(lambda tx: sessions.load(tx, house.session_id))
    await anna.decided()
    after = await house.session()
    assert [check.state for check in after.checks.values()] == [
        check.state for check in before.checks.values()
    ]
    assert "standing-narrowed" not in {row[0] for row in await house.audited()}
