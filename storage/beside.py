"""One short transaction beside a running bot, by another program on the same machine.

It waits for its turn like any writer, changes no schema and creates no file. The bot may be running
or not; what can't be kept is not done.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from storage import crypto, migrate
from storage.crypto import KeyRing
from storage.errors import KeysMissing, NothingThere, SchemaBehind
from storage.store import APPLICATION_ID, MIGRATIONS, Tx


@contextmanager
def transaction(path: Path, keys_path: Path, master_key: bytes) -> Iterator[Tx]:
    """Yield a transaction that is on disk once the block has ended; an exception undoes it.

    Raise a `StorageError` that says why there can be none. No key may be made or destroyed in it.
    """
    if not migrate.exists(path, APPLICATION_ID):
        raise NothingThere(path=path)
    if not migrate.exists(keys_path, crypto.APPLICATION_ID):
        raise KeysMissing(path=keys_path)
    with migrate.failures_named(keys_path):
        keys = KeyRing.unlock(keys_path, master_key)
    with closing(keys), migrate.failures_named(path), closing(_connect(path)) as db:
        if migrate.check(db, path, migrate.read_migrations(MIGRATIONS)):
            raise SchemaBehind(path=path)
        db.execute("BEGIN IMMEDIATE")
        try:
            yield Tx(db, keys)
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)
    db.row_factory = sqlite3.Row
    for pragma in (
        *("busy_timeout = 5000", "trusted_schema = OFF", "synchronous = FULL"),
        *("foreign_keys = ON", "recursive_triggers = ON"),
    ):
        db.execute(f"PRAGMA {pragma}")
    return db
