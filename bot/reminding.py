"""Reminding participants of their sessions, and telling staff of reminders that never went out.

After a silence of any length only the newest reminder of a session goes out to each person, and
none once it has begun; one that still waits in the outbox gives way to the next. One that is late
waits for the end of quiet hours. A reminder never says what the appointment is, and never holds a
link.
"""

from collections import Counter

from flows.model import MINUTE, CheckState, Instant, SessionId, SessionState
from flows.reminders import Reminder, late_time_of
from flows.wall_clock import read
from storage import outbox, reminders, sessions
from storage.outbox import Kind, Letter
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
        goes = _see_to(tx, due.session, due.newest, due.starts_at, now)
        never = due.missed if goes else (*due.missed, due.newest)
        missed[due.session] += _is_late(waited_since, now) or any(
            _is_late(one.at, now) for one in never
        )
    for session, people in missed.items():
        _tell(tx, session, people, now)


def catch_up(tx: Tx, now: Instant) -> None:
    """Send all that has become due while the bot was away, before anything else goes out."""
    while (at := reminders.next_due(tx)) is not None and at <= now:
        attend(tx, now)


def waits_on(tx: Tx, letter: Letter, now: Instant) -> bool:
    """Say whether a reminder that could not be sent in time has come into quiet hours."""
    since = outbox.waits_since(tx, letter.id)
    if letter.subject != COMING or not _is_late(since, now):
        return False
    zone = reminders.zone_of(tx, letter.to)
    return reminders.rule(tx).quiet.covers(read(now, zone).minute)


def let_go(tx: Tx, letter: Letter, now: Instant) -> None:
    """See to a session's reminders that waited to be sent: for too long, or into quiet hours.

    Staff are told, all at once, of those that never go out. One that is not true any more for
    another reason goes without a word.
    """
    if letter.subject != COMING or letter.session is None:
        return
    if outbox.waits_since(tx, letter.id) is None:
        return
    seen = sessions.glance(tx, letter.session, letter.to)
    if seen is None or letter.params.get("schedule") != seen.schedule:
        return
    if not _has_begun(seen, now) and not waits_on(tx, letter, now):
        return
    missed = 0
    for unsent in outbox.take_all_back(tx, letter.session, COMING):
        expected = sessions.glance(tx, letter.session, unsent.to)
        if expected is None or expected.check is CheckState.ABSENT:
            continue
        one = Reminder(unsent.to, unsent.offset, seen.schedule, unsent.since)
        goes = not _has_begun(seen, now) and _see_to(tx, letter.session, one, seen.starts_at, now)
        missed += not goes and _is_late(unsent.since, now)
    _tell(tx, letter.session, missed, now)


def _has_begun(seen: Glance, now: Instant) -> bool:
    if seen.state is SessionState.PLANNED:
        return now >= seen.starts_at
    return seen.state is not SessionState.CANCELLED


def _see_to(tx: Tx, session: SessionId, one: Reminder, starts_at: Instant, now: Instant) -> bool:
    """Send a reminder, or put it off until quiet hours are over; False where it never goes out.

    One that is in time goes out: it was planned with quiet hours in mind.
    """
    zone, quiet = reminders.zone_of(tx, one.person), reminders.rule(tx).quiet
    goes = now if now < starts_at else None
    # Its own time is quiet where zone or quiet hours were changed after it was put off.
    if _is_late(one.at, now) or quiet.covers(read(one.at, zone).minute):
        goes = late_time_of(now, starts_at, zone, quiet)
    if goes == now:
        _remind(tx, session, one, now)
    elif goes is not None:
        reminders.put_off(tx, session, one, goes)
    return goes is not None


def _remind(tx: Tx, session: SessionId, one: Reminder, now: Instant) -> None:
    outbox.add(
        *(tx, one.person, Kind.SAY),
        now=now,
        session=session,
        subject=COMING,
        params={"schedule": one.schedule, "offset": one.offset},
    )


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
