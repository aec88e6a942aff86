"""Which sessions are a facilitator's today: by the day in their own zone, and what is close to it.

A session just after midnight belongs to the evening before it.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flows.model import Instant, Session
from storage import sessions
from storage.people import Person
from storage.store import Tx

DAY = 86400
CLOSE = 3 * 3600
"""Seconds within which a session counts as today's whatever the date."""


def today(tx: Tx, person: Person, now: Instant) -> list[Session]:
    """Return a facilitator's sessions of today, in the order in which they start."""
    ids = sessions.of_facilitator(tx, person.id, now - DAY, now + DAY)
    loaded = (sessions.load(tx, session) for session in ids)
    return [session for session in loaded if session and _is_today(session, person, now)]


def _is_today(session: Session, person: Person, now: Instant) -> bool:
    zone = ZoneInfo(person.zone)
    same_day = _day(session.starts_at, zone) == _day(now, zone)
    return same_day or session.starts_at - CLOSE <= now <= session.ends_at + CLOSE


def _day(at: Instant, zone: ZoneInfo) -> object:
    return datetime.fromtimestamp(at, UTC).astimezone(zone).date()
