"""What shall be done: frozen values that `decide` returns and the bot carries out after the commit.

A text is named by its key, a person by their number; who renders it looks the words up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from flows.model import Instant, PersonId


@dataclass(frozen=True, slots=True)
class LabelOf:
    """A parameter: somebody's label as staff see it."""

    person: PersonId


@dataclass(frozen=True, slots=True)
class TimeOf:
    """A parameter: a time of day in the reader's zone and locale."""

    at: Instant


@dataclass(frozen=True, slots=True)
class ItemTitle:
    """A parameter: a mandatory item's title in the reader's language."""

    item: str


Param = str | int | LabelOf | TimeOf | ItemTitle


class ScreenKind(StrEnum):
    """A message that lives: drawn once, then edited in place."""

    BOARD = "board"
    DESK = "desk"
    PLACE = "place"
    """The participant's one screen: the question, the wait, the door, the way in, the end."""
    PAD = "pad"
    """Where a code is entered. It belongs to a person, not to a session."""
    OFFICE = "office"
    """Where staff see to people and groups, page by page. It belongs to a person too."""
    HOME = "home"
    """A participant's own: the arrival, agreements, the orientation. It belongs to a person too."""
    INVITATION = "invitation"
    """A way in for somebody who is invited, on the phone of whoever invites. The same."""
    MENU = "menu"
    """The commands that Telegram offers a member of staff: no message, but drawn like one."""
    PICTURE = "picture"
    """The secret of an authenticator as a QR code, shown once. It belongs to a person too."""


@dataclass(frozen=True, slots=True)
class Say:
    """Send a new message, which rings; `person` names whom staff are told about."""

    to: PersonId
    text: str
    params: Mapping[str, Param] = field(default_factory=dict)
    about: PersonId | None = None


@dataclass(frozen=True, slots=True)
class Show:
    """Draw a screen as a new message at the end of the chat, and take the old one away."""

    to: PersonId
    screen: ScreenKind


@dataclass(frozen=True, slots=True)
class Bring:
    """Draw a screen where the thumb is: in place if it ends the chat, else anew, without a ring."""

    to: PersonId
    screen: ScreenKind


@dataclass(frozen=True, slots=True)
class Hide:
    """Take a screen off the phone."""

    to: PersonId
    screen: ScreenKind


@dataclass(frozen=True, slots=True)
class Redraw:
    """Edit a screen in place; nobody's phone rings."""

    to: PersonId
    screen: ScreenKind


@dataclass(frozen=True, slots=True)
class MintCredential:
    """Let one person in. Only `decide` may ask for this, and only where the gate has no holds.

    The way in appears on the person's place and disappears from it with the credential. Where it
    is `handed_to` a facilitator, it appears on their desk instead.
    """

    person: PersonId
    epoch: int
    number: int
    expires_at: Instant
    handed_to: PersonId | None = None


@dataclass(frozen=True, slots=True)
class DestroyLink:
    """Destroy the session's key, and with it the pasted link."""


class TimerKind(StrEnum):
    """What a timer is for. None of them opens or signs anything."""

    STEP = "step"
    CREDENTIAL = "credential"
    CALL = "call"
    CHECKS = "checks"
    """The checks begin by themselves."""
    OVERDUE = "overdue"
    """The checks should have begun."""
    WINDOW = "window"
    CHECK_OUT = "check_out"
    DEBRIEF = "debrief"
    SESSION_END = "session_end"


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Wake up at an instant; `stamp` says which epoch, step or schedule it was made for.

    Replaces the timer of the same kind and person.
    """

    kind: TimerKind
    at: Instant
    stamp: str
    person: PersonId | None = None


Effect = Say | Show | Bring | Hide | Redraw | MintCredential | DestroyLink | SetTimer
