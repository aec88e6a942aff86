"""What a flow is, frozen: its steps, options and items, and a revision of it in one language.

Nothing here reads a file, a clock or a catalogue, and nothing here decides who may join.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from types import MappingProxyType
from typing import Final, Literal

import msgspec

NON_NEGOTIABLES: Final = ("private-space", "headphones", "stable-internet", "own-device")
AGREEMENTS: Final = ("consent", "house-rules", "confidentiality")
"""The steps of an agreement: one text each, in the order in which they are read."""
AGAIN: Final = "-again"
"""Ends the id of the step that asks once more for the same agreement."""
DOMAINS: Final = (
    *("living-arrangements", "alcohol-drugs-health", "crisis-volatility"),
    *("engagement", "technical-literacy", "privacy-capacity"),
)
"""What every screening considers (the report's six)."""
CRITERIA: Final = (
    *("shared-home", "instability", "one-to-one-response"),
    *("precarity", "child-contact", "strong-reactions"),
)
"""The exclusion criteria that every screening asks about (the report's six)."""
CONSIDERED: Final = "considered"
CRITERION_ANSWERS: Final = ("does-not-apply", "applies", "unsure")
CHANGE: Final = "change"
"""The step in which a participant picks the answer to change; generated, never written."""
GO_ON: Final = "go-on"
"""The button of a message that is only to be read; no other button has this id."""
BACK_TO_FINAL: Final = "@final"
"""Target of the way out of `CHANGE`: whichever final step the run had reached before it."""

TEXT_LIMIT: Final = 4096
BUTTON_LIMIT: Final = 32
OBSERVE_LIMIT: Final = 30
CAPTION_LIMIT: Final = 1000
"""Characters below a picture; Telegram takes 1024, of which a title may need some."""

Value = Literal["", "yes", "no", "help", "considered", "does-not-apply", "applies", "unsure"]
Ending = Literal["", "ready", "unmet"]


@dataclass(frozen=True, slots=True)
class SourceText:
    """One text to translate: the English, what a translator must know, the longest length."""

    text: str
    comment: str
    limit: int


@dataclass(frozen=True, slots=True)
class Option:
    """A button: where it leads, and the item that it answers (`marks`), with which value."""

    id: str
    to: str
    text: str
    key: str
    marks: str = ""
    value: Value = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One message and its buttons.

    `item` names the item whose question this is. Entering a step that `rings` notifies the
    facilitator. `repeat_after` is in seconds; the message is repeated once at most, 0 is never.
    """

    id: str
    text: str
    key: str
    options: tuple[Option, ...] = ()
    item: str = ""
    rings: bool = False
    repeat_after: int = 0
    note: str = ""
    final: Ending = ""

    @property
    def only_read(self) -> bool:
        """Whether this is a message on the way, which asks nothing and can be left out."""
        return any(option.id == GO_ON for option in self.options)


@dataclass(frozen=True, slots=True)
class Item:
    """A mandatory item; `observe` is the text of the button by which staff note what they saw."""

    id: str
    non_negotiable: bool
    observed: bool
    title: str
    observe: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """A finite-state conversation. `steps` keeps the order of the file.

    `pictures` maps ids of steps to the digests of the pictures that stand above their texts.
    """

    id: str
    kind: str
    audience: str
    start: str
    steps: Mapping[str, Step] = field(hash=False)
    items: tuple[Item, ...] = ()
    pictures: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", MappingProxyType(dict(self.steps)))
        object.__setattr__(self, "pictures", MappingProxyType(dict(self.pictures)))

    def option(self, step_id: str, option_id: str) -> Option | None:
        """Return the option, or None where there is no such step or it does not offer it."""
        step = self.steps.get(step_id)
        options = step.options if step else ()
        return next((option for option in options if option.id == option_id), None)

    def final(self, kind: Ending) -> Step:
        """Return the first step that ends the flow this way; LookupError where none does."""
        found = next((step for step in self.steps.values() if step.final == kind), None)
        if found is None:
            raise LookupError(f"The flow {self.id} has no step with final = {kind!r}.")
        return found

    def resume(self, answers: Mapping[str, str]) -> str:
        """Return the id of the first item's question not answered *yes*, else of the ready step.

        `answers` maps item ids to values. Unknown, missing and empty values are not *yes*. A run
        that comes from `CHANGE` goes on here, so that no changed answer skips an open one.
        """
        open_items = (item.id for item in self.items if answers.get(item.id) != "yes")
        return next(open_items, "") or self.final("ready").id

    def texts(self) -> Mapping[str, SourceText]:
        """Return every text of the flow by its id, in the order in which a reader meets them."""
        found: dict[str, SourceText] = {}
        for step in self.steps.values():
            limit = CAPTION_LIMIT if step.id in self.pictures else TEXT_LIMIT
            found.setdefault(step.key, _message(step, self.audience, limit))
            for option in step.options:
                found.setdefault(option.key, _button(option, self.audience))
        for item in self.items:
            found[title_key(self.id, item.id)] = _title(item, self.audience)
            if item.observed:
                found[observe_key(self.id, item.id)] = _observation(item)
        return MappingProxyType(found)


def title_key(flow_id: str, item_id: str) -> str:
    """Return the text id of an item's name."""
    return f"{flow_id}/{item_id}/title"


def observe_key(flow_id: str, item_id: str) -> str:
    """Return the text id of an item's observation button."""
    return f"{flow_id}/{item_id}/observe"


def for_staff(flow: Flow, key: str) -> bool:
    """Say whether staff alone read a text."""
    return flow.audience == "facilitator" or key.endswith("/observe")


def _message(step: Step, audience: str, limit: int) -> SourceText:
    return _source(step.text, f"A message that the {audience} reads.", limit, step.note)


def _button(option: Option, audience: str) -> SourceText:
    seen = f"A button that the {audience} taps."
    return _source(option.text, seen, BUTTON_LIMIT, option.note)


def _title(item: Item, audience: str) -> SourceText:
    seen = "The short name of an item, for the participant (a button) and the facilitator."
    if audience == "facilitator":
        seen = "The short name of an item, above its text; for the facilitator."
    return _source(item.title, seen, BUTTON_LIMIT, item.note)


def _observation(item: Item) -> SourceText:
    seen = "A button that the facilitator taps: what the facilitator saw, or asked and heard."
    return _source(item.observe, seen, OBSERVE_LIMIT, item.note)


def _source(text: str, seen: str, limit: int, note: str) -> SourceText:
    comment = f"{seen} At most {limit} characters. {note}".strip()
    return SourceText(text, comment, limit)


@dataclass(frozen=True, slots=True)
class MissingTexts:
    """Why there is no revision: these texts are missing or empty in this language."""

    locale: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Revision:
    """An immutable edition of a flow in one language; `id` is the SHA-256 of all of it."""

    id: str
    flow: Flow
    locale: str


class RevisionError(ValueError):
    """This is no revision, or it is not the one that its id names."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class _Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is hashed. The order of its fields is part of the form.

    Where there are no pictures nothing is said of them, as before there could be any.
    """

    form: Literal[1]
    locale: str
    id: str
    kind: str
    audience: str
    start: str
    steps: tuple[Step, ...]
    items: tuple[Item, ...]
    pictures: tuple[tuple[str, str], ...] = ()


class _Edition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    content: _Content


def make_revision(flow: Flow, locale: str, texts: Mapping[str, str]) -> Revision | MissingTexts:
    """Put the texts of one language into the flow; `texts` maps text ids to translations."""
    missing = tuple(key for key in flow.texts() if not texts.get(key, "").strip())
    if missing:
        return MissingTexts(locale, missing)
    steps = {step.id: _step_in(step, texts) for step in flow.steps.values()}
    items = tuple(_item_in(flow.id, item, texts) for item in flow.items)
    spoken = replace(flow, steps=steps, items=items)
    return Revision(_digest(_content(spoken, locale)), spoken, locale)


def dump_revision(revision: Revision) -> str:
    """Return the revision as canonical JSON: equal revisions give equal texts."""
    edition = _Edition(revision.id, _content(revision.flow, revision.locale))
    return msgspec.json.encode(edition).decode()


def load_revision(text: str) -> Revision:
    """Return the revision that `dump_revision` wrote; RevisionError for anything else."""
    try:
        edition = msgspec.json.decode(text, type=_Edition)
    except (msgspec.DecodeError, UnicodeError):
        raise RevisionError from None
    content = edition.content
    steps = {step.id: step for step in content.steps}
    flow = Flow(
        *(content.id, content.kind, content.audience, content.start, steps),
        *(tuple(content.items), dict(content.pictures)),
    )
    revision = Revision(_digest(content), flow, content.locale)
    if dump_revision(revision) != text:
        raise RevisionError
    return revision


def _step_in(step: Step, texts: Mapping[str, str]) -> Step:
    options = tuple(replace(option, text=texts[option.key]) for option in step.options)
    return replace(step, text=texts[step.key], options=options)


def _item_in(flow_id: str, item: Item, texts: Mapping[str, str]) -> Item:
    observe = texts[observe_key(flow_id, item.id)] if item.observed else ""
    return replace(item, title=texts[title_key(flow_id, item.id)], observe=observe)


def _content(flow: Flow, locale: str) -> _Content:
    steps = tuple(flow.steps.values())
    pictures = tuple(sorted(flow.pictures.items()))
    return _Content(
        *(1, locale, flow.id, flow.kind, flow.audience, flow.start, steps, flow.items, pictures)
    )


def _digest(content: _Content) -> str:
    return sha256(msgspec.json.encode(content)).hexdigest()
