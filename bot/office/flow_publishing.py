"""Publishing a flow's texts: what changes, who has read it, going back, recall.

A publication touches no run: whoever is being asked goes on with the words that they began with.
Only a recall stops somebody, at once.
"""

from collections.abc import Iterator
from typing import Final

from bot import keeping
from bot.buttons import Answer
from bot.language.catalogues import SOURCE_LANGUAGE
from bot.office import flow_place, languages, rights
from bot.office.flow_place import Place
from bot.office.flow_steps import reason_at
from bot.office.flows import ONCE, draft_of, edit_line, named, title, when
from bot.office.page import Act, Clerk, Page, View
from bot.views.message import Button, Message, column, tap
from flows import drafts
from flows import events as e
from flows.decide import RefusalCode
from flows.flow import Revision
from flows.model import PersonId
from flows.slips import slips
from storage import drafts as kept
from storage import people, revisions, sessions
from storage.revisions import Publication
from storage.store import Tx

HISTORY: Final = 8
_LISTED: Final = 8
_SHOWN: Final = 160
"""Characters of a text that a list of changes shows."""
RING: Final = "office/flows/asked"
"""What colleagues are told by a new message."""


def _changes(view: View) -> Message | None:
    """Say what a publication would change, for whom, and who has to read it first."""
    place = flow_place.of(view.about)
    base, draft = revisions.latest(view.tx, place.flow, place.locale), draft_of(view.tx, place)
    if base is None or draft is None or not kept.any_of(view.tx, place.flow, place.locale):
        return None
    found = drafts.differences(base[0], draft)
    shown = [
        view.text("office/flows/change", old=_short(old), new=_short(new))
        for old, new in [*found.values()][:_LISTED]
    ]
    if len(found) > _LISTED:
        shown.append(view.text("office/flows/more-changes", n=len(found) - _LISTED))
    under_way = revisions.under_way(view.tx, base[0].id)
    beside = _beside_texts(view, base[0], draft)
    lines = [
        title(view, place),
        *([view.text("office/flows/impact", n=len(found))] if found or not beside else []),
        *beside,
        view.text("office/flows/under-way", n=under_way),
    ]
    shown = [*_edits(view, place), *shown]
    discard = view.do("office/flows/button/discard", "flow-discard", place.number, _seen(draft))
    back = view.go("office/button/back", "flow-language", place.number)
    how, decides = _decides(view, place, draft)
    text = "\n".join(lines) + "\n\n" + "\n\n".join((*shown, *how))
    return Message(text, column(*decides, discard, back))


def _beside_texts(view: View, before: Revision, after: Revision) -> list[str]:
    """Say how many steps and pictures differ, where some do."""
    counts = {
        "office/flows/step/steps": drafts.steps_changed(before, after),
        "office/flows/step/pictures": drafts.pictures_changed(before, after),
    }
    return [view.text(key, n=count) for key, count in counts.items() if count]


def _edits(view: View, place: Place) -> Iterator[str]:
    for edit in kept.edits(view.tx, place.flow, place.locale):
        what = edit_line(view, edit)
        if edit.reason:
            what = view.text("office/flows/step/because", what=what, reason=edit.reason)
        yield what


def _short(words: str) -> str:
    if not words:
        return "\N{EM DASH}"
    return words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1]}\N{HORIZONTAL ELLIPSIS}"


def _seen(revision: Revision) -> str:
    """Return what tells on a button which draft was looked at."""
    return revision.id[:12]


def _decides(view: View, place: Place, draft: Revision) -> tuple[list[str], list[Button]]:
    seen = _seen(draft)
    if kept.is_outdated(view.tx, place.flow, place.locale):
        return [view.text("office/flows/outdated")], []
    if why := _never(view, place, draft):
        return [why], []
    edits = kept.edits(view.tx, place.flow, place.locale)
    open_ones = [number for number, edit in enumerate(edits, 1) if not edit.reason]
    if open_ones:
        to = reason_at(view.tx, place, open_ones[0])
        reason = view.go("office/flows/step/button/reason", "flow-reason", to.number)
        return [view.text("office/flows/step/no-reason")], [reason]
    publish = view.do("office/flows/button/publish", "flow-publish", place.number, seen)
    slip, corrected = _slip(view, place, draft)
    if view.setting.readers == 1:
        return slip, [publish, *corrected]
    asked = kept.reading(view.tx, place.flow, place.locale)
    if asked is None or asked.revision != draft.id:
        ask = view.do("office/flows/button/ask", "flow-ask", place.number, seen)
        return [view.text("office/flows/second")], [ask]
    if _has_written(view.tx, place, view.viewer.id) or asked.by == view.viewer.id:
        return [view.text("office/flows/own")], []
    read = view.do("office/flows/button/read", "flow-publish", place.number, seen)
    who = people.label_of(view.tx, asked.by)
    return [view.text("office/flows/read", who=who), *slip], [read, *corrected]


def _never(view: View, place: Place, draft: Revision) -> str:
    """Say why a draft can't be published as long as it is this one; nothing where it can."""
    if revisions.is_recalled(view.tx, draft.id):
        return view.text("office/flows/as-recalled")
    if _changed_draft(view.tx, place, _seen(draft)) is None:
        return view.text("office/flows/same")
    if drafts.publishable(draft):
        return ""
    lost = drafts.lost(draft)
    return view.text("lint/item-lost", name=lost[0]) if lost else view.text("refusal/not-now")


def _slip(view: View, place: Place, draft: Revision) -> tuple[list[str], list[Button]]:
    """Offer, for the English alone, to publish slips of the pen: translations stay approved.

    Every word that would be corrected stands above the button.
    """
    found = _slips(view.tx, place, draft)
    if found is None:
        return [], []
    words = "; ".join(f"{old} \N{RIGHTWARDS ARROW} {new}" for old, new in found)
    told = [view.text("office/flows/slip"), *([words] if words else [])]
    seen = _seen(draft)
    button = view.do("office/flows/button/slip", "flow-publish-slip", place.number, seen)
    return ["\n".join(told)], [button]


def _slips(tx: Tx, place: Place, draft: Revision) -> tuple[tuple[str, str], ...] | None:
    """Return the corrected words where a draft of the English changes nothing else."""
    base = revisions.latest(tx, place.flow, place.locale)
    if place.locale != SOURCE_LANGUAGE or base is None or base[1]:
        return None
    return slips(base[0], draft)


def _has_written(tx: Tx, place: Place, person: PersonId) -> bool:
    return person in kept.writers(tx, place.flow, place.locale)


def _without_reason(tx: Tx, place: Place) -> bool:
    return any(not edit.reason for edit in kept.edits(tx, place.flow, place.locale))


def _ask(clerk: Clerk, about: int, choice: str) -> Answer:
    """Ask every other coordinator to read the draft; any later change to it ends that."""
    place = flow_place.of(about)
    draft = _changed_draft(clerk.tx, place, choice)
    if draft is None or _without_reason(clerk.tx, place):
        return clerk.refuse("flow-ask", RefusalCode.STALE)
    kept.ask_to_read(clerk.tx, place.flow, place.locale, draft.id, clerk.person.id)
    clerk.record("flow-ask", detail=named(place))
    for who in people.coordinators(clerk.tx):
        if who != clerk.person.id:
            clerk.tell(who, RING)
    return clerk.go("flow-language", place.number)


def _changed_draft(tx: Tx, place: Place, choice: str) -> Revision | None:
    """Return the draft that a button was drawn for; None once it is another one, or outdated."""
    if kept.is_outdated(tx, place.flow, place.locale):
        return None
    base, draft = revisions.latest(tx, place.flow, place.locale), draft_of(tx, place)
    if base is None or draft is None or draft.id == base[0].id or _seen(draft) != choice:
        return None
    return draft


def _publish(clerk: Clerk, about: int, choice: str) -> Answer:
    return _published(clerk, about, choice, "flow-publish")


def _publish_slip(clerk: Clerk, about: int, choice: str) -> Answer:
    """Publish English in which a slip was corrected: what was approved of it stays so."""
    place = flow_place.of(about)
    draft = _changed_draft(clerk.tx, place, choice)
    found = None if draft is None else _slips(clerk.tx, place, draft)
    if found is None:
        stale = draft is None or place.locale != SOURCE_LANGUAGE
        code = RefusalCode.STALE if stale else RefusalCode.NOT_NOW
        return clerk.refuse("flow-publish-slip", code)
    before = languages.texts_of(clerk, place.flow)
    answer = _published(clerk, about, choice, "flow-publish-slip", len(found))
    languages.keep_valid(clerk, place.flow, before)
    return answer


def _published(
    clerk: Clerk, about: int, choice: str, kind: str, corrected: int | None = None
) -> Answer:
    """Publish what was looked at; where two have to read it, by another one than who wrote it.

    The record says how many words were `corrected`, where it is told as a slip of the pen.
    """
    place = flow_place.of(about)
    draft = _changed_draft(clerk.tx, place, choice)
    if draft is None or revisions.is_recalled(clerk.tx, draft.id):
        return clerk.refuse(kind, RefusalCode.STALE)
    if _without_reason(clerk.tx, place):
        return clerk.refuse(kind, RefusalCode.STALE)
    if not drafts.publishable(draft):
        return clerk.refuse(kind, RefusalCode.NOT_NOW)
    by, read_by = clerk.person.id, None
    if clerk.setting.readers > 1:
        asked = kept.reading(clerk.tx, place.flow, place.locale)
        if asked is None or asked.revision != draft.id or asked.by == by:
            return clerk.refuse(kind, RefusalCode.NOT_NOW)
        if _has_written(clerk.tx, place, by):
            return clerk.refuse(kind, RefusalCode.NOT_NOW)
        by, read_by = asked.by, by
    revisions.publish(clerk.tx, draft, clerk.now, by=by, read_by=read_by)
    kept.keep_edits(clerk.tx, place.flow, place.locale)
    kept.take_back(clerk.tx, place.flow, place.locale)
    counted = "" if corrected is None else f"/{corrected}"
    clerk.record(kind, detail=f"{named(place)}/{_seen(draft)}{counted}")
    return clerk.go("flow-language", place.number, "office/flows/is-published")


def _discard(clerk: Clerk, about: int, choice: str) -> Answer:
    place = flow_place.of(about)
    draft = draft_of(clerk.tx, place)
    if draft is None or _seen(draft) != choice:
        return clerk.refuse("flow-discard", RefusalCode.STALE)
    kept.take_back(clerk.tx, place.flow, place.locale)
    clerk.record("flow-discard", detail=named(place))
    return clerk.go("flow-language", place.number)


# What was published


def _history(view: View) -> Message | None:
    place = flow_place.of(view.about)
    base = revisions.latest(view.tx, place.flow, place.locale)
    found = revisions.publications(view.tx, place.flow, place.locale, HISTORY)
    if base is None or not found:
        return None
    lines = [title(view, place), *(_history_line(view, one) for one in found)]
    buttons = [
        tap(
            view.text("office/flows/button/back-to", day=view.say.day(one.at)),
            *("go", "flow-earlier", Place(place.flow, place.locale, 0, one.number).number),
        )
        for one in found
        if one.revision != base[0].id and not one.recalled and _was_read(view.setting.readers, one)
    ]
    if not base[1]:
        buttons.append(view.go("office/flows/button/recall", "flow-recall", place.number))
    back = view.go("office/button/back", "flow-language", place.number)
    return Message("\n".join(lines), column(*buttons, back))


def _history_line(view: View, one: Publication) -> str:
    line = when(view, one, ONCE)
    return f"{line} {view.text('office/flows/was-recalled')}" if one.recalled else line


def _earlier(view: View) -> Message | None:
    """Show what would change by going back to an earlier publication, and ask once."""
    place = flow_place.of(view.about)
    base = revisions.latest(view.tx, place.flow, place.locale)
    found = _publication(view.tx, place)
    if base is None or found is None or found.recalled:
        return None
    earlier = revisions.find(view.tx, found.revision)[0]
    count = len(drafts.differences(base[0], earlier))
    lines = [
        title(view, place),
        view.text("office/flows/ask-back", day=view.say.day(found.at), n=count),
        *_beside_texts(view, base[0], earlier),
        view.text("office/flows/under-way", n=revisions.under_way(view.tx, base[0].id)),
    ]
    now = view.do("office/flows/button/back-now", "flow-back", view.about, _seen(base[0]))
    recall = view.go("office/flows/button/recall-these", "flow-recall", view.about)
    back = view.go("office/button/back", "flow-history", place.number)
    return Message("\n".join(lines), column(now, recall, back))


def _was_read(readers: int, one: Publication) -> bool:
    """Say whether as many have read a publication as have to now; what ships needs nobody."""
    return readers == 1 or one.by is None or one.read_by is not None


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
    if not (_was_read(clerk.setting.readers, found) and drafts.publishable(revision)):
        return clerk.refuse("flow-back", RefusalCode.NOT_NOW)
    revisions.publish(clerk.tx, revision, clerk.now, by=clerk.person.id)
    clerk.record("flow-back", detail=f"{named(place)}/{_seen(revision)}")
    return clerk.go("flow-language", place.number, "office/flows/is-published")


def _asks_recall(view: View) -> Message | None:
    """Ask once before a recall: of what is in use, or of an earlier publication."""
    place = flow_place.of(view.about)
    revision = _to_recall(view.tx, place)
    if revision is None:
        return None
    asked = "office/flows/ask-recall-these" if place.more else "office/flows/ask-recall"
    lines = [
        title(view, place),
        view.text(asked),
        view.text("office/flows/recall-stops", n=revisions.under_way(view.tx, revision.id)),
    ]
    now = view.do("office/flows/button/recall-now", "flow-recalled", view.about, _seen(revision))
    back = view.go("office/button/back", "flow-history", place.number)
    return Message("\n".join(lines), column(now, back))


def _to_recall(tx: Tx, place: Place) -> Revision | None:
    """Return the revision that a place is about, unless it was recalled before."""
    found = _publication(tx, place)
    if place.more and found is not None:
        return None if found.recalled else revisions.find(tx, found.revision)[0]
    base = None if place.more else revisions.latest(tx, place.flow, place.locale)
    return base[0] if base and not base[1] else None


def _recall(clerk: Clerk, about: int, choice: str) -> Answer:
    """Take a revision out of use at once: whoever is at its questions is stopped and held."""
    place = flow_place.of(about)
    revision = _to_recall(clerk.tx, place)
    if revision is None or _seen(revision) != choice:
        return clerk.refuse("flow-recalled", RefusalCode.STALE)
    clerk.record("flow-recalled", detail=f"{named(place)}/{_seen(revision)}")
    stop_runs(clerk, revision.id)
    revisions.recall(clerk.tx, revision.id, clerk.now)
    return clerk.go("flow-language", place.number, "office/flows/is-recalled")


def stop_runs(clerk: Clerk, revision: str) -> None:
    """Stop whoever is at the questions of a revision in a session that is not over."""
    for session_id in sessions.on_revision(clerk.tx, revision):
        if session := sessions.load(clerk.tx, session_id):
            keeping.happen(clerk.tx, session, e.RevisionRecalled(revision), clerk.now)


PAGES = (
    Page("flow-changes", rights.coordinator, _changes),
    Page("flow-history", rights.coordinator, _history),
    Page("flow-earlier", rights.coordinator, _earlier),
    Page("flow-recall", rights.coordinator, _asks_recall),
)
ACTS = (
    Act("flow-ask", rights.coordinator, _ask),
    Act("flow-publish", rights.coordinator, _publish),
    Act("flow-publish-slip", rights.coordinator, _publish_slip),
    Act("flow-discard", rights.coordinator, _discard),
    Act("flow-back", rights.coordinator, _go_back),
    Act("flow-recalled", rights.coordinator, _recall),
)
