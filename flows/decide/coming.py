"""Before a session: what its schedule brings about, and participants who can't come.

The clock may begin the checks, where the programme wants that, and tell staff what is late. It
never opens and never signs. Whoever says that they can't come is absent, by their own word: that
takes something away and gives nothing, and is undone as long as the checks have not begun.
"""

from flows import events as e
from flows.decide.decision import (
    Decision,
    RefusalCode,
    afresh,
    moved,
    refuse,
    ring,
    with_check,
)
from flows.effects import LabelOf, SetTimer, TimerKind
from flows.model import MINUTE, CheckState, Instant, Session, SessionState

OVERDUE_BEFORE = 10 * MINUTE
"""Seconds before the start at which staff are told that no checks have begun."""


def timers(session: Session) -> tuple[SetTimer, ...]:
    """Return the timers that a planned session has by its schedule; a pure function of it."""
    rules, stamp = session.rules, str(session.schedule)
    end = SetTimer(TimerKind.SESSION_END, session.ends_at + rules.grace, stamp)
    overdue = SetTimer(TimerKind.OVERDUE, session.starts_at - OVERDUE_BEFORE, stamp)
    checks = SetTimer(TimerKind.CHECKS, session.starts_at - rules.auto_start, stamp)
    return (end, overdue, checks) if rules.auto_start else (end, overdue)


def tell_overdue(session: Session, event: e.ChecksOverdue, now: Instant) -> Decision:
    """Tell the facilitators once that the checks have not begun; nothing else changes."""
    if event.schedule != session.schedule or session.state is not SessionState.PLANNED:
        return refuse(session, RefusalCode.STALE)
    if now >= session.ends_at:
        return refuse(session, RefusalCode.STALE)
    return Decision(session, tuple(ring(session, "ring/checks-overdue")))


def announce_absence(session: Session, event: e.AbsenceAnnounced) -> Decision:
    """Take somebody's word that they can't come; the facilitators are told."""
    check = session.checks.get(event.person)
    if check is None:
        return refuse(session, RefusalCode.NOT_PARTICIPANT)
    if event.schedule != session.schedule or session.state is not SessionState.PLANNED:
        return refuse(session, RefusalCode.STALE)
    if check.state is CheckState.ABSENT:
        return refuse(session, RefusalCode.REPEATED)
    absent = moved(check, "mark_absent")
    if absent is None:
        return refuse(session, RefusalCode.STALE)
    who = {"who": LabelOf(event.person)}
    return Decision(
        with_check(session, absent), tuple(ring(session, "ring/cant-come", event.person, who))
    )


def take_back_absence(session: Session, event: e.AbsenceTakenBack) -> Decision:
    """Expect somebody again who said that they can't come; the facilitators are told."""
    check = session.checks.get(event.person)
    if check is None:
        return refuse(session, RefusalCode.NOT_PARTICIPANT)
    if event.schedule != session.schedule or session.state is not SessionState.PLANNED:
        return refuse(session, RefusalCode.STALE)
    if check.state is not CheckState.ABSENT:
        return refuse(session, RefusalCode.REPEATED)
    expected = afresh(check, "reset") or check
    who = {"who": LabelOf(event.person)}
    return Decision(
        with_check(session, expected), tuple(ring(session, "ring/can-come", event.person, who))
    )


def miss_debrief(session: Session, event: e.DebriefMissed) -> Decision:
    """Remind the facilitators once of the debrief; whoever has done it is not written to."""
    if event.schedule != session.schedule or session.state is not SessionState.CLOSED:
        return refuse(session, RefusalCode.STALE)
    return Decision(session, tuple(ring(session, "debrief/missed")))
