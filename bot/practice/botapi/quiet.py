"""Knows when the bot has nothing left to do.

Scripts and tests wait for quiet instead of sleeping. This must never report quiet while an
update is unacknowledged, a call runs, or the bot is not back in its long poll.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from bot.practice.botapi.updates import Pulse, UpdateQueue


class NotQuietError(Exception):
    """The bot did not come to rest in time."""


class Quiet:
    """Watches calls and the queue of updates."""

    def __init__(self, queue: UpdateQueue, pulse: Pulse) -> None:
        self._queue = queue
        self._pulse = pulse
        self._running = 0
        self._called_at = 0.0

    @contextmanager
    def call(self) -> Iterator[None]:
        """Mark one call other than getUpdates as running."""
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            self._called_at = time.monotonic()
            self._pulse.beat()

    async def wait(self, for_seconds: float, timeout: float) -> None:  # noqa: ASYNC109 -- says what it waited for
        """Return after `for_seconds` of quiet; raise `NotQuietError` after `timeout`."""
        deadline = time.monotonic() + timeout
        while (left := self._left(for_seconds)) is None or left > 0:
            until_deadline = deadline - time.monotonic()
            if until_deadline <= 0:
                raise NotQuietError(self._why_not())
            await self._pulse.wait(min(until_deadline, left or until_deadline))

    def _left(self, for_seconds: float) -> float | None:
        if self._busy():
            return None
        return max(self._called_at, self._queue.stirred_at) + for_seconds - time.monotonic()

    def _busy(self) -> bool:
        return self._running > 0 or not self._queue.bot_waits or bool(self._queue.pending(1))

    def _why_not(self) -> str:
        pending = len(self._queue.pending())
        waits = "waits" if self._queue.bot_waits else "does not wait"
        return f"{pending} updates pending, {self._running} calls running, the bot {waits}"
