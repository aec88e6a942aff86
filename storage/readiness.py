"""What an installation's database says about whether sessions can be held at all.

It only counts and compares times: no chat, label or key is read.
"""

import sqlite3
from dataclasses import dataclass

from flows.model import Instant
from storage import approvals
from storage.reading import Reading


@dataclass(frozen=True, slots=True)
class Readiness:
    """What is there, and until when; None: not set."""

    coordinators: int
    prepared_facilitators: int
    safety_contact_until: Instant | None
    ends_at: Instant | None
    suspended: bool
    approved: tuple[str, ...] = ()
    """The languages that participants can choose."""


def of(reading: Reading) -> Readiness:
    """Return what a database says; people who have not opened their invitation do not count."""
    row = reading.db.execute("SELECT * FROM programme WHERE id = 1").fetchone()
    staff = _staff(reading.db)
    return Readiness(
        sum(1 for one in staff if one["role"] == "coordinator"),
        sum(1 for one in staff if one["role"] == "facilitator" and one["prepared_at"] is not None),
        row["safety_contact_until"] if row else None,
        row["ends_at"] if row else None,
        bool(row["suspended"]) if row else False,
        approvals.all_of(reading),
    )


def _staff(db: sqlite3.Connection) -> list[sqlite3.Row]:
    return db.execute(
        "SELECT r.role, r.prepared_at FROM staff_role r JOIN person p ON p.id = r.person"
        " WHERE r.ended_at IS NULL AND p.status = 'enrolled'"
    ).fetchall()
