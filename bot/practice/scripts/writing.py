"""From acts to the lines of a script that does the same again.

Pure: it knows neither phones nor a room. What must have happened before an act stands before it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.language.shipped import shipped_revision
from bot.practice.installation import ZONE
from bot.practice.scripts.script import quoted
from bot.practice.scripts.times import on_day
from flows.model import Instant

_PASSED = 60
"""Seconds that have passed by themselves and make a line of their own."""
_PASSED_BEFORE_NEXT = 5
"""The same before a move to the next timer: one that came due meanwhile must be over then."""
_SLOW = 60
"""Seconds within which several taps are written as one act."""


class Kind(StrEnum):
    """What an act needs before it, to be the same act when it is played again."""

    WRITTEN = "written"
    """A line of a script that was played: it stands as it was written."""
    MOVED = "moved"
    """The clock was moved to an instant."""
    FREE = "free"
    """Nothing: it is the same whatever anybody's screen shows."""
    OWN = "own"
    """What staff did must have reached this screen: it is about the person who taps alone."""
    TAP = "tap"
    """What anybody else did must have reached this screen."""
    SHARP = "sharp"
    """Everything must have been answered: what comes after it may never be."""
    LOST = "lost"
    """No line can say it; a comment does."""


@dataclass(frozen=True, slots=True)
class Noted:
    """One act: when, who (nobody: the room) as a script writes it, and the rest of its line.

    `before` is the clock's instant before the act; only a move of the clock tells the two apart.
    """

    at: Instant
    who: str
    does: str
    kind: Kind
    by_script: bool = False
    before: Instant = 0

    @property
    def line(self) -> str:
        """The line of a script."""
        return f"{self.who} {self.does}" if self.who else self.does


@dataclass(slots=True)
class _Flow:
    """What was done since the bot last rested, and the least that the clock shows by then."""

    clock: Instant
    stirred: set[tuple[str, Kind]] = field(default_factory=set)
    deaf: set[str] = field(default_factory=set)


def written(
    title: str,
    seed: str,
    starts: Instant,
    notes: Sequence[Noted],
    now: Instant,
    limits: Mapping[str, str] | None = None,
) -> str:
    """Return a script that begins like an evening and does what was noted until `now`."""
    begins = datetime.fromtimestamp(starts, ZoneInfo(ZONE))
    head = (
        f"title {' '.join(quoted(word) for word in title.split())}",
        f"seed  {seed}",
        f"clock {begins:%Y-%m-%dT%H:%M}",
        *_limits(limits or {}),
        "",
    )
    return "\n".join((*head, *_lines(starts, notes, now))) + "\n"


def _limits(limits: Mapping[str, str]) -> Iterator[str]:
    if limits:
        yield " ".join(("limits", *(f"{name}={value}" for name, value in limits.items())))


def _lines(starts: Instant, notes: Sequence[Noted], now: Instant) -> Iterator[str]:
    flow = _Flow(starts)
    for one in _together(list(_gathered(notes))):
        yield from _written(one, flow)
    yield from _passed(now, flow, _PASSED)


def _gathered(notes: Sequence[Noted]) -> Iterator[Noted]:
    """Yield the acts, those that belong together as one: all answers, all observations."""
    at = 0
    while at < len(notes):
        many, does = _many(notes, at)
        last = notes[at + many - 1]
        if does:
            first = notes[at]
            yield Noted(last.at, first.who, does, first.kind, before=first.before)
        else:
            yield last
        at += many


def _many(notes: Sequence[Noted], at: int) -> tuple[int, str]:
    """Return how many acts from here are one, and which; (1, "") where they are not."""
    flow = shipped_revision("environment", "en").flow
    answers = [f"answers {step} yes" for step in (flow.start, *(item.id for item in flow.items))]
    if _begins_with(notes, at, answers):
        return len(answers), "answers all yes"
    seen = [item.id for item in flow.items if item.observed]
    head = notes[at].does.rpartition(" ")[0]
    if head.startswith("observes ") and not head.endswith(" not"):
        run = [one.does for one in notes[at : at + len(seen)]]
        if sorted(run) == sorted(f"{head} {item}" for item in seen) and _begins_with(
            notes, at, run
        ):
            return len(seen), head
    return 1, ""


def _begins_with(notes: Sequence[Noted], at: int, lines: Sequence[str]) -> bool:
    run = notes[at : at + len(lines)]
    if [one.does for one in run] != list(lines):
        return False
    together = len({one.who for one in run}) == 1 and run[-1].at - run[0].at < _SLOW
    return together and all(one.kind in (Kind.OWN, Kind.TAP) for one in run)


def _together(acts: Sequence[Noted]) -> Iterator[Noted]:
    """Yield the acts, the same one of several people one after another as one line."""
    at = 0
    while at < len(acts):
        first, upto = acts[at], at + 1
        people = [first.who]
        while upto < len(acts) and _joins(first, acts[upto], people):
            people.append(acts[upto].who)
            upto += 1
        last = replace(acts[upto - 1], who=", ".join(people), before=first.before)
        yield replace(last, does=_spoken(first, len(people)))
        at = upto


def _joins(first: Noted, other: Noted, people: Sequence[str]) -> bool:
    same = first.kind is other.kind is Kind.OWN and first.does == other.does
    return same and other.who not in people and other.at - first.at < _SLOW


def _spoken(one: Noted, people: int) -> str:
    """Return what several people *do* and one *does*."""
    verb, _, rest = one.does.partition(" ")
    return f"{verb.removesuffix('s')} {rest}".strip() if people > 1 else one.does


def _written(one: Noted, flow: _Flow) -> Iterator[str]:
    """Yield the lines of one act: what must have happened before it, and the act."""
    match one.kind:
        case Kind.WRITTEN:
            yield one.does
            if one.does.startswith("clock "):
                flow.clock = max(flow.clock, one.at)
            flow.stirred.add(("", one.kind))
        case Kind.MOVED:
            yield from _moved(one, flow)
        case Kind.LOST:
            yield f"# {one.who}: {one.does}"
        case _:
            yield from _passed(one.before, flow, _PASSED)
            yield from _rested(one, flow)
            yield one.line
            _heard(one, flow)


def _moved(one: Noted, flow: _Flow) -> Iterator[str]:
    """Yield a move of the clock, which waits by itself until everything is answered."""
    if one.does == "clock":
        yield f"clock {_time(one.at, flow)}"
    else:
        limit = _PASSED_BEFORE_NEXT if one.does == "clock next" else _PASSED
        yield from _passed(one.before, flow, limit)
        yield one.does
    flow.clock = max(flow.clock, one.at)
    flow.stirred.clear()


def _passed(at: Instant, flow: _Flow, limit: int) -> Iterator[str]:
    """Yield the time that has passed by itself, where it is long enough to matter."""
    if at - flow.clock >= limit:
        yield f"clock {_time(at, flow)}"
        flow.clock = at
        flow.stirred.clear()


def _time(at: Instant, flow: _Flow) -> str:
    zone = ZoneInfo(ZONE)
    return on_day(datetime.fromtimestamp(flow.clock, zone), datetime.fromtimestamp(at, zone))


def _rested(one: Noted, flow: _Flow) -> Iterator[str]:
    """Yield a rest where what others did must have been answered before this act.

    Each tap waits for its button by itself, but a button may stand there from before.
    """
    if not flow.deaf and any(_matters(one, who, kind) for who, kind in flow.stirred):
        yield "settle"
        flow.stirred.clear()


def _matters(one: Noted, who: str, kind: Kind) -> bool:
    """Say whether somebody's earlier act of this kind must have been answered before this one."""
    match one.kind:
        case Kind.FREE:
            return False
        case Kind.OWN:
            return who != one.who and kind is not Kind.OWN
        case Kind.TAP:
            return who != one.who
        case _:
            return True


def _heard(one: Noted, flow: _Flow) -> None:
    flow.stirred.add((one.who, one.kind))
    match one.does:
        case "bot killed" | "weather down on":
            flow.deaf.add(one.does.split()[0])
        case "bot started" | "weather down off":
            flow.deaf.discard(one.does.split()[0])
        case _:
            """The bot hears as before."""
