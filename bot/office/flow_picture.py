"""A flow's diagram as a picture, in the chat: what is published in a language, as a document.

The button is there only where a renderer was found when the bot started.
"""

from collections.abc import Mapping
from typing import Final

from bot.buttons import Answer
from bot.graphics import diagrams
from bot.office import flow_place, rights
from bot.office.flows import named, title
from bot.office.page import Act, Clerk, View
from bot.views.message import Diagram, Message
from flows.decide import RefusalCode
from flows.effects import Param
from storage import outbox, revisions
from storage.outbox import Kind

DRAW: Final = "draw"
"""What a letter is about that stands for a picture to be drawn; its params say of what."""


def _ask(clerk: Clerk, about: int, _: str) -> Answer:
    """Have the picture sent; it is drawn when it is sent."""
    place = flow_place.of(about)
    if not clerk.setting.chromium or revisions.latest(clerk.tx, place.flow, place.locale) is None:
        return clerk.refuse("flow-picture", RefusalCode.STALE)
    params: dict[str, Param] = {"place": place.number}
    outbox.add(clerk.tx, clerk.person.id, Kind.SAY, now=clerk.now, subject=DRAW, params=params)
    clerk.record("flow-picture", detail=named(place))
    return Answer()


def sent(view: View, params: Mapping[str, Param]) -> Message | None:
    """Say what is to be drawn; nothing for whoever is no coordinator any more."""
    if not rights.coordinator(view.tx, view.viewer, view.about):
        return None
    place = flow_place.of(int(str(params["place"])))
    found = revisions.latest(view.tx, place.flow, place.locale)
    if found is None:
        return None
    name = f"{place.flow}.{place.locale}.png"
    wanted = Diagram(name, diagrams.drawn(found[0]), view.text("office/flows/picture-lost"))
    return Message(title(view, place), diagram=wanted)


PAGES = ()
ACTS = (Act("flow-picture", rights.coordinator, _ask),)
