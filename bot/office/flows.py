"""The flows in coordinators' hands: texts read, changed as a draft, and played as a preview.

Words alone are changed here: what leads where, and which items there are, stays. Nothing here
touches a run: whoever is being asked goes on with the words that they began with.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from bot.buttons import Answer
from bot.language import forbidden
from bot.office import flow_place, rights
from bot.office.flow_place import Place
from bot.office.page import Act, Clerk, Page, View
from bot.office.tongue import own_name
from bot.views import step as step_view
from bot.views.message import Button, Message, column, pairs, tap
from flows import drafts, walk
from flows.decide import RefusalCode
from flows.flow import TEXT_LIMIT, Flow, Option, Revision, SourceText, for_staff
from flows.model import PersonId
from storage import drafts as kept
from storage import people, revisions
from storage.drafts import Change, Edit, Steps
from storage.revisions import Publication
from storage.store import Tx

Changes = Mapping[str, Change]
A_PAGE: Final = 8
_LABEL: Final = 32
_MARGIN: Final = 256
"""Characters that are kept free for a notice above a text."""
VERSIONS: Final = 10_000
"""A button's number counts the versions of a text up to here, and above it those of the steps."""
_MARK: Final = "\N{PENCIL}"


# What there is


def _flows(view: View) -> Message:
    buttons = (
        view.go(f"office/flows/name/{flow}", "flow", _place(view, flow).number)
        for flow in flow_place.flows()
    )
    languages = view.go("office/languages/button/open", "languages")
    return Message(view.text("office/flows/title"), column(*buttons, languages))


def _place(view: View, flow: str) -> Place:
    return Place(flow, view.setting.languages[0])


def _flow(view: View) -> Message:
    place = flow_place.of(view.about)
    buttons = (
        tap(
            _marked(own_name(locale), changed=kept.any_of(view.tx, place.flow, locale)),
            "go",
            "flow-language",
            Place(place.flow, locale).number,
        )
        for locale in view.setting.languages
    )
    name = view.text(f"office/flows/name/{place.flow}")
    back = view.go("office/button/back", "flows")
    return Message(view.text("office/flows/languages", flow=name), (*pairs(*buttons), (back,)))


def _marked(text: str, *, changed: bool) -> str:
    return f"{_MARK} {text}" if changed else text


def _language(view: View) -> Message | None:
    place = flow_place.of(view.about)
    base = revisions.latest(view.tx, place.flow, place.locale)
    if base is None:
        return None
    revision, recalled = base
    lines = [title(view, place), *_published(view, place, recalled=recalled)]
    buttons = [
        view.go("office/flows/button/texts", "flow-texts", place.number),
        view.go("office/flows/step/button/steps", "flow-steps", place.number),
        view.go("office/flows/button/preview", "flow-preview", _begin(place, revision.flow)),
    ]
    changed = kept.changes(view.tx, place.flow, place.locale)
    edits = kept.edits(view.tx, place.flow, place.locale)
    if changed:
        lines.append(_drafted(view, place, len(changed), list(changed.values())[-1].by))
    if edits:
        lines += [view.text("office/flows/edited"), *(edit_line(view, edit) for edit in edits)]
    if changed or edits:
        buttons.append(view.go("office/flows/button/changes", "flow-changes", place.number))
    history = view.go("office/flows/button/history", "flow-history", place.number)
    file = view.go("office/flows/button/file", "flow-file", place.number)
    back = view.go("office/button/back", "flow", place.number)
    buttons += [history, file, *_picture(view, place)]
    return Message("\n".join(lines), (*pairs(*buttons), (back,)))


def _picture(view: View, place: Place) -> Iterator[Button]:
    if view.setting.chromium:
        yield view.do("office/flows/button/picture", "flow-picture", place.number)


def title(view: View, place: Place) -> str:
    """Name a flow and its language."""
    name = view.text(f"office/flows/name/{place.flow}")
    return view.text("office/flows/one", flow=name, language=own_name(place.locale))


def _published(view: View, place: Place, *, recalled: bool) -> Iterator[str]:
    if recalled:
        yield view.text("office/flows/recalled")
    for last in revisions.publications(view.tx, place.flow, place.locale, 1):
        yield when(view, last)


IN_USE: Final = ("office/flows/shipped", "office/flows/published", "office/flows/published-read")
ONCE: Final = ("office/flows/came", "office/flows/once", "office/flows/once-read")
"""How it is said of what is in use, and of what was published at some time."""


def when(view: View, one: Publication, texts: tuple[str, str, str] = IN_USE) -> str:
    """Say when something was published, and by whom."""
    shipped, published, read = texts
    day = view.say.day(one.at)
    if one.by is None:
        return view.text(shipped, day=day)
    who = people.label_of(view.tx, one.by)
    if one.read_by is None:
        return view.text(published, day=day, who=who)
    by = people.label_of(view.tx, one.read_by)
    return view.text(read, day=day, who=who, by=by)


def edit_line(view: View, edit: Edit) -> str:
    """Say in a line what an edit of the steps did."""
    if edit.what == "from-file":
        return view.text("office/flows/step/from-file")
    return view.text(f"office/flows/step/{edit.what}", text=edit.words)


def _drafted(view: View, place: Place, count: int, last: PersonId) -> str:
    asked = kept.reading(view.tx, place.flow, place.locale)
    if asked is not None:
        return view.text("office/flows/waits", n=count, who=people.label_of(view.tx, asked.by))
    return view.text("office/flows/drafted", n=count, who=people.label_of(view.tx, last))


# The texts


def _texts(view: View) -> Message | None:
    """List the texts in the order in which a reader meets them; a changed one is marked."""
    place = flow_place.of(view.about)
    steps = steps_of(view.tx, place)
    if steps is None:
        return None
    changed = kept.changes(view.tx, place.flow, place.locale)
    found = [*drafts.texts(steps.revision).items()]
    shown = [*enumerate(found)][place.text : place.text + A_PAGE]
    buttons = (
        tap(
            _marked(begins(_words(changed, key, source.text)), changed=key in changed),
            *("go", "flow-text", _at(place, number, changed.get(key), steps).number),
        )
        for number, (key, source) in shown
    )
    turn = [*_turns(view, place, len(found))]
    back = view.go("office/button/back", "flow-language", place.number)
    head = view.text("office/flows/texts", first=place.text + 1, last=place.text + len(shown),
                     total=len(found))  # fmt: skip
    return Message(f"{title(view, place)}\n{head}", (*column(*buttons), *pairs(*turn), (back,)))


def _at(place: Place, text: int, change: Change | None, steps: Steps) -> Place:
    seen = steps.version * VERSIONS + (change.version if change else 0)
    return Place(place.flow, place.locale, text, seen)


def _words(changed: Changes, key: str, otherwise: str) -> str:
    return changed[key].words if key in changed else otherwise


def begins(words: str) -> str:
    """Return the beginning of a text, as a button shows it."""
    line = " ".join(words.split())
    return line if len(line) <= _LABEL - 2 else f"{line[: _LABEL - 3]}\N{HORIZONTAL ELLIPSIS}"


def _turns(view: View, place: Place, total: int) -> Iterator[Button]:
    before, after = place.text - A_PAGE, place.text + A_PAGE
    if place.text:
        to = Place(place.flow, place.locale, max(0, before))
        yield view.go("office/flows/button/before", "flow-texts", to.number)
    if after < total:
        to = Place(place.flow, place.locale, after)
        yield view.go("office/flows/button/after", "flow-texts", to.number)


def _text(view: View) -> Message | None:
    """Show one text as it stands, and ask for another one."""
    place = flow_place.of(view.about)
    found = _one(view.tx, place)
    if found is None:
        return None
    key, source, changed = found
    english = revisions.latest(view.tx, place.flow, "en") if place.locale != "en" else None
    ask = view.text("office/flows/ask-text", n=source.limit)
    words = _words(changed, key, source.text)
    room = TEXT_LIMIT - len(ask) - _MARGIN
    parts = [words if len(words) <= room else f"{words[:room]}\N{HORIZONTAL ELLIPSIS}", ask]
    if english is not None and key in drafts.texts(english[0]):
        told = view.text("office/flows/english", text=drafts.texts(english[0])[key].text)
        # Beside a long text there is no room for its English.
        parts[1:1] = [told] if len(words) + len(told) <= room else []
    buttons = [view.go("office/button/back", "flow-texts", _around(place).number)]
    if key in changed:
        own = view.do("office/flows/button/take-back", "flow-text-back", view.about)
        buttons = [own, *buttons]
    return Message("\n\n".join(parts), column(*buttons))


def _around(place: Place) -> Place:
    return Place(place.flow, place.locale, place.text // A_PAGE * A_PAGE)


def _one(tx: Tx, place: Place) -> tuple[str, SourceText, Changes] | None:
    """Return the text that a place is about: its id, its source, and what is changed around it."""
    steps = steps_of(tx, place)
    found = [*drafts.texts(steps.revision).items()] if steps else []
    if steps is None or place.text >= len(found) or place.more // VERSIONS != steps.version:
        return None
    key, source = found[place.text]
    return key, source, kept.changes(tx, place.flow, place.locale)


def steps_of(tx: Tx, place: Place) -> Steps | None:
    """Return what the draft's steps are, its changed texts aside."""
    return kept.base(tx, place.flow, place.locale)


def _take_text(clerk: Clerk, about: int, words: str) -> Answer:
    """Keep another text; one that somebody else has changed meanwhile is not overwritten."""
    place = flow_place.of(about)
    found = _one(clerk.tx, place)
    if found is None:
        return clerk.refuse("flow-text", RefusalCode.STALE)
    key, source, changed = found
    if wrong := _problem(clerk.tx, place, key, words) or drafts.problem(source, words):
        clerk.record("flow-text", wrong, detail=named(place))
        return clerk.go("flow-text", about, _PROBLEMS[wrong])
    now = changed.get(key)
    if now is None and words == source.text:
        return clerk.go("flow-texts", _around(place).number, "office/flows/same")
    done = kept.write(
        clerk.tx, place.flow, place.locale, key, words,
        seen=place.more % VERSIONS, by=clerk.person.id, now=clerk.now,
    )  # fmt: skip
    if not done:
        clerk.record("flow-text", RefusalCode.STALE, detail=named(place))
        anew = place.more // VERSIONS * VERSIONS + (now.version if now else 0)
        again = Place(place.flow, place.locale, place.text, anew)
        return clerk.go("flow-text", again.number, "office/flows/changed-meanwhile")
    clerk.record("flow-text", detail=f"{named(place)}/{place.text}")
    return clerk.go("flow-texts", _around(place).number, "office/flows/kept")


_PROBLEMS: Final = {
    "empty": "office/flows/problem/empty",
    "long": "office/flows/problem/long",
    "word": "office/flows/problem/word",
}


def _problem(tx: Tx, place: Place, key: str, words: str) -> str:
    """Say whether a text has a word that must not be read where it stands."""
    steps = steps_of(tx, place)
    by_staff = steps is None or for_staff(steps.revision.flow, key)
    rules = forbidden.FOR_STAFF if by_staff else forbidden.RULES
    return "word" if any(forbidden.broken_by(words, place.locale, one) for one in rules) else ""


def named(place: Place) -> str:
    """Name a flow and its language in the record."""
    return f"{place.flow}/{place.locale}"


def _take_text_back(clerk: Clerk, about: int, _: str) -> Answer:
    place = flow_place.of(about)
    found = _one(clerk.tx, place)
    change = found[2].get(found[0]) if found else None
    if found is None or change is None or change.version != place.more % VERSIONS:
        return clerk.refuse("flow-text-back", RefusalCode.STALE)
    kept.take_back(clerk.tx, place.flow, place.locale, found[0])
    clerk.record("flow-text-back", detail=f"{named(place)}/{place.text}")
    return clerk.go("flow-texts", _around(place).number)


# The preview


def _begin(place: Place, flow: Flow) -> int:
    return Place(place.flow, place.locale, [*flow.steps].index(flow.start)).number


def _preview(view: View) -> Message | None:
    """Draw one step of the draft as a participant would see it; nothing of it is kept."""
    place = flow_place.of(view.about)
    draft = draft_of(view.tx, place)
    steps = [*draft.flow.steps.values()] if draft else []
    if draft is None or place.text >= len(steps):
        return None
    step, answers = steps[place.text], flow_place.unpacked(draft.flow, place.more)
    buttons = (
        tap(option.text, "go", "flow-preview", _after(place, draft.flow, option, answers).number)
        for option in step.options
    )
    end = view.go("office/flows/button/end-preview", "flow-language", place.number)
    rows = (*step_view.rows(draft.flow, step, buttons), (end,))
    return step_view.message(draft.flow, step, rows)


def _after(place: Place, flow: Flow, option: Option, answers: Mapping[str, str]) -> Place:
    given = dict(answers)
    if option.marks and option.value in ("yes", "no"):
        given[option.marks] = option.value
    # A point of the screening is answered by neither; there every way leads straight on.
    straight = flow.kind == "clearance" and option.to in flow.steps
    step = option.to if straight else walk.next_step(flow, option, given).id
    packed = flow_place.packed(flow, given)
    return Place(place.flow, place.locale, [*flow.steps].index(step), packed)


def draft_of(tx: Tx, place: Place) -> Revision | None:
    """Return what would be published: the latest revision with the changed texts."""
    steps = steps_of(tx, place)
    if steps is None:
        return None
    changed = kept.changes(tx, place.flow, place.locale)
    return drafts.laid_over(steps.revision, {key: change.words for key, change in changed.items()})


PAGES = (
    Page("flows", rights.coordinator, _flows),
    Page("flow", rights.coordinator, _flow),
    Page("flow-language", rights.coordinator, _language),
    Page("flow-texts", rights.coordinator, _texts),
    Page("flow-text", rights.coordinator, _text, _take_text, takes_texts=True),
    Page("flow-preview", rights.coordinator, _preview),
)
ACTS = (Act("flow-text-back", rights.coordinator, _take_text_back),)
COMMANDS = {"flows": "flows"}
