"""Erasing by two people: who may ask and confirm, what is said, and what is left of somebody."""

import sqlite3

import pytest

from flows import events as e
from flows.model import CheckState
from storage import audit, groups, people, staff, wishes
from storage.people import Role
from tests.bot.home.conftest import until
from tests.bot.office.conftest import Desk, enrol_coordinator
from tests.bot.office.grouping import enrol_facilitator, forge, lead_session_group, page_of, press
from tests.honest import END, NOON


async def lead_together(house):
    """Make the session of the house one of a group that both facilitators lead."""
    group = await lead_session_group(house)
    part = groups.Part.FACILITATOR
    await house.store.transact(lambda tx: groups.join(tx, group, house.staff[1], part, NOON))
    return group


@pytest.fixture
async def office(house):
    """Seat both facilitators of a group, and a coordinator; P0 is the one to be erased."""
    await lead_together(house)
    house.desks = {
        "anna": Desk(house, house.anna),
        "bernd": Desk(house, house.bernd),
        "clara": Desk(house, await enrol_coordinator(house)),
    }
    return house


@pytest.fixture
async def pair(house):
    """Seat two facilitators of a programme that has no coordinator."""
    await lead_together(house)
    house.desks = {"anna": Desk(house, house.anna), "bernd": Desk(house, house.bernd)}
    return house


async def open_card(desk):
    await see_card(desk)
    await desk.tap("office/erasure/button/erase")


async def see_card(desk):
    await desk.command("groups")
    await press(desk, "go:group:")
    await press(desk, f"go:participant:{desk.house.people[0]}")


async def ask(desk):
    """Ask for the erasure of P0 from their card."""
    await open_card(desk)
    await desk.tap("office/erasure/button/ask")


async def gone(house, person):
    """Move the clock until somebody is erased and their key is destroyed."""

    def is_gone(tx):
        known = people.find(tx, person)
        return (known is None or known.status == "erased") and not tx.keys.knows_person(person)

    await until(house, is_gone)


def rang(desk, key, **params):
    return desk.key(key, **params) in desk.guest.texts()


async def acts(house):
    """Return what is on record of erasing, as (kind, outcome, person)."""

    def rows(tx):
        found = tx.db.execute(
            "SELECT kind, outcome, person FROM audit WHERE kind LIKE 'eras%' ORDER BY seq"
        )
        return [tuple(row) for row in found]

    return await house.store.read(rows)


async def wish(house):
    return await house.store.read(lambda tx: wishes.find(tx, house.people[0], house.clock.now()))


async def test_facilitator_asks_and_coordinator_confirms(office):
    """One asks from the card, the other one confirms by a ring: nothing of the person is left."""
    anna, clara, person = office.desks["anna"], office.desks["clara"], office.people[0]
    await ask(anna)
    assert "P0" in page_of(anna)
    assert not rang(office.desks["bernd"], "office/erasure/asked", who="P0", by="F0")
    assert rang(clara, "office/erasure/asked", who="P0", by="F0")

    await clara.tap("office/erasure/button/look")
    assert office.h7.texts() == []
    await clara.tap("office/erasure/button/confirm")

    assert rang(anna, "office/erasure/agreed", who="P0")
    assert page_of(clara).startswith(clara.key("office/erasure/begun"))
    assert office.h7.texts() == [office.h7.say("home/erasure/good-bye")]
    await gone(office, person)
    assert await acts(office) == [
        ("erasure-ask", "done", person),
        ("erasure-confirm", "done", person),
        ("erased", "done", person),
    ]
    assert await office.store.read(audit.verify) is None
    assert await office.store.read(lambda tx: people.find_by_chat(tx, 200)) is None
    for table in ("membership", "check", "agreement", "clearance", "erasure", "screen", "sent"):
        assert await office.count(table, f"person = {person}") == 0
    assert office.people[1] in (await office.session()).checks


async def test_erased_person_is_a_stranger(office):
    """Whoever was erased gets nothing any more, whatever they send."""
    await ask(office.desks["anna"])
    await office.desks["clara"].tap("office/erasure/button/look")
    await office.desks["clara"].tap("office/erasure/button/confirm")
    await gone(office, office.people[0])
    seen = office.h7.texts()
    office.h7.phone.type("/now")
    await office.quiet()
    assert office.h7.texts() == seen


async def test_nobody_confirms_their_own_wish(office):
    """The one who asked has no button to confirm, and a forged one is refused, on record."""
    anna, person = office.desks["anna"], office.people[0]
    await ask(anna)
    assert anna.key("office/erasure/button/confirm") not in anna.buttons()
    at = (await wish(office)).at
    await forge(anna, f"do:erasure-confirm:{person}:{at}")
    assert anna.guest.toasts()[-1] == anna.key("refusal/not-now")
    assert ("erasure-confirm", "not-now", person) in await acts(office)
    assert not (await wish(office)).confirmed


async def test_storage_knows_that_two_people_are_two(office):
    """Neither the one who asked nor the person themselves can stand as the second one."""
    person, by = office.people[0], office.staff[0]

    def confirmed(tx, who):
        wishes.ask(tx, person, by, NOON)
        wishes.confirm(tx, person, who)

    for who in (by, person):
        with pytest.raises(sqlite3.IntegrityError):
            await office.store.transact(lambda tx, who=who: confirmed(tx, who))
    with pytest.raises(sqlite3.IntegrityError):
        await office.store.transact(lambda tx: wishes.ask(tx, person, person, NOON))


async def test_one_of_two_is_a_coordinator_where_there_is_one(office):
    """Two facilitators can't do it between them while there is a coordinator."""
    bernd, person = office.desks["bernd"], office.people[0]
    await ask(office.desks["anna"])
    await open_card(bernd)
    assert bernd.key("office/erasure/button/confirm") not in bernd.buttons()
    assert "F0" in page_of(bernd)
    await forge(bernd, f"do:erasure-confirm:{person}:{(await wish(office)).at}")
    assert bernd.guest.toasts()[-1] == bernd.key("refusal/not-now")


async def test_two_facilitators_do_where_there_is_no_coordinator(pair):
    """Without a coordinator another facilitator of theirs confirms."""
    await ask(pair.desks["anna"])
    await pair.desks["bernd"].tap("office/erasure/button/look")
    await pair.desks["bernd"].tap("office/erasure/button/confirm")
    await gone(pair, pair.people[0])


async def test_coordinator_asks_by_a_label(office):
    """A coordinator finds somebody by the label, in any case; a facilitator of theirs confirms."""
    anna, clara = office.desks["anna"], office.desks["clara"]
    await clara.command("settings")
    await clara.tap("office/erasure/button/list")
    for unknown in ("X9", "F0", "Clara"):
        await clara.type(unknown)
        assert page_of(clara).startswith(clara.key("office/erasure/unknown"))
    await clara.type(" p0 ")
    await clara.tap("office/erasure/button/ask")
    for desk in (anna, office.desks["bernd"]):
        assert rang(desk, "office/erasure/asked", who="P0", by="Clara")
    await anna.tap("office/erasure/button/look")
    await anna.tap("office/erasure/button/confirm")
    assert rang(clara, "office/erasure/agreed", who="P0")
    await gone(office, office.people[0])


async def test_wish_is_taken_back(office):
    """Whoever asked can take it back; the other one's buttons are then of an earlier moment."""
    anna, clara, person = office.desks["anna"], office.desks["clara"], office.people[0]
    await ask(anna)
    await clara.tap("office/erasure/button/look")
    _, data = clara.guest.button("do:erasure-confirm")
    await anna.tap("office/erasure/button/back")
    assert page_of(anna).startswith(anna.key("office/erasure/taken-back"))
    await forge(clara, data)
    assert clara.guest.toasts()[-1] == clara.key("refusal/stale")
    assert await wish(office) is None
    assert [kind for kind, _, who in await acts(office) if who == person] == [
        "erasure-ask", "erasure-back", "erasure-confirm",
    ]  # fmt: skip


async def test_wish_is_declined(office):
    """The other one can decline; whoever asked is told, and nothing is erased."""
    anna, clara = office.desks["anna"], office.desks["clara"]
    await ask(anna)
    await clara.tap("office/erasure/button/look")
    await clara.tap("office/erasure/button/decline")
    assert rang(anna, "office/erasure/declined", who="P0")
    assert await wish(office) is None
    assert office.h7.texts() == []


async def test_wish_lapses(office):
    """Nobody confirms for seven days: the wish is over, on record, and whoever asked is told."""
    anna, clara, person = office.desks["anna"], office.desks["clara"], office.people[0]
    await ask(anna)
    await clara.tap("office/erasure/button/look")
    _, data = clara.guest.button("do:erasure-confirm")
    await office.move_to(NOON + wishes.LASTS)
    await until(office, lambda tx: not tx.db.execute("SELECT 1 FROM erasure").fetchone())
    await office.quiet()
    assert rang(anna, "office/erasure/lapsed", who="P0")
    assert ("erasure-lapsed", "done", person) in await acts(office)
    await forge(clara, data)
    assert clara.guest.toasts()[-1] == clara.key("refusal/stale")


async def test_not_while_a_session_runs(office):
    """While the checks run nobody asks or confirms; once it is over it can be confirmed."""
    anna, clara, person = office.desks["anna"], office.desks["clara"], office.people[0]
    await ask(anna)
    await office.started()
    await clara.tap("office/erasure/button/look")
    assert clara.key("office/erasure/running") in page_of(clara)
    assert clara.key("office/erasure/button/confirm") not in clara.buttons()
    await forge(clara, f"do:erasure-confirm:{person}:{(await wish(office)).at}")
    assert clara.guest.toasts()[-1] == clara.key("refusal/not-now")
    assert (await office.session()).checks[person].state is CheckState.ASKING
    await office.happen(e.SessionClosed(office.staff[0]))
    await office.move_to(END)
    await clara.tap("office/erasure/button/look")
    await clara.tap("office/erasure/button/confirm")
    await gone(office, person)


async def test_nobody_asks_twice(office):
    """A second wish while one waits is of an earlier moment; the first one stays whose it is."""
    bernd, person = office.desks["bernd"], office.people[0]
    await ask(office.desks["anna"])
    await forge(bernd, f"do:erasure-ask:{person}:-")
    assert bernd.guest.toasts()[-1] == bernd.key("refusal/stale")
    assert (await wish(office)).by == office.staff[0]


async def test_stale_taps_after_it_is_confirmed(office):
    """Once it is confirmed no button of the page does anything, not even taking it back."""
    anna, clara, person = office.desks["anna"], office.desks["clara"], office.people[0]
    await ask(anna)
    _, back = anna.guest.button("do:erasure-back")
    await clara.tap("office/erasure/button/look")
    _, confirm = clara.guest.button("do:erasure-confirm")
    await clara.tap("office/erasure/button/confirm")
    for desk, data in ((clara, confirm), (clara, f"do:erasure-ask:{person}:-")):
        await forge(desk, data)
        assert desk.guest.toasts()[-1] == desk.key("refusal/stale")
        assert desk.page == desk.key("office/gone")
    await forge(anna, back)
    await gone(office, person)


async def test_only_whoever_has_to_do_with_them(office):
    """A facilitator of other people neither sees the page nor asks; it is refused, on record."""
    outside = await enrol_facilitator(office, 140, "Nina")
    person = office.people[0]
    await outside.command("groups")
    await forge(outside, f"do:erasure-ask:{person}:-")
    assert outside.guest.toasts()[-1] == outside.key("refusal/forged")
    await forge(outside, f"go:erasure:{person}")
    assert outside.guest.toasts()[-1] == outside.key("refusal/forged")
    assert await wish(office) is None


async def test_asker_who_was_removed_asked_for_nothing(office):
    """A wish counts only as long as whoever asked may still ask."""
    clara, person = office.desks["clara"], office.people[0]
    await ask(office.desks["anna"])
    at = (await wish(office)).at
    await office.store.transact(lambda tx: staff.leave(tx, office.staff[0], NOON))
    await forge(clara, f"do:erasure-confirm:{person}:{at}")
    assert clara.guest.toasts()[-1] == clara.key("refusal/stale")


async def test_nobody_else_is_there(house):
    """Where nobody could confirm it the page says so and offers nothing."""
    await lead_together(house)
    await house.store.transact(lambda tx: staff.leave(tx, house.staff[1], NOON))
    anna = Desk(house, house.anna)
    await open_card(anna)
    assert anna.key("office/erasure/nobody") in page_of(anna)
    assert anna.key("office/erasure/button/ask") not in anna.buttons()


async def test_colleague_who_left_is_erased_by_two_coordinators(office):
    """A colleague is removed from the team first, then found by the name and erased."""
    clara = office.desks["clara"]
    dora = Desk(office, await enrol_coordinator(office, chat=171, label="Dora"))
    nina = await enrol_facilitator(office, 140, "Nina")
    number = nina.guest.person
    await office.store.transact(lambda tx: staff.leave(tx, number, NOON))
    await clara.command("settings")
    await clara.tap("office/erasure/button/list")
    await clara.type("Nina")
    await clara.tap("office/erasure/button/ask")
    await dora.tap("office/erasure/button/look")
    await dora.tap("office/erasure/button/confirm")
    await gone(office, number)
    assert nina.guest.texts() == []


async def test_colleague_can_not_be_erased(office):
    """Whoever holds a role is erased by nobody, by whatever button."""
    clara = office.desks["clara"]
    await clara.command("settings")
    await forge(clara, f"do:erasure-ask:{office.staff[0]}:-")
    assert clara.guest.toasts()[-1] == clara.key("refusal/stale")
    assert await office.count("erasure") == 0


async def test_invited_who_has_not_come(office):
    """Whoever has not opened their invitation is erased, and the invitation with them."""
    anna, clara = office.desks["anna"], office.desks["clara"]

    def invite(tx):
        person = people.add(tx, locale="en", zone="UTC", label="W4", now=NOON)
        people.invite(tx, person, "late", expires_at=END)
        (group,) = groups.of_facilitator(tx, office.staff[0])
        groups.join(tx, group, person, groups.Part.PARTICIPANT, NOON)
        return person

    person = await office.store.transact(invite)
    await anna.command("groups")
    await forge(anna, f"go:erasure:{person}")
    await anna.tap("office/erasure/button/ask")
    await clara.tap("office/erasure/button/look")
    await clara.tap("office/erasure/button/confirm")
    await gone(office, person)
    assert await office.count("invitation", f"person = {person}") == 0


async def test_card_says_that_a_wish_waits(office):
    """Any other facilitator of theirs reads on the card that it waits."""
    bernd = office.desks["bernd"]
    await ask(office.desks["anna"])
    await see_card(bernd)
    assert bernd.key("office/erasure/line") in page_of(bernd)


async def test_list_names_what_waits(office):
    """A coordinator finds the wishes that wait without being rung."""
    await ask(office.desks["anna"])
    dora = Desk(office, await enrol_coordinator(office, chat=171, label="Dora"))
    assert Role.COORDINATOR in await office.store.read(
        lambda tx: people.find(tx, dora.guest.person).roles
    )
    await dora.command("settings")
    await dora.tap("office/erasure/button/list")
    await press(dora, f"go:erasure:{office.people[0]}")
    assert dora.key("office/erasure/button/confirm") in dora.buttons()
