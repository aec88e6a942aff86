"""The participant's home: the first concern that has something to ask draws the screen."""

from collections.abc import Callable

from bot.buttons import Answer, Tap, Unreadable
from bot.home import appointments, arrival, going, orientation
from bot.home.question import Concern, Hands, Sight
from bot.setting import Setting
from bot.views.message import Message
from flows.effects import Param, ScreenKind
from flows.model import Instant, PersonId
from storage import outbox
from storage.outbox import Kind
from storage.people import Person
from storage.store import Tx

CONCERNS: tuple[Concern, ...] = (
    *(going.CONCERN, appointments.CONCERN),
    *(arrival.CONCERN, orientation.CONCERN),
)
"""In the order in which they ask."""
COMMANDS: dict[str, Callable[[Hands], None]] = {
    "appointments": appointments.show_all,
    "language": arrival.change_language,
    "withdraw": going.ask_withdraw,
    "leave": going.ask_leave,
    "privacy": arrival.explain_privacy,
}
"""What a participant can ask for at any time."""
FOR_INVITED = (arrival.CONCERN.name,)
"""The concerns of somebody who has not agreed to everything yet: nothing else is theirs."""


def draw(tx: Tx, viewer: Person, now: Instant, setting: Setting) -> Message | None:
    """Draw what is next for somebody; None where nothing is."""
    sight = Sight(tx, viewer, now, setting)
    drawn = (concern.draw(sight) for concern in CONCERNS if _is_theirs(viewer, concern))
    return next((message for message in drawn if message), None)


def bring(tx: Tx, person: PersonId, now: Instant) -> None:
    """Show the screen at the end of the chat of somebody who looks at it."""
    quiet: dict[str, Param] = {"quiet": 1}
    outbox.add(tx, person, Kind.SHOW, now=now, subject=ScreenKind.HOME, params=quiet)


def tapped(tx: Tx, person: Person, now: Instant, setting: Setting, tap: Tap) -> Answer:
    """Do what a button of a concern says; each concern looks anew at whether it may."""
    name, act, choice = tap.args
    concern = next((one for one in CONCERNS if one.name == name), None)
    if concern is None or not _is_theirs(person, concern):
        raise Unreadable
    return concern.do(Hands(tx, person, now, setting), act, choice)


def commanded(tx: Tx, person: Person, now: Instant, setting: Setting, name: str) -> None:
    """Do what one of the commands asks for."""
    COMMANDS[name](Hands(tx, person, now, setting))


def _is_theirs(person: Person, concern: Concern) -> bool:
    return person.enrolled or concern.name in FOR_INVITED
