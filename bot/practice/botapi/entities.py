"""Text as the bot sends it, turned into what a phone displays: plain text and entities.

Knows the part of Telegram's HTML that Vestibule may use and refuses everything else; it must
never guess what a malformed text meant. Offsets count UTF-16 units, as the Bot API does.
Error texts are Telegram's: they come after "Bad Request: can't parse entities: ".
"""

import html
import re
from dataclasses import dataclass

from bot.practice.botapi.schema import Json, RefusedError

MAX_TEXT = 4096
MAX_CAPTION = 1024

_KINDS = {
    "b": "bold",
    "i": "italic",
    "u": "underline",
    "s": "strikethrough",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "tg-spoiler": "spoiler",
    "blockquote": "blockquote",
}
_ATTRIBUTES = {"a": {"href"}, "code": {"class"}, "blockquote": {"expandable"}}
_TAG = re.compile(
    r"<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9-]*)"
    r"(?P<attributes>(?:\s+[a-zA-Z-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'))?)*)\s*>"
)
_ATTRIBUTE = re.compile(r"([a-zA-Z-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'))?")
# The only named references that Telegram knows, and the numeric ones.
_REFERENCE = re.compile(r"&(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);")
_COMMAND = re.compile(r"(?<!\S)/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]+)?(?!\S)")


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as displayed, with its entities."""

    text: str
    entities: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class _Open:
    tag: str
    start: int
    attributes: dict[str, str]


def units(text: str) -> int:
    """Return the length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def show(text: str, parse_mode: str | None, entities: list[Json], limit: int) -> Shown:
    """Return what a phone displays of `text`; raise `RefusedError`."""
    shown = _parse(text, parse_mode, entities)
    stripped = _strip(shown)
    if len(stripped.text) > limit:
        words = "message is too long" if limit == MAX_TEXT else "message caption is too long"
        raise RefusedError(f"Bad Request: {words}")
    return stripped


def commands_in(text: str) -> tuple[Json, ...]:
    """Return the bot_command entities that Telegram finds in a typed text."""
    return tuple(
        {"type": "bot_command", "offset": units(text[: m.start()]), "length": units(m[0])}
        for m in _COMMAND.finditer(text)
    )


def _parse(text: str, parse_mode: str | None, entities: list[Json]) -> Shown:
    if not parse_mode:
        return _given(text, entities)
    if parse_mode.lower() != "html":
        raise RefusedError("Bad Request: unsupported parse_mode")
    return _Html(text).read()


def _given(text: str, entities: list[Json]) -> Shown:
    length = units(text)
    for entity in entities:
        start, end = entity["offset"], entity["offset"] + entity["length"]
        if not 0 <= start < end <= length:
            raise RefusedError("Bad Request: ENTITY_BOUNDS_INVALID")
    return Shown(text, tuple(entities))


def _strip(shown: Shown) -> Shown:
    """Cut white space at both ends, as Telegram does, and the entities with it."""
    text = shown.text.strip()
    cut = units(shown.text) - units(shown.text.lstrip())
    kept = []
    for entity in shown.entities:
        start = max(entity["offset"] - cut, 0)
        end = min(entity["offset"] + entity["length"] - cut, units(text))
        if start < end:
            kept.append({**entity, "offset": start, "length": end - start})
    return Shown(text, tuple(kept))


def _malformed(words: str) -> RefusedError:
    return RefusedError(f"Bad Request: can't parse entities: {words}")


class _Html:
    """One reading of one text."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._text = ""
        self._open: list[_Open] = []
        self._entities: list[Json] = []

    def read(self) -> Shown:
        at = 0
        while (tag := self._source.find("<", at)) >= 0:
            self._plain(self._source[at:tag])
            at = self._tag(tag)
        self._plain(self._source[at:])
        if self._open:
            tag_name = self._open[-1].tag
            raise _malformed(f'Can\'t find end tag corresponding to start tag "{tag_name}"')
        order = sorted(self._entities, key=lambda e: (e["offset"], -e["length"]))
        return Shown(self._text, tuple(order))

    def _plain(self, part: str) -> None:
        self._text += _REFERENCE.sub(lambda m: html.unescape(m[0]), part)

    def _byte(self, at: int) -> int:
        return len(self._source[:at].encode())

    def _tag(self, at: int) -> int:
        match = _TAG.match(self._source, at)
        if match is None:
            raise self._no_tag(at)
        name = match["name"].lower()
        if match["end"]:
            self._close(name, at)
        else:
            self._start(name, match["attributes"], at)
        return match.end()

    def _no_tag(self, at: int) -> RefusedError:
        if ">" not in self._source[at:]:
            return _malformed(f"Unclosed start tag at byte offset {self._byte(at)}")
        name = re.match(r"[^\s>]*", self._source[at + 1 :])
        return self._unsupported(name[0] if name else "", at)

    def _unsupported(self, name: str, at: int) -> RefusedError:
        return _malformed(f'Unsupported start tag "{name}" at byte offset {self._byte(at)}')

    def _start(self, name: str, written: str, at: int) -> None:
        if name not in _KINDS:
            raise self._unsupported(name, at)
        attributes = {
            m[1].lower(): html.unescape(m[2] or m[3] or "") for m in _ATTRIBUTE.finditer(written)
        }
        if extra := set(attributes) - _ATTRIBUTES.get(name, set()):
            raise _malformed(f'Unexpected attribute "{min(extra)}" of tag "{name}"')
        if name == "a" and not attributes.get("href"):
            raise _malformed('Tag "a" must have attribute "href"')
        self._open.append(_Open(name, units(self._text), attributes))

    def _close(self, name: str, at: int) -> None:
        if not self._open:
            raise _malformed(f"Unexpected end tag at byte offset {self._byte(at)}")
        opened = self._open.pop()
        if opened.tag != name:
            raise _malformed(
                f"Unmatched end tag at byte offset {self._byte(at)}, "
                f'expected "</{opened.tag}>", found "</{name}>"'
            )
        if length := units(self._text) - opened.start:
            self._entities.append(_entity(opened, length))


def _entity(opened: _Open, length: int) -> Json:
    entity: Json = {"type": _KINDS[opened.tag], "offset": opened.start, "length": length}
    if opened.tag == "a":
        entity["url"] = opened.attributes["href"]
    if "expandable" in opened.attributes:
        entity["type"] = "expandable_blockquote"
    return entity
