"""A flow's file as its author wrote it: shapes, order and line numbers.

Whether the flow makes sense is the business of `flows.lint`; this module must never mend what it
reads.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec

from flows.finding import Finding, fault
from flows.flow import CONSIDERED, CRITERION_ANSWERS, Ending
from flows.tables import TableReader, document

REPEAT_AFTER: Final = 180
"""Seconds until an unanswered item is asked once more, where the file says nothing else."""
SHARED_BUTTONS: Final = (
    *("yes", "no", "help", "cannot", "now-yes", "agree", "refuse"),
    *(CONSIDERED, *CRITERION_ANSWERS),
)
MOST_ENTRIES: Final = 100
MOST_OPTIONS: Final = 20
_ENTRIES: Final = ("step", "item", "message")


class OptionShape(msgspec.Struct, frozen=True):
    """One of a plain step's `options`; without `text` it is the shared button of that id."""

    id: str
    to: str
    text: str = ""
    note: str = ""


class StepShape(msgspec.Struct, frozen=True):
    """A `[[step]]`."""

    id: str
    text: str = ""
    note: str = ""
    options: tuple[Any, ...] = ()
    final: Ending = ""
    rings: bool = False
    repeat_after: int = 0
    picture: str = ""


class ItemShape(msgspec.Struct, frozen=True):
    """An `[[item]]`: one mandatory item, which unfolds into a question and its two branches.

    In a clearance it has a `part` and unfolds into the question alone.
    """

    id: str
    title: str = ""
    ask: str = ""
    no: str = ""
    help: str = ""
    observe: str = ""
    note: str = ""
    non_negotiable: bool = False
    observed: bool = False
    part: Literal["", "domain", "criterion"] = ""
    repeat_after: int = REPEAT_AFTER
    buttons: Mapping[str, str] = {}
    picture: str = ""


class MessageShape(msgspec.Struct, frozen=True):
    """A `[[message]]`: something to read on the way, which can be left out or moved.

    It unfolds into the message and what follows *help*; both lead to whatever follows in the file.
    """

    id: str
    text: str = ""
    help: str = ""
    button: str = ""
    note: str = ""
    picture: str = ""


class ChangeShape(msgspec.Struct, frozen=True):
    """The `[change]` table: the words of the generated step."""

    text: str = ""
    back: str = ""
    note: str = ""


class HeadShape(msgspec.Struct, frozen=True):
    """The keys at the top of the file, and its two tables that are no steps."""

    id: str
    kind: Literal["check", "orientation", "agreement", "clearance"]
    audience: Literal["participant", "facilitator"]
    language: str = ""
    edition: str = ""
    buttons: Mapping[str, str] = {}
    change: Any = None
    step: Any = ()
    item: Any = ()
    message: Any = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One `[[step]]`, `[[item]]`, `[[message]]` or `[change]` and the lines that it covers."""

    shape: StepShape | ItemShape | MessageShape | ChangeShape
    lines: range
    options: tuple[OptionShape, ...] = ()

    @property
    def id(self) -> str:
        """The id as written; empty for `[change]`, and where it is missing."""
        return "" if isinstance(self.shape, ChangeShape) else self.shape.id


@dataclass(frozen=True, slots=True)
class Source:
    """A file, read: what it says, in its order, and the faults of its form.

    Of an `unreadable` one nothing is known but why. `language` is empty for the source language.
    """

    file: str
    lines: tuple[str, ...]
    id: str = ""
    kind: str = ""
    audience: str = ""
    language: str = ""
    buttons: Mapping[str, str] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    change: Entry | None = None
    findings: tuple[Finding, ...] = ()
    unreadable: bool = False
    edition: str = ""
    """The id of the revision that the file was taken out of."""

    def line_of(self, lines: range, *needles: str) -> int:
        """Return the first of these lines that matches one of the needles, else their first."""
        for needle in needles:
            pattern = re.compile(needle)
            for number in lines:
                if pattern.search(self.lines[number - 1]):
                    return number
        return lines.start


def read(text: str, file: str) -> Source:
    """Read a flow's file; never raises on what the file says."""
    found = document(text, file)
    if isinstance(found, Finding):
        return _nothing(file, found)
    too_many = _too_many(found, file)
    return _nothing(file, too_many) if too_many else _Reader(file, text).source(found)


def _nothing(file: str, why: Finding) -> Source:
    return Source(file, ("",), findings=(why,), unreadable=True)


def _too_many(document: Mapping[str, Any], file: str) -> Finding | None:
    """Keep what grows with steps times items within what a person would write."""
    lists = [value for name in _ENTRIES if isinstance(value := document.get(name), list)]
    entries = [entry for found in lists for entry in found]
    if len(entries) > MOST_ENTRIES:
        found = fault("F109", "lint/too-many-entries", "lint/fix/too-many", limit=MOST_ENTRIES)
        return found.at(file, 1)
    options = [entry.get("options") for entry in entries if isinstance(entry, dict)]
    if any(isinstance(found, list) and len(found) > MOST_OPTIONS for found in options):
        found = fault("F109", "lint/too-many-options", "lint/fix/too-many", limit=MOST_OPTIONS)
        return found.at(file, 1)
    return None


class _Reader:
    """Reads one file."""

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._tables = TableReader(file, text)

    def source(self, raw: dict[str, Any]) -> Source:
        tables = self._tables
        head = tables.take(raw, HeadShape, tables.top, "")
        entries = [
            *(self._step(*one) for one in tables.each("step", head.step)),
            *(self._item(*one) for one in tables.each("item", head.item)),
            *(self._message(*one) for one in tables.each("message", head.message)),
        ]
        change = self._change(head.change, tables.span("change"))
        self._check_buttons(head.buttons, tables.span("buttons"), "")
        return Source(
            self._file,
            tables.lines,
            head.id,
            head.kind,
            head.audience,
            head.language,
            head.buttons,
            tuple(sorted(entries, key=lambda entry: entry.lines.start)),
            change,
            tuple(tables.found),
            edition=head.edition,
        )

    def _step(self, table: dict[str, Any], span: range) -> Entry:
        shape = self._tables.take(table, StepShape, span, str(table.get("id", "")))
        taken = []
        for option in shape.options:
            if isinstance(option, dict):
                taken.append(self._tables.take(option, OptionShape, span, shape.id))
                continue
            wrong = fault("F104", "lint/option-no-table", "lint/fix/option")
            self._tables.add(span, shape.id, wrong)
        return Entry(shape, span, tuple(taken))

    def _item(self, table: dict[str, Any], span: range) -> Entry:
        shape = self._tables.take(table, ItemShape, span, str(table.get("id", "")))
        self._check_buttons(shape.buttons, span, shape.id)
        return Entry(shape, span)

    def _message(self, table: dict[str, Any], span: range) -> Entry:
        return Entry(self._tables.take(table, MessageShape, span, str(table.get("id", ""))), span)

    def _change(self, raw: Any, span: range) -> Entry | None:
        if raw is None:
            return None
        if not isinstance(raw, dict):
            wrong = fault("F104", "lint/change-no-table", "lint/fix/change")
            self._tables.add(span, "change", wrong)
            return None
        return Entry(self._tables.take(raw, ChangeShape, span, "change"), span)

    def _check_buttons(self, buttons: Mapping[str, str], span: range, step: str) -> None:
        self._tables.unknown(buttons, SHARED_BUTTONS, span, step)
