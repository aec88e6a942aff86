"""How a participant arrives, agrees, and goes without leaving anything behind.

Nothing here opens anything. What is gone is gone everywhere but in the record, which holds numbers
alone; a key is destroyed in a step of its own, after the rows that it sealed.
"""

from typing import Final

from flows.model import Agreement, Instant, PersonId
from storage import erasure, people, wishes
from storage.store import Tx

GRACE: Final = 86400
"""Seconds after which somebody goes though their last message is not out, and for which an
invitation that nobody used can still be renewed."""
SOON: Final = 5
"""Seconds after which it is looked again whether a last message is out."""


def step_of(tx: Tx, person: PersonId) -> str | None:
    """Return where somebody invited is in their arrival; None for anybody else."""
    row = tx.db.execute("SELECT step FROM arrival WHERE person = ?", (person,)).fetchone()
    return row["step"] if row else None


def set_step(tx: Tx, person: PersonId, step: str) -> None:
    """Keep where somebody is in their arrival."""
    tx.db.execute("UPDATE arrival SET step = ? WHERE person = ?", (step, person))


def missing(tx: Tx, person: PersonId) -> Agreement | None:
    """Return the first agreement that somebody has not accepted in its present version."""
    accepted = people.standing_of(tx, person).agreements
    return next((kind for kind in Agreement if kind not in accepted), None)


def version_of(tx: Tx, kind: Agreement) -> int:
    """Return the version of an agreement that is in force; 0 where none has begun."""
    row = tx.db.execute("SELECT version FROM agreement_version WHERE kind = ?", (kind,)).fetchone()
    return row["version"] if row else 0


def withdraw_consent(tx: Tx, person: PersonId) -> None:
    """Take back what somebody consented to, in every version."""
    tx.db.execute(
        "DELETE FROM agreement WHERE person = ? AND kind = ?", (person, Agreement.CONSENT)
    )


def consents(tx: Tx, person: PersonId) -> bool:
    """Say whether somebody's consent stands, in whatever version they gave it."""
    return bool(
        tx.db.execute(
            "SELECT 1 FROM agreement WHERE person = ? AND kind = ?", (person, Agreement.CONSENT)
        ).fetchone()
    )


def asked_anew(tx: Tx, kind: Agreement) -> tuple[PersonId, ...]:
    """Return the enrolled participants who accepted an earlier version of an agreement alone."""
    rows = tx.db.execute(
        "SELECT DISTINCT p.id FROM person p JOIN agreement a ON a.person = p.id AND a.kind = ?1"
        " WHERE p.status = 'enrolled'"
        " AND NOT EXISTS (SELECT 1 FROM staff_role r WHERE r.person = p.id AND r.ended_at IS NULL)"
        " AND NOT EXISTS (SELECT 1 FROM agreement b JOIN agreement_version v"
        " ON v.kind = b.kind AND v.version = b.version WHERE b.person = p.id AND b.kind = ?1)"
        " ORDER BY p.id",
        (kind,),
    )
    return tuple(PersonId(row["id"]) for row in rows)


def facilitators_of(tx: Tx, person: PersonId) -> tuple[PersonId, ...]:
    """Return who leads a group or a running session of this participant."""
    rows = tx.db.execute(
        'SELECT "by" AS person FROM leading WHERE person = ?1'
        ' UNION SELECT f.person FROM "check" c JOIN session s ON s.id = c.session'
        " JOIN session_facilitator f ON f.session = s.id AND f.active = 1"
        " WHERE c.person = ?1 AND s.state IN ('checking', 'open', 'stopped') ORDER BY 1",
        (person,),
    )
    return tuple(PersonId(row["person"]) for row in rows)


# Going


def leave_groups(tx: Tx, person: PersonId) -> None:
    """Take somebody out of every group."""
    tx.db.execute("DELETE FROM membership WHERE person = ?", (person,))


def part(tx: Tx, person: PersonId, now: Instant) -> None:
    """Let somebody go: they may do nothing any more, and get what waits for them already."""
    tx.db.execute("UPDATE person SET status = 'left', left_at = ? WHERE id = ?", (now, person))
    tx.db.execute("INSERT OR IGNORE INTO parting (person, at) VALUES (?, ?)", (person, now + GRACE))


def overdue(tx: Tx, now: Instant) -> tuple[PersonId, ...]:
    """Return who opened an invitation and has not agreed to everything in time."""
    rows = tx.db.execute(
        "SELECT a.person FROM arrival a JOIN person p ON p.id = a.person"
        " WHERE p.status = 'invited' AND a.until <= ? ORDER BY a.person",
        (now,),
    )
    return tuple(PersonId(row["person"]) for row in rows)


def never_came(tx: Tx, now: Instant) -> tuple[PersonId, ...]:
    """Return the participants whose last invitation expired unused, some time ago."""
    rows = tx.db.execute(
        "SELECT p.id FROM person p LEFT JOIN invitation i ON i.person = p.id"
        " WHERE p.status = 'invited' AND p.chat_index IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM staff_role r WHERE r.person = p.id)"
        " GROUP BY p.id HAVING coalesce(max(i.expires_at), p.created_at + ?) + ? <= ?"
        " ORDER BY p.id",
        (people.ARRIVAL_LASTS, GRACE, now),
    )
    return tuple(PersonId(row["id"]) for row in rows)


def gone(tx: Tx, now: Instant) -> tuple[PersonId, ...]:
    """Return who is to go now: their last message is out, or has had its time."""
    rows = tx.db.execute(
        "SELECT g.person FROM parting g JOIN person p ON p.id = g.person"
        " WHERE p.status = 'left' AND (g.at <= ?"
        " OR NOT EXISTS (SELECT 1 FROM outbox o WHERE o.person = g.person)) ORDER BY g.person",
        (now,),
    )
    return tuple(PersonId(row["person"]) for row in rows)


def let_go(tx: Tx, person: PersonId) -> None:
    """Forget the chat of somebody who left; everything, if they agreed to nothing or two asked."""
    if step_of(tx, person) is not None or wishes.is_confirmed(tx, person):
        erasure.erase(tx, person)
        return
    for table in ("screen", "sent", "page", "outbox", "invitation"):
        tx.db.execute(f"DELETE FROM {table} WHERE person = ?", (person,))  # noqa: S608 -- named here
    tx.db.execute("UPDATE person SET chat = NULL, chat_index = NULL WHERE id = ?", (person,))
    tx.db.execute("DELETE FROM parting WHERE person = ?", (person,))


def next_due(tx: Tx, now: Instant) -> Instant | None:
    """Return when somebody's time to agree is over, or when to look again who is to go."""
    row = tx.db.execute(
        "SELECT min(a.until) AS at FROM arrival a JOIN person p ON p.id = a.person"
        " WHERE p.status = 'invited'"
    ).fetchone()
    leaving = tx.db.execute("SELECT 1 FROM parting").fetchone()
    due = [at for at in (row["at"], now + SOON if leaving else None) if at is not None]
    return min(due, default=None)
