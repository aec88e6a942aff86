"""A participant goes: takes the consent back, or leaves for good; and whoever is to go, goes.

Each is asked once more, closes whatever is open for them at once, and tells staff no reason.
"""

from typing import Final

from bot import keeping, planning
from bot.buttons import Answer, Unreadable
from bot.home.question import Concern, Hands, Sight, button
from bot.views.message import Message, column
from flows import events as e
from flows.decide import RefusalCode
from flows.effects import ScreenKind
from flows.model import Agreement, CheckState, Instant, PersonId, StopReason
from storage import arrivals, audit, erasure, outbox, pages, people, screens, sessions, wishes
from storage.audit import AuditRow
from storage.outbox import Kind
from storage.pages import Page
from storage.store import Tx

NAME: Final = "going"
WITHDRAW, LEAVE = "withdraw", "leave"
OVER: Final = "over"
"""Where somebody is who has not agreed to everything in time."""
LIVE: Final = (CheckState.ASKING, CheckState.READY, CheckState.UNMET, CheckState.ADMITTED)
"""States of a check that a stop ends."""


def ask_withdraw(hands: Hands) -> None:
    """Ask whether the consent shall be taken back; one that is not there is not asked about."""
    agreed = people.standing_of(hands.tx, hands.person.id).agreements
    _open(hands, WITHDRAW if Agreement.CONSENT in agreed else "declined")


def ask_leave(hands: Hands) -> None:
    """Ask whether somebody wants to leave for good."""
    _open(hands, LEAVE)


def _open(hands: Hands, page: str) -> None:
    pages.keep(hands.tx, hands.person.id, Page(page, 0))
    hands.show()


def _draw(sight: Sight) -> Message | None:
    opened = pages.find(sight.tx, sight.viewer.id)
    if opened is None or opened.name not in (WITHDRAW, LEAVE) or not sight.viewer.enrolled:
        return None
    say = sight.say.say
    if opened.name == WITHDRAW:
        text, yes = say("home/going/withdraw"), say("home/button/withdraw")
    else:
        text, yes = say("home/going/leave"), say("home/button/leave")
    return Message(
        text,
        column(
            button(yes, NAME, opened.name, "yes"),
            button(say("home/button/stay"), NAME, opened.name, "no"),
        ),
    )


def _do(hands: Hands, act: str, choice: str) -> Answer:
    if hands.person.staff or act not in (WITHDRAW, LEAVE) or choice not in ("yes", "no"):
        raise Unreadable
    opened = pages.find(hands.tx, hands.person.id)
    if opened is None or opened.name != act:
        return hands.refuse(act, RefusalCode.STALE)
    if choice == "no":
        return _stay(hands)
    return _withdraw(hands) if act == WITHDRAW else _leave(hands)


def _stay(hands: Hands) -> Answer:
    pages.close(hands.tx, hands.person.id)
    hide_home(hands)
    hands.tell(hands.person.id, "home/going/as-it-was")
    hands.show()
    return Answer()


def _withdraw(hands: Hands) -> Answer:
    hands.record(WITHDRAW)
    arrivals.withdraw_consent(hands.tx, hands.person.id)
    _stop_everything(hands)
    tell_facilitators(hands, "office/withdrawn")
    pages.keep(hands.tx, hands.person.id, Page("declined", 0))
    hands.redraw()
    return Answer()


def _leave(hands: Hands) -> Answer:
    hands.record(LEAVE)
    _stop_everything(hands)
    tell_facilitators(hands, "office/left")
    see_off(hands, "home/going/good-bye")
    return Answer()


def see_off(hands: Hands, last_words: str) -> None:
    """Take somebody out of everything that is to come; whoever is there still gets last words."""
    _take_off_rosters(hands)
    arrivals.leave_groups(hands.tx, hands.person.id)
    _hide_places(hands)
    hide_home(hands)
    if hands.person.enrolled or hands.person.invited:
        hands.tell(hands.person.id, last_words)
    arrivals.part(hands.tx, hands.person.id, hands.now)


def _stop_everything(hands: Hands) -> None:
    """Stop whatever runs for them, as if they had stopped themselves."""
    for session_id in sessions.running_of(hands.tx, hands.person.id):
        session = sessions.load(hands.tx, session_id)
        if session is not None and session.checks[hands.person.id].state in LIVE:
            stopped = e.SelfStopped(hands.person.id, StopReason.NEED_TO_STOP)
            keeping.happen(hands.tx, session, stopped, hands.now)


def _take_off_rosters(hands: Hands) -> None:
    for session in sessions.strike(hands.tx, hands.person.id):
        planning.redraw_boards(hands.tx, session, hands.now)


def _hide_places(hands: Hands) -> None:
    """Take every screen of a session off the phone: one of them may hold a way in."""
    drawn = screens.sessions_of(hands.tx, hands.person.id, ScreenKind.PLACE)
    # One that is being drawn at this moment stands in no row yet.
    for session in {*drawn, *sessions.running_of(hands.tx, hands.person.id)}:
        outbox.add(
            hands.tx,
            hands.person.id,
            Kind.HIDE,
            now=hands.now,
            session=session,
            subject=ScreenKind.PLACE,
        )


def hide_home(hands: Hands) -> None:
    """Take the home screen off the phone."""
    outbox.add(hands.tx, hands.person.id, Kind.HIDE, now=hands.now, subject=ScreenKind.HOME)


def tell_facilitators(hands: Hands, key: str) -> None:
    """Tell whoever leads a group or a running session of theirs; never why."""
    for facilitator in arrivals.facilitators_of(hands.tx, hands.person.id):
        hands.tell(facilitator, key, about=hands.person.id)


# By the ticker


def sweep(tx: Tx, now: Instant) -> Instant | None:
    """Let go whoever is to go; return when to look again."""
    for person in arrivals.overdue(tx, now):
        _record(tx, "arrival-over", person, now)
        pages.keep(tx, person, Page(OVER, 0))
        outbox.add(tx, person, Kind.REDRAW, now=now, subject=ScreenKind.HOME)
        arrivals.part(tx, person, now)
    for person in arrivals.never_came(tx, now):
        _record(tx, "invitation-over", person, now)
        erasure.erase(tx, person)
    for person in arrivals.gone(tx, now):
        _record(tx, "erased" if wishes.is_confirmed(tx, person) else "gone", person, now)
        arrivals.let_go(tx, person)
    return arrivals.next_due(tx, now)


def _record(tx: Tx, kind: str, person: PersonId, now: Instant) -> None:
    audit.append(tx, AuditRow(at=now, kind=kind, outcome="done", person=person))


CONCERN = Concern(NAME, _draw, _do)
