"""The ticker: wakes up for the earliest timer and hands what is due to the service."""

import asyncio
import logging

from bot.clock import Clock
from bot.sender import Sender
from bot.service import Service
from storage.errors import CommitFailed

_LOG = logging.getLogger(__name__)
RETRY = 10
"""Seconds after which timers are tried again that could not be kept."""
BEAT = 60
"""Seconds after which the store learns the time again, whether or not a timer is due: a program
that starts anew on a clock set back goes on from there."""


class Ticker:
    """Sleeps until the next timer; `wake` after every commit that may have set an earlier one."""

    def __init__(self, service: Service, sender: Sender, clock: Clock) -> None:
        self._service = service
        self._sender = sender
        self._clock = clock
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """Look at the timers again."""
        self._changed.set()

    async def run(self) -> None:
        """Apply due timers for as long as the bot runs."""
        while True:
            self._changed.clear()
            due = await self._take_due()
            self._sender.wake()
            await self._service.tidy()
            await self._rest(due)

    async def _take_due(self) -> int | None:
        try:
            return await self._service.take_due()
        except CommitFailed:
            _LOG.exception("due timers could not be kept; they are tried again")
            return self._clock.now() + RETRY

    async def _rest(self, due: int | None) -> None:
        """Sleep until the next timer, or until somebody set another."""
        beat = self._clock.now() + BEAT
        rest = self._clock.sleep_until(beat if due is None else min(due, beat))
        waits = [asyncio.create_task(self._changed.wait()), asyncio.create_task(rest)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
