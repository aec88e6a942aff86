"""The check room by raw SQL: one at a time, complete, by a facilitator, for a while; and its link.

Beside each call another one is live in another session, which must neither help nor hinder.
"""

import pytest

from flows import events as e
from flows.flow import NON_NEGOTIABLES
from flows.model import Rules
from storage import links, sessions
from storage.errors import Erased
from tests.honest import END, NOON, Evening, open_store
from tests.storage import test_forgeries as forgeries
from tests.storage.test_edges import ONE_TO_ONE_ONLY, another
from tests.storage.test_forgeries import (
    CALLED,
    CALLING,
    F1,
    F2,
    F2_OFF,
    F5,
    HALTED,
    NOBODY,
    OFF_THE_SESSION,
    P3,
    P4,
    P6,
    P7,
    PROVED_CALLED,
    PROVED_CALLING,
    RECALLED,
    SIGNER,
    STANDING,
    Forgery,
    answer,
    authenticator,
    check,
    insert,
    new_authenticator,
    planned,
    proof,
    refuse,
    session,
    sign_off,
    take,
)

places, attack = forgeries.places, forgeries.attack

# The statements -----------------------------------------------------------------------------------


def call(verb="INSERT", **changed):
    row = {"session": 1, "number": 1, "person": P3, "epoch": 1, "by": F1, "at": NOON + 60,
           "expires_at": NOON + 660}  # fmt: skip
    return insert("call_in", verb, **{**row, **changed})


def link(verb="INSERT", **changed):
    row = {"session": 1, "number": 1, "sealed": b"sealed"}
    return insert("call_link", verb, **{**row, **changed})


def ending(changes, session=1, number=1, verb="UPDATE"):
    return f"{verb} call_in SET {changes} WHERE session = {session} AND number = {number}"


def anew(**chosen):
    """Take P3's check to epoch 2 with the answers that a condition chooses."""
    return forgeries.asked_anew(**chosen)[:2]


ENDS = f"ended_at = {NOON + 90}"
UNLINKED = "DELETE FROM call_link WHERE session = 1"
ENDED = (UNLINKED, ending(ENDS))
ENDED_ELSEWHERE = ("DELETE FROM call_link WHERE session = 2", ending(ENDS, 2))
P4_ASKED_ANEW = check("epoch = 2, state = 'asking'", P4)
WITHOUT_CHAT = "UPDATE person SET chat = NULL, chat_index = NULL WHERE id = 3"
STOPPED_HERE = (check("state = 'stopped', epoch = 2"), check("state = 'stopped', epoch = 2", P4))
CLEARED_UNTIL = "UPDATE clearance SET until = {} WHERE person = 3"


def later(session, person, by):
    """Take a check to epoch 2, every answer given so many seconds later."""
    return (
        (
            f"UPDATE \"check\" SET epoch = 2, state = 'ready' WHERE session = {session}"
            f" AND person = {person}"
        ),
        (
            f'INSERT INTO answer SELECT session, person, 2, item, value, "by", at + {by}, 0'
            f" FROM answer WHERE session = {session} AND person = {person} AND epoch = 1"
        ),
    )


RUNNING, READY = "not in a session that is running", "not of somebody who is ready"

F2_PROVES = (
    new_authenticator(),
    authenticator(f"shown_until = NULL, confirmed_at = {NOON}, last_step = {NOON // 30}", F2),
    proof(NOON, F2),
)
PROVED_ELSEWHERE = (
    insert("session", **planned(id=9, second_factor=1)),
    insert("session_facilitator", session=9, person=F1),
    proof(NOON, F1, 9),
)

CALLS = (
    Forgery("call-in-a-session-with-a-call-of-its-own", CALLING,
            call(session=9, person=P4, by=F2), RUNNING,
            (insert("session", **planned(id=9)), session("state = 'checking'", 9))),
    Forgery("call-before-the-checks", CALLING, call(epoch=2), RUNNING,
            (*HALTED, session("state = 'planned'"))),
    Forgery("call-after-a-stop", CALLING, call(epoch=2), RUNNING, HALTED),
    *(Forgery(f"call-in-a-session-that-is-{state}", CALLING, call(), RUNNING,
              (session(f"state = '{state}'"),)) for state in ("closed", "cancelled")),
    Forgery("call-that-lasts-too-long", CALLING, call(expires_at=NOON + 661), RUNNING),
    Forgery("call-beyond-the-end", CALLING, call(at=END - 60, expires_at=END + 1), RUNNING),
    Forgery("call-of-another-person", CALLING, call(person=P6), READY),
    Forgery("call-of-nobody", CALLING, call(person=NOBODY), READY),
    Forgery("call-of-a-later-epoch", CALLING, call(epoch=2), READY),
    Forgery("call-of-a-past-epoch", CALLING, call(), READY, anew()),
    *(Forgery(f"call-of-somebody-{state}", CALLING, call(), READY, (check(f"state = '{state}'"),))
      for state in ("asking", "unmet", "waiting", "absent", "stopped")),
    Forgery("call-of-somebody-turned-away", CALLING, call(), READY,
            (sign_off(outcome="turn_away", destination="in_person"),
             check("state = 'turned_away'"))),
    Forgery("call-on-a-recalled-revision", CALLING, call(), READY, (RECALLED,)),
    Forgery("call-on-a-revision-recalled-in-their-language", CALLING, call(), READY,
            (f"{RECALLED} WHERE locale = 'en'",)),
    Forgery("call-of-somebody-without-a-chat", CALLING, call(), READY, (WITHOUT_CHAT,)),
    *(Forgery(f"call-without-an-answer-to-{item}", CALLING, call(epoch=2), "answered yes",
              anew(answered=f"item <> '{item}'")) for item in (*NON_NEGOTIABLES, "camera")),
    Forgery("call-with-a-no", CALLING, call(epoch=2), "answered yes",
            (*anew(answered="item <> 'sober'"), answer(epoch=2, item="sober", value="no"))),
    Forgery("call-on-answers-of-long-ago", CALLING,
            call(at=NOON + 3601, expires_at=NOON + 3700), "too old"),
    *(Forgery(f"call-by-{name}", CALLING, call(by=by), "not by a facilitator")
      for name, by in {"the-participant": P3, "another-participant": P4, "nobody": NOBODY,
                       "a-facilitator-elsewhere": F5}.items()),
    *(Forgery(f"call-by-a-facilitator-{name}", CALLING, call(), "not by a facilitator", (first,))
      for name, first in SIGNER.items()),
    *(Forgery(f"call-with-{name}", CALLING, call(), "settled before", (first,))
      for name, first in STANDING.items()),
    Forgery("call-with-what-is-settled-for-another-session", CALLING, call(), "settled before",
            ONE_TO_ONE_ONLY),
    Forgery("call-at-the-instant-of-a-clearance's-end", CALLING, call(), "settled before",
            (CLEARED_UNTIL.format(NOON + 60),)),
    *(Forgery(f"call-with-null-{name}", CALLING, call(**{name: None}), "call|NULL")
      for name in ("session", "number", "person", "epoch", "by", "at", "expires_at")),
    Forgery("call-out-of-order", CALLING, call(number=2), "out of order"),
    Forgery("call-before-the-first", CALLING, call(number=0), "out of order"),
    Forgery("call-already-ended", CALLING, call(ended_at=NOON + 90), "out of order"),
    Forgery("call-once-more-after-its-end", CALLED, call(), "out of order", ENDED),
    Forgery("call-replaced-after-its-end", CALLED, call("INSERT OR REPLACE"), "out of order",
            ENDED),
    Forgery("call-beside-a-live-one", CALLED, call(number=2, person=P4), "one is live"),
    Forgery("call-of-the-same-once-more", CALLED, call(number=2), "one is live"),
    Forgery("call-replaced", CALLED, call("INSERT OR REPLACE", person=P4), "one is live"),
    Forgery("call-upserted", CALLED,
            call() + " ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at + 60",
            "one is live"),
    Forgery("call-brought-back", CALLED, ending("ended_at = NULL"), "only end", ENDED),
    Forgery("call-ended-again", CALLED, ending(f"ended_at = {NOON + 99}"), "only end", ENDED),
    Forgery("call-changed-and-not-ended", CALLED, ending("expires_at = expires_at"), "only end",
            (UNLINKED,)),
    *(Forgery(f"call-with-another-{name}-while-ending", CALLED,
              ending(f'{ENDS}, "{name}" = {value}', verb="UPDATE OR REPLACE"), "only end",
              (UNLINKED, *ENDED_ELSEWHERE))
      for name, value in {"session": 2, "number": 2, "person": P4, "epoch": 2, "by": F2,
                          "at": NOON, "expires_at": NOON + 661}.items()),
    Forgery("call-ended-with-its-link-left", CALLED, ending(ENDS), "its link goes first"),
    Forgery("call-deleted", CALLED, "DELETE FROM call_in WHERE session = 1", "append",
            (UNLINKED,)),
    Forgery("call-deleted-after-its-end", CALLED, "DELETE FROM call_in WHERE session = 1",
            "append", ENDED),
)  # fmt: skip

LINKS = (
    Forgery("link-without-a-call", CALLING, link(), "of no live call"),
    Forgery("link-of-a-call-elsewhere", CALLED, link(session=1, number=1), "of no live call",
            ENDED),
    Forgery("link-of-another-number", CALLED, link(number=2), "of no live call", (UNLINKED,)),
    Forgery("link-of-an-earlier-call", CALLED, link(number=1), "of no live call",
            (*ENDED, call(number=2))),
    Forgery("link-twice", CALLED, link(), "already there"),
    Forgery("link-replaced", CALLED, link("INSERT OR REPLACE"), "already there"),
    Forgery("link-exchanged", CALLED, "UPDATE call_link SET sealed = x'00' WHERE session = 1",
            "comes and goes"),
    Forgery("link-handed-on", CALLED, "UPDATE call_link SET number = 2 WHERE session = 1",
            "comes and goes"),
)  # fmt: skip

CODED = (
    Forgery("call-without-a-code", PROVED_CALLING, call(), "entered no code", (proof(None),)),
    Forgery("call-before-the-code", PROVED_CALLING, call(at=NOON - 1), "entered no code"),
    Forgery("call-on-a-colleagues-code", PROVED_CALLING, call(by=F2), "entered no code"),
    Forgery("call-on-a-code-for-another-session", PROVED_CALLING, call(), "entered no code",
            (*PROVED_ELSEWHERE, proof(None))),
    Forgery("code-forgotten-under-a-call", PROVED_CALLED, proof(None), "calls end with the code"),
)  # fmt: skip

BOUND = (
    *(Forgery(f"epoch-raised-under-a-call-to-{state}", CALLED,
              check(f"epoch = 2, state = '{state}'"), "calls end with their epoch")
      for state in ("ready", "asking", "waiting")),
    *(Forgery(f"somebody-called-in-is-{state}", CALLED, check(f"state = '{state}'"),
              "calls end with their epoch") for state in ("asking", "unmet", "absent", "stopped")),
    Forgery("somebody-called-in-is-turned-away", CALLED, check("state = 'turned_away'"),
            "calls end with their epoch",
            (sign_off(at=NOON + 70, outcome="turn_away", destination="in_person"),)),
    *(Forgery(f"session-{state}-under-a-call", CALLED, session(f"state = '{state}'"),
              "calls end with it") for state in ("closed", "cancelled")),
    Forgery("session-stopped-under-a-call", CALLED, session("state = 'stopped'"),
            "calls end with it|nobody in"),
    Forgery("check-room-given-up", CALLING, session("check_room = 0"), "check room is fixed"),
    Forgery("check-room-nulled", CALLING,
            session("check_room = NULL", verb="UPDATE OR REPLACE"), "check room is fixed"),
    Forgery("check-room-after-all", forgeries.SIGNING, session("check_room = 1"),
            "check room is fixed"),
    Forgery("facilitator-off-under-a-call", CALLED, OFF_THE_SESSION, "calls end with them"),
)  # fmt: skip

FORGERIES = (*CALLS, *LINKS, *CODED, *BOUND)

HONEST = {
    "call": (CALLING, (call(), link())),
    "call-at-the-last-instant-of-the-answers": (
        CALLING,
        (call(at=NOON + 3600, expires_at=NOON + 4200),),
    ),
    "call-until-the-end": (
        CALLING,
        (
            *later(1, P3, 6000),
            call(epoch=2, at=END - 60, expires_at=END),
        ),
    ),
    "call-in-a-new-epoch": (CALLING, (*anew(), call(epoch=2))),
    "call-of-the-next": (CALLED, (*ENDED, call(number=2, person=P4, by=F2), link(number=2))),
    "call-in-the-last-second-of-a-clearance": (CALLING, (CLEARED_UNTIL.format(NOON + 61), call())),
    "a-third-call": (
        CALLED,
        (*ENDED, call(number=2), ending(ENDS, number=2), call(number=3), link(number=3)),
    ),
    "call-of-the-same-again": (CALLED, (*ENDED, call(number=2), link(number=2))),
    "call-beside-others-who-lack-everything": (
        CALLING,
        (
            P4_ASKED_ANEW,
            "DELETE FROM clearance WHERE person = 6",
            "UPDATE person SET chat = NULL, chat_index = NULL WHERE id = 4",
            "UPDATE \"check\" SET epoch = 2, state = 'asking' WHERE session = 2 AND person = 3",
            F2_OFF,
            call(),
        ),
    ),
    "call-on-fresh-answers-beside-old-ones": (
        CALLING,
        (
            *later(1, P3, 1800),
            *later(1, P4, 0),
            *later(2, P3, 0),
            another(sign_off=60),
            call(epoch=2, at=NOON + 5400, expires_at=NOON + 6000),
        ),
    ),
    "everything-beside-a-call": (
        CALLED,
        (
            check("ready_at = 0"),
            P4_ASKED_ANEW,
            "UPDATE \"check\" SET epoch = 2, state = 'asking' WHERE session = 2 AND person = 3",
            "UPDATE \"check\" SET epoch = 2, state = 'absent' WHERE session = 2 AND person = 7",
            F2_OFF,
            "UPDATE session_facilitator SET desk_since = 0 WHERE session = 1 AND person = 1",
            "UPDATE session_facilitator SET active = 0 WHERE session = 2 AND person = 1",
            session("name = 'Other'"),
            sign_off(person=P4, epoch=2, at=NOON + 70, outcome="turn_away",
                     destination="in_person"),
        ),
    ),
    "call-after-a-code": (PROVED_CALLING, (call(at=NOON, expires_at=NOON + 600), link())),
    "call-where-no-code-is-asked": (
        PROVED_CALLING,
        (call(session=2, person=P6, by=F5), link(session=2)),
    ),
    "code-forgotten-after-a-call": (PROVED_CALLED, (*ENDED, proof(None))),
    "everything-beside-a-call-on-a-code": (
        PROVED_CALLED,
        (
            "UPDATE session_facilitator SET desk_since = 0 WHERE session = 1 AND person = 1",
            *F2_PROVES,
        ),
    ),
    "code-for-another-session-beside-a-call": (PROVED_CALLED, PROVED_ELSEWHERE),
    "code-forgotten-beside-a-call": (PROVED_CALLED, (*F2_PROVES, proof(None, F2))),
    "everything-after-a-call": (
        CALLED,
        (*ENDED, OFF_THE_SESSION, *STOPPED_HERE, session("state = 'stopped'")),
    ),
    "the-end-of-a-call-beside-another": (CALLED, ENDED),
    "call-of-a-latecomer": (
        CALLING,
        (
            check("epoch = 2, state = 'absent'"),
            *(
                "INSERT INTO observation SELECT 1, 4, 1, item, 1, 1, 1, 0 FROM non_negotiable",
                sign_off(person=P4, at=NOON + 70),
                check("state = 'admitted'", P4),
            ),
            session("link_ready = 1"),
            forgeries.opening(),
            session("state = 'open', opening = 1"),
            check("epoch = 3, state = 'ready'"),
            (
                'INSERT INTO answer SELECT session, person, 3, item, value, "by", at, 0'
                " FROM answer WHERE session = 1 AND person = 3 AND epoch = 1"
            ),
            call(epoch=3),
            session("name = 'Other'"),
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.name)
def test_forgery(attack, forgery):
    """The schema alone refuses it, for the reason given, and nothing is changed."""
    refuse(attack(forgery.place), forgery)


@pytest.mark.parametrize("name", HONEST)
def test_honest_act(attack, name):
    """The same statements with the truth in them are taken: not everything is refused."""
    place, statements = HONEST[name]
    take(attack(place), statements)


def test_names_are_unique():
    """Each forgery has a name of its own."""
    names = [forgery.name for forgery in FORGERIES]
    assert len(set(names)) == len(names) > 60


# The program's own way ----------------------------------------------------------------------------


@pytest.fixture
async def evening(tmp_path):
    store = await open_store(tmp_path)
    evening = await Evening(store, Rules(check_room=True)).prepare()
    await evening.start()
    for person in evening.people:
        await evening.answer_all(person)
    yield evening
    await store.close()


def seen(evening, read):
    return evening.store.read(read)


async def test_a_call_is_read_back_as_it_was_made(evening):
    """What was decided on is what is loaded again, and how many calls there have been."""
    called = (await evening.call_in(F1, P3)).state
    loaded = await evening.session()
    assert loaded.called == called.called
    assert (loaded.calls, loaded.rules.check_room) == (1, True)
    await evening.happen(e.DeskLeft(F1, P3))
    assert ((await evening.session()).called, (await evening.session()).calls) == (None, 1)


async def test_nobody_sees_the_link_of_an_earlier_call(evening):
    """A link is read for the call that it was pasted for, and gone with the next."""
    await evening.call_in(F1, P3)
    find = lambda number: lambda tx: links.find_call(tx, evening.session_id, number)  # noqa: E731
    assert await seen(evening, find(1)) == "https://meet.example/1"
    await evening.call_in(F1, P4)
    assert await seen(evening, find(1)) is None
    assert await seen(evening, find(2)) == "https://meet.example/2"
    await evening.happen(e.SessionStopped(F1))
    assert await seen(evening, find(2)) is None


async def tidied(evening):
    await evening.store.transact(links.destroy_doomed_keys)


async def test_the_link_of_a_call_goes_with_its_key(evening):
    """Once a call has ended and no link is left, nothing opens what was sealed, in any copy."""
    await evening.call_in(F1, P3)
    sealed = await seen(
        evening, lambda tx: tx.db.execute("SELECT sealed FROM call_link").fetchone()[0]
    )
    await evening.happen(e.DeskLeft(F1, P3))
    await tidied(evening)
    with pytest.raises(Erased):
        await seen(evening, lambda tx: tx.keys.open_session(1, "call_link", "sealed", 1, sealed))


async def test_the_link_of_a_call_is_overwritten(evening, tmp_path):
    """While its key lives on under another link, nothing of a call's link is left in the file."""
    await evening.paste(F1)
    await evening.call_in(F1, P3)
    sealed = await seen(
        evening, lambda tx: tx.db.execute("SELECT sealed FROM call_link").fetchone()[0]
    )
    await evening.happen(e.DeskLeft(F1, P3))
    assert await seen(evening, lambda tx: tx.keys.knows_session(1))
    assert await seen(evening, lambda tx: tx.db.execute("PRAGMA secure_delete").fetchone()[0]) == 1
    await evening.store.close()
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert sealed[:16] not in written


async def test_the_end_of_a_call_leaves_the_sessions_link(evening):
    """The session's link can still be read when a call ends, and a call goes on with both."""
    await evening.call_in(F1, P3)
    await evening.paste(F1)
    assert await seen(evening, lambda tx: links.find_call(tx, 1, 1)) == "https://meet.example/1"
    await evening.happen(e.DeskLeft(F1, P3))
    await tidied(evening)
    assert await seen(evening, lambda tx: links.find(tx, 1)) == "https://meet.example/2"
    await evening.call_in(F1, P4)
    assert await seen(evening, lambda tx: links.find_call(tx, 1, 2)) == "https://meet.example/3"
    assert await seen(evening, lambda tx: links.find(tx, 1)) == "https://meet.example/2"


async def test_a_session_link_taken_away_leaves_a_calls(evening):
    """The other way round: a key stays while the link of a live call lies under it."""
    await evening.paste(F1)
    await evening.call_in(F1, P3)
    await evening.store.transact(lambda tx: links.forget(tx, evening.session_id))
    await tidied(evening)
    assert await seen(evening, lambda tx: links.find_call(tx, 1, 1)) == "https://meet.example/2"
    await evening.happen(e.SessionClosed(F1))
    await tidied(evening)
    assert not await seen(evening, lambda tx: tx.keys.knows_session(1))


async def test_a_call_after_a_key_is_gone_has_a_fresh_one(evening):
    """Whether the earlier key is destroyed or only doomed, the next link lies under another."""
    for tidy in (False, True):
        await evening.call_in(F1, P3)
        number = (await evening.session()).called.number
        link = await seen(evening, lambda tx, n=number: links.find_call(tx, 1, n))
        assert link == f"https://meet.example/{number}"
        await evening.happen(e.DeskLeft(F1, P3))
        if tidy:
            await tidied(evening)
    await evening.call_in(F1, P3)
    assert await seen(evening, lambda tx: links.find_call(tx, 1, 3)) is not None
    await tidied(evening)
    assert await seen(evening, lambda tx: links.find_call(tx, 1, 3)) is not None


async def test_no_link_is_taken_twice(evening):
    """What a call used is no session's link any more, nor another call's, nor vice versa."""
    await evening.call_in(F1, P3)
    await evening.paste(F1)
    for link in ("https://meet.example/1", "https://meet.example/2"):
        assert not await seen(evening, lambda tx, one=link: links.is_fresh(tx, one))
    assert await seen(evening, lambda tx: links.is_fresh(tx, "https://meet.example/3"))


async def test_what_the_next_link_is_for(evening):
    """It is for one call, or for one session, or for nothing special; the latest choice counts."""
    wanted = links.Wanted(evening.session_id, P3, 1, NOON + 300)

    def choose(tx):
        links.want(tx, F1, evening.session_id)
        links.want_call(tx, F1, wanted)
        first = links.wanted_for(tx, F1), links.call_wanted(tx, F1), links.call_wanted(tx, F2)
        links.want(tx, F1, evening.session_id)
        return first, (links.wanted_for(tx, F1), links.call_wanted(tx, F1))

    first, then = await evening.store.transact(choose)
    assert first == (None, wanted, None)
    assert then == (evening.session_id, None)


async def test_nothing_is_different_without_a_check_room(tmp_path):
    """Left alone, a session is planned with a call of staff's own."""
    store = await open_store(tmp_path)
    evening = await Evening(store).prepare()
    loaded = await store.read(lambda tx: sessions.load(tx, evening.session_id))
    await store.close()
    assert (loaded.rules, loaded.called, loaded.calls) == (Rules(), None, 0)
    assert P7 not in loaded.checks
