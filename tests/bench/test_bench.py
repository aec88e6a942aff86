"""The bench measures what it says, on a crowd small enough for a test."""

import asyncio

from tests.bench import __main__ as benching
from tests.bench.fast_loop import FastLoop


def test_a_small_crowd():
    """Everybody is reminded once, at no more than Telegram's pace, and the board is kept up."""
    with asyncio.Runner(loop_factory=lambda: FastLoop(4)) as runner:
        found, plain, amiss = runner.run(benching.bench(60, 30))
    assert amiss == 0
    assert max(found.left, plain.left) <= benching.MOST
    assert (found.sent, plain.sent) == (60, 30)
    assert found.waits
    assert found.waits[0] > 0


def test_waits_are_counted_until_a_change_is_seen():
    """A change is seen by the first edit that shows it or a later one."""
    waits = benching._waits([1.0, 2.0, 3.0], [(0, 1.5), (2, 4.0), (2, 9.0)])
    assert waits == [0.5, 1.0, 2.0]


def test_the_busiest_second():
    """It is any second, not one of the clock."""
    assert benching._busiest([0.0, 0.6, 0.9, 1.55, 1.58, 5.0]) == 4
