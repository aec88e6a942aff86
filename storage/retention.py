"""Retention: what was kept long enough is forgotten, once a day; what was said is taken off phones.

The record and the signatures stay. Nothing that a running session needs is ever touched.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from flows.effects import ScreenKind
from flows.model import Instant, PersonId, SessionId
from storage import erasure, outbox
from storage.outbox import Kind
from storage.store import Tx

DAY: Final = 86400
AT_ONCE: Final = 200
"""How many messages are taken off phones in one go."""


@dataclass(frozen=True, slots=True)
class Periods:
    """How long what is kept, in seconds."""

    answers: int = 30 * DAY
    debriefs: int = 90 * DAY
    left: int = 30 * DAY
    counts: int = 90 * DAY
    messages: int = DAY
    staff_messages: int = 14 * DAY


def forget(tx: Tx, periods: Periods, now: Instant) -> Mapping[str, int] | None:
    """Forget what was kept long enough, once a day; return how much of each kind, or None."""
    today = now // DAY
    if tx.db.execute("SELECT day FROM forgotten").fetchone()["day"] >= today:
        return None
    tx.db.execute("UPDATE forgotten SET day = ?", (today,))
    kinds: dict[str, Callable[[Tx, Instant], int]] = {
        "answers": _answers, "debriefs": _debriefs, "left": _left, "counts": _counts,
    }  # fmt: skip
    return {kind: gone(tx, now - getattr(periods, kind)) for kind, gone in kinds.items()}


def _answers(tx: Tx, before: Instant) -> int:
    ended = "SELECT s.id FROM session s JOIN over o ON o.session = s.id WHERE s.ends_at <= ?"
    return sum(
        tx.db.execute(f"DELETE FROM {table} WHERE session IN ({ended})", (before,)).rowcount  # noqa: S608
        for table in ("answer", "observation")
    )


def _debriefs(tx: Tx, before: Instant) -> int:
    return tx.db.execute(
        "DELETE FROM debrief WHERE session IN (SELECT id FROM session WHERE ends_at <= ?)",
        (before,),
    ).rowcount


def _left(tx: Tx, before: Instant) -> int:
    rows = tx.db.execute(
        "SELECT id FROM person WHERE status = 'left' AND left_at <= ?", (before,)
    ).fetchall()
    for row in rows:
        erasure.erase(tx, PersonId(row["id"]))
    return len(rows)


def _counts(tx: Tx, before: Instant) -> int:
    days = tx.db.execute("DELETE FROM stranger_count WHERE day <= ?", (before // DAY,)).rowcount
    return days + tx.db.execute("DELETE FROM poison_update WHERE at <= ?", (before,)).rowcount


# Messages on phones


def note_sent(tx: Tx, person: PersonId, message: int, now: Instant) -> None:
    """Note a message that stands on a phone and is no screen."""
    tx.db.execute(
        "INSERT OR REPLACE INTO sent (person, message_id, at) VALUES (?, ?, ?)",
        (person, message, now),
    )


def redact(tx: Tx, periods: Periods, now: Instant) -> int:
    """Have messages that are not needed any more taken off phones; return how many."""
    return _redact_said(tx, periods, now) + _redact_screens(tx, now - periods.messages, now)


def _redact_said(tx: Tx, periods: Periods, now: Instant) -> int:
    rows = tx.db.execute(
        "SELECT person, message_id FROM sent WHERE at <= iif("
        "EXISTS (SELECT 1 FROM staff_role r WHERE r.person = sent.person AND r.ended_at IS NULL),"
        " ?, ?) ORDER BY at LIMIT ?",
        (now - periods.staff_messages, now - periods.messages, AT_ONCE),
    ).fetchall()
    for row in rows:
        outbox.add(tx, row["person"], Kind.ERASE, now=now, subject=str(row["message_id"]))
        tx.db.execute(
            "DELETE FROM sent WHERE person = ? AND message_id = ?",
            (row["person"], row["message_id"]),
        )
    return len(rows)


def _redact_screens(tx: Tx, before: Instant, now: Instant) -> int:
    """Take the screens of sessions that ended away; one that is being taken away is not asked."""
    rows = tx.db.execute(
        "SELECT c.person, c.kind, c.session FROM screen c JOIN session s ON s.id = c.session"
        " WHERE s.state IN ('closed', 'cancelled') AND s.ends_at <= ? AND NOT EXISTS ("
        "SELECT 1 FROM outbox o WHERE o.person = c.person AND o.session = c.session"
        " AND o.subject = c.kind) LIMIT ?",
        (before, AT_ONCE),
    ).fetchall()
    for row in rows:
        session = SessionId(row["session"])
        kind = ScreenKind(row["kind"])
        outbox.add(tx, row["person"], Kind.HIDE, now=now, session=session, subject=kind)
    return len(rows)
