"""Changing what is planned: new, moved and cancelled sessions; each person is told once.

A change of several sessions is made whole or not at all. Whoever makes it is told nothing: they
see it on their page.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot import keeping, planning
from bot.office.draft import Draft
from bot.office.page import Clerk
from bot.views import appointment
from flows import events as e
from flows.decide import RefusalCode, decide
from flows.effects import Param, TimeOf
from flows.model import MINUTE, Instant, PersonId, Session, SessionId
from storage import ahead, groups, outbox, people, plans, sessions
from storage.groups import Group
from storage.outbox import Kind
from storage.sessions import Plan


@dataclass(frozen=True, slots=True)
class Texts:
    """What is said of one change and of several, to participants and to colleagues."""

    one: str
    many: str
    ring: str
    ring_many: str


PLANNED = Texts(appointment.NEW, appointment.NEW_MANY, "ring/planned", "ring/planned-many")
MOVED = Texts(appointment.MOVED, appointment.MOVED_MANY, "ring/moved", "ring/moved-many")
CANCELLED = Texts(
    appointment.CANCELLED, appointment.CANCELLED_MANY, "ring/cancelled", "ring/cancelled-many"
)


@dataclass(frozen=True, slots=True)
class Change:
    """One session that has changed: whom it is about, and when it was to begin before."""

    session: SessionId
    participants: tuple[PersonId, ...]
    facilitators: tuple[PersonId, ...]
    before: Instant | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What shall happen to one session."""

    session: Session
    event: e.SessionMoved | e.SessionCancelled

    @property
    def change(self) -> Change:
        """The change that follows, as it is told."""
        leading = (who for who, one in self.session.facilitators.items() if one.active)
        everybody = tuple(self.session.checks)
        return Change(self.session.id, everybody, tuple(leading), self.session.starts_at)


def plan(clerk: Clerk, group: Group, draft: Draft) -> int:
    """Plan the sessions of a draft that nothing stands against; return how many."""
    facilitators = groups.prepared_leaders(clerk.tx, group.id)
    participants = groups.enrolled_participants(clerk.tx, group.id)
    starts = [one.starts_at for one in draft.occurrences if one.starts_at is not None]
    added: list[SessionId] = []
    for starts_at in starts:
        planned = Plan(
            name=group.name,
            kind=group.kind,
            room=group.room,
            starts_at=starts_at,
            ends_at=starts_at + draft.minutes * MINUTE,
            cap=group.cap,
            facilitators=facilitators,
            participants=participants,
            rules=clerk.setting.rules,
            group=group.id,
            zone=draft.zone,
            series=added[0] if added else None,
        )
        added.append(planning.add(clerk.tx, planned, clerk.now))
    if len(added) > 1:
        ahead.begin_series(clerk.tx, added[0])
    plans.forget(clerk.tx, clerk.person.id)
    tell(clerk, [Change(one, participants, facilitators) for one in added], PLANNED)
    return len(added)


def change(clerk: Clerk, steps: Sequence[Step], texts: Texts) -> RefusalCode | None:
    """Have all of this happen, or nothing; return why nothing did."""
    for step in steps:
        if refusal := decide(step.session, step.event, clerk.now).refusal:
            return refusal.code
    for step in steps:
        keeping.happen(clerk.tx, step.session, step.event, clerk.now)
    tell(clerk, [step.change for step in steps], texts)
    return None


def cancel(clerk: Clerk, found: Iterable[SessionId]) -> RefusalCode | None:
    """Cancel sessions, all or none; return why none was."""
    loaded = (sessions.load(clerk.tx, one) for one in found)
    event = e.SessionCancelled(clerk.person.id)
    return change(clerk, [Step(one, event) for one in loaded if one], CANCELLED)


def tell(clerk: Clerk, changes: Sequence[Change], texts: Texts) -> None:
    """Tell everybody but whoever did it, each in one message."""
    theirs: dict[PersonId, list[Change]] = defaultdict(list)
    colleagues: dict[PersonId, list[Change]] = defaultdict(list)
    for one in changes:
        for person in one.participants:
            theirs[person].append(one)
        for person in one.facilitators:
            colleagues[person].append(one)
    for person, found in theirs.items():
        if people.chat_of(clerk.tx, person) is not None:
            _say(clerk, person, found, texts.one, texts.many)
    colleagues.pop(clerk.person.id, None)
    for person, found in colleagues.items():
        _say(clerk, person, found, texts.ring, texts.ring_many)


def _say(clerk: Clerk, to: PersonId, found: Sequence[Change], one: str, many: str) -> None:
    first, several = found[0], len(found) > 1
    before: dict[str, Param] = {"before": TimeOf(first.before)} if first.before else {}
    outbox.add(
        *(clerk.tx, to, Kind.SAY),
        now=clerk.now,
        session=first.session,
        subject=many if several else one,
        params=appointment.about([one.session for one in found]) if several else before,
    )
