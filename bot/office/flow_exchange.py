"""A flow's texts by file, in the chat: taken out as a document, and brought back as one.

What comes back becomes a draft. Nothing is published here, and nothing of what was sent is kept but
the words that the draft gets.
"""

from collections.abc import Mapping
from typing import Final

from bot.buttons import Answer, Unreadable
from bot.exchange import by_file, sheet
from bot.exchange.by_file import FORMATS, Outcome
from bot.exchange.sheet import Returned
from bot.intake import FileSent
from bot.office import flow_place, notice, rights
from bot.office.flow_place import Place
from bot.office.flow_steps import reason_at
from bot.office.flows import named, title
from bot.office.page import Act, Clerk, Page, View
from bot.views.message import Document, Message, pairs, tap
from flows.decide import RefusalCode
from flows.effects import Param
from flows.finding import Finding
from storage import drafts as kept
from storage import outbox, revisions
from storage.outbox import Kind

SENT: Final = "office/flows/file-sent"
"""The document that is sent: what stands below it."""
FETCH: Final = "fetch"
"""What a letter is about that stands for a file to be fetched; its params say which."""
PAGE: Final = "flow-file"
_REFUSED: Final = "office/flows/file-refused"


def _draw(view: View) -> Message | None:
    place = flow_place.of(view.about)
    if revisions.latest(view.tx, place.flow, place.locale) is None:
        return None
    out = (tap(f".{end}", "do", "flow-file-out", place.number, end) for end in FORMATS)
    back = view.go("office/button/back", "flow-language", place.number)
    text = f"{title(view, place)}\n{view.text('office/flows/file')}"
    return Message(text, (*pairs(*out), (back,)))


def _take_out(clerk: Clerk, about: int, choice: str) -> Answer:
    """Have the texts sent as a document; it is made when it is sent."""
    place = flow_place.of(about)
    if choice not in FORMATS:
        raise Unreadable
    params: dict[str, Param] = {"place": place.number, "end": choice}
    outbox.add(clerk.tx, clerk.person.id, Kind.SAY, now=clerk.now, subject=SENT, params=params)
    clerk.record("flow-file-out", detail=f"{named(place)}/{choice}")
    return Answer()


def sent(view: View, params: Mapping[str, Param]) -> Message | None:
    """Draw the document as the texts are now; nothing for whoever is no coordinator any more."""
    if not rights.coordinator(view.tx, view.viewer, view.about):
        return None
    place, end = flow_place.of(int(str(params["place"]))), str(params["end"])
    found = by_file.taken_out(view.tx, place.flow, place.locale)
    if found is None:
        return None
    file = Document(sheet.name_of(found, end), FORMATS[end].write(found))
    return Message(view.text(SENT), document=file)


def _take(clerk: Clerk, about: int, file: FileSent) -> bool:
    """Have a file fetched in a step of its own; refuse at once what can't be one."""
    place = flow_place.of(about)
    wrong = _refusable(place, file)
    if wrong is not None:
        _refuse(clerk, place, (wrong,))
        return False
    params: dict[str, Param] = {
        "file": file.file,
        "end": file.suffix,
        "place": place.number,
        "message": file.message,
    }
    outbox.add(clerk.tx, clerk.person.id, Kind.SAY, now=clerk.now, subject=FETCH, params=params)
    return True


def _refusable(place: Place, file: FileSent) -> Finding | None:
    if file.suffix not in FORMATS:
        return sheet.NO_SHEET.at(_called(place, "?"), 1)
    if not 0 < file.size <= sheet.MOST_BYTES:
        return sheet.too_big(_called(place, file.suffix), sheet.MOST_BYTES)
    return None


def _called(place: Place, end: str) -> str:
    """Name a file as it was called when it was taken out, whatever it is called now."""
    return f"{place.flow}.{place.locale}.{end}"


def read(letter: Mapping[str, Param], data: bytes) -> Returned:
    """Read what was fetched; it is asked of no database."""
    place, end = flow_place.of(int(str(letter["place"]))), str(letter["end"])
    return FORMATS[end].read(data, _called(place, end))


def received(clerk: Clerk, params: Mapping[str, Param], returned: Returned | None) -> None:
    """Take what a file changes into the draft, or say why not; None: it could not be fetched."""
    place = flow_place.of(int(str(params["place"])))
    message = str(params["message"])
    if not rights.coordinator(clerk.tx, clerk.person, place.number):
        clerk.refuse("flow-file", RefusalCode.FORGED)
        return
    if returned is None:
        clerk.record("flow-file", "not-fetched", detail=named(place))
        clerk.go(PAGE, place.number, "office/flows/file-lost")
    else:
        outcome = by_file.looked_over(clerk.tx, returned, place.flow, place.locale)
        _keep(clerk, place, outcome)
    outbox.add(clerk.tx, clerk.person.id, Kind.ERASE, now=clerk.now, subject=message)
    clerk.show()


def _keep(clerk: Clerk, place: Place, outcome: Outcome) -> None:
    if outcome.findings:
        _refuse(clerk, place, outcome.findings)
        return
    count = by_file.write(clerk.tx, outcome, by=clerk.person.id, now=clerk.now)
    clerk.record("flow-file", detail=f"{named(place)}/{count}")
    if outcome.whole is not None:
        edits = len(kept.edits(clerk.tx, place.flow, place.locale))
        clerk.go("flow-reason", reason_at(clerk.tx, place, edits).number)
        return
    told = notice.kept("office/flows/file-kept", count) if count else "office/flows/file-same"
    clerk.go(PAGE, place.number, told)


def _refuse(clerk: Clerk, place: Place, findings: tuple[Finding, ...]) -> None:
    clerk.record("flow-file", "findings", detail=f"{named(place)}/{len(findings)}")
    clerk.go(PAGE, place.number, notice.kept(_REFUSED, len(findings), findings))


PAGES = (Page(PAGE, rights.coordinator, _draw, take_file=_take),)
ACTS = (Act("flow-file-out", rights.coordinator, _take_out),)
