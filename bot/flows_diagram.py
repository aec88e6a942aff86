"""`vestibule flows diagram`: the Mermaid text of each flow, in the words of each language.

It draws what `flows.diagram` draws and adds the words alone.
"""

import argparse
from pathlib import Path
from typing import Final

from bot import flows_asked
from bot.errors import LanguageUnusable
from bot.flows_asked import Parts
from bot.practice import demo
from bot.words import missing, words
from flows.diagram import mermaid
from flows.flow import Step

_SHORT: Final = 32
"""Characters of a message that name its step in a picture."""


def add(parts: Parts) -> None:
    """Add the command to `vestibule flows`."""
    parser = parts.add_parser("diagram", help="print flows as Mermaid diagrams")
    flows_asked.add_flow(parser)
    flows_asked.add_language(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="write one .mmd file each instead")
    parser.add_argument("--force", action="store_true", help="write over files that are there")
    parser.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> int:
    flows = flows_asked.flow_ids(chosen.flow)
    languages = flows_asked.languages(chosen.language)
    drawn = {f"{flow}.{code}.mmd": diagram(flow, code) for code in languages for flow in flows}
    if chosen.out:
        flows_asked.write(chosen.out, drawn, force=chosen.force)
    for name, text in drawn.items():
        demo.say_aloud(str(chosen.out / name) if chosen.out else f"%% {name}\n{text}")
    return 0


def diagram(flow: str, language: str) -> str:
    """Return one flow in one language as Mermaid text; `UserError` where texts lack."""
    revision = flows_asked.revision(flow, language)
    if missing(language):
        raise LanguageUnusable(language=language)
    box = words(language, "UTC").say("paper/questions")
    return mermaid(revision.flow, box=box, named=_beginning)


def _beginning(step: Step) -> str:
    """Return the first words of a message."""
    line = " ".join(step.text.split())
    if len(line) <= _SHORT:
        return line
    return line[: _SHORT - 1].rsplit(maxsplit=1)[0].rstrip(",.;:") + "\N{HORIZONTAL ELLIPSIS}"
