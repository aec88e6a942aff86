"""The poller: asks Telegram for updates and acknowledges them only after their commit.

Telegram itself is the inbox. What was not acknowledged comes again, and is recognised.
"""

import asyncio
import json
import logging
from typing import Any
from urllib.parse import urlencode

from telegram import Bot
from telegram.error import Conflict, InvalidToken, TelegramError, TimedOut
from telegram.request import BaseRequest

from bot import intake
from bot.clock import Clock
from bot.errors import TokenRefused
from bot.returning import GAP
from bot.sender import Sender
from bot.service import Service
from bot.ticker import Ticker
from flows.model import Instant
from storage.errors import CommitFailed

_LOG = logging.getLogger(__name__)
POLL_SECONDS = 30
_LONGEST_POLL = POLL_SECONDS + 10
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0
REFUSALS = 5
"""So often in a row a token is refused before the bot gives up."""


class Poller:
    """Takes updates in for as long as the bot runs."""

    def __init__(
        self,
        bot: Bot,
        request: BaseRequest,
        service: Service,
        sender: Sender,
        ticker: Ticker,
        clock: Clock,
    ) -> None:
        self._bot = bot
        self._request = request
        self._service = service
        self._sender = sender
        self._ticker = ticker
        self._clock = clock
        self._offset: int | None = None
        self._pause = _FIRST_PAUSE
        self._refusals = 0
        self._lost_at: Instant | None = None

    async def run(self) -> None:
        """Poll for ever; raise `TokenRefused` where Telegram keeps refusing the token."""
        async with asyncio.TaskGroup() as reactions:
            while True:
                raws = await self._ask()
                if not raws:
                    continue
                batch = [intake.read(raw, self._bot) for raw in raws]
                try:
                    owed = await self._service.take(batch)
                except CommitFailed as error:
                    # Not acknowledged: Telegram will hand the same updates over again.
                    await self._wait(str(error))
                    continue
                self._offset = int(raws[-1]["update_id"]) + 1
                self._sender.wake()
                self._ticker.wake()
                reactions.create_task(self._sender.react(owed))

    async def _ask(self) -> list[dict[str, Any]]:
        """Return new updates; nothing where the network fails, after a pause that grows."""
        try:
            found = await self._request.post(self._url(), read_timeout=_LONGEST_POLL)
        except TimedOut:
            self._note_loss()
            return []
        except InvalidToken:
            # A proxy's *not found* looks the same; a token that was taken back stays refused.
            self._refusals += 1
            if self._refusals >= REFUSALS:
                raise TokenRefused from None
            return await self._fail("the token was refused")
        except Conflict:
            return await self._fail("another program uses this bot's token; stop one of the two")
        except TelegramError as error:
            return await self._fail(f"Telegram can't be reached ({type(error).__name__})")
        self._pause, self._refusals = _FIRST_PAUSE, 0
        if not isinstance(found, list):
            return await self._fail("what answers is not Telegram")
        if self._lost_at is not None:
            await self._found_again(self._lost_at)
        return [raw for raw in found if isinstance(raw, dict) and "update_id" in raw]

    def _note_loss(self) -> None:
        if self._lost_at is None:
            self._lost_at = self._clock.now()

    async def _fail(self, why: str) -> list[dict[str, Any]]:
        self._note_loss()
        return await self._wait(why)

    async def _found_again(self, lost_at: Instant) -> None:
        """Show open screens anew where Telegram was out of reach so long that it dropped taps.

        The poll that failed first may have begun before it could have heard of any tap.
        """
        try:
            if self._clock.now() - lost_at + _LONGEST_POLL > GAP:
                await self._service.show_again()
                self._sender.wake()
        except CommitFailed as error:
            await self._wait(str(error))
            return
        self._lost_at = None

    def _url(self) -> str:
        query: dict[str, object] = {
            # Out of reach: whether it answers again is to be known at once.
            "timeout": 0 if self._lost_at is not None else POLL_SECONDS,
            "allowed_updates": json.dumps(intake.ALLOWED_UPDATES),
        }
        if self._offset is not None:
            query["offset"] = self._offset
        return f"{self._bot.base_url}/getUpdates?{urlencode(query)}"

    async def _wait(self, why: str) -> list[dict[str, Any]]:
        _LOG.warning("%s; trying again in %.0f s", why, self._pause)
        await asyncio.sleep(self._pause)
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        return []
