"""One session between sessions: its page, another time for it, and cancelling it.

What is done to several is done to all of them or to none, and a button that was drawn for another
schedule, or for other sessions, is outdated. A time that clocks skip is never taken.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot import scene
from bot.buttons import Answer, Unreadable
from bot.office import changing, choosing, draft, notice, rights
from bot.office.changing import Step
from bot.office.choosing import in_zone
from bot.office.draft import Problem
from bot.office.page import Act, Clerk, Page, View
from bot.views.board import expected, person_state
from bot.views.message import Button, Message, column, tap
from flows import events as e
from flows.decide import RefusalCode
from flows.model import SessionId, SessionState
from flows.series import moved
from flows.wall_clock import Day, Wall, instant, read
from storage import ahead, groups, people, sessions
from storage.ahead import Ahead
from storage.people import Person
from storage.store import Tx

_STATES: Final = {
    SessionState.PLANNED: "board/planned",
    SessionState.CHECKING: "office/session/checking",
    SessionState.OPEN: "office/session/open",
    SessionState.STOPPED: "board/stopped",
    SessionState.CLOSED: "board/closed",
    SessionState.CANCELLED: "board/cancelled",
}
MOVABLE: Final = (SessionState.PLANNED, SessionState.CHECKING, SessionState.STOPPED)
ONE, ALL = "one", "all"
_BUTTONS: Final = {ONE: "office/session/button/one", ALL: "office/session/button/all"}
_EPOCH: Final = Day(1970, 1, 1)
_DAYS, _MINUTES = 100_000, 10_000
_MINUTES_A_DAY: Final = 1440


@dataclass(frozen=True, slots=True)
class Target:
    """Where a session goes, as the one number that a button carries.

    `day` is a day, or how many fortnights of days are passed over while none is chosen.
    """

    session: int
    day: int = 0
    minute: int = 0

    @property
    def number(self) -> int:
        """The number that `target` reads."""
        return (self.session * _DAYS + self.day) * _MINUTES + self.minute

    @property
    def wall(self) -> Wall:
        """The wall time."""
        return Wall(_EPOCH + timedelta(days=self.day), self.minute)


def target(number: int) -> Target:
    """Return the target that a number stands for."""
    rest, minute = divmod(number, _MINUTES)
    session, day = divmod(rest, _DAYS)
    return Target(session, day, min(minute, _MINUTES_A_DAY - 1))


def of_target(tx: Tx, person: Person, number: int) -> bool:
    """Allow a facilitator of the session that goes to this target."""
    return rights.of_session(tx, person, target(number).session)


def _zone(view: View | Clerk, one: Ahead) -> str:
    return one.zone or view.setting.zone


# The session's page


def _session(view: View) -> Message | None:
    one = ahead.find(view.tx, view.about)
    seen = scene.load(view.tx, view.viewer, SessionId(view.about), view.now)
    if one is None or seen is None:
        return None
    leaders = [people.label_of(view.tx, who) for who in sessions.facilitators_of(view.tx, one.id)]
    people_lines = [
        view.text("board/row", who=seen.named(check.person), state=person_state(seen, check))
        for check in expected(seen)
    ]
    lines = [
        one.name,
        _when(view, one),
        view.text("office/group/led", names=view.say.listing(leaders)),
        view.text(_STATES[one.state]),
        *(("", *people_lines) if people_lines else ()),
    ]
    return Message("\n".join(lines), column(*_buttons(view, one)))


def _when(view: View, one: Ahead) -> str:
    """Return day and time by the session's own clocks, named where they are not the viewer's."""
    return in_zone(view, _zone(view, one)).appointment(one.starts_at, view.viewer.zone)


def _buttons(view: View, one: Ahead) -> tuple[Button, ...]:
    move = view.go("office/session/button/move", "session-day", Target(one.id).number)
    cancel = view.go("office/session/button/cancel", "session-cancel", one.id)
    return (
        *((move,) if one.state in MOVABLE else ()),
        *((cancel,) if one.state is SessionState.PLANNED else ()),
        tap(view.text("office/session/button/board"), "board", one.id),
        _back(view, one),
    )


def _back(view: View, one: Ahead) -> Button:
    if one.group is not None and rights.of_group(view.tx, view.viewer, one.group):
        group = groups.find(view.tx, one.group)
        if group is not None and group.ended_at is None:
            return view.go("office/button/back", "sessions", one.group)
    return view.go("office/button/back", "week")


def _to_session(view: View, one: Ahead) -> Button:
    return view.go("office/button/back", "session", one.id)


# Another time


def _asks_day(view: View) -> Message | None:
    chosen = target(view.about)
    one = _movable(view.tx, chosen)
    if one is None or chosen.day >= choosing.PAGES_AT_MOST:
        return None
    today = read(view.now, _zone(view, one)).day
    choices = (view_day(view, one, day) for day in choosing.days_from(today, chosen.day))
    later = Target(one.id, chosen.day + 1).number
    earlier = Target(one.id, max(0, chosen.day - 1)).number
    turn = choosing.pages(view, "session-day", chosen.day, later, earlier)
    rows = (*choosing.grid(choices, 2), *turn, (_to_session(view, one),))
    return Message(view.text("office/session/ask-day", when=_when(view, one)), rows)


def view_day(view: View, one: Ahead, day: Day) -> Button:
    """Return the button that chooses a day."""
    number = Target(one.id, (day - _EPOCH).days).number
    return tap(view.say.short_date(day), "go", "session-time", number)


def _asks_time(view: View) -> Message | None:
    chosen = target(view.about)
    one = _movable(view.tx, chosen)
    if one is None:
        return None
    choices = (
        tap(
            view.say.clock(minute),
            *("go", "session-move", Target(one.id, chosen.day, minute).number),
        )
        for minute in choosing.TIMES
    )
    back = view.go("office/button/back", "session-day", Target(one.id).number)
    text = view.text("office/session/ask-time", day=view.say.full_date(chosen.wall.day))
    return Message(text, (*choosing.grid(choices, 4), (back,)))


def _take_time(clerk: Clerk, about: int, line: str) -> Answer:
    minute, chosen = choosing.time_in(line), target(about)
    if minute is None:
        return clerk.go("session-time", about, "office/plan/no-time")
    return clerk.go("session-move", Target(chosen.session, chosen.day, minute).number)


def _asks_which(view: View) -> Message | None:
    """Ask whether one goes there or all that follow; say what stands against it instead."""
    chosen = target(view.about)
    one = _movable(view.tx, chosen)
    if one is None:
        return None
    lines = [
        view.text("office/session/ask-move", before=_when(view, one), when=_there(view, chosen))
    ]
    offered = _choices(one, _like(view, one))
    if ALL in offered:
        lines.append(view.text("office/session/following"))
    choices: list[Button] = []
    for which, found in offered.items():
        if wrong := _problem(view, one, found, chosen):
            lines += ["", _blamed(view, which, wrong)]
            continue
        stamp = _stamp(which, found)
        key = _BUTTONS[which]
        choices.append(view.do(key, "session-move", view.about, stamp, n=len(found)))
    back = view.go("office/button/back", "session-time", Target(one.id, chosen.day).number)
    return Message("\n".join(lines), column(*choices, back))


def _blamed(view: View, which: str, wrong: Problem) -> str:
    told = choosing.told(view, wrong)
    return told if which == ONE else view.text("office/session/not-all", reason=told)


def _there(view: View, chosen: Target) -> str:
    wall = chosen.wall
    day, time = view.say.full_date(wall.day), view.say.clock(wall.minute)
    return view.text("time/when", day=day, time=time)


def _movable(tx: Tx, chosen: Target) -> Ahead | None:
    one = ahead.find(tx, chosen.session)
    return one if one is not None and one.state in MOVABLE else None


def _choices(one: Ahead, following: tuple[Ahead, ...]) -> dict[str, tuple[Ahead, ...]]:
    """Return what can be changed at once: the one, and it with those that follow."""
    if one.state is SessionState.PLANNED and len(following) > 1:
        return {ONE: (one,), ALL: following}
    return {ONE: (one,)}


def _following(view: View | Clerk, one: Ahead) -> tuple[Ahead, ...]:
    who = view.viewer.id if isinstance(view, View) else view.person.id
    return ahead.following(view.tx, one, who)


def _like(view: View | Clerk, one: Ahead) -> tuple[Ahead, ...]:
    """Return a session and those after it on the same weekday at the same time.

    The other day of a series that meets twice a week stays, and so does what was moved by itself.
    """
    zone = _zone(view, one)
    slot = _slot(read(one.starts_at, zone))
    found = _following(view, one)
    return tuple(other for other in found if _slot(read(other.starts_at, zone)) == slot)


def _slot(wall: Wall) -> tuple[int, int]:
    return wall.day.weekday(), wall.minute


def _walls(view: View | Clerk, found: tuple[Ahead, ...], chosen: Target) -> tuple[Wall, ...]:
    zone = _zone(view, found[0])
    return moved(tuple(read(one.starts_at, zone) for one in found), chosen.wall)


def _problem(
    view: View | Clerk, one: Ahead, found: tuple[Ahead, ...], chosen: Target
) -> Problem | None:
    if chosen.wall == read(one.starts_at, _zone(view, one)):
        return Problem("same-time")
    return draft.at_walls(
        view.tx,
        _walls(view, found, chosen),
        _zone(view, one),
        one.ends_at - one.starts_at,
        view.now,
        one.group,
        frozenset(other.id for other in found),
    )


def _stamp(which: str, found: tuple[Ahead, ...]) -> str:
    """Return what a button was drawn for: the schedules of all that it changes, and how many."""
    return f"{which}-{sum(one.schedule for one in found)}-{len(found)}"


def _chosen(found: dict[str, tuple[Ahead, ...]], choice: str) -> tuple[Ahead, ...] | None:
    """Return the sessions that a button was drawn for; None where they are others by now."""
    which = choice.partition("-")[0]
    if which not in (ONE, ALL):
        raise Unreadable
    those = found.get(which)
    return those if those and choice == _stamp(which, those) else None


def _move(clerk: Clerk, about: int, choice: str) -> Answer:
    chosen = target(about)
    one = _movable(clerk.tx, chosen)
    those = _chosen(_choices(one, _like(clerk, one)), choice) if one else None
    if one is None or those is None:
        return clerk.refuse("session-move", RefusalCode.STALE)
    if wrong := _problem(clerk, one, those, chosen):
        clerk.record("session-move", wrong.code, one.id)
        return clerk.go("session-move", about)
    walls, zone = _walls(clerk, those, chosen), _zone(clerk, one)
    steps = [_step(clerk, other, wall, zone) for other, wall in zip(those, walls, strict=True)]
    if refused := changing.change(clerk, steps, changing.MOVED):
        return clerk.refuse("session-move", refused)
    return clerk.go("session", one.id, notice.kept("office/session/moved", len(those)))


def _step(clerk: Clerk, one: Ahead, wall: Wall, zone: str) -> Step:
    session, starts_at = sessions.load(clerk.tx, one.id), instant(wall, zone)
    if session is None or starts_at is None:
        raise LookupError(one.id)
    ends_at = starts_at + one.ends_at - one.starts_at
    return Step(session, e.SessionMoved(clerk.person.id, starts_at, ends_at))


# Cancelling


def _asks_cancel(view: View) -> Message | None:
    one = _planned(view.tx, view.about)
    if one is None:
        return None
    choices = (
        view.do(
            _BUTTONS[which],
            "session-cancel",
            one.id,
            _stamp(which, found),
            n=len(found),
        )
        for which, found in _choices(one, _following(view, one)).items()
    )
    text = view.text("office/session/ask-cancel", when=_when(view, one))
    return Message(text, column(*choices, _to_session(view, one)))


def _planned(tx: Tx, session: int) -> Ahead | None:
    one = ahead.find(tx, session)
    return one if one is not None and one.state is SessionState.PLANNED else None


def _cancel(clerk: Clerk, about: int, choice: str) -> Answer:
    one = _planned(clerk.tx, about)
    those = _chosen(_choices(one, _following(clerk, one)), choice) if one else None
    if one is None or those is None:
        return clerk.refuse("session-cancel", RefusalCode.STALE)
    if refused := changing.cancel(clerk, (other.id for other in those)):
        return clerk.refuse("session-cancel", refused)
    return clerk.go("session", one.id, notice.kept("office/session/cancelled", len(those)))


PAGES = (
    Page("session", rights.of_session, _session),
    Page("session-day", of_target, _asks_day),
    Page("session-time", of_target, _asks_time, _take_time),
    Page("session-move", of_target, _asks_which),
    Page("session-cancel", rights.of_session, _asks_cancel),
)
ACTS = (
    Act("session-move", of_target, _move),
    Act("session-cancel", rights.of_session, _cancel),
)
