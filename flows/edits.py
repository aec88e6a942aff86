"""What may be changed in a flow: a message more, one less, one elsewhere, a picture above one.

Only what is to be read can be moved or left out, and items that a programme added to a clearance.
Nothing that everybody is asked can be taken away or passed by; whether the outcome may be used is
for `flows.lint` to say.
"""

from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import assert_never

import msgspec

from flows.finding import Fault, fault, misspelt
from flows.flow import CRITERIA, DOMAINS
from flows.fold import entry
from flows.source import ChangeShape, Entry, ItemShape, MessageShape, OptionShape, Source


@dataclass(frozen=True, slots=True)
class Insert:
    """A message, or an item of a clearance, more: before another entry."""

    before: str
    shape: MessageShape | ItemShape


@dataclass(frozen=True, slots=True)
class Omit:
    """An entry less."""

    id: str


@dataclass(frozen=True, slots=True)
class Move:
    """An entry at another place: before another one."""

    id: str
    before: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture above an entry's text, by its digest; an empty one takes it away."""

    id: str
    digest: str


Edit = Insert | Omit | Move | Picture


def edited(source: Source, edit: Edit) -> Source | Fault:
    """Return the flow after an edit, or why it can't be made."""
    match edit:
        case Insert(before, shape):
            return _inserted(source, before, shape)
        case Omit(name):
            return _omitted(source, name)
        case Move(name, before):
            return _moved(source, name, before)
        case Picture(name, digest):
            return _pictured(source, name, digest)
        case _:
            assert_never(edit)


def can_go(source: Source, one: Entry) -> bool:
    """Say whether an entry may be left out or moved."""
    if isinstance(one.shape, MessageShape):
        return True
    added = one.id not in (*DOMAINS, *CRITERIA)
    return source.kind == "clearance" and isinstance(one.shape, ItemShape) and added


def displaced(before: Source, after: Source) -> tuple[str, ...]:
    """Return the ids of what may not be moved and stands in another order than before."""
    known = {one.id for one in after.entries}
    fixed = [one.id for one in before.entries if one.id in known and not can_go(before, one)]
    now = [one.id for one in after.entries if one.id in fixed]
    blocks = SequenceMatcher(None, fixed, now, autojunk=False).get_matching_blocks()
    stay = {name for block in blocks for name in now[block.b : block.b + block.size]}
    return tuple(name for name in fixed if name not in stay)


def _inserted(source: Source, before: str, shape: MessageShape | ItemShape) -> Source | Fault:
    place = _place(source, before)
    if isinstance(place, Fault):
        return place
    if place == 0:
        return fault("F803", "lint/message-first", "lint/fix/move-message")
    if any(one.id == shape.id for one in source.entries):
        return fault("F201", "lint/id-twice", "lint/fix/rename-one", name=shape.id)
    led = [_led(one, before, shape.id) for one in source.entries]
    return replace(source, entries=(*led[:place], entry(shape), *led[place:]))


def _omitted(source: Source, name: str) -> Source | Fault:
    place = _movable(source, name)
    if isinstance(place, Fault):
        return place
    onward = source.entries[place + 1].id if place + 1 < len(source.entries) else ""
    left = (one for one in source.entries if one.id != name)
    return replace(source, entries=tuple(_led(one, name, onward) for one in left))


def _moved(source: Source, name: str, before: str) -> Source | Fault:
    place, to = _movable(source, name), _place(source, before)
    for wrong in (place, to):
        if isinstance(wrong, Fault):
            return wrong
    if name == before:
        return source
    shape = source.entries[place].shape if isinstance(place, int) else None
    without = _omitted(source, name)
    if isinstance(without, Fault) or not isinstance(shape, MessageShape | ItemShape):
        return fault("F803", "lint/edit-fixed", "lint/fix/edit-message", name=name)
    return _inserted(without, before, shape)


def _pictured(source: Source, name: str, digest: str) -> Source | Fault:
    place = _place(source, name)
    if isinstance(place, Fault):
        return place
    return replace(
        source,
        entries=tuple(
            replace(one, shape=msgspec.structs.replace(one.shape, picture=digest))
            if one.id == name and not isinstance(one.shape, ChangeShape)
            else one
            for one in source.entries
        ),
    )


def _movable(source: Source, name: str) -> int | Fault:
    place = _place(source, name)
    if isinstance(place, int) and not can_go(source, source.entries[place]):
        return fault("F803", "lint/edit-fixed", "lint/fix/edit-message", name=name)
    return place


def _place(source: Source, name: str) -> int | Fault:
    known = [one.id for one in source.entries]
    if name in known:
        return known.index(name)
    return misspelt("F802", "lint/edit-orphan", name, known, name=name)


def _led(one: Entry, old: str, new: str) -> Entry:
    """Return an entry whose buttons lead to `new` instead of to `old`."""
    return replace(one, options=tuple(_to(option, old, new) for option in one.options))


def _to(option: OptionShape, old: str, new: str) -> OptionShape:
    if option.to != old:
        return option
    return OptionShape(option.id, new, option.text, option.note)
