"""Phones: what a person can do in Telegram, and what the person sees there.

A phone acts on the world only as a Telegram client could, and shows only what a client would
show. It must never read what the bot knows.
"""

import base64
import mimetypes
import re
import time
from collections.abc import Callable
from typing import Any

from bot.practice.botapi import made_up
from bot.practice.botapi.chats import Chat, Message, message_json
from bot.practice.botapi.entities import commands_in
from bot.practice.botapi.schema import Json
from bot.practice.botapi.updates import CALLBACK_LIFETIME
from bot.practice.botapi.world import Tap, World

_PREVIEW = 120
_BREAKS = re.compile(r"[ \t\r\n]+")
"""Spaces that may end a line; one that may not stays as it is."""
_PAYLOAD_LENGTHS = range(1, 65)
_PAYLOAD_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


class PhoneError(Exception):
    """This cannot be done on this phone now."""


class Phone:
    """One person's phone with the private chat with the bot."""

    def __init__(self, world: World, user: Json, chat: Chat) -> None:
        self.user = user
        self.version = 1
        self._world = world
        self._chat = chat
        self._toasts: list[Json] = []
        self._notifications: list[Json] = []
        self._read_up_to = 0
        self._last_tap: str | None = None
        self._history: list[Json] = []
        self._away: list[int] = []
        self._seen_before_loss: Json | None = None

    @property
    def id(self) -> int:
        """The person's id, and the id of the private chat with the bot."""
        return int(self.user["id"])

    # What the person does in the private chat

    def type(self, text: str) -> int:
        """Send a text; return the message's id."""
        if not text.strip():
            raise PhoneError("an empty text can't be sent")
        return self._send(text=text, raw=text, entities=commands_in(text))

    def open_link(self, payload: str) -> int:
        """Open the bot's deep link, whole or its payload alone, and tap *Start*."""
        payload = payload.removeprefix(f"https://t.me/{self._world.bot['username']}?start=")
        if len(payload) not in _PAYLOAD_LENGTHS or not set(payload) <= _PAYLOAD_LETTERS:
            raise PhoneError("a start payload is 1 to 64 of A-Z, a-z, 0-9, _ and -")
        return self.type(f"/start {payload}")

    def send(self, kind: str) -> int:
        """Send a made-up photo, voice, sticker, contact, location or document."""
        try:
            media = made_up.media(kind, self._world.number())
        except KeyError:
            raise PhoneError(f"no such thing to send: {kind}") from None
        return self._send(kind=kind, media=media)

    def send_document(self, name: str, content: bytes) -> int:
        """Send a file under this name; return the message's id."""
        if not name or not content:
            raise PhoneError("a file has a name and is not empty")
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        file = {**self._world.keep_file(content), "file_name": name, "mime_type": kind}
        return self._send(kind="document", media={"document": file})

    def send_photo(self, content: bytes) -> int:
        """Send a photo; return the message's id."""
        if not content:
            raise PhoneError("a photo is not empty")
        size = {"width": 90, "height": 60}
        small = {**self._world.keep_file(content[:100]), **size}
        return self._send(
            kind="photo", media={"photo": [small, {**self._world.keep_file(content), **size}]}
        )

    def forward(self, text: str) -> int:
        """Forward somebody else's text to the bot; return the message's id."""
        now = self._world.clock.now()
        origin = {"type": "hidden_user", "sender_user_name": "Somebody else", "date": now}
        return self._send(text=text, raw=text, origin=origin)

    def forward_message(self, message_id: int) -> int:
        """Forward a message of this chat into it; a protected one can't be."""
        message = self._message(message_id)
        if message.protected:
            raise PhoneError("this message is protected")
        origin = {"type": "user", "sender_user": message.sender, "date": message.date}
        return self._send(
            kind=message.kind,
            media=message.media,
            text=message.text,
            raw=message.text,
            entities=message.entities,
            origin=origin,
        )

    def edit(self, message_id: int, text: str) -> None:
        """Edit one of the person's own messages."""
        self._need_line()
        message = self._message(message_id)
        if message.by_bot:
            raise PhoneError("only one's own messages can be edited")
        edited = self._chat.edit(
            message,
            text=text,
            raw=text,
            entities=commands_in(text),
            edit_date=self._world.clock.now(),
        )
        self._world.queue.push("edited_message", message_json(edited, self._chat))

    def tap(self, message_id: int, data: str) -> Json:
        """Tap the button with this data or address; return the query's id, or the address."""
        self._need_line()
        message = self._message(message_id)
        if data not in message.actions():
            raise PhoneError("there is no such button on this message now")
        self.read()
        buttons = [button for row in message.keyboard for button in row]
        label = next(b["text"] for b in buttons if data in (b.get("callback_data"), b.get("url")))
        self._note("tapped", message_id=message_id, text=label)
        if any(button.get("url") == data for button in buttons):
            return {"url": data}
        return self._query(message_json(message, self._chat), data)

    def forge(self, message_id: int, data: str) -> Json:
        """Tap as a tampered client can: any data, on any message, there or gone."""
        self._need_line()
        self._note("forged", message_id=message_id, text=data)
        message = self._chat.messages.get(message_id)
        if message is not None:
            return self._query(message_json(message, self._chat), data)
        gone = {"chat": self._chat.as_json(), "message_id": message_id, "date": 0}
        return self._query(gone, data)

    def tap_again(self) -> Json:
        """Send the last tap once more, as a client does after a bad line."""
        self._need_line()
        if self._last_tap is None:
            raise PhoneError("nothing was tapped yet")
        query = self._world.taps[self._last_tap].query
        self._world.queue.push("callback_query", query, CALLBACK_LIFETIME)
        return {"callback_query_id": query["id"]}

    def block(self) -> None:
        """Block the bot."""
        self._change_membership("member", "kicked")

    def unblock(self) -> None:
        """Unblock the bot."""
        self._change_membership("kicked", "member")

    def read(self) -> None:
        """Look at the chat: nothing in it is unread any more."""
        newest = max(self._chat.messages, default=0)
        if newest > self._read_up_to:
            self._read_up_to = newest
            self.changed()

    # What the person does elsewhere

    def add_bot_to(self, chat_id: int, title: str, kind: str = "group") -> None:
        """Add the bot to a group, supergroup or channel, which is made where needed."""
        self._need_line()
        chat = self._group(chat_id, title, kind)
        chat.open_to_bot = True
        self._push_membership(chat, "left", "member")

    def write_in(self, chat_id: int, text: str) -> int:
        """Write in a group or channel that the bot is in; return the message's id."""
        self._need_line()
        chat = self._world.chats.get(chat_id)
        if chat is None or chat.type == "private":
            raise PhoneError("there is no such group or channel")
        message = self._world.write(
            chat, self.user, text=text, raw=text, entities=commands_in(text)
        )
        if chat.open_to_bot:
            kind = "channel_post" if chat.type == "channel" else "message"
            self._world.queue.push(kind, message_json(message, chat))
        return message.message_id

    # The line

    def lose_line(self) -> None:
        """Lose the connection: the phone keeps showing what it showed."""
        if self._seen_before_loss is None:
            self.version += 1
            self._seen_before_loss = {**self.view(), "line": False}
            self._world.pulse.beat()

    def find_line(self) -> None:
        """Get the connection back, and with it whatever came meanwhile."""
        if self._seen_before_loss is None:
            return
        self._seen_before_loss = None
        for message_id in self._away:
            if message := self._chat.messages.get(message_id):
                self._notify(message)
        self._away.clear()
        self.changed()

    # What the person sees

    def view(self) -> Json:
        """Return all that the phone shows."""
        if self._seen_before_loss is not None:
            return self._seen_before_loss
        language = self.user.get("language_code", "")
        return {
            "user_id": self.id,
            "first_name": self.user["first_name"],
            "language_code": language,
            "version": self.version,
            "line": True,
            "started": self._chat.open_to_bot,
            "blocked": self._chat.blocked,
            "bot": self._world.profile.seen_in(self.id, language),
            "messages": [self._shown(m) for m in self._chat.messages.values()],
            "toasts": list(self._toasts),
            "notifications": list(self._notifications),
        }

    @property
    def history(self) -> list[Json]:
        """All that happened in the chat, in its order: the transcript of this phone."""
        return list(self._history)

    def _note(self, what: str, **details: Any) -> None:
        self._history.append({"what": what, "at": self._world.clock.now(), **details})

    async def view_after(self, version: int, wait: float) -> Json:
        """Return what the phone shows, at the latest after `wait` seconds of real time."""
        deadline = time.monotonic() + wait
        while self.view()["version"] <= version and (left := deadline - time.monotonic()) > 0:
            await self._world.pulse.wait(left)
        return self.view()

    def file(self, message_id: int) -> Message:
        """Return a message that carries a file which the bot sent."""
        message = self._message(message_id)
        if message.content is None:
            raise PhoneError("there is no file in this message")
        return message

    # What the chat tells its watcher

    def delivered(self, message: Message) -> None:
        """Ring for a new message of the bot, now or when the line is back."""
        self._note("came", **self._shown(message))
        if self._seen_before_loss is None:
            self._notify(message)
        else:
            self._away.append(message.message_id)

    def edited(self, message: Message) -> None:
        """Note that a message reads differently now."""
        self._note("edited", **self._shown(message))

    def removed(self, message_id: int) -> None:
        """Note that a message is gone."""
        self._note("gone", message_id=message_id)

    def changed(self) -> None:
        """Note that the phone shows something else than before."""
        if self._seen_before_loss is None:
            self.version += 1
            self._world.pulse.beat()

    def answered(self, text: str, *, alert: bool) -> None:
        """Show the answer to a tap; without a line it is lost, as on a real phone."""
        if self._seen_before_loss is None:
            self._note("toast", text=text, alert=alert)
            self._toasts.append({"text": text, "alert": alert, "date": self._world.clock.now()})
            self.changed()

    def _notify(self, message: Message) -> None:
        if message.silent:
            return
        language = self.user.get("language_code", "")
        self._notifications.append(
            {
                "message_id": message.message_id,
                "title": self._world.profile.seen_in(self.id, language)["name"],
                "text": _preview(message),
                "date": message.date,
            }
        )

    def _shown(self, message: Message) -> Json:
        shown: Json = {
            "message_id": message.message_id,
            "from": "bot" if message.by_bot else "user",
            "kind": message.kind,
            "text": message.text,
            "raw": message.raw,
            "entities": list(message.entities),
            "keyboard": [[_button(button) for button in row] for row in message.keyboard],
            "date": message.date,
            "edited": message.edit_date is not None,
            "protected": message.protected,
            "silent": message.silent,
            "link_preview_options": message.link_preview,
            "unread": message.by_bot and message.message_id > self._read_up_to,
        }
        if message.kind == "document":
            shown["file_name"] = message.media["document"].get("file_name", "")
        return shown

    def _message(self, message_id: int) -> Message:
        message = self._chat.messages.get(message_id)
        if message is None:
            raise PhoneError("there is no such message in this chat")
        return message

    def _need_line(self) -> None:
        if self._seen_before_loss is not None:
            raise PhoneError("this phone has lost the line")

    def _send(self, **fields: Any) -> int:
        self._need_line()
        if self._chat.blocked:
            raise PhoneError("the bot is blocked on this phone")
        self._chat.open_to_bot = True
        message = self._world.write(self._chat, self.user, **fields)
        self._note("sent", **self._shown(message))
        self.read()
        self._world.queue.push("message", message_json(message, self._chat))
        return message.message_id

    def _query(self, message: Json, data: str) -> Json:
        number = str(self._world.number() + 10**17)
        query: Json = {
            "id": number,
            "from": self.user,
            "message": message,
            "chat_instance": str(self.id),
            "data": data,
        }
        self._last_tap = number
        self._world.taps[number] = Tap(query, self._chat, self._world.clock.now())
        self._world.queue.push("callback_query", query, CALLBACK_LIFETIME)
        return {"callback_query_id": number}

    def _change_membership(self, old: str, new: str) -> None:
        self._need_line()
        if not self._chat.open_to_bot or self._chat.blocked == (new == "kicked"):
            raise PhoneError("that is so already, or there is no chat with the bot yet")
        self._chat.blocked = new == "kicked"
        self._push_membership(self._chat, old, new)
        self.changed()

    def _push_membership(self, chat: Chat, old: str, new: str) -> None:
        change = {
            "chat": chat.as_json(),
            "from": self.user,
            "date": self._world.clock.now(),
            "old_chat_member": self._membership(old),
            "new_chat_member": self._membership(new),
        }
        self._world.queue.push("my_chat_member", change)

    def _membership(self, status: str) -> Json:
        until = {"until_date": 0} if status == "kicked" else {}
        return {"status": status, "user": self._world.bot, **until}

    def _group(self, chat_id: int, title: str, kind: str) -> Chat:
        if kind not in ("group", "supergroup", "channel") or chat_id >= 0:
            raise PhoneError("a group, supergroup or channel has an id below zero")
        return self._world.chats.setdefault(chat_id, Chat(chat_id, kind, {"title": title}))


class Phones:
    """All phones of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._phones: dict[int, Phone] = {}

    def add(self, user_id: int, first_name: str, language_code: str = "") -> Phone:
        """Switch on a phone whose owner has never written to the bot."""
        if user_id <= 0 or user_id in self._world.chats or user_id == self._world.bot["id"]:
            raise PhoneError("this id is taken, or is none")
        user: Json = {"id": user_id, "is_bot": False, "first_name": first_name}
        if language_code:
            user["language_code"] = language_code
        chat = Chat(user_id, "private", {"first_name": first_name})
        phone = Phone(self._world, user, chat)
        chat.watcher = phone
        self._world.chats[user_id] = chat
        self._phones[user_id] = phone
        return phone

    def get(self, user_id: int) -> Phone:
        """Return a phone; raise `PhoneError` when there is none."""
        try:
            return self._phones[user_id]
        except KeyError:
            raise PhoneError("there is no such phone") from None

    def all(self) -> list[Phone]:
        """Return all phones in the order in which they were switched on."""
        return list(self._phones.values())


Act = Callable[[Phone, Json], Any]

# What can be asked of a phone from outside, by name.
ACTS: dict[str, Act] = {
    "type": lambda phone, body: phone.type(body["text"]),
    "open_link": lambda phone, body: phone.open_link(body["payload"]),
    "send": lambda phone, body: phone.send(body["kind"]),
    "send_document": lambda phone, body: phone.send_document(
        body["name"], base64.b64decode(body["content"], validate=True)
    ),
    "forward": lambda phone, body: phone.forward(body["text"]),
    "forward_message": lambda phone, body: phone.forward_message(body["message_id"]),
    "edit": lambda phone, body: phone.edit(body["message_id"], body["text"]),
    "tap": lambda phone, body: phone.tap(body["message_id"], body["data"]),
    "forge": lambda phone, body: phone.forge(body["message_id"], body["data"]),
    "tap_again": lambda phone, _: phone.tap_again(),
    "block": lambda phone, _: phone.block(),
    "unblock": lambda phone, _: phone.unblock(),
    "read": lambda phone, _: phone.read(),
    "add_bot_to": lambda phone, body: phone.add_bot_to(**body),
    "write_in": lambda phone, body: phone.write_in(body["chat_id"], body["text"]),
    "lose_line": lambda phone, _: phone.lose_line(),
    "find_line": lambda phone, _: phone.find_line(),
}


def _preview(message: Message) -> str:
    text = _BREAKS.sub(" ", message.text or message.kind).strip()
    return text if len(text) <= _PREVIEW else text[: _PREVIEW - 1] + "…"


def _button(button: Json) -> Json:
    return {key: button[key] for key in ("text", "url", "callback_data") if key in button}
