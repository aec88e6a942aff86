"""From a letter of the outbox to a message: what it shows is made when it is sent.

A letter whose reader may not see it, or that shows nothing any more, makes nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from bot import agenda, menus, scene, second_factor
from bot.home import appointments, arrival, home
from bot.home.question import Sight
from bot.language.words import Words, words
from bot.menus import Menu
from bot.office import (
    attention,
    clearance,
    erasing,
    flow_exchange,
    flow_picture,
    invitations,
    office,
    orientation,
    week,
)
from bot.office.page import NOTHING, View
from bot.scene import Scene
from bot.setting import Setting
from bot.views import appointment, factor
from bot.views.board import board
from bot.views.desk import desk
from bot.views.message import Message
from bot.views.place import place
from bot.views.record import record
from bot.views.said import ask_ending, card, debrief, link_which, plain, ring, sessions_today, why
from flows.effects import ScreenKind
from flows.model import Instant, PersonId, SessionId, SessionState
from storage import (
    arrivals,
    audit,
    authenticators,
    debriefs,
    people,
    pictures,
    screens,
    sessions,
    signed,
)
from storage.outbox import Kind, Letter
from storage.screens import Drawn
from storage.store import Tx

CHECKING = (SessionState.CHECKING,)
GONE = "ring/unreachable"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A message on its way: to which chat, and what stands there so far."""

    chat: int
    message: Message | None
    drawn: Drawn | None = None
    menu: Menu | None = None


def draw(tx: Tx, letter: Letter, setting: Setting, now: Instant) -> Drawing | None:
    """Return what a letter looks like now; None where it must not go out."""
    found = _draw(tx, letter, setting, now)
    if found is None or found.message is None or not found.message.shows:
        return found
    picture = pictures.find(tx, found.message.shows)
    # Without its bytes there is no picture, and the question is asked all the same.
    message = replace(found.message, picture=picture) if picture else None
    return replace(found, message=message or replace(found.message, shows=""))


def _draw(tx: Tx, letter: Letter, setting: Setting, now: Instant) -> Drawing | None:
    viewer = people.find(tx, letter.to)
    clears = letter.kind in (Kind.ERASE, Kind.HIDE) or letter.subject == ScreenKind.MENU
    # What stands on the phone of somebody who left may still be taken away; nothing else is sent.
    chat = (people.chat_to_clear if clears else people.chat_of)(tx, letter.to)
    if viewer is None or chat is None:
        return None
    emptied = Message(words(viewer.locale, viewer.zone).say("reply/emptied"))
    if letter.session is not None and letter.kind is not Kind.HIDE and not viewer.enrolled:
        # Somebody invited is no participant of anything yet, and who has left no longer is.
        return None
    if letter.kind is Kind.ERASE:
        return Drawing(chat, emptied)
    if letter.kind is Kind.SAY:
        message = _spoken(tx, letter, viewer, setting, now)
        return Drawing(chat, message) if message else None
    kind = ScreenKind(letter.subject)
    drawn = screens.find(tx, letter.to, kind, letter.session)
    if letter.kind is Kind.HIDE:
        # Also from somebody who may not see it any more.
        return Drawing(chat, emptied, drawn)
    if kind is ScreenKind.MENU:
        return Drawing(chat, None, drawn, menus.of_person(tx, viewer))
    if letter.session is None:
        message = own_screen(tx, viewer, letter, setting, now)
    else:
        rings = letter.kind is Kind.SHOW and "quiet" not in letter.params
        seen = scene.load(tx, viewer, letter.session, now, rings=rings)
        message = screen(seen, kind) if seen else None
    return Drawing(chat, message, drawn) if message else None


def own_screen(
    tx: Tx, viewer: people.Person, letter: Letter, setting: Setting, now: Instant
) -> Message | None:
    """Draw a screen that belongs to a person and to no session."""
    kind = ScreenKind(letter.subject)
    if kind is ScreenKind.INVITATION and letter.about is not None:
        return invitations.draw(View(tx, viewer, now, setting, letter.about))
    if kind is ScreenKind.HOME:
        return home.draw(tx, viewer, now, setting)
    if kind is ScreenKind.OFFICE:
        return office.draw(tx, viewer, now, setting)
    say = words(viewer.locale, viewer.zone)
    if kind is ScreenKind.PAD:
        shown = authenticators.pad_of(tx, viewer.id, now)
        return factor.pad(say, shown) if shown else None
    if kind is ScreenKind.PICTURE:
        secret = second_factor.new_picture_secret(tx, viewer.id, now)
        return factor.picture(say, people.label_of(tx, viewer.id), secret) if secret else None
    return None


def screen(seen: Scene, kind: ScreenKind) -> Message | None:
    """Draw a screen for whoever may see it."""
    staff = seen.viewer.id in seen.session.facilitators
    match kind:
        case ScreenKind.BOARD if staff:
            return board(seen)
        case ScreenKind.DESK if staff:
            return desk(seen)
        case ScreenKind.PLACE if not staff:
            return place(seen)
        case _:
            return None


def _spoken(
    tx: Tx, letter: Letter, viewer: people.Person, setting: Setting, now: Instant
) -> Message | None:
    family = letter.subject.partition("/")[0]
    if family == "factor":
        return _factor_said(tx, letter, viewer)
    if family == "appointment" and letter.session is None:
        if not viewer.enrolled or not arrivals.consents(tx, viewer.id):
            return None
        say = words(viewer.locale, viewer.zone)
        return appointment.taken_off(say, letter.subject, letter.params, setting.zone)
    if family in ("reminder", "appointment") and letter.session is not None:
        return _appointment_said(tx, letter, viewer, setting.zone, now)
    if family == arrival.FLOW:
        return arrival.said(tx, viewer)
    if letter.subject == appointments.FILE:
        return appointments.sent(Sight(tx, viewer, now, setting))
    if letter.subject in _OFFICE_FILES or family == "office":
        view = View(tx, viewer, now, setting, letter.about or NOTHING)
        return _of_office(view, letter) if viewer.staff else None
    return _said(tx, letter, viewer, setting, now)


def _appointment_said(
    tx: Tx, letter: Letter, viewer: people.Person, zone: str, now: Instant
) -> Message | None:
    """Say something of one's own appointments, as they are now."""
    say, key, params = words(viewer.locale, viewer.zone), letter.subject, letter.params
    if key in appointment.MANY and (several := appointment.sessions_of(params)):
        glances = (sessions.glance(tx, one, viewer.id) for one in several)
        return appointment.said_of_many(say, key, filter(None, glances), zone, now)
    seen = sessions.glance(tx, letter.session, viewer.id) if letter.session else None
    return appointment.said(say, key, params, seen, zone, now) if seen else None


_OFFICE_FILES = (flow_exchange.SENT, flow_picture.DRAW, week.SENT)
"""Letters by which staff get a file that is made when it is sent."""


def _of_office(view: View, letter: Letter) -> Message | None:
    """Draw what a member of staff is told or sent by the office."""
    match letter.subject:
        case flow_exchange.SENT:
            return flow_exchange.sent(view, letter.params)
        case flow_picture.DRAW:
            return flow_picture.sent(view, letter.params)
        case week.SENT:
            return week.sent(view)
        case key if key in attention.KEYS:
            return attention.said(view, key, letter.session)
        case key:
            return _office_said(view, key)


def _said(
    tx: Tx, letter: Letter, viewer: people.Person, setting: Setting, now: Instant
) -> Message | None:
    say, key = words(viewer.locale, viewer.zone), letter.subject
    if key == "reply/sessions":
        return sessions_today(say, _names(tx, viewer, say, now))
    if key == "reply/link-which":
        return link_which(say, _names(tx, viewer, say, now, CHECKING))
    if _is_plainly_about(letter) and letter.about is not None and viewer.staff:
        return plain(say, key, {"who": people.label_of(tx, letter.about)})
    if key in ("reply/link-kept", "reply/link-now") and letter.session is not None:
        return plain(say, key, {"name": sessions.name_of(tx, letter.session)})
    if key.startswith("card/"):
        return card(say, key.removeprefix("card/"))
    if key.startswith("debrief/") and letter.session is not None:
        return _debrief(tx, key, letter.session, viewer)
    if key == "ask/ending" and letter.session is not None:
        return ask_ending(say, letter.session)
    if key in ("why", "record") or key.startswith("ring/"):
        return _of_session(tx, letter, viewer, now)
    return plain(say, key, {"contacts": setting.crisis.get(viewer.locale, "")})


def _is_plainly_about(letter: Letter) -> bool:
    """Say whether a text needs a name and nothing of a session."""
    without_session = letter.subject == GONE and letter.session is None
    return without_session or letter.subject.startswith("call/")


def _debrief(tx: Tx, key: str, session: SessionId, viewer: people.Person) -> Message | None:
    """Draw a question of the debrief, or its thanks; who has answered is not reminded of it."""
    say = words(viewer.locale, viewer.zone)
    if key == "debrief/thanks":
        return plain(say, key, {})
    if key == "debrief/missed" and debriefs.has_answered(tx, session, viewer.id):
        return None
    return debrief(say, key, session, name=sessions.name_of(tx, session))


def _office_said(view: View, key: str) -> Message | None:
    """Say something of the office, about somebody or about nobody in particular."""
    if key == "office/help":
        return menus.help_for(view.tx, view.viewer, view.setting)
    if key in orientation.RUNG:
        return orientation.rung(view, key)
    if key == erasing.RING:
        return erasing.rung(view)
    if key == clearance.REMINDER:
        return clearance.draw_reminder(view)
    who = people.label_of(view.tx, PersonId(view.about)) if view.about else ""
    return Message(view.text(key, who=who))


def _factor_said(tx: Tx, letter: Letter, viewer: people.Person) -> Message | None:
    """Say something about an authenticator: one's own, or to a coordinator about a colleague's."""
    say, key, about = words(viewer.locale, viewer.zone), letter.subject, letter.about
    known = authenticators.find(tx, viewer.id if about is None else about)
    if about is not None:
        if people.Role.COORDINATOR not in viewer.roles:
            return None
        who = people.label_of(tx, about)
        if key == "factor/reset-done":
            return plain(say, key, {"who": who})
        locked_at = known.locked_at if known else None
        return factor.locked_out(say, key, who, about, locked_at) if locked_at else None
    if key == "factor/already":
        confirmed_at = known.confirmed_at if known else None
        return factor.already(say, confirmed_at) if confirmed_at else None
    return plain(say, key, {})


def _of_session(tx: Tx, letter: Letter, viewer: people.Person, now: Instant) -> Message | None:
    """Draw what only somebody of the session may be told."""
    seen = scene.load(tx, viewer, letter.session, now) if letter.session else None
    if seen is None:
        return None
    match letter.subject:
        case "why":
            return why(seen, letter.about)
        case "record":
            return record(seen, signed.acts_of(tx, seen.session.id), audit.head(tx)[0])
        case key:
            return ring(seen, key, letter.params, letter.about)


def _names(
    tx: Tx,
    viewer: people.Person,
    say: Words,
    now: Instant,
    states: Collection[SessionState] = tuple(SessionState),
) -> dict[SessionId, str]:
    return {
        session.id: f"{say.time(session.starts_at)} {sessions.name_of(tx, session.id)}"
        for session in agenda.today(tx, viewer, now)
        if session.state in states
    }
