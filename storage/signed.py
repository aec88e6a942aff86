"""Signed acts, bound to the record: each one's hash stands in the audit row that records it.

A sign-off or an opening that was changed, added or taken away behind the bot's back no longer fits
its row in the chain. This only reads; what it finds says which row, never what is in it.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from flows.model import Destination, Instant, Meaning, PersonId, SessionId
from storage import audit
from storage.audit import GENESIS, Anchor, Readable
from storage.store import Tx

_COLUMNS = {
    "sign_off": (
        *("session", "person", "epoch", "place", "schedule", "outcome", "destination", "by", "at"),
        *("digest", "meaning", "locale", "meaning_sha256"),
    ),
    "opening": ("session", "number", "by", "at", "digest", "meaning", "locale", "meaning_sha256"),
    "orientation_sign_off": (
        *("person", "number", "by", "at", "until", "digest", "meaning", "locale"),
        "meaning_sha256",
    ),
}
KEYS = {
    "sign_off": ("session", "person", "epoch", "place"),
    "opening": ("session", "number"),
    "orientation_sign_off": ("person", "number"),
}
"""What names a signed act."""
_KINDS = {
    "sign_off": "signed-off",
    "opening": "session-opened",
    "orientation_sign_off": "orientation-sign",
}
"""The kind of audit row that records each act."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """A row that does not fit: its table and the columns that name it."""

    table: str
    key: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        named = ", ".join(f"{name} {value}" for name, value in self.key)
        return f"{self.table} ({named})"


def sign_off(tx: Tx, session: SessionId, person: PersonId, epoch: int, place: int) -> bytes:
    """Return the hash of a sign-off as it is stored, 32 bytes; `place` is 1, or 2 of two."""
    return _hash_of(tx, "sign_off", (session, person, epoch, place))


def opening(tx: Tx, session: SessionId, number: int) -> bytes:
    """Return the hash of an opening as it is stored, 32 bytes."""
    return _hash_of(tx, "opening", (session, number))


def orientation(tx: Tx, person: PersonId, number: int) -> bytes:
    """Return the hash of a signed orientation as it is stored, 32 bytes."""
    return _hash_of(tx, "orientation_sign_off", (person, number))


@dataclass(frozen=True, slots=True)
class Act:
    """One signed act as it is stored; `person` is None where the session was opened.

    `live` says that it is of the person's running epoch, or of the newest opening. `entered_by`
    are the staff who entered answers that it stands on, as long as the answers are kept.
    """

    by: PersonId
    at: Instant
    meaning: Meaning
    live: bool
    person: PersonId | None = None
    destination: Destination | None = None
    entered_by: tuple[PersonId, ...] = ()


def acts_of(tx: Readable, session: SessionId) -> tuple[Act, ...]:
    """Return everything that was signed in a session, in its order."""
    found = [*_sign_offs(tx, session), *_openings(tx, session)]
    return tuple(sorted(found, key=lambda act: (act.at, act.person is None)))


def _sign_offs(tx: Readable, session: SessionId) -> Iterator[Act]:
    rows = tx.db.execute(
        'SELECT s.*, s.epoch = c.epoch AS live FROM sign_off s JOIN "check" c'
        " ON c.session = s.session AND c.person = s.person WHERE s.session = ?"
        " ORDER BY s.person, s.epoch, s.place",
        (session,),
    )
    for row in rows:
        where = Destination(row["destination"]) if row["destination"] else None
        yield Act(
            row["by"],
            row["at"],
            _meaning(row),
            bool(row["live"]),
            row["person"],
            where,
            _entered_by(tx, row),
        )


def _entered_by(tx: Readable, row: sqlite3.Row) -> tuple[PersonId, ...]:
    rows = tx.db.execute(
        'SELECT DISTINCT "by" FROM answer WHERE session = ? AND person = ? AND epoch = ?'
        ' AND "by" <> person ORDER BY "by"',
        (row["session"], row["person"], row["epoch"]),
    )
    return tuple(PersonId(by) for (by,) in rows)


def _openings(tx: Readable, session: SessionId) -> Iterator[Act]:
    rows = tx.db.execute(
        "SELECT o.*, o.number = e.opening AS live FROM opening o"
        " JOIN session e ON e.id = o.session WHERE o.session = ? ORDER BY o.number",
        (session,),
    )
    for row in rows:
        yield Act(row["by"], row["at"], _meaning(row), bool(row["live"]))


def _meaning(row: sqlite3.Row) -> Meaning:
    return Meaning(row["meaning"], row["locale"], row["meaning_sha256"])


def flaws(tx: Readable, anchor: Anchor = GENESIS) -> Iterator[Flaw]:
    """Yield the first bad row of the chain, then every signed act that does not fit its row."""
    broken = audit.verify(tx, anchor)
    if broken is not None:
        yield Flaw("audit", (("seq", broken),))
    for table in _COLUMNS:
        yield from _unfit(tx, table)


def _unfit(tx: Readable, table: str) -> Iterator[Flaw]:
    recorded = {
        row["bound"]: row["seq"]
        for row in tx.db.execute(
            "SELECT seq, bound FROM audit WHERE kind = ? AND outcome = 'done' ORDER BY seq",
            (_KINDS[table],),
        )
    }
    for row in tx.db.execute(f"SELECT {_listed(table)} FROM {table}"):  # noqa: S608 -- our own names
        if recorded.pop(_hash(dict(row)), None) is None:
            yield Flaw(table, tuple((name, row[name]) for name in KEYS[table]))
    # What is left was recorded, and is not there any more as it was.
    for seq in sorted(recorded.values()):
        yield Flaw(f"{table} recorded in audit", (("seq", seq),))


def count(tx: Readable) -> dict[str, int]:
    """Return how many rows there are by table: the record's, and those of each signed act."""
    tables = ("audit", *_COLUMNS)
    return {
        table: tx.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 -- the same
        for table in tables
    }


def _hash_of(tx: Tx, table: str, key: tuple[int, ...]) -> bytes:
    where = " AND ".join(f"{name} = ?" for name in KEYS[table])
    row = tx.db.execute(
        f"SELECT {_listed(table)} FROM {table} WHERE {where}",  # noqa: S608 -- our own names
        key,
    ).fetchone()
    return _hash(dict(row))


def _listed(table: str) -> str:
    return ", ".join(f'"{name}"' for name in _COLUMNS[table])


def _hash(columns: dict[str, object]) -> bytes:
    text = json.dumps(
        columns, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=repr
    )
    return hashlib.sha256(text.encode("ascii")).digest()
