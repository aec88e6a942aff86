"""A message as it is drawn: text and rows of buttons."""

import hashlib
import json
from dataclasses import dataclass, field

from bot import buttons

Row = tuple["Button", ...]


@dataclass(frozen=True, slots=True)
class Button:
    """A button: a tap that comes back to the bot, or a link that opens."""

    text: str
    data: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A file to read, print or keep; it can be saved, so a participant's holds only times."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Diagram:
    """A file still to be drawn from a Mermaid text; where it can't be, `otherwise` is said."""

    name: str
    mermaid: str
    otherwise: str


@dataclass(frozen=True, slots=True)
class Message:
    """A text and its rows of buttons, in one language; or a file or a PNG, its text below it."""

    text: str
    rows: tuple[Row, ...] = ()
    document: Document | None = None
    diagram: Diagram | None = None
    picture: bytes = field(default=b"", repr=False)
    shows: str = ""
    """The digest of a kept picture that stands above the text; it is read when it is sent."""
    handed_on: bool = False
    """Whether it is made to be handed on; what is personal never is."""

    @property
    def digest(self) -> str:
        """What tells two drawings apart; of link and picture only a hash is kept."""
        parts = [self.text, *((b.text, b.data, b.url) for row in self.rows for b in row)]
        layout = [len(row) for row in self.rows]
        seen = json.dumps([parts, layout]).encode()
        return hashlib.sha256(seen + self.shows.encode() + self.picture).hexdigest()


def tap(text: str, verb: str, *args: object) -> Button:
    """Return a button that carries a verb and what it was drawn for."""
    return Button(text, buttons.encode(verb, *args))


def column(*row: Button) -> tuple[Row, ...]:
    """Return the buttons one below the other."""
    return tuple((button,) for button in row)


SHORT = 16
"""Characters that a label may have to share a row on a small phone."""


def pairs(*row: Button) -> tuple[Row, ...]:
    """Return the buttons two in a row, a long one in a row of its own."""
    rows: list[Row] = []
    for button in row:
        shares = rows and len(rows[-1]) == 1 and _short(rows[-1][0]) and _short(button)
        if shares:
            rows[-1] = (*rows[-1], button)
        else:
            rows.append((button,))
    return tuple(rows)


def _short(button: Button) -> bool:
    return len(button.text) <= SHORT
