"""Tables of a TOML file that people write: their shapes, their lines, every fault a finding.

Reads leniently and remembers every fault, so that all can be shown at once; it never mends what it
reads. Nothing here knows what the tables are about.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, TypeVar, get_args

import msgspec

from flows.finding import Fault, Finding, fault, misspelt

MOST_BYTES: Final = 256 * 1024
"""A file that is longer is no flow; the shipped ones have less than 8 KB."""
_MOST_UNKNOWN: Final = 20
"""So many unknown keys of one table are told; the rest follow when these are mended."""

_TOO_DEEP: Final = fault("F101", "lint/too-deep", "lint/fix/too-deep")
_HEADER = re.compile(r"\s*\[(\[)?\s*([A-Za-z0-9_-]+)\s*\]?\]\s*(#.*)?$")
_STRING = re.compile(r"""\"{3}|'{3}|"(?:[^"\\]|\\.)*"|'[^']*'|#""")
"""Where a string begins, all of a string that ends in its line, or a comment."""
_CLOSING: Final = {
    '"""': re.compile(r"""(?:\\.|[^\\])*?\"{3,5}"""),
    "'''": re.compile(r".*?'{3,5}"),
}
_TOML_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
_YAML = re.compile(r"(---|- |[\w -]+:( |$))")
_DOTTED = re.compile(r"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){20}""")
"""A key of very many parts: what reads TOML takes minutes over it."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


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


def document(text: str, file: str) -> dict[str, Any] | Finding:
    """Return what a TOML file says, or why it can't be read at all."""
    wrong = _too_long(text, file) or _no_text(text, file) or _empty(text, file)
    if wrong:
        return wrong
    if _DOTTED.search(text):
        return _TOO_DEEP.at(file, 1)
    try:
        return tomllib.loads(text)
    except ValueError as error:
        return _no_toml(text, file, str(error))
    except RecursionError:
        return _TOO_DEEP.at(file, 1)


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
Span = tuple[str, range]


class TableReader:
    """Takes tables as shapes, and collects the findings of one reading."""

    def __init__(self, file: str, text: str) -> None:
        self.lines = tuple(text.split("\n"))
        self.found: list[Finding] = []
        self._file = file
        headers = _headers(self.lines)
        ends = [number for number, _ in headers[1:]] + [len(self.lines) + 1]
        self.spans: tuple[Span, ...] = tuple(
            (name, range(number, end)) for (number, name), end in zip(headers, ends, strict=False)
        )

    @property
    def top(self) -> range:
        """The lines above the first table."""
        return range(1, min((span.start for _, span in self.spans), default=len(self.lines)) + 1)

    def span(self, name: str) -> range:
        """Return the lines of the table of this name; where there is none, those at the top."""
        return dict(self.spans).get(name, self.top)

    def each(self, name: str, raw: Any) -> Iterator[tuple[dict[str, Any], range]]:
        """Return every table under `[[name]]` with its lines; nothing where they are not so."""
        own = [span for found, span in self.spans if found == name]
        if not isinstance(raw, list | tuple) or len(raw) != len(own):
            line = self._place(range(1, len(self.lines) + 1), name)
            self.add(line, "", fault("F105", "lint/not-laid-out", "lint/fix/lay-out", name=name))
            return
        yield from zip(raw, own, strict=True)

    def take(self, raw: dict[str, Any], shape: type[Shape], span: range, step: str) -> Shape:
        """Return a table as a shape; what does not fit is found, and is as if it were not there."""
        known = {known.name: known for known in msgspec.structs.fields(shape)}
        self.unknown(raw, tuple(known), span, step)
        values = {}
        for name, known_field in known.items():
            values[name] = "" if known_field.required else msgspec.NODEFAULT
            if name in raw:
                values[name] = self._value(raw[name], known_field, span, step, values[name])
            elif known_field.required:
                self.add(span, step, fault("F103", "lint/key-missing", "lint/fix/line", name=name))
        given = {name: value for name, value in values.items() if value is not msgspec.NODEFAULT}
        return shape(**given)

    def _value(
        self, raw: Any, known: msgspec.structs.FieldInfo, span: range, step: str, otherwise: Any
    ) -> Any:
        try:
            return msgspec.convert(raw, known.type)
        except msgspec.ValidationError:
            self.add(self._place(span, known.name), step, _wrong_value(known))
            return otherwise

    def unknown(self, keys: Iterable[str], known: Sequence[str], span: range, step: str) -> None:
        """Find the keys that are not known here."""
        wrong = (key for key in keys if key not in known)
        for key in islice(wrong, _MOST_UNKNOWN):
            found = misspelt("F102", "lint/unknown-key", key, known, name=key)
            self.add(self._place(span, key), step, found)

    def _place(self, span: range, key: str) -> range:
        pattern = re.compile(rf"(^|[\s{{,]){re.escape(key)}\s*=")
        found = (number for number in span if pattern.search(self.lines[number - 1]))
        return range(next(found, span.start), span.stop)

    def add(self, span: range, step: str, found: Fault) -> None:
        """Keep a fault as a finding in the first of these lines."""
        self.found.append(found.at(self._file, span.start, step))


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
        inside = _inside_after(line, inside)


def _inside_after(line: str, inside: str) -> str:
    """Return the mark of the multi-line string that is open after a line; empty: none is."""
    at = 0
    while True:
        if inside:
            closed = _CLOSING[inside].match(line, at)
            if closed is None:
                return inside
            at, inside = closed.end(), ""
        opened = _STRING.search(line, at)
        if opened is None or opened[0].startswith("#"):
            return ""
        at = opened.end()
        inside = opened[0] if opened[0] in _CLOSING else ""
