"""The words that must not be said, by language and rule: `bot/language/forbidden.toml`, read once.

A language that nobody wrote lists for is an error, never a language in which all may be said.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from fnmatch import translate
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from bot.office.names import folded

RULES: Final = ("verdict", "purpose", "others", "group", "praise", "clearance", "why")
"""What a participant's text breaks none of."""
FOR_STAFF: Final = ("verdict",)
"""What no text at all breaks."""
_NOTHING: Final = r"(?!)"
"""A pattern that nothing matches: the empty one would match everything."""


@cache
def lists() -> Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]]:
    """Return language -> rule -> `words`, the patterns, and `broken`, sentences that break it."""
    found = dict(_file())
    found.pop("exception", None)
    return MappingProxyType(found)


@cache
def exceptions() -> frozenset[tuple[str, str, str]]:
    """Return what is meant otherwise where it stands, as (language, text, word)."""
    return frozenset((one["locale"], one["key"], one["word"]) for one in reasons())


def reasons() -> Sequence[Mapping[str, str]]:
    """Return the exceptions as they are written, each with its `why`."""
    return tuple(_file().get("exception", ()))


def broken_by(text: str, locale: str, rule: str) -> frozenset[str]:
    """Return the words of a text that break a rule; KeyError for a language without lists."""
    said = " ".join(folded(text).split())
    each = set(re.findall(r"[\w-]+", said)) | set(re.findall(r"\w+", said))
    words, phrases = _patterns(locale, rule)
    return frozenset(
        (*(word for word in each if words.match(word)), *(one for one in phrases if one in said))
    )


@cache
def _patterns(locale: str, rule: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """Return what matches a word of a list, and what of it is more than one word."""
    listed = lists()[locale][rule]["words"]
    words = "|".join(translate(one) for one in listed if " " not in one)
    return re.compile(words or _NOTHING), tuple(one for one in listed if " " in one)


@cache
def _file() -> Mapping[str, Any]:
    return tomllib.loads(files("bot.language").joinpath("forbidden.toml").read_text("utf-8"))
