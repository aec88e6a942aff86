"""`vestibule demo --script`: a practice room without a page, in which a script plays at once.

What every phone showed is printed; nothing of the room remains.
"""

import asyncio
import secrets
import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from bot.practice.botapi.client import ControlClient, ControlError, PhoneClient
from bot.practice.installation import ZONE
from bot.practice.room.beginning import Beginning, begin, begin_with
from bot.practice.room.room import Room
from bot.practice.scripts import shelf
from bot.practice.scripts.looking import Actor
from bot.practice.scripts.script import Line
from bot.practice.scripts.stage import PATIENCE, StepDiffersError
from bot.practice.scripts.transcript import transcript

STARTING = 30.0
"""Seconds of real time that the bot has to start."""
Say = Callable[[str], None]


def find(wanted: str) -> Beginning:
    """Return the evening of a shipped script or of a file; raise `ScriptError` where none is."""
    if wanted.endswith(shelf.ENDING):
        return begin_with(shelf.read(Path(wanted)))
    return begin(wanted)


async def play(start: Beginning, say: Say) -> bool:
    """Play a script and print every phone's transcript; say whether all went as written."""
    with tempfile.TemporaryDirectory(prefix="vestibule-practice-") as folder:
        room = Room(Path(folder), start, secrets.token_urlsafe(16))
        async with room.open():
            try:
                async with asyncio.timeout(STARTING):
                    await room.enter()
            except TimeoutError:
                say(f"The bot can't start: {room.bot.problem}")
                return False
            return await _evening(room, say)


async def _evening(room: Room, say: Say) -> bool:
    script = room.start.script
    async with ControlClient(room.api.control_url, room.api.secret) as control:
        player = room.player(control, partial(PhoneClient, control), PATIENCE)
        say(script.title)
        try:
            await player.play(script, lambda line: say(_announced(line)))
            await player.rested()
        except (StepDiffersError, ControlError) as error:
            say(f"\nThis step went otherwise:\n{error}\n")
            return False
        finally:
            await _print_transcripts(player.actors.values(), say)
    for count in player.counted:
        say(count)
    if player.refused:
        say(f"{player.refused} ways to join or to bypass were tried and refused.")
    say(f"{script.name}: every step went as written.")
    return True


async def _print_transcripts(actors: Iterable[Actor], say: Say) -> None:
    for actor in actors:
        for line in transcript(actor.name, actor.locale, await actor.phone.history(), ZONE):
            say(line)


def _announced(line: Line) -> str:
    return f"  {line.number:3} {line.text}"


def say_aloud(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201 -- the command line's own output


def main(wanted: str) -> int:
    """Play a script; return the exit code."""
    return 0 if asyncio.run(play(find(wanted), say_aloud)) else 1
