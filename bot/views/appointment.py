"""What participants are told of an appointment between sessions: that there is one, and when.

A stranger may read it over the shoulder: never what it is, never a link, never a reason.
"""

from collections.abc import Iterable, Mapping, Sequence

from bot.language.words import Words
from bot.views.message import Button, Message, column, tap
from flows.effects import Param, TimeOf
from flows.model import CheckState, Instant, SessionId, SessionState
from storage.sessions import Glance

REMINDER = "reminder/coming"
ABSENT, EXPECTED = "reminder/absence-kept", "reminder/absence-taken-back"
NEW, NEW_MANY = "appointment/new", "appointment/new-many"
MOVED, MOVED_MANY = "appointment/moved", "appointment/moved-many"
CANCELLED, CANCELLED_MANY = "appointment/cancelled", "appointment/cancelled-many"
AHEAD = (REMINDER, EXPECTED, NEW, NEW_MANY, MOVED, MOVED_MANY)
"""What is told of a session that is still to come."""
MANY = (NEW_MANY, MOVED_MANY, CANCELLED_MANY)
"""What is told of several sessions in one letter."""
OF_ONE = {NEW_MANY: NEW, CANCELLED_MANY: CANCELLED}
"""What is told where only one of several is left; what has moved is counted all the same."""


def about(found: Sequence[SessionId]) -> dict[str, Param]:
    """Return what a letter carries that tells of several sessions: how many, and which."""
    return {"n": len(found), "sessions": " ".join(str(one) for one in found)}


def sessions_of(params: Mapping[str, Param]) -> tuple[SessionId, ...]:
    """Return the sessions that a letter carries; none: it tells of its own alone."""
    return tuple(SessionId(int(one)) for one in str(params.get("sessions", "")).split())


def said_of_many(
    say: Words, key: str, found: Iterable[Glance], zone: str, now: Instant
) -> Message | None:
    """Draw what is told of several sessions for those of which it is still true; None: of none."""
    left = sorted((one for one in found if _holds(key, one, now)), key=lambda one: one.starts_at)
    if not left:
        return None
    key = OF_ONE.get(key, key) if len(left) == 1 else key
    return Message(say.say(key, when=say.appointment(left[0].starts_at, zone), n=len(left)))


def said(
    say: Words, key: str, params: Mapping[str, Param], seen: Glance, zone: str, now: Instant
) -> Message | None:
    """Draw one of them as it stands now; None where it is not true any more.

    `zone` is the programme's: the reader's own is named where it differs.
    """
    if key in AHEAD and not _is_ahead(seen, now):
        return None
    if key == REMINDER and not _is_due(seen, params):
        return None
    if key == ABSENT and seen.check is not CheckState.ABSENT:
        return None
    before = params.get("before")
    then = say.appointment(before.at, zone) if isinstance(before, TimeOf) else ""
    text = say.say(
        key, when=say.appointment(seen.starts_at, zone), before=then, n=params.get("n", 1)
    )
    if key == REMINDER:
        return Message(text, column(absence_button(say, seen)))
    if key == ABSENT and seen.state is SessionState.PLANNED:
        return Message(text, column(return_button(say, seen)))
    return Message(text)


def taken_off(say: Words, key: str, params: Mapping[str, Param], zone: str) -> Message | None:
    """Draw what somebody is told of appointments that others still have, and they do not."""
    when = params.get("when")
    if not isinstance(when, TimeOf):
        return None
    return Message(say.say(key, when=say.appointment(when.at, zone), n=params.get("n", 1)))


def absence_button(say: Words, seen: Glance) -> Button:
    """Return the button by which somebody says that they can't come."""
    return tap(say.say("reminder/button/cant-come"), "cant", seen.session, seen.schedule)


def return_button(say: Words, seen: Glance) -> Button:
    """Return the button by which somebody says that they can come after all."""
    return tap(say.say("reminder/button/can-come"), "can", seen.session, seen.schedule)


def _holds(key: str, seen: Glance, now: Instant) -> bool:
    return _is_ahead(seen, now) if key in AHEAD else seen.state is SessionState.CANCELLED


def _is_ahead(seen: Glance, now: Instant) -> bool:
    return seen.state is SessionState.PLANNED and now < seen.starts_at


def _is_due(seen: Glance, params: Mapping[str, Param]) -> bool:
    """Say whether a reminder is still for the time that the session has, and for who comes."""
    return params.get("schedule") == seen.schedule and seen.check is not CheckState.ABSENT
