"""`vestibule flows coverage`: how much of each flow, and of the bot's own texts, is translated.

It counts texts by their ids. With a configuration it reads the database too, beside the bot, and
says what is approved; it never writes. A text that can't be used counts as missing.
"""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from bot import config as settings
from bot.language import coverage
from bot.language.coverage import Coverage
from bot.practice import demo
from bot.terminal import flows_asked
from bot.terminal.flows_asked import Parts
from storage import reading

_SHIPPED: Final = "{:<10} {:<26} {:>10} {:>8} {:>6} {:>8}"
_KEPT: Final = "{:<10} {:<18} {:>10} {:>8} {:>8} {:>8} {:>6} {:>3}"
NO_DATABASE: Final = "Read without a database: nothing is said of what is approved."
"""Stands below a table that knows only what is shipped."""
Look = Callable[[str], tuple[Coverage, ...]]
"""Returns each part of a language, as far as it can be looked at."""


def add(parts: Parts) -> None:
    """Add the command to `vestibule flows`."""
    parser = parts.add_parser("coverage", help="say how much is translated, by language and flow")
    parser.add_argument("--missing", metavar="CODE", help="list the missing texts of this language")
    flows_asked.add_config(parser)
    parser.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> int:
    database = _database(chosen.config)
    with _looking(database) as look:
        if chosen.missing is not None:
            _say_missing(chosen.missing, look)
            return 0
        named = flows_asked.languages([], chosen.config)
        found = [part for language in named for part in look(language)]
    for line in of_database(found) if database else (*table(found), NO_DATABASE):
        demo.say_aloud(line)
    return 0


def _database(config: Path | None) -> Path | None:
    found = settings.load(config).storage.database if config else None
    return found if found and found.exists() else None


@contextmanager
def _looking(database: Path | None) -> Iterator[Look]:
    """Look at what is in use here where there is a database, else at what is shipped."""
    if database is None:
        yield coverage.shipped
        return
    with reading.opened(database) as opened:
        yield partial(coverage.kept, opened)


def _say_missing(code: str, look: Look) -> None:
    (language,) = flows_asked.languages([code])
    for part in look(language):
        for key in part.ids("missing"):
            demo.say_aloud(key)


def table(parts: list[Coverage]) -> Iterator[str]:
    """Yield the lines of a table, at most 80 characters each."""
    yield _SHIPPED.format("language", "flow", "translated", "missing", "total", "per cent")
    for part in parts:
        counts = (part.translated, part.count("missing"), len(part.texts), part.per_cent)
        yield _SHIPPED.format(part.language, part.part, *counts)


def of_database(parts: list[Coverage]) -> Iterator[str]:
    """Yield the lines of a table with what is approved, at most 80 characters each."""
    heads = ("translated", "approved", "changed", "missing", "total", "%")
    yield _KEPT.format("language", "flow", *heads)
    for part in parts:
        counts = (part.count(state) for state in ("approved", "changed", "missing"))
        told = (part.translated, *counts, len(part.texts), part.per_cent)
        yield _KEPT.format(part.language, part.part, *told)
