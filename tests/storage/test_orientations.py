"""Orientations at rest: what is kept, what the gate reads of it, and what raw SQL can't forge.

Each forgery is one statement on a connection of its own, with and without the settings on which
the program's own connection relies.
"""

import asyncio
import shutil
import sqlite3
from contextlib import closing

import pytest

from bot.language.shipped import shipped_revision
from flows.digest import SHOWN_LENGTH, orientation_digest
from flows.model import Meaning, OrientationState
from flows.orientation import Answered, Begun, Signed, begin, decide
from storage import audit, counts, groups, orientations, people, revisions, signed
from storage.audit import AuditRow
from storage.groups import Part
from storage.reading import Reading
from tests.honest import NOON, YEAR, add_group, enrol_participant, enrol_staff, open_store
from tests.storage.test_forgeries import Forgery, insert, refuse, signature, take

ANNA, BERND, OTHER, H7, K2 = 1, 2, 3, 4, 5
READY, SIGNED = "ready", "signed"
HEX = "a" * 64
LASTS = 182 * 86400
AT = NOON + 60
MEANING = Meaning("office/orientation/meaning", "en", HEX)


def sign_off(verb="INSERT", **changed):
    row = {"person": H7, "number": 1, "by": ANNA, "at": AT, "until": AT + LASTS}
    return insert("orientation_sign_off", verb, **signature(**{**row, **changed}))


def run(changes, person=H7, verb="UPDATE"):
    return f"{verb} orientation_run SET {changes} WHERE person = {person}"


def new_run(verb="INSERT", **changed):
    row = {"person": OTHER, "number": 1, "state": "asking",
           "revision": shipped_revision("orientation", "en").id, "step": "begin",
           "began_at": NOON}  # fmt: skip
    return insert("orientation_run", verb, **{**row, **changed})


def answer(verb="INSERT", **changed):
    row = {"person": H7, "number": 1, "item": "mute", "value": "yes", "by": H7, "at": NOON}
    return insert("orientation_answer", verb, **{**row, **changed})


def answered(changes, verb="UPDATE"):
    return f"{verb} orientation_answer SET {changes} WHERE person = {H7} AND item = 'mute'"


TAKEN_OUT = f"DELETE FROM orientation_answer WHERE person = {H7} AND item = 'mute'"
RECALLED = (
    f"UPDATE revision SET recalled_at = {NOON}"
    f" WHERE id = (SELECT revision FROM orientation_run WHERE person = {H7})"
)
UNPREPARED = f"UPDATE staff_role SET prepared_at = NULL WHERE person = {ANNA}"
GONE = f"UPDATE staff_role SET ended_at = {NOON} WHERE person = {ANNA}"
LEFT = f"DELETE FROM membership WHERE person = {ANNA}"
NOT_OF_THEIRS = "of a group of theirs"
BARE_REVISION = (
    "INSERT INTO revision (id, flow, locale, body, created_at)"
    f" VALUES ('{HEX}', 'orientation', 'en', '{{}}', {NOON})"
)
DE = shipped_revision("orientation", "de").id
RECALLED_DE = f"UPDATE revision SET recalled_at = {NOON} WHERE id = '{DE}'"
COORDINATES = insert("staff_role", person=ANNA, role="coordinator", prepared_at=NOON)
GROUP_ENDED = f'UPDATE "group" SET ended_at = {NOON} WHERE id = 1'
ONLY_A_MEMBER = (LEFT, f"INSERT INTO membership VALUES (1, {ANNA}, 'participant', {NOON})")


def answers_of(person, number=1):
    """Give somebody the answers of H7's first run."""
    return (
        f"INSERT INTO orientation_answer SELECT {person}, {number}, item, value, {person}, at"
        f" FROM orientation_answer WHERE person = {H7} AND number = 1"
    )


OTHER_READY = (new_run(person=K2), answers_of(K2), run(f"state = 'ready', ready_at = {NOON}", K2))
ANEW = run("number = 2, state = 'asking', ready_at = NULL")
ANEW_READY = (ANEW, answers_of(H7, 2), run(f"state = 'ready', ready_at = {NOON}"))

FORGERIES = (
    Forgery("unasked", READY, sign_off(person=K2), "not complete"),
    Forgery("still-asking", READY, sign_off(), "not complete",
            (run("state = 'asking', ready_at = NULL"),)),
    Forgery("before-it-was-ready", READY, sign_off(at=NOON - 1), "not complete"),
    Forgery("another-run", READY, sign_off(number=2), "not complete"),
    Forgery("one-answer-less", READY, sign_off(), "not answered yes", (TAKEN_OUT,)),
    Forgery("one-no", READY, sign_off(), "not answered yes", (answered("value = 'no'"),)),
    Forgery("answers-of-an-earlier-run", READY, sign_off(number=2), "not answered yes",
            (run("number = 2, state = 'asking', ready_at = NULL"),
             run(f"state = 'ready', ready_at = {NOON}"))),
    Forgery("nothing-asked", READY, sign_off(number=2), "not complete",
            (BARE_REVISION,
             run(f"number = 2, state = 'asking', ready_at = NULL, revision = '{HEX}'"),
             run(f"state = 'ready', ready_at = {NOON}"))),
    Forgery("answered-by-another-alone", READY, sign_off(), "not answered yes",
            (TAKEN_OUT, answer(person=K2, by=K2))),
    Forgery("by-a-coordinator-alone", READY, sign_off(), "not signed by a facilitator",
            (GONE, COORDINATES)),
    *(Forgery(f"answer-told-{name}", READY, answer(item="other", by=ANNA), "of another person",
              first) for name, first in (("after-the-group", (GROUP_ENDED,)),
                                         ("by-a-member", ONLY_A_MEMBER),
                                         ("by-a-coordinator", (GONE, COORDINATES)))),
    Forgery("recalled", READY, sign_off(), "recalled", (RECALLED,)),
    Forgery("by-nobody", READY, sign_off(by=99), "not signed by a facilitator"),
    Forgery("by-a-participant", READY, sign_off(by=K2), "not signed by a facilitator"),
    Forgery("by-themselves", READY, sign_off(by=H7), "facilitator|CHECK"),
    Forgery("of-another-group", READY, sign_off(by=OTHER), NOT_OF_THEIRS),
    Forgery("unprepared", READY, sign_off(), "not signed by a facilitator", (UNPREPARED,)),
    Forgery("role-ended", READY, sign_off(), "not signed by a facilitator", (GONE,)),
    Forgery("left-the-group", READY, sign_off(), NOT_OF_THEIRS, (LEFT,)),
    Forgery("the-group-ended", READY, sign_off(), NOT_OF_THEIRS,
            (f'UPDATE "group" SET ended_at = {NOON} WHERE id = 1',)),
    Forgery("participant-left", READY, sign_off(), NOT_OF_THEIRS,
            (f"DELETE FROM membership WHERE person = {H7}",)),
    Forgery("facilitated-participant", READY, sign_off(), NOT_OF_THEIRS,
            (f"DELETE FROM membership WHERE person = {H7}",
             f"INSERT INTO membership VALUES (1, {H7}, 'facilitator', {NOON})")),
    Forgery("participating-facilitator", READY, sign_off(), NOT_OF_THEIRS,
            (LEFT, f"INSERT INTO membership VALUES (1, {ANNA}, 'participant', {NOON})")),
    Forgery("signed-without-a-sign-off", READY, run("state = 'signed'"), "without a sign-off"),
    *(Forgery(f"twice{verb.removeprefix('INSERT').lower().replace(' ', '-')}", SIGNED,
              sign_off(verb, by=BERND), "signed already")
      for verb in ("INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE")),
    *(Forgery(f"changed-{column}", SIGNED,
              f'UPDATE orientation_sign_off SET "{column}" = {value}', "append-only")
      for column, value in (("until", AT + YEAR), ("by", BERND), ("at", NOON), ("number", 2),
                            ("digest", f"'{'b' * 64}'"), ("person", K2))),
    Forgery("deleted", SIGNED, "DELETE FROM orientation_sign_off", "append-only"),
    Forgery("replaced", SIGNED, "UPDATE OR REPLACE orientation_sign_off SET at = at",
            "append-only"),
    Forgery("signed-and-asked-again", SIGNED, run("state = 'asking', ready_at = NULL"),
            "orientation: signed"),
    Forgery("signed-and-stepped-on", SIGNED, run("step = 'mute'"), "orientation: signed"),
    Forgery("answer-changed-after", SIGNED, answered("value = 'no'"), "orientation: signed"),
    Forgery("answer-moved-after", SIGNED, answered("number = 2"), "orientation: signed"),
    Forgery("answer-added-after", SIGNED, answer(item="other"), "orientation: signed"),
    Forgery("answer-replaced-after", SIGNED, answer("INSERT OR REPLACE", value="no"),
            "orientation: signed"),
    Forgery("answer-moved-in", SIGNED,
            f"UPDATE orientation_answer SET person = {H7} WHERE person = {K2}",
            "orientation: signed", (answer(person=K2, item="other", by=K2),)),
    *(Forgery(f"answer-by-{name}", READY, answer(item="other", by=by), "of another person", first)
      for name, by, first in (("another-participant", K2, ()), ("another-group", OTHER, ()),
                              ("out-of-the-role", ANNA, (GONE,)),
                              ("out-of-the-group", ANNA, (LEFT,)))),
    Forgery("answer-by-another-group-now", READY, answered(f'"by" = {OTHER}'), "of another person"),
    Forgery("answer-of-a-colleague", READY, answer(person=BERND, item="other", by=ANNA),
            "of another person"),
    Forgery("answer-moved-out", SIGNED, answered(f"person = {K2}"), "orientation: signed"),
    Forgery("answer-moved-back", SIGNED,
            "UPDATE orientation_answer SET number = 1 WHERE number = 2", "orientation: signed",
            (ANEW, answer(number=2, item="other"))),
    Forgery("signed-on-anothers-sign-off", SIGNED, run("state = 'signed'", K2),
            "without a sign-off", OTHER_READY),
    Forgery("signed-on-an-earlier-sign-off", SIGNED, run("state = 'signed'"),
            "without a sign-off", ANEW_READY),
    Forgery("run-back", SIGNED, run("number = 0, state = 'asking', ready_at = NULL"),
            "out of order"),
    Forgery("run-ready-at-once", SIGNED, run(f"number = 2, state = 'ready', ready_at = {NOON}"),
            "out of order"),
    Forgery("run-of-somebody-else", READY, run(f"person = {K2}"), "out of order"),
    Forgery("run-on-other-questions", READY,
            run(f"revision = '{shipped_revision('orientation', 'de').id}'"),
            "orientation: signed"),
    Forgery("run-twice", READY, new_run(person=H7, number=2), "already there"),
    Forgery("run-replaced", SIGNED, new_run("INSERT OR REPLACE", person=H7), "already there"),
    Forgery("run-begins-ready", READY, new_run(state="ready", ready_at=NOON),
            "begins with its questions"),
    Forgery("run-begins-signed", READY, new_run(state="signed", ready_at=NOON),
            "begins with its questions"),
)  # fmt: skip

HONEST = {
    "signed": (READY, (sign_off(), run("state = 'signed'"))),
    "signed-when-ready": (READY, (sign_off(at=NOON),)),
    "corrected": (READY, (answered("value = 'no'"), answered("value = 'yes'"), sign_off())),
    "begun-anew": (SIGNED, (run("number = 2, state = 'asking', ready_at = NULL"),
                            answer(number=2))),
    "on-other-questions": (SIGNED, (
        run("number = 2, state = 'asking', ready_at = NULL,"
            f" revision = '{shipped_revision('orientation', 'de').id}'"),)),
    "begun": (READY, (new_run(),)),
    "told": (READY, (answered(f'"by" = {BERND}'), answer(item="other", by=ANNA), sign_off())),
    "signed-beside-another": (SIGNED, (
        *OTHER_READY, f"UPDATE orientation_answer SET at = at WHERE person = {K2}",
        sign_off(person=K2))),
    "signed-once-more": (SIGNED, (
        *ANEW_READY, "UPDATE orientation_answer SET at = at WHERE number = 2",
        sign_off(number=2))),
    "signed-beside-what-was-recalled": (READY, (
        new_run(person=K2, revision=DE), RECALLED_DE, sign_off())),
    "signed-beside-other-questions": (READY, (
        BARE_REVISION, insert("revision_item", revision=HEX, item="else", observed=0),
        new_run(person=K2), sign_off())),
    "answers-fade": (SIGNED, (TAKEN_OUT,)),
}  # fmt: skip


# The honest database ------------------------------------------------------------------------------


def seed(tx):
    for locale in ("en", "de"):
        revisions.publish(tx, shipped_revision("orientation", locale), NOON)
    staff = [enrol_staff(tx, 100 + n, f"F{n}") for n in range(3)]
    others = [enrol_participant(tx, 200 + n, f"P{n}") for n in range(2)]
    assert (*staff, *others) == (ANNA, BERND, OTHER, H7, K2)
    for leaders, participants in (((ANNA, BERND), (H7, K2)), ((OTHER,), (K2,))):
        group = add_group(tx, "Tuesday")
        for person in leaders:
            groups.join(tx, group, person, Part.FACILITATOR, NOON)
        for person in participants:
            groups.join(tx, group, person, Part.PARTICIPANT, NOON)


def begin_anew(tx, now=NOON):
    """Begin H7's orientation, whatever was before."""
    before = orientations.find(tx, H7)
    event = Begun(ANNA, before.number if before else 0, shipped_revision("orientation", "en"))
    moved = (
        decide(before, event, now)
        if before
        else begin(H7, event, orientations.facilitators_of(tx, H7), now)
    )
    assert moved.refusal is None
    orientations.keep(tx, before, moved.state, now)


def answer_all(tx, now=NOON):
    while (found := orientations.find(tx, H7)).state is OrientationState.ASKING:
        moved = decide(found, Answered(H7, found.number, found.step, "yes"), now)
        assert moved.refusal is None
        orientations.keep(tx, found, moved.state, now)


def sign(tx, by=ANNA, now=AT):
    found = orientations.find(tx, H7)
    shown = orientation_digest(found, by, LASTS, MEANING)[:SHOWN_LENGTH]
    moved = decide(found, Signed(by, shown, MEANING, LASTS), now)
    assert moved.refusal is None
    orientations.keep(tx, found, moved.state, now)
    bound = signed.orientation(tx, H7, found.number)
    row = AuditRow(
        at=now, kind="orientation-sign", outcome="done", actor=by, person=H7, bound=bound
    )
    audit.append(tx, row)


@pytest.fixture
async def store(tmp_path):
    store = await open_store(tmp_path)
    await store.transact(seed)
    yield store
    await store.close()


async def build(folder):
    store = await open_store(folder)
    try:
        for steps, place in (((seed, begin_anew, answer_all), READY), ((sign,), SIGNED)):
            for step in steps:
                await store.transact(step)
            source = sqlite3.connect(folder / "vestibule.sqlite3")
            copy = sqlite3.connect(folder / place)
            with closing(source), closing(copy):
                source.backup(copy)
    finally:
        await store.close()


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    folder = tmp_path_factory.mktemp("oriented")
    asyncio.run(build(folder))
    return folder


@pytest.fixture(params=["ON", "OFF"], ids=["guarded", "unguarded"])
def attack(request, places, tmp_path):
    """Open a connection of one's own on a copy of the database at a place."""
    opened = []

    def connect(place):
        shutil.copyfile(places / place, tmp_path / "database")
        db = sqlite3.connect(tmp_path / "database", isolation_level=None)
        opened.append(db)
        db.execute(f"PRAGMA foreign_keys = {request.param}")
        db.execute(f"PRAGMA recursive_triggers = {request.param}")
        return db

    yield connect
    for db in opened:
        db.close()


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
    assert len({forgery.name for forgery in FORGERIES}) == len(FORGERIES)


# What is kept, and what the gate reads ------------------------------------------------------------


async def oriented_until(store):
    return (await store.read(lambda tx: people.standing_of(tx, H7))).oriented_until


async def test_what_is_kept_is_what_is_found(store):
    """A run comes back as it was decided, at every step and with its sign-off."""
    await store.transact(begin_anew)
    for option in ("yes", "help", "no", "cannot"):

        def step(tx, option=option):
            found = orientations.find(tx, H7)
            moved = decide(found, Answered(H7, found.number, found.step, option), NOON + 1)
            orientations.keep(tx, found, moved.state, NOON + 1)
            return moved.state, orientations.find(tx, H7)

        decided, kept = await store.transact(step)
        assert kept == decided
    assert kept.answers["place"].value == "no"
    assert set(kept.facilitators) == {ANNA, BERND}


async def test_signature_lets_it_count(store):
    """With the sign-off, in the same commit, the gate reads until when it counts, and by whom."""
    await store.transact(begin_anew)
    await store.transact(answer_all)
    assert await oriented_until(store) == NOON
    await store.transact(sign)
    assert await oriented_until(store) == AT + LASTS
    row = await store.read(
        lambda tx: tuple(
            tx.db.execute("SELECT signed_by, signed_at FROM orientation WHERE person = 4")
            .fetchone()
        )
    )  # fmt: skip
    assert row == (ANNA, AT)


async def test_another_run_ends_what_counted(store):
    """Beginning anew ends at once what counted; the old sign-off stays on record."""
    for step in (begin_anew, answer_all, sign):
        await store.transact(step)
    await store.transact(lambda tx: begin_anew(tx, AT + 60))
    assert await oriented_until(store) == AT + 60
    old, new = await store.read(lambda tx: [orientations.sign_off_of(tx, H7, n) for n in (1, 2)])
    assert (old.until, new) == (AT + LASTS, None)
    found = await store.read(lambda tx: orientations.find(tx, H7))
    assert (found.number, found.answers) == (2, {})


async def test_what_has_ended_does_not_begin_again(store):
    """Beginning anew never moves an end that has come already."""
    await store.transact(lambda tx: people.settle_orientation(tx, H7, NOON - 60, NOON - YEAR))
    await store.transact(begin_anew)
    assert await oriented_until(store) == NOON - 60


async def test_who_leads(store):
    """Only who leads a living group of theirs in a role that has not ended is a facilitator."""

    def change(tx):
        tx.db.execute("UPDATE staff_role SET prepared_at = NULL WHERE person = ?", (ANNA,))
        tx.db.execute("UPDATE staff_role SET ended_at = 1 WHERE person = ?", (BERND,))

    def leading(tx):
        return [
            {by: one.prepared for by, one in orientations.facilitators_of(tx, who).items()}
            for who in (H7, K2, OTHER)
        ]

    assert await store.read(leading) == [
        {ANNA: True, BERND: True},
        {ANNA: True, BERND: True, OTHER: True},
        {},
    ]
    await store.transact(change)
    assert await store.read(leading) == [{ANNA: False}, {ANNA: False, OTHER: True}, {}]


# The record ---------------------------------------------------------------------------------------


@pytest.fixture
def behind(places, tmp_path):
    """Open the signed database as somebody who owns the file can: without triggers."""
    shutil.copyfile(places / SIGNED, tmp_path / "database")
    with closing(sqlite3.connect(tmp_path / "database", isolation_level=None)) as db:
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA ignore_check_constraints = ON")
        for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {row['name']}")
        yield db


COLUMNS = {"number": 2, "by": BERND, "at": 1, "until": 2 * NOON, "digest": HEX, "meaning": "x",
           "locale": "de", "meaning_sha256": "b" * 64, "person": K2}  # fmt: skip


@pytest.mark.parametrize("column", COLUMNS)
def test_changed_signature_is_found(behind, column):
    """A signature that was changed behind the bot's back no longer fits the record."""
    assert list(signed.flaws(Reading(behind))) == []
    behind.execute(f'UPDATE orientation_sign_off SET "{column}" = ?', (COLUMNS[column],))
    assert "orientation_sign_off" in {flaw.table for flaw in signed.flaws(Reading(behind))}


def test_missing_signature_is_found(behind):
    """A signature that was taken away is missed by the record."""
    behind.execute("DELETE FROM orientation_sign_off")
    (flaw,) = signed.flaws(Reading(behind))
    assert flaw.table == "orientation_sign_off recorded in audit"


async def test_a_long_orientation_counts_once(store):
    """Whoever takes longer than a week for the first orientation counts once at each step."""
    await store.transact(begin_anew)
    await store.transact(answer_all)
    revision = shipped_revision("orientation", "en")
    before = await store.read(lambda tx: counts.of(tx, revision.id))
    later = NOON + counts.FORGOTTEN + 1

    def again(tx):
        counts.forget(tx, later)
        for option in ("change", revision.flow.items[0].id):
            found = orientations.find(tx, H7)
            moved = decide(found, Answered(H7, found.number, found.step, option), later)
            assert moved.refusal is None
            orientations.keep(tx, found, moved.state, later)

    await store.transact(again)
    item = (revision.flow.items[0].id, "reached")
    assert (await store.read(lambda tx: counts.of(tx, revision.id)))[item] == before[item] == 1
    await store.transact(answer_all)
    await store.transact(sign)
    seen = "SELECT count(*) FROM step_seen"
    await store.transact(lambda tx: counts.forget(tx, later + counts.FORGOTTEN))
    assert await store.read(lambda tx: tx.db.execute(seen).fetchone()[0]) == 0
