"""Reminding participants of their sessions, and telling staff of reminders that never went out.

After a silence of any length only the newest reminder of a session goes out to each person, and
none once it has begun; one that still waits in the outbox gives way to the next. A reminder never
says what the appointment is, and never holds a link.
"""

from collections import Counter

from flows.model import MINUTE, CheckState, Instant, SessionId, SessionState
from storage import outbox, reminders, sessions
from storage.outbox import Kind, Letter
from storage.reminders import Due
from storage.sessions import Glance
from storage.store import Tx

COMING = "reminder/coming"
MISSED = "ring/reminders-missed"
LATE = 15 * MINUTE
"""Seconds after which a reminder that has not gone out is worth telling staff about."""


def attend(tx: Tx, now: Instant) -> None:
    """Send what is due now."""
    missed: Counter[SessionId] = Counter()
    for due in reminders.take_due(tx, now):
        waited_since = outbox.take_back(tx, due.person, due.session, COMING)
        if now < due.starts_at:
            _remind(tx, due, now)
        missed[due.session] += _is_late(waited_since, now) or _has_missed(due, now)
    for session, people in missed.items():
        _tell(tx, session, people, now)


def catch_up(tx: Tx, now: Instant) -> None:
    """Send all that has become due while the bot was away, before anything else goes out."""
    while (at := reminders.next_due(tx)) is not None and at <= now:
        attend(tx, now)


def let_go(tx: Tx, letter: Letter, now: Instant) -> None:
    """Tell staff of reminders that waited to be sent until the session had begun, all at once.

    One that is not true any more for another reason goes without a word.
    """
    if letter.subject != COMING or letter.session is None or not outbox.waits(tx, letter.id):
        return
    seen = sessions.glance(tx, letter.session, letter.to)
    if seen is None or not _has_begun(seen, now) or letter.params["schedule"] != seen.schedule:
        return
    unsent = outbox.take_all_back(tx, letter.session, COMING)
    late = (person for person, since in unsent.items() if _is_late(since, now))
    expected = (sessions.glance(tx, letter.session, person) for person in late)
    _tell(tx, letter.session, sum(_is_expected(one) for one in expected), now)


def _has_begun(seen: Glance, now: Instant) -> bool:
    if seen.state is SessionState.PLANNED:
        return now >= seen.starts_at
    return seen.state is not SessionState.CANCELLED


def _is_expected(seen: Glance | None) -> bool:
    return seen is not None and seen.check is not CheckState.ABSENT


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
    return any(_is_late(one.at, now) for one in never)


def _is_late(since: Instant | None, now: Instant) -> bool:
    return since is not None and now - since > LATE


def _tell(tx: Tx, session: SessionId, people: int, now: Instant) -> None:
    if not people:
        return
    for facilitator in sessions.facilitators_of(tx, session):
        outbox.add(
            *(tx, facilitator, Kind.SAY),
            now=now,
            session=session,
            subject=MISSED,
            params={"n": people},
        )
