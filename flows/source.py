"""A flow's file as its author wrote it: shapes, order and line numbers.

Reads leniently and remembers every fault as a finding, so that all can be shown at once. Whether
the flow makes sense is the business of `flows.lint`; this module must never mend what it reads.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, Literal, TypeVar, get_args

import msgspec

from flows.finding import Fault, Finding, fault, misspelt
from flows.flow import CONSIDERED, CRITERION_ANSWERS, Ending

REPEAT_AFTER: Final = 180
"""Seconds until an unanswered item is asked once more, where the file says nothing else."""
SHARED_BUTTONS: Final = (
    *("yes", "no", "help", "cannot", "now-yes", "agree", "refuse"),
    *(CONSIDERED, *CRITERION_ANSWERS),
)

MOST_BYTES: Final = 256 * 1024
"""A file that is longer is no flow; the shipped ones have less than 8 KB."""
MOST_ENTRIES: Final = 100
MOST_OPTIONS: Final = 20
_MOST_UNKNOWN: Final = 20
"""So many unknown keys of one table are told; the rest follow when these are mended."""

_TOO_DEEP: Final = fault("F101", "lint/too-deep", "lint/fix/too-deep")
_HEADER = re.compile(r"\s*\[(\[)?\s*([A-Za-z0-9_-]+)\s*\]?\]\s*(#.*)?$")
_TOML_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
_YAML = re.compile(r"(---|- |[\w -]+:( |$))")
_DOTTED = re.compile(r"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){20}""")
"""A key of very many parts: what reads TOML takes minutes over it."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


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
    """A file, read: what it says, in its order, and the faults of its form.

    Of an `unreadable` one nothing is known but why.
    """

    file: str
    lines: tuple[str, ...]
    id: str = ""
    kind: str = ""
    audience: str = ""
    buttons: Mapping[str, str] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    change: Entry | None = None
    findings: tuple[Finding, ...] = ()
    unreadable: bool = False

    def line_of(self, lines: range, *needles: str) -> int:
        """Return the first of these lines that matches one of the needles, else their first."""
        for needle in needles:
            pattern = re.compile(needle)
            for number in lines:
                if pattern.search(self.lines[number - 1]):
                    return number
        return lines.start


def decoded(data: bytes, file: str, most: int = MOST_BYTES) -> str | Finding:
    """Return the text of a file of at most so many bytes, or why it is none."""
    if len(data) > most:
        return _too_big(file, most)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return fault("F108", "lint/no-unicode", "lint/fix/save-unicode").at(file, line)
    return _no_text(text, file) or text


def read(text: str, file: str) -> Source:
    """Read a flow's file; never raises on what the file says."""
    wrong = _too_long(text, file) or _no_text(text, file) or _empty(text, file)
    if wrong:
        return _nothing(file, wrong)
    if _DOTTED.search(text):
        return _nothing(file, _TOO_DEEP.at(file, 1))
    try:
        document = tomllib.loads(text)
        found = _too_many(document, file)
        return _nothing(file, found) if found else _Reader(file, text).source(document)
    except ValueError as error:
        return _nothing(file, _no_toml(text, file, str(error)))
    except RecursionError:
        return _nothing(file, _TOO_DEEP.at(file, 1))


def _nothing(file: str, why: Finding) -> Source:
    return Source(file, ("",), findings=(why,), unreadable=True)


def _too_big(file: str, most: int) -> Finding:
    return fault("F109", "lint/too-big", "lint/fix/too-big", limit=most // 1024).at(file, 1)


def _too_long(text: str, file: str) -> Finding | None:
    return _too_big(file, MOST_BYTES) if len(text) > MOST_BYTES else None


def _empty(text: str, file: str) -> Finding | None:
    if text.strip():
        return None
    return fault("F103", "lint/nothing-in-it", "lint/fix/begin").at(file, 1)


def _no_text(text: str, file: str) -> Finding | None:
    if text.startswith("\ufeff"):
        return fault("F108", "lint/byte-order-mark", "lint/fix/save-unicode").at(file, 1)
    control = _CONTROL.search(text)
    if control:
        line = text.count("\n", 0, control.start()) + 1
        return fault("F108", "lint/control", "lint/fix/control").at(file, line)
    return None


def _too_many(document: Mapping[str, Any], file: str) -> Finding | None:
    """Keep what grows with steps times items within what a person would write."""
    lists = [value for name in ("step", "item") if isinstance(value := document.get(name), list)]
    entries = [entry for found in lists for entry in found]
    if len(entries) > MOST_ENTRIES:
        found = fault("F109", "lint/too-many-entries", "lint/fix/too-many", limit=MOST_ENTRIES)
        return found.at(file, 1)
    options = [entry.get("options") for entry in entries if isinstance(entry, dict)]
    if any(isinstance(found, list) and len(found) > MOST_OPTIONS for found in options):
        found = fault("F109", "lint/too-many-options", "lint/fix/too-many", limit=MOST_OPTIONS)
        return found.at(file, 1)
    return None


def _no_toml(text: str, file: str, error: str) -> Finding:
    place = _TOML_PLACE.search(error)
    line = int(place[1]) if place else text.count("\n") + 1
    return _toml_fault(text, error, int(place[2]) if place else 0).at(file, line)


def _toml_fault(text: str, error: str, column: int) -> Fault:
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    if _YAML.match(next(lines, "")):
        return fault("F101", "lint/yaml", "lint/fix/yaml")
    if any(word in error for word in ("twice", "overwrite", "mutate", "Duplicate")):
        return fault("F101", "lint/written-twice", "lint/fix/written-twice")
    if not column:
        return fault("F101", "lint/breaks-off", "lint/fix/look-here")
    return fault("F101", "lint/no-toml", "lint/fix/look-here", column=column)


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
            self._add(line, "", fault("F105", "lint/not-laid-out", "lint/fix/lay-out", name=name))
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
            self._add(span, shape.id, fault("F104", "lint/option-no-table", "lint/fix/option"))
        return Entry(shape, span, tuple(taken))

    def _item(self, table: dict[str, Any], span: range) -> Entry:
        shape = self._take(table, ItemShape, span, str(table.get("id", "")))
        self._check_buttons(shape.buttons, span, shape.id)
        return Entry(shape, span)

    def _change(self, raw: Any, span: range) -> Entry | None:
        if raw is None:
            return None
        if not isinstance(raw, dict):
            self._add(span, "change", fault("F104", "lint/change-no-table", "lint/fix/change"))
            return None
        return Entry(self._take(raw, ChangeShape, span, "change"), span)

    def _check_buttons(self, buttons: Mapping[str, str], span: range, step: str) -> None:
        self._unknown(buttons, SHARED_BUTTONS, span, step)

    def _take(self, raw: dict[str, Any], shape: type[Shape], span: range, step: str) -> Shape:
        known = {known.name: known for known in msgspec.structs.fields(shape)}
        self._unknown(raw, tuple(known), span, step)
        values = {}
        for name, known_field in known.items():
            values[name] = "" if known_field.required else msgspec.NODEFAULT
            if name in raw:
                values[name] = self._value(raw[name], known_field, span, step, values[name])
            elif known_field.required:
                self._add(span, step, fault("F103", "lint/key-missing", "lint/fix/line", name=name))
        given = {name: value for name, value in values.items() if value is not msgspec.NODEFAULT}
        return shape(**given)

    def _value(
        self, raw: Any, known: msgspec.structs.FieldInfo, span: range, step: str, otherwise: Any
    ) -> Any:
        try:
            return msgspec.convert(raw, known.type)
        except msgspec.ValidationError:
            self._add(self._place(span, known.name), step, _wrong_value(known))
            return otherwise

    def _unknown(self, keys: Iterable[str], known: Sequence[str], span: range, step: str) -> None:
        wrong = (key for key in keys if key not in known)
        for key in islice(wrong, _MOST_UNKNOWN):
            found = misspelt("F102", "lint/unknown-key", key, known, name=key)
            self._add(self._place(span, key), step, found)

    def _place(self, span: range, key: str) -> range:
        pattern = re.compile(rf"(^|[\s{{,]){re.escape(key)}\s*=")
        found = (number for number in span if pattern.search(self._lines[number - 1]))
        return range(next(found, span.start), span.stop)

    def _add(self, span: range, step: str, found: Fault) -> None:
        self._found.append(found.at(self._file, span.start, step))


def _wrong_value(known: msgspec.structs.FieldInfo) -> Fault:
    """Say what belongs there: one of a few words, or a value of a kind."""
    words = [word for word in get_args(known.type) if isinstance(word, str) and word]
    if words:
        return fault("F104", "lint/wrong-value", "lint/fix/one-of", words, name=known.name)
    fix = _KINDS.get(known.type, "lint/fix/section")
    return fault("F104", "lint/wrong-value", fix, name=known.name)


_KINDS: Final[Mapping[Any, str]] = {
    str: "lint/fix/text",
    int: "lint/fix/number",
    bool: "lint/fix/true-or-false",
    tuple[Any, ...]: "lint/fix/option",
}


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
