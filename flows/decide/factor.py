"""The second factor: that somebody entered a right code before their first signature.

Whether a code was right is settled before it comes here. Proving signs and opens nothing.
"""

from dataclasses import replace

from flows import events as e
from flows.decide.decision import (
    Decision,
    RefusalCode,
    facilitator_of,
    refuse,
    with_facilitator,
)
from flows.effects import Bring, ScreenKind
from flows.model import Instant, Session, SessionState

OVER = (SessionState.CLOSED, SessionState.CANCELLED)


def prove(session: Session, event: e.FactorProved, now: Instant) -> Decision:
    """Note that a facilitator may sign in this session, and bring what they were about to sign."""
    facilitator = facilitator_of(session, event.by)
    if facilitator is None:
        return refuse(session, RefusalCode.NOT_FACILITATOR)
    if session.state in OVER or not session.rules.second_factor:
        return refuse(session, RefusalCode.STALE)
    if facilitator.proved_at is not None:
        return refuse(session, RefusalCode.REPEATED)
    proved = with_facilitator(session, event.by, replace(facilitator, proved_at=now))
    screen = ScreenKind.DESK if facilitator.desk else ScreenKind.BOARD
    return Decision(proved, (Bring(event.by, screen),))


def reset(session: Session, event: e.FactorReset) -> Decision:
    """Ask for a code again; what was signed with the earlier ones stands."""
    facilitator = session.facilitators.get(event.person)
    if facilitator is None or facilitator.proved_at is None or session.state in OVER:
        return refuse(session, RefusalCode.STALE)
    return Decision(with_facilitator(session, event.person, replace(facilitator, proved_at=None)))


def unproved(session: Session) -> Session:
    """Return the session with every facilitator to be asked again."""
    asked = {
        person: replace(facilitator, proved_at=None)
        for person, facilitator in session.facilitators.items()
    }
    return replace(session, facilitators=asked)
