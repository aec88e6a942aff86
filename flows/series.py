"""Series: on which days, at which time of day and how long, and the occurrences that follow.

A series keeps the wall time across changes of the clocks. A wall time that does not exist on one
of its days has no occurrence; whoever plans is told so and chooses another time or leaves the day
out. Nothing here plans anything.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from flows.model import Instant
from flows.wall_clock import Day, Wall, days_after, instant

MOST = 60
"""Occurrences that one series can have at most: more than a year of one a week."""


class Rhythm(StrEnum):
    """How often a series meets."""

    ONCE = "once"
    WEEKLY = "weekly"
    TWICE = "twice"
    """Twice a week."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A day of the week (Monday: 0) and a time of day in minutes after midnight."""

    weekday: int
    minute: int


@dataclass(frozen=True, slots=True)
class Series:
    """What is planned: from the first day to the last, both included.

    `second` is the other day of a series that meets twice a week; it may fall on the same weekday
    at another time. `first` is the day of the first occurrence.
    """

    rhythm: Rhythm
    zone: str
    minutes: int
    first: Day
    minute: int
    last: Day
    second: Slot | None = None
    left_out: frozenset[Day] = frozenset()


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One meeting of a series; `starts_at` is None where clocks skip that time."""

    wall: Wall
    starts_at: Instant | None


def occurrences(series: Series) -> tuple[Occurrence, ...]:
    """Return the meetings of a series in their order, `MOST` at the most, but for days left out."""
    found = sorted(_walls(series), key=lambda wall: (wall.day, wall.minute))
    kept = [wall for wall in dict.fromkeys(found) if wall.day not in series.left_out]
    return tuple(Occurrence(wall, instant(wall, series.zone)) for wall in kept[:MOST])


def days(series: Series) -> tuple[Day, ...]:
    """Return the days on which a series would meet if none were left out, `MOST` at the most."""
    return tuple(sorted({wall.day for wall in _walls(series)}))[:MOST]


def _walls(series: Series) -> Iterator[Wall]:
    if series.rhythm is Rhythm.ONCE:
        yield Wall(series.first, series.minute)
        return
    yield from _weekly(series, series.first, series.minute)
    if series.rhythm is Rhythm.TWICE and series.second is not None:
        ahead = (series.second.weekday - series.first.weekday()) % 7
        second = days_after(series.first, ahead)
        yield from _weekly(series, second, series.second.minute)


def _weekly(series: Series, day: Day, minute: int) -> Iterator[Wall]:
    for week in range(MOST):
        meeting = days_after(day, 7 * week)
        if meeting > series.last:
            return
        yield Wall(meeting, minute)


def moved(walls: tuple[Wall, ...], to: Wall) -> tuple[Wall, ...]:
    """Return where a meeting and those after it go when the first of them is moved to a wall time.

    Each is moved by as many days and then begins at the new time of day.
    """
    if not walls:
        return ()
    ahead = to.day - walls[0].day
    return tuple(Wall(wall.day + ahead, to.minute) for wall in walls)
