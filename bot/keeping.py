"""One event kept: load, decide, save, and put everything that follows into the same commit.

This is the only place that turns a decision into rows. It adds exactly one audit row.
"""

import re

from flows.decide import Decision, decide
from flows.effects import (
    Bring,
    DestroyLink,
    Effect,
    Hide,
    MintCredential,
    Redraw,
    Say,
    SetTimer,
    Show,
)
from flows.events import (
    CallInRanOut,
    CallInRefused,
    CheckOutMissed,
    ChecksDue,
    ChecksOverdue,
    CredentialRanOut,
    DebriefMissed,
    Event,
    SessionOpened,
    SessionRanOut,
    SignedOff,
    StepTimedOut,
    WindowReached,
)
from flows.model import Instant, PersonId, Session, SessionId, SessionState
from storage import audit, links, outbox, reminders, sessions, signed, timers
from storage.audit import AuditRow
from storage.outbox import Kind
from storage.store import Tx

BY_ITSELF = (
    *(StepTimedOut, CredentialRanOut, SessionRanOut, WindowReached, CheckOutMissed),
    *(CallInRanOut, CallInRefused, ChecksDue, ChecksOverdue, DebriefMissed),
)
"""What no person did."""


def happen(
    tx: Tx, session: Session, event: Event, now: Instant, by: PersonId | None = None
) -> Decision:
    """Decide on what a person did and keep what follows, or keep that it was refused.

    `by` is who did it, where the event does not say so.
    """
    decision = decide(session, event, now)
    if not decision.refusal:
        _keep(tx, session, decision, now)
    _record(tx, session, event, decision, now, by)
    return decision


def happen_by_itself(tx: Tx, session: Session, event: Event, now: Instant) -> None:
    """Decide on what a timer or another act brings about; where nothing follows, leave no trace."""
    decision = decide(session, event, now)
    if decision.refusal:
        return
    _keep(tx, session, decision, now)
    _record(tx, session, event, decision, now)


def _keep(tx: Tx, session: Session, decision: Decision, now: Instant) -> None:
    if decision.state != session:
        sessions.save(tx, session, decision.state, now)
        _follow_schedule(tx, session, decision.state, now)
    for effect in decision.effects:
        carry_out(tx, session.id, effect, now)


def _follow_schedule(tx: Tx, before: Session, after: Session, now: Instant) -> None:
    """Bring reminders up to a session whose plan has changed; of a cancelled one nothing stays."""
    if after.state is SessionState.CANCELLED:
        timers.clear(tx, after.id)
    if SessionState.PLANNED in (before.state, after.state):
        reminders.follow(tx, after.id, now)


def carry_out(tx: Tx, session: SessionId, effect: Effect, now: Instant) -> None:
    """Turn one effect into rows."""
    match effect:
        case Say(to, text, params, about):
            outbox.add(
                tx,
                to,
                Kind.SAY,
                now=now,
                session=session,
                subject=text,
                params=params,
                about=about,
            )
        case Show(to, screen):
            outbox.add(tx, to, Kind.SHOW, now=now, session=session, subject=screen)
        case Bring(to, screen):
            outbox.add(tx, to, Kind.BRING, now=now, session=session, subject=screen)
        case Hide(to, screen):
            outbox.add(tx, to, Kind.HIDE, now=now, session=session, subject=screen)
        case Redraw(to, screen):
            outbox.add(tx, to, Kind.REDRAW, now=now, session=session, subject=screen)
        case MintCredential():
            sessions.mint(tx, session, effect, now)
        case SetTimer():
            timers.put(tx, session, effect)
        case DestroyLink():
            links.forget(tx, session)


def kind_of(event: Event) -> str:
    """Return the name under which an event stands in the record."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(event).__name__).lower()


def _detail(event: Event, decision: Decision) -> str:
    """Return the code that tells two rows of the same kind apart."""
    if decision.refusal:
        return decision.refusal.holds[0].code if decision.refusal.holds else ""
    if isinstance(event, SignedOff):
        return (event.destination or event.outcome).replace("_", "-")
    return ""


def _record(
    tx: Tx,
    session: Session,
    event: Event,
    decision: Decision,
    now: Instant,
    by: PersonId | None = None,
) -> None:
    person: PersonId | None = getattr(event, "person", None)
    actor = None if isinstance(event, BY_ITSELF) else by or getattr(event, "by", person)
    check = decision.state.checks.get(person) if person is not None else None
    refusal = decision.refusal
    audit.append(
        tx,
        AuditRow(
            at=now,
            kind=kind_of(event),
            outcome=refusal.code if refusal else "done",
            actor=actor,
            person=person,
            session=session.id,
            epoch=check.epoch if check else None,
            detail=_detail(event, decision),
            bound=None if refusal else _bound(tx, decision.state, event),
        ),
    )


def _bound(tx: Tx, session: Session, event: Event) -> bytes | None:
    """Return the hash of what was signed, where something was."""
    match event:
        case SignedOff(person=person, epoch=epoch):
            check = session.checks[person]
            place = 2 if check.first_sign_off and check.sign_off else 1
            return signed.sign_off(tx, session.id, person, epoch, place)
        case SessionOpened() if session.opening:
            return signed.opening(tx, session.id, session.opening.number)
        case _:
            return None
