"""The outbox: what shall go out, kept in the same commit as the change that caused it.

Rows carry keys and numbers; words are made when a row is sent, from the state of that moment. A
screen's redraws are coalesced: while one waits, another adds nothing.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from flows.effects import ItemTitle, LabelOf, Param, TimeOf
from flows.model import Instant, PersonId, SessionId
from storage.store import Tx

BULK = ("reminder/coming",)
"""What goes to many people at once and can wait: nobody looks at the screen for it."""
_AT_ONCE = 200


class Kind(StrEnum):
    """How a row is sent."""

    SAY = "say"
    SHOW = "show"
    BRING = "bring"
    HIDE = "hide"
    REDRAW = "redraw"
    ERASE = "erase"


@dataclass(frozen=True, slots=True)
class Letter:
    """One row: `subject` is a text key, a screen, a message's number, *fetch* or *draw*."""

    id: int
    to: PersonId
    kind: Kind
    session: SessionId | None
    subject: str
    params: Mapping[str, Param]
    about: PersonId | None
    attempts: int
    bulk: bool = False


def add(
    tx: Tx,
    to: PersonId,
    kind: Kind,
    *,
    now: Instant,
    session: SessionId | None = None,
    subject: str = "",
    params: Mapping[str, Param] | None = None,
    about: PersonId | None = None,
) -> None:
    """Put something into the outbox; what is said in bulk waits behind everything else.

    A redraw takes the place of the one that waits: one that is on its way while the state changes
    must not swallow the redraw of the change. Nothing overtakes what was postponed.
    """
    tx.db.execute(
        "INSERT OR REPLACE INTO outbox"
        " (person, kind, session, subject, params, about, created_at, bulk, not_before)"
        " SELECT ?, ?, ?, ?, ?, ?, ?, ?, coalesce(max(not_before), 0) FROM outbox WHERE person = ?",
        (to, kind, session, subject, _dump(params or {}), about, now, int(subject in BULK), to),
    )


def add_once(
    tx: Tx,
    to: PersonId,
    *,
    now: Instant,
    subject: str,
    session: SessionId | None = None,
    about: PersonId | None = None,
) -> None:
    """Say something unless the very same is still waiting to be said."""
    waiting = tx.db.execute(
        "SELECT 1 FROM outbox WHERE person = ? AND kind = 'say' AND subject = ?"
        " AND session IS ? AND about IS ?",
        (to, subject, session, about),
    ).fetchone()
    if not waiting:
        add(tx, to, Kind.SAY, now=now, session=session, subject=subject, about=about)


def due(
    tx: Tx, now: Instant, busy: frozenset[PersonId], bulk: int = _AT_ONCE
) -> tuple[Letter, ...]:
    """Return what may go out now but for people who are being written to, oldest first.

    What is said in bulk comes behind everything else, so much of it at the most.
    """
    return (*_due(tx, now, busy, in_bulk=0, most=_AT_ONCE), *_due(tx, now, busy, 1, bulk))


def _due(
    tx: Tx, now: Instant, busy: frozenset[PersonId], in_bulk: int, most: int
) -> tuple[Letter, ...]:
    # By the index of turns alone: what waits in bulk is never walked through for anything else.
    rows = tx.db.execute(
        "SELECT * FROM outbox INDEXED BY outbox_by_turn WHERE bulk = ? AND not_before <= ?"
        " AND person NOT IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT ?",
        (in_bulk, now, json.dumps(sorted(busy)), most),
    )
    return tuple(_letter(row) for row in rows)


def _letter(row: sqlite3.Row) -> Letter:
    return Letter(
        row["id"],
        row["person"],
        Kind(row["kind"]),
        row["session"],
        row["subject"],
        _load(row["params"]),
        row["about"],
        row["attempts"],
        bool(row["bulk"]),
    )


def next_due(tx: Tx, now: Instant) -> Instant | None:
    """Return when the next postponed row may go out, or None."""
    row = tx.db.execute(
        "SELECT min(not_before) AS at FROM outbox WHERE not_before > ?", (now,)
    ).fetchone()
    return row["at"] if row else None


def waits_since(tx: Tx, letter: int) -> Instant | None:
    """Return since when a row waits to be sent; None: it does not any more."""
    found = tx.db.execute("SELECT created_at FROM outbox WHERE id = ?", (letter,)).fetchone()
    return found["created_at"] if found else None


def done(tx: Tx, letter: int) -> None:
    """Take a row out: it was sent, or must not be sent any more."""
    tx.db.execute("DELETE FROM outbox WHERE id = ?", (letter,))


def take_back(tx: Tx, person: PersonId, session: SessionId, subject: str) -> Instant | None:
    """Take out what waits to be said to somebody; return since when it waited, None: nothing."""
    rows = tx.db.execute(
        "DELETE FROM outbox WHERE person = ? AND kind = 'say' AND session = ? AND subject = ?"
        " RETURNING created_at",
        (person, session, subject),
    ).fetchall()
    return min((row["created_at"] for row in rows), default=None)


@dataclass(frozen=True, slots=True)
class Unsent:
    """A reminder that was taken back: to whom, since when it waited, and which one it was."""

    to: PersonId
    since: Instant
    offset: int


def take_all_back(tx: Tx, session: SessionId, subject: str) -> tuple[Unsent, ...]:
    """Take out what waits in bulk for all of a session."""
    rows = tx.db.execute(
        "DELETE FROM outbox WHERE bulk = 1 AND session = ? AND subject = ?"
        " RETURNING person, created_at, params",
        (session, subject),
    ).fetchall()
    # One of an earlier version of the program does not say which it is.
    return tuple(
        Unsent(row["person"], row["created_at"], json.loads(row["params"]).get("offset", 1))
        for row in rows
    )


def postpone(tx: Tx, person: PersonId, not_before: Instant) -> None:
    """Try all of somebody's rows later, in their order; that is not a failed attempt."""
    tx.db.execute("UPDATE outbox SET not_before = ? WHERE person = ?", (not_before, person))


def tried(tx: Tx, letter: int, not_before: Instant) -> None:
    """Count an attempt whose end is unknown, and try again later."""
    tx.db.execute(
        "UPDATE outbox SET attempts = attempts + 1, not_before = ? WHERE id = ?",
        (not_before, letter),
    )


def _dump(params: Mapping[str, Param]) -> str:
    plain: dict[str, object] = {}
    for name, value in params.items():
        match value:
            case LabelOf(person):
                plain[name] = ["label", person]
            case TimeOf(at):
                plain[name] = ["time", at]
            case ItemTitle(item):
                plain[name] = ["item", item]
            case _:
                plain[name] = value
    return json.dumps(plain)


_PARAMS = {"label": LabelOf, "time": TimeOf, "item": ItemTitle}


def _load(text: str) -> dict[str, Param]:
    return {
        name: _PARAMS[value[0]](value[1]) if isinstance(value, list) else value
        for name, value in json.loads(text).items()
    }
