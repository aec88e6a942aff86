"""The player: plays a script on the practice room's phones over HTTP, and checks every step.

It acts as people do and knows only what their phones show. A step that differs ends the play with
what was expected and what the phone shows instead.
"""

import itertools
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

import aiohttp

from bot.practice.botapi.client import ControlClient, ControlError, PhoneClient
from bot.practice.botapi.schema import Json
from bot.practice.scripts.script import Line, Script
from bot.practice.scripts.wording import pattern
from bot.shipped import shipped_revision

T = TypeVar("T")
PATIENCE = 15.0
"""Seconds of real time within which a phone must show what a step expects."""
BOX, BOXED = "\u2610", "\u2611"


class StepDiffersError(Exception):
    """A step of a script went otherwise than it says."""


@dataclass(slots=True)
class Actor:
    """Somebody with a phone."""

    name: str
    locale: str
    phone: PhoneClient
    taps: int = 0
    heard: int = 0
    toasted: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """A button on a phone."""

    message: int
    text: str
    data: str


class Player:
    """Plays scripts; `refused` counts what was tried and refused, `counted` says what else was."""

    def __init__(
        self,
        room: ControlClient,
        actors: Mapping[str, Actor],
        *,
        room_address: str,
        zone: str,
        patience: float = PATIENCE,
    ) -> None:
        self._room = room
        self._actors = actors
        self._address = room_address
        self._zone = ZoneInfo(zone)
        self._patience = patience
        self._links = itertools.count(1)
        self._link = ""
        self.refused = 0
        self.counted: list[str] = []
        self._acts: dict[str, Callable[[Actor, Line], Awaitable[None]]] = {
            "types": self._type,
            "sends": self._send,
            "taps": self._tap,
            "answers": self._answer,
            "claims": self._claim,
            "observes": self._observe,
            "pastes": self._paste,
            "enters": self._enter,
            "tries": self._try,
            "sees": self._see,
            "hears": self._hear,
            "gets": self._get,
            "was-left-in-peace": self._rest,
        }

    async def play(self, script: Script, before: Callable[[Line], None] | None = None) -> None:
        """Play all lines; `before` is told of each. Raise `StepDiffersError`."""
        for line in script.lines:
            if before:
                before(line)
            try:
                await self.step(line)
            except (StepDiffersError, ControlError, KeyError, ValueError) as error:
                place = f"{line.file}:{line.number}: {line.text}"
                raise StepDiffersError(f"{place}\n{error}") from error

    async def step(self, line: Line) -> None:
        """Play one line."""
        if not line.who:
            await self._room_step(line)
            return
        act = self._acts.get(line.verb) or self._acts.get(f"{line.verb}s")
        act = self._try if line.verb == "try" else act
        if act is None:
            raise StepDiffersError(f"Nobody knows how to do '{line.verb}'.")
        for name in line.who:
            if name not in self._actors:
                raise StepDiffersError(f"Nobody is called {name}.")
            await act(self._actors[name], line)

    # The room

    async def _room_step(self, line: Line) -> None:
        steps: dict[str, Callable[[Line], Awaitable[None]]] = {
            "clock": self._clock,
            "settle": self._settle,
            "count": self._count,
            "expect": self._expect,
            "say": self._remark,
            "room": self._in_room,
        }
        await steps[line.verb](line)

    async def _clock(self, line: Line) -> None:
        """Move the clock: `clock 17:55` on its day, or `clock +20m`."""
        now = datetime.fromtimestamp(await self._room.now(), self._zone)
        (word,) = line.words
        if word.startswith("+"):
            then = now + timedelta(minutes=int(word[1:].removesuffix("m")))
        else:
            hour, minute = word.split(":")
            then = now.replace(hour=int(hour), minute=int(minute), second=0)
        await self._room.move_to(int(then.timestamp()))
        await self._room.quiet(within=self._patience)

    async def _settle(self, _: Line) -> None:
        await self._room.quiet(within=self._patience)

    async def _count(self, _: Line) -> None:
        """Count taps anew: `count taps`."""
        for actor in self._actors.values():
            actor.taps = 0

    async def _expect(self, line: Line) -> None:
        """`expect taps NAME... at-most 36`, `expect refused at-least 20`, `expect no way-in`."""
        await self._room.quiet(within=self._patience)
        match line.words:
            case ("taps", *names, "at-most", most):
                taps = sum(self._actors[name].taps for name in names)
                self.counted.append(f"{taps} taps by {' and '.join(names)}, {most} at most.")
                if taps > int(most):
                    raise StepDiffersError(f"{taps} taps, more than {most}.")
            case ("refused", "at-least", least):
                if self.refused < int(least):
                    raise StepDiffersError(f"{self.refused} refused, fewer than {least}.")
            case ("no", "way-in"):
                await self._nobody_has_a_way_in()
            case _:
                raise StepDiffersError("This can't be expected.")

    async def _nobody_has_a_way_in(self) -> None:
        for actor in self._actors.values():
            if found := self._links_on(await actor.phone.state()):
                raise StepDiffersError(f"{actor.name} has a way in: {found[0].text}.")

    async def _remark(self, line: Line) -> None:
        """Say something to whoever watches; nothing happens."""

    async def _in_room(self, line: Line) -> None:
        """`room has H7 K2`: just these have come in through the link."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(self._link, params={"format": "json"}) as answer,
        ):
            inside = {one["name"] for one in (await answer.json())["people"]}
        expected = set(line.words[1:])
        if inside != expected:
            raise StepDiffersError(f"In the room: {sorted(inside)}; expected {sorted(expected)}.")

    # What people do

    async def _type(self, actor: Actor, line: Line) -> None:
        await actor.phone.type(" ".join(line.words))

    async def _send(self, actor: Actor, line: Line) -> None:
        await actor.phone.act("send", kind=line.words[0])

    async def _tap(self, actor: Actor, line: Line) -> None:
        """Tap the newest button with this text."""
        await self._tap_button(actor, line.words[0], line.params)

    async def _tap_button(self, actor: Actor, key: str, params: Mapping[str, str]) -> None:
        wanted = pattern(key, actor.locale, **params)
        await self._tap_found(actor, partial(_newest_button, wanted), f"the button {key}")

    async def _tap_found(
        self, actor: Actor, find: Callable[[Json], Found | str | None], what: str
    ) -> Found | None:
        """Tap the button that `find` finds and return it; None where it finds no button to tap.

        A button that goes away under the finger is looked for anew.
        """
        found = await self._wait(actor, find, what)
        while isinstance(found, Found):
            try:
                await actor.phone.tap(found.message, found.data)
            except ControlError:
                again = await self._wait(actor, find, what)
                if again == found:
                    raise
                found = again
            else:
                actor.taps += 1
                return found
        return None

    async def _answer(self, actor: Actor, line: Line) -> None:
        """`answers STEP OPTION`, or `answers all yes`: each question is read first."""
        step, option = line.words
        flow = shipped_revision("environment", actor.locale).flow
        if step != "all":
            await self._answer_step(actor, step, option)
            return
        todo = [flow.start, *(item.id for item in flow.items)]
        for each in todo:
            await self._answer_step(actor, each, option)
        await self._sees_text(actor, flow.final("ready").text)

    async def _answer_step(self, actor: Actor, step_id: str, option_id: str) -> None:
        flow = shipped_revision("environment", actor.locale).flow
        step, option = flow.steps[step_id], flow.option(step_id, option_id)
        if option is None:
            raise StepDiffersError(f"{step_id} has no option {option_id}.")

        def find(state: Json) -> Found | None:
            for message in reversed(state["messages"]):
                if message["text"] == step.text:
                    return _find_button(message, re.compile(re.escape(option.text)))
            return None

        await self._tap_found(actor, find, f"the question {step_id}")

    async def _claim(self, actor: Actor, line: Line) -> None:
        """Tap somebody's label on the board."""
        await self._tap_button(actor, f"={line.words[0]}", {})

    async def _observe(self, actor: Actor, line: Line) -> None:
        """`observes H7`: tap every open box of this person's screen."""
        head = pattern("desk/head", actor.locale, who=line.words[0])
        tapped: set[str] = set()

        def find(state: Json) -> Found | str | None:
            for message in reversed(state["messages"]):
                if not head.match(message["text"]):
                    continue
                boxes = [b for b in _buttons(message) if b.text.startswith((BOX, BOXED))]
                open_boxes = [b for b in boxes if b.text.startswith(BOX)]
                fresh = [b for b in open_boxes if b.data not in tapped]
                if fresh:
                    return fresh[0]
                if boxes and not open_boxes:
                    return "done"
            return None

        while found := await self._tap_found(actor, find, "a box to tap"):
            tapped.add(found.data)

    async def _paste(self, actor: Actor, line: Line) -> None:
        """`pastes link`: a fresh link of the practice video room; `pastes old-link` the last."""
        if line.words[0] == "link":
            self._link = f"{self._address}/room/evening-{next(self._links)}"
        await actor.phone.type(self._link)

    async def _enter(self, actor: Actor, _: Line) -> None:
        """Open the way in, as the button in the newest message does."""

        def find(state: Json) -> Found | None:
            return next(iter(self._links_on(state)), None)

        found = await self._wait(actor, find, "a way in")
        if not found.data.startswith(f"{self._address}/room/"):
            raise StepDiffersError("The way in leads elsewhere.")
        await actor.phone.tap(found.message, found.data)
        async with (
            aiohttp.ClientSession() as session,
            session.get(found.data, params={"phone": str(actor.phone.user_id)}) as answer,
        ):
            answer.raise_for_status()

    async def _try(self, actor: Actor, line: Line) -> None:
        """Tap a forged button and find that it is refused: `tries VERB ARG...`.

        `session` and labels among the arguments stand for the numbers that the boards carry.
        """
        verb, *args = line.words
        numbers = await self._numbers()
        data = ":".join((verb, *(str(numbers.get(arg, arg)) for arg in args)))
        await self._refused_tap(actor, data)

    async def _refused_tap(self, actor: Actor, data: str) -> None:
        before = await actor.phone.state()
        message = max((m["message_id"] for m in before["messages"]), default=1)
        toasts = len(before["toasts"])
        await actor.phone.forge(message, data)

        def find(state: Json) -> str | None:
            fresh = state["toasts"][toasts:]
            return fresh[-1]["text"] if fresh else None

        text = await self._wait(actor, find, f"a refusal of {data}")
        if not text:
            raise StepDiffersError(f"{data} was not refused.")
        self.refused += 1

    async def _numbers(self) -> dict[str, int]:
        """Learn the session's and people's numbers from the boards, as a forger might."""
        found: dict[str, int] = {}
        for actor in self._actors.values():
            for entry in await actor.phone.history():
                for row in entry.get("keyboard", ()):
                    for button in row:
                        verb, _, rest = button.get("callback_data", "").partition(":")
                        if verb == "claim" and " " not in button["text"]:
                            session, _, person = rest.partition(":")
                            found |= {"session": int(session), button["text"]: int(person)}
        return found

    # What people see

    async def _see(self, actor: Actor, line: Line) -> None:
        """`sees KEY`, `sees no KEY`, `sees button KEY`, `sees no-way-in`."""
        match line.words:
            case ("no", key):
                await self._room.quiet(within=self._patience)
                if self._text_on(await actor.phone.state(), actor, key, line.params):
                    raise StepDiffersError(f"{actor.name} sees {key}.")
            case ("button", key):
                await self._button(actor, key, line.params)
            case ("no-way-in",):
                await self._room.quiet(within=self._patience)
                if self._links_on(await actor.phone.state()):
                    raise StepDiffersError(f"{actor.name} has a way in.")
            case (key,):
                await self._wait(
                    actor, lambda state: self._text_on(state, actor, key, line.params), key
                )
            case _:
                raise StepDiffersError("This can't be seen.")

    async def _hear(self, actor: Actor, line: Line) -> None:
        """`hears KEY`: the phone has rung with this text since the last time it was heard."""
        (key,) = line.words
        wanted = pattern(key, actor.locale, **line.params)

        def find(state: Json) -> int | None:
            for at, one in enumerate(state["notifications"][actor.heard :], actor.heard + 1):
                if wanted.match(one["text"]) or _cut(wanted, one["text"]):
                    return at
            return None

        actor.heard = await self._wait(actor, find, f"the phone ringing with {key}")

    async def _rest(self, actor: Actor, _: Line) -> None:
        """Find that the phone has not rung since it was last heard."""
        await self._room.quiet(within=self._patience)
        rung = (await actor.phone.state())["notifications"][actor.heard :]
        if rung:
            raise StepDiffersError(f"{actor.name} was rung: {rung[-1]['text']}")

    async def _get(self, actor: Actor, line: Line) -> None:
        """Read the answer to a tap: `gets KEY`, since the last time one was read."""
        (key,) = line.words
        wanted = pattern(key, actor.locale, **line.params)

        def find(state: Json) -> int | None:
            for at, one in enumerate(state["toasts"][actor.toasted :], actor.toasted + 1):
                if wanted.fullmatch(one["text"]):
                    return at
            return None

        actor.toasted = await self._wait(actor, find, f"the answer {key}")

    async def _sees_text(self, actor: Actor, text: str) -> None:
        def find(state: Json) -> bool | None:
            return any(message["text"] == text for message in state["messages"]) or None

        await self._wait(actor, find, text)

    # How it is looked for

    def _text_on(
        self, state: Json, actor: Actor, key: str, params: Mapping[str, str]
    ) -> bool | None:
        wanted = pattern(key, actor.locale, **params)
        mine = (m for m in state["messages"] if m["from"] == "bot")
        return any(wanted.search(message["text"]) for message in mine) or None

    async def _button(self, actor: Actor, key: str, params: Mapping[str, str]) -> Found:
        wanted = pattern(key, actor.locale, **params)
        return await self._wait(actor, partial(_newest_button, wanted), f"the button {key}")

    def _links_on(self, state: Json) -> list[Found]:
        return [
            Found(message["message_id"], button["text"], button["url"])
            for message in reversed(state["messages"])
            for row in message["keyboard"]
            for button in row
            if "url" in button
        ]

    async def _wait(self, actor: Actor, find: Callable[[Json], T | None], what: str) -> T:
        """Return what `find` finds on the phone, as soon as it is there."""
        state = await actor.phone.state()
        found = find(state)
        waited = 0.0
        while found is None:
            if waited >= self._patience:
                shown = "\n".join(f"    {line}" for line in _plainly(state))
                raise StepDiffersError(f"{actor.name} does not see {what}, but:\n{shown}")
            state = await actor.phone.state(after=state["version"], wait=0.5)
            waited += 0.5
            found = find(state)
        return found


def _buttons(message: Json) -> list[Found]:
    return [
        Found(message["message_id"], button["text"], button["callback_data"])
        for row in message["keyboard"]
        for button in row
        if "callback_data" in button
    ]


def _newest_button(wanted: re.Pattern[str], state: Json) -> Found | None:
    found = (_find_button(message, wanted) for message in reversed(state["messages"]))
    return next((button for button in found if button), None)


def _find_button(message: Json, wanted: re.Pattern[str]) -> Found | None:
    return next((b for b in _buttons(message) if wanted.fullmatch(b.text)), None)


def _cut(wanted: re.Pattern[str], preview: str) -> bool:
    """Say whether a preview that was cut off may be the beginning of the text."""
    plain = wanted.pattern.replace("\\", "")
    return len(preview) > 40 and plain.startswith(preview.rstrip("\u2026. ")[:60])


def _plainly(state: Json) -> Sequence[str]:
    lines = []
    for message in state["messages"][-4:]:
        lines.append(f"[{message['from']}] {message['text']}")
        lines += [f"  ({button.text})" for button in _buttons(message)]
    lines += [f"toast: {toast['text']}" for toast in state["toasts"][-2:]]
    return lines
