"""Reminding participants of their sessions, and telling staff of reminders that never went out.

After a silence of any length only the newest reminder of a session goes out to each person, and
none once it has begun. A reminder never says what the appointment is, and never holds a link.
"""

from collections import Counter

from flows.model import MINUTE, Instant, SessionId
from storage import outbox, reminders, sessions
from storage.outbox import Kind
from storage.reminders import Due
from storage.store import Tx

COMING = "reminder/coming"
MISSED = "ring/reminders-missed"
LATE = 15 * MINUTE
"""Seconds after which a reminder that has not gone out is worth telling staff about."""


def attend(tx: Tx, now: Instant) -> None:
    """Send what is due now."""
    missed: Counter[SessionId] = Counter()
    for due in reminders.take_due(tx, now):
        if now < due.starts_at:
            _remind(tx, due, now)
        missed[due.session] += _has_missed(due, now)
    for session, people in missed.items():
        if people:
            _tell(tx, session, people, now)


def _remind(tx: Tx, due: Due, now: Instant) -> None:
    outbox.add(
        *(tx, due.person, Kind.SAY),
        now=now,
        session=due.session,
        subject=COMING,
        params={"schedule": due.schedule},
    )


def _has_missed(due: Due, now: Instant) -> bool:
    """Say whether a reminder of somebody's is so late that it will never go out."""
    never = due.missed if now < due.starts_at else (*due.missed, due.newest)
    return any(now - one.at > LATE for one in never)


def _tell(tx: Tx, session: SessionId, people: int, now: Instant) -> None:
    for facilitator in sessions.facilitators_of(tx, session):
        outbox.add(
            *(tx, facilitator, Kind.SAY),
            now=now,
            session=session,
            subject=MISSED,
            params={"n": people},
        )
