"""The texts of one flow in one language as rows: what a file is made of, and what one brings back.

Values alone: no file is read or written here, and nothing is decided about a text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from bot.language import translations
from bot.language.translations import Text
from flows.finding import Fault, Finding, fault
from flows.flow import Revision
from flows.source import Source

MOST_BYTES: Final = 2 * 1024 * 1024
"""A file that is bigger is neither fetched nor read; those that are taken out have some 30 KB."""
SHOWN: Final = 12
"""So many signs of a hash tell two editions, or two texts, apart."""
NO_SHEET: Final = fault("F702", "lint/no-sheet", "lint/fix/take-out")
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""What no spreadsheet and no catalogue can hold."""


@dataclass(frozen=True, slots=True)
class Row:
    """One text: its id, its English beside rules and limit, its present words, a comment."""

    id: str
    about: Text
    target: str
    comment: str

    @property
    def source(self) -> str:
        """The English words."""
        return self.about.sources[0]

    @property
    def mark(self) -> str:
        """What tells later whether the words are still these."""
        return mark_of(self.target)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A flow in a language as it would be published now; `revision` is what that would make."""

    flow: str
    locale: str
    revision: str
    rows: tuple[Row, ...]
    draft: Revision | None = None
    """The same with its steps, for a file that holds them."""


@dataclass(frozen=True, slots=True)
class Brought:
    """One row of a file; `source` None: the format carries none; `mark`: of which words it was."""

    line: int
    id: str
    target: str
    source: str | None = None
    mark: str = ""
    wrong: Fault | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """A file that holds the steps too, and what it says: a revision, or all findings of lint."""

    source: Source
    after: Revision | tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Returned:
    """What a file says; with findings it was not read to its end."""

    file: str
    flow: str = ""
    locale: str = ""
    revision: str = ""
    rows: tuple[Brought, ...] = ()
    findings: tuple[Finding, ...] = ()
    whole: Whole | None = None
    """A file that holds the steps too."""


def too_big(file: str, most: int) -> Finding:
    """Return the finding of a file that is not read."""
    return fault("F109", "lint/too-big", "lint/fix/too-big", limit=most // 1024).at(file, 1)


def cleaned(words: str) -> str:
    """Return words as every format can carry them, so that they come back as they went."""
    return _CONTROL.sub(" ", words.replace("\r\n", "\n").replace("\r", "\n")).strip()


def mark_of(words: str) -> str:
    """Return what tells words apart from any others."""
    return sha256(words.encode()).hexdigest()[:SHOWN]


def sheet_of(draft: Revision, english: Revision) -> Sheet:
    """Lay a flow's words in one language beside the English ones."""
    known = english.flow.texts()
    rules = translations.texts_of(draft.flow)
    rows = tuple(
        Row(
            key,
            _beside(rules[key], known[key].text if key in known else source.text),
            cleaned(source.text),
            source.comment,
        )
        for key, source in draft.flow.texts().items()
    )
    return Sheet(draft.flow.id, draft.locale, draft.id[:SHOWN], rows, draft)


def _beside(text: Text, english: str) -> Text:
    return Text((cleaned(english),), text.rules, text.limit, text.step)


def name_of(sheet: Sheet, suffix: str) -> str:
    """Return the name of the file that a sheet becomes."""
    return f"{sheet.flow}.{sheet.locale}.{suffix}"


def by_id(returned: Returned) -> Mapping[str, Brought]:
    """Return the rows of a file by the ids of their texts; of two, the first."""
    return {row.id: row for row in reversed(returned.rows)}
