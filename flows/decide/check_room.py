"""The check room: a facilitator calls in one participant at a time, before signing.

A call stands while all that it was made on stands, and only `call_in` makes one. Whatever else
happens, it can only end.
"""

from dataclasses import replace

from flows import events as e
from flows.decide.decision import (
    Decision,
    RefusalCode,
    facilitator_of,
    on_desk,
    refuse,
    ring,
    with_desk,
)
from flows.effects import Bring, LabelOf, Say, ScreenKind, SetTimer, Show, TimerKind
from flows.gate import ToCallIn, holds
from flows.model import CallIn, CheckState, Desk, Instant, PersonId, Session, SessionState

SETTLING = (SessionState.CHECKING, SessionState.OPEN)


def call_in(session: Session, event: e.CalledIn, now: Instant) -> Decision:
    """Call in whoever is ready on this desk; whoever was called in before is so no more."""
    check = on_desk(session, event.by, event.person)
    if isinstance(check, RefusalCode):
        return refuse(session, check)
    if event.epoch != check.epoch or check.state is not CheckState.READY:
        return refuse(session, RefusalCode.STALE)
    if why := holds(session, ToCallIn(event.person, event.by), now):
        return refuse(session, RefusalCode.HELD, why)
    if not event.fresh:
        return refuse(session, RefusalCode.LINK_USED)
    number = session.calls + 1
    expires_at = min(now + session.rules.credential, session.ends_at)
    called = CallIn(number, event.person, event.epoch, event.by, now, expires_at)
    looking = with_desk(session, event.by, Desk(event.person, now))
    return Decision(
        replace(looking, called=called, calls=number),
        (
            Show(event.person, ScreenKind.PLACE),
            Bring(event.by, ScreenKind.DESK),
            SetTimer(TimerKind.CALL, expires_at, str(number), event.person),
            *told_by_colleague(session, event.by),
        ),
    )


def told_by_colleague(session: Session, by: PersonId) -> tuple[Say, ...]:
    """Tell the colleague whose call into the check room somebody ends with what they do."""
    called = session.called
    if called is None or called.by == by or facilitator_of(session, called.by) is None:
        return ()
    params = {"who": LabelOf(called.person), "by": LabelOf(by)}
    return (Say(called.by, "ring/call-ended", params, called.person),)


def run_out(session: Session, event: e.CallInRanOut, now: Instant) -> Decision:
    """Take the way into the check room off the phone when its time is over."""
    called = session.called
    if called is None or (event.person, event.number) != (called.person, called.number):
        return refuse(session, RefusalCode.STALE)
    if now < called.expires_at:
        return refuse(session, RefusalCode.STALE)
    return Decision(replace(session, called=None))


def be_refused(session: Session, event: e.CallInRefused) -> Decision:
    """End a call whose link can't be shown, so that nothing waits for it, and tell."""
    called = session.called
    if called is None or (event.person, event.number) != (called.person, called.number):
        return refuse(session, RefusalCode.STALE)
    told = ring(session, "ring/call-refused", event.person, {"who": LabelOf(event.person)})
    return Decision(replace(session, called=None), tuple(told))


def without_void_call(session: Session, now: Instant) -> Session:
    """Return the session without a call that nothing stands under any more."""
    called = session.called
    if called is None or stands(session, called, now):
        return session
    return replace(session, called=None)


def stands(session: Session, called: CallIn, now: Instant) -> bool:
    """Say whether whoever was called in is ready in that epoch, on the desk of whoever called."""
    if session.state not in SETTLING or now >= called.expires_at:
        return False
    facilitator = facilitator_of(session, called.by)
    if facilitator is None or facilitator.desk is None or facilitator.desk.person != called.person:
        return False
    if session.rules.second_factor and facilitator.proved_at is None:
        return False
    check = session.checks.get(called.person)
    ready = check is not None and check.state is CheckState.READY and check.epoch == called.epoch
    return ready and check is not None and not check.signed_first_by(called.by)
