"""What somebody sees on a phone: its buttons, its ways in, and its newest lines.

Reads what a phone shows and nothing else; it must never act.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.practice.botapi.client import PhoneClient
from bot.practice.botapi.schema import Json
from bot.practice.scripts.wording import Says, pattern

BOX, BOXED = "\u2610", "\u2611"
"""What stands before an observation that was not made, and before one that was."""


@dataclass(slots=True)
class Actor:
    """Somebody with a phone; `invitation` is the link by which they were invited, if any."""

    name: str
    locale: str
    phone: PhoneClient
    invitation: str = ""
    taps: int = 0
    heard: int = 0
    toasted: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """A button on a phone."""

    message: int
    text: str
    data: str


def buttons(message: Json) -> list[Found]:
    """Return a message's buttons, those that open a link too."""
    return [
        Found(message["message_id"], button["text"], button.get("callback_data") or button["url"])
        for row in message["keyboard"]
        for button in row
    ]


def newest_button(wanted: Says, state: Json) -> Found | None:
    """Return the button with this text in the newest message that has one."""
    found = (find_button(message, wanted) for message in reversed(state["messages"]))
    return next((button for button in found if button), None)


def find_button(message: Json, wanted: Says) -> Found | None:
    """Return a message's button with this text."""
    return next((one for one in buttons(message) if wanted(one.text)), None)


def boxes(state: Json, locale: str, who: str) -> list[Found]:
    """Return the observations on the newest screen of somebody, made or not."""
    head = pattern("desk/head", locale, who=who)
    for message in reversed(state["messages"]):
        shown = [one for one in buttons(message) if one.text.startswith((BOX, BOXED))]
        if shown and head.match(message["text"]):
            return shown
    return []


def ways_in(state: Json) -> list[Found]:
    """Return the buttons that open a link, the newest message's first."""
    return [
        Found(message["message_id"], button["text"], button["url"])
        for message in reversed(state["messages"])
        for row in message["keyboard"]
        for button in row
        if "url" in button
    ]


def text_on(state: Json, locale: str, key: str, params: Mapping[str, str]) -> bool | None:
    """Say True where the bot's text stands in the chat, else nothing."""
    wanted = pattern(key, locale, **params)
    from_bot = (message for message in state["messages"] if message["from"] == "bot")
    return any(wanted.search(message["text"]) for message in from_bot) or None


def is_cut(wanted: re.Pattern[str], preview: str) -> bool:
    """Say whether a preview that was cut off may be the beginning of the text."""
    plain = wanted.pattern.replace("\\", "")
    return len(preview) > 40 and plain.startswith(preview.rstrip("\u2026. ")[:60])


def plainly(state: Json) -> Sequence[str]:
    """Return what the phone shows last, for a message about it."""
    lines = []
    for message in state["messages"][-4:]:
        lines.append(f"[{message['from']}] {message['text']}")
        lines += [f"  ({button.text})" for button in buttons(message)]
    lines += [f"toast: {toast['text']}" for toast in state["toasts"][-2:]]
    return lines
