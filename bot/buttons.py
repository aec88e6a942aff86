"""What a button carries: a verb and what it was drawn for, in at most 64 bytes; and its answer.

What comes back is a claim of whoever tapped and may be forged: it is matched on the server.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flows.model import Destination, PersonId, SessionId, StopReason

LIMIT = 64
"""Bytes of callback data that Telegram takes."""
_DIGITS = 18
"""Of a number; one more and SQLite could not hold it."""


@dataclass(frozen=True, slots=True)
class Tap:
    """A tapped button: the verb and its arguments, nothing checked yet."""

    verb: str
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tap is answered with on the phone: a text key, or nothing; it stands in no chat."""

    key: str = ""
    alert: bool = False
    params: Mapping[str, str] = field(default_factory=dict, repr=False)


class Unreadable(ValueError):
    """This is not the data of any button of ours."""


def encode(verb: str, *args: object) -> str:
    """Return the data of a button; raise ValueError where it would be too long."""
    data = ":".join((verb, *(str(arg) for arg in args)))
    if len(data.encode()) > LIMIT:
        raise ValueError(f"The data of a {verb} button is over {LIMIT} bytes.")
    return data


def decode(data: str) -> Tap:
    """Return the tap; raise `Unreadable` for anything that `encode` can't have made."""
    verb, *args = data.split(":")
    # JSON can carry half a character, which no encoding takes.
    if len(data.encode(errors="replace")) > LIMIT or len(args) != VERBS.get(verb):
        raise Unreadable
    return Tap(verb, tuple(args))


VERBS = {
    "answer": 4,  # session, epoch, step, option
    "join": 2,  # session, epoch
    "alone": 3,  # session, epoch, yes or no
    "halt": 2,  # session, reason
    "lost": 2,  # session, epoch
    "here": 2,  # session, epoch
    "left": 2,  # session, epoch
    "cant": 2,  # session, schedule
    "can": 2,  # session, schedule
    "board": 1,  # session
    "start": 2,  # session, number of the latest opening
    "link-for": 1,  # session
    "stop": 1,  # session
    "close": 1,  # session
    "open": 2,  # session, digest
    "why": 2,  # session, person or 0
    "claim": 2,  # session, person
    "leave": 2,  # session, person
    "call-in": 3,  # session, person, epoch
    "go-on": 3,  # session, epoch, step
    "cards": 0,
    "ending": 1,  # session
    "seen": 5,  # session, person, epoch, item, 1 or 0
    "where": 3,  # session, person, 1 or 0
    "sign": 5,  # session, person, epoch, admit or a destination, digest
    "back": 3,  # session, person, epoch
    "enter": 3,  # session, person, 1 or 0
    "told": 5,  # session, person, epoch, step, option
    "let-in": 3,  # session, person, epoch
    "still": 4,  # session, person, epoch, yes or no
    "absent": 3,  # session, person, epoch
    "again": 3,  # session, person, epoch
    "out": 2,  # session, person
    "card": 1,  # card
    "debrief": 3,  # session, question, yes or no
    "key": 2,  # pad, digit
    "pad-back": 1,  # pad
    "pad-leave": 1,  # pad
    "factor-key": 0,
    "factor-lost": 1,  # when it was set up
    "reset-factor": 2,  # when it was locked, person
    "reset-factor-now": 2,  # the same
    "go": 2,  # page, what it is about or 0
    "home": 3,  # concern, act, choice
    "do": 3,  # act, what it is about or 0, which of its choices
}
"""How many arguments each verb has."""


def number(text: str) -> int:
    """Return a number that a button carries; raise `Unreadable` for anything else."""
    if not text.isascii() or not text.isdigit() or len(text) > _DIGITS:
        raise Unreadable
    return int(text)


def session(tap: Tap) -> SessionId:
    """Return the session that a button was drawn for."""
    return SessionId(number(tap.args[0]))


def person(tap: Tap) -> PersonId:
    """Return the person that a button was drawn for."""
    return PersonId(number(tap.args[1]))


def reason(text: str) -> StopReason:
    """Return the reason that a participant's stop button carries."""
    try:
        return StopReason(text)
    except ValueError:
        raise Unreadable from None


def destination(text: str) -> Destination | None:
    """Return where a signature turns somebody to; None for *admit*."""
    if text == "admit":
        return None
    try:
        return Destination(text)
    except ValueError:
        raise Unreadable from None


def choice(text: str, yes: str, no: str) -> bool:
    """Return which of two words a button carries."""
    if text not in (yes, no):
        raise Unreadable
    return text == yes
