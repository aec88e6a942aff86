"""Reminders: when a participant is reminded of a session. A pure function of the schedule.

Offsets under a day count on the instant, whole days on the wall clock of the participant's zone. A
reminder never falls into quiet hours, and never at or after the start. It says nothing of what the
appointment is; that is the text's to keep.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from flows.model import MINUTE, Instant, PersonId
from flows.wall_clock import MINUTES_A_DAY, Wall, days_after, days_before, first_instant, read

DAY = MINUTES_A_DAY * MINUTE
MOST = 6
"""Offsets that a programme can have at most."""
LEAST_AHEAD = 15 * MINUTE
"""Seconds before the start within which nobody is reminded any more by moving a reminder later."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """From when until when nobody is reminded, in minutes after midnight; equal: never quiet."""

    since: int = 21 * 60
    until: int = 8 * 60

    def covers(self, minute: int) -> bool:
        """Say whether a time of day is quiet; the end no longer is."""
        if self.since <= self.until:
            return self.since <= minute < self.until
        return minute >= self.since or minute < self.until


@dataclass(frozen=True, slots=True)
class ReminderRule:
    """The programme's offsets in seconds before the start, and its quiet hours."""

    offsets: tuple[int, ...] = (7 * DAY, DAY, 60 * MINUTE)
    quiet: Quiet = Quiet()


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder of one person; `schedule` is the version that it was made for."""

    person: PersonId
    offset: int
    schedule: int
    at: Instant


@dataclass(frozen=True, slots=True)
class Wish:
    """What is known of a participant here: the zone, and the offsets that they do not want."""

    zone: str
    unwanted: frozenset[int] = frozenset()


def plan(
    starts_at: Instant, schedule: int, people: Mapping[PersonId, Wish], rule: ReminderRule
) -> tuple[Reminder, ...]:
    """Return every reminder of a session, also of times that have gone by; the caller knows now.

    Two offsets that quiet hours bring to the same instant are one reminder, the later offset's.
    """
    return tuple(
        Reminder(person, offset, schedule, at)
        for person, wish in people.items()
        for offset, at in _times(starts_at, wish, rule).items()
    )


def _times(starts_at: Instant, wish: Wish, rule: ReminderRule) -> dict[int, Instant]:
    wanted = sorted(set(rule.offsets) - wish.unwanted, reverse=True)
    by_time: dict[Instant, int] = {}
    for offset in wanted:
        at = time_of(starts_at, offset, wish.zone, rule.quiet)
        if at is not None:
            by_time[at] = offset
    return {offset: at for at, offset in by_time.items()}


def time_of(starts_at: Instant, offset: int, zone: str, quiet: Quiet) -> Instant | None:
    """Return when a reminder goes out; None where quiet hours leave no time for it.

    In quiet hours it waits for their end, unless that is too close to the start: then it goes out
    right before they begin.
    """
    at = days_before(starts_at, offset // DAY, zone) if offset % DAY == 0 else starts_at - offset
    wall = read(at, zone)
    if not quiet.covers(wall.minute):
        return at
    later = _end_of_quiet(wall, quiet, zone)
    if later <= starts_at - LEAST_AHEAD:
        return later
    earlier = _begin_of_quiet(wall, quiet, zone) - MINUTE
    return earlier if earlier < starts_at else None


def late_time_of(now: Instant, starts_at: Instant, zone: str, quiet: Quiet) -> Instant | None:
    """Return when a reminder that is late goes out: at once, or after quiet hours; None: never."""
    if now >= starts_at:
        return None
    later = awake_at(now, zone, quiet)
    return later if later == now or later <= starts_at - LEAST_AHEAD else None


def awake_at(now: Instant, zone: str, quiet: Quiet) -> Instant:
    """Return now, or in quiet hours when they are over."""
    wall = read(now, zone)
    return _end_of_quiet(wall, quiet, zone) if quiet.covers(wall.minute) else now


def _end_of_quiet(wall: Wall, quiet: Quiet, zone: str) -> Instant:
    over_midnight = quiet.since > quiet.until and wall.minute >= quiet.since
    return first_instant(Wall(days_after(wall.day, int(over_midnight)), quiet.until), zone)


def _begin_of_quiet(wall: Wall, quiet: Quiet, zone: str) -> Instant:
    from_yesterday = quiet.since > quiet.until and wall.minute < quiet.until
    return first_instant(Wall(days_after(wall.day, -int(from_yesterday)), quiet.since), zone)


def newest(due: Collection[Reminder]) -> Reminder | None:
    """Return which of a person's due reminders goes out: after a long silence only the newest."""
    return max(due, key=lambda one: (one.at, -one.offset), default=None)
