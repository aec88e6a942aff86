"""Somebody without a smartphone: agreements read out, the orientation by phone, nothing sent."""

import pytest

from bot.language.shipped import shipped_revision
from flows import events as e
from flows.flow import AGREEMENTS
from flows.model import Agreement, CheckState, OrientationState
from storage import arrivals, orientations, outbox, people
from storage.outbox import Kind
from tests.bot.office.conftest import Desk
from tests.bot.office.grouping import (
    add_participant,
    enrol_facilitator,
    forge,
    go,
    lead_session_group,
    link_on,
    make_group,
    page_of,
    press,
    reopen,
)
from tests.honest import START


@pytest.fixture
async def anna(empty_house):
    """Seat a facilitator in the office of a programme without groups."""
    return await enrol_facilitator(empty_house, 100, "Anna")


async def invited(desk):
    """Make a group with somebody who is invited, and open their card."""
    group = await make_group(desk)
    person, link = await add_participant(desk, group)
    await go(desk, "participant", person)
    return person, link


async def agree_to_all(desk):
    await desk.tap("office/by-phone/button/agreements")
    for _ in Agreement:
        await desk.tap("office/by-phone/button/agreed")


async def person_of(house, person):
    return await house.store.read(lambda tx: people.find(tx, person))


async def agreed(house, person):
    found = await house.store.read(lambda tx: people.standing_of(tx, person))
    return found.agreements


async def kinds(house, person):
    sql = "SELECT kind, outcome, detail FROM audit WHERE person = ? ORDER BY seq"
    rows = await house.store.read(lambda tx: tx.db.execute(sql, (person,)).fetchall())
    return [tuple(row) for row in rows]


async def test_each_agreement_is_read_out_and_recorded(anna):
    """Three texts, a tap each, a row each, the edition pinned; after the last they are enrolled."""
    person, _ = await invited(anna)
    flow = shipped_revision("agreements", "en").flow
    await anna.tap("office/by-phone/button/agreements")
    for step in AGREEMENTS:
        assert flow.steps[step].text in page_of(anna)
        assert not (await person_of(anna.house, person)).enrolled
        await anna.tap("office/by-phone/button/agreed")

    assert (await person_of(anna.house, person)).enrolled
    assert await agreed(anna.house, person) == set(Agreement)
    assert await kinds(anna.house, person) == [
        ("participant-add", "done", "1"),
        *(("by-phone-agreed", "done", step) for step in AGREEMENTS),
        ("enrolled", "done", "without-chat"),
    ]
    revision = shipped_revision("agreements", "en").id
    assert await anna.house.count("agreement", f"revision = '{revision}'") == len(Agreement)
    assert anna.key("office/by-phone/no-chat") in page_of(anna)


async def test_going_back_agrees_to_nothing(anna):
    """Who goes back after one text leaves one on record, and nobody enrolled."""
    person, _ = await invited(anna)
    await anna.tap("office/by-phone/button/agreements")
    await anna.tap("office/by-phone/button/agreed")
    await anna.tap("office/button/back")

    assert await agreed(anna.house, person) == {Agreement.CONSENT}
    assert not (await person_of(anna.house, person)).enrolled


async def test_a_double_tap_agrees_once(anna):
    """The same tap again belongs to a text that was agreed to, and agrees to no other."""
    person, _ = await invited(anna)
    await anna.tap("office/by-phone/button/agreements")
    message, data = anna.guest.button("do:by-phone-agreed:")
    for _ in range(2):
        anna.guest.forge(data, message)
    await anna.house.quiet()

    assert await agreed(anna.house, person) == {Agreement.CONSENT}


async def test_their_invitation_ends(anna):
    """Once enrolled without a chat, the invitation that was shown lets nobody in any more."""
    person, link = await invited(anna)
    await agree_to_all(anna)
    guest = anna.house.guest(400)
    guest.phone.open_link(link)
    await anna.house.quiet()

    assert guest.texts() == []
    assert await anna.house.store.read(lambda tx: people.chat_of(tx, person)) is None


async def test_a_smartphone_later(anna):
    """Whoever gets a smartphone is invited to a chat of their own; nothing is agreed to anew."""
    person, _ = await invited(anna)
    await agree_to_all(anna)
    await anna.tap("office/participant/button/invite")
    link = link_on(anna)
    guest = anna.house.guest(400)
    guest.phone.open_link(link)
    await anna.house.quiet()

    assert guest.texts() == [guest.say("start/participant")]
    assert await anna.house.store.read(lambda tx: people.chat_of(tx, person)) == 400
    await reopen(anna, "participant", person)
    assert anna.key("office/by-phone/no-chat") not in page_of(anna)
    assert anna.key("office/participant/button/invite") not in anna.buttons()


async def test_no_smartphone_during_a_session(chatless):
    """While a session is under way nobody turns from a phone call to a chat; later they can."""
    house, person = chatless, chatless.people[0]
    anna = Desk(house, house.anna)
    await anna.command("groups")
    await press(anna, "go:group:")
    await go(anna, "participant", person)
    await anna.tap("office/participant/button/invite")
    link = link_on(anna)
    await house.started()
    guest = house.guest(400)
    guest.phone.open_link(link)
    await house.quiet()
    assert guest.texts() == []
    await reopen(anna, "participant", person)
    assert anna.key("office/participant/button/invite") not in anna.buttons()
    await forge(anna, f"do:participant-invite:{person}:-")
    assert ("participant-invite", "stale", house.anna.person, "") in await house.audited()

    await house.happen(e.SessionClosed(house.anna.person))
    guest.phone.open_link(link)
    await house.quiet()
    assert await house.store.read(lambda tx: people.chat_of(tx, person)) == 400


async def test_who_has_come_reads_for_themselves(anna):
    """Somebody who has opened the invitation agrees on their own phone alone."""
    person, link = await invited(anna)
    anna.house.guest(400).phone.open_link(link)
    await anna.house.quiet()
    await reopen(anna, "participant", person)
    assert anna.key("office/by-phone/button/agreements") not in anna.buttons()
    revision = shipped_revision("agreements", "en").id

    await forge(anna, f"do:by-phone-agreed:{person}:0-1-{revision[:8]}")

    assert await agreed(anna.house, person) == set()


@pytest.mark.parametrize("choice", ["0-2-{}", "1-1-{}", "0-1-00000000", "-", "x"])
async def test_another_text_is_not_agreed_to(anna, choice):
    """A button for another text, version or edition agrees to nothing."""
    person, _ = await invited(anna)
    revision = shipped_revision("agreements", "en").id

    await forge(anna, f"do:by-phone-agreed:{person}:{choice.format(revision[:8])}")

    assert await agreed(anna.house, person) == set()


async def test_only_their_own_facilitators_may(anna):
    """Nobody but a facilitator of their group reads anything out or enters anything."""
    person, _ = await invited(anna)
    other = await enrol_facilitator(anna.house, 101, "Bernd")
    revision = shipped_revision("agreements", "en").id
    await forge(other, f"do:by-phone-agreed:{person}:0-1-{revision[:8]}")
    await forge(other, f"do:orientation-told:{person}:1-0-0")
    await forge(other, f"go:by-phone:{person}")

    assert await agreed(anna.house, person) == set()
    assert await anna.house.count("orientation_answer") == 0


async def test_a_new_version_is_read_out_again(anna):
    """When a text begins another version, the same page reads out that one alone."""
    person, _ = await invited(anna)
    await agree_to_all(anna)
    await anna.house.store.transact(lambda tx: people.raise_agreement(tx, Agreement.HOUSE_RULES))
    await reopen(anna, "participant", person)
    await anna.tap("office/by-phone/button/agreements")
    await anna.tap("office/by-phone/button/agreed")

    assert await anna.house.store.read(lambda tx: arrivals.missing(tx, person)) is None
    assert (await kinds(anna.house, person))[-1] == ("by-phone-agreed", "done", "house-rules")


# The orientation


async def test_the_orientation_is_answered_by_phone(anna):
    """One step at a time; at the end the page says who entered the answers, and can be signed."""
    person, _ = await invited(anna)
    await agree_to_all(anna)
    await press(anna, f"go:orientation:{person}")
    await anna.tap("office/orientation/button/begin")
    await reopen(anna, "participant", person)
    await anna.tap("office/by-phone/button/orientation")
    assert "help" not in str(anna.buttons()).lower()
    for _ in range(11):
        await press(anna, "do:orientation-told:")

    found = await anna.house.store.read(lambda tx: orientations.find(tx, person))
    assert found.state is OrientationState.READY
    assert {answer.by for answer in found.answers.values()} == {anna.guest.person}
    assert anna.key("assisted/entered", by="Anna") in page_of(anna)

    await anna.tap("office/orientation/button/sign")

    assert await anna.house.count("orientation", f"person = {person}") == 1


@pytest.mark.parametrize("choice", ["1-1-0", "2-0-0", "1-0-9", "1-99-0", "1-0", "-", "1-0-0-0"])
async def test_another_step_is_not_answered(anna, choice):
    """A button of another run, step or option answers nothing."""
    person, _ = await invited(anna)
    await agree_to_all(anna)
    await press(anna, f"go:orientation:{person}")
    await anna.tap("office/orientation/button/begin")

    await forge(anna, f"do:orientation-told:{person}:{choice}")

    found = await anna.house.store.read(lambda tx: orientations.find(tx, person))
    assert (found.answers, found.step) == ({}, found.revision.flow.start)


# In a session


@pytest.fixture
async def chatless(house):
    """Take P0's smartphone away, and let Anna lead a group of theirs."""
    await lead_session_group(house)
    sql = "UPDATE person SET chat = NULL, chat_index = NULL WHERE id = ?"
    await house.store.transact(lambda tx: tx.db.execute(sql, (house.people[0],)))
    return house


async def test_nothing_is_sent_to_them_and_nobody_is_told(chatless):
    """Whatever is for them is let go at once: no try again, no note that they can't be reached."""
    house, person = chatless, chatless.people[0]
    await house.started()
    for kind, subject in ((Kind.SAY, "reply/failed"), (Kind.SHOW, "place"), (Kind.HIDE, "place")):
        await house.store.transact(
            lambda tx, kind=kind, subject=subject: outbox.add(
                tx, person, kind, now=house.now, session=house.session_id, subject=subject
            )
        )
    await house.wake()

    assert await house.count("outbox") == 0
    assert house.h7.messages() == []
    assert (await person_of(house, person)).reachable
    assert await house.count("audit", "kind = 'unreachable'") == 0
    assert await house.count("timer", f"person = {person}") == 0


async def test_they_come_to_a_session_by_phone(chatless):
    """Their answers are entered, they are signed in, and whoever signed gets their way in."""
    house, person = chatless, chatless.people[0]
    await house.started()
    anna = Desk(house, house.anna)
    await press(anna, f"claim:{house.session_id}:{person}")
    await press(anna, "enter:")
    while (await house.session()).checks[person].state is CheckState.ASKING:
        await press(anna, "told:")
    await house.answer_all(house.people[1])
    for one in house.people:
        await forge(anna, await house.sign_data(house.anna.person, one))
    await house.paste(house.anna.person)
    await house.move_to(START - 300)
    await forge(anna, await house.open_data(house.anna.person))
    await press(anna, f"claim:{house.session_id}:{person}")
    await press(anna, "let-in:")

    assert len(house.anna.links()) == 1
    await house.happen(e.SessionClosed(house.anna.person))
    await house.wake()
    assert house.anna.links() == []
    assert house.h7.messages() == []
