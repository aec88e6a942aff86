"""The sender in any weather: nothing lost, nothing out of order, and no way in left lying about."""

import asyncio

import pytest

from bot import pen
from bot.practice.botapi.weather import Kind, Rule
from bot.request import AiohttpRequest
from flows import events as e
from flows.effects import ScreenKind
from flows.model import SessionState
from storage import outbox
from storage.outbox import Kind as Row
from tests.bot.conftest import LINK
from tests.honest import END, NOON, START, enrol_participant, plan

BOTH = "sendMessage", "editMessageText"


def weather(house, kind, methods="sendMessage", **details):
    house.api.weather.foretell(Rule(kind, methods, **details))


async def say(house, guest, *keys):
    """Put texts into the outbox for one person, in this order."""

    def add(tx):
        for key in keys:
            outbox.add(tx, guest.person, Row.SAY, now=house.now, subject=key)

    await house.store.transact(add)


# Weather


async def test_a_flood_is_waited_out(house):
    """After a 429 the chat gets nothing before `retry_after`, then everything, in order."""
    weather(house, Kind.TOO_MANY, seconds=7)
    keys = ("reply/help", "reply/nothing-now", "reply/no-sessions")
    await say(house, house.h7, *keys)
    await house.wake()
    await house.move_to(NOON + 6)
    assert house.h7.texts() == []
    await say(house, house.h7, "reply/failed")
    await house.wake()
    assert house.h7.texts() == []
    await house.move_to(NOON + 7)
    contacts = {"contacts": "112\n116 123"}
    wanted = [house.h7.say(key, **contacts) for key in (*keys, "reply/failed")]
    assert house.h7.texts() == wanted
    assert house.api.counts["sendMessage"] == 1 + len(wanted)


async def test_a_flood_holds_redraws_too(house):
    """A redraw that is asked for meanwhile waits as well; one edit then shows the newest state."""
    await house.ready()
    anna = house.anna
    anna.forge(f"claim:{house.session_id}:{house.people[0]}")
    await house.quiet()
    weather(house, Kind.TOO_MANY, "editMessageText", seconds=9)
    anna.tap("seen:")
    await house.quiet()
    edits = house.api.counts["editMessageText"]
    for item in ("headphones", "own-device", "stable-internet"):
        anna.forge(f"seen:{house.session_id}:{house.people[0]}:1:{item}:1")
    await house.quiet()
    assert house.api.counts["editMessageText"] == edits
    await house.move_to(NOON + 9)
    assert anna.button(f"sign:{house.session_id}:{house.people[0]}:1:admit")
    others_screens = 3
    assert house.api.counts["editMessageText"] <= edits + others_screens


async def test_a_flood_in_one_chat_is_no_other_chats(house):
    """While one chat must wait, everybody else is served."""
    weather(house, Kind.TOO_MANY, seconds=60)
    await say(house, house.h7, "reply/nothing-now")
    await house.wake()
    await say(house, house.guests[1], "reply/nothing-now")
    await say(house, house.anna, "reply/no-sessions")
    await house.wake()
    assert house.h7.texts() == []
    assert house.guests[1].texts() == [house.h7.say("reply/nothing-now")]
    assert house.anna.texts() == [house.anna.say("reply/no-sessions")]


@pytest.mark.parametrize(
    ("kind", "copies"),
    [(Kind.BAD_GATEWAY, 1), (Kind.DROP_BEFORE, 1), (Kind.DROP_AFTER, 2)],
)
async def test_a_message_arrives_through_bad_weather(house, kind, copies):
    """A message arrives in spite of it, at most twice; what follows it comes once, behind it."""
    weather(house, kind)
    await say(house, house.h7, "reply/nothing-now", "reply/failed")
    await house.wake()
    first, second = house.h7.say("reply/nothing-now"), house.h7.say("reply/failed")
    assert house.h7.texts() == [first] * copies + [second]


@pytest.mark.parametrize(("kind", "copies"), [(Kind.TIMEOUT_BEFORE, 1), (Kind.TIMEOUT_AFTER, 2)])
async def test_a_timed_out_message_is_tried_once_more(house, monkeypatch, kind, copies):
    """A send that times out may have arrived: it is repeated once and never again."""
    give_up_after(monkeypatch, 0.15)
    weather(house, kind, seconds=5)
    await say(house, house.h7, "reply/nothing-now")
    await house.wake()
    text = house.h7.say("reply/nothing-now")
    assert house.h7.texts() == [text] * copies
    weather(house, Kind.TIMEOUT_AFTER, seconds=5, times=3)
    await say(house, house.h7, "reply/failed")
    await house.wake()
    house.api.weather.clear()
    await house.wake()
    assert house.h7.texts() == [text] * copies + [house.h7.say("reply/failed")] * 2


def give_up_after(monkeypatch, seconds):
    """Let the bot wait only so long for the answer to a message."""
    honest = AiohttpRequest.do_request

    async def hurried(self, url, **more):
        if url.endswith("/sendMessage"):
            more["read_timeout"] = seconds
        return await honest(self, url, **more)

    monkeypatch.setattr(AiohttpRequest, "do_request", hurried)


@pytest.mark.parametrize("kind", [Kind.DROP_AFTER, Kind.BAD_GATEWAY, Kind.DROP_BEFORE])
async def test_the_evening_is_played_in_a_storm(house, kind):
    """In lasting bad weather every screen ends in its newest state."""
    await house.started()
    for method in BOTH:
        weather(house, kind, method, times=6)
    weather(house, kind, "deleteMessage", times=6)
    for _ in range(3):
        house.h7.tap("answer:")
        await house.quiet()
    run = (await house.session()).checks[house.h7.person].run
    assert house.h7.texts()[-1] == run.revision.flow.steps[run.step].text
    assert not [rule for rule in house.api.weather.rules if rule.methods == "editMessageText"]


async def test_an_edit_of_unknown_end_is_put_right(house):
    """An edit that arrived though its answer was lost does not keep the next one from going out."""
    await house.ready()
    anna = house.anna
    anna.forge(f"claim:{house.session_id}:{house.people[0]}")
    await house.quiet()
    before = anna.button("seen:")
    data = f"{before[1][:-1]}0"
    weather(house, Kind.DROP_AFTER, "editMessageText", times=2)
    weather(house, Kind.DROP_BEFORE, "editMessageText", times=6)
    anna.tap("seen:")
    await edited(anna, data)
    anna.forge(data)
    await house.quiet()
    assert anna.button("seen:") == before


async def edited(guest, data):
    """Return once a button with this data is on the phone."""
    view = guest.phone.view()
    while data not in {one for _, one in guest.buttons()}:
        before = view["version"]
        view = await guest.phone.view_after(before, 5)
        assert view["version"] > before, f"{data} did not appear"


# Blocked


async def test_a_blocked_phone(house):
    """A chat that is gone is marked once, the facilitators hear it once, the others go on."""
    await house.started()
    house.guests[1].phone.block()
    house.anna.forge(f"out:{house.session_id}:{house.people[1]}")
    await say(house, house.guests[1], "reply/nothing-now", "reply/failed")
    await house.wake()
    for guest in (house.anna, house.bernd):
        assert guest.texts().count(guest.say("ring/unreachable", who="P1")) == 1
    kinds = [row[0] for row in await house.audited()]
    assert kinds.count("unreachable") == 1
    assert await house.count("person", "unreachable_at IS NOT NULL") == 1
    house.h7.tap("answer:")
    await house.quiet()
    assert house.h7.button("answer:")[1].endswith(":private-space:yes")
    assert await house.count("outbox") == 0


async def test_blocked_is_noticed_by_sending_too(house):
    """A refusal alone marks somebody unreachable, even where Telegram told nothing before."""
    await house.started()
    house.api.world.chats[house.guests[1].chat].blocked = True
    await say(house, house.guests[1], "reply/nothing-now", "reply/failed")
    await house.wake()
    assert house.anna.texts().count(house.anna.say("ring/unreachable", who="P1")) == 1
    assert await house.count("person", "unreachable_at IS NOT NULL") == 1


async def test_a_chat_that_is_gone_counts_as_unreachable(house):
    """A chat that Telegram knows no more is marked once, and nothing is tried again."""
    await house.started()
    del house.api.world.chats[house.guests[1].chat]
    house.anna.forge(f"out:{house.session_id}:{house.people[1]}")
    await say(house, house.guests[1], "reply/nothing-now", "reply/failed")
    await house.wake()
    for guest in (house.anna, house.bernd):
        assert guest.texts().count(guest.say("ring/unreachable", who="P1")) == 1
    assert [row[0] for row in await house.audited()].count("unreachable") == 1
    assert await house.count("person", "unreachable_at IS NOT NULL") == 1
    assert await house.count("outbox") == 0


async def test_unblocking(house):
    """Whoever lets the bot in again is reached again and sees where they are now."""
    await house.joined()
    guest = house.guests[1]
    assert guest.links() == [LINK]
    guest.phone.block()
    await house.quiet()
    await house.happen(e.SessionStopped(house.anna.person))
    await house.wake()
    guest.phone.unblock()
    await house.quiet()
    assert await house.count("person", "unreachable_at IS NOT NULL") == 0
    assert guest.texts()[-1] == guest.say("place/stopped")
    assert guest.links() == []
    assert [row[0] for row in await house.audited()].count("unreachable") == 1


# Edits


async def test_edits_are_coalesced(house):
    """Many taps while Telegram is slow make few edits, and the last one shows the newest state."""
    await house.ready()
    anna, person = house.anna, house.people[0]
    anna.forge(f"claim:{house.session_id}:{person}")
    await house.quiet()
    weather(house, Kind.LATENCY, "editMessageText", times=None, seconds=0.1)
    edits, taps = house.api.counts["editMessageText"], 0
    items = ("private-space", "headphones", "own-device", "stable-internet")
    for seen in (1, 0, 1, 0, 1):
        for item in items:
            anna.forge(f"seen:{house.session_id}:{person}:1:{item}:{seen}")
            taps += 1
            await anna.phone.view_after(anna.phone.version, 0.01)
    await house.quiet()
    assert house.api.counts["editMessageText"] - edits <= taps // 2
    observed = [data for _, data in anna.buttons() if data.startswith("seen:")]
    assert len(observed) == len(items)
    assert all(data.endswith(":0") for data in observed)
    assert anna.button(f"sign:{house.session_id}:{person}:1:admit")


async def test_an_unchanged_screen_costs_no_call(house):
    """A redraw that would show the same is not sent."""
    await house.started()
    calls = house.calls()

    def redraw(tx):
        for guest, screen in ((house.h7, ScreenKind.PLACE), (house.anna, ScreenKind.BOARD)):
            outbox.add(tx, guest.person, Row.REDRAW, now=house.now,
                       session=house.session_id, subject=screen)  # fmt: skip

    await house.store.transact(redraw)
    await house.wake()
    assert house.calls() == calls


async def test_a_screen_that_was_deleted(house):
    """A screen that its reader deleted is forgotten, and a command shows it anew."""
    await house.started()
    anna = house.anna
    (message,) = [m["message_id"] for m in anna.messages()]
    del house.api.world.chats[anna.chat].messages[message]
    house.h7.tap("answer:")
    await house.quiet()
    assert anna.texts() == []
    anna.phone.type("/now")
    await house.quiet()
    assert len(anna.texts()) == 1
    assert await house.count("outbox") == 0


async def test_each_chat_keeps_its_order(house):
    """Batches that overlap in flight leave every chat in the order of its rows."""
    weather(house, Kind.LATENCY, times=8, seconds=0.05)
    weather(house, Kind.DROP_BEFORE, times=2)
    keys = ("reply/nothing-now", "reply/failed", "reply/no-sessions", "reply/sessions")
    people = (house.h7, house.guests[1], house.bernd)
    for key in keys:
        for guest in people:
            await say(house, guest, key)
        house.api.phones.add(9000 + keys.index(key), "Nobody").type("wake up")
        await asyncio.sleep(0)
    await house.wake()
    for guest in people:
        wanted = [guest.say(key) for key in keys]
        assert [text for text in guest.texts() if text in wanted] == wanted


# The way in


def came(guest):
    """Return what came to a phone as a new message."""
    return [one for one in guest.phone.history if one["what"] == "came"]


def has_link(message):
    return any("url" in button for row in message["keyboard"] for button in row)


async def test_a_way_in_comes_by_an_edit_alone(house):
    """No new message holds the link, not even a place shown anew; all of them are protected."""
    await house.joined()
    for guest in house.guests:
        assert guest.links() == [LINK]
        guest.phone.type("/now")
    await house.quiet()
    for guest in house.guests:
        assert guest.links() == [LINK]
        assert not any(has_link(message) for message in came(guest))
        assert not any(LINK in one["text"] for one in guest.phone.view()["notifications"])
        assert LINK not in "".join(guest.texts())
        assert all(m["protected"] for m in guest.messages())
        assert all(m["link_preview_options"] == {"is_disabled": True} for m in guest.messages())
    for guest in (house.anna, house.bernd):
        assert guest.links() == []
        assert LINK not in "".join(guest.texts())


async def end_by_stop(house):
    house.anna.forge(f"stop:{house.session_id}")
    await house.quiet()


async def end_by_close(house):
    house.anna.forge(f"close:{house.session_id}")
    await house.quiet()


async def end_by_expiry(house):
    await house.move_to(house.now + 601)


async def end_by_time(house):
    await house.move_to(END + 901)
    assert (await house.session()).state is SessionState.CLOSED


async def end_one_by_one(house):
    for guest in house.guests:
        guest.tap("halt:")
    await house.quiet()


async def end_by_lost_lines(house):
    for guest in house.guests:
        guest.tap("lost:")
    await house.quiet()


ENDS = (end_by_stop, end_by_close, end_by_expiry, end_by_time, end_one_by_one, end_by_lost_lines)
STORMS = (
    (),
    ((Kind.BAD_GATEWAY, "deleteMessage"),),
    ((Kind.TOO_MANY, "deleteMessage"),),
    ((Kind.DROP_BEFORE, "editMessageText"), (Kind.DROP_BEFORE, "sendMessage")),
    ((Kind.TOO_MANY, "sendMessage"), (Kind.DROP_BEFORE, "deleteMessage")),
)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("storm", STORMS, ids=lambda storm: "+".join(k for k, _ in storm) or "fine")
async def test_afterwards_nobody_has_a_way_in(house, end, storm):
    """However the way in ends, and in any weather, no phone keeps the button."""
    await house.joined()
    for kind, method in storm:
        weather(house, kind, method, times=3, seconds=2)
    await end(house)
    for _ in range(6):
        await house.move_to(house.clock.now() + 2)
    assert [guest.links() for guest in house.guests] == [[], []]
    assert await house.count("outbox") == 0


async def test_what_cannot_be_drawn_is_not_sent(house, monkeypatch):
    """A screen that can't be drawn is dropped; the chat's other messages and the bot go on."""

    def fails(*_):
        raise LookupError("no such text")

    monkeypatch.setattr("bot.drawing.place", fails)
    await house.started()
    assert house.h7.texts() == []
    await say(house, house.h7, "reply/nothing-now")
    await house.wake()
    assert house.h7.texts() == [house.h7.say("reply/nothing-now")]
    assert await house.count("outbox") == 0


async def test_a_message_to_nobody(house):
    """A row for somebody who left, or who may not see the screen, goes nowhere."""
    await house.started()
    calls = house.calls()

    def add(tx):
        for guest, screen in ((house.h7, ScreenKind.BOARD), (house.anna, ScreenKind.PLACE)):
            outbox.add(tx, guest.person, Row.SHOW, now=house.now,
                       session=house.session_id, subject=screen)  # fmt: skip
        outbox.add(tx, house.h7.person, Row.SHOW, now=house.now, subject=ScreenKind.PLACE)
        tx.db.execute("UPDATE person SET status = 'left' WHERE id = ?", (house.people[1],))
        outbox.add(tx, house.people[1], Row.SAY, now=house.now, subject="reply/nothing-now")

    await house.store.transact(add)
    await house.wake()
    assert house.calls() == calls
    assert await house.count("outbox") == 0


async def test_a_lost_answer_to_a_tap(house):
    """That a tap could not be answered changes nothing of what it did."""
    await house.started()
    weather(house, Kind.BAD_GATEWAY, "answerCallbackQuery", times=1)
    weather(house, Kind.DROP_BEFORE, "answerCallbackQuery", times=1)
    weather(house, Kind.TOO_MANY, "answerCallbackQuery", times=1)
    for _ in range(3):
        house.h7.tap("answer:")
        await house.quiet()
    assert house.h7.toasts() == []
    assert len((await house.session()).checks[house.h7.person].answers) == 2


async def test_a_postponed_row_needs_nobody(house):
    """A postponed row goes out when its time comes, by the clock alone."""
    weather(house, Kind.TOO_MANY, seconds=START - NOON)
    await say(house, house.h7, "reply/nothing-now")
    await house.wake()
    await house.move_to(START)
    assert house.h7.texts() == [house.h7.say("reply/nothing-now")]


async def test_what_waits_for_its_turn_shows_the_state_of_its_turn(house, monkeypatch):
    """A way in that waited for Telegram's pace while the session was stopped is never shown."""
    await house.opened()
    go, waiting = asyncio.Event(), asyncio.Event()
    honest = pen.Pen.turn

    async def slow(self, person):
        await honest(self, person)
        if person == house.h7.person and not go.is_set():
            waiting.set()
            await go.wait()

    monkeypatch.setattr(pen.Pen, "turn", slow)
    house.h7.tap("join:")
    await asyncio.wait_for(waiting.wait(), 10)
    house.anna.forge(f"stop:{house.session_id}")
    while (await house.session()).state is not SessionState.STOPPED:
        pass
    go.set()
    await house.quiet()
    shown = [row for entry in house.h7.phone.history for row in entry.get("keyboard", ())]
    assert not any("url" in button for row in shown for button in row)


async def test_whoever_is_no_facilitator_any_more_keeps_no_screen(house):
    """Losing the role takes board and desk off the phone, and no tap brings them back."""
    await house.ready()
    await house.happen(e.PersonClaimed(house.anna.person, house.people[0]))
    await house.wake()
    claim = house.anna.button("claim:")
    assert house.anna.button("seen:")
    await house.happen(e.FacilitatorRemoved(house.anna.person))
    await house.wake()
    assert not [data for _, data in house.anna.buttons() if data.startswith(("claim:", "seen:"))]
    house.anna.forge(claim[1])
    await house.quiet()
    assert house.anna.toasts()[-1] == house.anna.say("refusal/not-facilitator")
    assert not [data for _, data in house.anna.buttons() if data.startswith(("claim:", "seen:"))]


# Many at once


async def test_reminders_wait_behind_whoever_looks_at_a_screen(house, monkeypatch):
    """With a dozen reminders under way, a reply stands behind the handful that is in line."""
    turns = asyncio.Semaphore(0)

    async def turn(_self, person):
        asked.append(person)
        await turns.acquire()

    def remind(tx):
        people = [enrol_participant(tx, chat, f"Q{chat}") for chat in range(300, 312)]
        session = plan(tx, house.staff[:1], people[:1])
        for person in people:
            outbox.add(
                tx, person, Row.SAY, now=house.now, session=session, subject="reminder/coming"
            )

    asked = []
    monkeypatch.setattr(pen.Pen, "turn", turn)
    await house.store.transact(remind)
    house.h7.phone.type("/help")
    while house.h7.person not in asked:
        await house.api.world.pulse.wait(0.02)
    assert asked.index(house.h7.person) <= 4
    for _ in range(20):
        turns.release()
    await house.quiet()
    assert len(house.h7.texts()) == 1
    assert len(asked) == 13
    assert await house.count("outbox") == 0
