"""TOML files read into frozen structs, every mistake told in one sentence.

A sentence names the file, the setting and what is expected. It never shows the value that was
found, which may be a secret in the wrong place.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from bot.errors import (
    FileMissing,
    FileUnreadable,
    MissingSetting,
    NotText,
    NotToml,
    UnknownSetting,
    WrongSetting,
)

T = TypeVar("T")


class WallTime(datetime):
    """A local date and time as it stands on a clock on the wall, without a zone."""


_WALL_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:00)?")
_WORDED: Mapping[type, str] = {
    Path: "the name of a file, in quotes",
    WallTime: 'a local date and time such as "2026-11-24T18:00"',
}
_FIXED: Mapping[type, str] = {
    inspect.BoolType: "true or false",
    inspect.DateType: "a date such as 2027-06-30",
    inspect.StructType: "a section",
    inspect.DictType: "a section",
}


def read(path: Path, shape: type[T], *, advice: str) -> T:
    """Return the file as a `shape`; `UserError` says what is wrong, `advice` where it is missing.

    Names of files within it come out as they were written, not yet relative to anything.
    """
    raw = _parse(path, advice)
    try:
        return msgspec.convert(raw, shape, dec_hook=_convert)
    except msgspec.ValidationError as error:
        raise _explained(path, shape, raw, str(error)) from None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a sentence that offers the nearest known word, with a space before it, or nothing."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean {near[0]}?" if near else ""


def _parse(path: Path, advice: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise FileMissing(file=path, advice=advice) from None
    except OSError as error:
        raise FileUnreadable(file=path, reason=error.strerror) from None
    except UnicodeDecodeError:
        raise NotText(file=path) from None
    except tomllib.TOMLDecodeError as error:
        raise NotToml(file=path, reason=error) from None


def _convert(wanted: type, value: Any) -> Any:
    if wanted is Path and isinstance(value, str) and value.isprintable() and value.strip():
        return Path(value)
    if wanted is WallTime:
        return _wall_time(value)
    raise ValueError


def _wall_time(value: Any) -> WallTime:
    if isinstance(value, str) and _WALL_TIME.fullmatch(value):
        return WallTime.fromisoformat(value)
    if not isinstance(value, datetime) or value.tzinfo or value.second or value.microsecond:
        raise ValueError
    return WallTime.fromisoformat(value.isoformat())


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in the file: its name for people, the type that belongs there, what stands there."""

    name: str
    type: inspect.Type
    raw: Any

    def field(self, name: str) -> "_Place":
        kind = _plain(self.type)
        known = {f.encode_name: f.type for f in getattr(kind, "fields", ())}
        raw = self.raw.get(name) if isinstance(self.raw, dict) else None
        joint = "" if not self.name or self.name.endswith(" ") else "."
        return _Place(f"{self.name}{joint}{name}", known[name], raw)

    def item(self, index: int) -> "_Place":
        kind = _plain(self.type)
        inner = getattr(kind, "item_type", None)
        if not isinstance(inner, inspect.StructType):
            return self
        return _Place(f"{self.name} {index + 1}: ", inner, self.raw[index])

    def value(self) -> "_Place":
        """Find the entry of a mapping that is wrong; the library does not say which."""
        inner = getattr(_plain(self.type), "value_type", None)
        if not isinstance(inner, inspect.StructType):
            return self
        entries = [_Place(f"{self.name}.{key}", inner, raw) for key, raw in self.raw.items()]
        return next(entry for entry in entries if not _fits(entry.raw, inner.cls))


def _fits(raw: Any, shape: type) -> bool:
    try:
        msgspec.convert(raw, shape, dec_hook=_convert)
    except msgspec.ValidationError:
        return False
    return True


_STEP = re.compile(r"\.(?P<field>\w+)|\[(?P<index>\d+)\]|\[\.\.\.\]")


def _find(shape: type, raw: Any, where: str) -> _Place:
    place = _Place("", inspect.type_info(shape), raw)
    for step in _STEP.finditer(where):
        if step["field"]:
            place = place.field(step["field"])
        elif step["index"]:
            place = place.item(int(step["index"]))
        else:
            place = place.value()
    return place


def _explained(path: Path, shape: type, raw: Any, complaint: str) -> Exception:
    problem, _, where = complaint.rpartition(" - at `$")
    place = _find(shape, raw, where)
    if unknown := re.match(r"Object contains unknown field `(.*)`", problem or complaint):
        return _unknown(path, place, unknown[1])
    if missing := re.match(r"Object missing required field `(\w+)`", problem or complaint):
        lacking = place.field(missing[1])
        return MissingSetting(file=path, setting=lacking.name, expected=_expected(lacking.type))
    return WrongSetting(
        file=path, setting=place.name.removesuffix(": "), expected=_expected(place.type)
    )


def _unknown(path: Path, place: _Place, name: str) -> UnknownSetting:
    known = [field.encode_name for field in getattr(_plain(place.type), "fields", ())]
    joint = "" if not place.name or place.name.endswith(" ") else "."
    setting = f"{place.name}{joint}{name}"
    return UnknownSetting(file=path, setting=setting, hint=did_you_mean(name, known))


def _plain(kind: inspect.Type) -> inspect.Type:
    """Return the type without its `| None`: a setting that is left out is not written as null."""
    if not isinstance(kind, inspect.UnionType):
        return kind
    return next(one for one in kind.types if not isinstance(one, inspect.NoneType))


def _expected(kind: inspect.Type) -> str:
    kind = _plain(kind)
    if isinstance(kind, inspect.CustomType):
        return _WORDED[kind.cls]
    describe = _DESCRIBED.get(type(kind))
    return describe(kind) if describe else _FIXED[type(kind)]


def _number(kind: Any) -> str:
    return f"a whole number from {kind.ge} to {kind.le}"


def _text(kind: Any) -> str:
    if kind.max_length is None:
        return "a text in quotes"
    return f"a text in quotes, of {kind.min_length or 0} to {kind.max_length} characters"


def _choice(values: Iterable[object]) -> str:
    return "one of " + ", ".join(f'"{value}"' for value in values)


def _list(kind: Any) -> str:
    if isinstance(kind.item_type, inspect.StructType):
        return "sections with their names in double brackets"
    least = ", not empty" if kind.min_length else ""
    return f"a list in brackets{least}, each {_expected(kind.item_type)}"


_DESCRIBED: Mapping[type, Callable[[Any], str]] = {
    inspect.IntType: _number,
    inspect.StrType: _text,
    inspect.LiteralType: lambda kind: _choice(kind.values),
    inspect.EnumType: lambda kind: _choice(member.value for member in kind.cls),
    inspect.VarTupleType: _list,
}
