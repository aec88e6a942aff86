"""Taking a facilitator out of sessions: what they signed there is void."""

from bot import keeping
from bot.office.page import Clerk
from flows import events as e
from flows.model import PersonId, SessionState
from storage import sessions, staff

_BEGUN = (SessionState.CHECKING, SessionState.OPEN, SessionState.STOPPED)


def leave(clerk: Clerk, person: PersonId, group: int | None = None) -> None:
    """Take somebody out of every session that is not over, of one group or of all."""
    for session_id in staff.led_by(clerk.tx, person, group):
        if session := sessions.load(clerk.tx, session_id):
            event = e.FacilitatorRemoved(person)
            keeping.happen(clerk.tx, session, event, clerk.now, by=clerk.person.id)


def holds_alone(clerk: Clerk, person: PersonId, group: int) -> bool:
    """Say whether a session of the group has begun and would be left without a facilitator."""
    led = (sessions.load(clerk.tx, one) for one in staff.led_by(clerk.tx, person, group))
    return any(
        session is not None
        and session.state in _BEGUN
        and not any(one.active for who, one in session.facilitators.items() if who != person)
        for session in led
    )
