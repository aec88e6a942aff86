"""The clocks: whole seconds of UTC since 1970, the one unit of time in Vestibule.

The running bot uses `SystemClock`. The practice room and the tests use `MovableClock`, which
stands still until somebody moves it. The bot cannot choose: whoever starts it hands a clock in.
"""

import asyncio
import time
from contextlib import suppress
from typing import Protocol


class Clock(Protocol):
    """What the loops know of time."""

    def now(self) -> int:
        """Return whole seconds of UTC since 1970."""
        ...

    async def sleep_until(self, instant: int) -> None:
        """Return once `now()` has reached `instant`."""
        ...

    def catch_up(self, instant: int) -> None:
        """Never tell a time before `instant` again."""
        ...


class SystemClock:
    """The machine's own clock; set back, it goes on from where it was at its own pace."""

    def __init__(self) -> None:
        self._latest = time.time()
        self._since = time.monotonic()

    def now(self) -> int:
        """Return whole seconds of UTC since 1970."""
        elapsed = time.monotonic() - self._since
        self._latest = max(time.time(), self._latest + elapsed)
        self._since += elapsed
        return int(self._latest)

    async def sleep_until(self, instant: int) -> None:
        """Sleep in short stretches, so that a clock set anew is noticed."""
        while (left := instant - self.now()) > 0:  # noqa: ASYNC110 -- no event tells of the time
            await asyncio.sleep(min(left, 5.0))

    def catch_up(self, instant: int) -> None:
        """Go on from `instant` where the machine's clock is behind it."""
        self._latest = max(self._latest, float(instant))


class MovableClock:
    """A clock that stands still until it is moved, and never runs backwards."""

    def __init__(self, start: int) -> None:
        self._now = start
        self._moved = asyncio.Condition()

    def now(self) -> int:
        """Return whole seconds of UTC since 1970."""
        return self._now

    async def sleep_until(self, instant: int) -> None:
        """Wait until somebody has moved the clock to `instant` or past it."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._now >= instant)

    def catch_up(self, instant: int) -> None:
        """Go on from `instant` where this clock is behind it."""
        self._now += max(0, instant - self.now())

    async def move_to(self, instant: int) -> None:
        """Move forward to `instant` and wake whoever waits; an earlier instant is ignored."""
        async with self._moved:
            self._now = max(self._now, instant)
            self._moved.notify_all()


class RunningClock(MovableClock):
    """A clock that goes on by itself from an instant of its own and can be moved ahead."""

    def __init__(self, start: int) -> None:
        super().__init__(start)
        self._began = time.monotonic()

    def now(self) -> int:
        """Return whole seconds of UTC since 1970."""
        return self._now + int(time.monotonic() - self._began)

    async def sleep_until(self, instant: int) -> None:
        """Wait until time has passed, or somebody has moved the clock to `instant` or past it."""
        while (left := instant - self.now()) > 0:
            async with self._moved:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._moved.wait(), left)

    async def move_to(self, instant: int) -> None:
        """Move ahead to `instant` and wake whoever waits; an earlier instant is ignored."""
        async with self._moved:
            self._now += max(0, instant - self.now())
            self._moved.notify_all()
