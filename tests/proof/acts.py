"""Everything that may happen to a session: honest, stale, repeated or forged, by anybody.

An act is made from the session as it is then, so that nothing honest is ever out of date by chance.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from flows import events as e
from flows.digest import SHOWN_LENGTH, opening_digest, sign_off_digest
from flows.model import (
    Destination,
    Instant,
    Meaning,
    Opening,
    Outcome,
    PersonId,
    Session,
    SessionId,
    SignOff,
    StopReason,
)
from tests.flows.builders import (
    ANNA,
    ENDS,
    NOBODY,
    NOON,
    OPEN,
    SIGN,
    STARTS,
)
from tests.proof.oddities import Change, answer_changed, check_with, missing, seen_lost
from tests.proof.views import FIRST_DIGEST, NO_DIGEST
from tests.proof.world import EPOCH, LATER, NAMES, World


@dataclass(frozen=True)
class WayInDrawn:
    """The way in was drawn on somebody's screen: the gate is asked, `decide` is not."""

    person: PersonId


@dataclass(frozen=True)
class WayInEnded:
    """The clock reached the limit of a way in; nobody has done anything."""

    person: PersonId


@dataclass(frozen=True)
class CallDrawn:
    """The way into the check room was drawn on somebody's screen: the gate is asked."""

    person: PersonId


@dataclass(frozen=True)
class CallEnded:
    """The clock reached the limit of a call into the check room; nobody has done anything."""

    person: PersonId


Happening = e.Event | WayInDrawn | WayInEnded | CallDrawn | CallEnded


@dataclass(frozen=True)
class Screen:
    """A screen that a signature may have been drawn on; `digits` reads all that is on it."""

    name: str
    digits: Callable[[Session], str] = field(compare=False)
    fits: bool = False


@dataclass(frozen=True)
class Act:
    """Something that may happen: `make` reads the session and raises `Touched` where it must know.

    `fits` says whether the button was drawn for what it is used for now. A signature is tried from
    each of `screens`, once somebody looks at the digits that it carries. A `plain` one copies
    the programme and asks nothing of it. A `whole` one is about the session.
    """

    name: str
    make: Callable[[Session], Happening | None] = field(compare=False)
    by: PersonId | None = None
    fits: bool = True
    screens: tuple[Screen, ...] = ()
    plain: bool = False
    whole: bool = False


class Wanted(Exception):
    """Somebody compared the digits on a button, which were not reckoned yet."""


class Unread(str):
    """The digits on a button until somebody looks at them; reckoning them reads a whole screen."""

    __slots__ = ()

    def __len__(self) -> int:
        raise Wanted


UNREAD = Unread("?")


def acts_of(world: World) -> tuple[Act, ...]:
    """Return everything that may happen, honest, stale, repeated or forged."""
    found = [*_common(world)]
    found = [replace(act, whole=True) for act in found]
    for person in world.people:
        found += _talking(world, person)
        found += _at_the_desk(world, person)
        found += _at_the_door(world, person)
    return tuple(found)


def _always(event: Happening) -> Callable[[Session], Happening]:
    return lambda _session: event


def _named(by: PersonId) -> str:
    return NAMES[by]


def _acting(world: World) -> tuple[PersonId, ...]:
    return tuple(by for by in world.staff if by not in world.passive)


def _anybody(world: World) -> tuple[PersonId, ...]:
    return tuple(dict.fromkeys((*_acting(world), NOBODY, *world.people)))


def _common(world: World) -> Iterator[Act]:
    for by in dict.fromkeys((*_acting(world), NOBODY, world.people[0])):
        who = _named(by)
        yield Act(f"{who} starts the checks", _always(e.ChecksStarted(by)), by)
        yield Act(f"{who} pastes a fresh link", _always(e.LinkPasted(by, fresh=True)), by)
        yield Act(f"{who} stops the session", _always(e.SessionStopped(by)), by)
        yield Act(f"{who} closes the session", _always(e.SessionClosed(by)), by)
        yield Act(f"{who} cancels the session", _always(e.SessionCancelled(by)), by)
        moved = e.SessionMoved(by, LATER, LATER + ENDS - STARTS)
        yield Act(f"{who} moves the session", _always(moved), by)
        yield from _openings(by)
    by = world.staff[0]
    yield Act("Anna pastes a used link", _always(e.LinkPasted(by, fresh=False)), by)
    yield Act("Anna moves it into the past", _always(e.SessionMoved(by, NOON - 1, NOON + 3600)), by)
    for stamp in (1, 0):
        stale = "" if stamp else " (an earlier schedule's)"
        yield Act(f"the end's timer{stale}", _always(e.SessionRanOut(stamp)))
        yield Act(f"the window's timer{stale}", _always(e.WindowReached(stamp)))
        yield Act(f"the check-out's timer{stale}", _always(e.CheckOutMissed(stamp)))
        yield Act(f"the checks begin by themselves{stale}", _always(e.ChecksDue(stamp)))
        yield Act(f"the timer of checks that are late{stale}", _always(e.ChecksOverdue(stamp)))
        yield Act(f"the debrief's timer{stale}", _always(e.DebriefMissed(stamp)))
    for by in _acting(world):
        yield Act(f"{_named(by)} loses the session", _always(e.FacilitatorRemoved(by)))
        yield Act(f"{_named(by)} enters a code", _always(e.FactorProved(by)))
        yield Act(f"{_named(by)}'s codes are reset", _always(e.FactorReset(NOBODY, by)))
    yield Act("the revision is recalled", _always(e.RevisionRecalled(world.revision.id)))
    yield Act("another revision is recalled", _always(e.RevisionRecalled("another")))
    yield Act("the programme is suspended", _always(e.ProgrammeSuspended()), plain=True)


OTHERWISE = Meaning("sign/other", "en", "c" * 64)
TOO_SHORT = SHOWN_LENGTH - 1


def _openings(by: PersonId) -> Iterator[Act]:
    def screen(
        name: str, change: Callable[[Session], Session], meaning: Meaning = OPEN, length: int = 16
    ) -> Screen:
        def digits(session: Session) -> str:
            return opening_digest(change(session), by, meaning)[:length]

        return Screen(name, digits, fits=not name)

    def as_it_is(session: Session) -> Session:
        return session

    screens = (
        screen("an earlier schedule", lambda s: replace(s, schedule=s.schedule + 1)),
        screen("an earlier opening", _another_opening),
        screen("an earlier roster", _another_roster),
        screen("another sentence", as_it_is, OTHERWISE),
        screen("too few digits", as_it_is, length=TOO_SHORT),
        screen("", as_it_is),
    )
    event = _always(e.SessionOpened(by, UNREAD, OPEN))
    yield Act(f"{_named(by)} opens the session", event, by, screens=screens)


def _another_opening(session: Session) -> Session:
    opening = session.opening
    if opening is None:
        return replace(session, opening=Opening(7, ANNA, NOON, NO_DIGEST, OPEN))
    return replace(session, opening=replace(opening, number=opening.number + 1))


def _another_roster(session: Session) -> Session:
    person, check = next(iter(session.checks.items()))
    return check_with(session, person, epoch=check.epoch - 1)


# Talking with a participant


def _talking(world: World, person: PersonId) -> Iterator[Act]:
    who = NAMES[person]
    most = max(len(step.options) for step in world.revision.flow.steps.values())
    for number in range(most):
        yield Act(f"{who} taps option {number + 1}", _tap(person, number), person)
    first = next(iter(world.revision.flow.steps))
    forged = (
        ("a button of an earlier epoch", _tap(person, 0, epoch=EPOCH - 1)),
        ("a button of another step", _tap(person, 0, other_step=True)),
        ("an option that is not there", _always(e.StepAnswered(person, person, EPOCH, first, "?"))),
    )
    for name, make in forged:
        yield Act(f"{who} taps {name}", make, person, fits=False)
    others = tuple(other for other in world.people if other != person)
    for by in (NOBODY, *others):
        yield Act(f"{_named(by)} answers for {who}", _tap(person, 0, by=by), by, fits=False)
    if world.helped:
        yield from _entering(world, person, most)
    yield Act(f"{who}'s question stays unanswered", _at_step(e.StepTimedOut, person))
    yield Act(f"{who} takes the question up", _at_step(e.QuestionTakenUp, person), person)
    for kind, name in ((e.StepTimedOut, "timer"), (e.QuestionTakenUp, "reminder")):
        stale = _at_step(kind, person, EPOCH - 1)
        yield Act(f"an earlier epoch's {name} of {who}", stale, fits=False)
    yield Act(f"{who} says they are there", _always(e.ArrivedLate(person)), person)
    for stamp in (1, 0):
        old = {"by": person, "fits": bool(stamp)}
        stale = "" if stamp else " of another time"
        yield Act(f"{who} can't come{stale}", _always(e.AbsenceAnnounced(person, stamp)), **old)
        yield Act(f"{who} can come{stale}", _always(e.AbsenceTakenBack(person, stamp)), **old)


def _entering(world: World, person: PersonId, most: int) -> Iterator[Act]:
    """Yield what a facilitator enters for somebody, heard by phone."""
    who = NAMES[person]
    for by in (by for by in _acting(world) if by != person):
        for number in range(most):
            enters = _tap(person, number, by=by)
            yield Act(f"{_named(by)} enters option {number + 1} of {who}", enters, by)
        old = _tap(person, 0, by=by, epoch=EPOCH - 1)
        yield Act(f"{_named(by)} enters an answer of {who} by an old button", old, by, fits=False)


def _tap(
    person: PersonId,
    number: int,
    *,
    epoch: int = EPOCH,
    by: PersonId | None = None,
    other_step: bool = False,
) -> Callable[[Session], Happening | None]:
    def make(session: Session) -> Happening | None:
        run = session.checks[person].run
        if run is None:
            return e.StepAnswered(by or person, person, epoch, "headphones", "yes")
        flow = run.revision.flow
        step = run.step
        if other_step:
            step = next(s.id for s in flow.steps.values() if s.id != run.step and s.item)
        options = flow.steps[step].options
        if number >= len(options):
            return None
        return e.StepAnswered(by or person, person, epoch, step, options[number].id)

    return make


def _at_step(
    kind: type[e.StepTimedOut | e.QuestionTakenUp], person: PersonId, epoch: int = EPOCH
) -> Callable[[Session], Happening]:
    def make(session: Session) -> Happening:
        run = session.checks[person].run
        return kind(person, epoch, run.step if run else "headphones")

    return make


# At a facilitator's desk


def _at_the_desk(world: World, person: PersonId) -> Iterator[Act]:
    who = NAMES[person]
    for by in _anybody(world):
        name = _named(by)
        yield Act(f"{name} claims {who}", _always(e.PersonClaimed(by, person)), by)
        yield Act(f"{name} puts {who} back", _always(e.DeskLeft(by, person)), by)
        shown = e.DestinationsAsked(by, person, shown=True)
        yield Act(f"{name} asks where to turn {who}", _always(shown), by)
        for there, how in ((True, "to"), (False, "back from")):
            turned = e.QuestionsAsked(by, person, there)
            yield Act(f"{name} turns {how} the questions of {who}", _always(turned), by)
        yield Act(f"{name} asks {who} anew", _always(e.CheckRestarted(by, person)), by)
        yield Act(f"{name} stops {who}", _always(e.PersonStopped(by, person)), by)
        for epoch, old in ((EPOCH, ""), (EPOCH - 1, " by an old button")):
            fits = not old
            absent = _always(e.MarkedAbsent(by, person, epoch))
            back = _always(e.SignOffTakenBack(by, person, epoch))
            yield Act(f"{name} marks {who} absent{old}", absent, by, fits)
            yield Act(f"{name} takes {who}'s sign-off back{old}", back, by, fits)
        yield from _observing(world, by, person)
        yield from _signing(world, by, person)
        if world.check_room:
            yield from _calling(by, person)
    if world.check_room:
        yield from _in_the_check_room(person)


def _calling(by: PersonId, person: PersonId) -> Iterator[Act]:
    name, who = _named(by), NAMES[person]
    for fresh, epoch, how in (
        (True, EPOCH, ""),
        (True, EPOCH - 1, " by an old button"),
        (False, EPOCH, " by a used link"),
    ):
        event = e.CalledIn(by, person, epoch, fresh)
        yield Act(f"{name} calls {who} in{how}", _always(event), by, fits=not how)


def _in_the_check_room(person: PersonId) -> Iterator[Act]:
    who = NAMES[person]
    yield Act(f"the timer of {who}'s call", _call_ran_out(person, 0))
    yield Act(f"the timer of {who}'s earlier call", _call_ran_out(person, -1), fits=False)
    yield Act(f"Telegram refuses the link of {who}'s call", _call_refused(person, 0))
    yield Act(f"Telegram refuses that of {who}'s earlier call", _call_refused(person, -1),
              fits=False)  # fmt: skip
    yield Act(f"{who}'s call is drawn", _always(CallDrawn(person)))
    yield Act(f"the clock ends {who}'s call", _always(CallEnded(person)))


def _call_ran_out(person: PersonId, off: int) -> Callable[[Session], Happening]:
    return lambda session: e.CallInRanOut(person, session.calls + off)


def _call_refused(person: PersonId, off: int) -> Callable[[Session], Happening]:
    return lambda session: e.CallInRefused(person, session.calls + off)


def _observing(world: World, by: PersonId, person: PersonId) -> Iterator[Act]:
    name, who = _named(by), NAMES[person]
    for item in sorted(world.to_see):
        for seen in (True, False):
            event = e.ItemObserved(by, person, EPOCH, item, seen)
            how = "sees" if seen else "takes back"
            yield Act(f"{name} {how} {item} of {who}", _always(event), by)
        old = e.ItemObserved(by, person, EPOCH - 1, item, seen=True)
        yield Act(f"{name} sees {item} of {who} by an old button", _always(old), by, fits=False)
    for item in ("alone", "?"):
        event = e.ItemObserved(by, person, EPOCH, item, seen=True)
        yield Act(f"{name} sees {item} of {who}", _always(event), by, fits=False)


def _signing(world: World, by: PersonId, person: PersonId) -> Iterator[Act]:
    admit, away = Outcome.ADMIT, Outcome.TURN_AWAY

    def act(
        name: str,
        outcome: Outcome,
        where: Destination | None,
        screens: tuple[Screen, ...],
        epoch: int = EPOCH,
    ) -> Act:
        event = e.SignedOff(by, person, epoch, outcome, where, UNREAD, SIGN)
        return Act(f"{_named(by)} {name}", _always(event), by, screens=screens)

    who = NAMES[person]
    yield act(f"signs {who} in", admit, None, _screens(world, by, person))
    for where in Destination:
        others = tuple(other for other in (None, *Destination) if other is not where)
        screens = (*(_screen(by, person, other) for other in others),
                   _screen(by, person, where, name=""))  # fmt: skip
        yield act(f"turns {who} to {where}", away, where, screens)
    forged = (_screen(by, person, None),)
    yield act(f"signs {who} in with a place", admit, Destination.ONE_TO_ONE, forged)
    yield act(f"turns {who} to nowhere", away, None, forged)
    old = (_screen(by, person, None),)
    yield act(f"signs {who} in by an old button", admit, None, old, EPOCH - 1)


def _screens(world: World, by: PersonId, person: PersonId) -> tuple[Screen, ...]:
    """Return the screens that an admission may come from; the last is the one as it is."""
    others = tuple(other for other in (*world.staff, NOBODY) if other != by)
    too_short = _screen(by, person, None).digits
    return (
        *(_screen(by, person, where) for where in Destination),
        *(_screen(other, person, None, name=_named(other)) for other in others),
        _screen(by, person, None, OTHERWISE, "another sentence"),
        Screen("too few digits", lambda session: too_short(session)[:TOO_SHORT]),
        *(_changed_screen(by, person, name) for name in OTHER_SCREENS),
        _screen(by, person, None, name=""),
    )


def _screen(
    by: PersonId,
    person: PersonId,
    where: Destination | None,
    meaning: Meaning = SIGN,
    name: str | None = None,
) -> Screen:
    outcome = Outcome.TURN_AWAY if where else Outcome.ADMIT

    def digits(session: Session) -> str:
        check = session.checks[person]
        return sign_off_digest(session, check, by, outcome, where, meaning)[:SHOWN_LENGTH]

    named = f"the screen to {where or 'sign in'}" if name is None else name
    return Screen(named, digits, fits=name == "")


def _changed_screen(by: PersonId, person: PersonId, name: str) -> Screen:
    as_it_is = _screen(by, person, None).digits

    def digits(session: Session) -> str:
        drawn = OTHER_SCREENS[name](session, person, NOON)
        return as_it_is(drawn) if drawn else "0" * SHOWN_LENGTH

    return Screen(name, digits)


def _unseen(session: Session, person: PersonId, now: Instant) -> Session | None:
    """Return the screen before anything was observed."""
    seen = {k: replace(o, seen=False) for k, o in session.checks[person].observations.items()}
    return check_with(session, person, observations=seen) if seen else None


def _another_first(session: Session, person: PersonId, now: Instant) -> Session | None:
    """Return the screen before a colleague signed, or after."""
    check = session.checks[person]
    first = (
        None if check.first_sign_off else SignOff(Outcome.ADMIT, NOBODY, NOON, FIRST_DIGEST, SIGN)
    )
    return check_with(session, person, first_sign_off=first)


OTHER_SCREENS: Mapping[str, Change] = {
    "an earlier epoch": lambda s, p, _now: check_with(s, p, epoch=EPOCH - 1),
    "another person": lambda s, p, _now: replace(
        s, checks={p: replace(s.checks[p], person=NOBODY)}
    ),
    "an earlier schedule": lambda s, _p, _now: replace(s, schedule=s.schedule + 1),
    "another session": lambda s, _p, _now: replace(s, id=SessionId(2)),
    "another answer": answer_changed(lambda a, _now: replace(a, value="no")),
    "an earlier answer": answer_changed(lambda a, _now: replace(a, at=a.at - 1)),
    "an answer not yet changed": answer_changed(lambda a, _now: replace(a, changed=not a.changed)),
    "a question still open": answer_changed(lambda _a, _now: None),
    "less observed": seen_lost,
    "nothing observed": _unseen,
    "no run": missing("run"),
    "another first signature": _another_first,
}


# At the door


def _at_the_door(world: World, person: PersonId) -> Iterator[Act]:
    who = NAMES[person]
    for reason in StopReason:
        yield Act(f"{who} stops: {reason}", _always(e.SelfStopped(person, reason)), person)
    yield Act(f"{who} lost the line", _always(e.LineLost(person)), person)
    yield Act(f"{who} checks out", _always(e.CheckedOut(person)), person)
    for epoch, old in ((EPOCH, ""), (EPOCH - 1, " by an old button")):
        fits = not old
        yield Act(f"{who} taps Join{old}", _always(e.JoinAsked(person, epoch)), person, fits)
        for alone in (True, False):
            event = e.StillAloneAnswered(person, epoch, alone)
            how = "still alone" if alone else "not alone"
            yield Act(f"{who} says {how}{old}", _always(event), person, fits)
        for by in _anybody(world):
            wanted = e.JoinAskedFor(by, person, epoch)
            yield Act(f"{_named(by)} asks for the way in of {who}{old}", _always(wanted), by, fits)
            for alone, word in ((True, "still alone"), (False, "not alone")):
                said = e.StillAloneReported(by, person, epoch, alone)
                name = f"{_named(by)} passes on that {who} is {word}{old}"
                yield Act(name, _always(said), by, fits)
        timer = _ran_out(person, epoch, 0)
        yield Act(f"the timer of {who}'s way in{old}", timer, None, fits)
    yield Act(f"the timer of {who}'s earlier way in", _ran_out(person, EPOCH, -1), None, fits=False)
    yield Act(f"{who}'s way in is drawn", _always(WayInDrawn(person)))
    yield Act(f"the clock ends {who}'s way in", _always(WayInEnded(person)))


def _ran_out(person: PersonId, epoch: int, off: int) -> Callable[[Session], Happening]:
    def make(session: Session) -> Happening:
        live = session.checks[person].credential
        return e.CredentialRanOut(person, epoch, (live.number if live else 1) + off)

    return make
