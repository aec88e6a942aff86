"""Erasing a participant, or a colleague who left, by two people: one asks, another one confirms.

One of the two is a coordinator wherever there is one. Nobody is erased while a session of theirs is
running; a wish erases nothing by itself and ends after some days. The record holds numbers alone.
"""

from typing import Final

from bot.buttons import Answer
from bot.home import going
from bot.home.question import Hands
from bot.office import rights
from bot.office.groups import named
from bot.office.page import Act, Card, Clerk, Page, View
from bot.views.message import Button, Message, column, tap
from flows.decide import RefusalCode
from flows.model import Instant, PersonId
from storage import audit, outbox, pages, people, wishes
from storage.audit import AuditRow
from storage.people import Role
from storage.store import Tx
from storage.wishes import Wish

DAY: Final = 86400
PAGE: Final = "erasure"
LIST: Final = "erasures"
RING: Final = "office/erasure/asked"
"""What whoever may confirm is told by a new message."""


# What is shown


def on_card(view: View) -> Card:
    """Return what a participant's card shows of a wish to erase them, and the way to it."""
    waits = _wish(view.tx, PersonId(view.about), view.now) is not None
    lines = (view.text("office/erasure/line"),) if waits else ()
    return Card(lines, (view.go("office/erasure/button/erase", PAGE, view.about),))


def rung(view: View) -> Message | None:
    """Tell somebody by the label that a wish waits for them; nothing once it does not."""
    person = PersonId(view.about)
    wish = _wish(view.tx, person, view.now)
    if wish is None or not _may_confirm(view.tx, person, wish, view.viewer.id):
        return None
    who, by = (people.label_of(view.tx, one) for one in (person, wish.by))
    text = view.text(RING, who=who, by=by)
    return Message(text, column(view.go("office/erasure/button/look", PAGE, person)))


def _list(view: View) -> Message:
    """List the wishes that wait, and ask for the label of somebody else."""
    found = [one for one in wishes.waiting(view.tx, view.now) if _wish(view.tx, one, view.now)]
    shown = (tap(people.label_of(view.tx, one)[:32], "go", PAGE, one) for one in found)
    key = "office/erasure/list" if found else "office/erasure/list-empty"
    back = view.go("office/button/back", "programme")
    return Message(view.text(key), column(*shown, back))


def _page(view: View) -> Message | None:
    person = PersonId(view.about)
    if not wishes.can_be_erased(view.tx, person) or wishes.is_confirmed(view.tx, person):
        return None
    wish = _wish(view.tx, person, view.now)
    own = wish is not None and wish.by == view.viewer.id
    how, buttons = _asks(view, person) if wish is None else _waits(view, person, wish)
    if wishes.is_running(view.tx, person) and not own:
        # Nothing but a refusal is possible meanwhile.
        how, buttons = view.text("office/erasure/running"), buttons[1:]
    decides = buttons and not own
    key = "office/erasure/what" if decides else "office/erasure/head"
    what = view.text(key, who=named(view.tx, person))
    return Message(f"{what}\n\n{how}", column(*buttons, _back(view)))


def _asks(view: View, person: PersonId) -> tuple[str, tuple[Button, ...]]:
    """Offer to ask, where there is somebody else who could confirm it."""
    if not wishes.who_may_confirm(view.tx, person, view.viewer.id):
        return view.text("office/erasure/nobody"), ()
    ask = view.do("office/erasure/button/ask", "erasure-ask", person)
    return view.text("office/erasure/ask", n=wishes.LASTS // DAY), (ask,)


def _waits(view: View, person: PersonId, wish: Wish) -> tuple[str, tuple[Button, ...]]:
    """Say whose wish it is and until when it waits, with what the viewer can do about it."""
    day = view.say.day(wish.at + wishes.LASTS)
    if wish.by == view.viewer.id:
        back = view.do("office/erasure/button/back", "erasure-back", person, wish.at)
        return view.text("office/erasure/own", day=day), (back,)
    by = people.label_of(view.tx, wish.by)
    if not _may_confirm(view.tx, person, wish, view.viewer.id):
        return view.text("office/erasure/others", by=by, day=day), ()
    return view.text("office/erasure/confirm", by=by, day=day), (
        view.do("office/erasure/button/confirm", "erasure-confirm", person, wish.at),
        view.do("office/erasure/button/decline", "erasure-decline", person, wish.at),
    )


def _back(view: View) -> Button:
    if rights.of_participant(view.tx, view.viewer, view.about):
        return view.go("office/button/back", "participant", view.about)
    if Role.COORDINATOR in view.viewer.roles:
        return view.go("office/button/back", LIST)
    return view.go("office/button/back", "groups")


def _wish(tx: Tx, person: PersonId, now: Instant) -> Wish | None:
    """Return the wish that waits; one whose asker may not ask any more is none."""
    wish = wishes.find(tx, person, now)
    asker = people.find(tx, wish.by) if wish else None
    if wish is None or wish.confirmed or asker is None or not asker.enrolled:
        return None
    return wish if rights.erases(tx, asker, person) else None


def _may_confirm(tx: Tx, person: PersonId, wish: Wish, who: PersonId) -> bool:
    return who in wishes.who_may_confirm(tx, person, wish.by)


# Acts


def _find(clerk: Clerk, _: int, line: str) -> Answer:
    person = wishes.with_label(clerk.tx, line)
    if person is None:
        clerk.record("erasure-find", "unknown")
        return clerk.go(LIST, notice="office/erasure/unknown")
    return clerk.go(PAGE, person)


def _ask(clerk: Clerk, about: int, _: str) -> Answer:
    person = PersonId(about)
    if not wishes.can_be_erased(clerk.tx, person) or wishes.is_confirmed(clerk.tx, person):
        return _refuse(clerk, "erasure-ask", about, RefusalCode.STALE)
    if _wish(clerk.tx, person, clerk.now) is not None:
        return _refuse(clerk, "erasure-ask", about, RefusalCode.STALE)
    others = wishes.who_may_confirm(clerk.tx, person, clerk.person.id)
    if not others or wishes.is_running(clerk.tx, person):
        return _refuse(clerk, "erasure-ask", about, RefusalCode.NOT_NOW)
    wishes.ask(clerk.tx, person, clerk.person.id, clerk.now)
    clerk.record("erasure-ask", person=person)
    for other in others:
        clerk.tell(other, RING, about=person)
    _redraw_others(clerk, person)
    return clerk.go(PAGE, person)


def _take_back(clerk: Clerk, about: int, choice: str) -> Answer:
    person = PersonId(about)
    wish = _same_wish(clerk, person, choice)
    if wish is None or wish.by != clerk.person.id:
        return _refuse(clerk, "erasure-back", about, RefusalCode.STALE)
    wishes.let_be(clerk.tx, person)
    clerk.record("erasure-back", person=person)
    _redraw_others(clerk, person)
    return clerk.go(PAGE, person, notice="office/erasure/taken-back")


def _decline(clerk: Clerk, about: int, choice: str) -> Answer:
    person = PersonId(about)
    wish = _same_wish(clerk, person, choice)
    if wish is None:
        return _refuse(clerk, "erasure-decline", about, RefusalCode.STALE)
    if not _may_confirm(clerk.tx, person, wish, clerk.person.id):
        return _refuse(clerk, "erasure-decline", about, RefusalCode.NOT_NOW)
    wishes.let_be(clerk.tx, person)
    clerk.record("erasure-decline", person=person)
    clerk.tell(wish.by, "office/erasure/declined", about=person)
    _redraw_others(clerk, person)
    return clerk.go(PAGE, person, notice="office/erasure/taken-back")


def _confirm(clerk: Clerk, about: int, choice: str) -> Answer:
    """Let somebody go for good: their last message first, then everything (`going.sweep`)."""
    person = PersonId(about)
    wish, known = _same_wish(clerk, person, choice), people.find(clerk.tx, person)
    if wish is None or known is None or not wishes.can_be_erased(clerk.tx, person):
        return _refuse(clerk, "erasure-confirm", about, RefusalCode.STALE)
    if not _may_confirm(clerk.tx, person, wish, clerk.person.id):
        return _refuse(clerk, "erasure-confirm", about, RefusalCode.NOT_NOW)
    if wishes.is_running(clerk.tx, person):
        return _refuse(clerk, "erasure-confirm", about, RefusalCode.NOT_NOW)
    wishes.confirm(clerk.tx, person, clerk.person.id)
    clerk.record("erasure-confirm", person=person, detail=f"asked-by.{wish.by}")
    clerk.tell(wish.by, "office/erasure/agreed", about=person)
    _redraw_others(clerk, person)
    going.see_off(Hands(clerk.tx, known, clerk.now, clerk.setting), "home/erasure/good-bye")
    leads = Role.COORDINATOR not in clerk.person.roles
    return clerk.go("groups" if leads else LIST, notice="office/erasure/begun")


def _same_wish(clerk: Clerk, person: PersonId, choice: str) -> Wish | None:
    """Return the wish that a button was drawn for, if it still waits."""
    wish = _wish(clerk.tx, person, clerk.now)
    return wish if wish is not None and str(wish.at) == choice else None


def _refuse(clerk: Clerk, kind: str, about: int, code: RefusalCode) -> Answer:
    """Refuse, on record, and turn to the page as it stands now."""
    pages.keep(clerk.tx, clerk.person.id, pages.Page(PAGE, about))
    clerk.record(kind, code, person=about)
    clerk.redraw(clerk.person.id)
    return Answer(f"refusal/{code}")


def _redraw_others(clerk: Clerk, person: PersonId) -> None:
    """Draw anew what others have open and what may name the person, or the wish."""
    staff = {*people.coordinators(clerk.tx), *wishes.facilitators_of(clerk.tx, person)}
    for other in sorted(staff - {clerk.person.id}):
        if pages.find(clerk.tx, other) is not None:
            clerk.redraw(other)


# By the ticker


def sweep(tx: Tx, now: Instant) -> Instant | None:
    """Let wishes lapse that nobody has confirmed, and tell whoever asked; return when to look."""
    for person, by in wishes.take_lapsed(tx, now):
        audit.append(tx, AuditRow(at=now, kind="erasure-lapsed", outcome="done", person=person))
        outbox.add_once(tx, by, now=now, subject="office/erasure/lapsed", about=person)
    return wishes.next_due(tx)


PAGES = (
    Page(LIST, rights.coordinator, _list, _find),
    Page(PAGE, rights.erases, _page),
)
ACTS = (
    Act("erasure-ask", rights.erases, _ask),
    Act("erasure-back", rights.erases, _take_back),
    Act("erasure-confirm", rights.erases, _confirm),
    Act("erasure-decline", rights.erases, _decline),
)
