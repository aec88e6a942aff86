"""Technical orientations: one run at a time, its answers, and the signed end of each.

What the gate reads (`orientation.until`) follows in the same transaction: a run that begins ends
what counted before, and only a sign-off lets it count again. The schema checks every write again.
"""

import sqlite3
from collections.abc import Mapping

from flows.model import (
    Answer,
    Digest,
    Facilitator,
    Instant,
    Meaning,
    Orientation,
    OrientationSignOff,
    OrientationState,
    PersonId,
)
from storage import counts, revisions
from storage.store import Tx

FLOW = "orientation"


def find(tx: Tx, person: PersonId) -> Orientation | None:
    """Return somebody's orientation in its current run, or None where it was never begun."""
    row = tx.db.execute("SELECT * FROM orientation_run WHERE person = ?", (person,)).fetchone()
    if row is None:
        return None
    revision, recalled = revisions.find(tx, row["revision"])
    return Orientation(
        person,
        row["number"],
        revision,
        row["step"],
        row["began_at"],
        OrientationState(row["state"]),
        _answers(tx, person, row["number"]),
        row["ready_at"],
        sign_off_of(tx, person, row["number"]),
        recalled,
        facilitators_of(tx, person),
    )


def ending(tx: Tx, now: Instant, until: Instant) -> tuple[tuple[PersonId, Instant], ...]:
    """Return whose orientation counts now and not after `until`, and when it ends."""
    rows = tx.db.execute(
        "SELECT o.person, o.until FROM orientation o"
        " JOIN person p ON p.id = o.person AND p.status = 'enrolled'"
        " WHERE o.until > ? AND o.until <= ? ORDER BY o.person",
        (now, until),
    )
    return tuple((PersonId(row["person"]), row["until"]) for row in rows)


def facilitators_of(tx: Tx, person: PersonId) -> Mapping[PersonId, Facilitator]:
    """Return who leads a group in which somebody takes part, in an active role."""
    rows = tx.db.execute(
        'SELECT DISTINCT l."by", r.prepared_at FROM leading l'
        " JOIN staff_role r ON r.person = l.\"by\" AND r.role = 'facilitator'"
        ' WHERE l.person = ? ORDER BY l."by"',
        (person,),
    )
    return {
        PersonId(row["by"]): Facilitator(prepared=row["prepared_at"] is not None) for row in rows
    }


def sign_off_of(tx: Tx, person: PersonId, number: int) -> OrientationSignOff | None:
    """Return the sign-off of one run, or None."""
    row = tx.db.execute(
        "SELECT * FROM orientation_sign_off WHERE person = ? AND number = ?", (person, number)
    ).fetchone()
    return _sign_off(row) if row else None


def counts_until(tx: Tx, person: PersonId) -> Instant | None:
    """Return until when somebody counts as oriented, as the gate reads it."""
    row = tx.db.execute("SELECT until FROM orientation WHERE person = ?", (person,)).fetchone()
    return row["until"] if row else None


def keep(tx: Tx, before: Orientation | None, after: Orientation, now: Instant) -> None:
    """Keep what has changed between two moments of one person's orientation."""
    counts.note_orientation(tx, before, after, now)
    if before is None or before.number != after.number:
        _begin(tx, before, after, now)
        return
    for item, answer in after.answers.items():
        if before.answers.get(item) != answer:
            _keep_answer(tx, after, item, answer)
    if after.sign_off and not before.sign_off:
        _sign(tx, after, after.sign_off)
    tx.db.execute(
        "UPDATE orientation_run SET state = ?, step = ?, ready_at = ? WHERE person = ?",
        (after.state, after.step, after.ready_at, after.person),
    )


def _begin(tx: Tx, before: Orientation | None, after: Orientation, now: Instant) -> None:
    tx.db.execute(
        "UPDATE orientation SET until = ?1 WHERE person = ?2 AND until > ?1", (now, after.person)
    )
    begun = (after.number, after.state, after.revision.id, after.step, after.began_at)
    if before is None:
        tx.db.execute(
            "INSERT INTO orientation_run (number, state, revision, step, began_at, person)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (*begun, after.person),
        )
        return
    tx.db.execute(
        "UPDATE orientation_run SET number = ?, state = ?, revision = ?, step = ?, began_at = ?,"
        " ready_at = NULL WHERE person = ?",
        (*begun, after.person),
    )


def _keep_answer(tx: Tx, orientation: Orientation, item: str, answer: Answer) -> None:
    tx.db.execute(
        'INSERT INTO orientation_answer (person, number, item, value, "by", at)'
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (person, number, item)"
        ' DO UPDATE SET value = excluded.value, "by" = excluded."by", at = excluded.at',
        (orientation.person, orientation.number, item, answer.value, answer.by, answer.at),
    )


def _sign(tx: Tx, orientation: Orientation, signed: OrientationSignOff) -> None:
    tx.db.execute(
        'INSERT INTO orientation_sign_off (person, number, "by", at, until, digest, meaning,'
        " locale, meaning_sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            orientation.person,
            orientation.number,
            signed.by,
            signed.at,
            signed.until,
            signed.digest,
            signed.meaning.key,
            signed.meaning.locale,
            signed.meaning.sha256,
        ),
    )
    tx.db.execute(
        "INSERT INTO orientation (person, until, signed_by, signed_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (person) DO UPDATE SET until = excluded.until,"
        " signed_by = excluded.signed_by, signed_at = excluded.signed_at",
        (orientation.person, signed.until, signed.by, signed.at),
    )


def _answers(tx: Tx, person: PersonId, number: int) -> Mapping[str, Answer]:
    rows = tx.db.execute(
        "SELECT * FROM orientation_answer WHERE person = ? AND number = ? ORDER BY at, item",
        (person, number),
    )
    return {row["item"]: Answer(row["value"], row["at"], row["by"]) for row in rows}


def _sign_off(row: sqlite3.Row) -> OrientationSignOff:
    return OrientationSignOff(
        row["by"],
        row["at"],
        row["until"],
        Digest(row["digest"]),
        Meaning(row["meaning"], row["locale"], row["meaning_sha256"]),
    )
