"""What happens in the room and is nobody's act: the clock, the weather, the bot, put-away phones.

Also what a script expects of everybody at once, and of the bot's files.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import aiohttp

from bot.practice.scripts.looking import Actor
from bot.practice.scripts.script import Line
from bot.practice.scripts.seeing import has_no_way_in
from bot.practice.scripts.stage import RoomVerb, Stage, StepDiffersError
from bot.practice.scripts.times import moved


async def _clock(stage: Stage, line: Line) -> None:
    """Move the clock, once everything that was done is answered."""
    await stage.rested()
    (word,) = line.words
    if word == "next":
        await stage.ask_room("clock", timer=True)
    else:
        now = datetime.fromtimestamp(await stage.room.now(), stage.zone)
        await stage.room.move_to(moved(now, word))
    await stage.rested()


async def _settle(stage: Stage, _: Line) -> None:
    await stage.rested()


async def _count(stage: Stage, _: Line) -> None:
    """Count taps anew: `count taps`."""
    for actor in stage.actors.values():
        actor.taps = 0


async def _add(stage: Stage, line: Line) -> None:
    """Give somebody a phone and an invitation: `add LABEL ROLE LANGUAGE`."""
    label, role, locale = line.words
    one = await stage.ask_room("people", label=label, role=role, locale=locale)
    phone = stage.phone(one["user_id"])
    stage.actors[label] = Actor(label, locale, phone, one["link"])


async def _put_away(stage: Stage, line: Line) -> None:
    """Put phones away: `put-away LABEL...`."""
    for name in line.words:
        phone = stage.actor(name).phone.user_id
        await stage.ask_room("away", phone=phone, away=True)


async def _take_out(stage: Stage, line: Line) -> None:
    """Take phones out again: `take-out LABEL...`."""
    for name in line.words:
        phone = stage.actor(name).phone.user_id
        await stage.ask_room("away", phone=phone, away=False)


async def _weather(stage: Stage, line: Line) -> None:
    """`weather slow on`; of `slow`, `down` and `limited`."""
    kind, switch = line.words
    await stage.ask_room("weather", **{kind: switch == "on"})
    if kind == "down":
        _hear_again(stage, "down", again=switch != "on")


async def _bot(stage: Stage, line: Line) -> None:
    """`bot killed` wherever it is, `bot started` again."""
    (state,) = line.words
    await stage.ask_room("bot", on=state == "started")
    _hear_again(stage, "bot", again=state == "started")


def _hear_again(stage: Stage, why: str, *, again: bool) -> None:
    stage.silenced = stage.silenced - {why} if again else stage.silenced | {why}


async def _expect(stage: Stage, line: Line) -> None:
    """Expect something of everybody, of what was tried, or of the bot's files."""
    await stage.rested()
    match line.words:
        case ("taps", *names, "at-most", most):
            taps = sum(stage.actors[name].taps for name in names)
            stage.counted.append(f"{taps} taps by {' and '.join(names)}, {most} at most.")
            if taps > int(most):
                raise StepDiffersError(f"{taps} taps, more than {most}.")
        case ("refused", "at-least", least):
            if stage.refused < int(least):
                raise StepDiffersError(f"{stage.refused} refused, fewer than {least}.")
        case ("no", "way-in"):
            await _nobody_has_a_way_in(stage)
        case ("record", "whole"):
            await _expect_files(stage, "broken")
        case ("erased", name):
            phone = stage.actor(name).phone.user_id
            await _expect_files(stage, "found", label=name, phone=phone)
        case _:
            raise StepDiffersError("This can't be expected.")


async def _expect_files(stage: Stage, what: str, **about: Any) -> None:
    """Find nothing of this kind in the bot's files."""
    if told := (await stage.ask_room("files", **about))[what]:
        raise StepDiffersError(f"The bot's files say: {', '.join(told)}.")


async def _nobody_has_a_way_in(stage: Stage) -> None:
    for actor in stage.actors.values():
        await has_no_way_in(stage, actor)


async def _say(stage: Stage, line: Line) -> None:
    """Say something to whoever watches; nothing happens."""


async def _in_room(stage: Stage, line: Line) -> None:
    """`room has H7 K2`: just these have come in through the link."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(stage.links[-1], params={"format": "json"}) as answer,
    ):
        inside = {one["name"] for one in (await answer.json())["people"]}
    expected = set(line.words[1:])
    if inside != expected:
        raise StepDiffersError(f"In the room: {sorted(inside)}; expected {sorted(expected)}.")


ROOM: Final[Mapping[str, RoomVerb]] = {
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
