"""The record of decisions and refusals: append-only, gapless, each row bound to the one before.

It never holds personal text: ids and codes only, so it outlives the erasing of a person. The chain
shows a change inside it; only an anchor kept elsewhere (`head`) shows that its end was cut or that
it was written anew.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from storage.store import Tx

Anchor = tuple[int, bytes]
"""The sequence number and the hash (32 bytes) of one row."""

GENESIS: Anchor = (0, bytes(32))
_HASHED = ("seq", "at", "kind", "outcome", "actor", "person", "session", "epoch", "detail", "bound")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One decision or refusal; `outcome` is `done` or the code of the refusal, all ids are ours.

    `bound` is the hash of the signed act that the row records (`storage.signed`), 32 bytes.
    """

    at: int
    kind: str
    outcome: str
    actor: int | None = None
    person: int | None = None
    session: int | None = None
    epoch: int | None = None
    detail: str = ""
    bound: bytes | None = None


def append(tx: "Tx", row: AuditRow) -> int:
    """Add a row in the caller's transaction and return its number, from 1 without a gap."""
    last, prev = head(tx)
    seq = last + 1
    values = asdict(row)
    tx.db.execute(
        "INSERT INTO audit (seq, at, kind, outcome, actor, person, session, epoch, detail, bound,"
        " prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (seq, *values.values(), prev, _hash(prev, {"seq": seq, **values})),
    )
    return seq


class Readable(Protocol):
    """A transaction, or a connection that only reads."""

    @property
    def db(self) -> sqlite3.Connection:
        """The connection."""


def head(tx: Readable) -> Anchor:
    """Return the newest row's anchor, `GENESIS` while there is none."""
    row = tx.db.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    return GENESIS if row is None else (row["seq"], row["hash"])


def verify(tx: Readable, anchor: Anchor = GENESIS) -> int | None:
    """Recompute the whole chain; return the first number that is wrong or missing, else None."""
    return verify_rows(
        tx.db.execute(
            "SELECT seq, at, kind, outcome, actor, person, session, epoch, detail, bound, prev,"
            " hash FROM audit ORDER BY seq"
        ),
        anchor,
    )


def verify_rows(
    rows: Iterable[sqlite3.Row | Mapping[str, Any]], anchor: Anchor = GENESIS
) -> int | None:
    """Recompute a chain from its rows, in order of their numbers, as `verify` does."""
    seq, prev = GENESIS
    anchored, expected = anchor
    for row in rows:
        seq += 1
        if row["seq"] != seq or not _follows(row, prev):
            return seq
        prev = row["hash"]
        if seq == anchored and prev != expected:
            return seq
    return seq + 1 if seq < anchored else None


def _follows(row: sqlite3.Row | Mapping[str, Any], prev: bytes) -> bool:
    expected = _hash(prev, {name: row[name] for name in _HASHED})
    return bool(row["prev"] == prev and row["hash"] == expected)


def _hash(prev: bytes, columns: dict[str, object]) -> bytes:
    known = {name: _plain(value) for name, value in columns.items() if name != "bound" or value}
    text = json.dumps(known, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(prev + text.encode("ascii")).digest()


def _plain(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value
