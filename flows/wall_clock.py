"""Wall clocks: local days and times of day, and the instants that they stand for.

The only module of `flows` that knows a calendar (`datetime`, `zoneinfo`). It never asks what time
it is now. Zones go by their IANA names; a time of day is whole minutes after midnight.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from flows.model import MINUTE, Instant

Day = date
"""A local day, of no zone in particular."""
MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Wall:
    """What a clock on the wall shows: a local day, and whole minutes after midnight."""

    day: Day
    minute: int

    @property
    def hour_and_minute(self) -> tuple[int, int]:
        """The time of day as two numbers."""
        return divmod(self.minute, 60)


def read(at: Instant, zone: str) -> Wall:
    """Return what the clocks of a zone show at an instant, seconds left out."""
    local = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone))
    return Wall(local.date(), local.hour * 60 + local.minute)


def instant(wall: Wall, zone: str) -> Instant | None:
    """Return when clocks show this; of a time that comes twice the first, None where it never is.

    In spring, clocks in many zones skip an hour: a time in it does not exist.
    """
    local = _local(wall)
    at = _stamp(local, zone)
    there = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone))
    return at if there.replace(tzinfo=None) == local else None


def first_instant(wall: Wall, zone: str) -> Instant:
    """Return when clocks show this; where they skip it, the first instant after the gap."""
    at = instant(wall, zone)
    if at is not None:
        return at
    skipped = skip(wall, zone)
    return _stamp(_local(wall), zone) if skipped is None else _after(skipped, zone)


@dataclass(frozen=True, slots=True)
class Skip:
    """A stretch that clocks skip: the first wall time that is not there, and the first that is."""

    since: Wall
    until: Wall


def skip(wall: Wall, zone: str) -> Skip | None:
    """Return the stretch that clocks skip around a wall time; None where it exists."""
    if instant(wall, zone) is not None:
        return None
    local, zone_info = _local(wall), ZoneInfo(zone)
    # Read by the offset before the gap and by the one after it: the change is between the two.
    late = int(local.replace(tzinfo=zone_info, fold=0).timestamp())
    early = int(local.replace(tzinfo=zone_info, fold=1).timestamp())
    change = _change(early, late, zone_info)
    before = datetime.fromtimestamp(change - 1, UTC).astimezone(zone_info) + timedelta(seconds=1)
    after = datetime.fromtimestamp(change, UTC).astimezone(zone_info)
    return Skip(_wall(before), _wall(after))


def days_before(at: Instant, days: int, zone: str) -> Instant:
    """Return the same wall time some days earlier; where it is skipped, right after the gap."""
    wall = read(at, zone)
    return first_instant(Wall(days_after(wall.day, -days), wall.minute), zone) + at % MINUTE


def days_after(day: Day, days: int) -> Day:
    """Return the day so many days later; fewer than none: earlier."""
    return day + timedelta(days=days)


def _change(early: Instant, late: Instant, zone: ZoneInfo) -> Instant:
    """Return the first second of the new offset between two instants around one change."""
    offset = datetime.fromtimestamp(early, UTC).astimezone(zone).utcoffset()
    while late - early > 1:
        middle = (early + late) // 2
        if datetime.fromtimestamp(middle, UTC).astimezone(zone).utcoffset() == offset:
            early = middle
        else:
            late = middle
    return late


def _after(skipped: Skip, zone: str) -> Instant:
    at = instant(skipped.until, zone)
    return at if at is not None else _stamp(_local(skipped.until), zone)


def _local(wall: Wall) -> datetime:
    hour, minute = wall.hour_and_minute
    return datetime(wall.day.year, wall.day.month, wall.day.day, hour, minute)  # noqa: DTZ001 -- a wall time has no zone


def _wall(local: datetime) -> Wall:
    return Wall(local.date(), local.hour * 60 + local.minute)


def _stamp(local: datetime, zone: str) -> Instant:
    return int(local.replace(tzinfo=ZoneInfo(zone)).timestamp())
