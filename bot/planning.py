"""Planning: a session comes with its timers and reminders, and follows its group.

Whoever plans (the office, a seed) does it here, so that no session is without them. What is told
of a plan is the caller's to say; who comes into a group, or goes out of it, is told here.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from bot.views import appointment
from flows.decide import coming
from flows.effects import Param, ScreenKind, TimeOf
from flows.model import Instant, PersonId, SessionId
from storage import arrivals, groups, outbox, people, reminders, rosters, sessions, timers
from storage.outbox import Kind
from storage.rosters import Change
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
    changes = rosters.follow(tx, group, now)
    for change in changes:
        reminders.follow(tx, change.session, now)
        redraw_boards(tx, change.session, now)
    _tell(tx, changes, now)


def _tell(tx: Tx, changes: Sequence[Change], now: Instant) -> None:
    """Tell each participant once of the appointments that they have now, or have no more."""
    come: dict[PersonId, list[Change]] = defaultdict(list)
    gone: dict[PersonId, list[Change]] = defaultdict(list)
    for change in changes:
        for person in change.come:
            come[person].append(change)
        for person in change.gone:
            gone[person].append(change)
    for person, found in come.items():
        text = appointment.NEW if len(found) == 1 else appointment.NEW_MANY
        about = appointment.about([one.session for one in found]) if len(found) > 1 else {}
        _say(tx, person, text, now, found[0].session, about)
    for person, found in gone.items():
        text = appointment.CANCELLED if len(found) == 1 else appointment.CANCELLED_MANY
        # It is not theirs any more, so the letter itself says when it was to be.
        when: dict[str, Param] = {"when": TimeOf(found[0].starts_at), "n": len(found)}
        _say(tx, person, text, now, None, when)


def _say(
    tx: Tx,
    to: PersonId,
    text: str,
    now: Instant,
    session: SessionId | None,
    params: Mapping[str, Param],
) -> None:
    known = people.find(tx, to)
    if known is None or not known.enrolled or people.chat_of(tx, to) is None:
        return
    if not arrivals.consents(tx, to):
        return
    outbox.add(tx, to, Kind.SAY, now=now, session=session, subject=text, params=params)


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
