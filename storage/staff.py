"""Staff: who is there in which role, since when prepared, and what changes about that.

A role that was lost can come back only when nothing that its bearer signed would count again with
it; the schema says so too.
"""

from dataclasses import dataclass

from flows.model import Instant, PersonId, SessionId
from storage import people
from storage.people import Role
from storage.store import Tx


@dataclass(frozen=True, slots=True)
class Colleague:
    """One member of staff as coordinators see them."""

    id: PersonId
    status: str
    locale: str
    reachable: bool
    roles: frozenset[Role]
    prepared_at: Instant | None
    """Since when they are prepared for online facilitation; without the role it says nothing."""

    @property
    def here(self) -> bool:
        """Whether they have opened their invitation."""
        return self.status == "enrolled"


def everybody(tx: Tx) -> tuple[Colleague, ...]:
    """Return whoever holds a role and is invited or here, in the order in which they were added."""
    rows = tx.db.execute(
        "SELECT DISTINCT p.id FROM person p JOIN staff_role r ON r.person = p.id"
        " WHERE r.ended_at IS NULL AND p.status IN ('invited', 'enrolled') ORDER BY p.id"
    ).fetchall()
    found = (find(tx, PersonId(row["id"])) for row in rows)
    return tuple(one for one in found if one)


def find(tx: Tx, person: PersonId) -> Colleague | None:
    """Return a member of staff; None for anybody else, and for whoever has left."""
    known = people.find(tx, person)
    if known is None or not known.staff or known.status not in ("invited", "enrolled"):
        return None
    row = tx.db.execute(
        "SELECT prepared_at FROM staff_role"
        " WHERE person = ? AND role = 'facilitator' AND ended_at IS NULL",
        (person,),
    ).fetchone()
    prepared = row["prepared_at"] if row else None
    return Colleague(person, known.status, known.locale, known.reachable, known.roles, prepared)


def is_named(tx: Tx, label: str) -> bool:
    """Say whether somebody has this label or name; upper and lower case are the same."""
    rows = tx.db.execute("SELECT id FROM person WHERE status IN ('invited', 'enrolled')").fetchall()
    wanted = label.casefold()
    return any(people.label_of(tx, PersonId(row["id"])).casefold() == wanted for row in rows)


def give_role(tx: Tx, person: PersonId, role: Role) -> None:
    """Give somebody a role, also one that ended before; nobody is prepared by that."""
    begun_anew = tx.db.execute(
        "UPDATE staff_role SET ended_at = NULL, prepared_at = NULL"
        " WHERE person = ? AND role = ? AND ended_at IS NOT NULL",
        (person, role),
    )
    if begun_anew.rowcount == 0:
        people.give_role(tx, person, role, prepared_at=None)


def in_role(tx: Tx, role: Role) -> tuple[PersonId, ...]:
    """Return who is enrolled and in a role now."""
    rows = tx.db.execute(
        "SELECT r.person FROM staff_role r JOIN person p ON p.id = r.person"
        " WHERE r.role = ? AND r.ended_at IS NULL AND p.status = 'enrolled' ORDER BY r.person",
        (role,),
    )
    return tuple(PersonId(row["person"]) for row in rows)


def end_role(tx: Tx, person: PersonId, role: Role, now: Instant) -> None:
    """End a role, and the preparation with it."""
    tx.db.execute(
        "UPDATE staff_role SET ended_at = ?, prepared_at = NULL"
        " WHERE person = ? AND role = ? AND ended_at IS NULL",
        (now, person, role),
    )


def set_prepared(tx: Tx, person: PersonId, since: Instant | None) -> None:
    """Note since when somebody is prepared for online facilitation, or that they are not."""
    tx.db.execute(
        "UPDATE staff_role SET prepared_at = ?"
        " WHERE person = ? AND role = 'facilitator' AND ended_at IS NULL",
        (since, person),
    )


def leave(tx: Tx, person: PersonId, now: Instant) -> None:
    """Let a member of staff go: their roles end, and invitations that were not used."""
    for role in Role:
        end_role(tx, person, role, now)
    tx.db.execute("DELETE FROM invitation WHERE person = ? AND used_at IS NULL", (person,))
    tx.db.execute("UPDATE person SET status = 'left' WHERE id = ?", (person,))


def set_locale(tx: Tx, person: PersonId, locale: str) -> None:
    """Keep the language that somebody chose."""
    tx.db.execute("UPDATE person SET locale = ? WHERE id = ?", (locale, person))


def led_by(tx: Tx, person: PersonId, group: int | None = None) -> tuple[SessionId, ...]:
    """Return the sessions, of one group or all, that somebody leads and that are not over."""
    rows = tx.db.execute(
        "SELECT f.session FROM session_facilitator f JOIN session s ON s.id = f.session"
        " WHERE f.person = ?1 AND f.active = 1 AND s.state NOT IN ('closed', 'cancelled')"
        ' AND (?2 IS NULL OR s."group" = ?2) ORDER BY f.session',
        (person, group),
    )
    return tuple(SessionId(row["session"]) for row in rows)
