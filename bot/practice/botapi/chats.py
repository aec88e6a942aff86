"""Chats and their messages, as Telegram's servers hold them.

A message is an immutable value that an edit replaces. A chat knows who watches it, not how it
is displayed; it must never decide whether the bot may write.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from bot.practice.botapi.schema import Json

Keyboard = tuple[tuple[Json, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message; `raw` is the text as its sender wrote it, markup included."""

    message_id: int
    chat_id: int
    sender: Json
    date: int
    kind: str = "text"
    text: str = ""
    raw: str = ""
    entities: tuple[Json, ...] = ()
    keyboard: Keyboard = ()
    media: Json = field(default_factory=dict)
    content: bytes | None = None
    protected: bool = False
    silent: bool = False
    link_preview: Json | None = None
    reply_to: int | None = None
    origin: Json | None = None
    edit_date: int | None = None

    @property
    def by_bot(self) -> bool:
        """Whether the bot wrote it."""
        return bool(self.sender["is_bot"])

    def actions(self) -> set[str]:
        """Return the callback data and addresses of the buttons on it."""
        buttons = [button for row in self.keyboard for button in row]
        return {b[key] for b in buttons for key in ("callback_data", "url") if key in b}


class Watcher(Protocol):
    """Whoever looks at a chat."""

    def delivered(self, message: Message) -> None:
        """Take note of a new message of the bot."""

    def edited(self, message: Message) -> None:
        """Note that a message reads differently now."""

    def removed(self, message_id: int) -> None:
        """Note that a message is gone."""

    def changed(self) -> None:
        """Take note that the chat looks different."""

    def answered(self, text: str, *, alert: bool) -> None:
        """Show what the bot answered to a tap."""


@dataclass(slots=True)
class Chat:
    """A chat and what the bot may do there."""

    id: int
    type: str
    names: Json
    open_to_bot: bool = False
    blocked: bool = False
    watcher: Watcher | None = None
    messages: dict[int, Message] = field(default_factory=dict)

    def as_json(self) -> Json:
        """Return the Bot API's Chat."""
        return {"id": self.id, "type": self.type, **self.names}

    def add(self, message: Message) -> None:
        """Add a new message at the end."""
        self.messages[message.message_id] = message
        if self.watcher is None:
            return
        if message.by_bot:
            self.watcher.delivered(message)
        self.watcher.changed()

    def edit(self, message: Message, **changes: Any) -> Message:
        """Put an edited message in the place of `message`."""
        edited = replace(message, **changes)
        self.messages[message.message_id] = edited
        if self.watcher is not None:
            self.watcher.edited(edited)
            self.watcher.changed()
        return edited

    def remove(self, message_id: int) -> None:
        """Delete a message for everybody."""
        del self.messages[message_id]
        if self.watcher is not None:
            self.watcher.removed(message_id)
            self.watcher.changed()


def message_json(message: Message, chat: Chat) -> Json:
    """Return the Bot API's Message."""
    return dict(_fields(message, chat))


def _fields(message: Message, chat: Chat) -> Iterator[tuple[str, Any]]:
    yield "message_id", message.message_id
    yield ("sender_chat" if chat.type == "channel" else "from"), _sender(message, chat)
    yield "chat", chat.as_json()
    yield "date", message.date
    yield from message.media.items()
    words, entities = ("text", "entities") if message.kind == "text" else _CAPTION
    optional = {
        words: message.text,
        entities: list(message.entities),
        "edit_date": message.edit_date,
        "has_protected_content": message.protected,
        "link_preview_options": message.link_preview,
        "forward_origin": message.origin,
        "reply_markup": _markup(message),
        "reply_to_message": _replied(message, chat),
    }
    yield from ((name, value) for name, value in optional.items() if value)


_CAPTION = ("caption", "caption_entities")


def _sender(message: Message, chat: Chat) -> Json:
    return chat.as_json() if chat.type == "channel" else message.sender


def _markup(message: Message) -> Json | None:
    if not message.keyboard:
        return None
    return {"inline_keyboard": [list(row) for row in message.keyboard]}


def _replied(message: Message, chat: Chat) -> Json | None:
    replied = chat.messages.get(message.reply_to or 0)
    return None if replied is None else message_json(replace(replied, reply_to=None), chat)
