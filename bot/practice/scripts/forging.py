"""What a tampered client does: it taps buttons that nobody drew for it, by numbers it has seen."""

from collections.abc import Mapping
from typing import Final

from bot.practice.botapi.schema import Json
from bot.practice.scripts.looking import Actor
from bot.practice.scripts.script import Line
from bot.practice.scripts.stage import Stage, StepDiffersError, Verb


async def _try(stage: Stage, actor: Actor, line: Line) -> None:
    """Tap a forged button and find that it is refused: `tries VERB ARG...`.

    `session` and labels among the arguments stand for the numbers that the boards carry.
    """
    verb, *args = line.words
    numbers = await _numbers(stage)
    data = ":".join((verb, *(str(numbers.get(arg, arg)) for arg in args)))
    await _refused_tap(stage, actor, data)


async def _forge(_: Stage, actor: Actor, line: Line) -> None:
    """Tap as a tampered client can, whatever comes of it: `forges DATA`."""
    newest = max((m["message_id"] for m in (await actor.phone.state())["messages"]), default=1)
    await actor.phone.forge(newest, line.words[0])


async def _refused_tap(stage: Stage, actor: Actor, data: str) -> None:
    before = await actor.phone.state()
    message = max((m["message_id"] for m in before["messages"]), default=1)
    toasts = len(before["toasts"])
    await actor.phone.forge(message, data)

    def find(state: Json) -> str | None:
        fresh = state["toasts"][toasts:]
        return fresh[-1]["text"] if fresh else None

    text = await stage.wait(actor, find, f"a refusal of {data}")
    if not text:
        raise StepDiffersError(f"{data} was not refused.")
    stage.refused += 1


async def _numbers(stage: Stage) -> dict[str, int]:
    """Learn the session's and people's numbers from the boards, as a forger might."""
    found: dict[str, int] = {}
    for actor in stage.actors.values():
        for entry in await actor.phone.history():
            for row in entry.get("keyboard", ()):
                for button in row:
                    found |= _numbers_on(button)
    return found


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


ACTS: Final[Mapping[str, Verb]] = {
    "tries": _try,
    "forges": _forge,
}
