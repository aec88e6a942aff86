"""`vestibule flows coverage`: how much of each flow, and of the bot's own texts, is translated.

It counts texts by their ids and reads no database. A text that can't be used counts as missing.
"""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from bot import catalogues, flows_asked, words
from bot.catalogues import CatalogueError
from bot.errors import CatalogueBroken
from bot.flows_asked import Parts
from bot.practice import demo
from flows.definition import load_shipped

State = Literal["translated", "missing"]
"""How far a text has come in a language; what is approved, and changed since, is to follow."""
OWN: Final = "(the bot's own)"
"""Names what is no flow; no id of a flow has brackets."""
_LINE: Final = "{:<10} {:<26} {:>10} {:>8} {:>6} {:>8}"


@dataclass(frozen=True, slots=True)
class Coverage:
    """One flow, or the bot's own texts, in one language: how each text stands, by its id."""

    language: str
    part: str
    texts: Mapping[str, State]

    def ids(self, state: State) -> tuple[str, ...]:
        """Return the ids of the texts that stand so."""
        return tuple(key for key, found in self.texts.items() if found == state)

    @property
    def per_cent(self) -> int:
        """Whole per cents, rounded down: only what is complete is 100."""
        return 100 * len(self.ids("translated")) // len(self.texts)


def add(parts: Parts) -> None:
    """Add the command to `vestibule flows`."""
    parser = parts.add_parser("coverage", help="say how much is translated, by language and flow")
    parser.add_argument("--missing", metavar="CODE", help="list the missing texts of this language")
    flows_asked.add_config(parser)
    parser.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> int:
    if chosen.missing is not None:
        (language,) = flows_asked.languages([chosen.missing])
        for part in of(language):
            for key in part.ids("missing"):
                demo.say_aloud(key)
        return 0
    named = flows_asked.languages([], chosen.config)
    for line in table([part for language in named for part in of(language)]):
        demo.say_aloud(line)
    return 0


def of(language: str) -> tuple[Coverage, ...]:
    """Return each flow and the bot's own texts in a language; `UserError` where it is broken."""
    try:
        catalogue = catalogues.load(language)
    except CatalogueError as error:
        raise CatalogueBroken(language=language, reason=error) from None
    flows = (
        Coverage(language, flow.id, {key: _state(catalogue.text(key, source.text))
                                     for key, source in flow.texts().items()})
        for flow in load_shipped().values()
    )  # fmt: skip
    lacking = set(words.missing(language))
    own: dict[str, State] = {
        key: "missing" if key in lacking else "translated" for key in words.source_texts()
    }
    return *flows, Coverage(language, OWN, own)


def _state(text: str | None) -> State:
    return "missing" if text is None else "translated"


def table(parts: list[Coverage]) -> Iterator[str]:
    """Yield the lines of a table, at most 80 characters each."""
    yield _LINE.format("language", "flow", "translated", "missing", "total", "per cent")
    for part in parts:
        done, missing = len(part.ids("translated")), len(part.ids("missing"))
        yield _LINE.format(
            *(part.language, part.part, done, missing, len(part.texts), part.per_cent)
        )
