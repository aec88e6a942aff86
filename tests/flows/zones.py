"""Every time zone of the pinned database, and each change of its clocks in ten years."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

SINCE = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
UNTIL = int(datetime(2036, 1, 1, tzinfo=UTC).timestamp())
HOUR, DAY = 3600, 86400
STRIDE = 3 * DAY
"""Seconds between two looks: no zone changes its clocks there and back within them."""


@dataclass(frozen=True)
class Change:
    """One change of a zone's clocks: the first second of the new offset, and both offsets."""

    zone: str
    at: int
    before: int
    after: int


def offset(zone: str, at: int) -> int:
    found = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone)).utcoffset()
    return int(found.total_seconds())


@cache
def zones() -> tuple[str, ...]:
    return tuple(sorted(available_timezones()))


@cache
def unlike() -> tuple[str, ...]:
    """Return one zone of each kind: zones with the same offsets at the same times are one."""
    kinds: dict[tuple[object, ...], str] = {}
    for zone in zones():
        kinds.setdefault((offset(zone, SINCE), *_path(zone)), zone)
    return tuple(kinds.values())


def _path(zone: str) -> tuple[tuple[int, int], ...]:
    return tuple((change.at, change.after) for change in changes_of(zone))


@cache
def changes_of(zone: str) -> tuple[Change, ...]:
    found = []
    before = offset(zone, SINCE)
    for at in range(SINCE + STRIDE, UNTIL, STRIDE):
        after = offset(zone, at)
        if after != before:
            found.append(_change(zone, at - STRIDE, at))
            before = after
    return tuple(found)


def _change(zone: str, early: int, late: int) -> Change:
    before = offset(zone, early)
    after = offset(zone, late)
    while late - early > 1:
        middle = (early + late) // 2
        if offset(zone, middle) == before:
            early = middle
        else:
            late = middle
    return Change(zone, late, before, after)


@cache
def changes() -> tuple[Change, ...]:
    return tuple(change for zone in unlike() for change in changes_of(zone))
