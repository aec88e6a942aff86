"""Somebody without a smartphone: what is read out to them, and what they answer, by phone.

Agreements are accepted one by one, each on record with the edition that was read; after the last
one somebody is enrolled without a chat, and nothing is ever sent to them. The orientation's answers
say who entered them. Nothing here signs anything.
"""

from typing import Final

from bot import buttons
from bot.buttons import Answer
from bot.office import rights
from bot.office.page import Act, Card, Clerk, Page, View
from bot.views.message import Button, Message, column, pairs, tap
from flows import orientation
from flows.decide import RefusalCode
from flows.flow import Flow, Option, Revision
from flows.model import Agreement, Orientation, OrientationState, PersonId
from flows.orientation import Answered
from storage import arrivals, orientations, pages, people, revisions
from storage.people import Person
from storage.store import Tx

AGREEMENTS: Final = "agreements"
AGREE_PAGE: Final = "by-phone"
ORIENTATION_PAGE: Final = "orientation-told"
_SHOWN: Final = 8
"""Characters of a revision's id that a button carries."""


def on_card(view: View) -> Card:
    """Return what a participant's card shows of what is done by phone."""
    person = PersonId(view.about)
    known = people.find(view.tx, person)
    if known is None:
        return Card()
    found = []
    if _missing(view.tx, known):
        found.append(view.go("office/by-phone/button/agreements", AGREE_PAGE, person))
    if _open(view.tx, person):
        found.append(view.go("office/by-phone/button/orientation", ORIENTATION_PAGE, person))
    chatless = known.enrolled and people.chat_of(view.tx, person) is None
    lines = (view.text("office/by-phone/no-chat"),) if chatless else ()
    return Card(lines, tuple(found))


def _missing(tx: Tx, known: Person) -> Agreement | None:
    """Return the next agreement to be read out to somebody who has no chat, or None."""
    if known.staff or not (known.invited or known.enrolled):
        return None
    return None if people.chat_of(tx, known.id) else arrivals.missing(tx, known.id)


# Agreements


def _reads_out(view: View) -> Message | None:
    """Draw the next text in the participant's own language; without one, nothing."""
    person = PersonId(view.about)
    known = people.find(view.tx, person)
    kind = _missing(view.tx, known) if known else None
    revision = revisions.published(view.tx, AGREEMENTS, known.locale) if known else None
    if kind is None or revision is None:
        return None
    back = view.go("office/button/back", "participant", person)
    text = revision.flow.steps[kind.replace("_", "-")].text
    head = view.text("office/by-phone/read-out", who=people.label_of(view.tx, person))
    drawn_for = _drawn_for(view.tx, kind, revision)
    agreed = view.do("office/by-phone/button/agreed", "by-phone-agreed", person, drawn_for)
    return Message(f"{head}\n\n{text}", column(agreed, back))


def _drawn_for(tx: Tx, kind: Agreement, revision: Revision) -> str:
    """Return what tells the text on a button from any other: which one, version and edition."""
    place = list(Agreement).index(kind)
    return f"{place}-{arrivals.version_of(tx, kind)}-{revision.id[:_SHOWN]}"


def _agree(clerk: Clerk, about: int, choice: str) -> Answer:
    """Take that the very text on the page was read out and accepted; enrol after the last one."""
    person = PersonId(about)
    known = people.find(clerk.tx, person)
    kind = _missing(clerk.tx, known) if known else None
    revision = revisions.published(clerk.tx, AGREEMENTS, known.locale) if known else None
    if known is None or kind is None or revision is None:
        return clerk.refuse("by-phone-agreed", RefusalCode.STALE)
    if choice != _drawn_for(clerk.tx, kind, revision):
        return clerk.refuse("by-phone-agreed", RefusalCode.STALE)
    people.begin_agreements(clerk.tx)
    people.settle_agreement(clerk.tx, person, kind, known.locale, clerk.now, revision.id)
    clerk.record("by-phone-agreed", person=person, detail=kind.replace("_", "-"))
    if arrivals.missing(clerk.tx, person) is not None:
        return clerk.go(AGREE_PAGE, person)
    if known.invited:
        people.end_invitation(clerk.tx, person, clerk.now)
        people.enrol(clerk.tx, person)
        clerk.record("enrolled", person=person, detail="without-chat")
    return clerk.go("participant", person)


# The orientation


def _open(tx: Tx, person: PersonId) -> Orientation | None:
    """Return an orientation whose questions can be answered now, or None."""
    found = orientations.find(tx, person)
    if found is None or found.recalled or found.state is OrientationState.SIGNED:
        return None
    return found


def _asks(view: View) -> Message | None:
    """Draw the step that the run is at, with its answers but for *help*: staff are there."""
    person = PersonId(view.about)
    found = _open(view.tx, person)
    if found is None:
        return None
    own = revisions.published(view.tx, orientations.FLOW, view.viewer.locale)
    flow = found.revision.flow
    spoken = own.flow if own and _does(own.flow, found.step) == _does(flow, found.step) else flow
    step = spoken.steps[found.step]
    options = (
        _option(view, found, option) for option in step.options if not _calls_for_help(flow, option)
    )
    back = view.go("office/button/back", "participant", person)
    head = view.text("office/by-phone/head", who=people.label_of(view.tx, person))
    return Message(f"{head}\n\n{step.text}", (*pairs(*options), *column(back)))


def _does(flow: Flow, step_id: str) -> list[tuple[str, str, str, str]] | None:
    """Return what the options of a step do, without their words; None where it is not there."""
    step = flow.steps.get(step_id)
    return [(one.id, one.to, one.marks, one.value) for one in step.options] if step else None


def _option(view: View, found: Orientation, option: Option) -> Button:
    """Return an answer: the run, the step and the option by their places, so that it fits."""
    steps = found.revision.flow.steps
    place = list(steps).index(found.step)
    number = [one.id for one in steps[found.step].options].index(option.id)
    choice = f"{found.number}-{place}-{number}"
    return tap(option.text, "do", "orientation-told", view.about, choice)


def _calls_for_help(flow: Flow, option: Option) -> bool:
    landing = flow.steps.get(option.to)
    return option.value not in ("yes", "no") and landing is not None and landing.rings


def _tell(clerk: Clerk, about: int, choice: str) -> Answer:
    """Enter what was answered to the very step that the button was drawn for."""
    person = PersonId(about)
    found = orientations.find(clerk.tx, person)
    places = [buttons.number(one) for one in choice.split("-")]
    if found is None or len(places) != 3:
        return clerk.refuse("orientation-told", RefusalCode.FORGED)
    run, place, number = places
    steps = list(found.revision.flow.steps.values())
    options = steps[place].options if place < len(steps) else ()
    if number >= len(options):
        return clerk.refuse("orientation-told", RefusalCode.FORGED)
    event = Answered(clerk.person.id, run, steps[place].id, options[number].id)
    moved = orientation.decide(found, event, clerk.now)
    if moved.refusal or moved.state is None:
        return clerk.refuse("orientation-told", moved.refusal or RefusalCode.STALE)
    orientations.keep(clerk.tx, found, moved.state, clerk.now)
    clerk.record("orientation-told", person=person, detail=str(run))
    _redraw_others(clerk, person)
    if moved.state.state is OrientationState.READY:
        return clerk.go("orientation", person)
    return clerk.go(ORIENTATION_PAGE, person)


def _redraw_others(clerk: Clerk, person: PersonId) -> None:
    """Have the participant's own screen go along, and the pages of colleagues who look at it."""
    clerk.redraw_home(person)
    for facilitator in orientations.facilitators_of(clerk.tx, person):
        opened = pages.find(clerk.tx, facilitator)
        if facilitator != clerk.person.id and opened and opened.about == person:
            clerk.redraw(facilitator)


PAGES = (
    Page(AGREE_PAGE, rights.of_participant, _reads_out),
    Page(ORIENTATION_PAGE, rights.of_participant, _asks),
)
ACTS = (
    Act("by-phone-agreed", rights.of_participant, _agree),
    Act("orientation-told", rights.of_participant, _tell),
)
