"""The player: plays a script on the practice room's phones over HTTP, and checks every step.

It acts as people do and knows only what their phones show. A step that differs ends the play with
what was expected and what the phone shows instead.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar

from bot.practice.botapi.client import ControlError
from bot.practice.scripts import answering, doing, forging, happening, seeing
from bot.practice.scripts.handing import named
from bot.practice.scripts.script import Line, Script
from bot.practice.scripts.stage import RoomVerb, Stage, StepDiffersError, Verb


class Player(Stage):
    """Plays scripts, line by line."""

    ROOM: ClassVar[Mapping[str, RoomVerb]] = happening.ROOM
    """What happens in the room."""
    ACTS: ClassVar[Mapping[str, Verb]] = {
        **doing.ACTS,
        **answering.ACTS,
        **forging.ACTS,
        **seeing.ACTS,
    }
    """What somebody does or sees."""

    async def play(self, script: Script, before: Callable[[Line], None] | None = None) -> None:
        """Play all lines; `before` is told of each. Raise `StepDiffersError`."""
        for line in script.lines:
            if before:
                before(line)
            await self.step(line)

    async def step(self, line: Line) -> None:
        """Play one line; raise `StepDiffersError` with its place."""
        try:
            await self._step(line)
        except (StepDiffersError, ControlError, KeyError, ValueError) as error:
            place = f"{line.file}:{line.number}: {line.text}"
            raise StepDiffersError(f"{place}\n{error}") from error

    async def _step(self, line: Line) -> None:
        line = named(line, self.labels)
        if not line.who:
            await self.ROOM[line.verb](self, line)
            return
        act = self.ACTS.get(full_verb(line.verb))
        if act is None:
            raise StepDiffersError(f"Nobody knows how to do '{line.verb}'.")
        for name in line.who:
            await act(self, self.actor(name), line)


_OF_SEVERAL = {
    "try": "tries",
    "tap-again": "taps-again",
    "lose-line": "loses-line",
    "find-line": "finds-line",
    "were-left-in-peace": "was-left-in-peace",
}


def full_verb(verb: str) -> str:
    """Return the verb as one person does it: several *see*, one *sees*."""
    if verb in Player.ACTS:
        return verb
    return _OF_SEVERAL.get(verb, f"{verb}s")
