"""The door: *Join*, coming back after a dropped line, being stopped, leaving.

The gate is asked at every tap. This is the only module that mints.
"""

from dataclasses import replace

from flows import events as e
from flows.decide.decision import (
    Decision,
    RefusalCode,
    afresh,
    facilitator_of,
    refuse,
    ring,
    with_check,
)
from flows.effects import (
    LabelOf,
    MintCredential,
    ScreenKind,
    SetTimer,
    Show,
    TimerKind,
)
from flows.gate import HoldCode, ToAsk, ToRelease, holds
from flows.model import Check, CheckState, Credential, Instant, Session, SessionState


def join(session: Session, event: e.JoinAsked, now: Instant) -> Decision:
    """Let somebody in where the gate has no holds; ask once who comes back."""
    check = session.checks.get(event.person)
    if check is None:
        return refuse(session, RefusalCode.NOT_PARTICIPANT)
    if event.epoch != check.epoch or check.assisted:
        return refuse(session, RefusalCode.STALE)
    return _let_in(session, check, now)


def join_for(session: Session, event: e.JoinAskedFor, now: Instant) -> Decision:
    """Hand the way in of somebody assisted to the facilitator who admitted them."""
    check = _handed(session, event)
    if isinstance(check, RefusalCode):
        return refuse(session, check)
    return _let_in(session, check, now)


def _handed(session: Session, event: e.JoinAskedFor | e.StillAloneReported) -> Check | RefusalCode:
    """Return the check of somebody whose way in this facilitator gets, or why they do not."""
    if not facilitator_of(session, event.by):
        return RefusalCode.NOT_FACILITATOR
    check = session.checks.get(event.person)
    if check is None:
        return RefusalCode.FORGED
    if event.epoch != check.epoch or check.handed_to is None:
        return RefusalCode.STALE
    if check.handed_to != event.by:
        return RefusalCode.FORGED
    return check


def _let_in(session: Session, check: Check, now: Instant) -> Decision:
    if check.credential is not None and now < check.credential.expires_at:
        return refuse(session, RefusalCode.REPEATED)
    why = holds(session, ToRelease(check.person), now)
    if not why:
        return _mint(session, check, now)
    codes = {hold.code for hold in why}
    if codes == {HoldCode.REJOIN_UNCONFIRMED}:
        return _ask_still_alone(session, check, now)
    if codes <= {HoldCode.REJOIN_USED, HoldCode.SIGN_OFF_EXPIRED}:
        return _check_anew(session, check)
    return refuse(session, RefusalCode.HELD, why)


def _mint(session: Session, check: Check, now: Instant) -> Decision:
    number = check.minted + 1
    expires_at = min(now + session.rules.credential, session.ends_at)
    credential = Credential(number, now, expires_at, check.handed_to)
    released = replace(check, credential=credential, minted=number, entered_at=now)
    stamp = f"{check.epoch}/{number}"
    return Decision(
        with_check(session, released),
        (
            MintCredential(check.person, check.epoch, number, expires_at, check.handed_to),
            SetTimer(TimerKind.CREDENTIAL, expires_at, stamp, check.person),
        ),
    )


def _ask_still_alone(session: Session, check: Check, now: Instant) -> Decision:
    if check.rejoin_asked_at is None:
        asked = replace(check, rejoin_asked_at=now)
        return Decision(with_check(session, asked))
    if now > check.rejoin_asked_at + session.rules.rejoin:
        return _check_anew(session, check)
    return refuse(session, RefusalCode.REPEATED)


def _check_anew(session: Session, check: Check, text: str = "ring/check-anew") -> Decision:
    """Send somebody back to a fresh check and a fresh sign-off; a facilitator starts it."""
    anew = afresh(check, "stop") or check
    rung = ring(session, text, check.person, {"who": LabelOf(check.person)})
    return Decision(
        with_check(session, anew),
        (Show(check.person, ScreenKind.PLACE), *rung),
    )


def lose_line(session: Session, event: e.LineLost, now: Instant) -> Decision:
    """Take the old way in away and ask once whether they are still alone; staff are told."""
    check = session.checks.get(event.person)
    if check is None:
        return refuse(session, RefusalCode.NOT_PARTICIPANT)
    if session.state is not SessionState.OPEN or check.state is not CheckState.ADMITTED:
        return refuse(session, RefusalCode.STALE)
    if not check.minted:
        return refuse(session, RefusalCode.STALE)
    if check.rejoin_confirmed_at is not None:
        return _check_anew(session, check)
    if check.rejoin_asked_at is not None:
        return refuse(session, RefusalCode.REPEATED)
    lost = replace(check, credential=None, rejoin_asked_at=now)
    rung = ring(session, "ring/line-lost", check.person, {"who": LabelOf(check.person)})
    return Decision(with_check(session, lost), tuple(rung))


def come_back(session: Session, event: e.StillAloneAnswered, now: Instant) -> Decision:
    """Let somebody back in who is still alone in the same place, once and in time."""
    check = session.checks.get(event.person)
    if check is None:
        return refuse(session, RefusalCode.NOT_PARTICIPANT)
    if event.epoch != check.epoch or check.assisted:
        return refuse(session, RefusalCode.STALE)
    return _back(session, check, now, alone=event.alone)


def come_back_for(session: Session, event: e.StillAloneReported, now: Instant) -> Decision:
    """Hand out the way back in of somebody assisted, on the same terms."""
    check = _handed(session, event)
    if isinstance(check, RefusalCode):
        return refuse(session, check)
    return _back(session, check, now, alone=event.alone)


def _back(session: Session, check: Check, now: Instant, *, alone: bool) -> Decision:
    asked = check.rejoin_asked_at
    if asked is None or check.rejoin_confirmed_at is not None:
        return refuse(session, RefusalCode.STALE)
    if session.state is not SessionState.OPEN or check.state is not CheckState.ADMITTED:
        return refuse(session, RefusalCode.STALE)
    if not alone:
        return _check_anew(session, check, "ring/not-alone")
    if now > asked + session.rules.rejoin:
        return _check_anew(session, check)
    confirmed = replace(check, credential=None, rejoin_confirmed_at=now)
    back = with_check(session, confirmed)
    if why := holds(back, ToRelease(check.person), now):
        return refuse(session, RefusalCode.HELD, why)
    return _mint(back, confirmed, now)


def run_out(session: Session, event: e.CredentialRanOut, now: Instant) -> Decision:
    """Take a way in off the phone when its time is over."""
    check = session.checks.get(event.person)
    live = check.credential if check else None
    if check is None or live is None or event.epoch != check.epoch:
        return refuse(session, RefusalCode.STALE)
    if event.number != live.number or now < live.expires_at:
        return refuse(session, RefusalCode.STALE)
    return Decision(with_check(session, replace(check, credential=None)))


def stop_person(session: Session, event: e.PersonStopped) -> Decision:
    """Stop one person; the others go on."""
    if not facilitator_of(session, event.by):
        return refuse(session, RefusalCode.NOT_FACILITATOR)
    check = session.checks.get(event.person)
    if check is None:
        return refuse(session, RefusalCode.FORGED)
    return _halt_person(session, check, "ring/stopped-one")


def narrow(session: Session, event: e.StandingNarrowed, now: Instant) -> Decision:
    """Stop somebody whose standing no longer reaches for this session, whoever narrowed it.

    Who was asked nothing yet is held by the gate, and is left in peace.
    """
    check = session.checks.get(event.person)
    if check is None:
        return refuse(session, RefusalCode.NOT_PARTICIPANT)
    held = any(hold.person == event.person for hold in holds(session, ToAsk(event.person), now))
    if not held or check.state is CheckState.WAITING:
        return refuse(session, RefusalCode.STALE)
    return _halt_person(session, check, "ring/standing-narrowed")


def stop_self(session: Session, event: e.SelfStopped) -> Decision:
    """Stop for oneself: at once, without a question, and staff are told what it was."""
    check = session.checks.get(event.person)
    if check is None:
        return refuse(session, RefusalCode.NOT_PARTICIPANT)
    return _halt_person(session, check, f"ring/{event.reason.value.replace('_', '-')}")


def _halt_person(session: Session, check: Check, text: str) -> Decision:
    if session.state not in (SessionState.CHECKING, SessionState.OPEN):
        return refuse(session, RefusalCode.STALE)
    if check.state is CheckState.STOPPED:
        return refuse(session, RefusalCode.REPEATED)
    stopped = afresh(check, "stop")
    if stopped is None:
        return refuse(session, RefusalCode.STALE)
    rung = ring(session, text, check.person, {"who": LabelOf(check.person)})
    return Decision(
        with_check(session, stopped),
        (Show(check.person, ScreenKind.PLACE), *rung),
    )


def check_out(session: Session, event: e.CheckedOut, now: Instant) -> Decision:
    """Note that somebody has left the room; their way in is taken away."""
    check = session.checks.get(event.person)
    if check is None:
        return refuse(session, RefusalCode.NOT_PARTICIPANT)
    if session.state not in (SessionState.OPEN, SessionState.CLOSED):
        return refuse(session, RefusalCode.STALE)
    if check.checked_out_at is not None:
        return refuse(session, RefusalCode.REPEATED)
    if check.entered_at is None:
        return refuse(session, RefusalCode.STALE)
    left = replace(check, credential=None, entered_at=None, checked_out_at=now)
    if session.state is SessionState.OPEN:
        rung = ring(session, "ring/left", check.person, {"who": LabelOf(check.person)})
        return Decision(with_check(session, left), tuple(rung))
    return Decision(with_check(session, left))
