"""Each table family gives back what it was given, on the real schema."""

from dataclasses import replace

import pytest

from bot.language.shipped import shipped_revision
from flows import events as e
from flows.decide import decide
from flows.effects import ItemTitle, LabelOf, ScreenKind, SetTimer, TimeOf, TimerKind
from flows.flow import NON_NEGOTIABLES
from flows.model import (
    Agreement,
    CheckState,
    Clearance,
    ClearanceDecision,
    PersonId,
    Programme,
    SessionState,
    Standing,
    StopReason,
)
from storage import (
    arrivals,
    audit,
    erasure,
    links,
    outbox,
    people,
    revisions,
    screens,
    sessions,
    signed,
    timers,
    updates,
)
from storage.audit import AuditRow
from storage.errors import Erased
from storage.outbox import Kind
from storage.people import Role
from storage.screens import Drawn
from tests.honest import END, NOON, START, YEAR, Evening, enrol_participant, enrol_staff, open_store

CHAT = 4711


@pytest.fixture
async def house(tmp_path):
    opened = await open_store(tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
async def evening(house):
    return await Evening(house).prepare()


# People -------------------------------------------------------------------------------------------


async def test_nobody_is_written_to_before_they_came(house):
    """Somebody invited has a label and no chat; nothing about them is settled."""

    def act(tx):
        person = people.add(tx, locale="de", zone="Europe/Berlin", label="B-12", now=NOON)
        return people.find(tx, person), people.chat_of(tx, person), people.label_of(tx, person)

    found, chat, label = await house.transact(act)
    assert (found.status, found.locale, found.zone) == ("invited", "de", "Europe/Berlin")
    assert (found.enrolled, found.staff, found.reachable) == (False, False, True)
    assert (chat, label) == (None, "B-12")


async def test_an_invitation_works_once(house):
    """An invitation lets in whoever opens it in time, once, from one chat."""

    def act(tx):
        person = people.add(tx, locale="en", zone="UTC", label="B-12", now=NOON)
        people.invite(tx, person, "token", expires_at=NOON + 60)
        late = people.redeem(tx, "token", CHAT, NOON + 60)
        wrong = people.redeem(tx, "another", CHAT, NOON)
        first = people.redeem(tx, "token", CHAT, NOON + 59)
        again = people.redeem(tx, "token", CHAT + 1, NOON + 59)
        return person, late, wrong, first, again

    person, late, wrong, first, again = await house.transact(act)
    assert (late, wrong, first, again) == (None, None, person, None)
    found = await house.read(lambda tx: people.find_by_chat(tx, CHAT))
    assert (found.id, found.enrolled, found.invited) == (person, False, True)
    assert await house.read(lambda tx: people.find_by_chat(tx, CHAT + 1)) is None
    assert await house.read(lambda tx: people.chat_of(tx, person)) == CHAT


@pytest.mark.parametrize("agreed", [0, 1, 2, 3])
async def test_only_who_has_agreed_to_everything_is_enrolled_at_once(house, agreed):
    """A participant who lacks an agreement arrives first; staff, and whoever lacks none, do not."""

    def act(tx):
        people.begin_agreements(tx)
        person = people.add(tx, locale="en", zone="UTC", label="B-12", now=NOON)
        for kind in list(Agreement)[:agreed]:
            people.settle_agreement(tx, person, kind, "en", NOON)
        people.invite(tx, person, "token", expires_at=NOON + 60)
        people.redeem(tx, "token", CHAT, NOON)
        return people.find(tx, person).enrolled, arrivals.step_of(tx, person)

    assert await house.transact(act) == ((True, None) if agreed == 3 else (False, "locale"))


async def test_a_number_is_never_given_twice(house):
    """Whoever comes after somebody who is gone gets another number: the record names the first."""

    def act(tx):
        first = people.add(tx, locale="en", zone="UTC", label="B-12", now=NOON)
        audit.append(tx, AuditRow(at=NOON, kind="gone", outcome="done", person=first))
        erasure.erase(tx, first)
        erasure.destroy_doomed_keys(tx)
        assert people.find(tx, first) is None
        return first, people.add(tx, locale="en", zone="UTC", label="C-3", now=NOON)

    first, second = await house.transact(act)
    assert second > first


async def test_a_key_that_can_not_be_destroyed_is_tried_again(house):
    """Between the rows and the key nobody is found by their chat, and a dash stands for a label."""

    def let_in(tx):
        person = people.add(tx, locale="en", zone="UTC", label="B-12", now=NOON)
        people.invite(tx, person, "token", expires_at=NOON + 60)
        people.redeem(tx, "token", CHAT, NOON)
        return person

    person = await house.transact(let_in)
    await house.transact(lambda tx: arrivals.part(tx, person, NOON))
    assert await house.read(lambda tx: people.chat_of(tx, person)) == CHAT
    await house.transact(lambda tx: arrivals.let_go(tx, person))
    assert await house.read(lambda tx: people.find_by_chat(tx, CHAT)) is None
    assert await house.read(lambda tx: people.label_of(tx, person)) == people.NOBODY
    await house.transact(
        lambda tx: screens.keep(tx, person, ScreenKind.HOME, None, Drawn(7, "digest"))
    )
    await house.transact(erasure.destroy_doomed_keys)
    assert await house.read(lambda tx: people.find(tx, person)) is None
    await house.transact(erasure.destroy_doomed_keys)


async def test_every_table_says_what_becomes_of_somebody(house):
    """Each table with somebody's number is emptied when they go, or is named as kept."""

    def tables(tx):
        names = [
            row["name"]
            for row in tx.db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {
            name
            for name in names
            for column in tx.db.execute(f"PRAGMA table_info('{name}')")
            if column["name"] == "person"
        }

    forgotten, recorded = set(erasure.OWN), set(erasure.RECORDED)
    assert forgotten.isdisjoint(recorded)
    assert await house.read(tables) == forgotten | recorded


async def test_what_is_personal_is_sealed(house, tmp_path):
    """Neither chat nor label nor token can be read in the files."""

    def act(tx):
        person = people.add(tx, locale="en", zone="UTC", label="Sunflower", now=NOON)
        people.invite(tx, person, "secret-token", expires_at=NOON + 60)
        people.redeem(tx, "secret-token", 987654321, NOON)

    await house.transact(act)
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert not [word for word in (b"Sunflower", b"secret-token", b"987654321") if word in written]


async def test_roles(house):
    """A role makes staff of somebody; each role once."""

    def act(tx):
        person = enrol_staff(tx, 100, "F")
        people.give_role(tx, person, Role.COORDINATOR, prepared_at=None)
        return people.find(tx, person)

    found = await house.transact(act)
    assert found.roles == {Role.FACILITATOR, Role.COORDINATOR}
    assert found.staff
    assert await house.read(lambda tx: people.find(tx, PersonId(99))) is None


async def test_unreachable_is_news_once(house):
    """Only the first refusal, and the first success after it, is news."""

    def act(tx):
        person = people.add(tx, locale="en", zone="UTC", label="B", now=NOON)
        news = [people.set_unreachable(tx, person, at) for at in (None, NOON, NOON + 1, None)]
        return news, people.find(tx, person).reachable

    assert await house.transact(act) == ([False, True, False, True], True)


async def test_standing(house):
    """What is settled before any session comes back as it was settled; nothing is assumed."""
    bare = Clearance(ClearanceDecision.ON_HOLD, NOON + 1)

    def act(tx):
        nobody = people.add(tx, locale="en", zone="UTC", label="B", now=NOON)
        people.set_programme(tx, Programme(ends_at=NOON + YEAR, safety_contact_until=None))
        somebody = enrol_participant(tx, CHAT, "P")
        before = people.standing_of(tx, nobody), people.standing_of(tx, somebody)
        people.settle_clearance(tx, somebody, bare, NOON)
        tx.db.execute("UPDATE agreement_version SET version = 2 WHERE kind = 'consent'")
        return before, people.standing_of(tx, somebody)

    (nothing, everything), changed = await house.transact(act)
    assert nothing == Standing(enrolled=False)
    online = Clearance(ClearanceDecision.ONLINE_GROUP, NOON + YEAR)
    assert everything == Standing(online, NOON + YEAR, frozenset(Agreement), NOON - YEAR)
    assert changed.clearance == bare
    assert changed.agreements == frozenset(Agreement) - {Agreement.CONSENT}


async def test_programme(house):
    """A programme that was never set up holds everything; later it is what was set."""
    assert await house.read(people.programme) == Programme()
    value = Programme(suspended=True, ends_at=NOON, safety_contact_until=NOON + 1)
    await house.transact(lambda tx: people.set_programme(tx, value))
    assert await house.read(people.programme) == value


# Revisions ----------------------------------------------------------------------------------------


async def test_revisions(house):
    """A revision is stored whole, published per language, and stays readable when recalled."""
    english, german = shipped_revision("environment", "en"), shipped_revision("environment", "de")

    def act(tx):
        news = [revisions.publish(tx, one, NOON) for one in (english, german, english)]
        return news, revisions.published(tx, "environment", "de")

    assert await house.transact(act) == ([True, True, False], german)
    assert await house.read(lambda tx: revisions.published(tx, "environment", "fr")) is None
    assert await house.read(lambda tx: revisions.find(tx, english.id)) == (english, False)
    await house.transact(
        lambda tx: tx.db.execute("UPDATE revision SET recalled_at = ? WHERE locale = 'en'", (NOON,))
    )
    assert await house.read(lambda tx: revisions.published(tx, "environment", "en")) is None
    assert await house.read(lambda tx: revisions.find(tx, english.id)) == (english, True)


async def test_items_of_a_revision(house):
    """The schema knows each mandatory item of a revision, and which ones are observed."""
    revision = shipped_revision("environment", "en")
    await house.transact(lambda tx: revisions.publish(tx, revision, NOON))
    rows = await house.read(
        lambda tx: tx.db.execute("SELECT item, observed FROM revision_item").fetchall()
    )
    assert {row["item"] for row in rows} == {item.id for item in revision.flow.items}
    assert {row["item"] for row in rows if row["observed"]} == set(NON_NEGOTIABLES)


# Outbox, screens, timers, updates -----------------------------------------------------------------


async def test_letters_come_back(evening):
    """A letter keeps its addressee, subject, parameters of every kind, and whom it is about."""
    by, about = evening.staff[0], evening.people[0]
    params = {"who": LabelOf(about), "at": TimeOf(START), "item": ItemTitle("sober"), "n": 3,
              "text": "x"}  # fmt: skip

    def act(tx):
        outbox.add(tx, by, Kind.SAY, now=NOON, session=evening.session_id, subject="ring/no",
                   params=params, about=about)  # fmt: skip
        return outbox.due(tx, NOON, frozenset())

    (letter,) = await evening.store.transact(act)
    assert (letter.to, letter.kind, letter.session) == (by, Kind.SAY, evening.session_id)
    assert (letter.subject, letter.params, letter.about) == ("ring/no", params, about)
    assert letter.attempts == 0


async def test_redraws_coalesce(evening):
    """While a redraw of a screen waits another adds nothing; once it is gone, one does."""

    def redraw(tx, person, screen):
        outbox.add(tx, person, Kind.REDRAW, now=NOON, session=evening.session_id, subject=screen)

    def act(tx):
        by, other = evening.staff
        for person, screen in ((by, "board"), (by, "board"), (by, "desk"), (other, "board")):
            redraw(tx, person, screen)
        waiting = outbox.due(tx, NOON, frozenset())
        outbox.done(tx, waiting[0].id)
        redraw(tx, by, "board")
        return [(one.to, one.subject) for one in waiting], len(outbox.due(tx, NOON, frozenset()))

    by, other = evening.staff
    found = await evening.store.transact(act)
    assert found == ([(by, "board"), (by, "desk"), (other, "board")], 3)


async def test_letters_wait(evening):
    """A letter waits for its time, and for whoever is being written to; attempts are counted."""
    by, other = evening.staff

    def act(tx):
        for person in (by, other):
            outbox.add(tx, person, Kind.SAY, now=NOON, subject="ring/late")
        first, second = outbox.due(tx, NOON, frozenset())
        outbox.postpone(tx, first.to, NOON + 30)
        outbox.tried(tx, second.id, NOON + 60)
        return (
            outbox.due(tx, NOON + 29, frozenset()),
            outbox.next_due(tx, NOON),
            [(one.to, one.attempts) for one in outbox.due(tx, NOON + 60, frozenset())],
            [one.to for one in outbox.due(tx, NOON + 60, frozenset({by}))],
            outbox.next_due(tx, NOON + 60),
        )

    found = await evening.store.transact(act)
    assert found == ((), NOON + 30, [(by, 0), (other, 1)], [other], None)


MANY = 10_000


def crowd(tx, person):
    """Let many reminders wait that were there first."""
    tx.db.executemany(
        "INSERT INTO outbox (person, kind, subject, created_at, bulk)"
        " VALUES (?, 'say', 'reminder/coming', ?, 1)",
        [(person, NOON)] * MANY,
    )


async def test_what_is_said_in_bulk_waits_behind_everything_else(evening):
    """Of ten thousand reminders only as many as there is room for come, behind all the rest."""
    by, other = evening.staff

    def act(tx):
        crowd(tx, evening.people[0])
        for person, subject in ((by, "ring/no"), (other, "ring/no"), (by, "ring/late")):
            outbox.add(tx, person, Kind.SAY, now=NOON, subject=subject)
        found = outbox.due(tx, NOON, frozenset(), 2)
        return [(one.to, one.subject, one.bulk) for one in found], outbox.due(tx, NOON, found_busy)

    found_busy = frozenset(evening.people)
    first, meanwhile = await evening.store.transact(act)
    told = [(by, "ring/no", False), (other, "ring/no", False), (by, "ring/late", False)]
    assert first == [*told, *[(evening.people[0], "reminder/coming", True)] * 2]
    assert len(meanwhile) == len(told)


async def test_nothing_walks_through_what_waits_in_bulk(evening):
    """Whatever a tap asks of the outbox, SQLite finds it by an index and not by looking at all."""
    asked = []

    def act(tx):
        crowd(tx, evening.people[0])
        tx.db.set_trace_callback(asked.append)
        try:
            outbox.add(tx, evening.staff[0], Kind.REDRAW, now=NOON, subject="board")
            outbox.add_once(tx, evening.staff[0], now=NOON, subject="reply/help")
            for letter in outbox.due(tx, NOON, frozenset(), 2):
                outbox.waits_since(tx, letter.id)
                outbox.done(tx, letter.id)
            outbox.next_due(tx, NOON)
            outbox.postpone(tx, evening.staff[0], NOON + 5)
        finally:
            tx.db.set_trace_callback(None)
        # The trace also shows what triggers and foreign keys do, as comments.
        sent = [one for one in asked if not one.startswith("--")]
        return [
            (one, row["detail"])
            for one in sent
            for row in tx.db.execute(f"EXPLAIN QUERY PLAN {one}")
            if row["detail"].startswith("SCAN outbox")
        ], len(sent)

    scans, statements = await evening.store.transact(act)
    assert scans == []
    assert statements > 8


async def test_screens(evening):
    """A screen is where it was last drawn; each person has one of a kind for a session."""
    by, session = evening.staff[0], evening.session_id

    def act(tx):
        before = screens.find(tx, by, ScreenKind.BOARD, session)
        screens.keep(tx, by, ScreenKind.BOARD, session, Drawn(1, "a"))
        screens.keep(tx, by, ScreenKind.BOARD, session, Drawn(2, "b"))
        found = screens.find(tx, by, ScreenKind.BOARD, session)
        other = screens.find(tx, by, ScreenKind.DESK, session)
        screens.forget(tx, by, ScreenKind.BOARD, session)
        return before, found, other, screens.find(tx, by, ScreenKind.BOARD, session)

    assert await evening.store.transact(act) == (None, Drawn(2, "b"), None, None)


async def test_a_screen_of_no_session(evening):
    """A screen that belongs to a person alone is kept and coalesced like any other."""
    by, session = evening.staff[0], evening.session_id

    def act(tx):
        screens.keep(tx, by, ScreenKind.PAD, None, Drawn(1, "a"))
        for _ in range(3):
            outbox.add(tx, by, Kind.REDRAW, now=NOON, subject=ScreenKind.PAD)
        waiting = [one.session for one in outbox.due(tx, NOON, frozenset())]
        found = [screens.find(tx, by, ScreenKind.PAD, one) for one in (None, session)]
        screens.forget(tx, by, ScreenKind.PAD, None)
        return waiting, found, screens.find(tx, by, ScreenKind.PAD, None)

    assert await evening.store.transact(act) == ([None], [Drawn(1, "a"), None], None)


async def test_timers(evening):
    """A timer replaces the one of its kind and person; one set anew is not removed by mistake."""
    session, person = evening.session_id, evening.people[0]

    def act(tx):
        timers.put(tx, session, SetTimer(TimerKind.STEP, NOON + 9, "1/alone", person))
        timers.put(tx, session, SetTimer(TimerKind.SESSION_END, NOON + 5, "1"))
        (end,) = timers.due(tx, NOON + 5)
        (_, old) = timers.due(tx, NOON + 9)
        timers.put(tx, session, SetTimer(TimerKind.STEP, NOON + 20, "1/camera", person))
        timers.remove(tx, old)
        timers.remove(tx, end)
        return end, old, timers.next_due(tx), timers.due(tx, NOON + 20)

    end, old, due_at, left = await evening.store.transact(act)
    assert (end.kind, end.person, end.stamp) == (TimerKind.SESSION_END, None, "1")
    assert (old.kind, old.person, old.stamp) == (TimerKind.STEP, person, "1/alone")
    assert due_at == NOON + 20
    assert [(one.at, one.stamp) for one in left] == [(NOON + 20, "1/camera")]


async def test_updates_are_seen_once(house):
    """An update is new once, until Telegram can't send it again."""

    def act(tx):
        first = [updates.is_new(tx, number, NOON) for number in (7, 7, 8)]
        updates.forget_old(tx, NOON + updates.KEEP_SEEN)
        kept = updates.is_new(tx, 7, NOON)
        updates.forget_old(tx, NOON + updates.KEEP_SEEN + 1)
        return first, kept, updates.is_new(tx, 7, NOON)

    assert await house.transact(act) == ([True, False, True], False, True)


async def test_poison_and_strangers(house):
    """Of poison the kind of error is kept, of strangers a number a day."""

    def act(tx):
        for _ in range(2):
            updates.add_poison(tx, 7, "KeyError", NOON)
            updates.count_stranger(tx, NOON)
        poison = [tuple(row) for row in tx.db.execute("SELECT * FROM poison_update")]
        return poison, [tuple(row) for row in tx.db.execute("SELECT * FROM stranger_count")]

    assert await house.transact(act) == ([(7, NOON, "KeyError")], [(NOON // 86400, 2)])


async def test_the_clock_only_rises(house):
    """The store's present is never earlier than it was, whatever the machine's clock says."""

    def act(tx):
        return [updates.advance_clock(tx, now) for now in (NOON, NOON - 100, NOON + 1)]

    assert await house.transact(act) == [NOON, NOON, NOON + 1]


# Sessions -----------------------------------------------------------------------------------------


class Watched(Evening):
    """An evening that compares what is loaded with what was decided, after every act."""

    acts = 0

    async def happen(self, event):
        before = await self.session()
        expected = decide(before, event, self.now)
        decision = await super().happen(event)
        assert decision == expected
        version = before.version + (decision.refusal is None)
        assert await self.session() == replace(decision.state, version=version)
        self.acts += 1
        return decision

    async def take(self, event):
        done = await self.happen(event)
        assert not done.refusal, done.refusal

    async def epoch(self, person):
        return (await self.session()).checks[person].epoch


@pytest.fixture
async def watched(house):
    return await Watched(house).prepare(participants=3)


async def test_an_evening_comes_back_after_each_act(watched):
    """What is loaded is what was saved, after every act of an evening with everything in it."""
    anna, ben = watched.staff
    one, two, three = watched.people
    await watched.start()
    await watched.answer(one, "help")
    await watched.answer(one, "now")
    await watched.answer(one, "no")
    await watched.take(e.StepTimedOut(two, 1, "undisturbed"))
    await watched.answer_all(one)
    await watched.answer_all(two)
    await watched.answer(two, "change")
    await watched.answer(two, "camera")
    await watched.answer(two, "no")
    await watched.answer_all(two)
    await watched.observe_all(anna, one)
    epoch = await watched.epoch(one)
    await watched.take(e.ItemObserved(anna, one, epoch, "headphones", seen=False))
    await watched.take(e.ItemObserved(anna, one, epoch, "headphones", seen=True))
    await watched.take(e.DestinationsAsked(anna, one, shown=True))
    await watched.sign(anna, one)
    await watched.take(e.SignOffTakenBack(ben, one, epoch))
    await watched.take(e.DeskLeft(anna, two))
    await watched.admit(ben, one)
    await watched.turn_away(anna, three)
    await watched.take(e.CheckRestarted(anna, three))
    await watched.take(e.PersonClaimed(anna, three))
    await watched.take(e.MarkedAbsent(anna, three, await watched.epoch(three)))
    await watched.observe_all(ben, two)
    await watched.sign(ben, two)
    await watched.paste(anna)
    watched.now = START - 300
    await watched.open(anna)
    await watched.take(e.ArrivedLate(three))
    await watched.join(one)
    await watched.join(two)
    await watched.take(e.LineLost(one))
    await watched.take(e.StillAloneAnswered(one, await watched.epoch(one), alone=True))
    watched.now = START + 600
    await watched.take(e.CredentialRanOut(two, await watched.epoch(two), 1))
    await watched.join(two)
    await watched.take(e.StillAloneAnswered(two, await watched.epoch(two), alone=False))
    await watched.take(e.CheckRestarted(ben, two))
    await watched.admit(ben, two)
    await watched.take(e.SelfStopped(two, StopReason.SOMEONE_CAME_IN))
    await watched.take(e.CheckedOut(one))
    watched.now = END + 900
    await watched.take(e.SessionRanOut(1))
    assert (await watched.session()).state is SessionState.CLOSED
    assert watched.acts > 80


async def test_a_stopped_evening_comes_back_after_each_act(watched):
    """The same holds for a stop, a second opening, a removed facilitator and a second stop."""
    anna, ben = watched.staff
    await watched.until_open()
    await watched.join(watched.people[0])
    await watched.take(e.SessionStopped(ben))
    assert await watched.store.read(lambda tx: links.find(tx, watched.session_id)) is None
    await watched.start()
    for by, person in zip((anna, ben, ben), watched.people, strict=True):
        await watched.admit(by, person)
    await watched.paste(ben)
    await watched.open(ben)
    await watched.join(watched.people[0])
    await watched.take(e.FacilitatorRemoved(anna))
    session = await watched.session()
    assert session.opening.number == 2
    assert session.checks[watched.people[0]].state is CheckState.STOPPED
    assert session.checks[watched.people[1]].state is CheckState.ADMITTED
    await watched.take(e.SessionStopped(ben))
    await watched.take(e.SessionMoved(ben, START + 86400, END + 86400))
    await watched.take(e.SessionCancelled(ben))


async def test_turned_away_unasked_and_back(watched):
    """Somebody turned away before any question can be asked after all, in a new epoch."""
    anna, person = watched.staff[0], watched.people[0]
    remove = "DELETE FROM intake WHERE person = ?"
    await watched.store.transact(lambda tx: tx.db.execute(remove, (person,)))
    await watched.start()
    await watched.turn_away(anna, person)
    await watched.store.transact(lambda tx: people.settle_intake(tx, person, NOON))
    await watched.take(e.CheckRestarted(anna, person))
    assert await watched.epoch(person) == 2


async def test_a_recall_comes_back(watched):
    """A recalled revision stops its runs, and nobody is asked on it again."""
    await watched.until_open()
    revision = shipped_revision("environment", "en")
    recall = "UPDATE revision SET recalled_at = ? WHERE id = ?"
    await watched.store.transact(lambda tx: tx.db.execute(recall, (NOON, revision.id)))
    await watched.take(e.RevisionRecalled(revision.id))
    refused = await watched.happen(e.CheckRestarted(watched.staff[0], watched.people[0]))
    assert refused.refusal.holds


async def test_an_outdated_copy_is_not_saved(evening):
    """Whoever saves on a session that has changed meanwhile fails, and nothing is kept."""
    await evening.start()
    old = await evening.session()
    person = evening.people[0]
    await evening.answer(person)
    decision = decide(old, e.SessionStopped(evening.staff[0]), NOON)
    current = await evening.session()
    with pytest.raises(sessions.Outrun):
        await evening.store.transact(lambda tx: sessions.save(tx, old, decision.state, NOON))
    assert await evening.session() == current


async def test_who_has_which_sessions(evening):
    """Facilitators find theirs by time, participants the one that they are in."""
    by, person, session = evening.staff[0], evening.people[0], evening.session_id

    def act(tx):
        return (
            sessions.of_facilitator(tx, by, START, START + 1),
            sessions.of_facilitator(tx, by, START + 1, END),
            sessions.of_facilitator(tx, person, NOON, END),
            sessions.current_of(tx, person, NOON),
            sessions.name_of(tx, session),
        )

    found = await evening.store.read(act)
    assert found == ((session,), (), (), None, "Tuesday")
    await evening.start()
    assert await evening.store.read(lambda tx: sessions.current_of(tx, person, NOON)) == session
    assert await evening.store.read(lambda tx: sessions.current_of(tx, person, END + 1)) is None


async def test_a_link_is_used_once(evening):
    """A link is read back while kept, remembered for ever, and gone with the session's key."""
    session, link = evening.session_id, "https://meet.example/room"

    def act(tx):
        fresh = links.is_fresh(tx, link)
        links.keep(tx, session, link, link)
        kept = links.find(tx, session)
        sealed = tx.db.execute("SELECT sealed FROM session_link").fetchone()["sealed"]
        links.forget(tx, session)
        links.destroy_doomed_keys(tx)
        return fresh, kept, sealed, links.find(tx, session), links.is_fresh(tx, link)

    fresh, kept, sealed, gone, again = await evening.store.transact(act)
    assert (fresh, kept, gone, again) == (True, link, None, False)

    def open_again(tx):
        return tx.keys.open_session(session, "session_link", "sealed", session, sealed)

    with pytest.raises(Erased):
        await evening.store.read(open_again)


async def test_no_session_of_that_number(house):
    """There is nothing to load where there is no session."""
    assert await house.read(lambda tx: sessions.load(tx, 1)) is None


# Assisted -----------------------------------------------------------------------------------------


async def tell_all(evening, by, person):
    """Enter every answer for somebody, as a facilitator hears them by phone."""
    await evening.happen(e.PersonClaimed(by, person))
    while (check := (await evening.session()).checks[person]).state is CheckState.ASKING:
        done = await evening.happen(e.StepAnswered(by, person, check.epoch, check.run.step, "yes"))
        assert not done.refusal, done.refusal


async def test_entered_answers_say_who_entered_them(evening):
    """An answer that a facilitator enters comes back with their number; the run is moved by it."""
    by, person = evening.staff[0], evening.people[0]
    await evening.start()
    await tell_all(evening, by, person)
    check = (await evening.session()).checks[person]
    assert check.state is CheckState.READY
    assert (check.entered_by, check.assisted, check.has_chat) == ({by}, True, True)
    other = (await evening.session()).checks[evening.people[1]]
    assert (other.entered_by, other.assisted) == (frozenset(), False)


async def test_what_was_entered_outlives_whoever_entered_it(evening):
    """A participant can still correct an answer when who entered the others has gone."""
    by, person = evening.staff[1], evening.people[0]
    await evening.start()
    await tell_all(evening, by, person)
    assert not (await evening.happen(e.FacilitatorRemoved(by))).refusal
    for option in ("change", "headphones", "no"):
        assert not (await evening.answer(person, option)).refusal
    check = (await evening.session()).checks[person]
    assert (check.epoch, check.entered_by) == (2, {by})
    assert check.answers["headphones"].by == person


async def test_a_way_in_says_for_whom_it_is(evening):
    """The way in of somebody helped is kept with whoever admitted them."""
    anna, (helped, alone) = evening.staff[0], evening.people
    await evening.start()
    await tell_all(evening, anna, helped)
    await evening.answer_all(alone)
    for person in evening.people:
        await evening.observe_all(anna, person)
        assert not (await evening.sign(anna, person)).refusal
    await evening.paste(anna)
    evening.now = START - 300
    assert not (await evening.open(anna)).refusal
    assert not (await evening.join(alone)).refusal
    assert not (await evening.happen(e.JoinAskedFor(anna, helped, 1))).refusal
    checks = (await evening.session()).checks
    assert checks[helped].credential.handed_to == anna
    assert checks[alone].credential.handed_to is None
    found = await evening.store.read(lambda tx: signed.acts_of(tx, evening.session_id))
    assert [act.entered_by for act in found if act.person is not None] == [(anna,), ()]


async def test_who_has_no_chat(evening):
    """Of somebody without a chat the session knows that it can't write to them."""
    person = evening.people[0]
    sql = "UPDATE person SET chat = NULL, chat_index = NULL WHERE id = ?"
    await evening.store.transact(lambda tx: tx.db.execute(sql, (person,)))
    checks = (await evening.session()).checks
    assert [check.has_chat for check in checks.values()] == [False, True]
