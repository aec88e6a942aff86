"""A script that plays itself on the room's phones, with pause, single step and speed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Self

from bot.practice.botapi.client import ControlClient, PhoneClient
from bot.practice.botapi.schema import Json
from bot.practice.room.recording import Recording
from bot.practice.scripts.player import Player
from bot.practice.scripts.script import Script
from bot.practice.scripts.stage import StepDiffersError

SPEEDS = {"slow": 1.2, "normal": 0.5, "fast": 0.1}
"""Seconds of real time before each act of a script that plays itself."""


HAND = "X-Practice-Hand"
"""The header by which a script says that an act is its own, and nobody's at the page."""


def is_scripts(headers: Mapping[str, str]) -> bool:
    """Say whether a request comes from a script that plays."""
    return headers.get(HAND) == "script"


class ScriptsHand(ControlClient):
    """The room's controls in the hands of a script, which says so."""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        if self._session is not None:
            self._session.headers[HAND] = "script"
        return self


class UnhurriedPhone(PhoneClient):
    """A phone in the hands of a script: it waits to be told before each act."""

    def __init__(
        self, room: ControlClient, user_id: int, may_act: Callable[[], Awaitable[None]]
    ) -> None:
        super().__init__(room, user_id)
        self._may_act = may_act

    async def act(self, act: str, **body: Any) -> Any:
        """Do one of `phones.ACTS`, not before it is time."""
        await self._may_act()
        return await super().act(act, **body)


class Play:
    """A script that plays itself on the room's phones, with pause, single step and speed."""

    def __init__(self, script: Script, recording: Recording, changed: Callable[[], None]) -> None:
        self.script = script
        self._recording = recording
        self.at = 0
        self.state = "paused"
        self.speed = "normal"
        self.problem = ""
        self._changed = changed
        self._go = asyncio.Event()

    def set_speed(self, speed: str) -> None:
        """Go on at one of `SPEEDS`."""
        self.speed = speed
        self._changed()

    def control(self, act: str) -> None:
        """Do what a button says: play, pause, step."""
        if self.state in ("ended", "differs"):
            return
        self.state = {"play": "playing", "pause": "paused", "step": "stepping"}[act]
        if self.state == "paused":
            self._go.clear()
        else:
            self._go.set()
        self._changed()

    async def run(self, player: Player) -> None:
        """Play line by line, as fast as it is told to."""
        for line in self.script.lines:
            await self._go.wait()
            self._recording.begins()
            try:
                await player.step(line)
            except StepDiffersError as error:
                self._end("differs", str(error))
                return
            self._recording.ends(line)
            self.at += 1
            if self.state == "stepping":
                self.control("pause")
            self._changed()
        self._end("ended", "")

    async def may_act(self) -> None:
        """Return when the next act is due."""
        await self._go.wait()
        await asyncio.sleep(SPEEDS[self.speed])
        await self._go.wait()

    def _end(self, state: str, problem: str) -> None:
        self.state, self.problem = state, problem
        self._changed()

    def as_json(self) -> Json:
        """Return what the page shows of it."""
        shown = {"at": self.at, "state": self.state, "speed": self.speed, "problem": self.problem}
        return {"name": self.script.name, **shown}
