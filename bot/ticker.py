"""The ticker: wakes up for the earliest timer and hands what is due to the service."""

import asyncio
from contextlib import suppress

from bot.clock import Clock
from bot.sender import Sender
from bot.service import Service


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
            due = await self._service.take_due()
            self._sender.wake()
            await self._rest(due)

    async def _rest(self, due: int | None) -> None:
        if due is None:
            await self._changed.wait()
            return
        tasks = [
            asyncio.create_task(self._changed.wait()),
            asyncio.create_task(self._clock.sleep_until(due)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
