"""Whatever is sent or tapped that should not be: answered as agreed, and nothing changes."""

import asyncio
import logging
from pathlib import Path

import pytest

from bot import buttons, keeping, seed
from bot.language.words import words
from bot.practice.installation import TOKEN, practice_config
from flows import events as e
from flows.model import CheckState, SessionState
from storage import audit, people
from tests.bot.conftest import LINK, STRANGER, ZONE
from tests.honest import NOON, enrol_participant

CONTACTS = {"contacts": "112\n116 123"}
ATTACHMENTS = ("photo", "voice", "sticker", "contact", "location", "document")
PARTICIPANT_VERBS = frozenset(
    ("answer", "go-on", "join", "alone", "halt", "lost", "here", "left", "cant", "can")
)
FOR_ALL_STAFF = {"card": "card:distress", "cards": "cards"}
OF_THE_FACTOR = {
    **{verb: (f"{verb}:7", "stale") for verb in ("pad-back", "pad-leave", "factor-lost")},
    "key": ("key:7:7", "stale"),
    "factor-key": ("factor-key", "stale"),
    "reset-factor": ("reset-factor:7:1", "not-coordinator"),
    "reset-factor-now": ("reset-factor-now:7:1", "not-coordinator"),
}
ELSEWHERE = (*OF_THE_FACTOR, "go", "do", "home")
"""Verbs that are tried with data of their own, here and at the office."""
"""Buttons of the second factor: what they carry, and why nobody here may tap them."""
DIGEST = "0123456789abcdef"


def sent_otherwise(phone):
    """Yield everything that can be sent and is neither a command nor a tap, as it is sent."""
    mine = phone.type("I am not well today, and this is why")
    yield mine
    yield phone.edit(mine, "other words")
    yield phone.type(LINK)
    yield phone.type("\N{GRINNING FACE}" * 40)
    for kind in ATTACHMENTS:
        yield phone.send(kind)
    yield phone.forward("somebody else's words")


@pytest.fixture
async def crowded(house):
    """Add a session of other people, so that there are foreign ids."""
    await house.add_neighbours()
    return house


async def nothing_but(house, before, rows):
    """Find the domain as it was, and these audit rows more: (outcome, actor)."""
    assert await house.domain() == before["domain"]
    fresh = (await house.audited())[before["audited"] :]
    assert [(outcome, actor) for _, outcome, actor, _ in fresh] == rows
    assert await house.store.read(audit.verify) is None


async def as_it_is(house):
    return {"domain": await house.domain(), "audited": len(await house.audited())}


# Messages


async def test_what_participants_send_is_not_read(house):
    """Text, files and edits get one reply, that nobody reads, with the crisis contacts."""
    await house.started()
    guest, before = house.h7, await as_it_is(house)
    wanted, rows = guest.say("reply/nobody-reads", **CONTACTS), []
    for _ in sent_otherwise(guest.phone):
        await house.quiet()
        rows.append(("not-taken", guest.person))
        assert guest.texts().count(wanted) == len(rows)
    assert len(rows) == 4 + len(ATTACHMENTS) + 1
    await nothing_but(house, before, rows)


async def test_what_staff_send_is_not_read(house):
    """Staff are told as much in words of their own; a forwarded link is not taken either."""
    await house.started()
    guest, before = house.anna, await as_it_is(house)
    sends = [guest.phone.type, guest.phone.forward, guest.phone.forward]
    for send, text in zip(sends, ("hello", "words", LINK), strict=True):
        send(text)
        await house.quiet()
    assert guest.texts().count(guest.say("reply/staff-nobody-reads")) == len(sends)
    await nothing_but(house, before, [("not-taken", guest.person)] * len(sends))


@pytest.mark.parametrize("who", ["h7", "anna"])
async def test_unknown_commands(house, who):
    """A command that does not exist is answered so, whatever it looks like."""
    guest, before = getattr(house, who), await as_it_is(house)
    commands = ["/open", "/stop now", "/" + "x" * 300, "/today@another_bot x y", "/ÄÖ", "/"]
    if who == "anna":
        commands.remove("/today@another_bot x y")
    for command in commands:
        guest.phone.type(command)
        await house.quiet()
    assert guest.texts() == [guest.say("reply/no-such-command")] * len(commands)
    await nothing_but(house, before, [("unknown", guest.person)] * len(commands))


async def test_staff_commands_from_participants(house):
    """Commands of the staff do not exist for participants."""
    before = await as_it_is(house)
    for command in ("/today", "/why"):
        house.h7.phone.type(command)
        await house.quiet()
    assert house.h7.texts() == [house.h7.say("reply/no-such-command")] * 2
    await nothing_but(house, before, [("unknown", house.h7.person)] * 2)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("https://user:pass@meet.example.org/x", "reply/link-refused"),
        ("http://meet.example.org/x", "reply/link-refused"),
        ("https://", "reply/link-refused"),
        ("https://meet", "reply/link-refused"),
        ("https://meet.example.org:99999/x", "reply/link-refused"),
        ("https://[::1/x", "reply/link-refused"),
        ("https://meet.example.org/" + "x" * 600, "reply/staff-nobody-reads"),
        ("https://a.example.org/x https://b.example.org/x", "reply/staff-nobody-reads"),
    ],
)
async def test_links_that_are_none(house, text, reply):
    """A link that Telegram would not show or that leads elsewhere is refused and not kept."""
    await house.started()
    before = await as_it_is(house)
    house.anna.phone.type(text)
    await house.quiet()
    assert house.anna.texts()[-1] == house.anna.say(reply)
    outcome = "not-a-link" if reply == "reply/link-refused" else "not-taken"
    await nothing_but(house, before, [(outcome, house.anna.person)])


async def test_links_at_the_wrong_time(house):
    """A link before the checks have started is refused; the same one twice is kept once."""
    anna = house.anna
    anna.phone.type(LINK)
    await house.quiet()
    assert anna.texts() == [anna.say("reply/link-unasked")]
    await house.started()
    anna.phone.type(LINK)
    await house.quiet()
    before = await as_it_is(house)
    anna.phone.type(LINK)
    await house.quiet()
    kept = anna.say("reply/link-kept", name="Tuesday")
    assert anna.texts()[-2:] == [kept, kept]
    await nothing_but(house, before, [("repeated", anna.person)])
    assert not any(m["text"] == LINK for m in anna.phone.view()["messages"])


# Buttons

FORGED = (
    *("", " ", ":", "x", "a" * 64, "\N{GREEK SMALL LETTER OMEGA}" * 32, "\0", "join", "join:1"),
    *("join:1:1:1", "JOIN:1:1", "join:-1:1", "join:1:-1", "join:+1:1", "join: 1:1", "join:1.0:1"),
    *("join:1e3:1", "join:\N{FULLWIDTH DIGIT ONE}:1", "join:\N{SUPERSCRIPT TWO}:1", "join::"),
    *("join:1:" + "9" * 57, "join:999999999999999:1", "join:1000000000:1", "join:0:1"),
    *("answer:1:1", "answer:::::", "alone:1:1:maybe", "alone:1:1:", "halt:1:violence", "halt:1:"),
    *("card:nothing\N{BROKEN HEART}", "sign:1:1000000000:1:admit:" + DIGEST),
    *("seen:1:1:1:headphones:2", "where:1:3:7", "sign:1:3:1:nowhere:" + DIGEST, "a" * 5000),
    "\ud800",
    *("key:1", "key:x:1", "pad-back:", "reset-factor:1:x", "factor-lost:x", "factor-key:"),
    "join:1:\udfff",
)


@pytest.mark.parametrize("who", ["h7", "anna"])
async def test_forged_data(crowded, who):
    """Data that no button of ours carries is refused, and each refusal stands in the record."""
    await crowded.started()
    guest, before = getattr(crowded, who), await as_it_is(crowded)
    data = [one for one in FORGED if who == "anna" or not one.startswith("card:")]
    for number, one in enumerate(data):
        guest.forge(one)
        assert await guest.toast(number) == guest.say("refusal/forged"), one
    await crowded.quiet()
    await nothing_but(crowded, before, [("forged", guest.person)] * len(data))
    assert await crowded.count("poison_update") == 0


def every_button(session, person):
    """Return data for every verb, with the ids of a session and a person that exist."""
    rest = {
        "answer": "1:undisturbed:yes",
        "go-on": "1:undisturbed",
        "join": "1",
        "alone": "1:yes",
        "halt": "need_to_stop",
        "open": DIGEST,
        "why": f"{person}",
        "claim": f"{person}",
        "leave": f"{person}",
        "seen": f"{person}:1:headphones:1",
        "where": f"{person}:1",
        "sign": f"{person}:1:admit:{DIGEST}",
        "back": f"{person}:1",
        "enter": f"{person}:1",
        "told": f"{person}:1:undisturbed:yes",
        "let-in": f"{person}:1",
        "call-in": f"{person}:1",
        "still": f"{person}:1:yes",
        "absent": f"{person}:1",
        "again": f"{person}:1",
        "start": "0",
        "lost": "1",
        "here": "1",
        "left": "1",
        "cant": "1",
        "can": "1",
        "out": f"{person}",
        "debrief": "with-colleague:yes",
    }
    plain = {verb: f"{verb}:{session}" for verb in buttons.VERBS if verb not in ELSEWHERE}
    return plain | {verb: f"{plain[verb]}:{more}" for verb, more in rest.items()} | FOR_ALL_STAFF


@pytest.mark.parametrize("stage", ["started", "joined"])
async def test_taps_without_the_role(crowded, stage):
    """Each button works for those alone for whom it was drawn, whoever else taps it."""
    await getattr(crowded, stage)()
    before = await as_it_is(crowded)
    rows = []
    for guest in (crowded.h7, crowded.z9, crowded.neighbour, crowded.anna):
        number = 0
        for verb, data in every_button(crowded.session_id, crowded.people[1]).items():
            theirs = verb in PARTICIPANT_VERBS
            if guest is (crowded.h7 if theirs else crowded.anna):
                continue
            if verb in FOR_ALL_STAFF and guest is crowded.neighbour:
                continue
            code = "not-participant" if theirs else "not-facilitator"
            guest.forge(data)
            assert await guest.toast(number) == guest.say(f"refusal/{code}"), data
            number += 1
            rows.append((code, guest.person))
    await crowded.quiet()
    await nothing_but(crowded, before, rows)


@pytest.mark.parametrize("who", ["h7", "anna"])
async def test_taps_of_the_factor_without_one(house, who):
    """Where no code is asked for, no key counts and nobody's codes can be reset."""
    guest, before, rows = getattr(house, who), await as_it_is(house), []
    for number, (data, code) in enumerate(OF_THE_FACTOR.values()):
        guest.forge(data)
        assert await guest.toast(number) == guest.say(f"refusal/{code}"), data
        rows.append((code, guest.person))
    await house.quiet()
    await nothing_but(house, before, rows)


async def test_ids_of_another_session(crowded):
    """A facilitator reaches nobody who is not on the roster, and no other session."""
    await crowded.ready()
    anna, stranger = crowded.anna, crowded.z9.person
    await crowded.happen(e.PersonClaimed(anna.person, crowded.people[0]))
    before, rows = await as_it_is(crowded), []
    own, other = crowded.session_id, crowded.other_session
    table = {
        f"claim:{own}:{stranger}": "forged",
        f"why:{own}:{stranger}": "forged",
        f"seen:{own}:{stranger}:1:headphones:1": "forged",
        f"sign:{own}:{stranger}:1:admit:{DIGEST}": "forged",
        f"sign:{own}:{stranger}:1:in_person:{DIGEST}": "forged",
        f"back:{own}:{stranger}:1": "forged",
        f"absent:{own}:{stranger}:1": "forged",
        f"again:{own}:{stranger}:1": "forged",
        f"out:{own}:{stranger}": "forged",
        f"where:{own}:{stranger}:1": "stale",
        f"seen:{own}:{crowded.people[0]}:1:no-such-item:1": "forged",
        f"seen:{own}:{crowded.people[1]}:1:headphones:1": "stale",
        f"seen:{own}:{crowded.people[0]}:999999:headphones:1": "stale",
        f"sign:{own}:{crowded.people[0]}:999999:admit:{DIGEST}": "stale",
        f"claim:{other}:{stranger}": "not-facilitator",
        f"start:{other}:0": "not-facilitator",
        f"board:{other}": "not-facilitator",
        f"open:{other}:{DIGEST}": "not-facilitator",
    }
    for number, (data, code) in enumerate(table.items()):
        anna.forge(data)
        assert await anna.toast(number) == anna.say(f"refusal/{code}"), data
        rows.append((code, anna.person))
    await crowded.quiet()
    await nothing_but(crowded, before, rows)


async def test_guessed_signatures(house):
    """A signature without the digest of its screen signs nothing, and an opening opens nothing."""
    await house.ready()
    anna = house.anna
    honest = await house.sign_data(anna.person, house.people[0])
    before, rows = await as_it_is(house), []
    stem = honest.rpartition(":")[0]
    table = {
        f"{stem}:": "stale",
        f"{stem}:{honest[-16:-1]}": "stale",
        f"{stem}:{DIGEST}": "stale",
        honest.replace(":admit:", ":one_to_one:"): "stale",
        f"open:{house.session_id}:{DIGEST}": "held-staff",
        f"open:{house.session_id}:": "held-staff",
    }
    for number, (data, code) in enumerate(table.items()):
        anna.forge(data)
        assert await anna.toast(number) == anna.say(f"refusal/{code}"), data
        rows.append((code.removesuffix("-staff"), anna.person))
    house.bernd.forge(honest)
    assert await house.bernd.toast(0) == house.bernd.say("refusal/stale")
    await house.quiet()
    await nothing_but(house, before, [*rows, ("stale", house.bernd.person)])


async def test_an_old_button_is_stale_and_goes(house):
    """A tap on a question of before changes nothing and takes the outdated drawing away."""
    await house.started()
    guest = house.h7
    first = guest.button("answer:")
    guest.tap("answer:")
    await house.quiet()
    guest.phone.type("/now")
    await house.quiet()
    before = await as_it_is(house)
    old = guest.phone.forge(first[0], first[1])
    assert old
    assert await guest.toast(0) == guest.say("refusal/stale")
    await house.quiet()
    assert first[0] not in {m["message_id"] for m in guest.messages()}
    assert guest.button("answer:")[1] != first[1]
    await nothing_but(house, before, [("stale", guest.person)])


async def test_a_second_tap_before_the_first_is_answered(house):
    """A question tapped twice at once is answered once, and no question is skipped."""
    await house.started()
    guest, before = house.h7, await as_it_is(house)
    message, data = guest.button("answer:")
    guest.phone.tap(message, data)
    guest.phone.tap(message, data)
    assert await guest.toast(0) == guest.say("refusal/stale")
    await house.quiet()
    session = await house.session()
    assert session.checks[guest.person].run.step == "private-space"
    fresh = (await house.audited())[before["audited"] :]
    assert [row[1] for row in fresh] == ["done", "stale"]


async def test_a_tap_that_is_sent_again(house):
    """A tap that a client sends again, under a new update id, is found out by its meaning."""
    await house.joined()
    guest = house.h7
    assert await house.count("credential", f"person = {guest.person}") == 1
    before = await as_it_is(house)
    guest.phone.tap_again()
    guest.phone.tap_again()
    await house.quiet()
    await nothing_but(house, before, [("repeated", guest.person)] * 2)
    assert guest.links() == [LINK]


async def test_double_taps_sign_open_and_join_once(house):
    """Of two taps at once, one signs, one opens, one lets in; the others are refused."""
    await house.ready()
    anna, guest = house.anna, house.h7
    for person in house.people:
        data = await house.sign_data(anna.person, person)
        anna.forge(data)
        anna.phone.tap_again()
        anna.forge(data)
        await house.quiet()
    assert await house.count("sign_off") == 2
    await house.paste(anna.person)
    await house.move_to(NOON + 1500)
    data = await house.open_data(anna.person)
    for facilitator in (anna, house.bernd, anna):
        facilitator.forge(data)
    await house.quiet()
    assert await house.count("opening") == 1
    for _ in range(3):
        guest.forge(f"join:{house.session_id}:1")
    await house.quiet()
    assert await house.count("credential") == 1
    outcomes = [(kind, outcome) for kind, outcome, _, _ in await house.audited()]
    assert outcomes.count(("signed-off", "done")) == 2
    assert outcomes.count(("signed-off", "stale")) == 4
    assert outcomes.count(("session-opened", "done")) == 1
    assert outcomes.count(("join-asked", "repeated")) == 2


async def test_taps_on_what_is_gone(house):
    """A button on a message that was deleted long ago is matched like any other."""
    await house.started()
    before = await as_it_is(house)
    house.h7.forge(f"join:{house.session_id}:1", message=123_456_789)
    assert await house.h7.toast(0) == house.h7.say("refusal/held")
    await house.quiet()
    await nothing_but(house, before, [("held", house.h7.person)])


# Strangers, groups and channels


async def test_strangers_hear_nothing(house):
    """Somebody unknown gets no message, no toast and no row: the day's number rises, no more."""

    def expire(tx):
        late = people.add(tx, locale="en", zone=ZONE, label="L8", now=NOON)
        people.invite(tx, late, "token-late", expires_at=NOON)

    await house.store.transact(expire)
    await house.started()
    phone = house.api.phones.add(4711, "Nobody")
    before, counted, calls = await as_it_is(house), await house.strangers(), house.calls()
    texts = ["hello", "/start", "/start nonsense", "/start token-200", "/start token-late", LINK]
    texts += ["/now", "/today", "/start token-late extra", "/START"]
    for text in texts:
        phone.type(text)
    phone.edit(max(m["message_id"] for m in phone.view()["messages"]), "other words")
    for kind in ATTACHMENTS:
        phone.send(kind)
    phone.forward("x")
    forged = [f"join:{house.session_id}:1", f"start:{house.session_id}:0", "x", "card:distress"]
    for data in forged:
        phone.forge(1, data)
    phone.block()
    phone.unblock()
    await house.quiet()
    assert house.calls() == calls
    assert phone.view()["toasts"] == []
    assert await house.strangers() - counted == len(texts) + 1 + 6 + 1 + len(forged) + 2
    await nothing_but(house, before, [])


async def test_an_invitation_is_for_one_person_once(house):
    """A valid invitation lets one chat in; a second chat, and somebody enrolled, stay outside."""

    def invite(tx):
        person = people.add(tx, locale="de", zone=ZONE, label="N3", now=NOON)
        people.invite(tx, person, "token-new", expires_at=NOON + 60)
        return person

    person = await house.store.transact(invite)
    house.h7.phone.open_link("token-new")
    await house.quiet()
    assert await house.count("invitation", f"person = {person} AND used_at IS NULL") == 1
    first = house.api.phones.add(5001, "First", "de")
    second = house.api.phones.add(5002, "Second", "de")
    first.open_link("token-new")
    second.open_link("token-new")
    await house.quiet()
    (welcome,) = [m["text"] for m in first.view()["messages"] if m["from"] == "bot"]
    assert welcome == words("de", ZONE).say("home/arrival/language")
    assert [m for m in second.view()["messages"] if m["from"] == "bot"] == []
    assert (await house.audited())[-1][:3] == ("invited", "done", person)


async def test_groups_and_channels_are_left(house):
    """Added to a group or channel, the bot leaves without a word, whoever writes there."""
    await house.started()
    before, counted, calls = await as_it_is(house), await house.strangers(), house.calls()
    places = [(-1001, "group"), (-1002, "supergroup"), (-1003, "channel")]
    for phone in (house.anna.phone, house.h7.phone):
        for chat, kind in places:
            phone.add_bot_to(chat, "Tuesday", kind)
            phone.write_in(chat, "/today")
            phone.write_in(chat, LINK)
    query = {
        "id": "77",
        "from": house.anna.phone.user,
        "message": {
            "message_id": 5,
            "date": NOON,
            "chat": {"id": -1001, "type": "group", "title": "Tuesday"},
        },
        "chat_instance": "1",
        "data": f"start:{house.session_id}:0",
    }
    house.api.world.queue.push_raw({"callback_query": query})
    await house.quiet()
    fresh = house.calls() - calls
    assert set(fresh) == {("leaveChat", chat) for chat, _ in places}
    assert not any(house.api.world.chats[chat].open_to_bot for chat, _ in places)
    assert await house.strangers() > counted
    await nothing_but(house, before, [])


# Poison

UNREADABLE = (
    {"message": "words"},
    {"message": {"message_id": "x"}},
    {"message": {"message_id": 1, "date": "yesterday", "chat": {"id": 200, "type": "private"}}},
    {"message": []},
    {"callback_query": {"id": "1"}},
    {"callback_query": 7},
    {"my_chat_member": {"chat": {}}},
    {"message": {"message_id": 1, "date": 10**30, "chat": {"id": 200, "type": "private"}}},
)


async def test_updates_that_cannot_be_read(house):
    """What can't be parsed is recorded by number and kind of error; the stream goes on."""
    await house.started()
    before = await as_it_is(house)
    for update in UNREADABLE:
        house.api.world.queue.push_raw(update)
    house.h7.phone.type("/help")
    house.api.world.queue.push_raw({})
    house.api.world.queue.push_raw({"some_future_kind": {"a": 1}})
    await house.quiet()
    assert house.h7.texts()[-1] == house.h7.say("reply/help", **CONTACTS)
    assert await house.count("poison_update") == len(UNREADABLE)
    await nothing_but(house, before, [])


async def test_a_handler_that_raises(house, monkeypatch, caplog):
    """What fails half-way is undone alone; its sender is told, its neighbours are served."""
    await house.started()
    honest = keeping.happen

    def fails(tx, session, event, now):
        decision = honest(tx, session, event, now)
        match event:
            case e.SelfStopped():
                raise RuntimeError("marker-of-a-secret")
        return decision

    monkeypatch.setattr(keeping, "happen", fails)
    before = await as_it_is(house)
    house.guests[1].phone.type("/help")
    house.h7.forge(f"halt:{house.session_id}:need_to_stop")
    house.h7.forge(f"halt:{house.session_id}:need_to_stop")
    house.bernd.phone.type("/help")
    await house.quiet()
    assert house.h7.texts()[-1] == house.h7.say("reply/failed")
    assert house.h7.texts().count(house.h7.say("reply/failed")) == 1
    assert house.guests[1].texts()[-1] == house.guests[1].say("reply/help", **CONTACTS)
    assert house.bernd.texts()[-1] == await house.help_for(house.bernd)
    assert await house.count("poison_update", "error = 'RuntimeError'") == 2
    await nothing_but(house, before, [("failed", house.h7.person)] * 2)
    assert "marker-of-a-secret" not in caplog.text
    monkeypatch.undo()
    house.h7.forge(f"halt:{house.session_id}:need_to_stop")
    await house.quiet()
    assert (await house.session()).checks[house.h7.person].state is CheckState.STOPPED


async def test_the_database_refuses_in_the_middle(house, monkeypatch):
    """A refusal of the schema undoes the whole act, and the next act works."""
    await house.opened()
    before = await as_it_is(house)
    monkeypatch.setattr("flows.decide.door.holds", lambda *_: ())
    guest = house.h7
    await house.store.transact(
        lambda tx: tx.db.execute("UPDATE programme SET suspended = 1 WHERE id = 1")
    )
    before["domain"] = await house.domain()
    guest.tap("join:")
    await house.quiet()
    assert guest.texts()[-1] == guest.say("reply/failed")
    assert guest.links() == []
    await nothing_but(house, before, [("failed", guest.person)])


# Nothing is kept

SEED = """
[programme]
ends = 2027-12-31
safety_contact_until = 2027-12-31

[[staff]]
label = "Wilhelmine"
roles = ["facilitator"]
locale = "en"
prepared = 2026-01-15

[[participant]]
id = "p"
label = "Quokka77"
locale = "en"
clearance = "online_group"
clearance_until = 2027-12-31
oriented_until = 2027-12-31
intake = 2026-10-01
agreements = ["consent", "house_rules", "confidentiality"]

[[session]]
name = "Tuesday"
starts_in_minutes = 30
minutes = 90
facilitators = ["Wilhelmine"]
participants = ["p"]
"""
MARKER = "xyzzy-plugh-4f1d"
CHATS = (7_300_123_457, 7_300_123_458, 7_300_123_459)


def traces(folder, *words):
    """Return (file, word) of every word that stands in clear in a file below the folder."""
    needles = [
        (word, form)
        for word in words
        for form in (word.encode(), word.encode("utf-16-le"), word.encode("utf-16-be"))
    ]
    needles += [(str(chat), chat.to_bytes(6, "big")) for chat in CHATS]
    return [
        (file.name, word)
        for file in Path(folder).iterdir()
        for word, needle in needles
        if needle.lower() in file.read_bytes().lower()
    ]


async def test_nothing_of_anybody_is_stored_in_clear(empty_house, tmp_path, caplog):
    """Texts, names, chats, labels, tokens and links stand in no file, and in no line of the log."""
    caplog.set_level(logging.DEBUG)
    house = empty_house
    folder = await house.store.read(database_of)
    (tmp_path / "seed.toml").write_text(SEED)
    read = seed.load_seed(tmp_path / "seed.toml")
    (tmp_path / "seed.toml").unlink()
    defaults = seed.Defaults.of(practice_config(tmp_path, house.api.base_url))
    invitations = await seed.apply(house.store, read, defaults, house.clock.now())
    names = ("Zaphodina", "Trillianus", "Slartibartia")
    staff, person, nobody = (
        house.api.phones.add(chat, name, "en") for chat, name in zip(CHATS, names, strict=True)
    )
    for phone, invitation in zip((staff, person), invitations, strict=True):
        phone.open_link(invitation.link_payload)
    await house.quiet()
    staff.forge(1, "start:1:0")
    await house.quiet()
    for phone in (staff, person, nobody):
        message = phone.type(f"I say {MARKER} to you")
        phone.edit(message, f"{MARKER} again")
        phone.forward(MARKER)
        for text in (f"/{MARKER}", f"/start {MARKER}", f"/now {MARKER}", f"https://{MARKER}"):
            phone.type(text)
        phone.send("contact")
        phone.send("document")
        phone.forge(1, MARKER)
        phone.forge(1, f"answer:1:1:{MARKER}:yes")
        phone.forge(1, f"halt:1:{MARKER}")
    staff.add_bot_to(-1001, MARKER)
    house.api.world.queue.push_raw({"message": MARKER})
    house.api.world.queue.push_raw({"message": {"message_id": MARKER, "text": MARKER}})
    link = f"https://meet.example.org/{MARKER}-room"
    staff.type(link)
    await house.quiet()
    assert await house.count("session_link") == 1
    secrets = [one.link_payload for one in invitations]
    words = (MARKER, *names, "Wilhelmine", "Quokka77", "meet.example", "document.pdf", *secrets)
    words += tuple(str(chat) for chat in CHATS)
    assert traces(folder, *words) == []
    assert ("v.sqlite3-wal", "Tuesday") in traces(folder, "Tuesday")
    ours = [r.getMessage() for r in caplog.records if r.name.startswith(("bot", "storage"))]
    assert not [line for line in ours for word in (*words, TOKEN) if word in line]


def database_of(tx):
    return Path(tx.db.execute("PRAGMA database_list").fetchone()["file"]).parent


async def test_the_stream_goes_on_after_all_of_it(house):
    """After a storm of bad input the evening goes on as if nothing had been."""
    await house.started()
    phones = [guest.phone for guest in (house.anna, house.bernd, *house.guests)]
    for phone in (*phones, house.api.phones.get(STRANGER)):
        for data in FORGED[:20]:
            phone.forge(1, data)
        phone.type("x")
        phone.type("/x")
    for update in UNREADABLE:
        house.api.world.queue.push_raw(update)
    await asyncio.gather(house.quiet(), house.quiet())
    house.h7.tap("answer:")
    await house.quiet()
    session = await house.session()
    assert session.state is SessionState.CHECKING
    assert session.checks[house.h7.person].run.step == "private-space"
    assert await house.store.read(audit.verify) is None


async def test_enrolled_elsewhere_is_not_on_the_roster(house):
    """Somebody enrolled but on no roster can do nothing in a session."""

    def enrol(tx):
        return enrol_participant(tx, 260, "X1")

    guest = house.guest(260, await house.store.transact(enrol))
    await house.started()
    before = await as_it_is(house)
    for number, verb in enumerate(sorted(PARTICIPANT_VERBS)):
        guest.forge(every_button(house.session_id, guest.person)[verb])
        assert await guest.toast(number) == guest.say("refusal/not-participant")
    guest.phone.type("/now")
    await house.quiet()
    assert guest.texts() == [guest.say("reply/nothing-now")]
    await nothing_but(house, before, [("not-participant", guest.person)] * len(PARTICIPANT_VERBS))
