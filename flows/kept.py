"""What of a shipped flow stays in every edition of it, in every language: all that everybody meets.

A programme may add to a flow; it takes nothing of this away, and makes nothing less of it.
"""

from collections.abc import Iterator

from flows.definition import load_shipped
from flows.flow import CHANGE, Flow
from flows.fold import folded
from flows.source import Entry, ItemShape, Source, StepShape


def lost(source: Source) -> tuple[str, ...]:
    """Return the ids of what comes with the program and is not there any more as it was."""
    shipped = load_shipped().get(source.id)
    return tuple(_lost(shipped, source)) if shipped else ()


def _lost(shipped: Flow, source: Source) -> Iterator[str]:
    there = {entry.id: _kind(entry) for entry in reversed(source.entries)}
    for entry in folded(shipped, source.file).entries:
        if not isinstance(entry.shape, ItemShape | StepShape):
            continue
        due, found = _kind(entry), there.get(entry.id, ())
        if found[: len(due)] != due:
            yield entry.id
    if CHANGE in shipped.steps and source.change is None:
        yield CHANGE


def _kind(entry: Entry) -> tuple[object, ...]:
    """Return what an entry is: an item and how it is observed, or a step, its end, and its way."""
    match entry.shape:
        case ItemShape() as item:
            return ("item", item.non_negotiable, item.observed, item.part)
        case StepShape() as step:
            changes = any(option.to == CHANGE for option in entry.options)
            return ("step", step.final, step.rings, changes)
        case _:
            return ()
