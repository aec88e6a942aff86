"""The player: plays a script on the practice room's phones over HTTP, and checks every step.

It acts as people do and knows only what their phones show. A step that differs ends the play with
what was expected and what the phone shows instead.
"""

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, TypeVar
from zoneinfo import ZoneInfo

import aiohttp

from bot.practice.botapi.client import ControlClient, ControlError, PhoneClient
from bot.practice.botapi.schema import Json
from bot.practice.scripts.handing import handed, named, straight_on
from bot.practice.scripts.looking import (
    BOX,
    BOXED,
    Actor,
    Found,
    boxes,
    find_button,
    is_cut,
    newest_button,
    plainly,
    text_on,
    ways_in,
)
from bot.practice.scripts.script import Line, Script
from bot.practice.scripts.times import moved
from bot.practice.scripts.wording import pattern
from bot.shipped import shipped_revision
from flows.flow import Flow

T = TypeVar("T")
CHECK = "environment"
"""The flow whose questions are meant where a script names none."""
PATIENCE = 15.0
"""Seconds of real time within which a phone must show what a step expects."""


class StepDiffersError(Exception):
    """A step of a script went otherwise than it says."""


Verb = Callable[["Player", Actor, Line], Awaitable[None]]
RoomVerb = Callable[["Player", Line], Awaitable[None]]


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
        phone: Callable[[int], PhoneClient] | None = None,
    ) -> None:
        """Play in `room`; `phone` makes the phone of somebody whom the script adds."""
        self._room = room
        self.actors = dict(actors)
        self._address = room_address
        self._zone = ZoneInfo(zone)
        self._patience = patience
        self._phone = phone or partial(PhoneClient, room)
        self._links: list[str] = []
        self.labels: dict[str, str] = {}
        self._handed = ""
        self._deaf: set[str] = set()
        self.refused = 0
        self.counted: list[str] = []

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
            await act(self, self._actor(name), line)

    def _actor(self, name: str) -> Actor:
        if name not in self.actors:
            raise StepDiffersError(f"Nobody is called {name}.")
        return self.actors[name]

    # The room

    async def _clock(self, line: Line) -> None:
        """Move the clock, once everything that was done is answered."""
        await self.rested()
        (word,) = line.words
        if word == "next":
            await self._ask_room("clock", timer=True)
        else:
            now = datetime.fromtimestamp(await self._room.now(), self._zone)
            await self._room.move_to(moved(now, word))
        await self.rested()

    async def _settle(self, _: Line) -> None:
        await self.rested()

    @property
    def deaf(self) -> bool:
        """Whether the bot can't hear: it is dead, or Telegram is down."""
        return bool(self._deaf)

    async def rested(self) -> None:
        """Return when the bot has nothing left to do; at once where it can't hear."""
        if not self._deaf:
            await self._room.quiet(within=self._patience)

    async def _add(self, line: Line) -> None:
        """Give somebody a phone and an invitation: `add LABEL ROLE LANGUAGE`."""
        label, role, locale = line.words
        one = await self._ask_room("people", label=label, role=role, locale=locale)
        phone = self._phone(one["user_id"])
        self.actors[label] = Actor(label, locale, phone, one["link"])

    async def _put_away(self, line: Line) -> None:
        """Put phones away: `put-away LABEL...`."""
        for name in line.words:
            phone = self._actor(name).phone.user_id
            await self._ask_room("away", phone=phone, away=True)

    async def _take_out(self, line: Line) -> None:
        """Take phones out again: `take-out LABEL...`."""
        for name in line.words:
            phone = self._actor(name).phone.user_id
            await self._ask_room("away", phone=phone, away=False)

    async def _weather(self, line: Line) -> None:
        """`weather slow on`; of `slow`, `down` and `limited`."""
        kind, switch = line.words
        await self._ask_room("weather", **{kind: switch == "on"})
        if kind == "down":
            self._hear_again("down", again=switch != "on")

    async def _bot(self, line: Line) -> None:
        """`bot killed` wherever it is, `bot started` again."""
        (state,) = line.words
        await self._ask_room("bot", on=state == "started")
        self._hear_again("bot", again=state == "started")

    def _hear_again(self, why: str, *, again: bool) -> None:
        self._deaf = self._deaf - {why} if again else self._deaf | {why}

    async def _ask_room(self, path: str, **body: Any) -> Json:
        try:
            return dict(await self._room.ask("POST", f"room/{path}", body))
        except aiohttp.ContentTypeError:
            raise StepDiffersError("This plays in a practice room only.") from None

    async def _count(self, _: Line) -> None:
        """Count taps anew: `count taps`."""
        for actor in self.actors.values():
            actor.taps = 0

    async def _expect(self, line: Line) -> None:
        """Expect something of everybody, of what was tried, or of the bot's files."""
        await self.rested()
        match line.words:
            case ("taps", *names, "at-most", most):
                taps = sum(self.actors[name].taps for name in names)
                self.counted.append(f"{taps} taps by {' and '.join(names)}, {most} at most.")
                if taps > int(most):
                    raise StepDiffersError(f"{taps} taps, more than {most}.")
            case ("refused", "at-least", least):
                if self.refused < int(least):
                    raise StepDiffersError(f"{self.refused} refused, fewer than {least}.")
            case ("no", "way-in"):
                await self._nobody_has_a_way_in()
            case ("record", "whole"):
                await self._expect_files("broken")
            case ("erased", name):
                phone = self._actor(name).phone.user_id
                await self._expect_files("found", label=name, phone=phone)
            case _:
                raise StepDiffersError("This can't be expected.")

    async def _expect_files(self, what: str, **about: Any) -> None:
        """Find nothing of this kind in the bot's files."""
        if told := (await self._ask_room("files", **about))[what]:
            raise StepDiffersError(f"The bot's files say: {', '.join(told)}.")

    async def _nobody_has_a_way_in(self) -> None:
        for actor in self.actors.values():
            await self._has_no_way_in(actor)

    async def _has_no_way_in(self, actor: Actor) -> None:
        """Wait a little: one that is just being taken away goes, one that is wrong stays."""
        await self._wait(actor, lambda state: not ways_in(state) or None, "that no way in is there")

    async def _say(self, line: Line) -> None:
        """Say something to whoever watches; nothing happens."""

    async def _in_room(self, line: Line) -> None:
        """`room has H7 K2`: just these have come in through the link."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(self._links[-1], params={"format": "json"}) as answer,
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

    async def _forward(self, actor: Actor, line: Line) -> None:
        await actor.phone.act("forward", text=" ".join(line.words))

    async def _edit(self, actor: Actor, line: Line) -> None:
        """Edit one's own newest message."""
        shown = (await actor.phone.state())["messages"]
        own = [message["message_id"] for message in shown if message["from"] == "user"]
        if not own:
            raise StepDiffersError(f"{actor.name} has written nothing.")
        await actor.phone.act("edit", message_id=own[-1], text=" ".join(line.words))

    async def _open(self, actor: Actor, line: Line) -> None:
        """Open an invitation; `of=H7` somebody else's, `from=Anna` the one that her phone shows."""
        if line.words == ("invitation",) and "from" in line.params:
            await self._open_handed(actor, self._actor(line.params["from"]))
            return
        invited = self._actor(line.params.get("of", actor.name))
        if line.words != ("invitation",) or not invited.invitation:
            raise StepDiffersError(f"{invited.name} has no invitation.")
        await actor.phone.open_link(invited.invitation)

    async def _open_handed(self, actor: Actor, giver: Actor) -> None:
        """Open the newest invitation that somebody's phone shows, and learn whom it is for."""
        find = partial(handed, locale=giver.locale, before=self._handed)
        link, label = await self._wait(giver, find, "an invitation to hand on")
        self._handed = link
        self.labels[actor.name] = label
        await actor.phone.open_link(link)

    async def _block(self, actor: Actor, _: Line) -> None:
        await actor.phone.act("block")

    async def _unblock(self, actor: Actor, _: Line) -> None:
        await actor.phone.act("unblock")

    async def _lose_line(self, actor: Actor, _: Line) -> None:
        await actor.phone.act("lose_line")

    async def _find_line(self, actor: Actor, _: Line) -> None:
        await actor.phone.act("find_line")

    async def _tap_again(self, actor: Actor, _: Line) -> None:
        await actor.phone.act("tap_again")

    async def _tap(self, actor: Actor, line: Line) -> None:
        """Tap the newest button with this text; `times=6` so often, each time it is drawn anew."""
        params = {name: value for name, value in line.params.items() if name != "times"}
        before: Found | None = None
        for _ in range(int(line.params.get("times", "1"))):
            before = await self._tap_button(actor, line.words[0], params, before)

    async def _tap_button(
        self, actor: Actor, key: str, params: Mapping[str, str], before: Found | None = None
    ) -> Found | None:
        wanted = pattern(key, actor.locale, **params)

        def find(state: Json) -> Found | None:
            found = newest_button(wanted, state)
            return None if found == before else found

        return await self._tap_found(actor, find, f"the button {key}")

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
        """`answers STEP OPTION`, or `answers all yes`: each question is read first.

        With `for=H7` staff enter on their desk what somebody says by phone.
        """
        step, option = line.words
        flow = shipped_revision(line.params.get("flow", CHECK), actor.locale).flow
        if step != "all":
            await self._answer_step(actor, flow, step, option, line.params.get("for", ""))
            return
        for each in straight_on(flow, option):
            await self._answer_step(actor, flow, each, option)
        if flow.id == CHECK:
            await self._sees_text(actor, flow.final("ready").text)

    async def _answer_step(
        self, actor: Actor, flow: Flow, step_id: str, option_id: str, whose: str = ""
    ) -> None:
        step, option = flow.steps[step_id], flow.option(step_id, option_id)
        if option is None:
            raise StepDiffersError(f"{step_id} has no option {option_id}.")
        head = pattern("assisted/head", actor.locale, who=whose).pattern if whose else ""
        question = re.compile(f"{head}\\s*{re.escape(step.text)}\\Z")

        def find(state: Json) -> Found | None:
            for message in reversed(state["messages"]):
                if question.search(message["text"]):
                    return find_button(message, re.compile(re.escape(option.text)))
            return None

        await self._tap_found(actor, find, f"the question {step_id}")

    async def _claim(self, actor: Actor, line: Line) -> None:
        """Tap somebody's label on the board."""
        await self._tap_button(actor, f"={line.words[0]}", {})

    async def _observe(self, actor: Actor, line: Line) -> None:
        """Tick the boxes: `observes H7`, or `H7 ITEM` alone; `H7 not ITEM` takes one back."""
        match line.words:
            case (who,):
                await self._observe_all(actor, who)
            case (who, item):
                await self._observe_one(actor, who, BOX, item)
            case (who, "not", item):
                await self._observe_one(actor, who, BOXED, item)
            case _:
                raise StepDiffersError("This can't be observed.")

    async def _observe_all(self, actor: Actor, who: str) -> None:
        tapped: set[str] = set()

        def find(state: Json) -> Found | str | None:
            shown = boxes(state, actor.locale, who)
            still_open = [one for one in shown if one.text.startswith(BOX)]
            fresh = [one for one in still_open if one.data not in tapped]
            if fresh:
                return fresh[0]
            return "done" if shown and not still_open else None

        while found := await self._tap_found(actor, find, "a box to tap"):
            tapped.add(found.data)

    async def _observe_one(self, actor: Actor, who: str, mark: str, item: str) -> None:
        seen = pattern(f"environment/{item}/observe", actor.locale).pattern
        wanted = re.compile(f"{mark} (?:{seen})")

        def find(state: Json) -> Found | None:
            shown = boxes(state, actor.locale, who)
            return next((one for one in shown if wanted.fullmatch(one.text)), None)

        await self._tap_found(actor, find, f"the box {item}")

    async def _paste(self, actor: Actor, line: Line) -> None:
        """`pastes link`: a fresh one; `pastes old-link` the last, `pastes old-link 1` the first."""
        match line.words:
            case ("link",):
                self._links.append(f"{self._address}/room/evening-{len(self._links) + 1}")
                link = self._links[-1]
            case ("old-link",) if self._links:
                link = self._links[-1]
            case ("old-link", number) if 1 <= int(number) <= len(self._links):
                link = self._links[int(number) - 1]
            case _:
                raise StepDiffersError("There is no such link.")
        await actor.phone.type(link)

    async def _enter(self, actor: Actor, _: Line) -> None:
        """Open the way in, as the button in the newest message does."""

        def find(state: Json) -> Found | None:
            return next(iter(ways_in(state)), None)

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

    async def _forge(self, actor: Actor, line: Line) -> None:
        """Tap as a tampered client can, whatever comes of it: `forges DATA`."""
        newest = max((m["message_id"] for m in (await actor.phone.state())["messages"]), default=1)
        await actor.phone.forge(newest, line.words[0])

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
        for actor in self.actors.values():
            for entry in await actor.phone.history():
                for row in entry.get("keyboard", ()):
                    for button in row:
                        found |= _numbers_on(button)
        return found

    # What people see

    async def _see(self, actor: Actor, line: Line) -> None:
        """`sees KEY`, `sees no KEY`, `sees button KEY`, `sees no button KEY`, `sees no-way-in`."""
        match line.words:
            case ("no", key):
                await self.rested()
                if text_on(await actor.phone.state(), actor.locale, key, line.params):
                    raise StepDiffersError(f"{actor.name} sees {key}.")
            case ("button", key):
                await self._button(actor, key, line.params)
            case ("no", "button", key):
                await self.rested()
                wanted = pattern(key, actor.locale, **line.params)
                if newest_button(wanted, await actor.phone.state()):
                    raise StepDiffersError(f"{actor.name} sees the button {key}.")
            case ("no-way-in",):
                await self.rested()
                await self._has_no_way_in(actor)
            case (key,):
                await self._wait(
                    actor, lambda state: text_on(state, actor.locale, key, line.params), key
                )
            case _:
                raise StepDiffersError("This can't be seen.")

    async def _hear(self, actor: Actor, line: Line) -> None:
        """`hears KEY`: the phone has rung with this text since the last time it was heard."""
        (key,) = line.words
        wanted = pattern(key, actor.locale, **line.params)

        def find(state: Json) -> int | None:
            for at, one in enumerate(state["notifications"][actor.heard :], actor.heard + 1):
                if wanted.match(one["text"]) or is_cut(wanted, one["text"]):
                    return at
            return None

        actor.heard = await self._wait(actor, find, f"the phone ringing with {key}")

    async def _rest(self, actor: Actor, _: Line) -> None:
        """Find that the phone has not rung since it was last heard."""
        await self.rested()
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

    async def _button(self, actor: Actor, key: str, params: Mapping[str, str]) -> Found:
        wanted = pattern(key, actor.locale, **params)
        return await self._wait(actor, partial(newest_button, wanted), f"the button {key}")

    async def _wait(self, actor: Actor, find: Callable[[Json], T | None], what: str) -> T:
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

    ROOM: ClassVar[Mapping[str, RoomVerb]] = {
        "clock": _clock,
        "settle": _settle,
        "count": _count,
        "expect": _expect,
        "say": _say,
        "room": _in_room,
        "add": _add,
        "put-away": _put_away,
        "take-out": _take_out,
        "weather": _weather,
        "bot": _bot,
    }
    """What happens in the room."""
    ACTS: ClassVar[Mapping[str, Verb]] = {
        "types": _type,
        "sends": _send,
        "forwards": _forward,
        "edits": _edit,
        "opens": _open,
        "taps": _tap,
        "taps-again": _tap_again,
        "answers": _answer,
        "claims": _claim,
        "observes": _observe,
        "pastes": _paste,
        "enters": _enter,
        "blocks": _block,
        "unblocks": _unblock,
        "loses-line": _lose_line,
        "finds-line": _find_line,
        "tries": _try,
        "forges": _forge,
        "sees": _see,
        "hears": _hear,
        "gets": _get,
        "was-left-in-peace": _rest,
    }
    """What somebody does or sees."""


def _numbers_on(button: Json) -> dict[str, int]:
    """Return what a button gives away: the session it is of, and whose number it carries."""
    text = button["text"]
    match button.get("callback_data", "").split(":"):
        case ["claim", session, person] if " " not in text:
            return {"session": int(session), text: int(person)}
        case ["go", "participant", person] if " " not in text:
            return {text: int(person)}
        case _:
            return {}


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
