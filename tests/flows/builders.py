"""Sessions built in memory by honest events, told like the evening: no store, no clock, no chat.

`done` insists that an act is taken, `refused` that it is not.
"""

from dataclasses import replace
from functools import cache

from flows import events as e
from flows.decide import decide
from flows.definition import load_shipped
from flows.digest import SHOWN_LENGTH, opening_digest, sign_off_digest
from flows.effects import Say
from flows.flow import NON_NEGOTIABLES, make_revision
from flows.model import (
    Agreement,
    Check,
    CheckState,
    Clearance,
    ClearanceDecision,
    Destination,
    Facilitator,
    Meaning,
    Outcome,
    PersonId,
    Programme,
    RoomKind,
    Session,
    SessionId,
    SessionKind,
    Standing,
)

NOON = 1_800_000_000
STARTS = NOON + 1800
ENDS = STARTS + 5400
YEAR = 365 * 86400
ANNA, BEN = PersonId(1), PersonId(2)
P, Q, R = PersonId(11), PersonId(12), PersonId(13)
NOBODY = PersonId(99)
SIGN = Meaning("sign/admit", "en", "a" * 64)
OPEN = Meaning("sign/open", "en", "b" * 64)
FLOW = load_shipped()["environment"]
REVISION = make_revision(FLOW, "en", {key: source.text for key, source in FLOW.texts().items()})
ITEMS = tuple(item.id for item in FLOW.items)
STANDING = Standing(
    Clearance(ClearanceDecision.ONLINE_GROUP, NOON + YEAR),
    NOON + YEAR,
    frozenset(Agreement),
    NOON - YEAR,
)


def planned(*people, **changed):
    """Return a session that nothing but time and acts holds."""
    roster = people or (P, Q)
    session = Session(
        id=SessionId(1),
        kind=SessionKind.GROUP,
        room=RoomKind.LINK,
        starts_at=STARTS,
        ends_at=ENDS,
        cap=6,
        facilitators={ANNA: Facilitator(), BEN: Facilitator()},
        checks={p: Check(p, standing=STANDING, published=REVISION) for p in roster},
        programme=Programme(ends_at=NOON + YEAR, safety_contact_until=NOON + YEAR),
    )
    return replace(session, **changed)


def with_(session, person, **changed):
    """Return the session with one check changed behind the machine's back."""
    check = replace(session.checks[person], **changed)
    return replace(session, checks={**session.checks, person: check})


def with_standing(session, person, **changed):
    return with_(session, person, standing=replace(session.checks[person].standing, **changed))


def with_staff(session, by, **changed):
    changed_one = replace(session.facilitators[by], **changed)
    return replace(session, facilitators={**session.facilitators, by: changed_one})


def done(session, event, now=NOON):
    """Return the decision on an event that must be taken."""
    decision = decide(session, event, now)
    assert decision.refusal is None, decision.refusal
    return decision


def after(session, event, now=NOON):
    return done(session, event, now).state


def refused(session, event, now=NOON):
    """Return why an event was refused; it must have changed and ordered nothing."""
    decision = decide(session, event, now)
    assert decision.refusal is not None
    assert decision.state is session
    assert decision.effects == ()
    return decision.refusal


@cache
def started(*people):
    return after(planned(*people), e.ChecksStarted(ANNA))


def taps(session, person, option="yes"):
    """Return the event of a tap on the person's question."""
    check = session.checks[person]
    return e.StepAnswered(person, person, check.epoch, check.run.step, option)


def answered_once(session, person, now=NOON):
    return after(session, taps(session, person), now)


def answered(session, person, now=NOON):
    """Answer *yes* until the questions are at their end."""
    while session.checks[person].state is CheckState.ASKING:
        session = after(session, taps(session, person), now)
    return session


def sees(session, by, person, item, *, seen=True):
    return e.ItemObserved(by, person, session.checks[person].epoch, item, seen)


def observed(session, by, person, now=NOON):
    session = after(session, e.PersonClaimed(by, person), now)
    for item in NON_NEGOTIABLES:
        session = after(session, sees(session, by, person, item), now)
    return session


def signs(session, by, person, destination=None):
    """Return the signature under the screen as it is."""
    check = session.checks[person]
    outcome = Outcome.TURN_AWAY if destination else Outcome.ADMIT
    digest = sign_off_digest(session, check, by, outcome, destination, SIGN)
    shown = digest[:SHOWN_LENGTH]
    return e.SignedOff(by, person, check.epoch, outcome, destination, shown, SIGN)


@cache
def ready(*people, now=NOON):
    """Everybody has answered, and Anna has observed everybody; P is on her desk."""
    session = started(*people)
    for person in reversed(session.checks):
        session = observed(answered(session, person, now), ANNA, person, now)
    return session


def admitted_in(session, by, person, now=NOON):
    session = observed(answered(session, person, now), by, person, now)
    return after(session, signs(session, by, person), now)


@cache
def admitted(*people):
    session = started(*people)
    for person in session.checks:
        session = admitted_in(session, ANNA, person)
    return session


@cache
def linked(*people):
    """Everybody is admitted and the link is there: what is missing is the opening."""
    return after(admitted(*people), e.LinkPasted(ANNA, fresh=True))


def opens(session, by=ANNA):
    shown = opening_digest(session, by, OPEN)[:SHOWN_LENGTH]
    return e.SessionOpened(by, shown, OPEN)


@cache
def opened(*people):
    session = linked(*people)
    return after(session, opens(session), STARTS)


def joins(session, person):
    return e.JoinAsked(person, session.checks[person].epoch)


@cache
def joined(*people):
    """Open, and P is in."""
    session = opened(*people)
    return after(session, joins(session, P), STARTS)


def turned_away(session, by, person, now=NOON):
    session = after(session, e.PersonClaimed(by, person), now)
    return after(session, signs(session, by, person, Destination.ONE_TO_ONE), now)


def absent(session, by, person, now=NOON):
    session = after(session, e.PersonClaimed(by, person), now)
    return after(session, e.MarkedAbsent(by, person, session.checks[person].epoch), now)


def effects(decision, kind):
    return tuple(effect for effect in decision.effects if isinstance(effect, kind))


def said(decision):
    """Return who was rung with which text."""
    return {(say.to, say.text) for say in effects(decision, Say)}
