"""Appointments: what is ahead, whether somebody comes, when they are reminded, a calendar file.

Whoever holds the phone reads that there are appointments, and when: never what they are, and no
link. Nothing of it gets in the way of one that is under way, or of what is asked anew.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from bot.buttons import Answer, Unreadable, number
from bot.calendar_file import Entry, calendar_file
from bot.home import going, orientation
from bot.home.question import Concern, Hands, Sight, button
from bot.language.words import Words
from bot.views import appointment
from bot.views.message import Button, Document, Message, Row, column, pairs
from flows.decide import RefusalCode
from flows.model import CheckState, Instant, PersonId, SessionId, SessionState
from storage import arrivals, pages, reminders, sessions
from storage.pages import Page
from storage.sessions import Glance
from storage.store import Tx

NAME: Final = "appointments"
ALL, ONE, REMINDERS, CALENDAR = "appointments", "appointment", "reminders", "calendar"
"""What somebody has open; `ONE` is about a session."""
PAGES: Final = (ALL, ONE, REMINDERS, CALENDAR)
SHOWN: Final = 10
"""How many appointments are listed."""
FILE: Final = "home/appointments/file"
"""What a letter is about that stands for the calendar file."""
FILE_NAME: Final = "appointments.ics"
_ON, _OFF = "\N{BALLOT BOX WITH CHECK}", "\N{BALLOT BOX}"


def show_all(hands: Hands) -> None:
    """Show what is ahead; never between the questions of an appointment."""
    if sessions.running_of(hands.tx, hands.person.id):
        hands.tell(hands.person.id, "home/language/later")
        return
    _keep(hands, ALL)
    hands.show()


def _keep(hands: Hands, page: str, about: int = 0) -> None:
    """Keep what is open, with the name of the question that it is shown instead of."""
    person = hands.person.id
    pages.keep(hands.tx, person, Page(page, about, _asked(hands.tx, person)))


def _asked(tx: Tx, person: PersonId) -> str:
    """Return the name of the question that waits for somebody; empty: none does."""
    run = orientation.asked(tx, person)
    return arrivals.missing(tx, person) or (f"{orientation.NAME}-{run.number}" if run else "")


def _opened(sight: Sight) -> Page | None:
    """Return the page that may be shown now: a question that came after it goes first."""
    tx, person = sight.tx, sight.viewer.id
    opened = pages.find(tx, person)
    if opened is None or opened.name not in PAGES or sessions.running_of(tx, person):
        return None
    return opened if _asked(tx, person) in ("", opened.notice) else None


# What is shown


def _draw(sight: Sight) -> Message | None:
    opened = _opened(sight)
    if opened is None:
        return None
    ahead = sessions.ahead_of(sight.tx, sight.viewer.id, sight.now)
    match opened.name:
        case "appointment":
            found = next((one for one in ahead if one.session == opened.about), None)
            return _one(sight, found) if found else _all(sight, ahead)
        case "reminders":
            return _reminders(sight)
        case "calendar":
            return _calendar(sight)
        case _:
            return _all(sight, ahead)


def _all(sight: Sight, ahead: Sequence[Glance]) -> Message:
    say, shown = sight.say, ahead[:SHOWN]
    lines = [say.say("home/appointments/title" if ahead else "home/appointments/none")]
    lines += (_line(sight, one) for one in shown)
    if len(ahead) > SHOWN:
        lines.append(say.say("home/appointments/more", n=len(ahead) - SHOWN))
    return Message("\n".join(lines), (*_dates(say, shown), *_rest(sight)))


def _line(sight: Sight, one: Glance) -> str:
    when = sight.say.appointment(one.starts_at, sight.setting.zone)
    key = "absent" if one.check is CheckState.ABSENT else "coming"
    return sight.say.say(f"home/appointments/{key}", when=when)


def _dates(say: Words, shown: Sequence[Glance]) -> tuple[Row, ...]:
    """Return a button for each, by its date; two of one day are told apart by the time."""
    days = Counter(say.day(one.starts_at) for one in shown)
    return pairs(*(_date(say, one, alone=days[say.day(one.starts_at)] == 1) for one in shown))


def _date(say: Words, one: Glance, *, alone: bool) -> Button:
    day, time = say.day(one.starts_at), say.time(one.starts_at)
    text = day if alone else say.say("time/when", day=day, time=time)
    return button(text, NAME, "open", one.session)


def _rest(sight: Sight) -> tuple[Row, ...]:
    """Return what else can be done here; nothing is offered that there is nothing for."""
    rest: list[Button] = []
    if reminders.rule(sight.tx).offsets:
        rest.append(_to(sight, REMINDERS))
    if _entries(sight.tx, sight.viewer.id, sight.say, sight.now):
        rest.append(_to(sight, CALENDAR))
    return (*pairs(*rest), *column(_to(sight, "close")))


def _to(sight: Sight, act: str) -> Button:
    return button(sight.say.say(f"home/appointments/button/{act}"), NAME, act)


def _one(sight: Sight, seen: Glance) -> Message:
    """Draw one appointment, with the one button that fits."""
    say, absent = sight.say, seen.check is CheckState.ABSENT
    key = appointment.ABSENT if absent else appointment.REMINDER
    text = say.say(key, when=say.appointment(seen.starts_at, sight.setting.zone))
    fits = appointment.return_button if absent else appointment.absence_button
    return Message(text, column(fits(say, seen), _to(sight, "back")))


def _reminders(sight: Sight) -> Message:
    """Draw which reminders come, and a button for each that the programme has."""
    say, off = sight.say, reminders.unwanted(sight.tx, sight.viewer.id)
    offsets = sorted(reminders.rule(sight.tx).offsets, reverse=True)
    wanted = [say.length(offset) for offset in offsets if offset not in off]
    key = "home/appointments/reminded" if wanted else "home/appointments/not-reminded"
    choices = (_choice(say, offset, on=offset not in off) for offset in offsets)
    text = say.say(key, names=say.listing(wanted))
    return Message(text, column(*choices, _to(sight, "back")))


def _choice(say: Words, offset: int, *, on: bool) -> Button:
    text = say.say("home/appointments/button/before", span=say.length(offset))
    return button(f"{_ON if on else _OFF} {text}", NAME, "off" if on else "on", offset)


def _calendar(sight: Sight) -> Message:
    """Say what the file lets others see, above the button that sends it."""
    text = sight.say.say("home/appointments/calendar", name=_title(sight.say))
    return Message(text, column(_to(sight, "file"), _to(sight, "back")))


def _title(say: Words) -> str:
    return say.say("home/appointments/entry")


# What a tap does


def _do(hands: Hands, act: str, choice: str) -> Answer:
    if hands.person.staff:
        raise Unreadable
    if sessions.running_of(hands.tx, hands.person.id):
        return hands.refused(NAME, RefusalCode.NOT_NOW)
    match act:
        case "back":
            return _turn(hands, ALL)
        case "reminders" | "calendar":
            return _turn(hands, act)
        case "open":
            return _open(hands, SessionId(number(choice)))
        case "on" | "off":
            return _want(hands, number(choice), wanted=act == "on")
        case "file":
            return _send(hands)
        case "close":
            return _close(hands)
        case _:
            raise Unreadable


def _turn(hands: Hands, page: str, about: int = 0) -> Answer:
    _keep(hands, page, about)
    hands.redraw()
    return Answer()


def _open(hands: Hands, session: SessionId) -> Answer:
    """Open one that is still to come; in the place of one that is not, show all."""
    seen = sessions.glance(hands.tx, session, hands.person.id)
    if seen is None:
        return hands.refuse(NAME, RefusalCode.STALE)
    if seen.state is not SessionState.PLANNED or seen.starts_at <= hands.now:
        _keep(hands, ALL)
        return hands.refuse(NAME, RefusalCode.STALE)
    return _turn(hands, ONE, session)


def _want(hands: Hands, offset: int, *, wanted: bool) -> Answer:
    tx, person = hands.tx, hands.person.id
    if offset not in reminders.rule(tx).offsets:
        return hands.refuse(REMINDERS, RefusalCode.STALE)
    if wanted == (offset not in reminders.unwanted(tx, person)):
        return hands.refuse(REMINDERS, RefusalCode.REPEATED)
    reminders.want(tx, person, offset, wanted=wanted, now=hands.now)
    hands.record(REMINDERS, detail="on" if wanted else "off")
    return _turn(hands, REMINDERS)


def _send(hands: Hands) -> Answer:
    """Have the file sent; it is made when it is sent."""
    if not _entries(hands.tx, hands.person.id, hands.sight.say, hands.now):
        _keep(hands, ALL)
        return hands.refuse("calendar-file", RefusalCode.STALE)
    hands.tell(hands.person.id, FILE)
    hands.record("calendar-file")
    return Answer()


def _close(hands: Hands) -> Answer:
    """Take the screen away; a question that was put aside comes back."""
    pages.close(hands.tx, hands.person.id)
    going.hide_home(hands)
    hands.show()
    return Answer()


# The file


def sent(sight: Sight) -> Message | None:
    """Draw the calendar file as the appointments are now; without any there is none."""
    entries = _entries(sight.tx, sight.viewer.id, sight.say, sight.now)
    if not entries:
        return None
    file = Document(FILE_NAME, calendar_file(entries, sight.now))
    return Message(sight.say.say(FILE), document=file)


def _entries(tx: Tx, person: PersonId, say: Words, now: Instant) -> tuple[Entry, ...]:
    """Return what is ahead; what was cancelled too, for calendars that have taken it before."""
    ahead = sessions.ahead_of(tx, person, now)
    cancelled = sessions.cancelled_ahead_of(tx, person, now)
    return tuple(_entry(one, _title(say)) for one in (*ahead, *cancelled))


def _entry(one: Glance, title: str) -> Entry:
    cancelled = one.state is SessionState.CANCELLED
    return Entry(one.uid, one.starts_at, one.ends_at, one.schedule - 1, title, cancelled)


CONCERN = Concern(NAME, _draw, _do)
