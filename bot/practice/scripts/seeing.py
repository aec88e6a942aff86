"""What people see, hear and are told: waited for on a phone, or found not to be."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from bot.practice.botapi.schema import Json
from bot.practice.scripts.looking import Actor, Found, is_cut, newest_button, text_on, ways_in
from bot.practice.scripts.script import Line
from bot.practice.scripts.stage import Stage, StepDiffersError, Verb
from bot.practice.scripts.wording import label, pattern


async def _see(stage: Stage, actor: Actor, line: Line) -> None:
    """`sees KEY`, `sees no KEY`, `sees button KEY`, `sees no button KEY`, `sees no-way-in`."""
    match line.words:
        case ("no", key):
            await stage.rested()
            if text_on(await actor.phone.state(), actor.locale, key, line.params):
                raise StepDiffersError(f"{actor.name} sees {key}.")
        case ("button", key):
            await _button(stage, actor, key, line.params)
        case ("no", "button", key):
            await stage.rested()
            wanted = label(key, actor.locale, **line.params)
            if newest_button(wanted, await actor.phone.state()):
                raise StepDiffersError(f"{actor.name} sees the button {key}.")
        case ("no-way-in",):
            await stage.rested()
            await has_no_way_in(stage, actor)
        case (key,):
            await stage.wait(
                actor, lambda state: text_on(state, actor.locale, key, line.params), key
            )
        case _:
            raise StepDiffersError("This can't be seen.")


async def _hear(stage: Stage, actor: Actor, line: Line) -> None:
    """`hears KEY`: the phone has rung with this text since the last time it was heard."""
    (key,) = line.words
    wanted = pattern(key, actor.locale, **line.params)

    def find(state: Json) -> int | None:
        # A lock screen shows one line, cut off; what is longer is known by its message.
        texts = {message["message_id"]: message["text"] for message in state["messages"]}
        for at, one in enumerate(state["notifications"][actor.heard :], actor.heard + 1):
            whole = texts.get(one["message_id"], "")
            if wanted.match(one["text"]) or is_cut(wanted, one["text"]) or wanted.match(whole):
                return at
        return None

    actor.heard = await stage.wait(actor, find, f"the phone ringing with {key}")


async def _rest(stage: Stage, actor: Actor, _: Line) -> None:
    """Find that the phone has not rung since it was last heard."""
    await stage.rested()
    rung = (await actor.phone.state())["notifications"][actor.heard :]
    if rung:
        raise StepDiffersError(f"{actor.name} was rung: {rung[-1]['text']}")


async def _get(stage: Stage, actor: Actor, line: Line) -> None:
    """Read the answer to a tap: `gets KEY`, since the last time one was read."""
    (key,) = line.words
    wanted = pattern(key, actor.locale, **line.params)

    def find(state: Json) -> int | None:
        for at, one in enumerate(state["toasts"][actor.toasted :], actor.toasted + 1):
            if wanted.fullmatch(one["text"]):
                return at
        return None

    actor.toasted = await stage.wait(actor, find, f"the answer {key}")


async def _button(stage: Stage, actor: Actor, key: str, params: Mapping[str, str]) -> Found:
    wanted = label(key, actor.locale, **params)
    return await stage.wait(actor, partial(newest_button, wanted), f"the button {key}")


async def has_no_way_in(stage: Stage, actor: Actor) -> None:
    """Wait a little: one that is just being taken away goes, one that is wrong stays."""
    await stage.wait(actor, lambda state: not ways_in(state) or None, "that no way in is there")


ACTS: Final[Mapping[str, Verb]] = {
    "sees": _see,
    "hears": _hear,
    "gets": _get,
    "was-left-in-peace": _rest,
}
