"""A script that plays itself on the room's phones, with pause, single step and speed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from bot.practice.botapi.client import ControlClient, ControlError, PhoneClient
from bot.practice.botapi.schema import Json
from bot.practice.scripts.player import Player, StepDiffersError
from bot.practice.scripts.script import Script

SPEEDS = {"slow": 1.2, "normal": 0.5, "fast": 0.1}
"""Seconds of real time before each act of a script that plays itself."""


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

    def __init__(self, script: Script, changed: Callable[[], None]) -> None:
        self.script = script
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
            try:
                await player.step(line)
            except (StepDiffersError, ControlError, KeyError, ValueError) as error:
                self._end("differs", str(error))
                return
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
