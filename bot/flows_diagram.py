"""`vestibule flows diagram`: the Mermaid text of each flow, in the words of each language.

It draws what `flows.diagram` draws and adds the words alone; where it is asked, what the database
has counted, read beside the bot. No figure says less than five, and none can be worked out.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Final

from bot import config as settings
from bot import flows_asked
from bot.errors import LanguageUnusable
from bot.flows_asked import Parts
from bot.practice import demo
from bot.words import missing, words
from flows.diagram import drawn_as, mermaid
from flows.flow import Revision, Step
from storage import counts, reading, revisions

_SHORT: Final = 32
"""Characters of a message that name its step in a picture."""
_LEAST: Final = 5
"""The smallest number of people that is told."""


def add(parts: Parts) -> None:
    """Add the command to `vestibule flows`."""
    parser = parts.add_parser("diagram", help="print flows as Mermaid diagrams")
    flows_asked.add_flow(parser)
    flows_asked.add_language(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="write one .mmd file each instead")
    parser.add_argument("--force", action="store_true", help="write over files that are there")
    counted = "add how many people came to each step, left there, asked for help"
    parser.add_argument("--counts", action="store_true", help=counted)
    parser.add_argument(
        "--config", type=Path, default=Path("config.toml"), help="settings (TOML), for --counts"
    )
    parser.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> int:
    flows = flows_asked.flow_ids(chosen.flow)
    if chosen.counts:
        drawn = _counted(flows, chosen.language, chosen.config)
    else:
        languages = flows_asked.languages(chosen.language)
        drawn = {f"{flow}.{code}.mmd": diagram(flow, code) for code in languages for flow in flows}
    if chosen.out:
        flows_asked.write(chosen.out, drawn, force=chosen.force)
    for name, text in drawn.items():
        demo.say_aloud(str(chosen.out / name) if chosen.out else f"%% {name}\n{text}")
    return 0


def _counted(flows: Sequence[str], named: Sequence[str], config: Path) -> dict[str, str]:
    """Draw what is in use in this installation, with what was counted of it."""
    languages = flows_asked.languages(named, config)
    drawn = {}
    with reading.opened(settings.load(config).storage.database) as opened:
        for code, flow in product(languages, flows):
            found = revisions.latest(opened, flow, code)
            if found is not None:
                seen = counts.of(opened, found[0].id)
                drawn[f"{flow}.{code}.mmd"] = _drawn(found[0], partial(_note, found[0], seen))
    return drawn


def _note(revision: Revision, seen: Mapping[counts.Seen, int], node: str) -> str:
    """Return the second line of a node: what was counted at the steps that it stands for."""
    steps = [step for step, drawn in drawn_as(revision.flow).items() if drawn == node]
    if not seen:
        return ""
    left, helped = (sum(seen.get((step, what), 0) for step in steps) for what in ("left", "help"))
    reached = seen.get((node, "reached"), 0)
    say = words(revision.locale, "UTC")
    return say.say("paper/counted", all=shown(reached), done=shown(left), count=shown(helped))


def shown(number: int) -> str:
    """Return a number as it may be read: one to four hidden, and above that in steps of five.

    Exact numbers of two neighbours would give a hidden one between them away.
    """
    if number < _LEAST:
        return f"1\N{EN DASH}{_LEAST - 1}" if number else "0"
    return f"{number // _LEAST * _LEAST}+"


def diagram(flow: str, language: str) -> str:
    """Return one flow in one language as Mermaid text; `UserError` where texts lack."""
    return _drawn(flows_asked.revision(flow, language))


def _drawn(revision: Revision, noted: Callable[[str], str] | None = None) -> str:
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
