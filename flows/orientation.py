"""What follows from what happens in a technical orientation. Pure; a refusal is a value.

Only a facilitator's signature makes one count, and only where every item was answered *yes* in
this very run. A correction and a call for help are options of a step, as they are in a check.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from flows.decide.decision import RefusalCode
from flows.digest import matches, orientation_digest
from flows.flow import Flow, Option, Revision
from flows.machines import move_orientation
from flows.model import (
    Answer,
    Facilitator,
    Instant,
    Meaning,
    Orientation,
    OrientationSignOff,
    OrientationState,
    PersonId,
)
from flows.walk import next_step


@dataclass(frozen=True, slots=True)
class Begun:
    """A facilitator began the orientation; `after` is the run that they saw, 0 for none.

    On top of an earlier run it begins anew: what was answered and signed before counts no more.
    """

    by: PersonId
    after: int
    revision: Revision


@dataclass(frozen=True, slots=True)
class Answered:
    """The participant tapped an option of a step in this run, or a facilitator of theirs did."""

    by: PersonId
    number: int
    step: str
    option: str


@dataclass(frozen=True, slots=True)
class Signed:
    """A facilitator signed what the page showed; it shall count for `lasts` seconds."""

    by: PersonId
    shown: str
    meaning: Meaning
    lasts: int


Event = Begun | Answered | Signed


class Ring(StrEnum):
    """What facilitators are told by a new message."""

    HELP = "help"
    NO = "no"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Moved:
    """The orientation afterwards, what rings its facilitators, and the refusal if there was one."""

    state: Orientation | None
    ring: Ring | None = None
    refusal: RefusalCode | None = None


def begin(
    person: PersonId, event: Begun, facilitators: Mapping[PersonId, Facilitator], now: Instant
) -> Moved:
    """Begin somebody's first run."""
    if not _leads(facilitators, event.by, person):
        return _refuse(None, RefusalCode.NOT_FACILITATOR)
    if event.after:
        return _refuse(None, RefusalCode.STALE)
    start = event.revision.flow.start
    return Moved(Orientation(person, 1, event.revision, start, now, facilitators=facilitators))


def decide(before: Orientation, event: Event, now: Instant) -> Moved:
    """Return the orientation as it is after `event`; `now` never runs backwards."""
    match event:
        case Begun():
            return _begin_anew(before, event, now)
        case Answered():
            return _answer(before, event, now)
        case Signed():
            return _sign(before, event, now)
        case _:
            assert_never(event)


def _begin_anew(before: Orientation, event: Begun, now: Instant) -> Moved:
    if not _leads(before.facilitators, event.by, before.person):
        return _refuse(before, RefusalCode.NOT_FACILITATOR)
    state = move_orientation(before.state, "begin_anew")
    if event.after != before.number or state is None:
        return _refuse(before, RefusalCode.STALE)
    return Moved(
        Orientation(
            before.person,
            before.number + 1,
            event.revision,
            event.revision.flow.start,
            now,
            state,
            facilitators=before.facilitators,
        )
    )


def _answer(before: Orientation, event: Answered, now: Instant) -> Moved:
    if event.by != before.person and not _leads(before.facilitators, event.by, before.person):
        return _refuse(before, RefusalCode.NOT_PARTICIPANT)
    if (event.number, event.step) != (before.number, before.step):
        return _refuse(before, RefusalCode.STALE)
    asking = move_orientation(before.state, "ask")
    if asking is None or before.recalled:
        return _refuse(before, RefusalCode.STALE)
    # Help would reach nobody, and the text after it says that somebody was told.
    if not before.facilitators:
        return _refuse(before, RefusalCode.NOT_NOW)
    flow = before.revision.flow
    option = flow.option(event.step, event.option)
    if option is None:
        return _refuse(before, RefusalCode.FORGED)
    answered = _record(before, option, event.by, now)
    values = {item: answer.value for item, answer in answered.answers.items()}
    step = next_step(flow, option, values)
    walked = replace(answered, step=step.id, state=asking, ready_at=None)
    if step.final == "ready":
        walked = _finished(walked, now)
    rung = _ring(flow, option, walked) if event.by == before.person else None
    return Moved(walked, rung)


def _record(before: Orientation, option: Option, by: PersonId, now: Instant) -> Orientation:
    if not option.marks or option.value not in ("yes", "no"):
        return before
    earlier = before.answers.get(option.marks)
    if earlier and earlier.value == option.value:
        return before
    given = Answer(option.value, now, by)
    return replace(before, answers={**before.answers, option.marks: given})


def _finished(walked: Orientation, now: Instant) -> Orientation:
    state = move_orientation(walked.state, "finish")
    if state is None or not walked.complete:
        return walked
    return replace(walked, state=state, ready_at=now)


def _ring(flow: Flow, option: Option, walked: Orientation) -> Ring | None:
    if walked.state is OrientationState.READY and option.to in flow.steps:
        return Ring.READY
    landing = flow.steps.get(option.to)
    if landing is None or not landing.rings:
        return None
    return Ring.NO if option.value == "no" else Ring.HELP


def _sign(before: Orientation, event: Signed, now: Instant) -> Moved:
    if not _leads(before.facilitators, event.by, before.person):
        return _refuse(before, RefusalCode.NOT_FACILITATOR)
    if before.state is OrientationState.SIGNED:
        return _refuse(before, RefusalCode.REPEATED)
    if not signable(before, event.by):
        return _refuse(before, RefusalCode.NOT_NOW)
    digest = orientation_digest(before, event.by, event.lasts, event.meaning)
    state = move_orientation(before.state, "sign")
    if state is None or event.lasts <= 0 or not matches(event.shown, digest):
        return _refuse(before, RefusalCode.STALE)
    signature = OrientationSignOff(event.by, now, now + event.lasts, digest, event.meaning)
    return Moved(replace(before, state=state, sign_off=signature))


def signable(orientation: Orientation, by: PersonId) -> bool:
    """Say whether somebody may sign: complete, not recalled, prepared, and not their own."""
    if not _leads(orientation.facilitators, by, orientation.person):
        return False
    ready = orientation.state is OrientationState.READY and not orientation.recalled
    return ready and orientation.complete and orientation.facilitators[by].prepared


def _leads(facilitators: Mapping[PersonId, Facilitator], by: PersonId, person: PersonId) -> bool:
    facilitator = facilitators.get(by)
    return facilitator is not None and facilitator.active and by != person


def _refuse(before: Orientation | None, code: RefusalCode) -> Moved:
    return Moved(before, refusal=code)
