"""Fetches a file that a coordinator has sent, outside of any transaction, and hands it on.

Which file it is waits in the outbox, so that nothing is lost in between. It is tried once, bounded
in time and size: whoever sent it is told that nothing has changed, and sends it again. Neither its
name nor what it says is ever logged.
"""

import asyncio
import logging
from typing import Final

from telegram import Bot
from telegram.error import TelegramError

from bot.clock import Clock
from bot.exchange import sheet
from bot.exchange.sheet import Returned
from bot.office import flow_exchange, step_picture
from bot.office.page import Clerk
from bot.setting import Setting
from storage import outbox, people, updates
from storage.errors import CommitFailed
from storage.outbox import Letter
from storage.store import Store, Tx

SUBJECT: Final = flow_exchange.FETCH
SECONDS = 30.0
_LOG = logging.getLogger(__name__)


class TooMuch(Exception):
    """The file is bigger than Telegram said when it came."""


class Fetcher:
    """Fetches files for the page that has asked for them."""

    def __init__(self, bot: Bot, store: Store, clock: Clock, setting: Setting) -> None:
        self._bot = bot
        self._store = store
        self._clock = clock
        self._setting = setting

    async def fetch(self, letter: Letter) -> None:
        """Fetch and read one file, and apply it in one commit; what fails changes nothing."""
        returned = await self._returned(letter)
        try:
            await self._store.transact(lambda tx: self._apply(tx, letter, returned))
        except CommitFailed:
            raise
        except Exception as error:  # noqa: BLE001 -- one file must not stop what goes out
            _LOG.error("a file could not be taken: %s", type(error).__name__)
            await self._store.transact(lambda tx: self._give_up(tx, letter))

    async def _returned(self, letter: Letter) -> Returned | bytes | None:
        try:
            async with asyncio.timeout(SECONDS):
                data = await self._bytes(str(letter.params["file"]))
            if letter.params["end"] == step_picture.END:
                return await asyncio.to_thread(step_picture.read, data)
            return await asyncio.to_thread(flow_exchange.read, letter.params, data)
        except (TelegramError, TooMuch, OSError) as error:
            # Never the error's own text, which may hold the address.
            _LOG.warning("a file could not be fetched: %s", type(error).__name__)
            return None
        except Exception as error:  # noqa: BLE001 -- one file must not stop what goes out
            _LOG.error("a file could not be read: %s", type(error).__name__)
            return None

    async def _bytes(self, file_id: str) -> bytes:
        file = await self._bot.get_file(file_id)
        if not 0 < (file.file_size or 0) <= sheet.MOST_BYTES:
            raise TooMuch
        data = bytes(await file.download_as_bytearray())
        if len(data) > sheet.MOST_BYTES:
            raise TooMuch
        return data

    def _apply(self, tx: Tx, letter: Letter, returned: Returned | bytes | None) -> None:
        now = updates.advance_clock(tx, self._clock.now())
        outbox.done(tx, letter.id)
        person = people.find(tx, letter.to)
        if person is not None and person.enrolled:
            clerk = Clerk(tx, person, now, self._setting)
            if letter.params["end"] == step_picture.END:
                picture = returned if isinstance(returned, bytes) else None
                step_picture.received(clerk, letter.params, picture)
                return
            sheet_of = returned if isinstance(returned, Returned) else None
            flow_exchange.received(clerk, letter.params, sheet_of)

    def _give_up(self, tx: Tx, letter: Letter) -> None:
        outbox.done(tx, letter.id)
        outbox.add_once(tx, letter.to, now=self._clock.now(), subject="reply/failed")
