"""`vestibule flows preview`: each flow as a page to be read through as conversations, and signed.

It reads what is shipped and writes pages; it asks no database and publishes nothing.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from bot.errors import LanguageUnusable
from bot.language.catalogues import is_drafted
from bot.language.words import missing, words
from bot.practice import demo
from bot.terminal import flows_asked
from bot.terminal.flows_asked import Parts
from bot.views import paper


def add(parts: Parts) -> None:
    """Add the command to `vestibule flows`."""
    parser = parts.add_parser("preview", help="write flows as pages to read through and to sign")
    parser.add_argument(
        "--html", type=Path, required=True, metavar="OUT", help="the folder for the pages"
    )
    flows_asked.add_flow(parser)
    flows_asked.add_language(parser)
    flows_asked.add_config(parser)
    parser.add_argument("--force", action="store_true", help="write over pages that are there")
    parser.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> int:
    flows = flows_asked.flow_ids(chosen.flow)
    languages = flows_asked.languages(chosen.language, chosen.config)
    pages = {f"{flow}.{code}.html": page(flow, code) for code in languages for flow in flows}
    flows_asked.write(chosen.html, pages, force=chosen.force)
    _say(chosen.html, tuple(pages))
    return 0


def page(flow: str, language: str) -> str:
    """Return one flow in one language as HTML; `UserError` where texts lack."""
    revision = flows_asked.revision(flow, language)
    if missing(language):
        raise LanguageUnusable(language=language)
    return paper.page(revision, words(language, "UTC"), drafted=is_drafted(language))


def _say(folder: Path, names: Sequence[str]) -> None:
    for name in names:
        demo.say_aloud(str(folder / name))
