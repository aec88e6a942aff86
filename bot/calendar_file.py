"""A calendar file (RFC 5545) of appointments, for programs that hold somebody's calendar.

It says when, and nothing else: no name, no link, no place, nobody's address, no alarm. A calendar
that has taken an earlier file knows each appointment again by its number and takes what is newer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flows.model import Instant

MAKER = "-//appointments//EN"
"""What made the file. It stands in many calendars, and names no bot."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One appointment in a calendar.

    `uid` stays the same through all its changes (RFC 7986 asks for no more than a random number);
    `sequence` counts its changes of time. That it was cancelled counts as one change more.
    """

    uid: str
    starts_at: Instant
    ends_at: Instant
    sequence: int
    title: str
    cancelled: bool = False


def calendar_file(entries: Sequence[Entry], now: Instant) -> bytes:
    """Return the file, times in UTC; of no entries there is none: raise ValueError."""
    # Imported here: it takes a quarter of a second, which every start and command would wait for.
    from icalendar import Calendar, Event  # noqa: PLC0415

    if not entries:
        raise ValueError("A calendar file needs an appointment (RFC 5545, 3.6).")
    calendar = Calendar()
    calendar.add("prodid", MAKER)
    calendar.add("version", "2.0")
    for entry in entries:
        event = Event()
        event.add("uid", entry.uid)
        event.add("dtstamp", _utc(now))
        event.add("dtstart", _utc(entry.starts_at))
        event.add("dtend", _utc(entry.ends_at))
        event.add("summary", entry.title)
        event.add("sequence", entry.sequence + entry.cancelled)
        event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
        event.add("class", "PRIVATE")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _utc(at: Instant) -> datetime:
    return datetime.fromtimestamp(at, UTC)
