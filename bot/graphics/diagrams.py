"""A flow's diagram in the words of a language: what `flows.diagram` draws, and its words."""

from collections.abc import Callable
from typing import Final

from bot.errors import LanguageUnusable
from bot.language.words import missing, words
from flows.diagram import mermaid
from flows.flow import Revision, Step

_SHORT: Final = 32
"""Characters of a message that name its step in a picture."""


def drawn(revision: Revision, noted: Callable[[str], str] | None = None) -> str:
    """Return a flow as Mermaid text; `LanguageUnusable` where the bot's own texts lack."""
    if missing(revision.locale):
        raise LanguageUnusable(language=revision.locale)
    box = words(revision.locale, "UTC").say("paper/questions")
    return mermaid(revision.flow, box=box, named=_beginning, noted=noted)


def _beginning(step: Step) -> str:
    """Return the first words of a message."""
    line = " ".join(step.text.split())
    if len(line) <= _SHORT:
        return line
    return line[: _SHORT - 1].rsplit(maxsplit=1)[0].rstrip(",.;:") + "\N{HORIZONTAL ELLIPSIS}"
