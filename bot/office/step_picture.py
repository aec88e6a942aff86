"""A picture above a question, in one language: sent by a coordinator, seen, and taken away again.

What was sent is fetched and drawn anew in a step of its own; nothing else of it is kept. It becomes
a part of the draft, with a reason, and nothing is published here.
"""

from collections.abc import Mapping
from typing import Final

from bot.buttons import Answer
from bot.exchange.sheet import MOST_BYTES
from bot.graphics import pictures
from bot.intake import FileSent
from bot.office import flow_place, rights
from bot.office.flow_place import Place
from bot.office.flow_steps import name_of, one_of, reshape, seen_at
from bot.office.flows import begins, named, steps_of
from bot.office.page import Act, Clerk, Page, View
from bot.views.message import Message, column
from flows.decide import RefusalCode
from flows.edits import Picture
from flows.effects import Param
from storage import outbox
from storage import pictures as kept
from storage.outbox import Kind

FETCH: Final = "fetch"
END: Final = "picture"
"""Stands in a letter for the kind of file: it is drawn anew and not read."""
PAGE: Final = "flow-image"
_NO_PICTURE: Final = "office/flows/problem/picture"


def _draw(view: View) -> Message | None:
    """Show the picture of an entry, if it has one, and ask for another one."""
    place = flow_place.of(view.about)
    steps = steps_of(view.tx, place)
    found = one_of(steps, place)
    if steps is None or found is None:
        return None
    picture = steps.revision.flow.pictures.get(found[1].id, "")
    asks = view.text("office/flows/step/ask-picture", text=begins(name_of(found[1])))
    buttons = [view.go("office/button/back", "flow-step", seen_at(place))]
    if picture:
        away = view.do("office/flows/step/button/picture-away", "flow-image-away", view.about)
        buttons = [away, *buttons]
    return Message(asks, column(*buttons), shows=picture)


def _take(clerk: Clerk, about: int, file: FileSent) -> bool:
    """Have a picture fetched; refuse at once what can't be one."""
    place = flow_place.of(about)
    if file.suffix not in pictures.SUFFIXES or not 0 < file.size <= MOST_BYTES:
        _refuse(clerk, place)
        return False
    params: dict[str, Param] = {
        "file": file.file,
        "end": END,
        "place": place.number,
        "message": file.message,
    }
    outbox.add(clerk.tx, clerk.person.id, Kind.SAY, now=clerk.now, subject=FETCH, params=params)
    return True


def _refuse(clerk: Clerk, place: Place) -> None:
    clerk.record(PAGE, "no-picture", detail=named(place))
    clerk.go(PAGE, place.number, _NO_PICTURE)


def read(data: bytes) -> bytes:
    """Draw what was fetched anew; empty where it can't be taken."""
    return pictures.drawn_anew(data) or b""


def received(clerk: Clerk, params: Mapping[str, Param], picture: bytes | None) -> None:
    """Put a picture into the draft, or say why not; None: it could not be fetched."""
    place = flow_place.of(int(str(params["place"])))
    if not rights.coordinator(clerk.tx, clerk.person, place.number):
        clerk.refuse(PAGE, RefusalCode.FORGED)
        return
    if picture is None:
        clerk.record(PAGE, "not-fetched", detail=named(place))
        clerk.go(PAGE, place.number, "office/flows/file-lost")
    elif not picture:
        _refuse(clerk, place)
    else:
        _keep(clerk, place, picture)
    message = str(params["message"])
    outbox.add(clerk.tx, clerk.person.id, Kind.ERASE, now=clerk.now, subject=message)
    clerk.show()


def _keep(clerk: Clerk, place: Place, picture: bytes) -> None:
    steps = steps_of(clerk.tx, place)
    found = one_of(steps, place)
    if steps is None or found is None:
        clerk.refuse(PAGE, RefusalCode.STALE)
        return
    edit = Picture(found[1].id, kept.keep(clerk.tx, picture))
    reshape(clerk, place, steps, edit, "pictured")
    # What was refused stands in no draft.
    kept.forget_unused(clerk.tx)


def _take_away(clerk: Clerk, about: int, _: str) -> Answer:
    place = flow_place.of(about)
    steps = steps_of(clerk.tx, place)
    found = one_of(steps, place)
    if steps is None or found is None or found[1].id not in steps.revision.flow.pictures:
        return clerk.refuse("flow-image-away", RefusalCode.STALE)
    return reshape(clerk, place, steps, Picture(found[1].id, ""), "unpictured")


PAGES = (Page(PAGE, rights.coordinator, _draw, take_file=_take),)
ACTS = (Act("flow-image-away", rights.coordinator, _take_away),)
