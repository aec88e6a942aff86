"""The technical orientation on staff's side: beginning it, seeing where it is, signing its end.

Only a prepared facilitator of a group of the participant signs, under the sentence that stands on
the page, and only what the page shows. Beginning anew ends at once what counted before.
"""

from collections.abc import Iterator
from typing import Final

from bot import buttons
from bot.buttons import Answer
from bot.home import home
from bot.home.orientation import PAGE, RINGS
from bot.office import rights
from bot.office.page import Act, Card, Clerk, Page, View
from bot.views.message import Button, Message, column
from flows import orientation
from flows.decide import RefusalCode
from flows.digest import SHOWN_LENGTH, orientation_digest
from flows.effects import ScreenKind
from flows.model import Meaning, Orientation, OrientationState, PersonId
from flows.orientation import Begun, Moved, Signed
from storage import orientations, outbox, pages, people, revisions, signed
from storage.outbox import Kind

DAY: Final = 86400
MEANING: Final = "office/orientation/meaning"
RUNG: Final = frozenset(RINGS.values())
"""What facilitators are told by a new message."""


def on_card(view: View) -> Card:
    """Return what a participant's card shows of the orientation."""
    found = orientations.find(view.tx, PersonId(view.about))
    line = view.text("office/orientation/line", state=_state(view, found))
    if not rights.of_participant(view.tx, view.viewer, view.about):
        return Card((line,))
    return Card((line,), (view.go("office/orientation/button/open", PAGE, view.about),))


def rung(view: View, key: str) -> Message | None:
    """Draw what a facilitator must notice, with the way to the person; nobody else is told."""
    if not rights.of_participant(view.tx, view.viewer, view.about):
        return None
    text = view.text(key, who=_label(view))
    return Message(text, column(view.go("office/orientation/button/open", PAGE, view.about)))


def _page(view: View) -> Message:
    found = orientations.find(view.tx, PersonId(view.about))
    lines = [view.text("office/orientation/title", who=_label(view)), _state(view, found)]
    rows: list[Button] = []
    if found:
        lines += ["", *_answers(view, found), *_told(view, found)]
    if found and orientation.signable(found, view.viewer.id):
        lines += ["", _sentence(view)]
        rows.append(_sign_button(view, found))
    elif found and found.state is OrientationState.READY:
        lines += ["", view.text("office/orientation/unsignable")]
    rows += _begin_buttons(view, found)
    rows.append(view.go("office/button/back", "participant", view.about))
    return Message("\n".join(lines), column(*rows))


def _state(view: View, found: Orientation | None) -> str:
    """Say where the orientation stands, first of all whether it counts at present."""
    until = orientations.counts_until(view.tx, PersonId(view.about))
    if found and found.state is not OrientationState.SIGNED:
        return _under_way(view, found)
    if until is None:
        return view.text("office/orientation/none")
    if until <= view.now:
        return view.text("office/orientation/ran-out", day=view.say.day(until))
    if found and found.sign_off:
        by, day = people.label_of(view.tx, found.sign_off.by), view.say.day(until)
        return view.text("office/orientation/signed", by=by, day=day)
    return view.text("office/orientation/counts", day=view.say.day(until))


def _under_way(view: View, found: Orientation) -> str:
    if found.recalled:
        return view.text("office/orientation/recalled")
    if found.state is OrientationState.READY:
        return view.text("office/orientation/complete")
    step = found.revision.flow.steps[found.step]
    titles = _titles(view, found)
    if step.rings and step.item and step.id.endswith("/help"):
        return view.text("office/orientation/asks-help", item=titles[step.item])
    return view.text("office/orientation/asking", day=view.say.day(found.began_at))


def _answers(view: View, found: Orientation) -> Iterator[str]:
    titles = _titles(view, found)
    sorted_out: dict[str, list[str]] = {"no": [], "open": [], "yes": []}
    for item in found.revision.flow.items:
        answer = found.answers.get(item.id)
        sorted_out[answer.value if answer else "open"].append(titles[item.id])
    for key, items in zip(
        ("office/orientation/is-no", "office/orientation/is-open", "office/orientation/is-yes"),
        sorted_out.values(),
        strict=True,
    ):
        if items:
            yield view.text(key, items=view.say.listing(items))


def _told(view: View, found: Orientation) -> Iterator[str]:
    """Say who entered answers that the participant gave by phone."""
    others = {answer.by for answer in found.answers.values()} - {found.person}
    if others:
        by = view.say.listing([people.label_of(view.tx, one) for one in sorted(others)])
        yield view.text("assisted/entered", by=by)


def _titles(view: View, found: Orientation) -> dict[str, str]:
    """Return the names of the items in the viewer's language, as far as it has them."""
    titles = {item.id: item.title for item in found.revision.flow.items}
    own = revisions.published(view.tx, orientations.FLOW, view.viewer.locale)
    known = {item.id: item.title for item in own.flow.items} if own else {}
    return titles | {item: title for item, title in known.items() if item in titles}


def _sentence(view: View) -> str:
    return view.text(MEANING, who=_label(view), n=view.setting.orientation_days)


def _sign_button(view: View, found: Orientation) -> Button:
    """Return the signature: a button bound to the digest of what this page shows."""
    meaning = view.say.meaning(MEANING)
    lasts = view.setting.orientation_days * DAY
    digest = orientation_digest(found, view.viewer.id, lasts, meaning)
    shown = digest[:SHOWN_LENGTH]
    return view.do("office/orientation/button/sign", "orientation-sign", view.about, shown)


def _begin_buttons(view: View, found: Orientation | None) -> Iterator[Button]:
    until = orientations.counts_until(view.tx, PersonId(view.about))
    if found is None and (until is None or until <= view.now):
        yield view.do("office/orientation/button/begin", "orientation-begin", view.about, 0)
        return
    yield view.go("office/orientation/button/anew", "orientation-anew", view.about)


def _asks_anew(view: View) -> Message:
    """Ask once before what was answered and signed counts no more."""
    found = orientations.find(view.tx, PersonId(view.about))
    now = found.number if found else 0
    anew = view.do("office/orientation/button/anew-now", "orientation-begin", view.about, now)
    back = view.go("office/button/back", PAGE, view.about)
    return Message(view.text("office/orientation/ask-anew", who=_label(view)), column(anew, back))


def _begin(clerk: Clerk, about: int, choice: str) -> Answer:
    """Begin somebody's orientation, or begin it anew, on what is published in their language."""
    kind, person = "orientation-begin", PersonId(about)
    after = buttons.number(choice)
    known = people.find(clerk.tx, person)
    revision = (
        revisions.published(clerk.tx, orientations.FLOW, known.locale)
        if known and known.enrolled
        else None
    )
    if revision is None:
        return _refused(clerk, kind, about, RefusalCode.NOT_NOW)
    found = orientations.find(clerk.tx, person)
    event = Begun(clerk.person.id, after, revision)
    if found:
        moved = orientation.decide(found, event, clerk.now)
    else:
        leading = orientations.facilitators_of(clerk.tx, person)
        moved = orientation.begin(person, event, leading, clerk.now)
    if moved.refusal or moved.state is None:
        return _refused(clerk, kind, about, moved.refusal or RefusalCode.STALE)
    orientations.keep(clerk.tx, found, moved.state, clerk.now)
    clerk.record(kind, person=person, detail=str(moved.state.number))
    clerk.show_home(person)
    _redraw_others(clerk, moved)
    return clerk.go(PAGE, about)


def _sign(clerk: Clerk, about: int, choice: str) -> Answer:
    """Take a signature under the sentence on the page; from now on the orientation counts."""
    kind, person = "orientation-sign", PersonId(about)
    found = orientations.find(clerk.tx, person)
    if found is None:
        return _refused(clerk, kind, about, RefusalCode.FORGED)
    event = Signed(
        clerk.person.id, choice, _meaning(clerk, person), clerk.setting.orientation_days * DAY
    )
    moved = orientation.decide(found, event, clerk.now)
    if moved.refusal or moved.state is None:
        return _refused(clerk, kind, about, moved.refusal or RefusalCode.STALE)
    orientations.keep(clerk.tx, found, moved.state, clerk.now)
    bound = signed.orientation(clerk.tx, person, found.number)
    clerk.record(kind, person=person, detail=str(found.number), bound=bound)
    _take_screen(clerk, person)
    _redraw_others(clerk, moved)
    return clerk.go(PAGE, about)


def _meaning(clerk: Clerk, person: PersonId) -> Meaning:
    view = View(clerk.tx, clerk.person, clerk.now, clerk.setting, person)
    return view.say.meaning(MEANING)


def _take_screen(clerk: Clerk, person: PersonId) -> None:
    """Take what was gone through off the participant's phone; what is next comes in its place."""
    known = people.find(clerk.tx, person)
    more = known is not None and home.draw(clerk.tx, known, clerk.now, clerk.setting) is not None
    kind = Kind.REDRAW if more else Kind.HIDE
    outbox.add(clerk.tx, person, kind, now=clerk.now, subject=ScreenKind.HOME)
    clerk.tell(person, "home/orientation/done")


def _refused(clerk: Clerk, kind: str, about: int, code: RefusalCode) -> Answer:
    """Refuse, on record, and turn to the page as it stands now."""
    pages.keep(clerk.tx, clerk.person.id, pages.Page(PAGE, about))
    return clerk.refuse(kind, code)


def _redraw_others(clerk: Clerk, moved: Moved) -> None:
    """Draw the same page anew for every facilitator who has it open."""
    if moved.state is None:
        return
    for facilitator in moved.state.facilitators:
        opened = pages.find(clerk.tx, facilitator)
        if opened and opened.name == PAGE and opened.about == moved.state.person:
            clerk.redraw(facilitator)


def _label(view: View) -> str:
    return people.label_of(view.tx, PersonId(view.about))


PAGES = (
    Page(PAGE, rights.of_participant, _page),
    Page("orientation-anew", rights.of_participant, _asks_anew),
)
ACTS = (
    Act("orientation-begin", rights.of_participant, _begin),
    Act("orientation-sign", rights.of_participant, _sign),
)
