"""A facilitator's desk: claim a person, tap what was observed, sign, and on to the next."""

from collections.abc import Iterable
from dataclasses import replace

from flows import events as e
from flows.decide.check_room import told_by_colleague
from flows.decide.decision import (
    Decision,
    RefusalCode,
    afresh,
    changed,
    facilitator_of,
    moved,
    on_desk,
    refuse,
    with_check,
    with_desk,
    with_facilitator,
)
from flows.digest import matches, sign_off_digest
from flows.effects import Bring, Effect, Hide, LabelOf, Say, ScreenKind, Show
from flows.gate import Hold, HoldCode, ToAdmit, holds
from flows.model import (
    Check,
    CheckState,
    Desk,
    DeskView,
    Instant,
    Observation,
    Outcome,
    PersonId,
    Session,
    SessionState,
    SignOff,
)

CLAIM_HOLDS = 120
"""Seconds for which a claim keeps a colleague off; after that a second tap takes over."""
SETTLING = (SessionState.CHECKING, SessionState.OPEN)
DECIDED = (CheckState.TURNED_AWAY, CheckState.ABSENT)


def claim(session: Session, event: e.PersonClaimed, now: Instant) -> Decision:
    """Take one person onto the desk; a colleague's claim of the last two minutes stands."""
    facilitator = facilitator_of(session, event.by)
    if facilitator is None:
        return refuse(session, RefusalCode.NOT_FACILITATOR)
    if event.person not in session.checks:
        return refuse(session, RefusalCode.FORGED)
    if session.state not in (*SETTLING, SessionState.STOPPED):
        return refuse(session, RefusalCode.STALE)
    holder = session.claimed_by(event.person)
    taken = session
    if holder is not None and holder != event.by:
        desk = session.facilitators[holder].desk
        if desk is not None and now < desk.since + CLAIM_HOLDS:
            return refuse(session, RefusalCode.CLAIMED)
        taken = with_desk(session, holder, None)
    taken = with_desk(taken, event.by, Desk(event.person, now))
    told: tuple[Effect, ...] = ()
    if session.called is not None and session.called.person == event.person:
        told = told_by_colleague(session, event.by)
    return Decision(taken, (Bring(event.by, ScreenKind.DESK), *told))


def leave(session: Session, event: e.DeskLeft) -> Decision:
    """Put the person back."""
    facilitator = facilitator_of(session, event.by)
    if facilitator is None:
        return refuse(session, RefusalCode.NOT_FACILITATOR)
    if facilitator.desk is None or facilitator.desk.person != event.person:
        return refuse(session, RefusalCode.STALE)
    return Decision(with_desk(session, event.by, None))


def show_destinations(session: Session, event: e.DestinationsAsked) -> Decision:
    """Turn the desk to the places where somebody can be turned to, or back."""
    facilitator = facilitator_of(session, event.by)
    if facilitator is None:
        return refuse(session, RefusalCode.NOT_FACILITATOR)
    desk = facilitator.desk
    if desk is None or desk.person != event.person:
        return refuse(session, RefusalCode.STALE)
    view = DeskView.TURN_AWAY if event.shown else DeskView.LOOK
    return Decision(with_desk(session, event.by, replace(desk, view=view)))


def show_questions(session: Session, event: e.QuestionsAsked) -> Decision:
    """Turn the desk to the questions of whoever is being asked, or back."""
    check = on_desk(session, event.by, event.person)
    if isinstance(check, RefusalCode):
        return refuse(session, check)
    desk = session.facilitators[event.by].desk
    if desk is None or (event.shown and (session.state not in SETTLING or not check.running)):
        return refuse(session, RefusalCode.STALE)
    view = DeskView.ANSWERS if event.shown else DeskView.LOOK
    return Decision(with_desk(session, event.by, replace(desk, view=view)))


def observe(session: Session, event: e.ItemObserved, now: Instant) -> Decision:
    """Keep what this facilitator saw of one item, or that they take it back."""
    check = on_desk(session, event.by, event.person)
    if isinstance(check, RefusalCode):
        return refuse(session, check)
    if event.epoch != check.epoch or check.state is not CheckState.READY:
        return refuse(session, RefusalCode.STALE)
    if event.item not in {item.id for item in check.observed_items}:
        return refuse(session, RefusalCode.FORGED)
    if check.signed_first_by(event.by):
        return refuse(session, RefusalCode.STALE)
    earlier = check.observations.get((event.item, event.by))
    if (earlier.seen if earlier else False) == event.seen:
        return refuse(session, RefusalCode.REPEATED)
    seen = {**check.observations, (event.item, event.by): Observation(event.seen, now)}
    observed = with_check(session, replace(check, observations=seen))
    return Decision(with_desk(observed, event.by, Desk(event.person, now)))


def sign_off(session: Session, event: e.SignedOff, now: Instant) -> Decision:
    """Take a signature: admit where the gate has no holds, or turn away to a named place."""
    check = on_desk(session, event.by, event.person)
    if isinstance(check, RefusalCode):
        return refuse(session, check)
    if event.epoch != check.epoch or session.state not in SETTLING:
        return refuse(session, RefusalCode.STALE)
    if (event.outcome is Outcome.TURN_AWAY) != (event.destination is not None):
        return refuse(session, RefusalCode.FORGED)
    if why := _signing_holds(session, event, now):
        return refuse(session, RefusalCode.HELD, why)
    digest = sign_off_digest(
        session, check, event.by, event.outcome, event.destination, event.meaning
    )
    if not matches(event.shown, digest):
        return refuse(session, RefusalCode.STALE)
    settled = moved(check, event.outcome.value)
    if settled is None:
        return refuse(session, RefusalCode.STALE)
    signature = SignOff(event.outcome, event.by, now, digest, event.meaning, event.destination)
    if _is_first_of_two(session, check, event):
        signed = with_check(session, replace(check, first_sign_off=signature))
        return Decision(_next_person(signed, event.by, now), (Bring(event.by, ScreenKind.DESK),))
    signed = with_check(session, replace(settled, sign_off=signature))
    return Decision(_next_person(signed, event.by, now), _told(session, event))


def _is_first_of_two(session: Session, check: Check, event: e.SignedOff) -> bool:
    """Say whether another facilitator must sign too before somebody is admitted."""
    wanted = session.rules.signers > 1 and check.first_sign_off is None
    return wanted and event.outcome is Outcome.ADMIT


def _signing_holds(session: Session, event: e.SignedOff, now: Instant) -> tuple[Hold, ...]:
    if event.outcome is Outcome.ADMIT:
        return holds(session, ToAdmit(event.person, event.by), now)
    facilitator = facilitator_of(session, event.by)
    if facilitator is None or not facilitator.prepared or event.by in session.checks:
        return (Hold(HoldCode.NOT_FACILITATOR),)
    return (Hold(HoldCode.OVER),) if now >= session.ends_at else ()


def _told(session: Session, event: e.SignedOff) -> tuple[Effect, ...]:
    """Ring the participant where there is something to do: to join, or to make other plans."""
    next_desk = Bring(event.by, ScreenKind.DESK)
    if event.outcome is Outcome.TURN_AWAY or session.state is SessionState.OPEN:
        return (next_desk, Show(event.person, ScreenKind.PLACE))
    return (next_desk,)


def take_back(session: Session, event: e.SignOffTakenBack, now: Instant) -> Decision:
    """Void an admission before the person got in; the answers stand, the rest is done anew."""
    if not facilitator_of(session, event.by):
        return refuse(session, RefusalCode.NOT_FACILITATOR)
    check = session.checks.get(event.person)
    if check is None:
        return refuse(session, RefusalCode.FORGED)
    if event.epoch != check.epoch or check.minted or session.state not in SETTLING:
        return refuse(session, RefusalCode.STALE)
    returned = _signed_anew(check, now)
    if returned is None:
        return refuse(session, RefusalCode.STALE)
    return Decision(with_check(session, returned))


def _signed_anew(check: Check, now: Instant) -> Check | None:
    """Return the check in its next epoch without what was signed for it; None: nothing was."""
    back = _unsigned(check)
    if back is None:
        return None
    fresh = changed(back)
    return replace(fresh, ready_at=now) if fresh.state is CheckState.READY else fresh


def _unsigned(check: Check) -> Check | None:
    if check.first_sign_off and check.state is not CheckState.ADMITTED:
        return None if check.state in DECIDED else check
    return moved(check, "take_back")


def mark_absent(session: Session, event: e.MarkedAbsent, now: Instant) -> Decision:
    """Settle somebody who is not there; the session need not wait for them."""
    check = on_desk(session, event.by, event.person)
    if isinstance(check, RefusalCode):
        return refuse(session, check)
    if event.epoch != check.epoch or session.state not in SETTLING:
        return refuse(session, RefusalCode.STALE)
    absent = moved(check, "mark_absent")
    if absent is None:
        return refuse(session, RefusalCode.STALE)
    marked = with_check(session, replace(absent, ready_at=None, arrived_at=None))
    return Decision(_next_person(marked, event.by, now), (Bring(event.by, ScreenKind.DESK),))


def remove_facilitator(session: Session, event: e.FacilitatorRemoved, now: Instant) -> Decision:
    """Take the role away, and the screens with it; what they signed is void, the rest stands."""
    facilitator = session.facilitators.get(event.person)
    if facilitator is None or not facilitator.active:
        return refuse(session, RefusalCode.REPEATED)
    gone = replace(facilitator, active=False, desk=None, proved_at=None)
    removed = with_facilitator(session, event.person, gone)
    effects: list[Effect] = [
        Hide(event.person, ScreenKind.DESK),
        Hide(event.person, ScreenKind.BOARD),
    ]
    for check in session.checks.values():
        if not _admits_through(check, event.person) or session.state not in SETTLING:
            continue
        if check.minted:
            removed = with_check(removed, afresh(check, "stop") or check)
            effects.append(Show(check.person, ScreenKind.PLACE))
        else:
            removed = with_check(removed, _signed_anew(check, now) or check)
        effects += _sign_anew(removed, check.person)
    return Decision(removed, tuple(effects))


def _admits_through(check: Check, signer: PersonId) -> bool:
    """Say whether somebody's signature counts, or half counts, for a check that is under way."""
    if check.state in DECIDED:
        return False
    signatures = (check.first_sign_off, check.sign_off)
    return any(one is not None and one.by == signer for one in signatures)


def _sign_anew(session: Session, person: PersonId) -> Iterable[Say]:
    return tuple(
        Say(by, "ring/sign-anew", {"who": LabelOf(person)}, person)
        for by, facilitator in session.facilitators.items()
        if facilitator.active
    )


def _next_person(session: Session, by: PersonId, now: Instant) -> Session:
    """Put the person on the desk who has been ready longest and whom nobody has claimed."""
    ready = [
        check
        for check in session.checks.values()
        if check.state is CheckState.READY
        and session.claimed_by(check.person) is None
        and not check.signed_first_by(by)
    ]
    if not ready:
        return with_desk(session, by, None)
    first = min(ready, key=lambda check: (check.ready_at or 0, check.person))
    return with_desk(session, by, Desk(first.person, now))
