"""What staff are told by the clock, once each: what ends soon, what is due, what lacks somebody.

It reminds of what only people can do, and does nothing by itself. It never writes in the
programme's quiet hours, and says nothing on a locked phone but labels and days.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from bot.office import rights
from bot.office.page import View
from bot.setting import Setting
from bot.views.message import Message, column
from flows import wall_clock
from flows.model import Instant, PersonId, SessionId
from storage import groups, one_to_ones, orientations, outbox, people, reminders, sessions, told
from storage import staff as colleagues
from storage.one_to_ones import When
from storage.outbox import Kind
from storage.people import Role
from storage.store import Tx

DAY: Final = 86400
ENDS_SOON: Final = 14 * DAY
"""Seconds before the end of an orientation at which its facilitators are told."""
UNLED: Final = 2 * DAY
"""Seconds before a session at which coordinators are told that nobody leads it."""
ORIENTATION: Final = "office/attention/orientation"
NOBODY_LEADS: Final = "office/attention/unled"
ONE_TO_ONE: Final = {
    When.BEFORE: "office/attention/one-to-one-before",
    When.DURING: "office/attention/one-to-one-during",
    When.AFTER: "office/attention/one-to-one-after",
}
KEYS: Final = (ORIENTATION, NOBODY_LEADS, *ONE_TO_ONE.values())


@dataclass(frozen=True, slots=True)
class _Word:
    """Something to tell: to whom, about whom or which session, for which stamp once."""

    key: str
    to: tuple[PersonId, ...]
    stamp: int
    person: PersonId | None = None
    session: SessionId | None = None

    @property
    def about(self) -> int:
        """The number of whatever it is about."""
        return self.person or self.session or 0


def attend(tx: Tx, setting: Setting, now: Instant) -> None:
    """Look once an hour, outside quiet hours, and tell what was not told yet."""
    minute = wall_clock.read(now, setting.zone).minute
    if reminders.rule(tx).quiet.covers(minute) or not told.look(tx, now):
        return
    for look in _LOOKS:
        for word in look(tx, setting, now):
            if word.to and told.once(tx, word.key, word.about, word.stamp, now):
                _tell(tx, word, now)


def _tell(tx: Tx, word: _Word, now: Instant) -> None:
    for person in word.to:
        outbox.add(
            *(tx, person, Kind.SAY),
            now=now,
            session=word.session,
            subject=word.key,
            about=word.person,
        )


def _orientations(tx: Tx, _: Setting, now: Instant) -> Iterator[_Word]:
    for person, until in orientations.ending(tx, now, now + ENDS_SOON):
        yield _Word(ORIENTATION, groups.leaders_of(tx, person), until, person=person)


def _unled(tx: Tx, _: Setting, now: Instant) -> Iterator[_Word]:
    coordinators = colleagues.in_role(tx, Role.COORDINATOR)
    for session, schedule in sessions.without_facilitator(tx, now, now + UNLED):
        yield _Word(NOBODY_LEADS, coordinators, schedule, session=session)


def _talks(tx: Tx, setting: Setting, now: Instant) -> Iterator[_Word]:
    for due in one_to_ones.due(tx, now, setting.one_to_one_weeks):
        leaders = groups.leaders_of(tx, due.person)
        yield _Word(ONE_TO_ONE[due.when], leaders, due.stamp, person=due.person)


_LOOKS: Final[tuple[Callable[[Tx, Setting, Instant], Iterator[_Word]], ...]] = (
    _orientations,
    _unled,
    _talks,
)


def said(view: View, key: str, session: SessionId | None) -> Message | None:
    """Draw it for whoever may still be told; None where it is nobody's any more."""
    if key == NOBODY_LEADS:
        return _unled_said(view, session)
    if not rights.of_participant(view.tx, view.viewer, view.about):
        return None
    person = PersonId(view.about)
    until = orientations.counts_until(view.tx, person)
    day = view.say.day(until) if until is not None else ""
    text = view.text(key, who=people.label_of(view.tx, person), day=day)
    return Message(text, column(view.go("office/attention/button/card", "participant", person)))


def _unled_said(view: View, session: SessionId | None) -> Message | None:
    if session is None or Role.COORDINATOR not in view.viewer.roles:
        return None
    found = sessions.load(view.tx, session)
    if found is None or any(one.active and one.prepared for one in found.facilitators.values()):
        return None
    name, when = sessions.name_of(view.tx, session), view.say.appointment(found.starts_at)
    return Message(view.text(NOBODY_LEADS, name=name, when=when))


def due_lines(view: View) -> list[str]:
    """Return the viewer's participants whose talk is due, a line each."""
    found = one_to_ones.due(view.tx, view.now, view.setting.one_to_one_weeks, view.viewer.id)
    return [
        view.text(ONE_TO_ONE[one.when], who=people.label_of(view.tx, one.person)) for one in found
    ]
