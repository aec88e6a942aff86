"""What a page and an act are, and what they are handed: whose eyes, whose hands, about what.

A page shows and changes nothing. An act looks anew at what it is about: a button may be old or
forged, and its right alone does not say that it still makes sense.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bot.buttons import Answer
from bot.intake import FileSent
from bot.language.words import Words, words
from bot.office.rights import Right
from bot.recording import Recorder
from bot.setting import Setting
from bot.views.message import Button, Message, tap
from flows.decide import RefusalCode
from flows.effects import ScreenKind
from flows.model import Instant, PersonId
from storage import outbox, pages, people
from storage.outbox import Kind
from storage.people import Person
from storage.store import Tx

NOTHING = 0
"""What a page or an act is about that is about nothing in particular."""


@dataclass(frozen=True, slots=True)
class View:
    """What a page is drawn from: one member of staff, one moment, one thing."""

    tx: Tx
    viewer: Person
    now: Instant
    setting: Setting
    about: int

    @property
    def say(self) -> Words:
        """The viewer's words."""
        return words(self.viewer.locale, self.viewer.zone)

    def text(self, key: str, **params: object) -> str:
        """Return a text in the viewer's language."""
        return self.say.say(key, **params)

    def go(self, key: str, page: str, about: int = NOTHING, **params: object) -> Button:
        """Return a button that leads to another page."""
        return tap(self.text(key, **params), "go", page, about)

    def do(
        self, key: str, act: str, about: int = NOTHING, choice: object = "-", **params: object
    ) -> Button:
        """Return a button that does something."""
        return tap(self.text(key, **params), "do", act, about, choice)


@dataclass(frozen=True, slots=True)
class Clerk(Recorder):
    """The hands of one member of staff in one transaction."""

    setting: Setting

    def go(self, page: str, about: int = NOTHING, notice: str = "") -> Answer:
        """Turn to a page; `notice` is the key of a text that stands above it once."""
        pages.keep(self.tx, self.person.id, pages.Page(page, about, notice))
        self.redraw(self.person.id)
        return Answer()

    def redraw(self, person: PersonId) -> None:
        """Draw the office of somebody anew where it stands."""
        outbox.add(self.tx, person, Kind.REDRAW, now=self.now, subject=ScreenKind.OFFICE)

    def show(self) -> None:
        """Draw the open page anew at the end of the chat, without a sound."""
        quiet = {"quiet": 1}
        outbox.add(
            *(self.tx, self.person.id, Kind.SHOW),
            now=self.now,
            subject=ScreenKind.OFFICE,
            params=quiet,
        )

    def menu(self, person: PersonId) -> None:
        """Have the commands that Telegram offers somebody follow what they may do."""
        outbox.add(self.tx, person, Kind.REDRAW, now=self.now, subject=ScreenKind.MENU)

    def show_home(self, person: PersonId) -> None:
        """Show a participant what is next for them."""
        outbox.add(self.tx, person, Kind.SHOW, now=self.now, subject=ScreenKind.HOME)

    def redraw_home(self, person: PersonId) -> None:
        """Draw what a participant is asked now where it stands."""
        outbox.add(self.tx, person, Kind.REDRAW, now=self.now, subject=ScreenKind.HOME)

    def tell(self, to: PersonId, key: str, about: PersonId | None = None) -> None:
        """Say something to somebody, once."""
        outbox.add_once(self.tx, to, now=self.now, subject=key, about=about)

    def refuse(self, kind: str, code: RefusalCode) -> Answer:
        """Refuse, on record, and draw the page as it stands."""
        answer = self.refused(kind, code)
        self.redraw(self.person.id)
        return answer

    def label(self, person: int) -> str:
        """Return somebody's label."""
        return people.label_of(self.tx, PersonId(person))


Draw = Callable[[View], Message | None]
"""A page about something that is not there any more draws nothing."""
Do = Callable[[Clerk, int, str], Answer]
"""What a tap does: whose hands, what it is about, which choice."""
TakeFile = Callable[[Clerk, int, FileSent], bool]
"""Has a file fetched; False where it was refused at once, which the page says."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page. One that asks for a line, a whole text or a file says what becomes of it."""

    name: str
    right: Right
    draw: Draw
    take: Do | None = None
    takes_texts: bool = False
    take_file: TakeFile | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a button of a page does; its name is its row's kind in the record."""

    name: str
    right: Right
    do: Do


@dataclass(frozen=True, slots=True)
class Card:
    """What one concern shows on a participant's card: lines, and the buttons that lead on."""

    lines: tuple[str, ...] = ()
    buttons: tuple[Button, ...] = ()
