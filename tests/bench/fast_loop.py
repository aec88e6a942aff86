"""An event loop whose clock runs faster than the world's, and the bot's clock that goes by it.

Whoever sleeps, limits or times out by the loop does so in the loop's seconds. What really computes
(SQLite, HTTP on the loopback, drawing) is not sped up: in the loop's seconds it takes so many times
as long, so a figure measured here is never better than it would be at the world's pace.
"""

import asyncio
import selectors

from bot.clock import MovableClock


class _Hurried(selectors.DefaultSelector):
    def __init__(self, speed):
        super().__init__()
        self._speed = speed

    def select(self, timeout=None):
        return super().select(timeout and timeout / self._speed)


class FastLoop(asyncio.SelectorEventLoop):
    """A loop of which `speed` seconds pass in one second of the world."""

    def __init__(self, speed):
        super().__init__(_Hurried(speed))
        self._speed = speed

    def time(self):
        return super().time() * self._speed


class LoopClock(MovableClock):
    """The bot's clock, going on by itself with the loop."""

    def __init__(self, start):
        super().__init__(start)
        # The store's thread asks for the time as well, and has no loop of its own.
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()

    def now(self):
        return self._now + int(self._loop.time() - self._began)

    async def move_to(self, instant):
        self._now += max(0, instant - self.now())

    async def sleep_until(self, instant):
        while (left := instant - self.now()) > 0:  # noqa: ASYNC110 -- it goes on by itself
            await asyncio.sleep(left)
