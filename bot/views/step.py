"""How a step of a flow stands on a phone: its text, and its options in rows.

The one rule for whoever asks the questions and for whoever reads them on paper.
"""

from collections.abc import Iterable

from bot.views.message import Button, Message, Row, column, pairs
from flows.flow import Flow, Step


def rows(flow: Flow, step: Step, options: Iterable[Button]) -> tuple[Row, ...]:
    """Return the options of a step as they stand below its text."""
    if flow.kind == "orientation" and step.item:
        return pairs(*options)
    return column(*options)


def message(flow: Flow, step: Step, below: tuple[Row, ...] = ()) -> Message:
    """Return a step as it stands on a phone, with its picture."""
    return Message(text(flow, step), below, shows=flow.pictures.get(step.id, ""))


def text(flow: Flow, step: Step) -> str:
    """Return the text of a step; staff, who are guided through a flow, read its title too."""
    if flow.audience != "facilitator" or not step.item:
        return step.text
    title = next(item.title for item in flow.items if item.id == step.item)
    return f"{title}\n\n{step.text}"
