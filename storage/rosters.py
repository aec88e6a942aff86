"""Rosters: the planned sessions of a group expect its members, and are led by its facilitators.

Only planned sessions follow: once the checks have begun, a roster is what it is. Nobody is
expected before they are enrolled, and a full session takes nobody more.
"""

from dataclasses import dataclass

from flows.model import Instant, PersonId, SessionId
from storage import sessions
from storage.store import Tx


@dataclass(frozen=True, slots=True)
class Change:
    """A session whose roster has changed: who is expected now, and who is not any more."""

    session: SessionId
    starts_at: Instant
    come: tuple[PersonId, ...]
    gone: tuple[PersonId, ...]


def planned_of(tx: Tx, group: int) -> tuple[SessionId, ...]:
    """Return the planned sessions of a group in the order in which they start."""
    rows = tx.db.execute(
        "SELECT id FROM session WHERE \"group\" = ? AND state = 'planned' ORDER BY starts_at, id",
        (group,),
    )
    return tuple(SessionId(row["id"]) for row in rows)


def follow(tx: Tx, group: int, now: Instant) -> tuple[Change, ...]:
    """Bring the rosters of a group's planned sessions up to it; return what has changed, in order.

    Whoever leads no longer is taken out by an event of their own, since what they signed goes then.
    """
    changes = (_follow(tx, group, session, now) for session in planned_of(tx, group))
    return tuple(change for change in changes if change)


def _follow(tx: Tx, group: int, session: SessionId, now: Instant) -> Change | None:
    row = tx.db.execute("SELECT starts_at FROM session WHERE id = ?", (session,)).fetchone()
    if row["starts_at"] <= now:
        return None
    gone = [one for one in _gone(tx, group, session) if sessions.strike_from(tx, session, one)]
    led = [_lead(tx, session, one) for one in _leaders(tx, group, session)]
    come = [one for one in _new(tx, group, session) if _expect(tx, session, one)]
    if not (gone or led or come):
        return None
    return Change(session, row["starts_at"], tuple(come), tuple(gone))


def _gone(tx: Tx, group: int, session: SessionId) -> tuple[PersonId, ...]:
    rows = tx.db.execute(
        'SELECT c.person FROM "check" c WHERE c.session = ?2 AND NOT EXISTS ('
        'SELECT 1 FROM membership m WHERE m."group" = ?1 AND m.person = c.person'
        " AND m.role = 'participant') ORDER BY c.person",
        (group, session),
    ).fetchall()
    return tuple(PersonId(row["person"]) for row in rows)


def _leaders(tx: Tx, group: int, session: SessionId) -> tuple[PersonId, ...]:
    """Return the group's prepared facilitators whom the session has never had."""
    rows = tx.db.execute(
        "SELECT m.person FROM membership m JOIN person p ON p.id = m.person"
        " JOIN staff_role r ON r.person = m.person AND r.role = 'facilitator'"
        " AND r.ended_at IS NULL AND r.prepared_at IS NOT NULL"
        " WHERE m.\"group\" = ?1 AND m.role = 'facilitator' AND p.status = 'enrolled'"
        " AND NOT EXISTS (SELECT 1 FROM session_facilitator f"
        " WHERE f.session = ?2 AND f.person = m.person) ORDER BY m.person",
        (group, session),
    ).fetchall()
    return tuple(PersonId(row["person"]) for row in rows)


def _new(tx: Tx, group: int, session: SessionId) -> tuple[PersonId, ...]:
    """Return the enrolled members who are not expected; an earlier record keeps somebody out."""
    rows = tx.db.execute(
        "SELECT m.person FROM membership m JOIN person p ON p.id = m.person"
        " WHERE m.\"group\" = ?1 AND m.role = 'participant' AND p.status = 'enrolled'"
        ' AND NOT EXISTS (SELECT 1 FROM "check" c'
        " WHERE c.session = ?2 AND c.person = m.person)"
        " AND NOT EXISTS (SELECT 1 FROM session_facilitator f"
        " WHERE f.session = ?2 AND f.person = m.person)"
        " AND NOT EXISTS (SELECT 1 FROM answer a WHERE a.session = ?2 AND a.person = m.person)"
        " AND NOT EXISTS (SELECT 1 FROM sign_off o WHERE o.session = ?2 AND o.person = m.person)"
        " ORDER BY m.since, m.person",
        (group, session),
    ).fetchall()
    return tuple(PersonId(row["person"]) for row in rows)


def _lead(tx: Tx, session: SessionId, person: PersonId) -> bool:
    sessions.lead(tx, session, person)
    return True


def _expect(tx: Tx, session: SessionId, person: PersonId) -> bool:
    if sessions.is_full(tx, session):
        return False
    sessions.expect(tx, session, person)
    return True
