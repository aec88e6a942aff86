"""The stage: the room and everybody's phone, and how something on a phone is waited for and tapped.

It knows only what phones show, and nothing of a script but who is called what by now.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import aiohttp

from bot.practice.botapi.client import ControlClient, ControlError, PhoneClient
from bot.practice.botapi.schema import Json
from bot.practice.scripts.looking import Actor, Found, newest_button, plainly
from bot.practice.scripts.script import Line
from bot.practice.scripts.wording import label

T = TypeVar("T")
PATIENCE = 15.0
"""Seconds of real time within which a phone must show what a step expects."""


class StepDiffersError(Exception):
    """A step of a script went otherwise than it says."""


class Stage:
    """Where a script plays; `refused` counts what was refused, `counted` says what else was."""

    def __init__(
        self,
        room: ControlClient,
        actors: Mapping[str, Actor],
        *,
        room_address: str,
        zone: str,
        patience: float = PATIENCE,
        phone: Callable[[int], PhoneClient] | None = None,
    ) -> None:
        """Play in `room`; `phone` makes the phone of somebody whom the script adds."""
        self.room = room
        self.actors = dict(actors)
        self.address = room_address
        self.zone = ZoneInfo(zone)
        self._patience = patience
        self.phone = phone or partial(PhoneClient, room)
        self.links: list[str] = []
        self.labels: dict[str, str] = {}
        self.handed = ""
        """The invitation that was handed on last."""
        self.silenced: set[str] = set()
        """Why the bot can't hear, if it can't."""
        self.refused = 0
        self.counted: list[str] = []

    def actor(self, name: str) -> Actor:
        """Return somebody by their label."""
        if name not in self.actors:
            raise StepDiffersError(f"Nobody is called {name}.")
        return self.actors[name]

    @property
    def deaf(self) -> bool:
        """Whether the bot can't hear: it is dead, or Telegram is down."""
        return bool(self.silenced)

    async def rested(self) -> None:
        """Return when the bot has nothing left to do; at once where it can't hear."""
        if not self.silenced:
            await self.room.quiet(within=self._patience)

    async def ask_room(self, path: str, **body: Any) -> Json:
        """Ask something of a practice room that no Bot API has."""
        try:
            return dict(await self.room.ask("POST", f"room/{path}", body))
        except aiohttp.ContentTypeError:
            raise StepDiffersError("This plays in a practice room only.") from None

    async def tap_button(
        self, actor: Actor, key: str, params: Mapping[str, str], before: Found | None = None
    ) -> Found | None:
        """Tap the newest button with this text, once it is another one than `before`."""
        wanted = label(key, actor.locale, **params)

        def find(state: Json) -> Found | None:
            found = newest_button(wanted, state)
            return None if found == before else found

        return await self.tap_found(actor, find, f"the button {key}")

    async def tap_found(
        self, actor: Actor, find: Callable[[Json], Found | str | None], what: str
    ) -> Found | None:
        """Tap the button that `find` finds and return it; None where it finds no button to tap.

        A button that goes away under the finger is looked for anew.
        """
        found = await self.wait(actor, find, what)
        while isinstance(found, Found):
            try:
                await actor.phone.tap(found.message, found.data)
            except ControlError:
                again = await self.wait(actor, find, what)
                if again == found:
                    raise
                found = again
            else:
                actor.taps += 1
                return found
        return None

    async def wait(self, actor: Actor, find: Callable[[Json], T | None], what: str) -> T:
        """Return what `find` finds on the phone, as soon as it is there."""
        state = await actor.phone.state()
        found = find(state)
        # By the clock: a phone may change often without showing what is waited for.
        until = time.monotonic() + self._patience
        while found is None:
            if time.monotonic() >= until:
                shown = "\n".join(f"    {line}" for line in plainly(state))
                raise StepDiffersError(f"{actor.name} does not see {what}, but:\n{shown}")
            state = await actor.phone.state(after=state["version"], wait=0.5)
            found = find(state)
        return found


Verb = Callable[[Stage, Actor, Line], Awaitable[None]]
"""What somebody does or sees."""
RoomVerb = Callable[[Stage, Line], Awaitable[None]]
"""What happens in the room."""
