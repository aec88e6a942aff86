"""What was taken in: update ids, poison, strangers as a number, and the clock that only rises."""

from flows.model import Instant
from storage.store import Tx

KEEP_SEEN = 3 * 86400
"""Seconds for which an update id is remembered; Telegram keeps updates for one day."""


def is_new(tx: Tx, update_id: int, now: Instant) -> bool:
    """Remember an update; say whether it was never seen before."""
    added = tx.db.execute(
        "INSERT INTO seen_update (update_id, at) VALUES (?, ?) ON CONFLICT DO NOTHING",
        (update_id, now),
    )
    return added.rowcount == 1


def forget_old(tx: Tx, now: Instant) -> None:
    """Forget update ids that Telegram can't send again."""
    tx.db.execute("DELETE FROM seen_update WHERE at < ?", (now - KEEP_SEEN,))


def add_poison(tx: Tx, update_id: int, error: str, now: Instant) -> None:
    """Record an update that could not be handled: its id and the kind of error, no more."""
    tx.db.execute(
        "INSERT OR IGNORE INTO poison_update (update_id, at, error) VALUES (?, ?, ?)",
        (update_id, now, error),
    )


def count_stranger(tx: Tx, now: Instant) -> None:
    """Count an update of somebody unknown; nothing else of it is kept."""
    tx.db.execute(
        "INSERT INTO stranger_count (day, updates) VALUES (?, 1)"
        " ON CONFLICT (day) DO UPDATE SET updates = updates + 1",
        (now // 86400,),
    )


def latest(tx: Tx) -> Instant:
    """Return the latest present that the store knows of."""
    return int(tx.db.execute("SELECT now FROM clock WHERE id = 1").fetchone()["now"])


def advance_clock(tx: Tx, now: Instant) -> Instant:
    """Return the present as the store knows it: never earlier than it ever was."""
    tx.db.execute("UPDATE clock SET now = max(now, ?) WHERE id = 1 AND now < ?", (now, now))
    return latest(tx)
