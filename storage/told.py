"""What staff were told by the clock, so that they are told once: kinds and numbers, no names."""

from typing import Final

from flows.model import Instant
from storage.store import Tx

HOUR: Final = 3600
KEPT: Final = 400 * 24 * HOUR
"""Seconds after which it is forgotten; by then it is told of something else."""
_LOOKED: Final = "looked"


def once(tx: Tx, kind: str, about: int, stamp: int, now: Instant) -> bool:
    """Note that something is told; False where it was told before, for the same stamp."""
    noted = tx.db.execute(
        "INSERT OR IGNORE INTO told (kind, about, stamp, at) VALUES (?, ?, ?, ?)",
        (kind, about, stamp, now),
    )
    return noted.rowcount == 1


def look(tx: Tx, now: Instant) -> bool:
    """Say whether it is time to look at everything again: once an hour of the clock."""
    if not once(tx, _LOOKED, 0, now // HOUR, now):
        return False
    tx.db.execute(
        "DELETE FROM told WHERE at < ? OR (kind = ? AND stamp <> ?)",
        (now - KEPT, _LOOKED, now // HOUR),
    )
    return True
