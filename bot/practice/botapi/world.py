"""Everything that Telegram's servers would know: chats, taps, the queue, the bot's profile.

Held in memory and shared by both sides, the bot's and the phones'. It must never know HTTP.
"""

import itertools
from dataclasses import dataclass
from typing import Any

from bot.clock import Clock
from bot.practice.botapi.chats import Chat, Message
from bot.practice.botapi.profile import Profile
from bot.practice.botapi.schema import Json, RefusedError
from bot.practice.botapi.updates import CALLBACK_LIFETIME, Pulse, UpdateQueue


@dataclass(slots=True)
class Tap:
    """A callback query, answered once and in time or not at all."""

    query: Json
    chat: Chat
    date: int
    answered: bool = False


class World:
    """One bot's Telegram."""

    def __init__(self, clock: Clock, bot: Json) -> None:
        self.clock = clock
        self.bot = bot
        self.pulse = Pulse()
        self.queue = UpdateQueue(clock, self.pulse)
        self.profile = Profile({"": bot["first_name"]})
        self.chats: dict[int, Chat] = {}
        self.taps: dict[str, Tap] = {}
        self.files: dict[str, bytes] = {}
        self._numbers = itertools.count(1)

    def number(self) -> int:
        """Return the next number for a message, file or tap."""
        return next(self._numbers)

    def write(self, chat: Chat, sender: Json, **fields: Any) -> Message:
        """Add a new message to `chat`."""
        message = Message(
            message_id=self.number(),
            chat_id=chat.id,
            sender=sender,
            date=self.clock.now(),
            **fields,
        )
        chat.add(message)
        return message

    def keep_file(self, content: bytes) -> Json:
        """Keep a file that somebody or the bot has sent; return what a message says of it."""
        number = self.number()
        name = f"practice-upload-{number}"
        self.files[name] = content
        return {"file_id": name, "file_unique_id": f"u{number}", "file_size": len(content)}

    def profile_changed(self) -> None:
        """Show every phone the bot's new appearance."""
        for chat in self.chats.values():
            if chat.watcher is not None:
                chat.watcher.changed()

    def chat_to_change(self, chat_id: int | str) -> Chat:
        """Return the chat with this id; raise `RefusedError` when the bot can't know it."""
        chat = self._chat(chat_id)
        if chat.type == "private" and not chat.open_to_bot:
            raise RefusedError("Bad Request: chat not found")
        return chat

    def chat_to_write_to(self, chat_id: int | str) -> Chat:
        """Return the chat with this id; raise `RefusedError` when the bot may not write."""
        chat = self._chat(chat_id)
        if not chat.open_to_bot:
            words = "Forbidden: bot can't initiate conversation with a user"
            raise RefusedError(words, 403)
        if chat.blocked:
            raise RefusedError("Forbidden: bot was blocked by the user", 403)
        return chat

    def _chat(self, chat_id: int | str) -> Chat:
        chat = self.chats.get(chat_id) if isinstance(chat_id, int) else None
        if chat is None:
            raise RefusedError("Bad Request: chat not found")
        if chat.type != "private" and not chat.open_to_bot:
            words = f"Forbidden: bot is not a member of the {chat.type} chat"
            raise RefusedError(words, 403)
        return chat

    def open_tap(self, query_id: str) -> Tap:
        """Return a tap that can still be answered."""
        tap = self.taps.get(query_id)
        too_old = tap is not None and self.clock.now() - tap.date > CALLBACK_LIFETIME
        if tap is None or tap.answered or too_old:
            raise RefusedError(
                "Bad Request: query is too old and response timeout expired or query ID is invalid"
            )
        return tap
