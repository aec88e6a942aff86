"""The check room on real phones: who gets the link, who does not, and when it is gone again."""

import pytest

from bot.language.words import words
from bot.service import ring_link_refused
from flows import events as e
from flows.model import Programme, Rules
from storage import links, pages, people
from tests.bot.conftest import ZONE
from tests.honest import NOON, YEAR

FIRST, SECOND, THIRD = (f"https://meet.example.org/check-{n}" for n in ("one", "two", "three"))


@pytest.fixture
async def room(empty_house):
    """Everybody is ready in a programme with a check room, and the first stands on Anna's desk."""
    empty_house.rules = Rules(check_room=True)
    house = await empty_house.move_in()
    await house.ready()
    await claim(house, house.anna, house.h7)
    return house


@pytest.fixture
def k2(room):
    return room.guests[1]


async def tap(house, guest, start):
    guest.tap(start)
    await house.quiet()


async def forge(house, guest, data):
    guest.forge(data)
    await house.quiet()


async def write(house, guest, text):
    guest.phone.type(text)
    await house.quiet()


async def claim(house, staff, guest):
    await forge(house, staff, f"claim:{house.session_id}:{guest.person}")


async def call_in(house, staff, link):
    await tap(house, staff, "call-in:")
    await write(house, staff, link)


def has_button(guest, start):
    return any(data.startswith(start) for _, data in guest.buttons())


async def called(house):
    return (await house.session()).called


async def test_whoever_taps_is_asked_for_nothing_else(room):
    """After the tap even a link among words calls in: a page that asked for words is closed."""
    opened = pages.Page("new-group", 0)
    await room.store.transact(lambda tx: pages.keep(tx, room.anna.person, opened))
    await tap(room, room.anna, "call-in:")
    await write(room, room.anna, f"Here: {FIRST}")
    assert room.h7.links() == [FIRST]


async def test_a_tap_and_a_fresh_link_call_somebody_in(room, k2):
    """The link is on the phone of whoever is called in, which rings, and on no other."""
    rung = len(room.h7.phone.view()["notifications"])
    await tap(room, room.anna, "call-in:")
    assert room.anna.texts()[-1] == room.anna.say("call/now", who="P0")
    await write(room, room.anna, FIRST)
    assert room.h7.links() == [FIRST]
    assert room.h7.texts()[-1] == room.h7.say("place/call/ready")
    told = [one["text"] for one in room.h7.phone.view()["notifications"][rung:]]
    assert len(told) == 1
    assert not any("://" in text for text in told)
    for other in (k2, room.anna, room.bernd):
        assert other.links() == []
    shown = " ".join(m["text"] for guest in (room.anna, room.bernd) for m in guest.messages())
    assert FIRST not in shown
    assert room.anna.say("call/until", time=words("en", ZONE).time(NOON + 600)) in shown
    assert ("called-in", "done", room.anna.person, "") in await room.audited()


async def test_stops_and_corrections_stay_beside_the_link(room):
    """Whoever is called in can still stop, or change an answer; that takes the link away."""
    await call_in(room, room.anna, FIRST)
    assert has_button(room.h7, "halt:")
    await tap(room, room.h7, "answer:")
    assert (await called(room), room.h7.links()) == (None, [])
    assert not has_button(room.anna, "call-in:")


async def test_the_next_call_takes_the_first_link_away(room, k2):
    """Of two who are called in one after another, only the second has a link, and another one."""
    await call_in(room, room.anna, FIRST)
    await claim(room, room.anna, k2)
    assert room.h7.links() == []
    await call_in(room, room.anna, SECOND)
    assert (room.h7.links(), k2.links()) == ([], [SECOND])
    assert await room.count("call_in", "ended_at IS NULL") == 1


async def test_two_facilitators_share_one_room(room, k2):
    """When a colleague calls somebody in, whoever the first one had called is so no more."""
    await call_in(room, room.anna, FIRST)
    await claim(room, room.bernd, k2)
    assert room.h7.links() == [FIRST]
    await call_in(room, room.bernd, SECOND)
    assert (room.h7.links(), k2.links()) == ([], [SECOND])
    told = room.anna.say("ring/call-ended", who="P0", by="F1")
    assert told in room.anna.texts()
    assert told not in room.bernd.texts()


async def test_time_takes_the_link_away(room):
    """After ten minutes the link is gone from the phone, and the record says that nobody did it."""
    await call_in(room, room.anna, FIRST)
    await room.move_to(NOON + 599)
    assert room.h7.links() == [FIRST]
    await room.move_to(NOON + 600)
    assert (room.h7.links(), await called(room)) == ([], None)
    assert ("call-in-ran-out", "done", None, "") in await room.audited()
    assert await room.count("call_link") == 0


async def test_a_signature_ends_the_call(room):
    """Whoever is signed in waits for the opening, without the link of the check room."""
    await call_in(room, room.anna, FIRST)
    await forge(room, room.anna, await room.sign_data(room.anna.person, room.h7.person))
    assert room.h7.links() == []
    assert room.h7.texts()[-1] == room.h7.say("place/admitted")


async def test_a_link_that_was_used_calls_nobody_in(room, k2):
    """A link of a call is taken for no other call, and the facilitator may paste a fresh one."""
    await call_in(room, room.anna, FIRST)
    await claim(room, room.anna, k2)
    await call_in(room, room.anna, f"{FIRST}/#again")
    assert room.anna.texts()[-1] == room.anna.say("reply/link-taken")
    assert (k2.links(), await called(room)) == ([], None)
    await write(room, room.anna, SECOND)
    assert k2.links() == [SECOND]


async def test_no_link_is_of_the_check_room_and_of_the_session(room):
    """What a call used is never the session's link, and the session's never that of a call."""
    await call_in(room, room.anna, FIRST)
    await write(room, room.anna, FIRST)
    assert room.anna.texts()[-1] == room.anna.say("reply/link-taken")
    assert not (await room.session()).link_ready
    await write(room, room.anna, SECOND)
    assert (await room.session()).link_ready
    await call_in(room, room.anna, SECOND)
    assert room.anna.texts()[-1] == room.anna.say("reply/link-taken")
    assert room.h7.links() == [FIRST]


async def test_what_is_no_link_of_a_video_service_calls_nobody_in(room):
    """A link that can't be taken is said to be so, and the next one may be."""
    await call_in(room, room.anna, "http://meet.example.org/open")
    assert room.anna.texts()[-1] == room.anna.say("reply/link-refused")
    assert room.h7.links() == []
    await write(room, room.anna, FIRST)
    assert room.h7.links() == [FIRST]


async def test_a_link_that_comes_too_late_is_nobodys(room):
    """Where nobody can be called in any more, the link is neither theirs nor the session's."""
    await tap(room, room.anna, "call-in:")
    await tap(room, room.h7, "halt:")
    await write(room, room.anna, FIRST)
    assert room.anna.texts()[-1] == room.anna.say("call/not-now", who="P0")
    assert room.h7.links() == []
    assert not (await room.session()).link_ready
    assert await room.store.read(lambda tx: links.is_fresh(tx, FIRST))
    await write(room, room.anna, FIRST)
    assert (await room.session()).link_ready


async def test_a_wish_to_call_in_ends_with_its_session(room):
    """A link that is pasted after a session is over is for no call in it, and for nothing else."""
    await tap(room, room.anna, "call-in:")
    await room.happen(e.SessionClosed(room.bernd.person))
    await write(room, room.anna, FIRST)
    assert room.anna.texts()[-1] == room.anna.say("call/not-now", who="P0")
    await write(room, room.anna, SECOND)
    assert room.anna.texts()[-1] == room.anna.say("reply/link-unasked")


async def test_a_wish_to_call_in_lapses(room):
    """A link that comes more than five minutes later is nobody's: it may be the session's own."""
    await tap(room, room.anna, "call-in:")
    await room.move_to(NOON + 300)
    await write(room, room.anna, FIRST)
    assert room.anna.texts()[-1] == room.anna.say("call/lapsed", who="P0")
    assert (room.h7.links(), await called(room)) == ([], None)
    assert not (await room.session()).link_ready
    await write(room, room.anna, FIRST)
    assert (await room.session()).link_ready
    assert room.h7.links() == []


async def test_a_wish_to_call_in_lasts_five_minutes(room):
    """Making a link takes a while: until then it calls somebody in."""
    await tap(room, room.anna, "call-in:")
    await room.move_to(NOON + 299)
    await write(room, room.anna, FIRST)
    assert room.h7.links() == [FIRST]


async def test_a_link_that_telegram_refuses_ends_the_call(room):
    """Where Telegram shows no such button, the call is over, and the facilitators are told."""
    await call_in(room, room.anna, FIRST)

    def refuse(tx):
        ring_link_refused(tx, room.session_id, room.h7.person, room.clock.now())

    await room.store.transact(refuse)
    await room.wake()
    for guest in (room.anna, room.bernd):
        assert guest.say("ring/call-refused", who="P0") in guest.texts()
    assert await called(room) is None
    assert await room.count("call_link") == 0
    assert ("call-in-refused", "done", None, "") in await room.audited()
    await call_in(room, room.anna, SECOND)
    assert room.h7.links() == [SECOND]


async def test_choosing_the_session_after_all(room):
    """Whoever says that the next link is for the session has it taken for that."""
    await tap(room, room.anna, "call-in:")
    await forge(room, room.anna, f"link-for:{room.session_id}")
    await write(room, room.anna, FIRST)
    assert (await room.session()).link_ready
    assert room.h7.links() == []


async def test_calling_in_waits_for_a_code(empty_house):
    """Where a code is asked for, the tap brings the pad; after a right code the link is taken."""
    empty_house.rules = Rules(check_room=True, second_factor=True)
    room = await empty_house.move_in()
    await room.ready()
    await claim(room, room.anna, room.h7)
    await tap(room, room.anna, "call-in:")
    assert has_button(room.anna, "key:")
    assert await room.store.read(lambda tx: links.call_wanted(tx, room.anna.person)) is None
    assert ("call-in", "held", room.anna.person, "second-factor") in await room.audited()
    await room.prove(room.anna.person)
    await room.wake()
    await call_in(room, room.anna, FIRST)
    assert room.h7.links() == [FIRST]


FORGED = {
    "by-the-participant": ("h7", "{h7}:1", "refusal/not-facilitator"),
    "by-a-colleague-without-the-person": ("bernd", "{h7}:1", "refusal/stale"),
    "of-another-than-on-the-desk": ("anna", "{k2}:1", "refusal/stale"),
    "of-another-epoch": ("anna", "{h7}:2", "refusal/stale"),
    "of-somebody-elsewhere": ("anna", "99:1", "refusal/forged"),
}


@pytest.mark.parametrize("name", FORGED)
async def test_a_forged_tap_asks_for_no_link(room, k2, name):
    """The button counts for whoever has the person on the desk, in the running epoch."""
    who, args, key = FORGED[name]
    guest = getattr(room, who)
    toasts = len(guest.toasts())
    data = args.format(h7=room.h7.person, k2=k2.person)
    await forge(room, guest, f"call-in:{room.session_id}:{data}")
    assert await guest.toast(toasts) == guest.say(key)
    wanted = await room.store.read(lambda tx: links.call_wanted(tx, guest.person))
    assert wanted is None


async def test_the_gate_is_asked_anew_when_the_link_is_drawn(room):
    """A call that is held by something outside it is drawn without its link."""
    await call_in(room, room.anna, FIRST)

    def suspend(tx):
        held = Programme(suspended=True, ends_at=NOON + YEAR, safety_contact_until=NOON + YEAR)
        people.set_programme(tx, held)

    await room.store.transact(suspend)
    await write(room, room.h7, "/now")
    assert room.h7.links() == []


async def test_whoever_has_no_chat_is_called_by_phone(room, k2):
    """There is no button for somebody whom no link could be sent to."""
    await room.store.transact(
        lambda tx: tx.db.execute(
            "UPDATE person SET chat = NULL, chat_index = NULL WHERE id = ?", (k2.person,)
        )
    )
    await claim(room, room.anna, k2)
    assert not has_button(room.anna, "call-in:")
    toasts = len(room.anna.toasts())
    await forge(room, room.anna, f"call-in:{room.session_id}:{k2.person}:1")
    assert await room.anna.toast(toasts) == room.anna.say("refusal/held-staff")


async def test_without_a_check_room_there_is_no_button(house):
    """Where the programme uses a call of its own, nothing is different."""
    await house.ready()
    await claim(house, house.anna, house.h7)
    assert has_button(house.anna, "seen:")
    assert not has_button(house.anna, "call-in:")
    toasts = len(house.anna.toasts())
    await forge(house, house.anna, f"call-in:{house.session_id}:{house.h7.person}:1")
    assert await house.anna.toast(toasts) == house.anna.say("refusal/held-staff")


async def test_a_stop_of_the_session_leaves_no_link_of_either_kind(room):
    """After a stop neither the session's link nor that of a call can be read."""
    await call_in(room, room.anna, FIRST)
    await write(room, room.anna, SECOND)
    await room.happen(e.SessionStopped(room.bernd.person))
    await room.wake()
    assert room.h7.links() == []
    assert await room.count("call_link") == await room.count("session_link") == 0
    assert not await room.store.read(lambda tx: tx.keys.knows_session(room.session_id))
