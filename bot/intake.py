"""From Telegram's update to what somebody did: the only reader of `Update`.

What people send, or are called, stays here: nothing of it is handed on but commands, a pasted link,
the data of a button, a line or a text, which counts only where a member of staff was asked for one,
and which file Telegram holds, which only a coordinator's page has fetched.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from telegram import Bot, CallbackQuery, ChatMember, ChatMemberUpdated, Message, Update

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
"""What the bot asks Telegram for."""
_LINKS = ("https://", "http://")
_LINK_LIMIT = 512
_SUFFIX = re.compile(r"\.([a-z]{1,8})$")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What no keyboard types and no phone shows; SQLite takes the first of them for a text's end."""
PHOTO = "photo"
"""Stands for the end of a name where a photo has none."""
LINE_LIMIT = 64
"""Characters of a line that staff may be asked for, such as a group's name."""


@dataclass(frozen=True, slots=True)
class Tapped:
    """A button was tapped in a private chat."""

    update_id: int
    chat: int
    query: str
    message: int
    data: str


@dataclass(frozen=True, slots=True)
class Commanded:
    """A command was sent; `payload` is what followed it."""

    update_id: int
    chat: int
    name: str
    payload: str


@dataclass(frozen=True, slots=True)
class LineSent:
    """A short line of text. It is no answer unless it was asked for, and nobody logs it."""

    update_id: int
    chat: int
    message: int
    line: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TextSent:
    """A text of several lines, or a longer one. It is no answer unless it was asked for either."""

    update_id: int
    chat: int
    message: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LinkSent:
    """A message with one link in it; `whole` is what it is to a page that asked for words."""

    update_id: int
    chat: int
    message: int
    link: str = field(repr=False)
    whole: LineSent | TextSent = field(repr=False)

    @property
    def alone(self) -> bool:
        """Say whether the message is the link and nothing else."""
        return isinstance(self.whole, TextSent) and self.whole.text == self.link


@dataclass(frozen=True, slots=True)
class OtherSent:
    """Anything else in a private chat: only its kind is known."""

    update_id: int
    chat: int
    kind: str


@dataclass(frozen=True, slots=True)
class ReachChanged:
    """Somebody blocked the bot, or let it in again."""

    update_id: int
    chat: int
    reachable: bool


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Something happened in a group or channel, where the bot does not stay."""

    update_id: int
    chat: int
    member: bool


@dataclass(frozen=True, slots=True)
class Unheard:
    """An update that means nothing to the bot."""

    update_id: int


@dataclass(frozen=True, slots=True)
class Poison:
    """An update that could not be read; `error` is the kind of error, never its text."""

    update_id: int
    error: str


@dataclass(frozen=True, slots=True)
class FileSent:
    """A file, of which only its size and the end of its name are known; nobody has fetched it."""

    update_id: int
    chat: int
    message: int
    file: str = field(repr=False)
    size: int
    suffix: str


Private = Tapped | Commanded | LinkSent | LineSent | TextSent | FileSent | OtherSent
"""What somebody does in their private chat."""
Incoming = Private | ReachChanged | Elsewhere | Unheard | Poison


def read(raw: Mapping[str, Any], bot: Bot) -> Incoming:
    """Read one update by itself, so that one that can't be read does not stop the others."""
    update_id = int(raw["update_id"])
    try:
        return _incoming(update_id, Update.de_json(dict(raw), bot))
    except Exception as error:  # noqa: BLE001 -- whatever it is, the stream goes on
        return Poison(update_id, type(error).__name__)


def _incoming(update_id: int, update: Update) -> Incoming:
    if update.callback_query:
        return _tapped(update_id, update.callback_query)
    if update.my_chat_member:
        return _member(update_id, update.my_chat_member)
    message = update.message or update.edited_message
    if message is None:
        return Unheard(update_id)
    if message.chat.type != "private":
        return Elsewhere(update_id, message.chat.id, member=True)
    if update.edited_message:
        return OtherSent(update_id, message.chat.id, "edited")
    return _sent(update_id, message)


def _tapped(update_id: int, query: CallbackQuery) -> Incoming:
    message = query.message
    if message is None or query.data is None:
        return Unheard(update_id)
    if message.chat.type != "private" or message.chat.id != query.from_user.id:
        return Elsewhere(update_id, message.chat.id, member=True)
    return Tapped(update_id, query.from_user.id, query.id, message.message_id, query.data)


def _member(update_id: int, change: ChatMemberUpdated) -> Incoming:
    gone = change.new_chat_member.status in (ChatMember.BANNED, ChatMember.LEFT)
    if change.chat.type != "private":
        return Elsewhere(update_id, change.chat.id, member=not gone)
    return ReachChanged(update_id, change.chat.id, reachable=not gone)


def _sent(update_id: int, message: Message) -> Incoming:
    chat = message.chat.id
    if message.forward_origin:
        return OtherSent(update_id, chat, "forwarded")
    if message.document:
        file, name = message.document, message.document.file_name or ""
        suffix = _SUFFIX.search(name.lower())
        size = file.file_size or 0
        kind = suffix[1] if suffix else ""
        return FileSent(update_id, chat, message.message_id, file.file_id, size, kind)
    if message.photo:
        largest = message.photo[-1]
        return FileSent(
            update_id, chat, message.message_id, largest.file_id, largest.file_size or 0, PHOTO
        )
    if not message.text:
        return OtherSent(update_id, chat, "attachment")
    first, *rest = message.text.split()
    if first.startswith("/"):
        name = first[1:].partition("@")[0].lower()
        return Commanded(update_id, chat, name, " ".join(rest))
    links = [word for word in (first, *rest) if word.lower().startswith(_LINKS)]
    if len(links) == 1 and len(links[0]) <= _LINK_LIMIT:
        whole = _words(update_id, message, message.text) if rest else None
        alone = TextSent(update_id, chat, message.message_id, links[0])
        return LinkSent(update_id, chat, message.message_id, links[0], whole or alone)
    if links:
        return TextSent(update_id, chat, message.message_id, plain(message.text))
    return _words(update_id, message, message.text)


def _words(update_id: int, message: Message, text: str) -> LineSent | TextSent:
    chat, number = message.chat.id, message.message_id
    if len(text) <= LINE_LIMIT and text.isprintable():
        return LineSent(update_id, chat, number, " ".join(text.split()))
    return TextSent(update_id, chat, number, plain(text))


def plain(text: str) -> str:
    """Return a text as it is read: without control characters but new lines and tabs."""
    return _CONTROLS.sub("", text).strip()
