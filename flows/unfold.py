"""From what the author wrote to the steps that a run walks: each item becomes three of them.

Unfolds broken files too, so that they can be linted; it must never invent a way to *ready*.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from flows.flow import (
    AGAIN,
    BACK_TO_FINAL,
    CHANGE,
    CONSIDERED,
    CRITERION_ANSWERS,
    GO_ON,
    Flow,
    Item,
    Option,
    Step,
    Value,
    title_key,
)
from flows.source import ChangeShape, Entry, ItemShape, MessageShape, Source, StepShape

UNMET = "unmet"
_BUTTON_NOTES = {
    "yes": "Answers a question. Many questions share it.",
    "no": "Answers a question. Many questions share it.",
    "help": "Rings the facilitator. Many questions share it.",
    "cannot": "The item of the question can not be put in place today. Many questions share it.",
    "agree": "Below a text that somebody is asked to agree to.",
    "refuse": "Below a text that somebody is asked to agree to.",
    "now-yes": "After a no: the item of the question is in place by now. Many questions share it.",
    "considered": "The facilitator has thought a domain through. Many questions share it.",
    "does-not-apply": "Answers an exclusion criterion. Many questions share it.",
    "applies": "Answers an exclusion criterion. Many questions share it.",
    "unsure": "Answers an exclusion criterion. Many questions share it.",
}


def unfold(source: Source) -> Flow:
    """Return the flow; where ids are doubled the first one counts."""
    steps: dict[str, Step] = {}
    for step in _steps(source):
        steps.setdefault(step.id, step)
    start = source.entries[0].id if source.entries else ""
    head = (source.id, source.kind, source.audience, start)
    return Flow(*head, steps, _items(source), dict(_pictures(source)))


def _pictures(source: Source) -> Iterator[tuple[str, str]]:
    for entry in source.entries:
        if not isinstance(entry.shape, ChangeShape) and entry.shape.picture:
            yield entry.id, entry.shape.picture


def _items(source: Source) -> tuple[Item, ...]:
    found: dict[str, Item] = {}
    for shape in _item_shapes(source):
        item = Item(
            shape.id, shape.non_negotiable, shape.observed, shape.title, shape.observe, shape.note
        )
        found.setdefault(shape.id, item)
    return tuple(found.values())


def _item_shapes(source: Source) -> Iterator[ItemShape]:
    for entry in source.entries:
        if isinstance(entry.shape, ItemShape):
            yield entry.shape


def _steps(source: Source) -> Iterator[Step]:
    following = [entry.id for entry in source.entries[1:]] + [""]
    for entry, onward in zip(source.entries, following, strict=False):
        if isinstance(entry.shape, ItemShape):
            unfolding = _Unfolding(source.id, source.buttons, entry.shape, onward)
            yield from unfolding.point() if source.kind == "clearance" else unfolding.steps()
        elif isinstance(entry.shape, MessageShape):
            yield from _message(source, entry.shape, onward)
        elif isinstance(entry.shape, StepShape):
            yield _plain(source, entry.shape, entry)
    if source.change is not None and isinstance(source.change.shape, ChangeShape):
        yield _change(source, source.change.shape)


def _plain(source: Source, shape: StepShape, entry: Entry) -> Step:
    return Step(
        id=shape.id,
        text=shape.text,
        key=f"{source.id}/{shape.id}/text",
        options=tuple(_plain_options(source, entry)),
        rings=shape.rings,
        repeat_after=shape.repeat_after,
        note=shape.note,
        final=shape.final,
    )


def _plain_options(source: Source, entry: Entry) -> Iterator[Option]:
    for option in entry.options:
        if not option.text and option.id in source.buttons:
            text, key = source.buttons[option.id], f"{source.id}/{option.id}"
            note = _BUTTON_NOTES.get(option.id, "")
        else:
            text, key, note = option.text, f"{source.id}/{entry.id}/{option.id}", option.note
        marks = _agreed(source, entry) if option.id == "agree" else ""
        yield Option(option.id, option.to, text, key, marks, "yes" if marks else "", note)


def _message(source: Source, shape: MessageShape, onward: str) -> Iterator[Step]:
    """Generate the message and what follows *help*, which rings; neither answers anything."""
    at = f"{source.id}/{shape.id}"
    go_on = Option(GO_ON, onward, shape.button, f"{at}/{GO_ON}", note=shape.note)
    helping = f"{shape.id}/help"
    ask = Option("help", helping, source.buttons.get("help", ""), f"{source.id}/help")
    ask = replace(ask, note=_BUTTON_NOTES["help"])
    yield Step(shape.id, shape.text, f"{at}/text", (go_on, ask), note=shape.note)
    yield Step(helping, shape.help, f"{at}/help", (go_on,), rings=True, note=shape.note)


def _agreed(source: Source, entry: Entry) -> str:
    """Return which text of an agreement a step is about; empty where it is no such step."""
    return entry.id.removesuffix(AGAIN) if source.kind == "agreement" else ""


def _change(source: Source, shape: ChangeShape) -> Step:
    """Generate the step in which a participant picks the answer to change.

    One option an item, so that an item can be neither left out nor added by hand, and `back`,
    which leads to the final step that the run came from (`BACK_TO_FINAL`). What happens after the
    changed answer is not a matter of the graph: see `Flow.resume`.
    """
    key = f"{source.id}/{CHANGE}"
    picks = (
        Option(item.id, item.id, item.title, title_key(source.id, item.id))
        for item in _items(source)
    )
    back = Option("back", BACK_TO_FINAL, shape.back, f"{key}/back", note=shape.note)
    return Step(CHANGE, shape.text, f"{key}/text", (*picks, back), note=shape.note)


@dataclass(frozen=True, slots=True)
class _Unfolding:
    """One item: its question, and the branches after *no* and *help*, both of which ring.

    The point of a clearance is a question without branches, and nobody is rung.
    """

    flow_id: str
    shared: Mapping[str, str]
    shape: ItemShape
    onward: str

    def steps(self) -> Iterator[Step]:
        item = self.shape.id
        yield self._step(
            item,
            "ask",
            self.shape.ask,
            self._option("yes", "yes", self.onward, "yes"),
            self._option("no", "no", f"{item}/no", "no"),
            self._option("help", "help", f"{item}/help", "help"),
        )
        yield self._step(
            f"{item}/no",
            "no",
            self.shape.no,
            self._option("yes", "now-yes", self.onward, "yes"),
            self._option("cannot", "cannot", UNMET, "no"),
        )
        yield self._step(
            f"{item}/help",
            "help",
            self.shape.help,
            self._option("yes", "yes", self.onward, "yes"),
            self._option("no", "no", f"{item}/no", "no"),
        )

    def point(self) -> Iterator[Step]:
        answers: tuple[Value, ...] = CRITERION_ANSWERS
        if self.shape.part == "domain":
            answers = (CONSIDERED,)
        options = (self._option(answer, answer, self.onward, answer) for answer in answers)
        yield replace(self._step(self.shape.id, "ask", self.shape.ask, *options), repeat_after=0)

    def _step(self, step_id: str, part: str, text: str, *options: Option) -> Step:
        asks = part == "ask"
        return Step(
            id=step_id,
            text=text,
            key=f"{self.flow_id}/{self.shape.id}/{part}",
            options=options,
            item=self.shape.id,
            rings=not asks,
            repeat_after=self.shape.repeat_after if asks else 0,
            note=self.shape.note,
        )

    def _option(self, option_id: str, button: str, to: str, value: Value) -> Option:
        text, key = self.shared.get(button, ""), f"{self.flow_id}/{button}"
        if button in self.shape.buttons:
            text, key = (
                self.shape.buttons[button],
                f"{self.flow_id}/{self.shape.id}/button/{button}",
            )
        return Option(option_id, to, text, key, self.shape.id, value, _BUTTON_NOTES[button])
