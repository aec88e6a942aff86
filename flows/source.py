"""A flow's file as its author wrote it: shapes, order and line numbers.

Reads leniently and remembers every fault as a finding, so that all can be shown at once. Whether
the flow makes sense is the business of `flows.lint`; this module must never mend what it reads.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final, Literal, TypeVar

import msgspec

from flows.flow import CONSIDERED, CRITERION_ANSWERS, Ending

REPEAT_AFTER: Final = 180
"""Seconds until an unanswered item is asked once more, where the file says nothing else."""
SHARED_BUTTONS: Final = (
    *("yes", "no", "help", "cannot", "now-yes", "agree", "refuse"),
    *(CONSIDERED, *CRITERION_ANSWERS),
)

_HEADER = re.compile(r"\s*\[(\[)?\s*([A-Za-z0-9_-]+)\s*\]?\]\s*(#.*)?$")
_TOML_PLACE = re.compile(r"\(at line (\d+), column \d+\)")


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
    buttons: Mapping[str, str] = {}
    change: Any = None
    step: Any = ()
    item: Any = ()


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One fault in a flow's file: where it is, what is wrong, and what to do about it."""

    file: str
    line: int
    code: str
    step: str
    message: str
    fix: str

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line}: {self.code} [{self.step or '-'}] {self.message} {self.fix}"
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """One `[[step]]`, `[[item]]` or `[change]` and the lines of the file that it covers."""

    shape: StepShape | ItemShape | ChangeShape
    lines: range
    options: tuple[OptionShape, ...] = ()

    @property
    def id(self) -> str:
        """The id as written; empty for `[change]`, and where it is missing."""
        return "" if isinstance(self.shape, ChangeShape) else self.shape.id


@dataclass(frozen=True, slots=True)
class Source:
    """A file, read: what it says, in its order, and the faults of its form."""

    file: str
    lines: tuple[str, ...]
    id: str = ""
    kind: str = ""
    audience: str = ""
    buttons: Mapping[str, str] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    change: Entry | None = None
    findings: tuple[Finding, ...] = ()

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
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        return _unreadable(text, file, error)
    return _Reader(file, text).source(document)


def did_you_mean(wrong: str, known: Sequence[str]) -> str:
    """Return a sentence with the nearest known word, or with all known words."""
    close = get_close_matches(wrong, known, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Known here: {', '.join(known)}."


def _unreadable(text: str, file: str, error: Exception) -> Source:
    lines = tuple(text.split("\n"))
    place = _TOML_PLACE.search(str(error))
    line = int(place[1]) if place else len(lines)
    message = f"This is not TOML: {_TOML_PLACE.sub('', str(error)).strip()}."
    fix = "Look at this line and the one before it: a quote, a bracket or an = may be missing."
    return Source(file, lines, findings=(Finding(file, line, "F101", "", message, fix),))


Shape = TypeVar("Shape", bound=msgspec.Struct)


class _Reader:
    """Collects the findings of one reading."""

    def __init__(self, file: str, text: str) -> None:
        self._lines = tuple(text.split("\n"))
        self._found: list[Finding] = []
        self._file = file
        self._headers = _headers(self._lines)

    def source(self, document: dict[str, Any]) -> Source:
        spans = self._spans()
        top = range(1, min((span.start for _, span in spans), default=len(self._lines)) + 1)
        head = self._take(document, HeadShape, top, "")
        entries = sorted(
            (*self._entries("step", head.step, spans), *self._entries("item", head.item, spans)),
            key=lambda entry: entry.lines.start,
        )
        change = self._change(head.change, dict(spans).get("change", top))
        self._check_buttons(head.buttons, dict(spans).get("buttons", top), "")
        return Source(
            self._file,
            self._lines,
            head.id,
            head.kind,
            head.audience,
            head.buttons,
            tuple(entries),
            change,
            tuple(self._found),
        )

    def _spans(self) -> list[tuple[str, range]]:
        ends = [number for number, _ in self._headers[1:]] + [len(self._lines) + 1]
        return [
            (name, range(number, end))
            for (number, name), end in zip(self._headers, ends, strict=False)
        ]

    def _entries(self, name: str, raw: Any, spans: list[tuple[str, range]]) -> Iterator[Entry]:
        own = [span for found, span in spans if found == name]
        if not isinstance(raw, list | tuple) or len(raw) != len(own):
            line = self._place(range(1, len(self._lines) + 1), name)
            fix = f"Begin each one with a line [[{name}]] of its own."
            self._add(line, "F105", "", f"The {name}s are not laid out as [[{name}]].", fix)
            return
        for table, span in zip(raw, own, strict=True):
            yield self._step(table, span) if name == "step" else self._item(table, span)

    def _step(self, table: dict[str, Any], span: range) -> Entry:
        shape = self._take(table, StepShape, span, str(table.get("id", "")))
        taken = []
        for option in shape.options:
            if isinstance(option, dict):
                taken.append(self._take(option, OptionShape, span, shape.id))
                continue
            fix = 'Write it as { id = "yes", to = "...", text = "..." }.'
            self._add(span, "F104", shape.id, f"An option is no table: {option!r}.", fix)
        return Entry(shape, span, tuple(taken))

    def _item(self, table: dict[str, Any], span: range) -> Entry:
        shape = self._take(table, ItemShape, span, str(table.get("id", "")))
        self._check_buttons(shape.buttons, span, shape.id)
        return Entry(shape, span)

    def _change(self, raw: Any, span: range) -> Entry | None:
        if raw is None:
            return None
        if not isinstance(raw, dict):
            fix = 'Write a line [change] and under it text = "..." and back = "...".'
            self._add(span, "F104", "change", "change is no table.", fix)
            return None
        return Entry(self._take(raw, ChangeShape, span, "change"), span)

    def _check_buttons(self, buttons: Mapping[str, str], span: range, step: str) -> None:
        for name in buttons:
            if name not in SHARED_BUTTONS:
                self._unknown(name, SHARED_BUTTONS, span, step)

    def _take(self, raw: dict[str, Any], shape: type[Shape], span: range, step: str) -> Shape:
        known = {known.name: known for known in msgspec.structs.fields(shape)}
        for key in raw:
            if key not in known:
                self._unknown(key, tuple(known), span, step)
        values = {}
        for name, known_field in known.items():
            values[name] = "" if known_field.required else msgspec.NODEFAULT
            if name in raw:
                values[name] = self._value(raw[name], known_field, span, step, values[name])
            elif known_field.required:
                fix = f'Add a line {name} = "...".'
                self._add(span, "F103", step, f"{name} is missing.", fix)
        given = {name: value for name, value in values.items() if value is not msgspec.NODEFAULT}
        return shape(**given)

    def _value(
        self, raw: Any, known: msgspec.structs.FieldInfo, span: range, step: str, otherwise: Any
    ) -> Any:
        try:
            return msgspec.convert(raw, known.type)
        except msgspec.ValidationError as error:
            line = self._place(span, known.name)
            fix = "See the shipped flow for an example."
            self._add(line, "F104", step, f"{known.name}: {error}.", fix)
            return otherwise

    def _unknown(self, key: str, known: Sequence[str], span: range, step: str) -> None:
        message = f"{key!r} is not known here."
        self._add(self._place(span, key), "F102", step, message, did_you_mean(key, known))

    def _place(self, span: range, key: str) -> range:
        pattern = re.compile(rf"(^|[\s{{,]){re.escape(key)}\s*=")
        found = (number for number in span if pattern.search(self._lines[number - 1]))
        return range(next(found, span.start), span.stop)

    def _add(self, span: range, code: str, step: str, message: str, fix: str) -> None:
        self._found.append(Finding(self._file, span.start, code, step, message, fix))


def _headers(lines: Sequence[str]) -> list[tuple[int, str]]:
    """Find the table headers outside of multi-line strings: tomllib keeps no line numbers.

    Dotted headers such as `[item.buttons]` belong to the table above them and are passed over.
    """
    found = []
    for number, line in _outside_strings(lines):
        header = _HEADER.match(line)
        if header:
            found.append((number, header[2]))
    return found


def _outside_strings(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    inside = ""
    for number, line in enumerate(lines, 1):
        if not inside:
            yield number, line
        if not inside and line.lstrip().startswith("#"):
            continue
        for mark in re.findall(r'"""|\'\'\'', line):
            inside = mark if not inside else "" if mark == inside else inside
