"""An overlay file: what one language has differently, each edit with its written reason.

It is laid over a flow in that language. An edit that fits nowhere, or is not allowed, is a finding;
an overlay with findings is not laid over anything.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from flows.edits import Edit, Insert, Move, Omit, edited
from flows.finding import Fault, Finding, fault
from flows.flow import Flow
from flows.fold import folded
from flows.lint import lint_source
from flows.source import MessageShape, Source
from flows.tables import TableReader, document
from flows.unfold import unfold

REASON_LIMIT: Final = 200


class InsertShape(msgspec.Struct, frozen=True):
    """An `[[insert]]`: a message more."""

    id: str
    before: str
    reason: str
    text: str = ""
    help: str = ""
    button: str = ""
    note: str = ""


class OmitShape(msgspec.Struct, frozen=True):
    """An `[[omit]]`: a message less."""

    id: str
    reason: str


class MoveShape(msgspec.Struct, frozen=True):
    """A `[[move]]`: a message at another place."""

    id: str
    before: str
    reason: str


class HeadShape(msgspec.Struct, frozen=True):
    """The keys at the top of the file."""

    overlay: str
    language: str
    omit: Any = ()
    insert: Any = ()
    move: Any = ()


EditShape = InsertShape | OmitShape | MoveShape
_SHAPES: Final[Mapping[str, type[EditShape]]] = {
    "omit": OmitShape,
    "insert": InsertShape,
    "move": MoveShape,
}
"""In the order in which they are laid over a flow."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """A file, read: of which flow and language, its edits with their lines, and its findings."""

    file: str
    flow: str = ""
    language: str = ""
    edits: tuple[tuple[Edit, range], ...] = ()
    findings: tuple[Finding, ...] = ()


def read(text: str, file: str) -> Overlay:
    """Read an overlay's file; never raises on what the file says."""
    raw = document(text, file)
    if isinstance(raw, Finding):
        return Overlay(file, findings=(raw,))
    tables = TableReader(file, text)
    head = tables.take(raw, HeadShape, tables.top, "")
    edits = tuple(
        (
            _edit(
                _reasoned(tables, tables.take(table, shape, span, str(table.get("id", ""))), span)
            ),
            span,
        )
        for name, shape in _SHAPES.items()
        for table, span in tables.each(name, getattr(head, name))
    )
    return Overlay(file, head.overlay, head.language, edits, tuple(tables.found))


def is_overlay(text: str) -> bool:
    """Say whether a file calls itself an overlay, whatever else is wrong with it."""
    return any(line.partition("=")[0].strip() == "overlay" for line in text.splitlines())


def laid_over(flow: Flow, overlay: Overlay) -> Flow | tuple[Finding, ...]:
    """Return the flow, in the overlay's language, with every edit made; else all findings."""
    source, found = folded(flow, overlay.file, overlay.language), [*overlay.findings]
    for edit, span in overlay.edits:
        after = edited(source, edit)
        if isinstance(after, Fault):
            name = edit.shape.id if isinstance(edit, Insert) else edit.id
            found.append(after.at(overlay.file, span.start, name, overlay.language))
            continue
        source = after
    found += _of_the_whole(overlay, source)
    return tuple(sorted(set(found))) if found else unfold(source)


def _of_the_whole(overlay: Overlay, source: Source) -> Iterator[Finding]:
    """Return what is wrong with the flow as it is now, where an edit stands that touched it."""
    lines = {name: span.start for edit, span in overlay.edits for name in _names(edit)}
    for one in lint_source(source):
        line = lines.get(one.step.partition("/")[0], 1)
        yield replace(one, line=line, locale=overlay.language)


def _names(edit: Edit) -> tuple[str, ...]:
    return (edit.shape.id,) if isinstance(edit, Insert) else (edit.id,)


def _reasoned(tables: TableReader, shape: EditShape, span: range) -> EditShape:
    if not shape.reason.strip() or len(shape.reason) > REASON_LIMIT:
        wrong = fault("F804", "lint/no-reason", "lint/fix/reason", limit=REASON_LIMIT)
        tables.add(span, shape.id, wrong)
    return shape


def _edit(shape: EditShape) -> Edit:
    match shape:
        case InsertShape():
            message = MessageShape(shape.id, shape.text, shape.help, shape.button, shape.note)
            return Insert(shape.before, message)
        case OmitShape():
            return Omit(shape.id)
        case MoveShape():
            return Move(shape.id, shape.before)
