"""Which flow, language and text a page is about, as the one number that a button carries.

The number also says which version of a text was seen, or how a preview has been answered so far.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.buttons import Unreadable
from bot.language import catalogues
from flows.definition import load_shipped
from flows.flow import Flow

_TEXTS, _LANGUAGES, _FLOWS = 1000, 100, 10
_VALUES: Final = ("", "yes", "no")


@dataclass(frozen=True, slots=True)
class Place:
    """A flow in a language; `text` counts its texts, or its steps, from 0."""

    flow: str
    locale: str
    text: int = 0
    more: int = 0
    """The version of a text that was seen, or a preview's answers."""

    @property
    def number(self) -> int:
        """The number that `of` reads; never 0."""
        flow, language = flows().index(self.flow), catalogues.languages().index(self.locale)
        inner = (self.more * _TEXTS + self.text) * _LANGUAGES + language
        return inner * _FLOWS + flow + 1


def of(number: int) -> Place:
    """Return the place; raise `Unreadable` for a number that is none."""
    inner, flow = divmod(number, _FLOWS)
    inner, language = divmod(inner, _LANGUAGES)
    more, text = divmod(inner, _TEXTS)
    if not 0 < flow <= len(flows()) or language >= len(catalogues.languages()):
        raise Unreadable
    return Place(flows()[flow - 1], catalogues.languages()[language], text, more)


def flows() -> tuple[str, ...]:
    """Return the ids of the flows, always in the same order."""
    return tuple(sorted(load_shipped()))


def packed(flow: Flow, answers: Mapping[str, str]) -> int:
    """Return answers as one number, three values an item."""
    found = 0
    for item in reversed(flow.items):
        value = answers.get(item.id, "")
        found = found * len(_VALUES) + (_VALUES.index(value) if value in _VALUES else 0)
    return found


def unpacked(flow: Flow, number: int) -> Mapping[str, str]:
    """Return the answers that `packed` made a number of."""
    found = {}
    for item in flow.items:
        number, value = divmod(number, len(_VALUES))
        if value:
            found[item.id] = _VALUES[value]
    return found
