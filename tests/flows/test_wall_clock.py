"""Wall clocks, in every zone and on both sides of each change of its clocks for ten years."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from flows.wall_clock import (
    Skip,
    Wall,
    days_after,
    days_before,
    first_instant,
    instant,
    read,
    skip,
)
from tests.flows.zones import DAY, HOUR, SINCE, changes, unlike, zones

BERLIN = "Europe/Berlin"
SPRING = date(2027, 3, 28)
AUTUMN = date(2026, 10, 25)


def around(at):
    """Return instants on both sides of a change, as close as a minute and as far as two days."""
    return [at + step for step in (*range(-2 * DAY, 2 * DAY, 5 * HOUR), -60, 0, 60, HOUR, -HOUR)]


def on_the_minute(at):
    return at - at % 60


def test_there_are_zones_and_changes_to_look_at():
    """The pinned database has hundreds of zones, and hundreds of changes in ten years."""
    assert len(zones()) > 500
    assert len(unlike()) > 60
    assert len(changes()) > 500


def test_what_clocks_show_is_found_again():
    """In every zone, around each change, a wall time that was read leads back to an instant.

    It is the same one, or the first of the two at which clocks show it.
    """
    for change in changes():
        for at in map(on_the_minute, around(change.at)):
            wall = read(at, change.zone)
            found = instant(wall, change.zone)
            assert found is not None, (change, at)
            assert read(found, change.zone) == wall, (change, at)
            assert found in (at, at - (change.before - change.after)), (change, at)


def test_wall_times_follow_each_other():
    """Of wall times in their order, those that exist are instants in the same order."""
    for change in changes():
        first = read(change.at - DAY, change.zone).day
        walls = [Wall(days_after(first, n // 48), n % 48 * 30) for n in range(3 * 48)]
        found = [at for at in (instant(wall, change.zone) for wall in walls) if at is not None]
        assert found == sorted(set(found)), change


def test_a_skipped_time_is_said_to_lie_in_what_is_skipped():
    """Where a change skips a stretch, every time in it is refused, and where it lies is said."""
    looked_at = 0
    for change in changes():
        gap = change.after - change.before
        if gap <= 0:
            continue
        before, after = read(change.at - 60, change.zone), read(change.at, change.zone)
        wall = Wall(before.day, before.minute + 1)
        if wall.minute >= 24 * 60:
            wall = Wall(days_after(before.day, 1), 0)
        assert instant(wall, change.zone) is None, change
        assert skip(wall, change.zone) == Skip(wall, after), change
        assert first_instant(wall, change.zone) == change.at, change
        looked_at += 1
    assert looked_at > 300


@pytest.mark.parametrize("days", [1, 7])
def test_days_before_keep_the_wall_time(days):
    """The same time some days before, in every zone; where it is skipped, right after the gap."""
    for change in changes():
        for at in map(on_the_minute, around(change.at)):
            wall = read(at, change.zone)
            earlier = days_before(at, days, change.zone)
            there = Wall(days_after(wall.day, -days), wall.minute)
            if instant(there, change.zone) is None:
                assert earlier == change.at, (change, at)
            else:
                assert read(earlier, change.zone) == there, (change, at)
            assert earlier < at, (change, at)


def test_in_spring_an_hour_is_skipped():
    """At half past two on the last Sunday of March no clock in Berlin shows that time."""
    wall = Wall(SPRING, 150)
    assert instant(wall, BERLIN) is None
    assert skip(wall, BERLIN) == Skip(Wall(SPRING, 120), Wall(SPRING, 180))
    assert read(first_instant(wall, BERLIN), BERLIN) == Wall(SPRING, 180)
    assert skip(Wall(SPRING, 180), BERLIN) is None


def test_in_autumn_the_first_of_two_counts():
    """Half past two comes twice on the last Sunday of October: the earlier one is meant."""
    at = instant(Wall(AUTUMN, 150), BERLIN)
    assert datetime.fromtimestamp(at, UTC) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert read(at + HOUR, BERLIN) == Wall(AUTUMN, 150)


def test_a_whole_day_can_be_skipped():
    """Samoa had no 30 December 2011: every time of that day is skipped up to the next midnight."""
    wall = Wall(date(2011, 12, 30), 12 * 60)
    skipped = Skip(Wall(date(2011, 12, 30), 0), Wall(date(2011, 12, 31), 0))
    assert skip(wall, "Pacific/Apia") == skipped


def test_reading_agrees_with_the_library():
    """What clocks show is what `zoneinfo` says, in every zone."""
    for zone in unlike():
        local = datetime.fromtimestamp(SINCE, UTC).astimezone(ZoneInfo(zone))
        assert read(SINCE, zone) == Wall(local.date(), local.hour * 60 + local.minute)
        assert read(SINCE, zone).hour_and_minute == (local.hour, local.minute)
