"""Wishes to erase somebody: who asked, until when it can be confirmed, and who may be asked.

One member of staff asks, another one confirms; the schema knows that these are two. A wish erases
nothing by itself, and what was confirmed can't be taken back.
"""

from dataclasses import dataclass
from typing import Final

from flows.model import Instant, PersonId
from storage import people
from storage.store import Tx

LASTS: Final = 7 * 86400
"""Seconds after which a wish that nobody has confirmed is over."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants somebody erased, since when, and whether another one has confirmed it."""

    by: PersonId
    at: Instant
    confirmed: bool


def ask(tx: Tx, person: PersonId, by: PersonId, now: Instant) -> None:
    """Keep that a member of staff wants somebody erased, in the place of a wish that is not so."""
    tx.db.execute(
        "INSERT INTO erasure (person, asked_by, asked_at) VALUES (?, ?, ?)"
        " ON CONFLICT (person) DO UPDATE SET"
        " asked_by = excluded.asked_by, asked_at = excluded.asked_at WHERE confirmed_by IS NULL",
        (person, by, now),
    )


def find(tx: Tx, person: PersonId, now: Instant) -> Wish | None:
    """Return who wants somebody erased; None where nobody does, or it was too long ago."""
    row = tx.db.execute(
        "SELECT * FROM erasure WHERE person = ? AND (confirmed_by IS NOT NULL OR asked_at > ?)",
        (person, now - LASTS),
    ).fetchone()
    if row is None:
        return None
    return Wish(row["asked_by"], row["asked_at"], row["confirmed_by"] is not None)


def let_be(tx: Tx, person: PersonId) -> None:
    """Take a wish back that was not confirmed."""
    tx.db.execute("DELETE FROM erasure WHERE person = ? AND confirmed_by IS NULL", (person,))


def confirm(tx: Tx, person: PersonId, by: PersonId) -> None:
    """Keep that another member of staff agrees; the schema refuses the one who asked."""
    tx.db.execute(
        "UPDATE erasure SET confirmed_by = ? WHERE person = ? AND confirmed_by IS NULL",
        (by, person),
    )


def is_confirmed(tx: Tx, person: PersonId) -> bool:
    """Say whether two people want somebody erased."""
    return tx.db.execute(
        "SELECT 1 FROM erasure WHERE person = ? AND confirmed_by IS NOT NULL", (person,)
    ).fetchone() is not None  # fmt: skip


def waiting(tx: Tx, now: Instant) -> tuple[PersonId, ...]:
    """Return about whom there is a wish that waits to be confirmed, the oldest first."""
    rows = tx.db.execute(
        "SELECT person FROM erasure WHERE confirmed_by IS NULL AND asked_at > ?"
        " ORDER BY asked_at, person",
        (now - LASTS,),
    )
    return tuple(PersonId(row["person"]) for row in rows)


def take_lapsed(tx: Tx, now: Instant) -> tuple[tuple[PersonId, PersonId], ...]:
    """Forget the wishes that nobody has confirmed in time; return about whom, and whose."""
    rows = tx.db.execute(
        "DELETE FROM erasure WHERE confirmed_by IS NULL AND asked_at <= ?"
        " RETURNING person, asked_by",
        (now - LASTS,),
    ).fetchall()
    return tuple((PersonId(row["person"]), PersonId(row["asked_by"])) for row in rows)


def next_due(tx: Tx) -> Instant | None:
    """Return when the next wish lapses, or None."""
    row = tx.db.execute(
        "SELECT min(asked_at) + ? AS at FROM erasure WHERE confirmed_by IS NULL", (LASTS,)
    ).fetchone()
    return row["at"] if row else None


# About whom, and by whom


def can_be_erased(tx: Tx, person: PersonId) -> bool:
    """Say whether somebody is there who is nobody's colleague at present."""
    known = people.find(tx, person)
    return known is not None and known.status != "erased" and not known.staff


def is_running(tx: Tx, person: PersonId) -> bool:
    """Say whether a session that somebody takes part in has begun its checks and is not over."""
    return tx.db.execute(
        'SELECT 1 FROM "check" c JOIN session s ON s.id = c.session'
        " WHERE c.person = ? AND s.state IN ('checking', 'open', 'stopped')",
        (person,),
    ).fetchone() is not None  # fmt: skip


def with_label(tx: Tx, label: str) -> PersonId | None:
    """Return who has this label and can be erased; upper and lower case are the same."""
    rows = tx.db.execute("SELECT id FROM person WHERE status <> 'erased' ORDER BY id").fetchall()
    wanted = label.strip().casefold()
    found = (PersonId(row["id"]) for row in rows if can_be_erased(tx, PersonId(row["id"])))
    return next((one for one in found if people.label_of(tx, one).casefold() == wanted), None)


def facilitators_of(tx: Tx, person: PersonId) -> tuple[PersonId, ...]:
    """Return who leads a group of somebody, or a session that they are or were expected at."""
    rows = tx.db.execute(
        "SELECT r.person FROM staff_role r JOIN person p ON p.id = r.person"
        " WHERE r.role = 'facilitator' AND r.ended_at IS NULL AND p.status = 'enrolled'"
        " AND r.person <> ?1 AND (EXISTS (SELECT 1 FROM membership m JOIN membership f"
        ' ON f."group" = m."group" AND f.role = \'facilitator\''
        " WHERE m.person = ?1 AND m.role = 'participant' AND f.person = r.person)"
        ' OR EXISTS (SELECT 1 FROM "check" c JOIN session_facilitator f ON f.session = c.session'
        " WHERE c.person = ?1 AND f.active = 1 AND f.person = r.person)) ORDER BY r.person",
        (person,),
    )
    return tuple(PersonId(row["person"]) for row in rows)


def who_may_confirm(tx: Tx, person: PersonId, by: PersonId) -> tuple[PersonId, ...]:
    """Return who may confirm what somebody asked: one of the two is a coordinator, if any is."""
    coordinators = people.coordinators(tx)
    others = set(coordinators) - {by, person}
    if by in coordinators or not coordinators:
        others |= set(facilitators_of(tx, person)) - {by}
    return tuple(sorted(others))
