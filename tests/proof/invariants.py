"""The gate invariants of the domain, each one small function over one step of the search.

They judge what `decide` did by what was done before (the witness), by the facts of the step and by
what was put out of order; never by asking the gate whether the gate was right. *A*, *R* and *L* are
the domain's rules on answers that staff enter, on coming back and on latecomers. 12 and 13 are the
store's and the sender's. That no link of the check room is a session's own is the store's too: here
it is an event that says whether a link is fresh.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from flows import events as e
from flows.decide import Decision
from flows.effects import DestroyLink, MintCredential
from flows.model import (
    CallIn,
    Check,
    CheckState,
    Instant,
    Outcome,
    PersonId,
    Session,
    SessionState,
)
from tests.proof.acts import Act, Happening, Screen
from tests.proof.oddities import (
    ADMITTING,
    ASKING,
    CALLING,
    OPENING,
    RELEASING,
    SHOWING,
    Odd,
    Oddity,
)
from tests.proof.views import RoomWitness, Witness
from tests.proof.world import NAMES, RULES, World

STOPS = (e.SessionStopped, e.PersonStopped, e.SelfStopped, e.ProgrammeSuspended)
FOR_ALL = (
    e.ChecksStarted,
    e.ChecksDue,
    e.SessionOpened,
    e.SessionStopped,
    e.ProgrammeSuspended,
    e.SessionMoved,
    e.SessionClosed,
    e.SessionRanOut,
    e.RevisionRecalled,
    e.FacilitatorRemoved,
)
OWN_ASKING = e.JoinAsked | e.StillAloneAnswered
FOR_OTHERS = e.JoinAskedFor | e.StillAloneReported
ENDING = (
    e.SessionStopped,
    e.ProgrammeSuspended,
    e.SessionMoved,
    e.SessionCancelled,
    e.SessionClosed,
    e.SessionRanOut,
)
ENDING_A_CALL = (
    *(e.SignedOff, e.MarkedAbsent, e.PersonStopped, e.SelfStopped, e.CheckRestarted),
    *(e.SignOffTakenBack, e.StandingNarrowed, e.CallInRanOut, e.CallInRefused),
)
"""What ends the call of whom it is about."""


@dataclass(slots=True)
class Step:
    """One step: what was there, what happened when, what was out of order, what came of it.

    `witnesses` are of before the step. `shown` says whose way in was drawn, `screen` where a
    signature was drawn. `again` is what became of the same event once more. `let_in` is who was
    given or shown a way in, `touched` every check that was changed, before and after. `called` is
    who was called into the check room in this step, `call_shown` who was shown the way there.
    """

    world: World
    act: Act
    event: Happening
    now: Instant
    before: Session
    odd: Odd
    witnesses: Mapping[PersonId, Witness]
    room: RoomWitness
    screen: Screen | None = None
    shown: PersonId | None = None
    decision: Decision | None = None
    again: Decision | None = None
    after: Session = field(init=False)
    accepted: bool = False
    opened: bool = False
    admitted: PersonId | None = None
    minted: tuple[MintCredential, ...] = ()
    let_in: tuple[PersonId, ...] = ()
    touched: tuple[tuple[Check, Check], ...] = ()
    called: PersonId | None = None
    call_shown: PersonId | None = None

    def __post_init__(self) -> None:
        self.after = self.before

    def draw(self, person: PersonId) -> None:
        """Note that somebody was shown their way in."""
        self.shown = person
        self.let_in = (person,)

    def accept(self, decision: Decision) -> None:
        """Note what was decided."""
        event, before, after = self.event, self.before, decision.state
        self.decision, self.after, self.accepted = decision, after, True
        self.minted = tuple(one for one in decision.effects if isinstance(one, MintCredential))
        self.let_in = tuple(one.person for one in self.minted)
        self.opened = before.state is not SessionState.OPEN and after.state is SessionState.OPEN
        if isinstance(event, e.SignedOff) and event.outcome is Outcome.ADMIT:
            self.admitted = event.person
        if after.called is not None and after.called != before.called:
            self.called = after.called.person
        pairs = ((check, after.checks[p]) for p, check in before.checks.items())
        self.touched = tuple((was, is_) for was, is_ in pairs if was is not is_)

    def target(self) -> PersonId | None:
        """Whom the event is about, or None where it is about the session."""
        return None if isinstance(self.event, FOR_ALL) else getattr(self.event, "person", None)


def release(step: Step) -> Iterator[str]:
    """Let in only on a live admission of that epoch, in an open session, in the window."""
    for person in step.let_in:
        if step.witnesses[person].signer is None:
            yield "let in without a live admission"
        if not step.room.open:
            yield "let in while the session is not open"
        first = step.before.starts_at - RULES.open_before
        if not first <= step.now < step.before.ends_at:
            yield "let in outside the window"
    if step.opened and step.now < step.before.starts_at - RULES.open_before:
        yield "opened before the window"
    for effect in step.minted:
        epoch = step.before.checks[effect.person].epoch
        if not epoch == effect.epoch == step.after.checks[effect.person].epoch:
            yield "minted for another epoch"
    for was, is_ in step.touched:
        kept = is_.credential is not None
        if kept and (is_.state is not CheckState.ADMITTED or is_.epoch != was.epoch):
            yield "a way in outlives its admission"


def complete(step: Step) -> Iterator[str]:
    """Everything answered yes and observed by the signer; opened when everybody is settled."""
    if step.admitted is not None:
        witness = step.witnesses[step.admitted]
        if not witness.yes >= step.world.mandatory:
            yield "admitted without every mandatory item answered yes"
        seen = {item for by, item in witness.seen if by == getattr(step.event, "by", None)}
        if not seen >= step.world.to_see:
            yield "admitted without everything observed by the signer"
    if step.opened:
        for witness in step.witnesses.values():
            if witness.signer is None and not witness.away:
                yield "opened while somebody was undecided"


def human(step: Step) -> Iterator[str]:  # noqa: C901 -- one invariant, a line a way to break it
    """Signed by an active facilitator's own tap, who is no participant; active still at release."""
    event = step.event
    for was, is_ in step.touched:
        earlier = (was.first_sign_off, was.sign_off)
        for signature in (is_.first_sign_off, is_.sign_off):
            if signature is None or signature in earlier:
                continue
            if not isinstance(event, e.SignedOff) or event.person != is_.person:
                yield "a signature that nobody tapped"
            elif signature.by != event.by or not _acts(step, event.by):
                yield "signed by somebody who is no active facilitator, or a participant"
        came_in = was.state is not CheckState.ADMITTED and is_.state is CheckState.ADMITTED
        first = step.witnesses[was.person].first if came_in else None
        if came_in and step.world.signers > 1 and first in (None, getattr(event, "by", None)):
            yield "admitted by one where two must sign"
    if step.opened and not (isinstance(event, e.SessionOpened) and _acts(step, event.by)):
        yield "opened by nobody who may"
    for person in step.let_in:
        for signer in _signers(step.witnesses[person]):
            if not _acts(step, signer):
                yield "let in on the word of somebody who is no active facilitator any more"
    for effect in step.minted:
        if not isinstance(event, OWN_ASKING | FOR_OTHERS) or event.person != effect.person:
            yield "minted though the person has not asked"


def assisted(step: Step) -> Iterator[str]:
    """Enter answers by whoever has the person on the desk; hand a way in to the right one."""
    event = step.event
    if isinstance(event, e.StepAnswered) and step.accepted and event.by != event.person:
        desk = step.before.facilitators[event.by].desk if _acts(step, event.by) else None
        if desk is None or desk.person != event.person:
            yield "an answer entered by somebody who does not look after that person"
        if event.by not in step.after.checks[event.person].entered_by and _noted(step, event):
            yield "an entered answer does not say who entered it"
    for effect in step.minted:
        witness = step.witnesses[effect.person]
        handed_to = witness.signer if witness.told or step.world.chatless else None
        live = step.after.checks[effect.person].credential
        if effect.handed_to != handed_to or live is None or live.handed_to != handed_to:
            yield "a way in that is not for whoever it should be for"
        if (handed_to is None) is not isinstance(event, OWN_ASKING):
            yield "a way in asked for by somebody whom it is not for"
        if handed_to is not None and getattr(event, "by", None) != handed_to:
            yield "a way in given to a facilitator who did not admit the person"
    if step.shown is not None:
        witness = step.witnesses[step.shown]
        handed_to = witness.signer if witness.told or step.world.chatless else None
        live = step.before.checks[step.shown].credential
        if live is not None and live.handed_to != handed_to:
            yield "a way in shown to somebody whom it is not for"


def _noted(step: Step, event: e.StepAnswered) -> bool:
    """Say whether an answer is a new one, or another one than before."""
    item, value = answered(step.world, event)
    was = step.before.checks[event.person].answers.get(item)
    return bool(item) and (was is None or was.value != value)


def _signers(witness: Witness) -> tuple[PersonId, ...]:
    """Return on whose words somebody is in."""
    return tuple(by for by in (witness.first, witness.signer) if by is not None)


def _acts(step: Step, by: PersonId) -> bool:
    facilitator = step.before.facilitators.get(by)
    listed = facilitator is not None and facilitator.active and facilitator.prepared
    return listed and by not in step.world.people


def change_voids(step: Step) -> Iterator[str]:
    """Raise with a change the epochs that it must and no other; an earlier one's word is void."""
    if not step.accepted:
        return
    raised = set()
    for was, is_ in step.touched:
        if is_.epoch < was.epoch:
            yield "an epoch fell"
        if is_.epoch > was.epoch:
            raised.add(was.person)
            kept = (is_.first_sign_off, is_.sign_off, is_.credential, is_.observations, is_.minted)
            if any(kept):
                yield "something signed or seen outlives its epoch"
        about = step.target()
        if about is not None and about != was.person:
            yield "somebody else's check was changed"
    for person in _must_rise(step) - raised:
        yield f"what {NAMES[person]} was signed in on was changed and still counts"
    for person in raised - _may_rise(step):
        yield f"voided what {NAMES[person]} was signed in on without a reason"


def _must_rise(step: Step) -> set[PersonId]:
    event, witnesses = step.event, step.witnesses
    match event:
        case e.SessionMoved():
            return set(step.before.checks)
        case e.FacilitatorRemoved(by):
            return _signed_by(step, by)
        case e.StepAnswered(person=person):
            return {person} if _corrected(step, person) else set()
        case e.SignOffTakenBack(person=person) | e.PersonStopped(person=person):
            return {person}
        case e.SelfStopped(person) | e.StillAloneAnswered(person=person, alone=False):
            return {person}
        case e.StillAloneReported(person=person, alone=False):
            return {person}
        case e.SessionStopped() | e.ProgrammeSuspended() | e.RevisionRecalled():
            running = step.before.state in (SessionState.CHECKING, SessionState.OPEN)
            return {p for p, w in witnesses.items() if running and _signers(w)}
        case _:
            return set()


def _may_rise(step: Step) -> set[PersonId]:
    if isinstance(step.event, e.FacilitatorRemoved):
        return _signed_by(step, step.event.person)
    keeps = (e.SessionOpened, e.ChecksStarted, e.SessionClosed, e.SessionRanOut, e.LinkPasted)
    by_itself = (e.ChecksDue, e.ChecksOverdue, e.DebriefMissed)
    absent = (e.MarkedAbsent, e.AbsenceAnnounced)
    if isinstance(step.event, (*keeps, *by_itself, *absent, e.ItemObserved, e.SignedOff)):
        return set()
    about = step.target()
    return set(step.before.checks) if about is None else {about}


def _signed_by(step: Step, by: PersonId) -> set[PersonId]:
    running = step.before.state in (SessionState.CHECKING, SessionState.OPEN)
    return {p for p, w in step.witnesses.items() if running and by in _signers(w)}


def _corrected(step: Step, person: PersonId) -> bool:
    witness = step.witnesses[person]
    item, value = answered(step.world, step.event)
    return item in (witness.no if value == "yes" else witness.yes)


def answered(world: World, event: Happening) -> tuple[str, str]:
    """Return the item and the value that a tap answers; empty where it answers none."""
    if not isinstance(event, e.StepAnswered):
        return "", ""
    option = world.revision.flow.option(event.step, event.option)
    if option is None or option.value not in ("yes", "no"):
        return "", ""
    return option.marks, option.value


def expiry(step: Step) -> Iterator[str]:
    """No credential outlives its limit or the session's end; nothing too old is built upon."""
    for effect in step.minted:
        limit = min(step.now + RULES.credential, step.before.ends_at)
        live = step.after.checks[effect.person].credential
        if effect.expires_at > limit or live is None or live.expires_at != effect.expires_at:
            yield "a credential outlives its limit"
    ended = step.now >= step.before.ends_at
    if ended and (step.admitted is not None or step.opened or step.let_in):
        yield "signed, opened or let in after the end"
    shown = step.before.checks[step.shown].credential if step.shown is not None else None
    if step.shown is not None and (shown is None or step.now >= shown.expires_at):
        yield "a way in was shown that is over"


def fail_closed(step: Step) -> Iterator[str]:
    """Anything missing or unknown lets nobody in: no link, no row, no known value."""
    if (step.opened or step.let_in) and not step.room.link:
        yield "opened or let in without a link"


def no_bypass(step: Step) -> Iterator[str]:
    """Admit by nothing but a sign-off, and never on a flow that lacks one of the four."""
    if step.admitted is not None:
        missing = set(step.world.non_negotiables) - {i.id for i in step.world.revision.flow.items}
        if missing:
            yield "admitted on a flow that lacks a non-negotiable"
    for was, is_ in step.touched:
        came_in = was.state is not CheckState.ADMITTED and is_.state is CheckState.ADMITTED
        if came_in and step.admitted != is_.person:
            yield "admitted by something else than a sign-off"


def capability(step: Step) -> Iterator[str]:
    """At most one live credential per person and session."""
    for effect in step.minted:
        if step.witnesses[effect.person].live:
            yield "a second way in while the first is live"
    if len({effect.person for effect in step.minted}) < len(step.minted):
        yield "two ways in for one person at once"
    if step.shown is not None and not step.witnesses[step.shown].live:
        yield "a way in was shown that was taken away"


def stop_dominates(step: Step) -> Iterator[str]:
    """Leave nothing after a stop: no way in, no signature, no link, no opening."""
    if not step.accepted:
        return
    if isinstance(step.event, STOPS):
        for _, is_ in step.touched:
            if is_.credential or is_.sign_off or is_.first_sign_off:
                yield "a signature or a way in is left after a stop"
    if isinstance(step.event, ENDING):
        if step.after.state is SessionState.OPEN:
            yield "open after it was stopped or ended"
        if any(check.credential for _, check in step.touched) or step.after.link_ready:
            yield "a way in or a link is left after the end"
        gone = any(isinstance(effect, DestroyLink) for effect in _effects(step))
        if step.room.link and not gone:
            yield "the link was not destroyed"


def _effects(step: Step) -> tuple[object, ...]:
    return step.decision.effects if step.decision else ()


def capacity(step: Step) -> Iterator[str]:
    """Not more admitted than there are places; one facilitator at least."""
    cap = 1 if step.world.kind == "one_to_one" else min(step.world.cap, 8)
    if step.admitted is not None or step.opened or step.let_in:
        inside = sum(c.state is CheckState.ADMITTED for c in step.after.checks.values())
        if inside > cap:
            yield "more are admitted than there are places"
        if not any(f.active and f.prepared for f in step.before.facilitators.values()):
            yield "nobody is there to facilitate"


def idempotent(step: Step) -> Iterator[str]:
    """Add nothing by the same once more; count a button only for what it was drawn for."""
    adds = step.admitted is not None or step.opened or bool(step.minted)
    if adds and not (step.act.fits and (step.screen is None or step.screen.fits)):
        yield "a button counted for what it was not drawn for"
    if step.again is None or not step.accepted:
        return
    once, twice = step.after, step.again.state
    if any(isinstance(effect, MintCredential) for effect in step.again.effects):
        yield "the same event minted twice"
    for person, check in twice.checks.items():
        if check is once.checks[person]:
            continue
        signed = (once.checks[person].first_sign_off, once.checks[person].sign_off)
        if any(one and one not in signed for one in (check.first_sign_off, check.sign_off)):
            yield "the same event signed twice"
    if twice.opening is not None and twice.opening != once.opening:
        yield "the same event opened twice"


def coming_back(step: Step) -> Iterator[str]:
    """Coming back: asked once, still alone, in time, one time; all else needs a new signature."""
    for effect in step.minted:
        witness = step.witnesses[effect.person]
        if witness.entries > 1:
            yield "a third way in on one signature"
        asked = isinstance(step.event, e.StillAloneAnswered | e.StillAloneReported)
        alone = asked and step.event.alone
        if witness.entries == 1 and not (witness.asked and alone):
            yield "back in without having been asked"
    for person in step.let_in:
        if step.witnesses[person].out:
            yield "back in after having checked out"


def latecomers(step: Step) -> Iterator[str]:
    """Ask and sign latecomers in within the time for latecomers only."""
    over = step.now > step.before.starts_at + RULES.late
    if step.admitted is not None and over and step.witnesses[step.admitted].late:
        yield "a latecomer was admitted too late"
    if step.accepted and isinstance(step.event, e.CheckRestarted):
        was = step.before.checks[step.event.person].state
        during = step.before.state is SessionState.OPEN
        if over and during and was is not CheckState.STOPPED:
            yield "a latecomer was asked too late"


def check_room(step: Step) -> Iterator[str]:
    """Have one person at a time in the check room: complete, by a fresh link, while that stands."""
    if step.call_shown is not None:
        yield from _call_shown(step, step.call_shown)
    called = step.after.called
    if not step.accepted or called is None:
        return
    if step.called is not None:
        yield from _called_in(step, called)
    elif step.room.called != (called.person, called.by):
        yield "somebody is called in whom nobody called"
    elif _ends_call(step, called):
        yield "a call outlives what it was made on"
    if step.after.state not in (SessionState.CHECKING, SessionState.OPEN):
        yield "a call outlives the session"
    if step.now >= called.expires_at:
        yield "a call outlives its limit"
    yield from _in_the_check_room(step, called)
    if step.after.checks[called.person].epoch != called.epoch:
        yield "a call outlives its epoch"


def _called_in(step: Step, called: CallIn) -> Iterator[str]:
    event = step.event
    if not isinstance(event, e.CalledIn) or (event.person, event.by) != (called.person, called.by):
        yield "called in by nobody's tap"
        return
    if not event.fresh:
        yield "called in by a link that was used before"
    if not step.act.fits:
        yield "called in by a button that was drawn for something else"
    if called.expires_at > min(step.now + RULES.credential, step.before.ends_at):
        yield "called in for longer than there is time"


def _in_the_check_room(step: Step, called: CallIn) -> Iterator[str]:
    """Say what is wrong with whoever is called in, told from what was done before."""
    witness = step.witnesses[called.person]
    if not step.world.check_room:
        yield "called in where there is no check room"
    if not witness.yes >= step.world.mandatory:
        yield "called in without every mandatory item answered yes"
    if witness.signer is not None or witness.away:
        yield "called in after it was decided"
    if step.after.checks[called.person].state is not CheckState.READY:
        yield "called in while the questions are open"
    if witness.first == called.by:
        yield "called in by whoever has signed already"
    if not _acts(step, called.by):
        yield "called in by somebody who is no active facilitator, or a participant"


def _call_shown(step: Step, person: PersonId) -> Iterator[str]:
    called = step.before.called
    if called is None or step.room.called != (person, called.by) or called.person != person:
        yield "the way into the check room was shown to somebody who is not called in"
        return
    if step.now >= min(called.expires_at, step.before.ends_at):
        yield "the way into the check room was shown that is over"
    yield from _in_the_check_room(step, called)


def _ends_call(step: Step, called: CallIn) -> bool:
    """Say whether what was done takes away what a call was made on."""
    event, person, by = step.event, called.person, called.by
    match event:
        case e.CalledIn() | e.SessionOpened():
            return True
        case e.PersonClaimed(by=claims, person=taken):
            return (claims == by) != (taken == person)
        case e.DeskLeft(by=leaves):
            return leaves == by
        case e.FacilitatorRemoved(person=gone):
            return gone == by
        case e.RevisionRecalled(revision=recalled):
            return recalled == step.world.revision.id
        case e.StepAnswered(person=answers):
            return answers == person and _corrected(step, person)
        case _ if isinstance(event, ENDING_A_CALL):
            return event.person == person
        case _:
            return isinstance(event, ENDING)


def _odd(number: str) -> Callable[[Step], Iterator[str]]:
    """Return what judges the things of this number that were put out of order."""

    def judge(step: Step) -> Iterator[str]:
        for oddity, about in step.odd:
            if oddity.number == number:
                yield from (f"{did} with: {oddity.name}" for did in _did(step, oddity, about))

    return judge


def _did(step: Step, oddity: Oddity, about: PersonId) -> Iterator[str]:
    blocks = oddity.blocks
    personal = oddity.about == "person"
    if (
        ADMITTING in blocks
        and step.admitted is not None
        and (not personal or step.admitted == about)
    ):
        yield "admitted"
    if OPENING in blocks and step.opened and (not personal or step.witnesses[about].signer):
        yield "opened"
    for effect in step.minted:
        if personal and effect.person != about:
            continue
        entries = step.witnesses[effect.person].entries
        kinds = {RELEASING, "coming back" if entries else "first release"}
        if kinds & blocks:
            yield "minted"
    if SHOWING in blocks and step.shown is not None and (not personal or step.shown == about):
        yield "shown"
    if CALLING in blocks:
        yield from _called(step, about if personal else None)
    if ASKING in blocks and step.accepted:
        yield from _asked(step, about if personal else None)


def _asked(step: Step, about: PersonId | None) -> Iterator[str]:
    asking = e.ChecksStarted | e.ChecksDue | e.CheckRestarted | e.StepAnswered
    if isinstance(step.event, asking):
        for was, is_ in step.touched:
            if is_.run is not None and about in (None, was.person):
                yield "asked"


def _called(step: Step, about: PersonId | None) -> Iterator[str]:
    for did, who in (("called in", step.called), ("shown the check room", step.call_shown)):
        if who is not None and about in (None, who):
            yield did


Invariant = Callable[[Step], Iterator[str]]
ALWAYS: tuple[tuple[str, Invariant], ...] = (
    ("1", release),
    ("3", human),
    ("4", change_voids),
    ("7", no_bypass),
    ("9", stop_dominates),
    ("11", idempotent),
    ("14", check_room),
    ("A", assisted),
    ("L", latecomers),
)
"""What has something to say about every accepted step."""
AT_AN_ENTRY: tuple[tuple[str, Invariant], ...] = (
    ("2", complete),
    ("5", expiry),
    ("6", fail_closed),
    ("8", capability),
    ("10", capacity),
    ("R", coming_back),
)
"""What has something to say only where somebody is signed or let in, or the session opens."""
IN_DISORDER: tuple[tuple[str, Invariant], ...] = tuple(
    (number, _odd(number)) for number in ("3", "4", "5", "6", "9", "10", "14", "R")
)
"""What has something to say only where something is out of order."""
NOT_HELD_HERE = {
    "12": "the audit is the store's",
    "13": "the addressees are the sender's",
}


def judge(step: Step) -> Iterator[tuple[str, str]]:
    """Return every invariant that the step breaks: its number, and how.

    Where a row was lost, what it said can't raise an epoch: there 4 is not asked.
    """
    lost = any(oddity.lost for oddity, _ in step.odd)
    entry = step.opened or step.admitted is not None or step.let_in
    for number, invariant in (
        *ALWAYS,
        *(AT_AN_ENTRY if entry else ()),
        *(IN_DISORDER if step.odd else ()),
    ):
        if lost and number == "4":
            continue
        for broken in invariant(step):
            yield number, broken


# The witness


def witnessed(step: Step) -> tuple[Mapping[PersonId, Witness], RoomWitness]:
    """Return what is remembered after an accepted step, told from what was done."""
    changed = {was.person: _remember(step, was, is_) for was, is_ in step.touched}
    return {**step.witnesses, **changed}, _remember_room(step)


def _remember(step: Step, was: Check, is_: Check) -> Witness:  # noqa: C901, PLR0911, PLR0912 -- one table, a line an event
    event, witness = step.event, step.witnesses[was.person]
    mine = getattr(event, "person", None) == was.person
    keeps_answers = isinstance(event, e.StepAnswered | e.SignOffTakenBack | e.FacilitatorRemoved)
    if is_.epoch > was.epoch:
        if not keeps_answers or (isinstance(event, e.FacilitatorRemoved) and witness.entries):
            witness = Witness(away=witness.away)
        kept = Witness(yes=witness.yes, no=witness.no, told=witness.told, out=witness.out)
        witness = kept._replace(away=witness.away, late=witness.late)
    if not mine and not isinstance(event, FOR_ALL):
        return witness
    match event:
        case e.StepAnswered():
            return _answered(witness, event, *answered(step.world, event))
        case e.ItemObserved(by=by, item=item, seen=seen):
            one = frozenset({(by, item)})
            return witness._replace(seen=witness.seen | one if seen else witness.seen - one)
        case e.SignedOff(outcome=Outcome.ADMIT, by=by) if _first_of_two(step.world, witness):
            return witness._replace(first=by)
        case e.SignedOff(outcome=Outcome.ADMIT, by=by):
            return witness._replace(signer=by, entries=0, away=False, asked=False, out=False)
        case e.SignedOff() | e.MarkedAbsent() | e.AbsenceAnnounced():
            return Witness(away=True)
        case e.ChecksStarted() | e.ChecksDue() | e.AbsenceTakenBack():
            return Witness()
        case e.CheckRestarted():
            during = step.before.state is SessionState.OPEN
            return Witness(late=during and was.state is not CheckState.STOPPED)
        case e.CredentialRanOut():
            return witness._replace(live=False)
        case e.CheckedOut():
            return witness._replace(live=False, out=True)
        case e.SessionMoved():
            return Witness()
        case e.SessionClosed() | e.SessionRanOut():
            return witness._replace(live=False, signer=None)
        case e.JoinAsked() | e.StillAloneAnswered() | e.LineLost():
            return _at_the_door(step, witness, was.person)
        case e.JoinAskedFor() | e.StillAloneReported():
            return _at_the_door(step, witness, was.person)
        case _:
            return witness


def _first_of_two(world: World, witness: Witness) -> bool:
    return world.signers > 1 and witness.first is None


def _answered(witness: Witness, event: e.StepAnswered, item: str, value: str) -> Witness:
    if not item:
        return witness
    one = frozenset({item})
    if item not in (witness.yes if value == "yes" else witness.no):
        mine = event.by == event.person
        told = witness.told - one if mine else witness.told | one
        witness = witness._replace(told=told)
    if value == "yes":
        return witness._replace(yes=witness.yes | one, no=witness.no - one)
    return witness._replace(yes=witness.yes - one, no=witness.no | one)


def _at_the_door(step: Step, witness: Witness, person: PersonId) -> Witness:
    if any(effect.person == person for effect in step.minted):
        return witness._replace(entries=witness.entries + 1, live=True)
    if witness.signer is None:
        return witness
    return witness._replace(asked=True, live=False)


def _remember_room(step: Step) -> RoomWitness:
    event, room = step.event, _remember_session(step)
    if isinstance(event, e.CalledIn):
        return room._replace(called=(event.person, event.by))
    return room if step.after.called else room._replace(called=None)


def _remember_session(step: Step) -> RoomWitness:
    event, room = step.event, step.room
    match event:
        case e.SessionOpened():
            return room._replace(open=True)
        case e.LinkPasted():
            return room._replace(link=event.fresh)
        case e.ProgrammeSuspended() if step.before.state not in (
            SessionState.CHECKING,
            SessionState.OPEN,
        ):
            return room
        case _ if isinstance(event, ENDING):
            return RoomWitness()
        case _:
            return room
