"""A facilitator's week: the sessions of seven days, by day, and their calendar as a file.

Days and times are those of the viewer's own clocks. A calendar names a session by its neutral name.
"""

from collections.abc import Iterator
from typing import Final

from bot.buttons import Answer
from bot.calendar_file import Entry, calendar_file
from bot.office import rights
from bot.office.choosing import PAGES_AT_MOST
from bot.office.groups import button_text
from bot.office.page import Act, Clerk, Page, View
from bot.views.message import Button, Document, Message, Row, pairs, tap
from flows.model import CheckState, SessionState
from flows.wall_clock import Day, Wall, days_after, first_instant, read
from storage import ahead, outbox, people, sessions
from storage.ahead import Ahead
from storage.outbox import Kind

COMMANDS: Final = {"week": "week"}
SENT: Final = "office/week/file"
"""The calendar that is sent: what stands below it."""
_FILE: Final = "sessions.ics"
_DAYS: Final = 7
_MOST: Final = 60
"""Sessions that one page shows."""


def _week(view: View) -> Message | None:
    if view.about >= PAGES_AT_MOST:
        return None
    found = _found(view)
    first = _first_day(view)
    last = days_after(first, _DAYS - 1)
    since, until = view.say.short_date(first), view.say.short_date(last)
    key = "office/week/title" if found else "office/week/none"
    lines = [view.text(key, since=since, until=until), *_lines(view, found)]
    shown = (_to_session(view, one) for one in found)
    file = view.do("office/week/button/file", "week-file")
    return Message("\n".join(lines), (*pairs(*shown), *_turns(view), (file,)))


def _first_day(view: View) -> Day:
    today = read(view.now, view.viewer.zone).day
    return days_after(today, _DAYS * view.about)


def _found(view: View) -> tuple[Ahead, ...]:
    first, zone = _first_day(view), view.viewer.zone
    since = first_instant(Wall(first, 0), zone)
    until = first_instant(Wall(days_after(first, _DAYS), 0), zone)
    found = ahead.of_facilitator(view.tx, view.viewer.id, since, until)
    return tuple(one for one in found if one.state is not SessionState.CANCELLED)[:_MOST]


def _lines(view: View, found: tuple[Ahead, ...]) -> Iterator[str]:
    """Yield the days with their sessions, and who can't come."""
    before: Day | None = None
    for one in found:
        day = read(one.starts_at, view.viewer.zone).day
        if day != before:
            yield ""
            yield view.say.full_date(day)
        before = day
        time = view.say.span(one.starts_at, one.ends_at)
        yield view.text("office/week/row", time=time, name=one.name)
        if labels := _absent(view, one):
            yield view.text("office/week/cant-come", names=view.say.listing(labels))


def _absent(view: View, one: Ahead) -> list[str]:
    """Return the labels of those who said that they can't come."""
    session = sessions.load(view.tx, one.id)
    if session is None or one.state is not SessionState.PLANNED:
        return []
    absent = (check for check in session.checks.values() if check.state is CheckState.ABSENT)
    return [people.label_of(view.tx, check.person) for check in absent]


def _to_session(view: View, one: Ahead) -> Button:
    wall = read(one.starts_at, view.viewer.zone)
    when = f"{view.say.short_date(wall.day)} {view.say.clock(wall.minute)}"
    return tap(button_text(f"{when} {one.name}"), "go", "session", one.id)


def _turns(view: View) -> tuple[Row, ...]:
    later = view.go("office/plan/button/later", "week", view.about + 1)
    earlier = view.go("office/plan/button/earlier", "week", max(0, view.about - 1))
    has_later = view.about + 1 < PAGES_AT_MOST
    row = (*((earlier,) if view.about else ()), *((later,) if has_later else ()))
    return (row,) if row else ()


def _send_file(clerk: Clerk, _: int, __: str) -> Answer:
    """Have the calendar sent as a document; it is made when it is sent."""
    outbox.add(clerk.tx, clerk.person.id, Kind.SAY, now=clerk.now, subject=SENT)
    clerk.record("week-file")
    return Answer()


def sent(view: View) -> Message | None:
    """Draw the calendar as the sessions are planned now; nothing for whoever leads no more."""
    if not rights.facilitator(view.tx, view.viewer, view.about):
        return None
    found = ahead.kept_in_calendars(view.tx, view.viewer.id, view.now)
    if not found:
        return Message(view.text("office/week/no-file"))
    content = calendar_file([_entry(one) for one in found], view.now)
    return Message(view.text(SENT), document=Document(_FILE, content))


def _entry(one: Ahead) -> Entry:
    return Entry(
        uid=one.uid,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        sequence=one.schedule,
        title=one.name,
        cancelled=one.state is SessionState.CANCELLED,
    )


PAGES = (Page("week", rights.facilitator, _week),)
ACTS = (Act("week-file", rights.facilitator, _send_file),)
