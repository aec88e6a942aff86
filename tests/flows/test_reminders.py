"""Reminders: when they go out, in every zone, around every change of clocks, and in quiet hours."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.model import PersonId
from flows.reminders import (
    DAY,
    Quiet,
    Reminder,
    ReminderRule,
    Wish,
    late_time_of,
    newest,
    plan,
    time_of,
)
from flows.wall_clock import Wall, first_instant, instant, read
from tests.flows.zones import HOUR, changes, zones

BERLIN = "Europe/Berlin"
P, Q = PersonId(7), PersonId(8)
WEEK = 7 * DAY
NEVER = Quiet(0, 0)
OFFSETS = (WEEK, DAY, HOUR)
QUIETS = (Quiet(), Quiet(0, 6 * 60), Quiet(22 * 60, 22 * 60), Quiet(12 * 60, 11 * 60), NEVER)


def at(day, hour, minute=0, zone=BERLIN):
    return instant(Wall(day, hour * 60 + minute), zone)


EVENING = at(date(2026, 10, 27), 18)
"""The Tuesday after clocks have changed in Berlin."""


def test_a_week_before_is_on_the_wall_clock_an_hour_before_on_the_instant():
    """A week before it is the same time by the clock, though an hour more has gone by."""
    assert read(time_of(EVENING, WEEK, BERLIN, NEVER), BERLIN) == Wall(date(2026, 10, 20), 18 * 60)
    assert time_of(EVENING, WEEK, BERLIN, NEVER) == EVENING - WEEK - HOUR
    assert time_of(EVENING, HOUR, BERLIN, NEVER) == EVENING - HOUR
    assert time_of(EVENING, 23 * HOUR, BERLIN, NEVER) == EVENING - 23 * HOUR


@pytest.mark.parametrize(
    ("start", "offset", "expected"),
    [
        ((date(2026, 11, 3), 8, 30), HOUR, (date(2026, 11, 3), 8, 0)),
        ((date(2026, 11, 3), 8, 10), HOUR, (date(2026, 11, 2), 20, 59)),
        ((date(2026, 11, 3), 7, 0), DAY, (date(2026, 11, 2), 8, 0)),
        ((date(2026, 11, 3), 22, 30), HOUR, (date(2026, 11, 3), 20, 59)),
        ((date(2026, 11, 3), 22, 0), DAY, (date(2026, 11, 3), 8, 0)),
        ((date(2026, 11, 3), 21, 0), HOUR, (date(2026, 11, 3), 20, 0)),
        ((date(2026, 11, 3), 9, 0), HOUR, (date(2026, 11, 3), 8, 0)),
    ],
)
def test_quiet_hours_move_a_reminder(start, offset, expected):
    """In quiet hours it waits for their end; too close to the start it comes before they begin."""
    day, hour, minute = start
    found = time_of(at(day, hour, minute), offset, BERLIN, Quiet())
    assert found == at(*expected)


def test_in_every_zone_around_each_change_no_reminder_is_quiet_or_late():
    """Quiet hours never push a reminder past the start, nor does one go out within them."""
    for change in changes():
        for hours in (-31, -9, -1, 0, 1, 3, 11, 26, 24 * 7 + 1):
            start = change.at - change.at % 60 + hours * HOUR
            for quiet in QUIETS:
                for offset in OFFSETS:
                    found = time_of(start, offset, change.zone, quiet)
                    if found is None:
                        continue
                    assert found < start, (change, hours, quiet, offset)
                    minute = read(found, change.zone).minute
                    assert not quiet.covers(minute), (change, hours, quiet, offset)


def test_a_late_reminder_goes_out_at_once_or_after_quiet_hours_or_never():
    """By day at once; at night in the morning, where that is not too close to the start."""
    start = at(date(2026, 11, 4), 8, 15)
    for now, expected in (
        (at(date(2026, 11, 3), 20, 59), at(date(2026, 11, 3), 20, 59)),
        (at(date(2026, 11, 3), 21), at(date(2026, 11, 4), 8)),
        (at(date(2026, 11, 4), 2), at(date(2026, 11, 4), 8)),
        (at(date(2026, 11, 4), 8), at(date(2026, 11, 4), 8)),
        (start, None),
    ):
        assert late_time_of(now, start, BERLIN, Quiet()) == expected
    assert late_time_of(start - 7 * HOUR, start - 60, BERLIN, Quiet()) is None


def test_in_every_zone_around_each_change_no_late_reminder_is_quiet_or_late():
    """It never falls into quiet hours, nor before now, nor at or after the start."""
    for change in changes():
        now = change.at - change.at % 60
        for hours in (-1, 0, 1, 3, 11, 26):
            for quiet in QUIETS:
                start = now + hours * HOUR
                found = late_time_of(now, start, change.zone, quiet)
                if found is None:
                    continue
                assert now <= found < start, (change, hours, quiet)
                assert not quiet.covers(read(found, change.zone).minute), (change, hours, quiet)


def test_only_quiet_hours_without_an_end_leave_no_time():
    """With the programme's usual quiet hours every offset has a time, in every zone."""
    for zone in zones():
        for hour in range(24):
            start = first_instant(Wall(date(2027, 5, 4), hour * 60), zone)
            for offset in OFFSETS:
                assert time_of(start, offset, zone, Quiet()) is not None


@pytest.mark.parametrize(
    ("quiet", "covered", "free"),
    [
        (Quiet(), (0, 479, 1260, 1439), (480, 1259)),
        (Quiet(60, 120), (60, 119), (0, 59, 120, 1439)),
        (Quiet(60, 60), (), (0, 60, 1439)),
    ],
)
def test_quiet_hours_hold_their_beginning_and_not_their_end(quiet, covered, free):
    """Quiet hours may go over midnight; their end is no longer quiet; equal ends mean never."""
    assert all(quiet.covers(minute) for minute in covered)
    assert not any(quiet.covers(minute) for minute in free)


def test_each_person_is_reminded_by_their_own_clock_and_wish():
    """The zone and what somebody does not want are their own; the schedule is the session's."""
    people = {P: Wish(BERLIN), Q: Wish("Asia/Vladivostok", frozenset({WEEK, HOUR}))}
    found = plan(EVENING, 3, people, ReminderRule(OFFSETS, NEVER))
    assert {(one.person, one.offset) for one in found} == {
        (P, WEEK), (P, DAY), (P, HOUR), (Q, DAY),
    }  # fmt: skip
    assert {one.schedule for one in found} == {3}
    theirs = next(one for one in found if one.person == Q)
    assert theirs.at == EVENING - DAY
    assert read(theirs.at, "Asia/Vladivostok").minute == read(EVENING, "Asia/Vladivostok").minute


def test_two_that_fall_together_are_one():
    """Offsets that quiet hours bring to one instant ring once, as the later of them."""
    start = at(date(2026, 11, 3), 8, 30)
    rule = ReminderRule((HOUR, 2 * HOUR), Quiet())
    assert plan(start, 1, {P: Wish(BERLIN)}, rule) == (
        Reminder(P, HOUR, 1, at(date(2026, 11, 3), 8)),
    )


def test_of_several_due_the_newest_goes_out():
    """After a silence the newest counts; of nothing there is none."""
    early, late = Reminder(P, WEEK, 1, 10), Reminder(P, DAY, 1, 20)
    assert newest((early, late)) == late
    assert newest(()) is None


@given(
    st.integers(EVENING, EVENING + 400 * DAY),
    st.sets(st.integers(1, 28 * 24 * 60), min_size=0, max_size=6),
    st.sampled_from(zones()),
    st.integers(0, 1439),
    st.integers(0, 1439),
)
def test_any_rule_reminds_before_the_start_and_never_in_quiet_hours(
    start, minutes, zone, since, until
):
    """Whatever is set: before the start, not in quiet hours, one an offset, no two at once."""
    start, quiet = start - start % 60, Quiet(since, until)
    rule = ReminderRule(tuple(minute * 60 for minute in minutes), quiet)
    found = plan(start, 1, {P: Wish(zone)}, rule)
    assert len({one.at for one in found}) == len({one.offset for one in found}) == len(found)
    assert {one.offset for one in found} <= set(rule.offsets)
    for one in found:
        assert one.at < start
        assert not quiet.covers(read(one.at, zone).minute)
