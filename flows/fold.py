"""From a flow back to what its author would write: each item's three steps become one entry again.

What comes out unfolds into the same flow; nothing is added, dropped or reordered.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from flows.flow import CHANGE, CONSIDERED, GO_ON, Flow, Item, Option, Step
from flows.source import (
    SHARED_BUTTONS,
    ChangeShape,
    Entry,
    ItemShape,
    MessageShape,
    OptionShape,
    Source,
    StepShape,
)

_PARTS: Final = ("no", "help")
_NOWHERE: Final = range(1, 2)
"""An entry that was never written stands in no line of a file."""


def folded(flow: Flow, file: str, language: str = "") -> Source:
    """Return what unfolds into the flow; `language` is the one that its texts are in."""
    change = flow.steps.get(CHANGE)
    return Source(
        file,
        ("",),
        flow.id,
        flow.kind,
        flow.audience,
        language,
        _shared(flow),
        tuple(_entries(flow)),
        entry(_change(change)) if change else None,
    )


def entry(
    shape: StepShape | ItemShape | MessageShape | ChangeShape,
    options: tuple[OptionShape, ...] = (),
) -> Entry:
    """Return the entry of something that was never written into a file."""
    return Entry(shape, _NOWHERE, options)


def _shared(flow: Flow) -> Mapping[str, str]:
    found = {option.key: option.text for step in flow.steps.values() for option in step.options}
    keys = {button: f"{flow.id}/{button}" for button in SHARED_BUTTONS}
    return {button: found[key] for button, key in keys.items() if key in found}


def _entries(flow: Flow) -> Iterator[Entry]:
    items = {item.id: item for item in flow.items}
    for step in flow.steps.values():
        if step.id == CHANGE or "/" in step.id:
            continue
        if step.item:
            yield entry(_item(flow, step, items[step.item]))
        elif step.only_read:
            yield entry(_message(flow, step))
        else:
            yield _plain(flow, step)


def _item(flow: Flow, step: Step, item: Item) -> ItemShape:
    parts = {part: flow.steps.get(f"{step.id}/{part}") for part in _PARTS}
    no, helping = (found.text if found else "" for found in parts.values())
    steps = (step, *(found for found in parts.values() if found))
    shape = ItemShape(
        id=item.id,
        title=item.title,
        ask=step.text,
        no=no,
        help=helping,
        observe=item.observe,
        note=step.note,
        non_negotiable=item.non_negotiable,
        observed=item.observed,
        repeat_after=step.repeat_after,
        buttons=dict(_own_buttons(flow, steps)),
        picture=flow.pictures.get(step.id, ""),
    )
    return _point(flow, shape) if flow.kind == "clearance" else shape


def _point(flow: Flow, shape: ItemShape) -> ItemShape:
    part = "domain" if flow.option(shape.id, CONSIDERED) else "criterion"
    default = ItemShape(id="")
    given = {name: getattr(shape, name) for name in shape.__struct_fields__}
    return ItemShape(**{**given, "part": part, "repeat_after": default.repeat_after})


def _own_buttons(flow: Flow, steps: tuple[Step, ...]) -> Iterator[tuple[str, str]]:
    start = f"{flow.id}/{steps[0].id}/button/"
    for step in steps:
        for option in step.options:
            if option.key.startswith(start):
                yield option.key.removeprefix(start), option.text


def _message(flow: Flow, step: Step) -> MessageShape:
    helping, go_on = flow.steps.get(f"{step.id}/help"), flow.option(step.id, GO_ON)
    return MessageShape(
        id=step.id,
        text=step.text,
        help=helping.text if helping else "",
        button=go_on.text if go_on else "",
        note=step.note,
        picture=flow.pictures.get(step.id, ""),
    )


def _plain(flow: Flow, step: Step) -> Entry:
    options = tuple(_option(flow, option) for option in step.options)
    shape = StepShape(
        id=step.id,
        text=step.text,
        note=step.note,
        options=options,
        final=step.final,
        rings=step.rings,
        repeat_after=step.repeat_after,
        picture=flow.pictures.get(step.id, ""),
    )
    return entry(shape, options)


def _option(flow: Flow, option: Option) -> OptionShape:
    if option.key == f"{flow.id}/{option.id}":
        return OptionShape(option.id, option.to)
    return OptionShape(option.id, option.to, option.text, option.note)


def _change(step: Step) -> ChangeShape:
    back = step.options[-1]
    return ChangeShape(text=step.text, back=back.text, note=step.note)
