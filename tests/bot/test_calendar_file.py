"""Calendar files: what a calendar reads in them, and all that stands in none."""

import subprocess
import sys
from datetime import date

import pytest
from icalendar import Calendar

from bot.calendar_file import Entry, calendar_file
from flows.wall_clock import Wall, first_instant

NOW = 1_800_000_000
FIRST = Entry("0f" * 16, NOW + 3600, NOW + 9000, 0, "Appointment")
ALLOWED = {
    *("BEGIN", "END", "VERSION", "PRODID", "UID", "DTSTAMP", "DTSTART", "DTEND"),
    *("SUMMARY", "SEQUENCE", "STATUS", "CLASS"),
}


def lines(content):
    return content.decode().split("\r\n")


def read(content):
    return Calendar.from_ical(content).walk("VEVENT")


def test_whole_file():
    """The file says when, in UTC, under a neutral title, and nothing else."""
    assert lines(calendar_file([FIRST], NOW)) == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//appointments//EN",
        "BEGIN:VEVENT",
        "SUMMARY:Appointment",
        "DTSTART:20270115T090000Z",
        "DTEND:20270115T103000Z",
        "DTSTAMP:20270115T080000Z",
        "UID:0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f",
        "SEQUENCE:0",
        "CLASS:PRIVATE",
        "STATUS:CONFIRMED",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_nothing_but_times():
    """No property leads to anybody or anything, rings, or hands anything over."""
    many = [FIRST, Entry("ab" * 16, NOW + 90_000, NOW + 95_400, 3, "Rendez-vous", cancelled=True)]
    names = {line.partition(":")[0].partition(";")[0] for line in lines(calendar_file(many, NOW))}
    assert names - {""} == ALLOWED


def test_move_and_cancel():
    """The number stays; the sequence grows with a move, and once more with a cancellation."""
    moved = Entry(FIRST.uid, NOW + 7200, NOW + 12_600, 1, "Appointment")
    gone = Entry(FIRST.uid, NOW + 7200, NOW + 12_600, 1, "Appointment", cancelled=True)
    found = [read(calendar_file([one], NOW))[0] for one in (FIRST, moved, gone)]
    assert {str(event["uid"]) for event in found} == {FIRST.uid}
    assert [event["sequence"] for event in found] == [0, 1, 2]
    assert [str(event["status"]) for event in found] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]


def test_same_moment_same_file():
    """The file follows from the appointments and the moment alone."""
    assert calendar_file([FIRST], NOW) == calendar_file([FIRST], NOW)
    assert calendar_file([FIRST], NOW) != calendar_file([FIRST], NOW + 1)


def test_both_sides_of_a_transition():
    """What has the same wall time before and after a change of clocks is an hour apart in UTC."""
    days = (date(2027, 3, 21), date(2027, 3, 28))
    starts = [first_instant(Wall(day, 18 * 60), "Europe/Berlin") for day in days]
    entries = [Entry(f"{n:032x}", at, at + 5400, 0, "Termin") for n, at in enumerate(starts)]
    found = [event.start for event in read(calendar_file(entries, NOW))]
    assert [(one.hour, str(one.tzinfo)) for one in found] == [(17, "UTC"), (16, "UTC")]


@pytest.mark.parametrize("title", ["Termin", "Programare", "Schůzka", "Встреча", "a,b;c\\d\ne"])
def test_titles(title):
    """A title is read as it was written, in every script, and no line is over 75 bytes."""
    content = calendar_file([Entry("00" * 16, NOW, NOW + 60, 0, title * 20)], NOW)
    assert str(read(content)[0]["summary"]) == title * 20
    assert max(map(len, content.split(b"\r\n"))) <= 75


def test_nothing_is_no_file():
    """A file without any appointment is none that a calendar takes."""
    with pytest.raises(ValueError, match="needs an appointment"):
        calendar_file([], NOW)


def test_library_is_loaded_when_it_is_needed():
    """A bot that sends no calendar file has not loaded what makes them."""
    code = "import bot.app, sys; print('icalendar' in sys.modules)"
    done = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
