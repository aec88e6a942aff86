"""One-to-ones: whose next individual talk is due and not planned, before, during and after a group.

The individual intake counts as the first one. What was talked about is nowhere.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from flows.model import Instant, PersonId
from storage.store import Tx

DAY: Final = 86400
WEEK: Final = 7 * DAY
BEFORE_GROUP: Final = 14 * DAY
"""Seconds before somebody's first group session within which a missing talk is due."""


class When(StrEnum):
    """Where in a group somebody is whose talk is due."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Due:
    """Somebody whose talk is due; `stamp` is since what, so that each time is told of once."""

    person: PersonId
    when: When
    stamp: Instant


@dataclass(frozen=True, slots=True)
class _Group:
    """The first and the last session of somebody's groups, and whether one is still to come."""

    first: Instant
    last: Instant
    ahead: bool


def due(tx: Tx, now: Instant, weeks: int, leader: PersonId | None = None) -> tuple[Due, ...]:
    """Return whose talk is due and not planned, of one facilitator's groups or of all.

    During a group one is due `weeks` after the latest; 0: none is.
    """
    found = (_due(tx, person, now, weeks) for person in _participants(tx, leader))
    return tuple(one for one in found if one is not None)


def _participants(tx: Tx, leader: PersonId | None) -> tuple[PersonId, ...]:
    rows = tx.db.execute(
        'SELECT DISTINCT m.person FROM membership m JOIN "group" g ON g.id = m."group"'
        " JOIN person p ON p.id = m.person AND p.status = 'enrolled'"
        " WHERE m.role = 'participant' AND g.kind = 'group' AND g.ended_at IS NULL"
        ' AND (?1 IS NULL OR EXISTS (SELECT 1 FROM membership f WHERE f."group" = g.id'
        " AND f.person = ?1 AND f.role = 'facilitator')) ORDER BY m.person",
        (leader,),
    ).fetchall()
    return tuple(PersonId(row["person"]) for row in rows)


def _due(tx: Tx, person: PersonId, now: Instant, weeks: int) -> Due | None:
    group = _group(tx, person, now)
    if group is None or _is_planned(tx, person, now):
        return None
    met = _met(tx, person)
    if met is None:
        return Due(person, When.BEFORE, 0) if now >= group.first - BEFORE_GROUP else None
    if group.ahead:
        late = bool(weeks) and now >= met + weeks * WEEK
        return Due(person, When.DURING, met) if late else None
    after = met < group.last and now >= group.last + DAY
    return Due(person, When.AFTER, group.last) if after else None


def _group(tx: Tx, person: PersonId, now: Instant) -> _Group | None:
    row = tx.db.execute(
        "SELECT min(s.starts_at) AS first, max(s.starts_at) AS last,"
        " max(s.starts_at > ?2 AND s.state = 'planned') AS ahead"
        ' FROM "check" c JOIN session s ON s.id = c.session'
        " WHERE c.person = ?1 AND s.kind = 'group' AND s.state <> 'cancelled'",
        (person, now),
    ).fetchone()
    if row["first"] is None:
        return None
    return _Group(row["first"], row["last"], bool(row["ahead"]))


def _is_planned(tx: Tx, person: PersonId, now: Instant) -> bool:
    return tx.db.execute(
        'SELECT 1 FROM "check" c JOIN session s ON s.id = c.session'
        " WHERE c.person = ? AND s.kind = 'one_to_one' AND s.ends_at > ?"
        " AND s.state IN ('planned', 'checking', 'open', 'stopped') AND c.state <> 'absent'",
        (person, now),
    ).fetchone() is not None  # fmt: skip


def _met(tx: Tx, person: PersonId) -> Instant | None:
    """Return when somebody last had a talk of their own: the intake, or a session they were at."""
    row = tx.db.execute(
        "SELECT max(at) AS at FROM (SELECT at FROM intake WHERE person = ?1 UNION ALL"
        ' SELECT s.starts_at FROM "check" c JOIN session s ON s.id = c.session'
        " WHERE c.person = ?1 AND s.kind = 'one_to_one' AND s.state = 'closed'"
        " AND EXISTS (SELECT 1 FROM credential k"
        " WHERE k.session = s.id AND k.person = c.person))",
        (person,),
    ).fetchone()
    return row["at"] if row else None
