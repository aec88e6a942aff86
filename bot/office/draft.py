"""A draft of a plan: everything that a facilitator chooses, with what is usual filled in.

It is keys and numbers. What follows from it is `flows.series`; what stands against it is a
`Problem`, which the pages say in words. Nothing here plans anything.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Final

from bot.home.arrival import ZONES
from bot.setting import Setting
from flows.model import MINUTE, Instant, SessionId, SessionKind
from flows.series import MOST, Occurrence, Rhythm, Series, Slot, days, occurrences
from flows.wall_clock import Day, Wall, days_after, instant, read, skip
from storage import ahead, groups, plans
from storage.groups import Group
from storage.people import Person
from storage.store import Tx

COUNTS: Final = (4, 6, 8, 10, 12, 16, 20, 24, 26, 30, 40, 52, MOST)
"""How many sessions a series may be given by a tap."""
USUAL_COUNT, USUAL_MINUTE = 12, 18 * 60
WEEK: Final = 7
_SECOND: Final = 2
"""Days after the first day on which the second one falls, as long as nobody chooses another."""
_DIGEST_LENGTH: Final = 12


@dataclass(frozen=True, slots=True)
class Draft:
    """What is chosen so far; days are written as ISO 8601 has them, times are minutes.

    `last` is the last day; without one there are `count` meetings, those left out among them.
    """

    rhythm: str
    zone: str
    first: str
    minute: int
    minutes: int
    count: int = USUAL_COUNT
    last: str = ""
    second_weekday: int = 0
    second_minute: int = USUAL_MINUTE
    left_out: str = ""

    @property
    def first_day(self) -> Day:
        """The day of the first meeting."""
        return Day.fromisoformat(self.first)

    @property
    def days_left_out(self) -> frozenset[Day]:
        """The days on which it does not meet."""
        return frozenset(Day.fromisoformat(day) for day in self.left_out.split())

    def leaving_out(self, left_out: frozenset[Day]) -> "Draft":
        """Return the draft without these days."""
        return replace(self, left_out=" ".join(day.isoformat() for day in sorted(left_out)))

    @property
    def series(self) -> Series:
        """What is planned, from the first day to the last."""
        whole = self._up_to(self._last_day)
        return replace(whole, left_out=self.days_left_out)

    @property
    def _last_day(self) -> Day:
        if self.last:
            return Day.fromisoformat(self.last)
        found = occurrences(self._up_to(days_after(self.first_day, WEEK * MOST)))
        return found[: self.count][-1].wall.day

    def _up_to(self, last: Day) -> Series:
        second = Slot(self.second_weekday, self.second_minute)
        return Series(
            rhythm=Rhythm(self.rhythm),
            zone=self.zone,
            minutes=self.minutes,
            first=self.first_day,
            minute=self.minute,
            last=last,
            second=second if self.rhythm == Rhythm.TWICE else None,
        )

    @property
    def occurrences(self) -> tuple[Occurrence, ...]:
        """The meetings that would be planned."""
        return occurrences(self.series)

    @property
    def days(self) -> tuple[Day, ...]:
        """Every day on which it would meet, those left out among them."""
        return days(self.series)

    @property
    def is_bounded(self) -> bool:
        """Whether the last day lies beyond what can be planned at once."""
        found = occurrences(replace(self.series, left_out=frozenset()))
        if self.rhythm == Rhythm.ONCE or len(found) < MOST:
            return False
        a_week_before = found[-2 if self.rhythm == Rhythm.TWICE else -1].wall.day
        return days_after(a_week_before, WEEK) <= self._last_day


def of(tx: Tx, person: Person, group: Group, now: Instant, setting: Setting) -> Draft:
    """Return somebody's draft for a group: as they left it, or as is usual."""
    kept = plans.find(tx, person.id, group.id)
    if kept is None:
        return _usual(tx, group, now, setting)
    return Draft(**kept)  # type: ignore[arg-type]  # what `keep` wrote


def keep(tx: Tx, person: Person, group: Group, draft: Draft) -> None:
    """Keep somebody's draft."""
    plans.keep(tx, person.id, group.id, asdict(draft))


def _usual(tx: Tx, group: Group, now: Instant, setting: Setting) -> Draft:
    """Return what is usual: a week after the last session at its time, else tomorrow evening."""
    last = ahead.last_of_group(tx, group.id)
    zone = (last.zone if last else "") or setting.zone
    first = Wall(days_after(read(now, zone).day, 1), USUAL_MINUTE)
    if last is not None:
        before = read(last.starts_at, zone)
        again = Wall(days_after(before.day, WEEK), before.minute)
        first = again if again.day >= first.day else replace(first, minute=before.minute)
    rhythm = Rhythm.WEEKLY if group.kind is SessionKind.GROUP else Rhythm.ONCE
    return Draft(
        rhythm=rhythm,
        zone=zone,
        first=first.day.isoformat(),
        minute=first.minute,
        minutes=group.minutes,
        second_weekday=(first.day.weekday() + _SECOND) % WEEK,
        second_minute=first.minute,
    )


def digest(tx: Tx, group: Group, draft: Draft) -> str:
    """Return what tells the plan that was shown from any other, one that was carried out too."""
    shown = [asdict(draft), group.id, ahead.count_of_group(tx, group.id)]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:_DIGEST_LENGTH]


def zones(setting: Setting) -> tuple[str, ...]:
    """Return the time zones that can be chosen, the programme's first."""
    return tuple(dict.fromkeys((setting.zone, *ZONES)))


# What stands against a plan


PROBLEMS: Final = (
    *("no-leader", "one-leader", "no-days", "no-such-time", "past", "taken", "same-time"),
)
"""The codes of all problems: of texts, and of outcomes in the record."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something can't be planned: the code of a text, and the day and times in it."""

    code: str
    walls: Mapping[str, Wall] = field(default_factory=dict)
    day: Day | None = None


def problem(tx: Tx, group: Group, draft: Draft, now: Instant, setting: Setting) -> Problem | None:
    """Return the first thing that stands against a plan, or None."""
    leaders = len(groups.prepared_leaders(tx, group.id))
    if leaders < setting.rules.signers:
        return Problem("no-leader" if not leaders else "one-leader")
    walls = [one.wall for one in draft.occurrences]
    if not walls:
        return Problem("no-days")
    return at_walls(tx, walls, draft.zone, draft.minutes * MINUTE, now, group.id)


def at_walls(
    tx: Tx,
    walls: Sequence[Wall],
    zone: str,
    seconds: int,
    now: Instant,
    group: int | None,
    but: frozenset[SessionId] = frozenset(),
) -> Problem | None:
    """Return what stands against meeting at these wall times, or None.

    `but` are the sessions that would not be there any more.
    """
    before: Instant | None = None
    for wall in walls:
        if skipped := skip(wall, zone):
            times = {"time": wall, "since": skipped.since, "until": skipped.until}
            return Problem("no-such-time", times, wall.day)
        at = instant(wall, zone) or now
        if at <= now:
            return Problem("past", {"time": wall}, wall.day)
        overlaps = before is not None and at < before + seconds
        taken = group is not None and ahead.at_the_time(tx, group, at, at + seconds, but)
        if overlaps or taken:
            return Problem("taken", {"time": wall}, wall.day)
        before = at
    return None
