"""How the bot looks on Telegram: a digest of what was compared last, and when."""

from typing import Final

from flows.model import Instant
from storage.store import Tx

DAY: Final = 86400


def is_known(tx: Tx, digest: str, now: Instant) -> bool:
    """Say whether the very same was compared within the last day."""
    row = tx.db.execute("SELECT digest, at FROM introduced").fetchone()
    return row is not None and row["digest"] == digest and now - row["at"] < DAY


def keep(tx: Tx, digest: str, now: Instant) -> None:
    """Keep that all of it was compared and is as it should be."""
    tx.db.execute(
        "INSERT OR REPLACE INTO introduced (id, digest, at) VALUES (1, ?, ?)", (digest, now)
    )
