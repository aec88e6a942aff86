"""A flow as the text of its file, in one language: TOML that a coordinator can read and change."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import tomlkit
from tomlkit.items import Item

from flows.source import ChangeShape, Entry, ItemShape, MessageShape, OptionShape, Source, StepShape

_NAMES: Final[Mapping[type, str]] = {
    StepShape: "step",
    ItemShape: "item",
    MessageShape: "message",
    ChangeShape: "change",
}


def written(source: Source, head: Sequence[str] = ()) -> str:
    """Return the file of a flow; `head` are lines that stand above it as comments."""
    return "\n".join(_parts(source, head))


def _parts(source: Source, head: Sequence[str]) -> Iterator[str]:
    document = tomlkit.document()
    for line in head:
        document.add(tomlkit.comment(line))
    names = {"id": source.id, "kind": source.kind, "audience": source.audience}
    more = {"language": source.language, "edition": source.edition}
    for name, value in {**names, **more}.items():
        if value:
            document.add(name, _value(value))
    yield tomlkit.dumps(document)
    if source.buttons:
        yield tomlkit.dumps({"buttons": dict(source.buttons)})
    for entry in source.entries:
        yield _entry(entry)
    if source.change:
        yield tomlkit.dumps({"change": _table(source.change.shape)})


def _entry(entry: Entry) -> str:
    table = _table(entry.shape)
    if entry.options:
        table.add("options", _options(entry.options))
    several = tomlkit.aot()
    several.append(table)
    return tomlkit.dumps({_NAMES[type(entry.shape)]: several})


def _table(shape: msgspec.Struct) -> Any:
    """Return what of a shape is not as it would be if nothing were written."""
    table = tomlkit.table()
    for known in msgspec.structs.fields(shape):
        value = getattr(shape, known.name)
        if known.name != "options" and (known.required or value not in (known.default, {})):
            table.add(known.name, _value(value))
    return table


def _options(options: tuple[OptionShape, ...]) -> Any:
    found = tomlkit.array()
    for option in options:
        one = tomlkit.inline_table()
        one.update({name: value for name, value in msgspec.structs.asdict(option).items() if value})
        found.append(one)
    return found.multiline(multiline=True)


def _value(value: Any) -> Item:
    if isinstance(value, str) and "\n" in value:
        return tomlkit.string(value, multiline=True)
    if isinstance(value, Mapping):
        table = tomlkit.inline_table()
        table.update(value)
        return table
    found: Item = tomlkit.item(value)
    return found
