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
from bot.errors import TokenRefused
from bot.sender import Sender
from bot.service import Service
from bot.ticker import Ticker
from storage.errors import CommitFailed

_LOG = logging.getLogger(__name__)
POLL_SECONDS = 30
_LONGEST_PAUSE = 30.0
REFUSALS = 5
"""So often in a row a token is refused before the bot gives up."""


class Poller:
    """Takes updates in for as long as the bot runs."""

    def __init__(
        self, bot: Bot, request: BaseRequest, service: Service, sender: Sender, ticker: Ticker
    ) -> None:
        self._bot = bot
        self._request = request
        self._service = service
        self._sender = sender
        self._ticker = ticker
        self._offset: int | None = None
        self._pause = 1.0
        self._refusals = 0

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
            found = await self._request.post(self._url(), read_timeout=POLL_SECONDS + 10)
        except TimedOut:
            return []
        except InvalidToken:
            # A proxy's *not found* looks the same; a token that was taken back stays refused.
            self._refusals += 1
            if self._refusals >= REFUSALS:
                raise TokenRefused from None
            return await self._wait("the token was refused")
        except Conflict:
            return await self._wait("another program uses this bot's token; stop one of the two")
        except TelegramError as error:
            return await self._wait(f"Telegram can't be reached ({type(error).__name__})")
        self._pause, self._refusals = 1.0, 0
        if not isinstance(found, list):
            return await self._wait("what answers is not Telegram")
        return [raw for raw in found if isinstance(raw, dict) and "update_id" in raw]

    def _url(self) -> str:
        query: dict[str, object] = {
            "timeout": POLL_SECONDS,
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
