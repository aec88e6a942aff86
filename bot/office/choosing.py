"""Choosing days and times by taps: what the pages of plans and of sessions share."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from babel.dates import ParseError, parse_date

from bot.language.words import Words, words
from bot.office.draft import Problem
from bot.office.page import View
from bot.views.message import Button, Row, column
from flows.wall_clock import Day, days_after

A_PAGE: Final = 14
"""Days on one page."""
PAGES_AT_MOST: Final = 52
TIMES: Final = (
    *range(17 * 60, 22 * 60, 30),
    *range(8 * 60, 17 * 60, 30),
    *range(6 * 60, 8 * 60, 30),
    *range(22 * 60, 23 * 60, 30),
)
"""Times of day to tap, in minutes after midnight: the evening's first."""
_TIME: Final = re.compile(r"(\d{1,2})[:.h](\d{2})(?:\s*([ap])\.?m\.?)?", re.IGNORECASE)
_NOON: Final = 12
_HOURS: Final = 24


def in_zone(view: View, zone: str) -> Words:
    """Return the viewer's words for the clocks of another zone."""
    return words(view.viewer.locale, zone)


def days_from(first: Day, page: int) -> Iterator[Day]:
    """Yield the days of one page, which begin with the first one."""
    yield from (days_after(first, page * A_PAGE + number) for number in range(A_PAGE))


def grid(buttons: Iterable[Button], across: int) -> tuple[Row, ...]:
    """Return short buttons in rows of so many."""
    found = tuple(buttons)
    return tuple(found[start : start + across] for start in range(0, len(found), across))


def pages(view: View, name: str, number: int, later: int, earlier: int) -> tuple[Row, ...]:
    """Return the buttons to the next page and to the one before."""
    shown = []
    if number + 1 < PAGES_AT_MOST:
        shown.append(view.go("office/plan/button/later", name, later))
    if number:
        shown.append(view.go("office/plan/button/earlier", name, earlier))
    return (tuple(shown),) if shown else column()


def time_in(line: str) -> int | None:
    """Return the time of day that somebody typed, in minutes after midnight, or None."""
    found = _TIME.fullmatch(line.strip())
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2])
    if found[3]:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if found[3].lower() == "p" else 0)
    return hour * 60 + minute if hour < _HOURS and minute < 60 else None


def day_in(line: str, locale: str) -> Day | None:
    """Return the day that somebody typed, by ISO 8601 or as their language writes it, or None."""
    try:
        return date.fromisoformat(line.strip())
    except ValueError:
        pass
    try:
        return parse_date(line, locale=locale, format="short")
    except (ParseError, ValueError, IndexError, KeyError):
        return None


def told(view: View, found: Problem) -> str:
    """Say in words what stands against a plan."""
    times = {name: view.say.clock(wall.minute) for name, wall in found.walls.items()}
    day = view.say.full_date(found.day) if found.day else ""
    return view.text(f"office/plan/{found.code}", **times, day=day)
