"""Planning: a session comes with its timers and reminders, and follows its group.

Whoever plans (the office, a seed) does it here, so that no session is without them. What is told
to anybody is the caller's to say.
"""

from flows.decide import coming
from flows.effects import ScreenKind
from flows.model import Instant, PersonId, SessionId
from storage import groups, outbox, reminders, rosters, sessions, timers
from storage.outbox import Kind
from storage.sessions import Plan
from storage.store import Tx


def add(tx: Tx, plan: Plan, now: Instant) -> SessionId:
    """Plan a session, with all that is due because of it."""
    session = sessions.add(tx, plan)
    planned = sessions.load(tx, session)
    for timer in coming.timers(planned) if planned else ():
        timers.put(tx, session, timer)
    reminders.follow(tx, session, now)
    return session


def follow_group(tx: Tx, group: int, now: Instant) -> None:
    """Bring the planned sessions of a group up to its members, and their reminders and boards."""
    for session in rosters.follow(tx, group, now):
        reminders.follow(tx, session, now)
        redraw_boards(tx, session, now)


def follow_person(tx: Tx, person: PersonId, now: Instant) -> None:
    """Bring planned sessions up to somebody who has come, and their reminders with them."""
    for group in (*groups.of_participant(tx, person), *groups.of_facilitator(tx, person)):
        follow_group(tx, group, now)
    reminders.follow_person(tx, person, now)


def redraw_boards(tx: Tx, session: SessionId, now: Instant) -> None:
    """Draw the boards of a session anew where they stand."""
    for facilitator in sessions.facilitators_of(tx, session):
        outbox.add(
            *(tx, facilitator, Kind.REDRAW),
            now=now,
            session=session,
            subject=ScreenKind.BOARD,
        )
