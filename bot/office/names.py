"""Neutral names of groups: which line can be one, and what is wrong with one that can't.

A name may be read over somebody's shoulder: it never says what a group is for, nor where it meets.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Final

LIMIT: Final = 32
"""Characters of a name or an alias, so that it fits a button."""


@cache
def telling_words() -> Mapping[str, tuple[str, ...]]:
    """Return the patterns of words that no name may have, by language."""
    file = files("bot.office").joinpath("telling_words.toml")
    return {name: tuple(found) for name, found in tomllib.loads(file.read_text("utf-8")).items()}


def problem(name: str, locale: str, others: Iterable[str]) -> str:
    """Return what is wrong with a name, as a code, or nothing; `others` are in use already."""
    if found := unfit(name):
        return found
    if folded(name) in {folded(other) for other in others}:
        return "taken"
    return "telling" if "://" in name or _tells(name, locale) else ""


def unfit(line: str) -> str:
    """Return what is wrong with a line that shall name anything, as a code, or nothing."""
    if not any(character.isalnum() for character in line):
        return "empty"
    return "long" if len(line) > LIMIT else ""


def folded(name: str) -> str:
    """Return a name as it is compared: neither letters' cases nor their forms count."""
    return unicodedata.normalize("NFKC", name).casefold()


def _tells(name: str, locale: str) -> bool:
    patterns = telling_words()[locale]
    words = re.findall(r"\w+", folded(name).replace("_", " "))
    return any(fnmatchcase(word, pattern) for word in words for pattern in patterns)
