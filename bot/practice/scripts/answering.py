"""What people answer and staff tick off: each question is read first, each box is its own tap."""

import re
from collections.abc import Mapping
from typing import Final

from bot.language.shipped import shipped_revision
from bot.practice.botapi.schema import Json
from bot.practice.scripts.handing import straight_on
from bot.practice.scripts.looking import BOX, BOXED, Actor, Found, boxes, find_button
from bot.practice.scripts.script import Line
from bot.practice.scripts.stage import Stage, StepDiffersError, Verb
from bot.practice.scripts.wording import pattern
from flows.flow import Flow

CHECK = "environment"
"""The flow whose questions are meant where a script names none."""


async def _answer(stage: Stage, actor: Actor, line: Line) -> None:
    """`answers STEP OPTION`, or `answers all yes`: each question is read first.

    With `for=H7` staff enter on their desk what somebody says by phone.
    """
    step, option = line.words
    flow = shipped_revision(line.params.get("flow", CHECK), actor.locale).flow
    if step != "all":
        await _answer_step(stage, actor, flow, step, option, line.params.get("for", ""))
        return
    for each in straight_on(flow, option):
        await _answer_step(stage, actor, flow, each, option)
    if flow.id == CHECK:
        await _sees_text(stage, actor, flow.final("ready").text)


async def _answer_step(
    stage: Stage, actor: Actor, flow: Flow, step_id: str, option_id: str, whose: str = ""
) -> None:
    step, option = flow.steps[step_id], flow.option(step_id, option_id)
    if option is None:
        raise StepDiffersError(f"{step_id} has no option {option_id}.")
    head = pattern("assisted/head", actor.locale, who=whose).pattern if whose else ""
    question = re.compile(f"{head}\\s*{re.escape(step.text)}\\Z")

    def find(state: Json) -> Found | None:
        for message in reversed(state["messages"]):
            if question.search(message["text"]):
                return find_button(message, option.text.__eq__)
        return None

    await stage.tap_found(actor, find, f"the question {step_id}")


async def _sees_text(stage: Stage, actor: Actor, text: str) -> None:
    def find(state: Json) -> bool | None:
        return any(message["text"] == text for message in state["messages"]) or None

    await stage.wait(actor, find, text)


async def _claim(stage: Stage, actor: Actor, line: Line) -> None:
    """Tap somebody's label on the board."""
    await stage.tap_button(actor, f"={line.words[0]}", {})


async def _observe(stage: Stage, actor: Actor, line: Line) -> None:
    """Tick the boxes: `observes H7`, or `H7 ITEM` alone; `H7 not ITEM` takes one back."""
    match line.words:
        case (who,):
            await _observe_all(stage, actor, who)
        case (who, item):
            await _observe_one(stage, actor, who, BOX, item)
        case (who, "not", item):
            await _observe_one(stage, actor, who, BOXED, item)
        case _:
            raise StepDiffersError("This can't be observed.")


async def _observe_all(stage: Stage, actor: Actor, who: str) -> None:
    tapped: set[str] = set()

    def find(state: Json) -> Found | str | None:
        shown = boxes(state, actor.locale, who)
        still_open = [one for one in shown if one.text.startswith(BOX)]
        fresh = [one for one in still_open if one.data not in tapped]
        if fresh:
            return fresh[0]
        return "done" if shown and not still_open else None

    while found := await stage.tap_found(actor, find, "a box to tap"):
        tapped.add(found.data)


async def _observe_one(stage: Stage, actor: Actor, who: str, mark: str, item: str) -> None:
    seen = pattern(f"environment/{item}/observe", actor.locale).pattern
    wanted = re.compile(f"{mark} (?:{seen})")

    def find(state: Json) -> Found | None:
        shown = boxes(state, actor.locale, who)
        return next((one for one in shown if wanted.fullmatch(one.text)), None)

    await stage.tap_found(actor, find, f"the box {item}")


ACTS: Final[Mapping[str, Verb]] = {
    "answers": _answer,
    "claims": _claim,
    "observes": _observe,
}
