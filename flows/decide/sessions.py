"""The session as a whole: the link, opening, stopping, closing, moving, cancelling."""

from dataclasses import replace

from flows import events as e
from flows.decide import coming, factor
from flows.decide.decision import (
    Decision,
    RefusalCode,
    afresh,
    boards_shown,
    facilitator_of,
    refuse,
    ring,
    session_moved,
    with_check,
)
from flows.digest import matches, opening_digest
from flows.effects import DestroyLink, Effect, Hide, Redraw, ScreenKind, SetTimer, Show, TimerKind
from flows.gate import ToOpen, holds
from flows.model import (
    MINUTE,
    Check,
    CheckState,
    Facilitator,
    Instant,
    Opening,
    PersonId,
    Session,
    SessionState,
)

SETTLED = (CheckState.TURNED_AWAY, CheckState.ABSENT)
CHECK_OUT_AFTER = 600
"""Seconds after the end at which staff are told who has not checked out."""
DEBRIEF_AFTER = 12 * 3600
"""Seconds after the end at which whoever has not debriefed is reminded, once."""
SHORTEST, LONGEST = 30 * MINUTE, 120 * MINUTE


def paste_link(session: Session, event: e.LinkPasted) -> Decision:
    """Take the link that the session will be held behind; one used before is refused."""
    if not facilitator_of(session, event.by):
        return refuse(session, RefusalCode.NOT_FACILITATOR)
    if session.state is not SessionState.CHECKING:
        return refuse(session, RefusalCode.NOT_NOW)
    if not event.fresh:
        return refuse(session, RefusalCode.LINK_USED)
    return Decision(replace(session, link_ready=True))


def open_session(session: Session, event: e.SessionOpened, now: Instant) -> Decision:
    """Open by a signed act of its own, where the gate has no holds."""
    if not facilitator_of(session, event.by):
        return refuse(session, RefusalCode.NOT_FACILITATOR)
    if session.state is SessionState.OPEN:
        return refuse(session, RefusalCode.REPEATED)
    if why := holds(session, ToOpen(event.by), now):
        return refuse(session, RefusalCode.HELD, why)
    digest = opening_digest(session, event.by, event.meaning)
    if not matches(event.shown, digest):
        return refuse(session, RefusalCode.STALE)
    opened = session_moved(session, "open")
    if opened is None:
        return refuse(session, RefusalCode.STALE)
    number = session.opening.number + 1 if session.opening else 1
    opening = Opening(number, event.by, now, digest, event.meaning)
    invited = (
        Show(check.person, ScreenKind.PLACE)
        for check in session.checks.values()
        if check.state is CheckState.ADMITTED
    )
    end = session.ends_at + session.rules.grace
    timer = SetTimer(TimerKind.SESSION_END, end, str(session.schedule))
    running = replace(_without_desks(opened), opening=opening)
    boards = boards_shown(session, event.by)
    return Decision(running, (*_desks_hidden(session), *boards, *invited, timer))


def stop(session: Session, event: e.SessionStopped) -> Decision:
    """Stop everybody at once: never stale, never asked twice."""
    if not facilitator_of(session, event.by):
        return refuse(session, RefusalCode.NOT_FACILITATOR)
    if session.state is SessionState.STOPPED:
        return refuse(session, RefusalCode.REPEATED)
    return _halt(session, "ring/stopped")


def suspend(session: Session) -> Decision:
    """Stop because the programme was suspended; the gate holds it until that is over."""
    suspended = replace(session, programme=replace(session.programme, suspended=True))
    if session.state not in (SessionState.CHECKING, SessionState.OPEN):
        return Decision(suspended)
    return _halt(suspended, "ring/suspended")


def _halt(session: Session, text: str) -> Decision:
    stopped = session_moved(session, "stop")
    if stopped is None:
        return refuse(session, RefusalCode.STALE)
    effects: list[Effect] = [DestroyLink()]
    for check in session.checks.values():
        halted = afresh(check, "stop")
        if halted is None:
            continue
        stopped = with_check(stopped, halted)
        effects.append(Show(check.person, ScreenKind.PLACE))
    stopped = replace(_without_desks(stopped), link_ready=False)
    return Decision(stopped, (*effects, *_desks_hidden(session), *ring(session, text)))


def close(session: Session, event: e.SessionClosed, now: Instant) -> Decision:
    """Close by a facilitator's tap."""
    if not facilitator_of(session, event.by):
        return refuse(session, RefusalCode.NOT_FACILITATOR)
    return _end(session, now)


def run_out(session: Session, event: e.SessionRanOut, now: Instant) -> Decision:
    """Close when end and grace have gone by; a timer of an earlier schedule does nothing."""
    if event.schedule != session.schedule or now < session.ends_at + session.rules.grace:
        return refuse(session, RefusalCode.STALE)
    return _end(session, now)


def _end(session: Session, now: Instant) -> Decision:
    closed = session_moved(session, "close")
    if closed is None:
        return refuse(session, RefusalCode.STALE)
    effects: list[Effect] = [DestroyLink()]
    for check in session.checks.values():
        if _waits_for_the_end(check):
            effects.append(Show(check.person, ScreenKind.PLACE))
        state = CheckState.ABSENT if _never_came(check) else check.state
        closed = with_check(closed, replace(check, state=state, credential=None))
    effects += _desks_hidden(session)
    if session.opening:
        stamp = str(session.schedule)
        missed = SetTimer(TimerKind.CHECK_OUT, now + CHECK_OUT_AFTER, stamp)
        debrief = SetTimer(TimerKind.DEBRIEF, now + DEBRIEF_AFTER, stamp)
        effects += [*ring(session, "debrief/ask"), missed, debrief]
    return Decision(replace(_without_desks(closed), link_ready=False), tuple(effects))


def _waits_for_the_end(check: Check) -> bool:
    """Say whether somebody was told to wait, or may still be in the room."""
    if check.entered_at is not None:
        return True
    waiting = (*SETTLED, CheckState.WAITING)
    return check.state not in waiting and check.checked_out_at is None


def _never_came(check: Check) -> bool:
    return check.state is CheckState.WAITING or (
        check.state is CheckState.ASKING and not check.answers
    )


def miss_check_out(session: Session, event: e.CheckOutMissed) -> Decision:
    """Tell the facilitators once who has not checked out; nothing else changes."""
    if event.schedule != session.schedule or session.state is not SessionState.CLOSED:
        return refuse(session, RefusalCode.STALE)
    if all(check.entered_at is None for check in session.checks.values()):
        return refuse(session, RefusalCode.STALE)
    return Decision(session, tuple(ring(session, "ring/not-checked-out")))


def reach_window(session: Session, event: e.WindowReached) -> Decision:
    """Draw the boards anew: that it was too early is no hold any more. Nothing else changes."""
    if event.schedule != session.schedule or session.state is not SessionState.CHECKING:
        return refuse(session, RefusalCode.STALE)
    screens = (ScreenKind.DESK, ScreenKind.BOARD)
    redraws = (Redraw(person, screen) for person in _staff(session) for screen in screens)
    return Decision(session, tuple(redraws))


def move(session: Session, event: e.SessionMoved, now: Instant) -> Decision:
    """Give the session another time: every epoch is raised, every check begins anew."""
    if not facilitator_of(session, event.by):
        return refuse(session, RefusalCode.NOT_FACILITATOR)
    if event.starts_at <= now or not SHORTEST <= event.ends_at - event.starts_at <= LONGEST:
        return refuse(session, RefusalCode.NOT_NOW)
    planned = session_moved(session, "move")
    if planned is None:
        return refuse(session, RefusalCode.STALE)
    for check in session.checks.values():
        planned = with_check(planned, afresh(check, "reset") or check)
    schedule = session.schedule + 1
    planned = replace(
        factor.unproved(_without_desks(planned)),
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        schedule=schedule,
        link_ready=False,
    )
    return Decision(planned, (DestroyLink(), *coming.timers(planned)))


def cancel(session: Session, event: e.SessionCancelled) -> Decision:
    """Cancel; nothing of it can be opened any more."""
    if not facilitator_of(session, event.by):
        return refuse(session, RefusalCode.NOT_FACILITATOR)
    cancelled = session_moved(session, "cancel")
    if cancelled is None:
        return refuse(session, RefusalCode.STALE)
    return Decision(replace(_without_desks(cancelled), link_ready=False), (DestroyLink(),))


def _staff(session: Session) -> tuple[PersonId, ...]:
    return tuple(p for p, facilitator in session.facilitators.items() if facilitator.active)


def _desks_hidden(session: Session) -> tuple[Hide, ...]:
    """Take the desks away: nothing on them can be done any more."""
    return tuple(Hide(person, ScreenKind.DESK) for person in _staff(session))


def _without_desks(session: Session) -> Session:
    cleared: dict[PersonId, Facilitator] = {
        person: replace(facilitator, desk=None)
        for person, facilitator in session.facilitators.items()
    }
    return replace(session, facilitators=cleared)
