"""The pen: writes, edits and deletes messages on phones, at the pace that Telegram allows.

It knows no outbox and no state. A new message never holds a link: a way in appears by an edit,
which rings nobody and stands in no notification.
"""

import logging
from collections.abc import Awaitable
from dataclasses import dataclass

from aiolimiter import AsyncLimiter
from telegram import (
    Bot,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    LinkPreviewOptions,
)
from telegram.error import BadRequest

from bot.views.message import Document, Message
from flows.model import PersonId

_LOG = logging.getLogger(__name__)
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_CHATS_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast Telegram lets a bot send: messages a second in all, and at once to one chat."""

    per_second: float = 25
    burst_per_chat: float = 3


class Pen:
    """Draws on phones. Ask for a turn before each call, and draw what is true after it."""

    def __init__(self, bot: Bot, pace: Pace) -> None:
        self._bot = bot
        # At once no more than a fifth of a second's worth: so no second sees more than six fifths,
        # and 25 a second stay within the 30 that Telegram names.
        at_once = max(1.0, pace.per_second / 5)
        self._all = AsyncLimiter(at_once, at_once / pace.per_second)
        self._burst = pace.burst_per_chat
        self._chats: dict[PersonId, AsyncLimiter] = {}
        self._newest: dict[int, int] = {}

    async def turn(self, person: PersonId) -> None:
        """Wait until Telegram would take another message to this person."""
        if len(self._chats) > _CHATS_REMEMBERED:
            self._chats.clear()
        limiter = self._chats.setdefault(person, AsyncLimiter(self._burst, self._burst))
        await limiter.acquire()
        await self._all.acquire()

    def ends_with(self, chat: int, number: int) -> bool:
        """Say whether this message is the newest that was written to a chat since the start."""
        return self._newest.get(chat) == number

    async def write(self, chat: int, message: Message, *, quiet: bool) -> int:
        """Write a new message and return its number."""
        if message.document is not None:
            return await self._send_file(chat, message.text, message.document)
        if message.picture:
            try:
                return await self._send_picture(chat, message, quiet=quiet)
            except BadRequest:
                if not message.shows:
                    raise
            # No question waits for its picture: it is asked in words alone.
            _LOG.warning("a picture was refused")
        sent = await self._bot.send_message(
            chat,
            message.text,
            reply_markup=_keyboard(message),
            protect_content=True,
            link_preview_options=_NO_PREVIEW,
            disable_notification=quiet,
        )
        self._newest[chat] = sent.message_id
        return sent.message_id

    async def _send_picture(self, chat: int, message: Message, *, quiet: bool) -> int:
        sent = await self._bot.send_photo(
            chat,
            message.picture,
            message.text,
            reply_markup=_keyboard(message),
            protect_content=not message.handed_on,
            disable_notification=quiet,
            filename="code.png",
        )
        self._newest[chat] = sent.message_id
        return sent.message_id

    async def _send_file(self, chat: int, text: str, document: Document) -> int:
        # Not protected: what is to be printed has to be saved.
        file = InputFile(document.content, document.name)
        sent = await self._bot.send_document(chat, file, caption=text)
        self._newest[chat] = sent.message_id
        return sent.message_id

    async def edit(self, chat: int, number: int, message: Message) -> None:
        """Let a message show something else; that it does so already is no error."""
        try:
            await self._bot.edit_message_text(
                message.text,
                chat_id=chat,
                message_id=number,
                reply_markup=_keyboard(message),
                link_preview_options=_NO_PREVIEW,
            )
        except BadRequest as error:
            if "not modified" not in error.message.lower():
                raise

    async def delete(self, chat: int, number: int, instead: str = "") -> None:
        """Delete a message; one too old for that says `instead`, or loses its buttons at least."""
        if self._newest.get(chat) == number:
            del self._newest[chat]
        if not await _refused(self._bot.delete_message(chat, number)):
            return
        if instead and not await _refused(
            self._bot.edit_message_text(instead, chat_id=chat, message_id=number)
        ):
            return
        # What stands below a picture is no text to Telegram.
        if instead and not await _refused(
            self._bot.edit_message_caption(chat, number, caption=instead)
        ):
            return
        await _refused(self._bot.edit_message_reply_markup(chat_id=chat, message_id=number))

    async def offer(self, chat: int, commands: tuple[tuple[str, str], ...]) -> None:
        """Set the commands of one chat; none: those that everybody has."""
        scope = BotCommandScopeChat(chat)
        if commands:
            await self._bot.set_my_commands(commands, scope)
        else:
            await self._bot.delete_my_commands(scope)

    async def answer(self, query: str, text: str | None, *, alert: bool) -> None:
        """Answer a tap."""
        await self._bot.answer_callback_query(query, text, show_alert=alert)

    async def leave(self, chat: int) -> None:
        """Leave a group."""
        await self._bot.leave_chat(chat)


async def _refused(call: Awaitable[object]) -> bool:
    try:
        await call
    except BadRequest:
        return True
    return False


def _keyboard(message: Message) -> InlineKeyboardMarkup | None:
    if not message.rows:
        return None
    return InlineKeyboardMarkup(
        [
            [
                InlineKeyboardButton(button.text, url=button.url)
                if button.url
                else InlineKeyboardButton(button.text, callback_data=button.data)
                for button in row
            ]
            for row in message.rows
        ]
    )
