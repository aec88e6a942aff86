"""Rosters: the planned sessions of a group expect its members, and are led by its facilitators.

Only planned sessions follow: once the checks have begun, a roster is what it is. Nobody is
expected before they are enrolled, and a full session takes nobody more.
"""

from flows.model import Instant, PersonId, SessionId
from storage import sessions
from storage.store import Tx


def planned_of(tx: Tx, group: int) -> tuple[SessionId, ...]:
    """Return the planned sessions of a group in the order in which they start."""
    rows = tx.db.execute(
        "SELECT id FROM session WHERE \"group\" = ? AND state = 'planned' ORDER BY starts_at, id",
        (group,),
    )
    return tuple(SessionId(row["id"]) for row in rows)


def follow(tx: Tx, group: int, now: Instant) -> tuple[SessionId, ...]:
    """Bring the rosters of a group's planned sessions up to it; return which have changed.

    Whoever leads no longer is taken out by an event of their own, since what they signed goes then.
    """
    changed = [session for session in planned_of(tx, group) if _follow(tx, group, session, now)]
    return tuple(changed)


def _follow(tx: Tx, group: int, session: SessionId, now: Instant) -> bool:
    row = tx.db.execute("SELECT starts_at FROM session WHERE id = ?", (session,)).fetchone()
    if row["starts_at"] <= now:
        return False
    gone = [sessions.strike_from(tx, session, person) for person in _gone(tx, group, session)]
    led = [_lead(tx, session, person) for person in _leaders(tx, group, session)]
    come = [_expect(tx, session, person) for person in _new(tx, group, session)]
    return any((*gone, *led, *come))


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
