"""The participant's home: the first concern that has something to ask draws the screen."""

from bot.buttons import Answer, Tap, Unreadable
from bot.home import orientation
from bot.home.question import Concern, Hands, Sight
from bot.setting import Setting
from bot.views.message import Message
from flows.effects import Param, ScreenKind
from flows.model import Instant, PersonId
from storage import outbox
from storage.outbox import Kind
from storage.people import Person
from storage.store import Tx

CONCERNS: tuple[Concern, ...] = (orientation.CONCERN,)
"""In the order in which they ask."""


def draw(tx: Tx, viewer: Person, now: Instant, setting: Setting) -> Message | None:
    """Draw what is next for somebody; None where nothing is."""
    sight = Sight(tx, viewer, now, setting)
    drawn = (concern.draw(sight) for concern in CONCERNS)
    return next((message for message in drawn if message), None)


def bring(tx: Tx, person: PersonId, now: Instant) -> None:
    """Show the screen at the end of the chat of somebody who looks at it."""
    quiet: dict[str, Param] = {"quiet": 1}
    outbox.add(tx, person, Kind.SHOW, now=now, subject=ScreenKind.HOME, params=quiet)


def tapped(tx: Tx, person: Person, now: Instant, setting: Setting, tap: Tap) -> Answer:
    """Do what a button of a concern says; each concern looks anew at whether it may."""
    name, act, choice = tap.args
    concern = next((one for one in CONCERNS if one.name == name), None)
    if concern is None:
        raise Unreadable
    return concern.do(Hands(tx, person, now, setting), act, choice)
