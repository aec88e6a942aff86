"""What a concern of a participant's home is handed: whose eyes, whose hands.

It asks one question a message, reads no answer back, and never says why somebody is held.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bot.buttons import Answer
from bot.language.words import Words, words
from bot.recording import Recorder
from bot.setting import Setting
from bot.views.message import Button, Message, tap
from flows.decide import RefusalCode
from flows.effects import ScreenKind
from flows.model import Instant, PersonId
from storage import outbox
from storage.outbox import Kind
from storage.people import Person
from storage.store import Tx


@dataclass(frozen=True, slots=True)
class Sight:
    """What the screen is drawn from: one participant at one moment."""

    tx: Tx
    viewer: Person
    now: Instant
    setting: Setting

    @property
    def say(self) -> Words:
        """The viewer's words."""
        return words(self.viewer.locale, self.viewer.zone)


@dataclass(frozen=True, slots=True)
class Hands(Recorder):
    """A participant who taps, in one transaction."""

    setting: Setting

    @property
    def sight(self) -> Sight:
        """What they see at this moment."""
        return Sight(self.tx, self.person, self.now, self.setting)

    def show(self, *, quiet: bool = True) -> None:
        """Show what is next, at the end of the chat."""
        outbox.add(
            self.tx,
            self.person.id,
            Kind.SHOW,
            now=self.now,
            subject=ScreenKind.HOME,
            params={"quiet": 1} if quiet else {},
        )

    def redraw(self) -> None:
        """Draw what is next where the screen stands."""
        outbox.add(self.tx, self.person.id, Kind.REDRAW, now=self.now, subject=ScreenKind.HOME)

    def tell(self, to: PersonId, key: str, about: PersonId | None = None) -> None:
        """Say something to somebody, once."""
        outbox.add_once(self.tx, to, now=self.now, subject=key, about=about)

    def refuse(self, kind: str, code: RefusalCode) -> Answer:
        """Refuse, on record, and draw the screen as it stands."""
        answer = self.refused(kind, code)
        self.redraw()
        return answer


def button(text: str, concern: str, act: object, choice: object = "-") -> Button:
    """Return a button of a concern: what it does, and its choice."""
    return tap(text, "home", concern, act, choice)


@dataclass(frozen=True, slots=True)
class Concern:
    """One concern: what it asks now, if anything, and what a tap on it does."""

    name: str
    draw: Callable[[Sight], Message | None]
    do: Callable[[Hands, str, str], Answer]
