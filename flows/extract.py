"""Texts for translators, out of flow files and out of the bot's own texts: a Babel extractor.

Context = text id, msgid = English. It knows nothing of Babel but the shape of what it yields.
"""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import IO, Any

from flows.definition import parse
from flows.source import read

Message = tuple[int, str, tuple[str, ...], list[str]]
_LEAVES = ({"text", "note", "max"}, {"one", "other", "note", "max"})


@dataclass(frozen=True, slots=True)
class BotText:
    """One of the bot's own texts; `one` is its singular; empty where nothing is counted."""

    text: str
    one: str = ""
    note: str = ""
    max: int = 0


class TextsError(ValueError):
    """The file of the bot's texts can't be read."""


def extract(
    fileobj: IO[bytes],
    keywords: Collection[str],  # noqa: ARG001 -- Babel's signature; contexts need no keywords
    comment_tags: Collection[str],  # noqa: ARG001 -- every note is meant for translators
    options: Mapping[str, Any],  # noqa: ARG001 -- the file itself says which kind it is
) -> Iterator[Message]:
    """Yield (line, function name, (context, msgid[, plural]), comments) for Babel.

    Raises FlowError for a flow with findings, TextsError for a broken file of texts.
    """
    text = fileobj.read().decode("utf-8")
    file = str(getattr(fileobj, "name", "texts.toml"))
    document = tomllib.loads(text)
    if "overlay" in document:
        return  # Its words are written in their own language.
    if "step" in document or "item" in document:
        yield from _flow_messages(text, file)
    else:
        yield from _bot_messages(text, file)


def read_texts(text: str, filename: str) -> Mapping[str, BotText]:
    """Return the bot's own texts by id, in the order of the file.

    Nested tables give ids joined with "/": `[desk] sign = "Sign"` is `desk/sign`. A table of
    `text` (or of `one` and `other`), `note` and `max` alone is one text, not a table of texts.
    """
    try:
        document = tomllib.loads(text)
    except ValueError as error:
        raise TextsError(f"{filename}: {error}") from error
    return MappingProxyType(dict(_leaves(document, "", filename)))


def _flow_messages(text: str, file: str) -> Iterator[Message]:
    flow = parse(text, file)
    lines = {entry.id: entry.lines.start for entry in read(text, file).entries}
    for key, source in flow.texts().items():
        step = key.removeprefix(f"{flow.id}/").partition("/")[0]
        yield lines.get(step, 1), "pgettext", (key, source.text), [f"TRANSLATORS: {source.comment}"]


def _bot_messages(text: str, file: str) -> Iterator[Message]:
    for key, leaf in read_texts(text, file).items():
        name = re.escape(key.rpartition("/")[2])
        found = re.search(rf"^\s*(\[.*\b)?{name}\b", text, re.MULTILINE)
        line = text.count("\n", 0, found.end()) + 1 if found else 1
        if leaf.one:
            yield line, "npgettext", (key, leaf.one, leaf.text), _comments(leaf)
        else:
            yield line, "pgettext", (key, leaf.text), _comments(leaf)


def _comments(leaf: BotText) -> list[str]:
    limit = f"At most {leaf.max} characters." if leaf.max else ""
    comment = f"{leaf.note} {limit}".strip()
    return [f"TRANSLATORS: {comment}"] if comment else []


def _leaves(table: Mapping[str, Any], path: str, file: str) -> Iterator[tuple[str, BotText]]:
    for key, value in table.items():
        here = f"{path}/{key}" if path else key
        if isinstance(value, str):
            yield here, _checked(BotText(value), here, file)
        elif isinstance(value, dict) and _is_leaf(value):
            yield here, _checked(_leaf(value), here, file)
        elif isinstance(value, dict):
            yield from _leaves(value, here, file)
        else:
            raise TextsError(f"{file}: {here} is neither a text nor a table.")


def _is_leaf(table: Mapping[str, Any]) -> bool:
    if any(isinstance(value, dict) for value in table.values()):
        return False
    plain, counted = _LEAVES
    return ("text" in table and plain >= set(table)) or (
        {"one", "other"} <= set(table) and counted >= set(table)
    )


def _leaf(table: Mapping[str, Any]) -> BotText:
    return BotText(
        text=table.get("text", table.get("other", "")),
        one=table.get("one", ""),
        note=table.get("note", ""),
        max=table.get("max", 0),
    )


def _checked(leaf: BotText, key: str, file: str) -> BotText:
    strings = (leaf.text, leaf.one, leaf.note)
    if not all(isinstance(value, str) for value in strings) or not isinstance(leaf.max, int):
        raise TextsError(f"{file}: {key} has a value of the wrong kind.")
    if not leaf.text.strip():
        raise TextsError(f"{file}: {key} is empty.")
    return leaf
