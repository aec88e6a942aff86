"""Bring a database file to the newest schema, whole or not at all.

It never alters a file that is not ours, that is newer than this version, or whose history differs
from the one shipped; and it never alters a filled one without a backup beside it.
"""

import hashlib
import os
import re
import sqlite3
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from storage.errors import (
    BackupFailed,
    Damaged,
    FolderMissing,
    MigrationChanged,
    MigrationFailed,
    MigrationsUnusable,
    NewerSchema,
    NotOurs,
    StorageError,
    StoreInUse,
    Unwritable,
)

_MAGIC = b"SQLite format 3\x00"
_APPLICATION_ID_AT = 68  # https://www.sqlite.org/fileformat.html#the_database_header
_FILE_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_RECORD = """
    CREATE TABLE IF NOT EXISTS migration (
        number INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
        applied_at INTEGER NOT NULL
    ) STRICT
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered SQL file."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """Return the checksum of the text, the same whatever the line endings on disk."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def read_migrations(folder: Path) -> tuple[Migration, ...]:
    """Read `NNNN_name.sql` files, which must be numbered from 1 without a gap."""
    files = sorted(folder.glob("*.sql"))
    found = tuple(_read(file) for file in files)
    if [migration.number for migration in found] != list(range(1, len(files) + 1)):
        raise MigrationsUnusable(path=folder)
    return found


def _read(file: Path) -> Migration:
    matched = _FILE_NAME.fullmatch(file.name)
    if matched is None:
        raise MigrationsUnusable(path=file.parent)
    return Migration(int(matched[1]), file.stem, file.read_text(encoding="utf-8"))


def exists(path: Path, application_id: int) -> bool:
    """Say whether a file of ours is there; read only its header, so that nothing is changed.

    An empty file is what a crash at creation leaves: it counts as not there.
    """
    if not path.parent.is_dir():
        raise FolderMissing(path=path.parent)
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise Unwritable(path=path, reason=error.strerror) from error
    if not header:
        return False
    if not header.startswith(_MAGIC) or _application_id(header) != application_id:
        raise NotOurs(path=path)
    if not os.access(path, os.W_OK):
        raise Unwritable(path=path, reason="no permission")
    return True


def _application_id(header: bytes) -> int:
    if len(header) < _APPLICATION_ID_AT + 4:
        return 0
    (number,) = struct.unpack_from(">i", header, _APPLICATION_ID_AT)
    return int(number)


@contextmanager
def failures_named(path: Path) -> Iterator[None]:
    """Turn what SQLite or the file system reports about `path` into an error of ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise _named(path, error) from error
    except OSError as error:
        raise Unwritable(path=path, reason=error.strerror) from error


def _named(path: Path, error: sqlite3.Error) -> StorageError:
    # The low byte is the primary code, the rest says more: https://www.sqlite.org/rescode.html
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreInUse(path=path)
        case sqlite3.SQLITE_NOTADB:
            return NotOurs(path=path)
        case sqlite3.SQLITE_CORRUPT:
            return Damaged(path=path, reason=error)
        case _:
            return Unwritable(path=path, reason=error)


def create_private(path: Path) -> None:
    """Make an empty file that only its owner can read; SQLite gives its log the same mode."""
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    sync(path.parent)


def make(path: Path, lay_out: Callable[[sqlite3.Connection], None]) -> None:
    """Make a database that only its owner can read: whole or not at all, a power cut included.

    It is laid out beside its place and then renamed into it.
    """
    part = path.with_name(f".{path.name}.new")
    for left in (part, part.with_name(f"{part.name}-journal")):
        left.unlink(missing_ok=True)
    create_private(part)
    with closing(sqlite3.connect(part, isolation_level=None)) as db:
        lay_out(db)
    sync(part)
    part.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Have a file's content, or a folder's names, survive a power cut."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def migrate(db: sqlite3.Connection, path: Path, migrations: Sequence[Migration]) -> None:
    """Apply what is pending, one transaction each, after a backup where there is data to lose.

    Foreign keys are off while a migration runs, so that it can rebuild a table; they are checked
    before it is committed. The caller turns them on.
    """
    pending = check(db, path, migrations)
    if not pending:
        return
    if pending[0].number > 1:
        back_up(db, path.with_name(f"{path.name}.before-{pending[0].number:04}"))
    db.execute("PRAGMA foreign_keys = OFF")
    for migration in pending:
        _apply(db, path, migration)


def check(
    db: sqlite3.Connection, path: Path, migrations: Sequence[Migration]
) -> Sequence[Migration]:
    """Return the pending migrations; refuse a schema that is newer, or made another way."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > len(migrations):
        raise NewerSchema(path=path, found=version, known=len(migrations))
    if version == 0:
        return migrations
    applied = dict(db.execute("SELECT number, sha256 FROM migration").fetchall())
    for migration in migrations[:version]:
        if applied.get(migration.number) != migration.sha256:
            raise MigrationChanged(path=path, number=migration.number)
    return migrations[version:]


def _apply(db: sqlite3.Connection, path: Path, migration: Migration) -> None:
    try:
        db.execute("BEGIN IMMEDIATE")
        _run(db, migration.sql)
        _record(db, migration)
        db.execute("COMMIT")
    except sqlite3.Error as error:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise MigrationFailed(path=path, number=migration.number, reason=error) from error


def _run(db: sqlite3.Connection, sql: str) -> None:
    db.set_authorizer(_no_transactions)
    try:
        for statement in _statements(sql):
            db.execute(statement)
    finally:
        db.set_authorizer(None)
    if db.execute("PRAGMA foreign_key_check").fetchone() is not None:
        raise sqlite3.IntegrityError("a row points to nothing")


def _no_transactions(action: int, *_: str | None) -> int:
    # A migration that commits by itself would no longer be whole or nothing.
    if action in (sqlite3.SQLITE_TRANSACTION, sqlite3.SQLITE_SAVEPOINT, sqlite3.SQLITE_ATTACH):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _statements(sql: str) -> Iterator[str]:
    # executescript() would commit the transaction that it is called in.
    buffer = ""
    for piece in re.split(r"(?<=;)", sql):
        buffer += piece
        if sqlite3.complete_statement(buffer):
            yield buffer
            buffer = ""
    if buffer.strip():
        yield buffer


def _record(db: sqlite3.Connection, migration: Migration) -> None:
    db.execute(_RECORD)
    db.execute(
        "INSERT INTO migration VALUES (?, ?, ?, CAST(strftime('%s', 'now') AS INTEGER))",
        (migration.number, migration.name, migration.sha256),
    )
    # A pragma takes no parameter; the number was read by a pattern of four digits.
    db.execute(f"PRAGMA user_version = {migration.number:d}")


def back_up(db: sqlite3.Connection, target: Path) -> None:
    """Copy the whole database in one step, check the copy, and only then give it its name."""
    part = target.with_name(f"{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        create_private(part)
        _copy(db, part)
        sync(part)
        part.replace(target)
        sync(target.parent)
    except (sqlite3.Error, OSError) as error:
        part.unlink(missing_ok=True)
        raise BackupFailed(path=target, reason=error) from error


def _copy(db: sqlite3.Connection, part: Path) -> None:
    with closing(sqlite3.connect(part, isolation_level=None)) as copy:
        db.backup(copy, pages=-1)
        # One file that opens anywhere, without a log beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
        (verdict,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)
