"""`vestibule flows lint`: every finding at once, in the reader's language, and what to do.

It only reads; it never says that a flow is good, only that nothing was found.
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

from babel.core import Locale, UnknownLocaleError

from bot import config
from bot.errors import LanguageUnusable
from bot.exchange import flow_files
from bot.language import catalogues
from bot.language.words import Words, missing, words
from bot.terminal import flows_asked
from bot.terminal.flows_asked import Parts
from flows.finding import Finding

Say = Callable[[str], None]


def add(parts: Parts, say: Say) -> None:
    """Add the command to `vestibule flows`."""
    lint = parts.add_parser("lint", help="say every finding at once (exit 1: there are some)")
    there = "a folder with flows (*.toml) and, below it, locales (default: the shipped ones)"
    lint.add_argument("folder", type=Path, nargs="?", metavar="DIR", help=there)
    lint.add_argument("--language", default="", metavar="CODE", help="of the sentences, such as de")
    lint.add_argument("--config", type=Path, default=Path("config.toml"), help="settings (TOML)")
    lint.set_defaults(run=partial(_lint, say))


def _lint(say: Say, chosen: argparse.Namespace) -> int:
    reader = words(language(chosen.language, chosen.config), "UTC")
    place = flow_files.in_folder(chosen.folder) if chosen.folder else flow_files.shipped()
    found = flow_files.findings(place)
    for finding in found:
        say(f"{told(finding, reader)}\n")
    say(reader.say("lint/count", n=len(found)) if found else reader.say("lint/none"))
    return 1 if found else 0


def language(wanted: str, file: Path) -> str:
    """Return the language to speak: as wanted, else the configuration's first, else English."""
    found = flows_asked.languages([wanted])[0] if wanted else ""
    if not found and file.is_file():
        found = config.load(file).programme.languages[0]
    found = found or catalogues.SOURCE_LANGUAGE
    if missing(found):
        raise LanguageUnusable(language=found)
    return found


def told(finding: Finding, reader: Words) -> str:
    """Return a finding as three lines: its place, what is wrong, what to do."""
    place = f"{finding.file}:{finding.line}: {finding.code}"
    if finding.step:
        place += f", {reader.say('lint/step', step=finding.step)}"
    if finding.locale:
        named = _named(finding.locale, reader.locale)
        place += f", {reader.say('lint/language', language=named)}"
    params = dict(finding.params)
    message, fix = (reader.say(key, **params) for key in (finding.message, finding.fix))
    return f"{place}\n  {message}\n  {fix}"


def _named(locale: str, reader: str) -> str:
    try:
        name = Locale.parse(locale).get_display_name(reader)
    except (UnknownLocaleError, ValueError):
        return locale
    return f"{name} ({locale})" if name else locale
