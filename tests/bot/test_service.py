"""The service without any network: batches and timers in, one commit each."""

import sqlite3
from dataclasses import replace

import pytest

from bot import keeping
from bot.acting import Answer
from bot.clock import MovableClock
from bot.intake import (
    Commanded,
    Elsewhere,
    LinkSent,
    OtherSent,
    Poison,
    ReachChanged,
    Tapped,
    TextSent,
    Unheard,
)
from bot.service import Service, note_reach
from flows.effects import SetTimer, TimerKind
from flows.model import CheckState, SessionState
from storage import audit, outbox, people, sessions, timers
from storage.errors import CommitFailed, Erased
from tests.honest import END, NOON, START, Evening, open_store


@pytest.fixture
async def store(tmp_path):
    store = await open_store(tmp_path)
    yield store
    await store.close()


@pytest.fixture
async def evening(store):
    return await Evening(store).prepare()


@pytest.fixture
def clock():
    return MovableClock(NOON)


@pytest.fixture
def service(evening, clock):
    return Service(evening.store, clock)


def tapped(number, chat, data):
    return Tapped(number, chat, f"query-{number}", 1, data)


async def rows(store, sql, *args):
    return await store.read(lambda tx: [tuple(row) for row in tx.db.execute(sql, args)])


async def letters(store):
    found = await rows(store, "SELECT person, kind, subject FROM outbox ORDER BY id")
    return [(person, f"{kind}:{subject}") for person, kind, subject in found]


async def test_an_update_counts_once(service, evening):
    """An update that comes again, in the same batch or later, does nothing and owes nothing."""
    start = tapped(7, 100, "start:1:0")
    first = await service.take([start, start])
    second = await service.take([start, tapped(8, 100, "start:1:0")])
    assert [toast.query for toast in first.toasts] == ["query-7"]
    assert [toast.answer for toast in second.toasts] == [Answer("refusal/stale")]
    assert (await evening.session()).state is SessionState.CHECKING
    found = await rows(evening.store, "SELECT kind, outcome FROM audit ORDER BY seq")
    assert found == [("checks-started", "done"), ("checks-started", "stale")]


async def test_update_ids_are_forgotten_after_days(service, evening, clock):
    """Telegram keeps updates for a day; after three their numbers are forgotten."""
    await service.take([Unheard(1)])
    await clock.move_to(NOON + 3 * 86400)
    await service.take([Unheard(2)])
    assert await rows(evening.store, "SELECT update_id FROM seen_update") == [(1,), (2,)]
    await clock.move_to(NOON + 3 * 86400 + 1)
    await service.take([Unheard(3)])
    assert await rows(evening.store, "SELECT update_id FROM seen_update") == [(2,), (3,)]


async def test_a_batch_in_order(service, evening):
    """The updates of a batch see each other's changes, in their order."""
    owed = await service.take(
        [
            tapped(1, 200, "answer:1:1:undisturbed:yes"),
            tapped(2, 100, "start:1:0"),
            tapped(3, 200, "answer:1:1:undisturbed:yes"),
            tapped(4, 200, "answer:1:1:private-space:yes"),
            tapped(5, 200, "answer:1:1:private-space:yes"),
        ]
    )
    keys = [toast.answer.key for toast in owed.toasts]
    assert keys == ["refusal/stale", "", "", "", "refusal/stale"]
    check = (await evening.session()).checks[evening.people[0]]
    assert check.run.step == "alone"


async def test_poison_spoils_only_itself(service, evening, monkeypatch):
    """What raises is undone by itself, with its audit row; before and after it the batch counts."""
    honest = keeping.happen

    def fails(tx, session, event, now):
        decision = honest(tx, session, event, now)
        if getattr(event, "person", None) == evening.people[0]:
            raise KeyError("words of somebody")
        return decision

    monkeypatch.setattr(keeping, "happen", fails)
    owed = await service.take(
        [
            tapped(1, 100, "start:1:0"),
            tapped(2, 200, "answer:1:1:undisturbed:yes"),
            Poison(3, "TypeError"),
            tapped(4, 201, "answer:1:1:undisturbed:yes"),
        ]
    )
    assert [toast.query for toast in owed.toasts] == ["query-1", "query-2", "query-4"]
    poisoned = await rows(evening.store, "SELECT update_id, error FROM poison_update")
    assert poisoned == [(2, "KeyError"), (3, "TypeError")]
    session = await evening.session()
    steps = [session.checks[person].run.step for person in evening.people]
    assert steps == ["undisturbed", "private-space"]
    assert (evening.people[0], "say:reply/failed") in await letters(evening.store)
    assert await evening.store.read(audit.verify) is None


async def test_a_commit_that_fails_keeps_nothing(service, evening, monkeypatch):
    """Without a commit nothing is owed and nothing is seen: the same batch can come again."""
    batch = [tapped(1, 100, "start:1:0")]
    monkeypatch.setattr(keeping, "happen", fill_the_disk)
    with pytest.raises(CommitFailed):
        await service.take(batch)
    monkeypatch.undo()
    assert await rows(evening.store, "SELECT * FROM seen_update") == []
    owed = await service.take(batch)
    assert [toast.answer for toast in owed.toasts] == [Answer()]
    assert (await evening.session()).state is SessionState.CHECKING


def fill_the_disk(tx, *_):
    """Fail as SQLite does on a full disk, which ends the whole transaction."""
    tx.db.execute("ROLLBACK")
    raise sqlite3.OperationalError("database or disk is full")


async def test_strangers_are_a_number(service, evening, clock):
    """Whatever strangers do is counted by the day; groups are left, once each."""
    before = await letters(evening.store)
    batch = [
        tapped(1, 9, "start:1:0"),
        Commanded(2, 9, "start", ""),
        Commanded(3, 9, "start", "no-such-token"),
        LinkSent(4, 9, 1, "https://a.b", TextSent(4, 9, 1, "https://a.b")),
        OtherSent(5, 9, "text"),
        ReachChanged(6, 9, reachable=False),
        ReachChanged(7, 9, reachable=True),
        Elsewhere(8, -1, member=True),
        Elsewhere(9, -1, member=True),
        Elsewhere(10, -2, member=False),
        Unheard(11),
    ]
    owed = await service.take(batch)
    assert owed.toasts == ()
    assert owed.leave == (-1,)
    await clock.move_to(NOON + 86400)
    await service.take([OtherSent(12, 9, "text")])
    counted = await rows(evening.store, "SELECT day, updates FROM stranger_count ORDER BY day")
    assert counted == [(NOON // 86400, len(batch)), (NOON // 86400 + 1, 1)]
    assert await letters(evening.store) == before
    assert await rows(evening.store, "SELECT * FROM audit") == []


async def test_the_clock_never_runs_backwards(service, evening, clock):
    """An act is dated by the latest time ever seen, whatever the machine's clock says."""
    await clock.move_to(NOON + 100)
    await service.take([OtherSent(1, 200, "text")])
    back = Service(evening.store, MovableClock(NOON))
    await back.take([OtherSent(2, 200, "text")])
    assert await rows(evening.store, "SELECT at FROM audit") == [(NOON + 100,), (NOON + 100,)]


async def test_who_left_is_a_stranger(service, evening):
    """Somebody who is no longer enrolled is heard no more than a stranger."""
    await evening.store.transact(
        lambda tx: tx.db.execute(
            "UPDATE person SET status = 'left' WHERE id = ?", evening.people[:1]
        )
    )
    owed = await service.take([tapped(1, 200, "join:1:1"), OtherSent(2, 200, "text")])
    assert owed.toasts == ()
    assert await letters(evening.store) == []
    assert await rows(evening.store, "SELECT updates FROM stranger_count") == [(2,)]


# Timers


async def test_nothing_due(service):
    """Without a timer there is nothing to wait for."""
    assert await service.take_due() is None


async def test_a_question_is_repeated_once(service, evening, clock):
    """A question that stays unanswered comes once more, and then no more."""
    await service.take([tapped(1, 100, "start:1:0")])
    await clear_outbox(evening.store)
    assert await service.take_due() == NOON + 180
    await clock.move_to(NOON + 180)
    await service.take_due()
    shown = [letter for letter in await letters(evening.store) if letter[1] == "show:place"]
    assert shown == [(person, "show:place") for person in evening.people]
    await clear_outbox(evening.store)
    await clock.move_to(NOON + 800)
    await service.take_due()
    assert await letters(evening.store) == []


async def clear_outbox(store):
    await store.transact(lambda tx: tx.db.execute("DELETE FROM outbox"))


async def test_stale_timers_leave_no_trace(service, evening, clock):
    """A timer made for another epoch, step, credential or schedule does nothing at all."""
    await evening.start()
    person = evening.people[0]

    def set_timers(tx):
        tx.db.execute("DELETE FROM timer")
        for order in (
            SetTimer(TimerKind.STEP, NOON, "9/undisturbed", person),
            SetTimer(TimerKind.CREDENTIAL, NOON, "1/1", person),
            SetTimer(TimerKind.WINDOW, NOON, "9"),
            SetTimer(TimerKind.SESSION_END, NOON, "9"),
        ):
            timers.put(tx, evening.session_id, order)
        timers.put(tx, evening.session_id, SetTimer(TimerKind.STEP, NOON, "1/headphones"))

    await evening.store.transact(set_timers)
    before = await evening.session()
    assert await service.take_due() is None
    assert await evening.session() == before
    assert await letters(evening.store) == []
    assert await rows(evening.store, "SELECT * FROM audit") == []


async def test_the_session_ends_by_itself(service, evening, clock):
    """End and grace gone by, an open session is closed, on record as nobody's act."""
    await evening.until_open()
    await evening.join(evening.people[0])
    end = SetTimer(TimerKind.SESSION_END, END + 900, "1")
    await evening.store.transact(lambda tx: timers.put(tx, evening.session_id, end))
    await clock.move_to(END + 899)
    await service.take_due()
    assert (await evening.session()).state is SessionState.OPEN
    await clock.move_to(END + 900)
    await service.take_due()
    session = await evening.session()
    assert session.state is SessionState.CLOSED
    assert session.checks[evening.people[0]].credential is None
    found = await rows(evening.store, "SELECT kind, outcome, actor FROM audit")
    assert found[-1] == ("session-ran-out", "done", None)
    assert await rows(evening.store, "SELECT * FROM session_link") == []


async def test_no_timer_opens_or_signs(service, evening, clock):
    """Time alone never changes who is signed in and never opens: a day of timers, and nothing."""
    await service.take([tapped(1, 100, "start:1:0")])
    for minute in range(0, 60 * 24, 30):
        await clock.move_to(NOON + minute * 60)
        await service.take_due()
        session = await evening.session()
        assert session.state in (SessionState.CHECKING, SessionState.CLOSED)
        assert all(check.state is not CheckState.ADMITTED for check in session.checks.values())
    assert await rows(evening.store, "SELECT * FROM sign_off") == []


async def test_a_timer_that_fails_stops_no_other(service, evening, clock):
    """A timer that can't be applied is put off; the others ring, and the bot goes on."""
    await service.take([tapped(1, 100, "start:1:0")])

    def spoil(tx):
        order = SetTimer(TimerKind.CREDENTIAL, NOON + 10, "not a stamp", evening.people[1])
        timers.put(tx, evening.session_id, order)

    await evening.store.transact(spoil)
    await clock.move_to(NOON + 190)
    await service.take_due()
    check = (await evening.session()).checks[evening.people[0]]
    assert check.run.repeat
    left = await rows(evening.store, "SELECT at FROM timer WHERE stamp = 'not a stamp'")
    assert left == [(NOON + 190 + 60,)]


async def test_a_stop_does_not_wait_for_the_key_file(service, evening, tmp_path):
    """Somebody reading the key file can't undo a stop; the key is destroyed when they are done."""
    await evening.until_open()
    reader = sqlite3.connect(tmp_path / "keys.sqlite3")
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM session_key").fetchall()
    await service.take([tapped(1, 100, "stop:1")])
    assert (await evening.session()).state is SessionState.STOPPED
    assert await rows(evening.store, "SELECT session FROM doomed_key") == [(1,)]
    reader.close()
    await service.tidy()
    assert await rows(evening.store, "SELECT session FROM doomed_key") == []

    def sealed_again(tx):
        tx.keys.seal_session(1, "session_link", "sealed", 1, "x")

    with pytest.raises(Erased):
        await evening.store.transact(sealed_again)


# Out of reach


async def test_unreachable_is_news_once(service, evening):
    """That somebody can't be reached rings each facilitator once, until it has changed again."""
    await evening.start()
    person, ring = evening.people[0], "say:ring/unreachable"
    gone, back = ReachChanged(1, 200, reachable=False), ReachChanged(2, 200, reachable=True)
    await service.take([gone, replace(gone, update_id=3)])

    def again(tx):
        note_reach(tx, people.find(tx, person), NOON + 5, NOON + 5)

    await evening.store.transact(again)
    told = [who for who, what in await letters(evening.store) if what == ring]
    assert told == evening.staff
    await service.take([back, replace(back, update_id=4)])
    assert (await letters(evening.store)).count((person, "show:place")) == 1
    await service.take([replace(gone, update_id=5)])
    told = [who for who, what in await letters(evening.store) if what == ring]
    assert told == evening.staff * 2
    found = await rows(evening.store, "SELECT kind, person FROM audit")
    assert found == [("unreachable", person)] * 2


async def test_whoever_writes_can_be_reached(service, evening):
    """A message or a tap shows that somebody is there, whatever was noted before."""
    await service.take([ReachChanged(1, 200, reachable=False), OtherSent(2, 200, "text")])
    found = await evening.store.read(lambda tx: people.find(tx, evening.people[0]))
    assert found.reachable


async def test_nobody_to_tell(service, evening):
    """Out of reach without a session or a group, or as staff: on record, and no phone rings."""
    await evening.store.transact(lambda tx: sessions.strike(tx, evening.people[0]))
    await service.take(
        [ReachChanged(1, 200, reachable=False), ReachChanged(2, 100, reachable=False)]
    )
    assert await letters(evening.store) == []
    assert len(await rows(evening.store, "SELECT * FROM audit")) == 2


async def test_a_reply_waits_only_once(service, evening):
    """Ten messages in a row are owed one reply while it has not gone out."""
    await service.take([OtherSent(number, 200, "text") for number in range(10)])
    assert await letters(evening.store) == [(evening.people[0], "say:reply/nobody-reads")]
    assert len(await rows(evening.store, "SELECT * FROM audit")) == 10


async def test_what_is_kept_of_a_row(service, evening):
    """An outbox row holds keys and numbers: no label, no chat, no word."""
    await service.take([tapped(1, 100, "start:1:0"), tapped(2, 200, "answer:1:1:undisturbed:help")])
    found = await evening.store.read(lambda tx: outbox.due(tx, START, frozenset()))
    (one, two) = [letter for letter in found if letter.subject == "ring/help"]
    assert {one.to, two.to} == set(evening.staff)
    raw = await rows(evening.store, "SELECT params FROM outbox WHERE subject = 'ring/help'")
    assert raw == [(f'{{"who": ["label", {evening.people[0]}]}}',)] * 2
