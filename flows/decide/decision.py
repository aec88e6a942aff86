"""What `decide` returns, and the few moves that several concerns share."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from flows.effects import Bring, Effect, Param, Say, ScreenKind, Show
from flows.gate import Hold
from flows.machines import move_check, move_session
from flows.model import (
    Check,
    Desk,
    Facilitator,
    PersonId,
    Session,
)


class RefusalCode(StrEnum):
    """Why an act changed nothing; the words are in `bot/texts.toml` under `refusal`."""

    NOT_FACILITATOR = "not-facilitator"
    NOT_COORDINATOR = "not-coordinator"
    NOT_PARTICIPANT = "not-participant"
    STALE = "stale"
    REPEATED = "repeated"
    FORGED = "forged"
    CLAIMED = "claimed"
    HELD = "held"
    LINK_USED = "link-used"
    NOT_NOW = "not-now"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An act that changed nothing: why, and the holds where it was the gate that said no."""

    code: RefusalCode
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The session afterwards, what shall be done, and the refusal if there was one."""

    state: Session
    effects: tuple[Effect, ...] = ()
    refusal: Refusal | None = None

    def then(self, *effects: Effect) -> "Decision":
        """Return the same decision with more to be done."""
        return replace(self, effects=(*self.effects, *effects))


def refuse(session: Session, code: RefusalCode, holds: tuple[Hold, ...] = ()) -> Decision:
    """Change nothing, and say why."""
    return Decision(session, refusal=Refusal(code, holds))


def facilitator_of(session: Session, person: PersonId) -> Facilitator | None:
    """Return the session's active and prepared facilitator, or None."""
    facilitator = session.facilitators.get(person)
    if facilitator is None or not facilitator.active or not facilitator.prepared:
        return None
    return facilitator


def with_check(session: Session, check: Check) -> Session:
    """Return the session with this check in the place of the person's earlier one."""
    return replace(session, checks={**session.checks, check.person: check})


def with_facilitator(session: Session, person: PersonId, facilitator: Facilitator) -> Session:
    """Return the session with this facilitator in the place of the earlier one."""
    return replace(session, facilitators={**session.facilitators, person: facilitator})


def on_desk(session: Session, by: PersonId, person: PersonId) -> Check | RefusalCode:
    """Return the check of the person on this facilitator's desk, or why there is none."""
    facilitator = facilitator_of(session, by)
    if facilitator is None:
        return RefusalCode.NOT_FACILITATOR
    check = session.checks.get(person)
    if check is None:
        return RefusalCode.FORGED
    if facilitator.desk is None or facilitator.desk.person != person:
        return RefusalCode.STALE
    return check


def with_desk(session: Session, by: PersonId, desk: Desk | None) -> Session:
    """Return the session with this on a facilitator's desk; None: nobody."""
    return with_facilitator(session, by, replace(session.facilitators[by], desk=desk))


def moved(check: Check, trigger: str) -> Check | None:
    """Return the check after `trigger`, or None where the machine has no such move."""
    state = move_check(check.state, trigger)
    return replace(check, state=state) if state else None


def session_moved(session: Session, trigger: str) -> Session | None:
    """Return the session after `trigger`, or None where the machine has no such move."""
    state = move_session(session.state, trigger)
    return replace(session, state=state) if state else None


def afresh(check: Check, trigger: str) -> Check | None:
    """Return the check after `trigger` in its next epoch with nothing carried over, or None.

    All is asked anew; only that somebody may still be in the room is not forgotten.
    """
    to = moved(check, trigger)
    if to is None:
        return None
    return replace(
        to,
        epoch=check.epoch + 1,
        run=None,
        answers={},
        observations={},
        first_sign_off=None,
        sign_off=None,
        credential=None,
        minted=0,
        ready_at=None,
        arrived_at=None,
        checked_out_at=None,
        rejoin_asked_at=None,
        rejoin_confirmed_at=None,
    )


def changed(check: Check) -> Check:
    """Return the check in its next epoch: the answers stand, what was built on them is gone."""
    return replace(
        check,
        epoch=check.epoch + 1,
        observations={},
        first_sign_off=None,
        sign_off=None,
        credential=None,
        minted=0,
        rejoin_asked_at=None,
        rejoin_confirmed_at=None,
    )


def boards_shown(session: Session, by: PersonId | None) -> tuple[Show | Bring, ...]:
    """Show the board to every facilitator; whoever acted looks at the chat and need not be rung.

    None acted where it was the schedule's time: then it rings for all.
    """
    return tuple(
        Bring(person, ScreenKind.BOARD) if person == by else Show(person, ScreenKind.BOARD)
        for person, facilitator in session.facilitators.items()
        if facilitator.active
    )


def ring(
    session: Session,
    text: str,
    about: PersonId | None = None,
    params: Mapping[str, Param] | None = None,
) -> Iterable[Say]:
    """Say something to every active facilitator of the session as a new message."""
    return tuple(
        Say(person, text, params or {}, about)
        for person, facilitator in session.facilitators.items()
        if facilitator.active
    )
