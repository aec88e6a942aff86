"""Sessions as staff plan them: of a group, of a series, of a facilitator; read without the rest."""

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from flows.model import Instant, PersonId, SessionId, SessionState
from storage.store import Tx


@dataclass(frozen=True, slots=True)
class Ahead:
    """One session and its place in time; `zone` is empty where it is the programme's."""

    id: SessionId
    name: str
    state: SessionState
    starts_at: Instant
    ends_at: Instant
    schedule: int
    zone: str
    series: SessionId | None
    group: int | None
    uid: str


def find(tx: Tx, session: int) -> Ahead | None:
    """Return a session, or None."""
    row = tx.db.execute("SELECT * FROM session WHERE id = ?", (session,)).fetchone()
    return _ahead(row) if row else None


def of_group(tx: Tx, group: int, now: Instant) -> tuple[Ahead, ...]:
    """Return the sessions of a group that are not over, in the order in which they start."""
    rows = tx.db.execute(
        'SELECT * FROM session WHERE "group" = ? AND ends_at > ?'
        " AND state NOT IN ('closed', 'cancelled') ORDER BY starts_at, id",
        (group, now),
    )
    return _all(rows)


def count_of_group(tx: Tx, group: int) -> int:
    """Return how many sessions a group has ever had."""
    row = tx.db.execute('SELECT count(*) FROM session WHERE "group" = ?', (group,)).fetchone()
    return int(row[0])


def last_of_group(tx: Tx, group: int) -> Ahead | None:
    """Return the latest session of a group that was not cancelled, or None."""
    row = tx.db.execute(
        "SELECT * FROM session WHERE \"group\" = ? AND state <> 'cancelled'"
        " ORDER BY starts_at DESC, id DESC LIMIT 1",
        (group,),
    ).fetchone()
    return _ahead(row) if row else None


def following(tx: Tx, session: Ahead, person: PersonId) -> tuple[Ahead, ...]:
    """Return a session and the planned ones after it in its series that somebody leads too."""
    rows = tx.db.execute(
        "SELECT s.* FROM session s JOIN session_facilitator f ON f.session = s.id"
        " WHERE f.person = ? AND f.active = 1 AND s.state = 'planned'"
        " AND (s.id = ? OR s.series = ?) AND s.starts_at >= ? ORDER BY s.starts_at, s.id",
        (person, session.id, session.series, session.starts_at),
    )
    return _all(rows)


def at_the_time(
    tx: Tx, group: int, since: Instant, until: Instant, but: Collection[SessionId] = ()
) -> Ahead | None:
    """Return a session of a group that is neither over nor cancelled and meets then, or None."""
    rows = tx.db.execute(
        'SELECT * FROM session WHERE "group" = ? AND starts_at < ? AND ends_at > ?'
        " AND state NOT IN ('closed', 'cancelled') ORDER BY starts_at, id",
        (group, until, since),
    )
    return next((one for one in _all(rows) if one.id not in but), None)


def of_facilitator(tx: Tx, person: PersonId, since: Instant, until: Instant) -> tuple[Ahead, ...]:
    """Return a facilitator's sessions that start in [since, until), in their order."""
    rows = tx.db.execute(
        "SELECT s.* FROM session s JOIN session_facilitator f ON f.session = s.id"
        " WHERE f.person = ? AND f.active = 1 AND s.starts_at >= ? AND s.starts_at < ?"
        " ORDER BY s.starts_at, s.id",
        (person, since, until),
    )
    return _all(rows)


def kept_in_calendars(tx: Tx, person: PersonId, now: Instant) -> tuple[Ahead, ...]:
    """Return a facilitator's sessions ahead that are planned, and those that were cancelled."""
    rows = tx.db.execute(
        "SELECT s.* FROM session s JOIN session_facilitator f ON f.session = s.id"
        " WHERE f.person = ? AND f.active = 1 AND s.ends_at > ?"
        " AND s.state IN ('planned', 'cancelled') ORDER BY s.starts_at, s.id",
        (person, now),
    )
    return _all(rows)


def begin_series(tx: Tx, first: SessionId) -> None:
    """Let a session be the first of a series."""
    tx.db.execute("UPDATE session SET series = id, version = version + 1 WHERE id = ?", (first,))


def _all(rows: Iterable[sqlite3.Row]) -> tuple[Ahead, ...]:
    return tuple(_ahead(row) for row in rows)


def _ahead(row: sqlite3.Row) -> Ahead:
    return Ahead(
        SessionId(row["id"]),
        row["name"],
        SessionState(row["state"]),
        row["starts_at"],
        row["ends_at"],
        row["schedule"],
        row["zone"],
        SessionId(row["series"]) if row["series"] is not None else None,
        row["group"],
        row["uid"],
    )
