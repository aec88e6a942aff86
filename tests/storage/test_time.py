"""Time by raw SQL: a reminder is of a planned session as it stands, and of somebody expected there.

Beside each one others are expected in another session whose checks have begun.
"""

import pytest

from tests.honest import NOON, START
from tests.storage import test_forgeries as forgeries
from tests.storage.test_edges import PLANNED_AGAIN, another, on_the_roster
from tests.storage.test_forgeries import (
    NOBODY,
    P3,
    P6,
    P7,
    SIGNING,
    Forgery,
    insert,
    refuse,
    session,
    take,
)

places, attack = forgeries.places, forgeries.attack

# The statements -----------------------------------------------------------------------------------


def reminder(verb="INSERT", **changed):
    row = {"session": 9, "person": P6, "offset": 3600, "schedule": 1, "at": NOON}
    return insert("reminder", verb, **{**row, **changed})


PLANNED = (another(), on_the_roster(9, P6))
"""A planned session where P6 is expected; in the other ones, the checks have begun."""
MOVED = (*PLANNED, session(f"starts_at = {START + 60}, schedule = 2", 9))
NOT_PLANNED, NOT_EXPECTED = "of no planned session", "of nobody who is expected"

FORGERIES = (
    Forgery("reminder-of-no-session", SIGNING, reminder(session=NOBODY), NOT_PLANNED, PLANNED),
    Forgery("reminder-of-a-session-being-checked", SIGNING, reminder(session=1, person=P3),
            NOT_PLANNED, PLANNED),
    *(Forgery(f"reminder-of-a-session-that-is-{state}", SIGNING, reminder(), NOT_PLANNED,
              (*PLANNED, session(f"state = '{state}'", 9)))
      for state in ("checking", "closed", "cancelled")),
    Forgery("reminder-on-a-later-schedule", SIGNING, reminder(schedule=2), NOT_PLANNED, PLANNED),
    Forgery("reminder-on-an-earlier-schedule", SIGNING, reminder(), NOT_PLANNED, MOVED),
    *(Forgery(f"reminder-{name}", SIGNING, reminder(at=at), NOT_PLANNED, PLANNED)
      for name, at in {"at-the-start": START, "after-the-start": START + 1}.items()),
    Forgery("reminder-of-somebody-expected-elsewhere", SIGNING, reminder(person=P7), NOT_EXPECTED,
            PLANNED),
    Forgery("reminder-of-nobody", SIGNING, reminder(person=NOBODY), NOT_EXPECTED, PLANNED),
    *(Forgery(f"reminder-with-null-{name}", SIGNING, reminder(**{name: None}), "reminder|NULL",
              PLANNED) for name in ("session", "person", "offset", "schedule", "at")),
    Forgery("reminder-twice", SIGNING, reminder(at=NOON + 60), "UNIQUE", (*PLANNED, reminder())),
    *(Forgery(f"reminder-for-another-{name}", SIGNING,
              f'UPDATE reminder SET "{name}" = "{name}" + 1', "made anew",
              (*PLANNED, reminder()))
      for name in ("session", "person", "offset", "schedule", "at")),
)  # fmt: skip

HONEST = {
    "reminder": (SIGNING, (*PLANNED, reminder())),
    "reminder-just-before-the-start": (SIGNING, (*PLANNED, reminder(at=START - 1))),
    "reminders-of-several": (
        SIGNING,
        (
            *PLANNED,
            on_the_roster(9, P7),
            reminder(),
            reminder(offset=86400),
            reminder(person=P7),
        ),
    ),
    "reminder-made-anew": (
        SIGNING,
        (*PLANNED, reminder(), "DELETE FROM reminder", reminder(at=NOON + 60)),
    ),
    "reminder-after-a-move": (SIGNING, (*MOVED, reminder(schedule=2, at=START))),
    "reminder-when-checks-were-put-off": (
        SIGNING,
        (*PLANNED, session("state = 'checking'", 9), PLANNED_AGAIN, reminder()),
    ),
    "reminder-beside-a-schedule-that-was-raised": (
        SIGNING,
        (another(id=8, uid="other"), session("schedule = 2", 8), *PLANNED, reminder()),
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.name)
def test_forgery(attack, forgery):
    """The schema alone refuses it, for the reason given, and nothing is changed."""
    refuse(attack(forgery.place), forgery)


@pytest.mark.parametrize("name", HONEST)
def test_honest_act(attack, name):
    """The same statements with the truth in them are taken: not everything is refused."""
    place, statements = HONEST[name]
    take(attack(place), statements)


def test_names_are_unique():
    """Each forgery has a name of its own."""
    assert len({forgery.name for forgery in FORGERIES}) == len(FORGERIES)
