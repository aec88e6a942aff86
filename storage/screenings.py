"""Screenings under way, and what is kept of the decision that each one ends with.

What is tapped is sealed under the participant's own key, and gone with the decision, after an hour
in which nothing is tapped, and when another one is begun. Nothing here decides anything.
"""

import json
import secrets
from dataclasses import dataclass

from flows.flow import Revision
from flows.model import Clearance, ClearanceDecision, Instant, Instrument, PersonId
from storage import revisions
from storage.store import Tx

FLOW = "clearance"
IDLE = 3600
"""Seconds after the last tap at which a screening is forgotten."""
AHEAD = 14 * 86400
"""Seconds before the end of a clearance at which the facilitators are told."""
_NUMBERS = 10**6


@dataclass(frozen=True, slots=True)
class Screening:
    """One screening: what was said so far, in the order in which the flow asks.

    `number` is another one after each tap, so that no button counts for a later page.
    """

    person: PersonId
    by: PersonId
    revision: Revision
    number: int
    said: tuple[str, ...]
    until: Instant

    @property
    def touched_at(self) -> Instant:
        """When something was tapped last."""
        return self.until - IDLE


@dataclass(frozen=True, slots=True)
class Settled:
    """A clearance as staff see it; `by` is None where an installation was seeded with it."""

    clearance: Clearance
    instrument: Instrument
    by: PersonId | None
    at: Instant


def is_prepared(tx: Tx, person: PersonId) -> bool:
    """Say whether a facilitator is marked as prepared for online facilitation."""
    return tx.db.execute(
        "SELECT 1 FROM staff_role WHERE person = ? AND role = 'facilitator'"
        " AND ended_at IS NULL AND prepared_at IS NOT NULL",
        (person,),
    ).fetchone() is not None  # fmt: skip


# Under way


def begin(tx: Tx, person: PersonId, by: PersonId, revision: Revision, now: Instant) -> None:
    """Begin a screening; another one of the same person is forgotten."""
    number = secrets.randbelow(_NUMBERS)
    tx.db.execute(
        'INSERT OR REPLACE INTO screening (person, "by", revision, taps, until)'
        " VALUES (?, ?, ?, ?, ?)",
        (person, by, revision.id, _sealed(tx, person, number, ()), now + IDLE),
    )


def find(tx: Tx, person: PersonId, now: Instant) -> Screening | None:
    """Return the screening that is under way; None too where its questions were recalled."""
    row = tx.db.execute(
        "SELECT * FROM screening WHERE person = ? AND until > ?", (person, now)
    ).fetchone()
    if row is None:
        return None
    revision, recalled = revisions.find(tx, row["revision"])
    if recalled:
        return None
    noted = json.loads(tx.keys.open(person, "screening", "taps", person, row["taps"]))
    return Screening(
        person, row["by"], revision, noted["number"], tuple(noted["said"]), row["until"]
    )


def keep(tx: Tx, screening: Screening, said: tuple[str, ...], now: Instant) -> None:
    """Keep what was said so far; no button that was drawn before counts any more."""
    sealed = _sealed(tx, screening.person, screening.number + 1, said)
    tx.db.execute(
        "UPDATE screening SET taps = ?, until = ? WHERE person = ?",
        (sealed, now + IDLE, screening.person),
    )


def forget(tx: Tx, person: PersonId) -> None:
    """Forget a screening and all that was tapped in it."""
    tx.db.execute("DELETE FROM screening WHERE person = ?", (person,))


def forget_idle(tx: Tx, now: Instant) -> tuple[tuple[PersonId, PersonId], ...]:
    """Forget the screenings that lie idle; return whose they were, and who was tapping."""
    rows = tx.db.execute(
        'DELETE FROM screening WHERE until <= ? RETURNING person, "by"', (now,)
    ).fetchall()
    return tuple((PersonId(row["person"]), PersonId(row["by"])) for row in rows)


def _sealed(tx: Tx, person: PersonId, number: int, said: tuple[str, ...]) -> bytes:
    noted = json.dumps({"number": number, "said": said})
    return tx.keys.seal(person, "screening", "taps", person, noted)


# What is kept of the decision


def settled(tx: Tx, person: PersonId) -> Settled | None:
    """Return the latest clearance of somebody, in force or not."""
    row = tx.db.execute("SELECT * FROM clearance WHERE person = ?", (person,)).fetchone()
    if row is None:
        return None
    return Settled(
        Clearance(ClearanceDecision(row["decision"]), row["until"]),
        Instrument(row["instrument"]),
        row["decided_by"],
        row["decided_at"],
    )


def narrow(
    tx: Tx, person: PersonId, decision: ClearanceDecision, by: PersonId, now: Instant
) -> None:
    """Let a clearance leave less open; its end and its instrument stay."""
    tx.db.execute(
        "UPDATE clearance SET decision = ?, decided_by = ?, decided_at = ? WHERE person = ?",
        (decision, by, now, person),
    )


# The reminder

_UNTOLD = (
    "SELECT k.person, k.until FROM clearance k"
    " JOIN person p ON p.id = k.person AND p.status = 'enrolled'"
    " WHERE k.told_at IS NULL AND k.until > ? AND EXISTS (SELECT 1 FROM membership m"
    ' JOIN membership f ON f."group" = m."group" AND f.role = \'facilitator\''
    ' JOIN "group" g ON g.id = m."group" AND g.ended_at IS NULL'
    " WHERE m.person = k.person AND m.role = 'participant')"
)
"""The clearances whose end nobody was told of, and whose facilitators could be told."""


def take_ending(tx: Tx, now: Instant) -> tuple[PersonId, ...]:
    """Return whose clearance ends soon and nobody was told yet; note that they are told now."""
    rows = tx.db.execute(f"{_UNTOLD} AND k.until <= ? ORDER BY k.person", (now, now + AHEAD))
    found = tuple(PersonId(row["person"]) for row in rows)
    tx.db.executemany(
        "UPDATE clearance SET told_at = ? WHERE person = ?", [(now, person) for person in found]
    )
    return found


def next_idle(tx: Tx) -> Instant | None:
    """Return when a screening lies idle next, or None."""
    row = tx.db.execute("SELECT min(until) AS at FROM screening").fetchone()
    return row["at"] if row else None


def next_ending(tx: Tx, now: Instant) -> Instant | None:
    """Return when somebody is to be told of a clearance's end next, or None."""
    row = tx.db.execute(
        f"SELECT min(until) - ? AS at FROM ({_UNTOLD})",  # noqa: S608 -- a constant
        (AHEAD, now),
    ).fetchone()
    return row["at"] if row else None
