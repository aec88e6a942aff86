"""Invitations that are handed on from phone to phone, and the labels that are learned with them.

A script can't know the label that the bot makes for somebody: `@P1` stands for it once P1 has
opened an invitation that another phone shows.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from bot.practice.botapi.schema import Json
from bot.practice.scripts.script import Line
from bot.practice.scripts.wording import reader
from flows.flow import Flow

CAPTION = "office/invitation/caption"


def handed(state: Json, locale: str, before: str) -> tuple[str, str] | None:
    """Return link and label of the newest invitation on a phone; None where it is `before`."""
    caption = reader(CAPTION, locale)
    for message in reversed(state["messages"]):
        if found := caption.fullmatch(message["text"]):
            return (found["link"], found["who"]) if found["link"] != before else None
    return None


def named(line: Line, labels: Mapping[str, str]) -> Line:
    """Put the labels that were learned in the place of `@NAME`."""

    def put(words: str) -> str:
        return re.sub(r"@(\w+)", lambda found: labels.get(found[1], found[0]), words)

    words = tuple(put(word) for word in line.words)
    return replace(
        line, words=words, params={name: put(value) for name, value in line.params.items()}
    )


def straight_on(flow: Flow, option_id: str) -> Iterator[str]:
    """Yield the steps of a flow one after the other, as this option leads from each to the next.

    They begin with the first step that has it.
    """
    step = next((one for one in flow.steps if flow.option(one, option_id)), flow.start)
    while (option := flow.option(step, option_id)) is not None:
        yield step
        step = option.to
