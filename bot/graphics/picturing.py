"""Has a flow's picture drawn, outside of any transaction, before it is sent as a document.

It takes seconds and a Chromium: one at a time. Where it can't be drawn that is said in its place.
A document, since Telegram shrinks photos until small letters can't be read.
"""

import asyncio
import logging

from bot.graphics import renderer
from bot.views.message import Diagram, Document, Message

_LOG = logging.getLogger(__name__)


class Artist:
    """Finishes messages that have something to be drawn."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._one = asyncio.Lock()

    async def finish(self, message: Message) -> Message:
        """Return the message with its picture, or what is said where there is none."""
        wanted = message.diagram
        if wanted is None:
            return message
        try:
            async with asyncio.timeout(renderer.SECONDS), self._one:
                return await self._drawn(message.text, wanted)
        except Exception as error:  # noqa: BLE001 -- one picture must not stop what goes out
            _LOG.warning("a picture could not be drawn: %s", type(error).__name__)
            return Message(wanted.otherwise)

    async def _drawn(self, text: str, wanted: Diagram) -> Message:
        picture = await renderer.picture(self._program, wanted.mermaid)
        return Message(text, document=Document(wanted.name, picture))
