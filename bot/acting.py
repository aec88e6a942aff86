"""What somebody did, matched to what they may do: taps, commands, links, and all the rest.

Who acts is who the chat belongs to. What a button claims is looked up; nothing is believed.
"""

from dataclasses import dataclass
from typing import assert_never

from bot import agenda, buttons, keeping, second_factor, taps
from bot.buttons import Answer, Tap, Unreadable
from bot.check_room import CheckRoom
from bot.home import home
from bot.intake import (
    Commanded,
    FileSent,
    LineSent,
    LinkSent,
    OtherSent,
    Private,
    Tapped,
    TextSent,
)
from bot.language.words import words
from bot.office.office import Office
from bot.recording import Recorder
from bot.rooms import link as link_room
from bot.scene import is_active
from bot.second_factor import SecondFactor
from bot.setting import Setting
from bot.views import appointment
from bot.views.said import CARDS
from flows import events as e
from flows.decide import RefusalCode
from flows.effects import ScreenKind
from flows.gate import HoldCode, only_second_factor
from flows.model import Meaning, PersonId, RoomKind, Session, SessionId, SessionState
from storage import debriefs, links, outbox, pages, people, screens, sessions, signed
from storage.outbox import Kind

RUNNING = (SessionState.CHECKING, SessionState.OPEN, SessionState.STOPPED)
LOOK_BACK = 12 * 3600


@dataclass(frozen=True, slots=True)
class Actor(Recorder):
    """An enrolled person who acts now."""

    setting: Setting

    # Taps

    def tapped(self, tapped: Tapped) -> Answer:
        """Do what a button says, if it is theirs to say."""
        try:
            tap = buttons.decode(tapped.data)
            if tap.verb in second_factor.VERBS:
                return self._factor.tapped(tap)
            if tap.verb in ("go", "do"):
                return self._office.tapped(tap, tapped.message)
            if tap.verb == "home":
                return home.tapped(self.tx, self.person, self.now, self.setting, tap)
            return self._tap(tap, tapped.message)
        except Unreadable:
            return self.refused("tap", RefusalCode.FORGED)

    def _tap(self, tap: Tap, message: int) -> Answer:
        if tap.verb in ("card", "cards"):
            return self._card(tap)
        session = sessions.load(self.tx, buttons.session(tap))
        if session is None:
            return self.refused(tap.verb, RefusalCode.FORGED)
        match tap.verb:
            case "board":
                return self._board(session)
            case "why":
                return self._why(session, tap)
            case "ending":
                return self._ask_ending(session)
            case "link-for" | "call-in":
                return self._choose_for_link(session, tap, message)
            case "debrief":
                return self._debrief(session, tap, message)
            case "cant" | "can":
                return self._absence(session, tap)
            case _:
                return self._act(session, tap, message)

    def _act(self, session: Session, tap: Tap, message: int) -> Answer:
        if self._outdated(session, tap):
            self._redraw(session, message)
            return self.refused(tap.verb, RefusalCode.STALE, session.id)
        return self._event(session, taps.event_of(tap, self.person.id, self._meaning), message)

    def _outdated(self, session: Session, tap: Tap) -> bool:
        """Say whether a button was drawn for an earlier opening or epoch than the present one."""
        if tap.verb in ("start", "again") and not self._facilitates(session):
            return False
        if tap.verb == "start":
            opening = session.opening.number if session.opening else 0
            return buttons.number(tap.args[1]) != opening
        if tap.verb == "again":
            check = session.checks.get(buttons.person(tap))
            return check is not None and buttons.number(tap.args[2]) != check.epoch
        if tap.verb in ("lost", "here", "left"):
            check = session.checks.get(self.person.id)
            return check is not None and buttons.number(tap.args[1]) != check.epoch
        return False

    def _event(self, session: Session, event: e.Event, message: int) -> Answer:
        decision = keeping.happen(self.tx, session, event, self.now)
        if decision.refusal is None:
            return Answer()
        if only_second_factor(decision.refusal.holds):
            return self._factor.ask(session.id)
        self._redraw(session, message)
        code = decision.refusal.code
        if code is RefusalCode.HELD and self.person.staff:
            return Answer("refusal/held-staff", alert=True)
        return Answer(f"refusal/{code}")

    def _redraw(self, session: Session, message: int) -> None:
        """Show a refused tapper how it stands; take an outdated drawing of a place away."""
        if is_active(session, self.person.id):
            self._screen(Kind.REDRAW, ScreenKind.DESK, session.id)
            self._screen(Kind.REDRAW, ScreenKind.BOARD, session.id)
            return
        if self.person.id not in session.checks:
            return
        drawn = screens.find(self.tx, self.person.id, ScreenKind.PLACE, session.id)
        if drawn and drawn.message_id == message:
            self._screen(Kind.REDRAW, ScreenKind.PLACE, session.id)
            return
        if drawn is None or message < drawn.message_id:
            self._erase(message)
        self._screen(Kind.SHOW, ScreenKind.PLACE, session.id)

    def _board(self, session: Session) -> Answer:
        if not self._facilitates(session):
            return self.refused("board", RefusalCode.NOT_FACILITATOR, session.id)
        self._screen(Kind.SHOW, ScreenKind.BOARD, session.id)
        return Answer()

    def _why(self, session: Session, tap: Tap) -> Answer:
        about = PersonId(buttons.number(tap.args[1])) or None
        if not self._facilitates(session):
            return self.refused("why", RefusalCode.NOT_FACILITATOR, session.id)
        if about is not None and about not in session.checks:
            return self.refused("why", RefusalCode.FORGED, session.id)
        self._say("why", session=session.id, about=about)
        return Answer()

    def _ask_ending(self, session: Session) -> Answer:
        if not self._facilitates(session):
            return self.refused("ending", RefusalCode.NOT_FACILITATOR, session.id)
        self._say("ask/ending", session=session.id)
        return Answer()

    def _absence(self, session: Session, tap: Tap) -> Answer:
        """Keep that somebody can't come, or can; who taps an old button is shown how it stands."""
        event = taps.event_of(tap, self.person.id, self._meaning)
        decision = keeping.happen(self.tx, session, event, self.now)
        if decision.refusal:
            if decision.refusal.code is RefusalCode.STALE:
                self._show_appointments()
            return Answer(f"refusal/{decision.refusal.code}")
        self._screen(Kind.REDRAW, ScreenKind.HOME, None)
        said = appointment.ABSENT if tap.verb == "cant" else appointment.EXPECTED
        self._say(said, session=session.id)
        return Answer()

    def _show_appointments(self) -> None:
        """Show what is ahead; to whoever is in the middle of a session, where they are in it."""
        if sessions.running_of(self.tx, self.person.id):
            self._show_place()
            return
        home.commanded(self.tx, self.person, self.now, self.setting, "appointments")

    def _debrief(self, session: Session, tap: Tap, message: int) -> Answer:
        _, question, value = tap.args
        if not self._facilitates(session):
            return self.refused("debrief", RefusalCode.NOT_FACILITATOR, session.id)
        if question not in debriefs.QUESTIONS or value not in ("yes", "no"):
            raise Unreadable
        if session.state is not SessionState.CLOSED:
            return self.refused("debrief", RefusalCode.STALE, session.id)
        if not debriefs.keep(self.tx, session.id, self.person.id, question, value):
            return self.refused("debrief", RefusalCode.REPEATED, session.id)
        self.record("debrief", "done", session.id)
        self._erase(message)
        first = question == debriefs.QUESTIONS[0]
        self._say("debrief/supervision" if first else "debrief/thanks", session=session.id)
        return Answer()

    def _card(self, tap: Tap) -> Answer:
        if not self.person.staff:
            return self.refused("card", RefusalCode.NOT_FACILITATOR)
        if tap.verb == "cards":
            self._say("card/choose")
        elif tap.args[0] in CARDS:
            self._say(f"card/{tap.args[0]}")
        else:
            raise Unreadable
        return Answer()

    # Commands, links and everything else

    def commanded(self, command: Commanded) -> None:
        """Do what a command says."""
        match command.name, self.person.staff:
            case (("start" | "now"), False):
                self._show_place()
            case name, False if name in home.COMMANDS:
                home.commanded(self.tx, self.person, self.now, self.setting, name)
            case (("start" | "now"), True):
                self._show_boards()
            case "today", True:
                self._show_sessions()
            case "why", True:
                self._explain()
            case "authenticator", True if self._factor.is_asked():
                self._factor.set_up()
            case "record", True:
                self._show_record()
            case name, True if self._office.opens(name):
                self._office.command(name)
            case "help", staff:
                self._say("office/help" if staff else "reply/help")
            case _:
                self.record("command", "unknown")
                self._say("reply/no-such-command")

    def _show_place(self) -> None:
        current = sessions.current_of(self.tx, self.person.id, self.now - LOOK_BACK)
        pages.close(self.tx, self.person.id)
        asked = home.draw(self.tx, self.person, self.now, self.setting) is not None
        if current is not None:
            self._screen(Kind.SHOW, ScreenKind.PLACE, current)
        if asked:
            home.bring(self.tx, self.person.id, self.now)
        if current is None and not asked:
            self._say("reply/nothing-now")

    def _show_boards(self) -> None:
        running = self._sessions(RUNNING)
        for session in running:
            self._screen(Kind.SHOW, ScreenKind.BOARD, session.id)
            if session.facilitators[self.person.id].desk:
                self._screen(Kind.SHOW, ScreenKind.DESK, session.id)
        if not running:
            self._say("reply/nothing-now")

    def _show_sessions(self) -> None:
        found = self._sessions(tuple(SessionState))
        if not found:
            self._say("reply/no-sessions")
        elif len(found) == 1:
            self._screen(Kind.SHOW, ScreenKind.BOARD, found[0].id)
        else:
            self._say("reply/sessions")

    def _explain(self) -> None:
        found = self._sessions((SessionState.PLANNED, *RUNNING))
        for session in found:
            self._say("why", session=session.id)
        if not found:
            self._say("reply/nothing-now")

    def _show_record(self) -> None:
        """Send what was signed in the sessions of today, a document each."""
        found = [s for s in self._sessions(tuple(SessionState)) if signed.acts_of(self.tx, s.id)]
        for session in found:
            self._say("record", session=session.id)
        if not found:
            self._say("reply/no-record")

    def link_sent(self, sent: LinkSent) -> None:
        """Keep the link for the one session that waits for it, and take it out of the chat.

        Words around a link are for the page that asked for words. While one asks, a link is no
        session's before its session is tapped; where none waits for a link, it is the page's.
        """
        self._erase(sent.message)
        if not sent.alone and self._page_took(sent.whole):
            return
        if self._check_room.took(sent.link):
            return
        waiting = self._sessions_for_link()
        if not waiting:
            if sent.alone and self._page_took(sent.whole):
                return
            self.record("link-pasted", RefusalCode.NOT_NOW)
            self._say("reply/link-unasked")
            return
        if len(waiting) > 1 or self._office.asks_words:
            self.record("link-pasted", "which-session")
            self._say("reply/link-which")
            return
        self._take_link(waiting[0], sent.link)

    def _take_link(self, session: Session, link: str) -> None:
        if not link_room.acceptable(link, self.setting.hosts):
            self.record("link-pasted", "not-a-link", session.id)
            self._say("reply/link-refused")
            return
        identity = link_room.identity(link)
        kept = links.find(self.tx, session.id)
        if kept is not None and link_room.identity(kept) == identity:
            self.record("link-pasted", RefusalCode.REPEATED, session.id)
            self._say("reply/link-kept", session=session.id)
            return
        fresh = links.is_fresh(self.tx, identity)
        event = e.LinkPasted(self.person.id, fresh)
        decision = keeping.happen(self.tx, session, event, self.now)
        match decision.refusal.code if decision.refusal else None:
            case None:
                links.keep(self.tx, session.id, link, identity)
                self._want_link(None)
                self._say("reply/link-kept", session=session.id)
            case RefusalCode.LINK_USED:
                self._say("reply/link-taken")
            case _:
                self._say("reply/link-unasked")

    def _sessions_for_link(self) -> list[Session]:
        """Return the sessions that a pasted link may be for.

        The one that was chosen, else those without a link, else those whose link may be replaced.
        """
        checking = [s for s in self._sessions((SessionState.CHECKING,)) if s.room is RoomKind.LINK]
        chosen = links.wanted_for(self.tx, self.person.id)
        if wanted := [session for session in checking if session.id == chosen]:
            return wanted
        return [session for session in checking if not session.link_ready] or checking

    def _want_link(self, session: SessionId | None) -> None:
        links.want(self.tx, self.person.id, session)

    def _choose_for_link(self, session: Session, tap: Tap, message: int) -> Answer:
        if tap.verb == "call-in":
            return self._choose_for_call(session, tap, message)
        if not self._facilitates(session):
            return self.refused("link-for", RefusalCode.NOT_FACILITATOR, session.id)
        self._want_link(session.id)
        self._office.ask_no_words()
        self._say("reply/link-now", session=session.id)
        return Answer()

    def _choose_for_call(self, session: Session, tap: Tap, message: int) -> Answer:
        answer = self._check_room.choose(session, tap)
        if answer is None:
            self.record("call-in", RefusalCode.HELD, session.id, detail=HoldCode.SECOND_FACTOR)
            return self._factor.ask(session.id)
        if isinstance(answer, Answer):
            self._office.ask_no_words()
            return answer
        self._redraw(session, message)
        refused = self.refused("call-in", answer, session.id)
        return Answer("refusal/held-staff", alert=True) if answer is RefusalCode.HELD else refused

    def words_sent(self, sent: LineSent | TextSent) -> None:
        """Take a line or a text that a page asked for; any other is nobody's to read."""
        if not self._page_took(sent):
            self.other_sent(OtherSent(sent.update_id, sent.chat, "text"))
            return
        self._erase(sent.message)

    def _page_took(self, sent: LineSent | TextSent) -> bool:
        """Hand words to the page that asked for them; say whether one did."""
        if not self.person.staff:
            return False
        if isinstance(sent, LineSent):
            return self._office.line_sent(sent.line)
        return self._office.text_sent(sent.text)

    def file_sent(self, sent: FileSent) -> None:
        """Have a file fetched for the page that takes one; any other stays where it is."""
        if not (self.person.staff and self._office.file_sent(sent)):
            self.other_sent(OtherSent(sent.update_id, sent.chat, "attachment"))

    def other_sent(self, sent: OtherSent) -> None:
        """Answer that nobody reads here; nothing of what was sent is kept."""
        self.record("message", "not-taken", detail=sent.kind)
        self._say("reply/staff-nobody-reads" if self.person.staff else "reply/nobody-reads")

    # What all of these share

    @property
    def _factor(self) -> SecondFactor:
        return SecondFactor(self.tx, self.person, self.now)

    @property
    def _check_room(self) -> CheckRoom:
        return CheckRoom(self.tx, self.person, self.now, self.setting)

    @property
    def _office(self) -> Office:
        return Office(self.tx, self.person, self.now, self.setting)

    def _facilitates(self, session: Session) -> bool:
        return is_active(session, self.person.id)

    def _sessions(self, states: tuple[SessionState, ...]) -> list[Session]:
        found = agenda.today(self.tx, self.person, self.now)
        return [session for session in found if session.state in states]

    def _meaning(self, key: str, about: PersonId | None) -> Meaning:
        """Return the sentence that a signature of this person means, as they read it."""
        if about is not None and people.find(self.tx, about) is None:
            raise Unreadable
        return words(self.person.locale, self.person.zone).meaning(key)

    def _screen(self, kind: Kind, screen: ScreenKind, session: SessionId | None) -> None:
        # Who asks for a screen looks at the chat: it need not ring.
        quiet = {"quiet": 1} if kind is Kind.SHOW else {}
        outbox.add(
            self.tx,
            self.person.id,
            kind,
            now=self.now,
            session=session,
            subject=screen,
            params=quiet,
        )

    def _say(
        self, key: str, *, session: SessionId | None = None, about: PersonId | None = None
    ) -> None:
        outbox.add_once(
            self.tx, self.person.id, now=self.now, session=session, subject=key, about=about
        )

    def _erase(self, message: int) -> None:
        outbox.add(self.tx, self.person.id, Kind.ERASE, now=self.now, subject=str(message))


def act(actor: Actor, incoming: Private) -> Answer:
    """Do what an enrolled person did."""
    match incoming:
        case Tapped():
            return actor.tapped(incoming)
        case Commanded():
            actor.commanded(incoming)
        case LinkSent() if actor.person.staff:
            actor.link_sent(incoming)
        case LinkSent():
            actor.other_sent(OtherSent(incoming.update_id, incoming.chat, "text"))
        case LineSent() | TextSent():
            actor.words_sent(incoming)
        case FileSent():
            actor.file_sent(incoming)
        case OtherSent():
            actor.other_sent(incoming)
        case _:
            assert_never(incoming)
    return Answer()
