"""Calling somebody into the check room by a pasted link: for whom it is, and what becomes of it.

Whether anybody may be called in is decided in `flows`; a link that calls nobody in is not kept.
"""

from dataclasses import dataclass

from bot import buttons, keeping
from bot.buttons import Answer, Tap
from bot.rooms import link as link_room
from bot.scene import is_active
from bot.setting import Setting
from flows import events as e
from flows.decide import RefusalCode
from flows.decide.check_room import SETTLING
from flows.gate import ToCallIn, holds, only_second_factor
from flows.model import CheckState, Instant, Session
from storage import audit, links, outbox, sessions
from storage.audit import AuditRow
from storage.links import Wanted
from storage.people import Person
from storage.store import Tx

WISH_HOLDS = 300
"""Seconds for which the next link is for whoever shall be called in; then it is for nobody.

A link that is pasted later may be the session's own, which nobody may have before the opening.
"""


@dataclass(frozen=True, slots=True)
class CheckRoom:
    """A facilitator who calls somebody in."""

    tx: Tx
    person: Person
    now: Instant
    setting: Setting

    def choose(self, session: Session, tap: Tap) -> Answer | RefusalCode | None:
        """Note for whom the next link is, where the person on the desk could be called in now.

        Return None where whoever taps could, after entering a code.
        """
        until = self.now + WISH_HOLDS
        wanted = Wanted(session.id, buttons.person(tap), buttons.number(tap.args[2]), until)
        if code := self._problem(session, wanted):
            return code
        if found := holds(session, ToCallIn(wanted.person, self.person.id), self.now):
            return None if only_second_factor(found) else RefusalCode.HELD
        links.want_call(self.tx, self.person.id, wanted)
        self._say("call/now", wanted)
        return Answer()

    def _problem(self, session: Session, wanted: Wanted) -> RefusalCode | None:
        if not is_active(session, self.person.id):
            return RefusalCode.NOT_FACILITATOR
        check = session.checks.get(wanted.person)
        if check is None:
            return RefusalCode.FORGED
        on_desk = session.claimed_by(wanted.person) == self.person.id
        if not on_desk or check.epoch != wanted.epoch or check.state is not CheckState.READY:
            return RefusalCode.STALE
        return None

    def took(self, link: str) -> bool:
        """Take a pasted link if it is for a call; say whether it was."""
        wanted = links.call_wanted(self.tx, self.person.id)
        session = sessions.load(self.tx, wanted.session) if wanted else None
        if wanted is None or session is None:
            return False
        if session.state not in SETTLING:
            self._let_go("call/not-now", wanted)
        elif self.now >= wanted.until:
            self._let_go("call/lapsed", wanted)
        else:
            self._take(session, wanted, link)
        return True

    def _let_go(self, key: str, wanted: Wanted) -> None:
        """Take a link for nothing: it was for a call, and is no session's by mistake."""
        self._record(RefusalCode.STALE, wanted)
        self._say(key, wanted)
        links.want(self.tx, self.person.id, None)

    def _take(self, session: Session, wanted: Wanted, link: str) -> None:
        """Call in whom a link is for; nobody by one that can't be taken."""
        if not link_room.acceptable(link, self.setting.hosts):
            self._record("not-a-link", wanted)
            self._say("reply/link-refused", wanted)
            return
        identity = link_room.identity(link)
        fresh = links.is_fresh(self.tx, identity)
        event = e.CalledIn(self.person.id, wanted.person, wanted.epoch, fresh)
        decision = keeping.happen(self.tx, session, event, self.now)
        if decision.refusal is None and decision.state.called is not None:
            number = decision.state.called.number
            links.keep_call(self.tx, session.id, number, link, identity)
        elif decision.refusal and decision.refusal.code is RefusalCode.LINK_USED:
            self._say("reply/link-taken", wanted)
            return
        else:
            self._say("call/not-now", wanted)
        links.want(self.tx, self.person.id, None)

    def _say(self, key: str, wanted: Wanted) -> None:
        outbox.add_once(
            self.tx,
            self.person.id,
            now=self.now,
            session=wanted.session,
            subject=key,
            about=wanted.person,
        )

    def _record(self, outcome: str, wanted: Wanted) -> None:
        row = AuditRow(
            at=self.now,
            kind="called-in",
            outcome=outcome,
            actor=self.person.id,
            person=wanted.person,
            session=wanted.session,
        )
        audit.append(self.tx, row)
