"""Series: which days and times follow from what was planned."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.series import MOST, Rhythm, Series, Slot, days, moved, occurrences
from flows.wall_clock import Wall, instant, read
from tests.flows.zones import changes

BERLIN = "Europe/Berlin"
TUESDAY = date(2026, 10, 6)
EVENING = 18 * 60
WEEKLY = Series(Rhythm.WEEKLY, BERLIN, 90, TUESDAY, EVENING, date(2026, 11, 24))
TWICE = replace(WEEKLY, rhythm=Rhythm.TWICE, second=Slot(3, 19 * 60))


def walls(series):
    return [one.wall for one in occurrences(series)]


def test_once_is_once():
    """A single session is on its day, whatever the last day says."""
    assert walls(replace(WEEKLY, rhythm=Rhythm.ONCE)) == [Wall(TUESDAY, EVENING)]


def test_weekly_keeps_the_wall_time_across_the_autumn_change():
    """Every Tuesday at six by the clock on the wall, before and after clocks change."""
    found = occurrences(WEEKLY)
    assert len(found) == 8
    assert {one.wall.day.weekday() for one in found} == {1}
    assert {read(one.starts_at, BERLIN).minute for one in found} == {EVENING}
    steps = {b.starts_at - a.starts_at for a, b in pairwise(found)}
    assert steps == {7 * 86400, 7 * 86400 + 3600}


def test_twice_a_week_goes_by_both_days():
    """Tuesdays at six and Thursdays at seven, in their order."""
    assert walls(TWICE)[:3] == [
        Wall(TUESDAY, EVENING),
        Wall(TUESDAY + timedelta(days=2), 19 * 60),
        Wall(TUESDAY + timedelta(days=7), EVENING),
    ]
    assert len(walls(TWICE)) == 15


def test_a_second_day_before_the_first_begins_in_the_week_after():
    """A second day that lies earlier in the week comes after the first session, not before it."""
    assert walls(replace(TWICE, second=Slot(0, EVENING)))[1].day == TUESDAY + timedelta(days=6)


def test_a_day_left_out_has_no_session_and_stays_on_the_list():
    """A day that is left out has no session; whoever plans still sees it to take it in again."""
    without = replace(WEEKLY, left_out=frozenset({TUESDAY}))
    assert walls(without) == walls(WEEKLY)[1:]
    assert days(without) == days(WEEKLY)


def test_a_skipped_wall_time_has_no_instant():
    """At a time that clocks skip there is an occurrence without a start: whoever plans is told."""
    sunday = date(2027, 3, 21)
    night = replace(WEEKLY, first=sunday, minute=150, last=date(2027, 4, 4))
    assert [one.starts_at is None for one in occurrences(night)] == [False, True, False]


def test_a_series_has_an_end():
    """However late the last day is, a series has at most as many sessions as it can have."""
    endless = replace(TWICE, last=date(2099, 1, 1))
    assert len(occurrences(endless)) == MOST
    assert len(days(endless)) == MOST


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        (Wall(date(2026, 10, 7), EVENING), Wall(date(2026, 10, 14), EVENING)),
        (Wall(TUESDAY, 17 * 60), Wall(date(2026, 10, 13), 17 * 60)),
        (Wall(date(2026, 10, 5), 9 * 60), Wall(date(2026, 10, 12), 9 * 60)),
    ],
)
def test_those_that_follow_move_by_as_many_days(to, expected):
    """Moved are the first and all after it: by the same days, to the same time."""
    found = moved(tuple(walls(WEEKLY)), to)
    assert found[0] == to
    assert found[1] == expected
    assert len(found) == 8


def test_nothing_moves_nothing():
    """Without sessions nothing is moved."""
    assert moved((), Wall(TUESDAY, EVENING)) == ()


@given(st.integers(0, 24 * 60 - 1), st.integers(0, 6))
def test_around_every_change_of_clocks_a_series_keeps_its_time(minute, ahead):
    """In every zone, across each change in ten years: wall time kept, instants rising."""
    for change in changes()[:: max(1, len(changes()) // 60)]:
        first = read(change.at, change.zone).day - timedelta(days=14 - ahead)
        series = Series(Rhythm.WEEKLY, change.zone, 90, first, minute, first + timedelta(days=28))
        found = occurrences(series)
        assert len(found) == 5
        for one in found:
            assert one.starts_at == instant(one.wall, change.zone)
            assert one.wall.minute == minute
        starts = [one.starts_at for one in found if one.starts_at is not None]
        assert starts == sorted(set(starts))
        assert len(starts) >= 4
