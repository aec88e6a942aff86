"""Which flows and languages a command of `vestibule flows` is about, and the files that it writes.

No database, no network. A file that is there is never written over unless that is asked for.
"""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from bot import config as settings
from bot.errors import (
    CatalogueBroken,
    FileThere,
    FlowUnknown,
    LanguageUnknown,
    LanguageUnusable,
    NotWritten,
)
from bot.language import catalogues
from bot.language.catalogues import CatalogueError
from bot.language.shipped import LanguageIncomplete, shipped_revision
from bot.toml_file import did_you_mean
from flows.definition import load_shipped
from flows.flow import Revision


class Parts(Protocol):
    """What the parts of `vestibule flows` are added to; argparse gives its own no public name."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser:  # noqa: A002 -- argparse's
        """Return the parser of a new part."""


def add_flow(parser: argparse.ArgumentParser) -> None:
    """Let somebody name flows; without a name it is about every flow."""
    parser.add_argument(
        "--flow", action="append", default=[], metavar="ID", help="this flow alone; more than once"
    )


def add_language(parser: argparse.ArgumentParser) -> None:
    """Let somebody name languages; without a name it is about those that there are."""
    parser.add_argument(
        *("--language",),
        action="append",
        default=[],
        metavar="CODE",
        help="this language alone; more than once",
    )


def add_config(parser: argparse.ArgumentParser) -> None:
    """Let somebody name the settings, whose programme.languages it is then about."""
    parser.add_argument(
        "--config", type=Path, help="settings (TOML): the programme's languages, not all of them"
    )


def flow_ids(named: Sequence[str]) -> tuple[str, ...]:
    """Return the ids of the named flows, or of all; `FlowUnknown` where there is no such flow."""
    known = tuple(load_shipped())
    for flow in named:
        if flow not in known:
            hint = did_you_mean(flow, known)
            raise FlowUnknown(flow=flow, hint=hint, known=", ".join(known))
    return tuple(dict.fromkeys(named)) or known


def languages(named: Sequence[str], config: Path | None = None) -> tuple[str, ...]:
    """Return the named languages, or the programme's, or all; `LanguageUnknown` for another."""
    known = catalogues.languages()
    for language in named:
        if language not in known:
            hint = did_you_mean(language, known)
            raise LanguageUnknown(language=language, hint=hint, known=", ".join(known))
    if named:
        return tuple(dict.fromkeys(named))
    return settings.load(config).programme.languages if config else known


def revision(flow: str, language: str) -> Revision:
    """Return a flow in a language; `UserError` where its texts lack or can't be read."""
    try:
        return shipped_revision(flow, language)
    except LanguageIncomplete:
        raise LanguageUnusable(language=language) from None
    except CatalogueError as error:
        raise CatalogueBroken(language=language, reason=error) from None


def look(folder: Path, names: Iterable[str], *, force: bool) -> None:
    """Raise `FileThere` where a file would be written over that must not be."""
    there = [name for name in names if (folder / name).exists() and not force]
    if there:
        raise FileThere(file=folder / there[0])


def write(folder: Path, files: Mapping[str, str | bytes], *, force: bool) -> None:
    """Write files into a folder, which is made where there is none; all of them or an error."""
    look(folder, files, force=force)
    _make(folder)
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        _write(folder / name, data, "wb" if force else "xb")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritten(file=folder, reason=error.strerror) from None


def _write(path: Path, data: bytes, mode: str) -> None:
    try:
        with path.open(mode) as file:
            file.write(data)
    except FileExistsError:
        raise FileThere(file=path) from None
    except OSError as error:
        raise NotWritten(file=path, reason=error.strerror) from None
