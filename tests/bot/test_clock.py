"""The clocks: none of them runs backwards, whatever happens to the machine's."""

import asyncio

import pytest

from bot import clock
from bot.clock import MovableClock, RunningClock, SystemClock


class Machine:
    """The machine's two clocks, in the hands of a test."""

    def __init__(self, monkeypatch):
        self.wall = 1_800_000_000.0
        self.steady = 50.0
        monkeypatch.setattr(clock.time, "time", lambda: self.wall)
        monkeypatch.setattr(clock.time, "monotonic", lambda: self.steady)

    def passes(self, seconds):
        self.wall += seconds
        self.steady += seconds


@pytest.fixture
def machine(monkeypatch):
    return Machine(monkeypatch)


def test_a_clock_set_back_goes_on_at_its_own_pace(machine):
    """Set back by an hour, the clock still counts the seconds that really pass."""
    told = SystemClock()
    before = told.now()
    machine.wall -= 3600
    machine.passes(600)
    assert told.now() == before + 600
    machine.wall += 3600
    assert told.now() == before + 600


def test_a_clock_set_ahead_is_followed(machine):
    """The machine's clock leads while it is ahead."""
    told = SystemClock()
    machine.wall += 90
    assert told.now() == 1_800_000_090


@pytest.mark.parametrize("kind", [SystemClock, RunningClock, MovableClock])
def test_no_clock_tells_a_time_before_what_is_known(machine, kind):
    """After a restart no clock is behind what the store has seen."""
    told = kind() if kind is SystemClock else kind(1_800_000_000)
    told.catch_up(1_800_000_500)
    assert told.now() >= 1_800_000_500
    told.catch_up(1_700_000_000)
    assert told.now() >= 1_800_000_500


async def test_moving_wakes_whoever_sleeps():
    """Whoever sleeps until an instant wakes when the clock is moved there."""
    told = RunningClock(1000)
    sleeper = asyncio.create_task(told.sleep_until(90_000))
    await asyncio.sleep(0)
    await told.move_to(90_000)
    await asyncio.wait_for(sleeper, 5)
