"""Reminders as rows: made from the schedule by `flows.reminders`, kept until they are due.

A row is made with the change that caused it and goes with the next one, so that a session that was
moved or cancelled leaves nothing behind. Times that have gone by are never made.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flows.model import CheckState, Instant, PersonId, SessionId, SessionState
from flows.reminders import Quiet, Reminder, ReminderRule, Wish, newest, plan
from storage.store import Tx

AT_ONCE = 25
"""Sessions whose people are reminded in one go."""


def rule(tx: Tx) -> ReminderRule:
    """Return the programme's reminders."""
    row = tx.db.execute("SELECT * FROM reminder_rule").fetchone()
    offsets = tuple(int(one) for one in row["offsets"].split(",") if one)
    return ReminderRule(offsets, Quiet(row["quiet_since"], row["quiet_until"]))


def set_rule(tx: Tx, new: ReminderRule, now: Instant) -> None:
    """Keep the programme's reminders as they are set, and make every session's rows anew."""
    tx.db.execute(
        "UPDATE reminder_rule SET offsets = ?, quiet_since = ?, quiet_until = ?",
        (",".join(str(offset) for offset in new.offsets), new.quiet.since, new.quiet.until),
    )
    rows = tx.db.execute("SELECT id FROM session WHERE state = 'planned' ORDER BY id").fetchall()
    for row in rows:
        follow(tx, SessionId(row["id"]), now)


def follow(tx: Tx, session: SessionId, now: Instant) -> None:
    """Bring a session's rows up to its schedule and roster: what is there and right stays.

    A row that is due and was not seen to yet is right, and so is one that was put off; one that
    would be due already is not made.
    """
    wanted = {_key(one): one for one in _planned(tx, session)}
    rows = tx.db.execute("SELECT * FROM reminder WHERE session = ?", (session,)).fetchall()
    there = {_key(one): one for one in (_reminder(row) for row in rows)}
    for key, one in there.items():
        if not _stays(one, wanted.get(key), now):
            _remove(tx, session, one)
    for key, one in wanted.items():
        if one.at > now and there.get(key) != one:
            tx.db.execute(
                'INSERT INTO reminder (session, person, "offset", schedule, at)'
                " VALUES (?, ?, ?, ?, ?)",
                (session, one.person, one.offset, one.schedule, one.at),
            )


def _stays(there: Reminder, wanted: Reminder | None, now: Instant) -> bool:
    return wanted is not None and (wanted == there or wanted.at <= now)


def put_off(tx: Tx, session: SessionId, one: Reminder, until: Instant) -> None:
    """Have a reminder that is late go out later; of a session that has changed nothing is kept."""
    tx.db.execute(
        'INSERT OR REPLACE INTO reminder (session, person, "offset", schedule, at)'
        ' SELECT c.session, c.person, ?, s.schedule, ? FROM "check" c'
        " JOIN session s ON s.id = c.session AND s.state = 'planned' AND s.schedule = ?"
        " WHERE c.session = ? AND c.person = ? AND c.state <> ?",
        (one.offset, until, one.schedule, session, one.person, CheckState.ABSENT),
    )


def zone_of(tx: Tx, person: PersonId) -> str:
    """Return the time zone of somebody who is reminded."""
    return str(tx.db.execute("SELECT zone FROM person WHERE id = ?", (person,)).fetchone()["zone"])


def _planned(tx: Tx, session: SessionId) -> tuple[Reminder, ...]:
    row = tx.db.execute("SELECT * FROM session WHERE id = ?", (session,)).fetchone()
    if row is None or row["state"] != SessionState.PLANNED:
        return ()
    return plan(row["starts_at"], row["schedule"], dict(_wishes(tx, session)), rule(tx))


def _wishes(tx: Tx, session: SessionId) -> Iterator[tuple[PersonId, Wish]]:
    """Yield who is expected and can be written to; whoever can't come is not reminded.

    Nor is whoever has left the group, and stands on the roster for the record's sake.
    """
    rows = tx.db.execute(
        'SELECT p.id, p.zone FROM "check" c JOIN person p ON p.id = c.person'
        " JOIN session s ON s.id = c.session"
        " WHERE c.session = ? AND c.state <> ? AND p.status = 'enrolled' AND p.chat IS NOT NULL"
        ' AND (s."group" IS NULL OR EXISTS (SELECT 1 FROM membership m'
        ' WHERE m."group" = s."group" AND m.person = c.person AND m.role = \'participant\'))'
        " ORDER BY p.id",
        (session, CheckState.ABSENT),
    ).fetchall()
    for row in rows:
        yield PersonId(row["id"]), Wish(row["zone"], unwanted(tx, PersonId(row["id"])))


def follow_person(tx: Tx, person: PersonId, now: Instant) -> None:
    """Bring the rows of somebody's planned sessions up to their zone and wishes."""
    rows = tx.db.execute(
        'SELECT s.id FROM "check" c JOIN session s ON s.id = c.session'
        " WHERE c.person = ? AND s.state = 'planned' ORDER BY s.id",
        (person,),
    ).fetchall()
    for row in rows:
        follow(tx, SessionId(row["id"]), now)


def unwanted(tx: Tx, person: PersonId) -> frozenset[int]:
    """Return the offsets that somebody does not want."""
    rows = tx.db.execute('SELECT "offset" FROM unwanted_reminder WHERE person = ?', (person,))
    return frozenset(row["offset"] for row in rows)


def want(tx: Tx, person: PersonId, offset: int, *, wanted: bool, now: Instant) -> None:
    """Keep whether somebody wants the reminder of an offset."""
    if wanted:
        tx.db.execute(
            'DELETE FROM unwanted_reminder WHERE person = ? AND "offset" = ?', (person, offset)
        )
    else:
        tx.db.execute(
            'INSERT OR IGNORE INTO unwanted_reminder (person, "offset") VALUES (?, ?)',
            (person, offset),
        )
    follow_person(tx, person, now)


@dataclass(frozen=True, slots=True)
class Due:
    """What one person is to be reminded of now; `missed` are earlier reminders that never went."""

    session: SessionId
    person: PersonId
    schedule: int
    newest: Reminder
    missed: tuple[Reminder, ...]
    starts_at: Instant


def take_due(tx: Tx, now: Instant) -> tuple[Due, ...]:
    """Take the due reminders out, those of a session together, of `AT_ONCE` at the most."""
    rows = tx.db.execute(
        "SELECT r.*, s.starts_at FROM (SELECT session FROM reminder WHERE at <= ?1"
        " GROUP BY session ORDER BY min(at) LIMIT ?2) d"
        " CROSS JOIN reminder r ON r.session = d.session JOIN session s ON s.id = r.session"
        " WHERE r.at <= ?1",
        (now, AT_ONCE),
    ).fetchall()
    starts = {row["session"]: row["starts_at"] for row in rows}
    due: Mapping[tuple[int, int], list[Reminder]] = defaultdict(list)
    for row in rows:
        due[row["session"], row["person"]].append(_reminder(row))
    for (session, _), found in due.items():
        for one in found:
            _remove(tx, SessionId(session), one)
    return tuple(_due(SessionId(s), found, starts[s]) for (s, _), found in due.items())


def _due(session: SessionId, found: list[Reminder], starts_at: Instant) -> Due:
    last = newest(found) or found[0]
    missed = tuple(one for one in found if one != last)
    return Due(session, last.person, last.schedule, last, missed, starts_at)


def next_due(tx: Tx) -> Instant | None:
    """Return when the next reminder is due, or None."""
    row = tx.db.execute("SELECT min(at) AS at FROM reminder").fetchone()
    return row["at"] if row else None


def _key(one: Reminder) -> tuple[PersonId, int, int]:
    return one.person, one.offset, one.schedule


def _reminder(row: Mapping[str, int]) -> Reminder:
    return Reminder(PersonId(row["person"]), row["offset"], row["schedule"], row["at"])


def _remove(tx: Tx, session: SessionId, one: Reminder) -> None:
    tx.db.execute(
        'DELETE FROM reminder WHERE session = ? AND person = ? AND "offset" = ? AND schedule = ?',
        (session, one.person, one.offset, one.schedule),
    )
