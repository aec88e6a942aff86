"""`vestibule flows diagram`: each flow in the words of each language, as Mermaid text or a picture.

It draws what `flows.diagram` draws and adds the words alone; where it is asked, what the database
has counted, read beside the bot. No figure says less than five, and none can be worked out.
"""

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Final

from bot import config as settings
from bot.errors import PictureFailed, PictureNeedsFolder
from bot.graphics import diagrams, renderer
from bot.graphics.renderer import NotDrawn
from bot.language.words import words
from bot.practice import demo
from bot.terminal import flows_asked
from bot.terminal.flows_asked import Parts
from flows.diagram import drawn_as
from flows.flow import Revision
from storage import counts, reading, revisions

_LEAST: Final = 5
"""The smallest number of people that is told."""


def add(parts: Parts) -> None:
    """Add the command to `vestibule flows`."""
    parser = parts.add_parser("diagram", help="print flows as Mermaid diagrams")
    flows_asked.add_flow(parser)
    flows_asked.add_language(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="write one .mmd file each instead")
    parser.add_argument("--force", action="store_true", help="write over files that are there")
    picture = "write pictures (PNG), drawn by a Chromium of this machine; needs --out"
    parser.add_argument("--picture", action="store_true", help=picture)
    counted = "add how many people came to each step, left there, asked for help"
    parser.add_argument("--counts", action="store_true", help=counted)
    parser.add_argument(
        "--config", type=Path, default=Path("config.toml"), help="settings (TOML), for --counts"
    )
    parser.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> int:
    flows = flows_asked.flow_ids(chosen.flow)
    program = _program(chosen.out) if chosen.picture else ""
    if chosen.counts:
        drawn = _counted(flows, chosen.language, chosen.config)
    else:
        languages = flows_asked.languages(chosen.language)
        drawn = {f"{flow}.{code}.mmd": diagram(flow, code) for code in languages for flow in flows}
    if not chosen.out:
        for name, text in drawn.items():
            demo.say_aloud(f"%% {name}\n{text}")
        return 0
    written = _pictures(program, drawn, chosen) if program else drawn
    flows_asked.write(chosen.out, written, force=chosen.force)
    for name in written:
        demo.say_aloud(str(chosen.out / name))
    return 0


def _program(out: Path | None) -> str:
    if out is None:
        raise PictureNeedsFolder
    return renderer.needed()


def _pictures(
    program: str, drawn: Mapping[str, str], chosen: argparse.Namespace
) -> Mapping[str, str | bytes]:
    """Draw each diagram, unless a file is in the way; `PictureFailed` where one can't be drawn."""
    named = {str(Path(name).with_suffix(".png")): text for name, text in drawn.items()}
    flows_asked.look(chosen.out, named, force=chosen.force)
    try:
        return asyncio.run(renderer.pictures(program, named))
    except NotDrawn:
        raise PictureFailed(program=program) from None


def _counted(flows: Sequence[str], named: Sequence[str], config: Path) -> dict[str, str]:
    """Draw what is in use in this installation, with what was counted of it."""
    languages = flows_asked.languages(named, config)
    drawn = {}
    with reading.opened(settings.load(config).storage.database) as opened:
        for code, flow in product(languages, flows):
            found = revisions.latest(opened, flow, code)
            if found is not None:
                seen = counts.of(opened, found[0].id)
                drawn[f"{flow}.{code}.mmd"] = diagrams.drawn(
                    found[0], partial(_note, found[0], seen)
                )
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
    return diagrams.drawn(flows_asked.revision(flow, language))
