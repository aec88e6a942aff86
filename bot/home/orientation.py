"""The technical orientation on the participant's own screen: one thing at a time, in their words.

Answers are never read back, and nobody is told here that anything counts or does not.
"""

from bot.buttons import Answer, Unreadable, number
from bot.home.question import Concern, Hands, Sight, button
from bot.views import step as step_view
from bot.views.message import Message
from flows import orientation
from flows.decide import RefusalCode
from flows.effects import ScreenKind
from flows.model import Orientation, OrientationState, PersonId
from flows.orientation import Answered, Ring
from storage import orientations, outbox, pages
from storage.outbox import Kind
from storage.store import Tx

NAME = "orientation"
PAGE = "orientation"
"""The page in the office that shows the same run to facilitators."""
RINGS = {
    Ring.HELP: "office/orientation/help",
    Ring.NO: "office/orientation/no",
    Ring.READY: "office/orientation/ready",
}


def _draw(sight: Sight) -> Message | None:
    """Draw the step that somebody has come to, while there is a facilitator to turn to."""
    found = asked(sight.tx, sight.viewer.id)
    if found is None:
        return None
    step = found.revision.flow.steps[found.step]
    # By its place among the steps: an id could be too long for a button together with an option's.
    place = list(found.revision.flow.steps).index(found.step)
    options = (
        button(option.text, NAME, f"{found.number}-{place}", option.id) for option in step.options
    )
    flow = found.revision.flow
    return step_view.message(flow, step, step_view.rows(flow, step, options))


def asked(tx: Tx, person: PersonId) -> Orientation | None:
    """Return the orientation that somebody is asked through at present, if any."""
    found = orientations.find(tx, person)
    return found if found and _is_open(found) else None


def _is_open(found: Orientation) -> bool:
    signed = found.state is OrientationState.SIGNED
    return not signed and not found.recalled and bool(found.facilitators)


def _do(hands: Hands, act: str, choice: str) -> Answer:
    """Take an option of the step that stands on the screen."""
    run, _, place = act.partition("-")
    found = orientations.find(hands.tx, hands.person.id)
    if found is None:
        return hands.refuse("orientation-answered", RefusalCode.FORGED)
    steps = list(found.revision.flow.steps)
    if number(place) >= len(steps):
        raise Unreadable
    event = Answered(hands.person.id, number(run), steps[number(place)], choice)
    moved = orientation.decide(found, event, hands.now)
    if moved.refusal or moved.state is None:
        return hands.refuse("orientation-answered", moved.refusal or RefusalCode.STALE)
    orientations.keep(hands.tx, found, moved.state, hands.now)
    hands.record("orientation-answered")
    hands.redraw()
    _tell(hands, moved.state, moved.ring)
    return Answer()


def _tell(hands: Hands, found: Orientation, ring: Ring | None) -> None:
    """Ring the facilitators where there is something for them; redraw the page if it is open."""
    me = hands.person.id
    for facilitator in found.facilitators:
        if ring:
            hands.tell(facilitator, RINGS[ring], me)
        if _is_looking(hands, facilitator):
            kind, screen = Kind.REDRAW, ScreenKind.OFFICE
            outbox.add(hands.tx, facilitator, kind, now=hands.now, subject=screen)


def _is_looking(hands: Hands, facilitator: PersonId) -> bool:
    """Say whether a facilitator has this participant's orientation open."""
    opened = pages.find(hands.tx, facilitator)
    return opened is not None and (opened.name, opened.about) == (PAGE, hands.person.id)


CONCERN = Concern(NAME, _draw, _do)
