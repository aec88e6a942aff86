"""Updates and due timers in, one transaction each: nothing is answered before it is on disk.

A poison update is undone by itself, recorded without its text, and its sender is told that nothing
changed. Strangers are counted, never answered.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot import keeping, planning, reminding, returning, second_factor
from bot.acting import LOOK_BACK, Actor, act
from bot.buttons import Answer
from bot.clock import Clock
from bot.home import arrival, arriving, going
from bot.home.question import Hands
from bot.intake import (
    Commanded,
    Elsewhere,
    FileSent,
    Incoming,
    LineSent,
    LinkSent,
    OtherSent,
    Poison,
    Private,
    ReachChanged,
    Tapped,
    TextSent,
    Unheard,
)
from bot.office import attention, clearance, erasing
from bot.setting import Setting
from flows import events as e
from flows.decide.decision import ring
from flows.effects import LabelOf, ScreenKind, TimerKind
from flows.model import Instant, PersonId, Session, SessionId
from flows.reminders import awake_at
from storage import (
    audit,
    authenticators,
    counts,
    erasure,
    groups,
    invitations,
    links,
    outbox,
    people,
    reminders,
    retention,
    sessions,
    timers,
    updates,
)
from storage.audit import AuditRow
from storage.errors import StorageError
from storage.outbox import Kind
from storage.people import Person, Role
from storage.store import Store, Tx
from storage.timers import Timer

_LOG = logging.getLogger(__name__)
UNREACHABLE = "ring/unreachable"
PUT_OFF = 60
"""Seconds by which a timer is put off that could not be applied."""


@dataclass(frozen=True, slots=True)
class Toast:
    """How a tap is answered: a text key in the tapper's language, or nothing for no text."""

    query: str
    locale: str
    zone: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Reactions:
    """What is owed to Telegram at once and may be lost: answers to taps, chats to leave."""

    toasts: tuple[Toast, ...] = ()
    leave: tuple[int, ...] = ()


class Service:
    """Applies what happened to the store."""

    def __init__(self, store: Store, clock: Clock, setting: Setting | None = None) -> None:
        self._store = store
        self._clock = clock
        self._setting = setting or Setting()

    async def take(self, batch: Sequence[Incoming]) -> Reactions:
        """Apply a batch in one commit; an update that was seen before does nothing."""
        started = self._clock.now()
        found = await self._store.transact(lambda tx: self._take(tx, batch, started))
        toasts = tuple(reaction for reaction in found if isinstance(reaction, Toast))
        leave = tuple(
            incoming.chat
            for incoming in batch
            if isinstance(incoming, Elsewhere) and incoming.member
        )
        return Reactions(toasts, tuple(dict.fromkeys(leave)))

    def _take(self, tx: Tx, batch: Sequence[Incoming], started: Instant) -> list[Toast | None]:
        now = updates.advance_clock(tx, started)
        updates.forget_old(tx, now)
        return [
            self._take_one(tx, incoming, now)
            for incoming in batch
            if updates.is_new(tx, incoming.update_id, now)
        ]

    def _take_one(self, tx: Tx, incoming: Incoming, now: Instant) -> Toast | None:
        try:
            with tx.savepoint():
                return self._route(tx, incoming, now)
        except Exception as error:  # noqa: BLE001 -- one update must not stop the stream
            _LOG.error("update %d failed: %s", incoming.update_id, type(error).__name__)
            return self._poisoned(tx, incoming, type(error).__name__, now)

    def _route(self, tx: Tx, incoming: Incoming, now: Instant) -> Toast | None:
        match incoming:
            case (
                Tapped()
                | Commanded()
                | LinkSent()
                | LineSent()
                | TextSent()
                | FileSent()
                | OtherSent()
            ):
                return self._from_private_chat(tx, incoming, now)
            case ReachChanged():
                self._reach(tx, incoming, now)
            case Poison():
                updates.add_poison(tx, incoming.update_id, incoming.error, now)
            case Elsewhere() | Unheard():
                updates.count_stranger(tx, now)
        return None

    def _from_private_chat(self, tx: Tx, incoming: Private, now: Instant) -> Toast | None:
        person = people.find_by_chat(tx, incoming.chat)
        if person is None or not (person.enrolled or person.invited):
            self._stranger(tx, incoming, now)
            return None
        people.set_unreachable(tx, person.id, None)
        if person.enrolled:
            answer = act(Actor(tx, person, now, self._setting), incoming)
        else:
            answer = arriving.act(Hands(tx, person, now, self._setting), incoming)
        if isinstance(incoming, Tapped):
            return Toast(incoming.query, person.locale, person.zone, answer)
        return None

    def _stranger(self, tx: Tx, incoming: Incoming, now: Instant) -> None:
        """Let somebody in who holds an invitation; anybody else is a number."""
        if isinstance(incoming, Commanded) and incoming.name == "start" and incoming.payload:
            person = invitations.open_with(tx, incoming.payload, incoming.chat, now)
            if person is not None:
                self._welcome(tx, person, now)
                return
        updates.count_stranger(tx, now)

    def _welcome(self, tx: Tx, person: PersonId, now: Instant) -> None:
        known = people.find(tx, person)
        staff = known is not None and known.staff
        planning.follow_person(tx, person, now)
        if known is not None and not staff:
            arrival.speak_approved(tx, known, self._setting)
        if known is not None and known.invited:
            audit.append(tx, AuditRow(at=now, kind="invited", outcome="done", actor=person))
            Hands(tx, known, now, self._setting).show()
            return
        audit.append(tx, AuditRow(at=now, kind="enrolled", outcome="done", actor=person))
        key = "start/staff" if staff else "start/participant"
        if known is not None and Role.COORDINATOR in known.roles:
            key = "office/team/welcome"
        outbox.add_once(tx, person, now=now, subject=key)
        if staff:
            outbox.add(tx, person, Kind.REDRAW, now=now, subject=ScreenKind.MENU)

    def _reach(self, tx: Tx, change: ReachChanged, now: Instant) -> None:
        person = people.find_by_chat(tx, change.chat)
        if person is None:
            updates.count_stranger(tx, now)
            return
        note_reach(tx, person, now if not change.reachable else None, now)
        if change.reachable and not person.reachable:
            self._show_place(tx, person.id, now)

    def _show_place(self, tx: Tx, person: PersonId, now: Instant) -> None:
        """Show a participant who was out of reach where they are now; what stood there goes."""
        current = sessions.current_of(tx, person, now - LOOK_BACK)
        if current is not None:
            outbox.add(tx, person, Kind.SHOW, now=now, session=current, subject=ScreenKind.PLACE)

    def _poisoned(self, tx: Tx, incoming: Incoming, error: str, now: Instant) -> Toast | None:
        updates.add_poison(tx, incoming.update_id, error, now)
        if isinstance(incoming, Private):
            person = people.find_by_chat(tx, incoming.chat)
            if person and (person.enrolled or person.invited):
                failed = AuditRow(at=now, kind="update", outcome="failed", actor=person.id)
                audit.append(tx, failed)
                outbox.add_once(tx, person.id, now=now, subject="reply/failed")
                if isinstance(incoming, Tapped):
                    return Toast(incoming.query, person.locale, person.zone, Answer())
        return None

    async def resume(self, since: Instant) -> None:
        """Catch up with what became due since then, before anything goes out: call it once.

        Reminders come first: a session that is closed by its timer has none any more.
        """
        now = self._clock.now()
        await self._store.transact(lambda tx: reminding.catch_up(tx, now))
        await self.take_due()
        if now - since > returning.GAP:
            await self.show_again()

    async def show_again(self) -> None:
        """Show open screens anew: taps on them got lost."""
        now = self._clock.now()
        await self._store.transact(lambda tx: returning.show_again(tx, self._setting, now))

    async def take_due(self) -> Instant | None:
        """Apply the timers whose time has come, clear what is over; return when the next is due."""
        started = self._clock.now()

        def apply(tx: Tx) -> Instant | None:
            now = updates.advance_clock(tx, started)
            reminding.attend(tx, now)
            for timer in timers.due(tx, now):
                if not self._waits_for_day(tx, timer, now):
                    _ring_or_put_off(tx, timer, now)
            attention.attend(tx, self._setting, now)
            second_factor.clear_over(tx, now)
            invitations.forget_attempts(tx, now)
            counts.forget(tx, now)
            clearance.attend(tx, self._setting.zone, now)
            self._forget(tx, now)
            due = (
                timers.next_due(tx),
                reminders.next_due(tx),
                authenticators.next_due(tx),
                clearance.next_due(tx, self._setting.zone, now),
                _sweep(tx, now),
            )
            return min((at for at in due if at is not None), default=None)

        return await self._store.transact(apply)

    def _waits_for_day(self, tx: Tx, timer: Timer, now: Instant) -> bool:
        """Put a timer off in quiet hours that only reminds staff of what is over."""
        if timer.kind is not TimerKind.DEBRIEF:
            return False
        by_day = awake_at(now, self._setting.zone, reminders.rule(tx).quiet)
        if by_day != now:
            timers.put_off(tx, timer, by_day)
        return by_day != now

    def _forget(self, tx: Tx, now: Instant) -> None:
        """Forget what was kept long enough, on record, and take old messages off phones."""
        retention.redact(tx, self._setting.periods, now)
        for kind, number in (retention.forget(tx, self._setting.periods, now) or {}).items():
            if number:
                detail = f"{kind}:{number}"
                audit.append(tx, AuditRow(at=now, kind="retention", outcome="done", detail=detail))

    async def tidy(self) -> None:
        """Destroy the keys that nothing needs any more; what fails is tried again later."""

        def destroy(tx: Tx) -> None:
            links.destroy_doomed_keys(tx)
            erasure.destroy_doomed_keys(tx)

        try:
            await self._store.transact(destroy)
        except StorageError as error:
            _LOG.warning("a key is still to be destroyed: %s", error)


def note_reach(tx: Tx, person: Person, since: Instant | None, now: Instant) -> None:
    """Note that messages no longer reach somebody, and tell the facilitators, once.

    Those of the session that is on, else of the next one, else whoever leads a group of theirs.
    """
    if not people.set_unreachable(tx, person.id, since) or since is None:
        return
    audit.append(tx, AuditRow(at=now, kind="unreachable", outcome="done", person=person.id))
    ahead = (seen.session for seen in sessions.ahead_of(tx, person.id, now))
    where = sessions.current_of(tx, person.id, now) or next(ahead, None)
    session = sessions.load(tx, where) if where else None
    if session is not None and sessions.facilitators_of(tx, session.id):
        _ring(tx, session, UNREACHABLE, person.id, now)
        return
    for leader in groups.leaders_of(tx, person.id):
        outbox.add(tx, leader, Kind.SAY, now=now, subject=UNREACHABLE, about=person.id)


def _sweep(tx: Tx, now: Instant) -> Instant | None:
    """Let go whoever is to go, by itself: what fails there stops no timer."""
    try:
        with tx.savepoint():
            due = (going.sweep(tx, now), erasing.sweep(tx, now))
            return min((at for at in due if at is not None), default=None)
    except Exception as error:  # noqa: BLE001 -- it is tried again at the next beat
        _LOG.error("who is to go could not be let go: %s", type(error).__name__)
        return None


def _ring_or_put_off(tx: Tx, timer: Timer, now: Instant) -> None:
    """Apply a timer by itself: one that can't be applied is put off and stops no other."""
    try:
        with tx.savepoint():
            timers.remove(tx, timer)
            _ring_timer(tx, timer, now)
    except Exception as error:  # noqa: BLE001 -- one timer must not stop the others
        _LOG.error("a %s timer failed: %s", timer.kind, type(error).__name__)
        timers.put_off(tx, timer, now + PUT_OFF)


def ring_link_refused(tx: Tx, session_id: SessionId, person: PersonId, now: Instant) -> None:
    """Tell the facilitators that Telegram does not show somebody a link, of whichever kind.

    A call into the check room ends with it: nobody waits for a link that never comes.
    """
    session = sessions.load(tx, session_id)
    if session is None:
        return
    called = session.called
    if called is not None and called.person == person:
        keeping.happen_by_itself(tx, session, e.CallInRefused(person, called.number), now)
        return
    _ring(tx, session, "ring/link-refused", person, now)


def _ring(tx: Tx, session: Session, text: str, person: PersonId, now: Instant) -> None:
    for say in ring(session, text, person, {"who": LabelOf(person)}):
        keeping.carry_out(tx, session.id, say, now)


def _ring_timer(tx: Tx, timer: Timer, now: Instant) -> None:
    """Turn a due timer into its event; a stale one does nothing and leaves no trace."""
    session = sessions.load(tx, timer.session)
    event = _event_of(timer)
    if session is None or event is None:
        return
    keeping.happen_by_itself(tx, session, event, now)


_OF_SCHEDULE: Mapping[TimerKind, Callable[[int], e.Event]] = {
    TimerKind.CHECKS: e.ChecksDue,
    TimerKind.OVERDUE: e.ChecksOverdue,
    TimerKind.WINDOW: e.WindowReached,
    TimerKind.CHECK_OUT: e.CheckOutMissed,
    TimerKind.DEBRIEF: e.DebriefMissed,
    TimerKind.SESSION_END: e.SessionRanOut,
}
"""The timers of a session as a whole: each is stamped with the schedule version."""


def _event_of(timer: Timer) -> e.Event | None:
    first, _, second = timer.stamp.partition("/")
    if of_schedule := _OF_SCHEDULE.get(timer.kind):
        return of_schedule(int(first))
    if timer.person is None:
        return None
    if timer.kind is TimerKind.CALL:
        return e.CallInRanOut(timer.person, int(first))
    if timer.kind is TimerKind.STEP:
        return e.StepTimedOut(timer.person, int(first), second)
    return e.CredentialRanOut(timer.person, int(first), int(second))
