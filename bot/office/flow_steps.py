"""The steps of a flow in one language: a message more, one less, one elsewhere, each with a reason.

What everybody is asked can be neither moved nor left out here. Nothing here touches a run, and
nothing is published.
"""

from typing import Final, Literal

from bot.buttons import Answer
from bot.language import forbidden
from bot.language.words import words
from bot.office import flow_place, rights
from bot.office.flow_place import Place
from bot.office.flows import A_PAGE, begins, edit_line, named, steps_of, title
from bot.office.page import Act, Clerk, Page, View
from bot.views.message import Button, Message, column, pairs, tap
from flows import drafts
from flows.decide import RefusalCode
from flows.edits import Edit, Insert, Move, Omit, can_go
from flows.finding import Fault, Finding
from flows.flow import Revision, for_staff
from flows.source import MOST_ENTRIES, Entry, ItemShape, MessageShape, Source, StepShape
from storage import drafts as kept
from storage.drafts import Steps
from storage.store import Tx

REASON_LIMIT: Final = 200
_WORD: Final = "F404"
"""What lint calls a word that must not be read, which it knows in English."""
_POINTS: Final = ("domain", "criterion")
_KINDS: Final = ("message", *_POINTS)
_WITH_MESSAGES: Final = ("check", "orientation")


def _steps(view: View) -> Message | None:
    """List the entries in the order in which they are asked."""
    place = flow_place.of(view.about)
    steps = steps_of(view.tx, place)
    if steps is None:
        return None
    found = drafts.entries(steps.revision).entries
    shown = [*enumerate(found)][place.text : place.text + A_PAGE]
    buttons = (
        tap(begins(name_of(entry)), "go", "flow-step", _at(place, number, steps).number)
        for number, entry in shown
    )
    turns = []
    if place.text:
        before = Place(place.flow, place.locale, max(0, place.text - A_PAGE))
        turns.append(view.go("office/flows/button/before", "flow-steps", before.number))
    if place.text + A_PAGE < len(found):
        after = Place(place.flow, place.locale, place.text + A_PAGE)
        turns.append(view.go("office/flows/button/after", "flow-steps", after.number))
    back = view.go("office/button/back", "flow-language", place.number)
    head = view.text("office/flows/step/list", first=place.text + 1,
                     last=place.text + len(shown), total=len(found))  # fmt: skip
    return Message(f"{title(view, place)}\n{head}", (*column(*buttons), *pairs(*turns), (back,)))


def _at(place: Place, number: int, steps: Steps, kind: int = 0) -> Place:
    """Name an entry of the steps as they were seen; `kind`: what is to be added before it."""
    return Place(place.flow, place.locale, number, steps.version * len(_KINDS) + kind)


def name_of(entry: Entry) -> str:
    """Return what a list calls an entry: an item's short name, or how its text begins."""
    match entry.shape:
        case ItemShape(title=name):
            return name
        case StepShape(text=text) | MessageShape(text=text):
            return text
        case _:
            return ""


def _around(place: Place, number: int) -> int:
    return Place(place.flow, place.locale, number // A_PAGE * A_PAGE).number


def one_of(steps: Steps | None, place: Place) -> tuple[Source, Entry] | None:
    """Return the flow and the entry that a place is about, if its steps are still those."""
    if steps is None or steps.version != place.more // len(_KINDS):
        return None
    source = drafts.entries(steps.revision)
    return (source, source.entries[place.text]) if place.text < len(source.entries) else None


def _step(view: View) -> Message | None:
    """Show one entry, and what can be done with it."""
    place = flow_place.of(view.about)
    steps = steps_of(view.tx, place)
    found = one_of(steps, place)
    if steps is None or found is None:
        return None
    source, entry = found
    free = can_go(source, entry)
    told = "office/flows/step/free" if free else "office/flows/step/fixed"
    picture = view.go("office/flows/step/button/picture", "flow-image", view.about)
    buttons = [*_inserting(view, place, source, steps), picture]
    if free:
        buttons += _moving(view, place, source)
    back = view.go("office/button/back", "flow-steps", _around(place, place.text))
    return Message("\n\n".join((*_words(entry), view.text(told))), column(*buttons, back))


def _words(entry: Entry) -> tuple[str, ...]:
    match entry.shape:
        case ItemShape(title=name, ask=ask):
            return name, ask
        case _:
            return (name_of(entry),)


def _inserting(view: View, place: Place, source: Source, steps: Steps) -> list[Button]:
    if source.kind in _WITH_MESSAGES and place.text:
        to = _at(place, place.text, steps)
        return [view.go("office/flows/step/button/insert", "flow-insert", to.number)]
    if source.kind == "clearance" and place.text:
        return [
            view.go(
                f"office/flows/step/button/{part}",
                *("flow-insert", _at(place, place.text, steps, _KINDS.index(part)).number),
            )
            for part in _POINTS
        ]
    return []


def _moving(view: View, place: Place, source: Source) -> list[Button]:
    buttons = []
    if place.text > 1:
        buttons.append(view.do("office/flows/step/button/up", "flow-move", view.about, "up"))
    if place.text + 2 < len(source.entries):
        buttons.append(view.do("office/flows/step/button/down", "flow-move", view.about, "down"))
    return [*buttons, view.do("office/flows/step/button/omit", "flow-omit", view.about)]


# What is done


def _insert(view: View) -> Message | None:
    place = flow_place.of(view.about)
    found = one_of(steps_of(view.tx, place), place)
    if found is None:
        return None
    asks = view.text("office/flows/step/ask-point")
    if place.more % len(_KINDS) == 0:
        asks = view.text("office/flows/step/ask-message", text=begins(name_of(found[1])))
    return Message(asks, column(view.go("office/button/back", "flow-step", seen_at(place))))


def seen_at(place: Place) -> int:
    """Return the page of an entry from which something is added before it."""
    more = place.more // len(_KINDS) * len(_KINDS)
    return Place(place.flow, place.locale, place.text, more).number


def _take_insert(clerk: Clerk, about: int, words_sent: str) -> Answer:
    """Keep what shall be read, or considered, before an entry."""
    place = flow_place.of(about)
    steps = steps_of(clerk.tx, place)
    found = one_of(steps, place)
    if steps is None or found is None:
        return clerk.refuse("flow-insert", RefusalCode.STALE)
    source, before = found
    if len(source.entries) >= MOST_ENTRIES:
        clerk.record("flow-insert", "many", detail=named(place))
        return clerk.go("flow-steps", _around(place, place.text), "lint/fix/too-many")
    kind = _KINDS[place.more % len(_KINDS)]
    shape = _message(source, place, words_sent)
    if kind != "message":
        point = _point(source, kind, words_sent)
        if point is None:
            clerk.record("flow-insert", "empty", detail=named(place))
            return clerk.go("flow-insert", about, "office/flows/step/two-lines")
        shape = point
    return reshape(clerk, place, steps, Insert(before.id, shape), "inserted")


def _message(source: Source, place: Place, text: str) -> MessageShape | ItemShape:
    say = words(place.locale, "UTC")
    return MessageShape(
        _free_id(source, "message"),
        text.strip(),
        say.say("office/flows/step/help"),
        say.say("office/flows/step/go-on"),
    )


def _point(source: Source, part: str, text: str) -> ItemShape | None:
    name, _, ask = text.strip().partition("\n")
    if not name.strip() or not ask.strip():
        return None
    return ItemShape(
        _free_id(source, "own"),
        name.strip(),
        ask.strip(),
        part="domain" if part == "domain" else "criterion",
    )


def _free_id(source: Source, start: str) -> str:
    taken = {entry.id for entry in source.entries}
    return next(name for n in range(1, len(taken) + 2) if (name := f"{start}-{n}") not in taken)


def _omit(clerk: Clerk, about: int, _: str) -> Answer:
    place = flow_place.of(about)
    steps = steps_of(clerk.tx, place)
    found = one_of(steps, place)
    if steps is None or found is None:
        return clerk.refuse("flow-omit", RefusalCode.STALE)
    return reshape(clerk, place, steps, Omit(found[1].id), "omitted")


def _move(clerk: Clerk, about: int, choice: str) -> Answer:
    place = flow_place.of(about)
    steps = steps_of(clerk.tx, place)
    found = one_of(steps, place)
    # Down is before what stands behind the next one.
    to = place.text - 1 if choice == "up" else place.text + 2
    if steps is None or found is None or not 0 < to < len(found[0].entries):
        return clerk.refuse("flow-move", RefusalCode.STALE)
    move = Move(found[1].id, found[0].entries[to].id)
    return reshape(clerk, place, steps, move, "moved")


_KIND_OF_ROW: Final = {
    "inserted": "flow-insert",
    "omitted": "flow-omit",
    "moved": "flow-move",
    "pictured": "flow-image",
    "unpictured": "flow-image-away",
}


def reshape(clerk: Clerk, place: Place, steps: Steps, edit: Edit, what: str) -> Answer:
    """Keep the flow after an edit, and ask for its reason."""
    kind = _KIND_OF_ROW[what]
    after = drafts.reshaped(steps.revision, edit)
    if isinstance(after, Fault):
        return clerk.refuse(kind, RefusalCode.NOT_NOW)
    wrong = _wrong(clerk.tx, place, steps.revision, after)
    if wrong or not isinstance(after, Revision):
        clerk.record(kind, wrong, detail=named(place))
        to = _around(place, place.text)
        return clerk.go("flow-steps", to, f"office/flows/problem/{wrong}")
    name = edit.shape.id if isinstance(edit, Insert) else edit.id
    both = (drafts.entries(one).entries for one in (steps.revision, after))
    either = {entry.id: entry for entries in both for entry in entries}
    row = kept.Edit(what, name, begins(name_of(either[name])), "", clerk.person.id, clerk.now)
    number = kept.reshape(clerk.tx, after, row, seen=steps.version, known=drafts.texts(after))
    if number is None:
        return clerk.refuse(kind, RefusalCode.STALE)
    clerk.record(kind, detail=f"{named(place)}/{name}")
    return clerk.go("flow-reason", reason_at(clerk.tx, place, number).number)


def _wrong(
    tx: Tx, place: Place, before: Revision, after: Revision | tuple[Finding, ...]
) -> Literal["", "long", "word"]:
    """Say why an edit can't be kept; of two reasons the length first."""
    if not isinstance(after, Revision):
        return "word" if all(one.code == _WORD for one in after) else "long"
    if _too_long(tx, place, after):
        return "long"
    return "word" if wrong_word(before, after) else ""


def _too_long(tx: Tx, place: Place, after: Revision) -> bool:
    """Say whether a changed text has no room any more: below a picture there is less of it."""
    known, changed = drafts.texts(after), kept.changes(tx, place.flow, place.locale)
    both = changed.keys() & known.keys()
    return any(drafts.problem(known[key], changed[key].words) for key in both)


def reason_at(tx: Tx, place: Place, number: int) -> Place:
    """Name an edit of the steps as they are now, whose reason is asked for."""
    steps = steps_of(tx, place)
    return Place(place.flow, place.locale, number, steps.version if steps else 0)


def _is_current(tx: Tx, place: Place) -> bool:
    return place == reason_at(tx, place, place.text)


def wrong_word(before: Revision, after: Revision) -> bool:
    """Say whether a new text has a word that must not be read where it stands."""
    known = {source.text for source in drafts.texts(before).values()}
    return any(
        forbidden.broken_by(source.text, after.locale, rule)
        for key, source in drafts.texts(after).items()
        if source.text not in known
        for rule in (forbidden.FOR_STAFF if for_staff(after.flow, key) else forbidden.RULES)
    )


# Why


def _reason(view: View) -> Message | None:
    """Ask why an edit was made."""
    place = flow_place.of(view.about)
    edits = kept.edits(view.tx, place.flow, place.locale)
    if not (0 < place.text <= len(edits) and _is_current(view.tx, place)):
        return None
    what = edit_line(view, edits[place.text - 1])
    back = view.go("office/button/back", "flow-steps", Place(place.flow, place.locale).number)
    return Message(view.text("office/flows/step/ask-reason", what=what), column(back))


def _take_reason(clerk: Clerk, about: int, reason: str) -> Answer:
    place = flow_place.of(about)
    if not _is_current(clerk.tx, place):
        return clerk.refuse("flow-reason", RefusalCode.STALE)
    short = " ".join(reason.split())
    if not short or len(short) > REASON_LIMIT:
        clerk.record("flow-reason", "long" if short else "empty", detail=named(place))
        problem = "office/flows/problem/long" if short else "office/flows/problem/empty"
        return clerk.go("flow-reason", about, problem)
    if not kept.give_reason(clerk.tx, place.flow, place.locale, place.text, short):
        clerk.record("flow-reason", RefusalCode.REPEATED, detail=named(place))
        to = Place(place.flow, place.locale).number
        return clerk.go("flow-changes", to, f"refusal/{RefusalCode.REPEATED}")
    clerk.record("flow-reason", detail=f"{named(place)}/{place.text}")
    to = Place(place.flow, place.locale).number
    return clerk.go("flow-steps", to, "office/flows/step/done")


PAGES = (
    Page("flow-steps", rights.coordinator, _steps),
    Page("flow-step", rights.coordinator, _step),
    Page("flow-insert", rights.coordinator, _insert, _take_insert, takes_texts=True),
    Page("flow-reason", rights.coordinator, _reason, _take_reason, takes_texts=True),
)
ACTS = (
    Act("flow-omit", rights.coordinator, _omit),
    Act("flow-move", rights.coordinator, _move),
)
