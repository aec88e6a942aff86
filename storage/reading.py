"""The database read beside the bot, or without it: nothing is locked, nothing can be changed."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from storage import migrate
from storage.errors import Damaged, NothingThere
from storage.store import APPLICATION_ID


@dataclass(frozen=True, slots=True)
class Reading:
    """What reads; the audit chain and the signed acts take it in the place of a transaction."""

    db: sqlite3.Connection


@contextmanager
def opened(path: Path) -> Iterator[Reading]:
    """Open a database of ours to read one state of it; `StorageError` says why it can't be."""
    if not migrate.exists(path, APPLICATION_ID):
        raise NothingThere(path=path)
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        try:
            _look_over(db)
            yield Reading(db)
        except sqlite3.DatabaseError as error:
            raise Damaged(path=path, reason=str(error)) from None


def _look_over(db: sqlite3.Connection) -> None:
    """Begin to read, and raise where the file itself is broken."""
    db.execute("BEGIN")
    (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(" ".join(str(found).split()))
