"""Participants: their card, the invitation again, moving and leaving, and what staff call them."""

import pytest

from bot.language.words import words
from bot.office import card
from bot.office.page import Card
from flows.model import Agreement, Clearance, ClearanceDecision
from storage import aliases, people
from tests.bot.conftest import ZONE
from tests.bot.office.conftest import Desk
from tests.bot.office.grouping import (
    add_participant,
    enrol_facilitator,
    forge,
    go,
    label_of,
    lead_session_group,
    link_on,
    make_group,
    members,
    page_of,
    press,
    reopen,
)
from tests.honest import NOON, YEAR

ALIAS = "Marigold"
DAY = 86400


@pytest.fixture
async def anna(empty_house):
    """Seat a facilitator in the office of a programme without groups."""
    return await enrol_facilitator(empty_house, 100, "Anna")


async def with_participant(desk):
    """Make a group with one participant, and open their card."""
    group = await make_group(desk)
    person, link = await add_participant(desk, group)
    await go(desk, "participant", person)
    return group, person, link


async def standing(house, person):
    return await house.store.read(lambda tx: people.standing_of(tx, person))


async def alias_of(house, person):
    return await house.store.read(lambda tx: aliases.find(tx, person))


def day(desk, at):
    return words(desk.guest.locale, ZONE).day(at)


@pytest.mark.parametrize("locale", ["en", "de"])
async def test_card_of_somebody_new_says_what_holds_them(empty_house, locale):
    """The card of somebody who is invited has a hold for everything that is not settled."""
    desk = await enrol_facilitator(empty_house, 100, "Anna", locale)
    _, person, _ = await with_participant(desk)
    kinds = [desk.key(f"office/button/{kind.replace('_', '-')}") for kind in Agreement]
    assert page_of(desk).splitlines() == [
        await label_of(desk.house, person),
        desk.key("office/participant/since", name="Tuesday 18", day=day(desk, NOON)),
        desk.key("office/participant/invited"),
        "",
        desk.key("office/participant/not-agreed", items=words(locale, ZONE).listing(kinds)),
        desk.key("office/participant/no-intake"),
        desk.key("office/orientation/line", state=desk.key("office/orientation/none")),
        desk.key("office/clearance/none", who=await label_of(desk.house, person)),
    ]


async def test_card_says_until_when_things_are_settled(house):
    """The card of somebody who is settled says until when; what has expired holds again."""
    group = await lead_session_group(house)
    anna = Desk(house, house.anna)
    until, person = day(anna, NOON + YEAR), house.people[0]
    await anna.command("groups")
    await go(anna, "group", group)
    await go(anna, "participant", person)
    online = anna.key("office/clearance/button/online-group")
    judged = anna.key("office/clearance/button/judgement")
    assert page_of(anna).splitlines()[2:] == [
        anna.key("office/participant/enrolled"),
        "",
        anna.key("office/participant/agreed"),
        anna.key("office/participant/intake", day=day(anna, NOON - YEAR)),
        anna.key("office/orientation/line", state=anna.key("office/orientation/counts", day=until)),
        anna.key("office/clearance/in-force", decision=online, day=until),
        anna.key("office/clearance/noted", day=day(anna, NOON), instrument=judged),
    ]
    await house.move_to(NOON + YEAR)
    await anna.command("groups")
    await reopen(anna, "participant", person)
    assert anna.key("office/orientation/ran-out", day=until) in page_of(anna)
    who = await label_of(house, person)
    assert anna.key("office/clearance/ended", who=who, day=until) in page_of(anna)


@pytest.mark.parametrize("decision", ClearanceDecision)
async def test_every_decision_has_its_words(anna, decision):
    """Whatever was decided on online participation can be read on the card."""
    _, person, _ = await with_participant(anna)
    clearance = Clearance(decision, NOON + YEAR)
    await anna.house.store.transact(lambda tx: people.settle_clearance(tx, person, clearance, NOON))
    await reopen(anna, "participant", person)
    assert decision.replace("_", " ").split()[-1] in page_of(anna).replace("-", " ")


async def test_invitation_again_ends_the_one_before(anna):
    """A new invitation is shown as long as nobody has come; the link before lets nobody in."""
    _, person, first = await with_participant(anna)
    await anna.tap("office/participant/button/invite")
    second = link_on(anna)
    assert second != first
    late, guest = (anna.house.guest(200 + number) for number in range(2))
    late.phone.open_link(first)
    guest.phone.open_link(second)
    await anna.house.quiet()
    assert (late.texts(), bool(guest.texts())) == ([], True)
    assert ("participant-invite", "done", anna.guest.person, "") in await anna.house.audited()
    assert await anna.house.count("invitation", f"person = {person}") == 1


async def test_nobody_enrolled_is_invited_again(house):
    """Somebody who has come has no such button, and a forged one shows no invitation."""
    group = await lead_session_group(house)
    anna = Desk(house, house.anna)
    await anna.command("groups")
    await go(anna, "group", group)
    await go(anna, "participant", house.people[0])
    assert anna.key("office/participant/button/invite") not in anna.buttons()
    before = await house.count("invitation")
    await forge(anna, f"do:participant-invite:{house.people[0]}:-")
    assert await house.count("invitation") == before
    assert ("participant-invite", "stale", anna.guest.person, "") in await house.audited()


@pytest.mark.parametrize(("button", "days"), [("today", 0), ("yesterday", 1), ("week-ago", 7)])
async def test_intake_is_noted_with_its_day(anna, button, days):
    """The intake is a flag with a date, set by one tap."""
    _, person, _ = await with_participant(anna)
    await anna.tap("office/participant/button/intake")
    await anna.tap(f"office/participant/button/{button}")
    assert (await standing(anna.house, person)).intake_at == NOON - days * DAY
    assert anna.key("office/participant/intake", day=day(anna, NOON - days * DAY)) in page_of(anna)


@pytest.mark.parametrize("choice", ["2", "-1", "365", "today"])
async def test_intake_on_another_day_is_forged(anna, choice):
    """No other day can be sent than those that are offered."""
    _, person, _ = await with_participant(anna)
    await forge(anna, f"do:participant-intake:{person}:{choice}")
    assert (await standing(anna.house, person)).intake_at is None


async def test_move_to_another_group_of_ones_own(anna):
    """Somebody moves to another group with a place, and is in one group as before."""
    first, person, _ = await with_participant(anna)
    second = await make_group(anna, "Thursday 9")
    await reopen(anna, "participant", person)
    await anna.tap("office/participant/button/move")
    await press(anna, f"do:participant-move:{person}:{first}-{second}")
    assert (await members(anna.house, first), await members(anna.house, second)) == ((), (person,))
    assert "Thursday 9" in page_of(anna)


async def test_nobody_moves_where_there_is_no_place(anna):
    """A full group and a colleague's are neither offered nor taken as a place to move to."""
    bernd = await enrol_facilitator(anna.house, 101, "Bernd")
    others = await make_group(bernd)
    first, person, _ = await with_participant(anna)
    alone = await make_group(anna, "Thursday 9")
    await anna.tap("office/group/button/kind")
    await anna.tap("office/group/button/one-to-one")
    await add_participant(anna, alone)
    await reopen(anna, "move", person)
    who = await label_of(anna.house, person)
    assert page_of(anna) == anna.key("office/participant/no-other-group", who=who)
    for target in (alone, others, first, 99):
        await forge(anna, f"do:participant-move:{person}:{first}-{target}")
    assert await members(anna.house, first) == (person,)
    assert await members(anna.house, others) == ()
    refused = ("participant-move", "stale", anna.guest.person, "")
    assert (await anna.house.audited())[-4:] == [refused] * 4


async def test_taking_out_ends_the_invitation(anna):
    """Who is taken out before they came is on no page any more, and their link lets nobody in."""
    group, person, link = await with_participant(anna)
    await anna.tap("office/participant/button/out")
    assert await members(anna.house, group) == (person,)
    await anna.tap("office/participant/button/out-now", name="Tuesday 18")
    assert await members(anna.house, group) == ()
    assert await label_of(anna.house, person) not in page_of(anna)
    guest = anna.house.guest(200)
    guest.phone.open_link(link)
    await anna.house.quiet()
    assert guest.texts() == []
    await reopen(anna, "participant", person)
    assert ("participant", "forged", anna.guest.person, "") in await anna.house.audited()


async def test_cards_of_other_concerns_stand_on_the_page(anna, monkeypatch):
    """What another concern has to say of somebody stands on their card, with its buttons."""

    def shown(view):
        return Card((f"Number {view.about}",), (view.go("office/button/end", "end"),))

    monkeypatch.setattr(card, "CARDS", (shown,))
    _, person, _ = await with_participant(anna)
    assert page_of(anna).endswith(f"\nNumber {person}")
    assert anna.key("office/button/end") in anna.buttons()


# The alias


async def test_alias_is_set_changed_and_taken_away(anna):
    """A line becomes the alias, another one its successor; a tap takes it away."""
    group, person, _ = await with_participant(anna)
    label = await label_of(anna.house, person)
    for alias in (ALIAS, "Rosemary"):
        await anna.tap("office/participant/button/alias")
        await anna.type(alias)
        assert await alias_of(anna.house, person) == alias
        assert anna.page.splitlines()[0] == f"{label} ({alias})"
    await go(anna, "group", group)
    assert f"{label} (Rosemary)" in anna.buttons()
    await go(anna, "participant", person)
    await anna.tap("office/participant/button/alias")
    await anna.tap("office/participant/button/alias-away")
    assert await alias_of(anna.house, person) is None
    assert page_of(anna).splitlines()[0] == label


@pytest.mark.parametrize(("line", "wrong"), [("!?", "empty"), ("M" * 33, "long")])
async def test_bad_alias_is_asked_for_again(anna, line, wrong):
    """What can't be an alias gets a kind answer and the question again."""
    _, person, _ = await with_participant(anna)
    await anna.tap("office/participant/button/alias")
    await anna.type(line)
    assert anna.page.startswith(anna.key(f"office/participant/alias-{wrong}"))
    assert await alias_of(anna.house, person) is None
    await anna.type("M" * 32)
    assert await alias_of(anna.house, person) == "M" * 32


async def name_h7(house):
    """Give the first participant of the session an alias, by Anna's taps; return who is named."""
    group = await lead_session_group(house)
    anna = Desk(house, house.anna)
    await anna.command("groups")
    await go(anna, "group", group)
    await go(anna, "participant", house.people[0])
    await anna.tap("office/participant/button/alias")
    await anna.type(ALIAS)
    return await label_of(house, house.people[0])


async def test_staff_read_the_alias_on_board_and_desk(house):
    """Board and desk say who is meant; what is signed, and every button, names the label alone."""
    label = await name_h7(house)
    await house.ready()
    anna = Desk(house, house.anna)
    await anna.command("now")
    assert f"{label} ({ALIAS})" in house.anna.texts()[-1]
    await press(anna, f"claim:{house.session_id}:{house.people[0]}")
    desk = house.anna.texts()[-1]
    assert desk.startswith(f"{label} ({ALIAS})")
    assert desk.count(ALIAS) == 1
    assert ALIAS not in str(anna.buttons())


async def test_alias_rings_on_no_phone(house):
    """Nothing that rings says an alias: neither a ring, nor a board that appears by itself."""
    label = await name_h7(house)
    await house.joined()
    house.h7.tap(f"halt:{house.session_id}:someone_came_in")
    await house.quiet()
    ring = house.bernd.say("ring/someone-came-in", who=label)
    boards, rings = [], []
    for guest in (house.anna, house.bernd):
        rung = [one["text"] for one in guest.phone.view()["notifications"]]
        boards += [text for text in rung if text.startswith("Tuesday") and label in text]
        rings += [text for text in rung if text.startswith(ring[:20])]
        assert ALIAS not in str(rung)
        assert ALIAS in str(guest.texts())
    assert boards
    assert len(rings) == 2


async def test_alias_stays_among_staff(house, tmp_path):
    """After an evening the alias stands on no participant's phone, in no row, in no file."""
    await name_h7(house)
    await house.joined()
    house.anna.phone.type("/record")
    house.anna.phone.type("/why")
    await house.quiet()
    house.anna.tap(f"stop:{house.session_id}")
    await house.quiet()
    assert ALIAS in str(house.anna.phone.history)
    for guest in house.guests:
        assert len(guest.phone.history) > 3
        assert ALIAS not in str(guest.phone.history)
    assert ALIAS not in str(await house.domain())
    assert ALIAS not in str(await house.audited())
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= 3
    assert not any(ALIAS.encode() in path.read_bytes() for path in files)
