"""Who may see and do what: by role, and by what it is about. Nothing else decides that.

A right is asked before a page is drawn, before an act is done, and before a line is taken.
"""

from collections.abc import Callable

from flows.model import PersonId, SessionId
from storage import groups, screenings, sessions, wishes
from storage import staff as colleagues
from storage.people import Person, Role
from storage.store import Tx

Right = Callable[[Tx, Person, int], bool]
"""Whether somebody may, about this group, session or person (0: about nothing in particular)."""


def coordinator(_: Tx, person: Person, __: int) -> bool:
    """Allow any coordinator."""
    return Role.COORDINATOR in person.roles


def facilitator(_: Tx, person: Person, __: int) -> bool:
    """Allow any facilitator."""
    return Role.FACILITATOR in person.roles


def staff(_: Tx, person: Person, __: int) -> bool:
    """Allow anybody in a role."""
    return person.staff


def of_group(tx: Tx, person: Person, group: int) -> bool:
    """Allow a facilitator of this group."""
    return Role.FACILITATOR in person.roles and groups.leads(tx, group, person.id)


def of_session(tx: Tx, person: Person, session: int) -> bool:
    """Allow a facilitator of this session."""
    if Role.FACILITATOR not in person.roles:
        return False
    return person.id in sessions.facilitators_of(tx, SessionId(session))


def of_participant(tx: Tx, person: Person, about: int) -> bool:
    """Allow a facilitator of a group of this participant."""
    if Role.FACILITATOR not in person.roles:
        return False
    return any(
        groups.leads(tx, group, person.id) for group in groups.of_participant(tx, PersonId(about))
    )


def of_colleague(tx: Tx, person: Person, about: int) -> bool:
    """Allow a coordinator, about somebody who is staff and about nobody else."""
    if Role.COORDINATOR not in person.roles:
        return False
    return colleagues.find(tx, PersonId(about)) is not None


def decides_on_participant(tx: Tx, person: Person, about: int) -> bool:
    """Allow a facilitator of a group of this participant who is marked as prepared."""
    return of_participant(tx, person, about) and screenings.is_prepared(tx, person.id)


def erases(tx: Tx, person: Person, about: int) -> bool:
    """Allow any coordinator, and whoever leads a group or a session of this participant."""
    if Role.COORDINATOR in person.roles:
        return True
    return person.id in wishes.facilitators_of(tx, PersonId(about))
