"""The flows in coordinators' hands: texts changed, looked at, published, rolled back, recalled.

Words alone are changed here: what leads where, and which items there are, stays. Nothing here
touches a run: whoever is being asked goes on with the words that they began with.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from bot import forbidden, keeping
from bot.buttons import Answer
from bot.office import flow_place, rights
from bot.office.flow_place import Place
from bot.office.page import Act, Clerk, Page, View
from bot.office.tongue import own_name
from bot.views.message import Button, Message, column, pairs, tap
from flows import drafts, walk
from flows import events as e
from flows.decide import RefusalCode
from flows.flow import Flow, Option, Revision, SourceText
from flows.model import PersonId
from storage import drafts as kept
from storage import people, revisions, sessions
from storage.drafts import Change
from storage.revisions import Publication
from storage.store import Tx

Changes = Mapping[str, Change]
A_PAGE: Final = 8
HISTORY: Final = 8
_LABEL: Final = 32
_SHOWN: Final = 160
"""Characters of a text that a list of changes shows."""
_MARK: Final = "\N{PENCIL}"
RING: Final = "office/flows/asked"
"""What colleagues are told by a new message."""


# What there is


def _flows(view: View) -> Message:
    buttons = (
        view.go(f"office/flows/name/{flow}", "flow", _place(view, flow).number)
        for flow in flow_place.flows()
    )
    return Message(view.text("office/flows/title"), column(*buttons))


def _place(view: View, flow: str) -> Place:
    return Place(flow, view.setting.languages[0])


def _flow(view: View) -> Message:
    place = flow_place.of(view.about)
    buttons = (
        tap(
            _marked(own_name(locale), changed=bool(kept.changes(view.tx, place.flow, locale))),
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
    lines = [_title(view, place), *_published(view, place, recalled=recalled)]
    buttons = [
        view.go("office/flows/button/texts", "flow-texts", place.number),
        view.go("office/flows/button/preview", "flow-preview", _begin(place, revision.flow)),
    ]
    if changed := kept.changes(view.tx, place.flow, place.locale):
        lines.append(_drafted(view, place, len(changed), list(changed.values())[-1].by))
        buttons.append(view.go("office/flows/button/changes", "flow-changes", place.number))
    history = view.go("office/flows/button/history", "flow-history", place.number)
    back = view.go("office/button/back", "flow", place.number)
    return Message("\n".join(lines), (*pairs(*buttons, history), (back,)))


def _title(view: View, place: Place) -> str:
    name = view.text(f"office/flows/name/{place.flow}")
    return view.text("office/flows/one", flow=name, language=own_name(place.locale))


def _published(view: View, place: Place, *, recalled: bool) -> Iterator[str]:
    if recalled:
        yield view.text("office/flows/recalled")
    for last in revisions.publications(view.tx, place.flow, place.locale, 1):
        yield _when(view, last)


def _when(view: View, one: Publication) -> str:
    day = view.say.day(one.at)
    if one.by is None:
        return view.text("office/flows/shipped", day=day)
    who = people.label_of(view.tx, one.by)
    if one.read_by is None:
        return view.text("office/flows/published", day=day, who=who)
    by = people.label_of(view.tx, one.read_by)
    return view.text("office/flows/published-read", day=day, who=who, by=by)


def _drafted(view: View, place: Place, count: int, last: PersonId) -> str:
    asked = kept.reading(view.tx, place.flow, place.locale)
    if asked is not None:
        return view.text("office/flows/waits", n=count, who=people.label_of(view.tx, asked.by))
    return view.text("office/flows/drafted", n=count, who=people.label_of(view.tx, last))


# The texts


def _texts(view: View) -> Message | None:
    """List the texts in the order in which a reader meets them; a changed one is marked."""
    place = flow_place.of(view.about)
    base = revisions.latest(view.tx, place.flow, place.locale)
    if base is None:
        return None
    changed = kept.changes(view.tx, place.flow, place.locale)
    found = [*drafts.texts(base[0]).items()]
    shown = [*enumerate(found)][place.text : place.text + A_PAGE]
    buttons = (
        tap(
            _marked(_begins(_words(changed, key, source.text)), changed=key in changed),
            *("go", "flow-text", _at(place, number, changed.get(key)).number),
        )
        for number, (key, source) in shown
    )
    turn = [*_turns(view, place, len(found))]
    back = view.go("office/button/back", "flow-language", place.number)
    head = view.text("office/flows/texts", first=place.text + 1, last=place.text + len(shown),
                     total=len(found))  # fmt: skip
    return Message(f"{_title(view, place)}\n{head}", (*column(*buttons), *pairs(*turn), (back,)))


def _at(place: Place, text: int, change: Change | None) -> Place:
    return Place(place.flow, place.locale, text, change.version if change else 0)


def _words(changed: Changes, key: str, otherwise: str) -> str:
    return changed[key].words if key in changed else otherwise


def _begins(words: str) -> str:
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
    lines = [_words(changed, key, source.text), ""]
    if english is not None and key in drafts.texts(english[0]):
        lines += [view.text("office/flows/english", text=drafts.texts(english[0])[key].text), ""]
    lines.append(view.text("office/flows/ask-text", n=source.limit))
    buttons = [view.go("office/button/back", "flow-texts", _around(place).number)]
    if key in changed:
        own = view.do("office/flows/button/take-back", "flow-text-back", view.about)
        buttons = [own, *buttons]
    return Message("\n".join(lines), column(*buttons))


def _around(place: Place) -> Place:
    return Place(place.flow, place.locale, place.text // A_PAGE * A_PAGE)


def _one(tx: Tx, place: Place) -> tuple[str, SourceText, Changes] | None:
    """Return the text that a place is about: its id, its source, and what is changed around it."""
    base = revisions.latest(tx, place.flow, place.locale)
    found = [*drafts.texts(base[0]).items()] if base else []
    if place.text >= len(found):
        return None
    key, source = found[place.text]
    return key, source, kept.changes(tx, place.flow, place.locale)


def _take_text(clerk: Clerk, about: int, words: str) -> Answer:
    """Keep another text; one that somebody else has changed meanwhile is not overwritten."""
    place = flow_place.of(about)
    found = _one(clerk.tx, place)
    if found is None:
        return clerk.refuse("flow-text", RefusalCode.STALE)
    key, source, changed = found
    if wrong := _problem(clerk.tx, place, key, words) or drafts.problem(source, words):
        clerk.record("flow-text", wrong, detail=_named(place))
        return clerk.go("flow-text", about, _PROBLEMS[wrong])
    now = changed.get(key)
    if now is None and words == source.text:
        return clerk.go("flow-texts", _around(place).number, "office/flows/same")
    done = kept.write(
        clerk.tx, place.flow, place.locale, key, words,
        seen=place.more, by=clerk.person.id, now=clerk.now,
    )  # fmt: skip
    if not done:
        clerk.record("flow-text", RefusalCode.STALE, detail=_named(place))
        anew = _at(place, place.text, now)
        return clerk.go("flow-text", anew.number, "office/flows/changed-meanwhile")
    clerk.record("flow-text", detail=f"{_named(place)}/{place.text}")
    return clerk.go("flow-texts", _around(place).number, "office/flows/kept")


_PROBLEMS: Final = {
    "empty": "office/flows/problem/empty",
    "long": "office/flows/problem/long",
    "word": "office/flows/problem/word",
}


def _problem(tx: Tx, place: Place, key: str, words: str) -> str:
    """Say whether a text has a word that must not be read where it stands."""
    base = revisions.latest(tx, place.flow, place.locale)
    by_staff = base is None or base[0].flow.audience == "facilitator" or key.endswith("/observe")
    rules = forbidden.FOR_STAFF if by_staff else forbidden.RULES
    return "word" if any(forbidden.broken_by(words, place.locale, one) for one in rules) else ""


def _named(place: Place) -> str:
    return f"{place.flow}/{place.locale}"


def _take_text_back(clerk: Clerk, about: int, _: str) -> Answer:
    place = flow_place.of(about)
    found = _one(clerk.tx, place)
    change = found[2].get(found[0]) if found else None
    if found is None or change is None or change.version != place.more:
        return clerk.refuse("flow-text-back", RefusalCode.STALE)
    kept.take_back(clerk.tx, place.flow, place.locale, found[0])
    clerk.record("flow-text-back", detail=f"{_named(place)}/{place.text}")
    return clerk.go("flow-texts", _around(place).number)


# The preview


def _begin(place: Place, flow: Flow) -> int:
    return Place(place.flow, place.locale, [*flow.steps].index(flow.start)).number


def _preview(view: View) -> Message | None:
    """Draw one step of the draft as a participant would see it; nothing of it is kept."""
    place = flow_place.of(view.about)
    draft = _draft(view.tx, place)
    steps = [*draft.flow.steps.values()] if draft else []
    if draft is None or place.text >= len(steps):
        return None
    step, answers = steps[place.text], flow_place.unpacked(draft.flow, place.more)
    buttons = (
        tap(option.text, "go", "flow-preview", _after(place, draft.flow, option, answers).number)
        for option in step.options
    )
    end = view.go("office/flows/button/end-preview", "flow-language", place.number)
    return Message(step.text, column(*buttons, end))


def _after(place: Place, flow: Flow, option: Option, answers: Mapping[str, str]) -> Place:
    given = dict(answers)
    if option.marks and option.value in ("yes", "no"):
        given[option.marks] = option.value
    # A point of the screening is answered by neither; there every way leads straight on.
    straight = flow.kind == "clearance" and option.to in flow.steps
    step = option.to if straight else walk.next_step(flow, option, given).id
    packed = flow_place.packed(flow, given)
    return Place(place.flow, place.locale, [*flow.steps].index(step), packed)


def _draft(tx: Tx, place: Place) -> Revision | None:
    """Return what would be published: the latest revision with the changed texts."""
    base = revisions.latest(tx, place.flow, place.locale)
    if base is None:
        return None
    changed = kept.changes(tx, place.flow, place.locale)
    return drafts.laid_over(base[0], {key: change.words for key, change in changed.items()})


# Publishing


def _changes(view: View) -> Message | None:
    """Say what a publication would change, for whom, and who has to read it first."""
    place = flow_place.of(view.about)
    base, draft = revisions.latest(view.tx, place.flow, place.locale), _draft(view.tx, place)
    if base is None or draft is None or draft.id == base[0].id:
        return None
    found = drafts.differences(base[0], draft)
    shown = [
        view.text("office/flows/change", old=_short(old), new=_short(new))
        for old, new in [*found.values()][:A_PAGE]
    ]
    if len(found) > A_PAGE:
        shown.append(view.text("office/flows/more-changes", n=len(found) - A_PAGE))
    under_way = revisions.under_way(view.tx, base[0].id)
    lines = [
        _title(view, place),
        view.text("office/flows/impact", n=len(found)),
        view.text("office/flows/under-way", n=under_way),
    ]
    discard = view.do("office/flows/button/discard", "flow-discard", place.number, _seen(draft))
    back = view.go("office/button/back", "flow-language", place.number)
    how, decides = _decides(view, place, draft)
    text = "\n".join(lines) + "\n\n" + "\n\n".join((*shown, *how))
    return Message(text, column(*decides, discard, back))


def _short(words: str) -> str:
    return words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1]}\N{HORIZONTAL ELLIPSIS}"


def _seen(revision: Revision) -> str:
    """Return what tells on a button which draft was looked at."""
    return revision.id[:12]


def _decides(view: View, place: Place, draft: Revision) -> tuple[list[str], list[Button]]:
    seen = _seen(draft)
    publish = view.do("office/flows/button/publish", "flow-publish", place.number, seen)
    if view.setting.readers == 1:
        return [], [publish]
    asked = kept.reading(view.tx, place.flow, place.locale)
    if asked is None or asked.revision != draft.id:
        ask = view.do("office/flows/button/ask", "flow-ask", place.number, seen)
        return [view.text("office/flows/second")], [ask]
    if _has_written(view.tx, place, view.viewer.id) or asked.by == view.viewer.id:
        return [view.text("office/flows/own")], []
    read = view.do("office/flows/button/read", "flow-publish", place.number, seen)
    return [view.text("office/flows/read", who=people.label_of(view.tx, asked.by))], [read]


def _has_written(tx: Tx, place: Place, person: PersonId) -> bool:
    changed = kept.changes(tx, place.flow, place.locale)
    return any(change.by == person for change in changed.values())


def _ask(clerk: Clerk, about: int, choice: str) -> Answer:
    """Ask every other coordinator to read the draft; any later change to it ends that."""
    place = flow_place.of(about)
    draft = _changed_draft(clerk.tx, place, choice)
    if draft is None:
        return clerk.refuse("flow-ask", RefusalCode.STALE)
    kept.ask_to_read(clerk.tx, place.flow, place.locale, draft.id, clerk.person.id)
    clerk.record("flow-ask", detail=_named(place))
    for who in people.coordinators(clerk.tx):
        if who != clerk.person.id:
            clerk.tell(who, RING)
    return clerk.go("flow-language", place.number)


def _changed_draft(tx: Tx, place: Place, choice: str) -> Revision | None:
    """Return the draft that a button was drawn for; None once it is another one."""
    base, draft = revisions.latest(tx, place.flow, place.locale), _draft(tx, place)
    if base is None or draft is None or draft.id == base[0].id or _seen(draft) != choice:
        return None
    return draft


def _publish(clerk: Clerk, about: int, choice: str) -> Answer:
    """Publish what was looked at; where two have to read it, by another one than who wrote it."""
    place = flow_place.of(about)
    draft = _changed_draft(clerk.tx, place, choice)
    if draft is None or revisions.is_recalled(clerk.tx, draft.id):
        return clerk.refuse("flow-publish", RefusalCode.STALE)
    by, read_by = clerk.person.id, None
    if clerk.setting.readers > 1:
        asked = kept.reading(clerk.tx, place.flow, place.locale)
        if asked is None or asked.revision != draft.id or asked.by == by:
            return clerk.refuse("flow-publish", RefusalCode.NOT_NOW)
        if _has_written(clerk.tx, place, by):
            return clerk.refuse("flow-publish", RefusalCode.NOT_NOW)
        by, read_by = asked.by, by
    revisions.publish(clerk.tx, draft, clerk.now, by=by, read_by=read_by)
    kept.take_back(clerk.tx, place.flow, place.locale)
    clerk.record("flow-publish", detail=f"{_named(place)}/{_seen(draft)}")
    return clerk.go("flow-language", place.number, "office/flows/is-published")


def _discard(clerk: Clerk, about: int, choice: str) -> Answer:
    place = flow_place.of(about)
    if _changed_draft(clerk.tx, place, choice) is None:
        return clerk.refuse("flow-discard", RefusalCode.STALE)
    kept.take_back(clerk.tx, place.flow, place.locale)
    clerk.record("flow-discard", detail=_named(place))
    return clerk.go("flow-language", place.number)


# What was published


def _history(view: View) -> Message | None:
    place = flow_place.of(view.about)
    base = revisions.latest(view.tx, place.flow, place.locale)
    found = revisions.publications(view.tx, place.flow, place.locale, HISTORY)
    if base is None or not found:
        return None
    lines = [_title(view, place), *(_history_line(view, one) for one in found)]
    buttons = [
        tap(
            view.text("office/flows/button/back-to", day=view.say.day(one.at)),
            *("go", "flow-earlier", Place(place.flow, place.locale, 0, one.number).number),
        )
        for one in found
        if one.revision != base[0].id and not one.recalled
    ]
    if not base[1]:
        buttons.append(view.go("office/flows/button/recall", "flow-recall", place.number))
    back = view.go("office/button/back", "flow-language", place.number)
    return Message("\n".join(lines), column(*buttons, back))


def _history_line(view: View, one: Publication) -> str:
    line = _when(view, one)
    return f"{line} {view.text('office/flows/was-recalled')}" if one.recalled else line


def _earlier(view: View) -> Message | None:
    """Show what would change by going back to an earlier publication, and ask once."""
    place = flow_place.of(view.about)
    base = revisions.latest(view.tx, place.flow, place.locale)
    found = _publication(view.tx, place)
    if base is None or found is None or found.recalled:
        return None
    count = len(drafts.differences(base[0], revisions.find(view.tx, found.revision)[0]))
    lines = [
        _title(view, place),
        view.text("office/flows/ask-back", day=view.say.day(found.at), n=count),
        view.text("office/flows/under-way", n=revisions.under_way(view.tx, base[0].id)),
    ]
    now = view.do("office/flows/button/back-now", "flow-back", view.about, _seen(base[0]))
    back = view.go("office/button/back", "flow-history", place.number)
    return Message("\n".join(lines), column(now, back))


def _publication(tx: Tx, place: Place) -> Publication | None:
    found = revisions.publications(tx, place.flow, place.locale, HISTORY)
    return next((one for one in found if one.number == place.more), None)


def _go_back(clerk: Clerk, about: int, choice: str) -> Answer:
    """Publish an earlier revision anew; it was read when it was published first."""
    place = flow_place.of(about)
    base = revisions.latest(clerk.tx, place.flow, place.locale)
    found = _publication(clerk.tx, place)
    if base is None or found is None or found.recalled or _seen(base[0]) != choice:
        return clerk.refuse("flow-back", RefusalCode.STALE)
    revision = revisions.find(clerk.tx, found.revision)[0]
    revisions.publish(clerk.tx, revision, clerk.now, by=clerk.person.id)
    clerk.record("flow-back", detail=f"{_named(place)}/{_seen(revision)}")
    return clerk.go("flow-language", place.number, "office/flows/is-published")


def _asks_recall(view: View) -> Message | None:
    place = flow_place.of(view.about)
    base = revisions.latest(view.tx, place.flow, place.locale)
    if base is None or base[1]:
        return None
    lines = [
        _title(view, place),
        view.text("office/flows/ask-recall"),
        view.text("office/flows/recall-stops", n=revisions.under_way(view.tx, base[0].id)),
    ]
    now = view.do("office/flows/button/recall-now", "flow-recalled", view.about, _seen(base[0]))
    back = view.go("office/button/back", "flow-history", place.number)
    return Message("\n".join(lines), column(now, back))


def _recall(clerk: Clerk, about: int, choice: str) -> Answer:
    """Take a revision out of use at once: whoever is at its questions is stopped and held."""
    place = flow_place.of(about)
    base = revisions.latest(clerk.tx, place.flow, place.locale)
    if base is None or base[1] or _seen(base[0]) != choice:
        return clerk.refuse("flow-recalled", RefusalCode.STALE)
    clerk.record("flow-recalled", detail=f"{_named(place)}/{_seen(base[0])}")
    stop_runs(clerk, base[0].id)
    revisions.recall(clerk.tx, base[0].id, clerk.now)
    return clerk.go("flow-language", place.number, "office/flows/is-recalled")


def stop_runs(clerk: Clerk, revision: str) -> None:
    """Stop whoever is at the questions of a revision in a session that is not over."""
    for session_id in sessions.on_revision(clerk.tx, revision):
        if session := sessions.load(clerk.tx, session_id):
            keeping.happen(clerk.tx, session, e.RevisionRecalled(revision), clerk.now)


PAGES = (
    Page("flows", rights.coordinator, _flows),
    Page("flow", rights.coordinator, _flow),
    Page("flow-language", rights.coordinator, _language),
    Page("flow-texts", rights.coordinator, _texts),
    Page("flow-text", rights.coordinator, _text, _take_text, takes_texts=True),
    Page("flow-preview", rights.coordinator, _preview),
    Page("flow-changes", rights.coordinator, _changes),
    Page("flow-history", rights.coordinator, _history),
    Page("flow-earlier", rights.coordinator, _earlier),
    Page("flow-recall", rights.coordinator, _asks_recall),
)
ACTS = (
    Act("flow-text-back", rights.coordinator, _take_text_back),
    Act("flow-ask", rights.coordinator, _ask),
    Act("flow-publish", rights.coordinator, _publish),
    Act("flow-discard", rights.coordinator, _discard),
    Act("flow-back", rights.coordinator, _go_back),
    Act("flow-recalled", rights.coordinator, _recall),
)
COMMANDS = {"flows": "flows"}
