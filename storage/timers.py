"""Timers: when to wake up, and for what. One of a kind for each person and session."""

from dataclasses import dataclass

from flows.effects import SetTimer, TimerKind
from flows.model import Instant, PersonId, SessionId
from storage.store import Tx

NOBODY = 0
"""Stands for the session as a whole in the timer's key."""


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer as it was set; `stamp` says what it was made for."""

    session: SessionId
    kind: TimerKind
    person: PersonId | None
    at: Instant
    stamp: str


def put(tx: Tx, session: SessionId, order: SetTimer) -> None:
    """Set a timer in the place of the earlier one of its kind and person."""
    tx.db.execute(
        "INSERT INTO timer (session, kind, person, at, stamp) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (session, kind, person)"
        " DO UPDATE SET at = excluded.at, stamp = excluded.stamp",
        (session, order.kind, order.person or NOBODY, order.at, order.stamp),
    )


def due(tx: Tx, now: Instant) -> tuple[Timer, ...]:
    """Return the timers whose time has come, earliest first."""
    rows = tx.db.execute(
        "SELECT * FROM timer WHERE at <= ? ORDER BY at, session, person LIMIT 500", (now,)
    )
    return tuple(
        Timer(
            row["session"], TimerKind(row["kind"]), row["person"] or None, row["at"], row["stamp"]
        )
        for row in rows
    )


def next_due(tx: Tx) -> Instant | None:
    """Return when the next timer is due, or None."""
    row = tx.db.execute("SELECT min(at) AS at FROM timer").fetchone()
    return row["at"] if row else None


def put_off(tx: Tx, timer: Timer, until: Instant) -> None:
    """Let a timer ring later, unless it was set anew meanwhile."""
    tx.db.execute(
        "UPDATE timer SET at = ? WHERE session = ? AND kind = ? AND person = ? AND stamp = ?",
        (until, timer.session, timer.kind, timer.person or NOBODY, timer.stamp),
    )


def remove(tx: Tx, timer: Timer) -> None:
    """Take a timer out, unless it was set anew meanwhile."""
    tx.db.execute(
        "DELETE FROM timer WHERE session = ? AND kind = ? AND person = ? AND at = ? AND stamp = ?",
        (timer.session, timer.kind, timer.person or NOBODY, timer.at, timer.stamp),
    )


def clear(tx: Tx, session: SessionId) -> None:
    """Take every timer of a session out: nothing of it is waited for any more."""
    tx.db.execute("DELETE FROM timer WHERE session = ?", (session,))
