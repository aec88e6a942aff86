"""Groups and one-to-ones: who leads them, who takes part, and how they usually meet."""

from dataclasses import dataclass
from enum import StrEnum

from flows.model import Instant, PersonId, RoomKind, SessionId, SessionKind
from storage.store import Tx


class Part(StrEnum):
    """What somebody is in a group."""

    FACILITATOR = "facilitator"
    PARTICIPANT = "participant"


@dataclass(frozen=True, slots=True)
class Group:
    """A group as staff see it; its name is neutral, its length is in minutes."""

    id: int
    name: str
    kind: SessionKind
    locale: str
    minutes: int
    room: RoomKind
    cap: int
    ended_at: Instant | None


def add(
    tx: Tx, name: str, *, kind: SessionKind, locale: str, minutes: int, room: RoomKind, cap: int
) -> int:
    """Add a group without anybody in it; return its number."""
    added = tx.db.execute(
        'INSERT INTO "group" (name, kind, locale, minutes, room, cap) VALUES (?, ?, ?, ?, ?, ?)',
        (name, kind, locale, minutes, room, cap),
    )
    return added.lastrowid or 0


def find(tx: Tx, group: int) -> Group | None:
    """Return a group, or None."""
    row = tx.db.execute('SELECT * FROM "group" WHERE id = ?', (group,)).fetchone()
    if row is None:
        return None
    return Group(
        row["id"],
        row["name"],
        SessionKind(row["kind"]),
        row["locale"],
        row["minutes"],
        RoomKind(row["room"]),
        row["cap"],
        row["ended_at"],
    )


def save(tx: Tx, group: Group) -> None:
    """Keep a group as it is now."""
    tx.db.execute(
        'UPDATE "group" SET name = ?, kind = ?, locale = ?, minutes = ?, room = ?, cap = ?,'
        " ended_at = ? WHERE id = ?",
        (
            group.name,
            group.kind,
            group.locale,
            group.minutes,
            group.room,
            group.cap,
            group.ended_at,
            group.id,
        ),
    )


def join(tx: Tx, group: int, person: PersonId, part: Part, now: Instant) -> None:
    """Put somebody into a group; the schema refuses one participant too many."""
    tx.db.execute(
        'INSERT INTO membership ("group", person, role, since) VALUES (?, ?, ?, ?)',
        (group, person, part, now),
    )


def leave(tx: Tx, group: int, person: PersonId) -> None:
    """Take somebody out of a group."""
    tx.db.execute('DELETE FROM membership WHERE "group" = ? AND person = ?', (group, person))


def members(tx: Tx, group: int, part: Part) -> tuple[PersonId, ...]:
    """Return who is in a group, in the order in which they came."""
    rows = tx.db.execute(
        'SELECT person FROM membership WHERE "group" = ? AND role = ? ORDER BY since, person',
        (group, part),
    )
    return tuple(PersonId(row["person"]) for row in rows)


def since(tx: Tx, group: int, person: PersonId) -> Instant | None:
    """Return since when somebody is in a group, None where they are not."""
    row = tx.db.execute(
        'SELECT since FROM membership WHERE "group" = ? AND person = ?', (group, person)
    ).fetchone()
    return row["since"] if row else None


def active_leaders(tx: Tx, group: int) -> tuple[PersonId, ...]:
    """Return the facilitators of a group who are enrolled and still in their role."""
    rows = tx.db.execute(
        "SELECT m.person FROM membership m JOIN person p ON p.id = m.person"
        " JOIN staff_role r ON r.person = m.person AND r.role = 'facilitator'"
        " WHERE m.\"group\" = ? AND m.role = 'facilitator' AND p.status = 'enrolled'"
        " AND r.ended_at IS NULL ORDER BY m.person",
        (group,),
    )
    return tuple(PersonId(row["person"]) for row in rows)


def prepared_leaders(tx: Tx, group: int) -> tuple[PersonId, ...]:
    """Return the facilitators of a group who can lead a session: enrolled, active, prepared."""
    rows = tx.db.execute(
        "SELECT m.person FROM membership m JOIN person p ON p.id = m.person"
        " JOIN staff_role r ON r.person = m.person AND r.role = 'facilitator'"
        " WHERE m.\"group\" = ? AND m.role = 'facilitator' AND p.status = 'enrolled'"
        " AND r.ended_at IS NULL AND r.prepared_at IS NOT NULL ORDER BY m.person",
        (group,),
    )
    return tuple(PersonId(row["person"]) for row in rows)


def enrolled_participants(tx: Tx, group: int) -> tuple[PersonId, ...]:
    """Return who takes part in a group and is enrolled, in the order in which they came."""
    rows = tx.db.execute(
        "SELECT m.person FROM membership m JOIN person p ON p.id = m.person"
        " WHERE m.\"group\" = ? AND m.role = 'participant' AND p.status = 'enrolled'"
        " ORDER BY m.since, m.person",
        (group,),
    )
    return tuple(PersonId(row["person"]) for row in rows)


def possible_leaders(tx: Tx, group: int) -> tuple[PersonId, ...]:
    """Return the enrolled, prepared facilitators who are not in a group."""
    rows = tx.db.execute(
        "SELECT r.person FROM staff_role r JOIN person p ON p.id = r.person"
        " WHERE r.role = 'facilitator' AND r.ended_at IS NULL AND r.prepared_at IS NOT NULL"
        " AND p.status = 'enrolled' AND NOT EXISTS (SELECT 1 FROM membership m"
        ' WHERE m."group" = ? AND m.person = r.person) ORDER BY r.person',
        (group,),
    )
    return tuple(PersonId(row["person"]) for row in rows)


def is_running(tx: Tx, group: int) -> bool:
    """Say whether a session of a group has begun its checks and is not over."""
    return tx.db.execute(
        'SELECT 1 FROM session WHERE "group" = ?'
        " AND state IN ('checking', 'open', 'stopped')",
        (group,),
    ).fetchone() is not None  # fmt: skip


def of_session(tx: Tx, session: SessionId) -> int | None:
    """Return the group that a session belongs to, or None."""
    row = tx.db.execute('SELECT "group" FROM session WHERE id = ?', (session,)).fetchone()
    return row["group"] if row else None


def leads(tx: Tx, group: int, person: PersonId) -> bool:
    """Say whether somebody is a facilitator of this group."""
    return tx.db.execute(
        'SELECT 1 FROM membership WHERE "group" = ? AND person = ? AND role = ?',
        (group, person, Part.FACILITATOR),
    ).fetchone() is not None  # fmt: skip


def leaders_of(tx: Tx, person: PersonId) -> tuple[PersonId, ...]:
    """Return who leads a group in which somebody takes part, in an active role."""
    rows = tx.db.execute(
        'SELECT DISTINCT "by" FROM leading WHERE person = ? ORDER BY "by"', (person,)
    )
    return tuple(PersonId(row["by"]) for row in rows)


def of_participant(tx: Tx, person: PersonId) -> tuple[int, ...]:
    """Return the groups in which somebody takes part."""
    return _of(tx, person, Part.PARTICIPANT)


def of_facilitator(tx: Tx, person: PersonId) -> tuple[int, ...]:
    """Return the groups that somebody leads."""
    return _of(tx, person, Part.FACILITATOR)


def _of(tx: Tx, person: PersonId, part: Part) -> tuple[int, ...]:
    rows = tx.db.execute(
        'SELECT m."group" AS number FROM membership m JOIN "group" g ON g.id = m."group"'
        " WHERE m.person = ? AND m.role = ? AND g.ended_at IS NULL ORDER BY number",
        (person, part),
    )
    return tuple(row["number"] for row in rows)
