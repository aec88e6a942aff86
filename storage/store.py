"""One connection to one database: whole functions in, one commit out.

It never holds a transaction open across an `await`, never answers a caller before the disk has the
change, and never lets one caller's failure or cancellation touch another's.
"""

import asyncio
import fcntl
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from storage import crypto, migrate
from storage.crypto import KeyRing
from storage.errors import (
    CommitFailed,
    DatabaseMissing,
    KeysMissing,
    StorageError,
    StoreClosed,
    StoreInUse,
    TransactionLost,
    Unwritable,
)
from storage.migrate import Migration

APPLICATION_ID = 0x5645_5354  # "VEST" in the file's header
MIGRATIONS = Path(__file__).with_name("migrations")
_LOG = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tx:
    """What a function gets inside a transaction; it must not keep it, nor end the transaction."""

    db: sqlite3.Connection
    keys: KeyRing

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Keep or undo one part by itself: an exception undoes the part and goes on upwards."""
        if not self.db.in_transaction:
            raise TransactionLost
        self.db.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self._undo_part()
            raise
        self.db.execute("RELEASE part")

    def _undo_part(self) -> None:
        if self.db.in_transaction:
            self.db.execute("ROLLBACK TO part")
            self.db.execute("RELEASE part")
            return
        # SQLite may end a transaction by itself (disk full, I/O error). Whoever swallows that
        # error must not go on writing statement by statement, outside any transaction.
        self.db.execute("PRAGMA query_only = ON")


@dataclass(slots=True, eq=False)
class _Call:
    """One waiting caller. The fields are written on the store's thread, settled on the loop."""

    fn: Callable[[Tx], Any]
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None
    finished: bool = field(default=False)

    def fail(self, reason: sqlite3.Error) -> None:
        self.finished = True
        # What SQLite said to the call that met the end is the reason, not an error of the caller's.
        if self.error is None or isinstance(self.error, sqlite3.Error):
            self.error = CommitFailed(reason=reason)
            self.error.__cause__ = reason

    def settle(self) -> None:
        if self.future.done():
            return
        if not self.finished:
            self.future.cancel()
        elif self.error is not None:
            self.future.set_exception(_raisable(self.error))
        else:
            self.future.set_result(self.result)


class _Opening:
    """Opens the files on the thread that will use them.

    When aiosqlite's connector raises, nobody waits for the thread to end; so a failure is kept
    beside a connection to nothing, which is then closed like any other.
    """

    def __init__(self, open_files: Callable[[], Tx]) -> None:
        self._open_files = open_files
        self._outcome: Tx | BaseException = StoreClosed()

    def connect(self) -> sqlite3.Connection:
        try:
            self._outcome = tx = self._open_files()
        except BaseException as error:  # noqa: BLE001 - raised again by outcome()
            self._outcome = error
            return sqlite3.connect(":memory:")
        return tx.db

    async def outcome(self, connection: aiosqlite.Connection) -> Tx:
        if isinstance(self._outcome, Tx):
            return self._outcome
        await connection.close()
        raise self._outcome


class Store:
    """The open database. Open it with `Store.open`, and close it: else the program can't exit."""

    def __init__(self, connection: aiosqlite.Connection, tx: Tx, lock: int) -> None:
        self._connection = connection
        self._tx = tx
        self._lock = lock
        self._waiting: list[_Call] = []
        self._pump: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls, path: Path, keys_path: Path, master_key: bytes, *, migrations: Path = MIGRATIONS
    ) -> "Store":
        """Open or create the database and its key file, and bring the schema up to date.

        Raise a `StorageError` that says why not; then both files are as they were.
        """
        opening = asyncio.create_task(cls._open(path, keys_path, master_key, migrations))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            with suppress(StorageError):
                await (await opening).close()
            raise

    @classmethod
    async def _open(
        cls, path: Path, keys_path: Path, master_key: bytes, migrations: Path
    ) -> "Store":
        known = migrate.read_migrations(migrations)
        lock = _take_lock(path)
        try:
            opening = _Opening(lambda: _open_files(path, keys_path, master_key, known))
            connection = await aiosqlite.Connection(opening.connect, iter_chunk_size=64)
            tx = await opening.outcome(connection)
        except BaseException:
            os.close(lock)
            raise
        _LOG.info("SQLite %s", sqlite3.sqlite_version)
        return cls(connection, tx, lock)

    async def transact(self, fn: Callable[[Tx], T]) -> T:
        """Run all of `fn(tx)` in a transaction, return its result once that is on disk.

        Waiting calls share one commit. An exception undoes its own call alone; `CommitFailed` means
        that nothing was kept. After a cancellation the change may have been kept, or never begun.
        """
        if self._closing is not None:
            raise StoreClosed
        call = _Call(fn, asyncio.get_running_loop().create_future())
        self._waiting.append(call)
        self._start_pump()
        result: T = await call.future
        return result

    async def read(self, fn: Callable[[Tx], T]) -> T:
        """Run `fn(tx)` between two transactions; it sees one state and can't change the database.

        The key file is not held back: a read uses it to open fields only.
        """
        if self._closing is not None:
            raise StoreClosed
        call = _Call(fn, asyncio.get_running_loop().create_future())
        await self._on_thread(self._run_read, call)
        call.settle()
        result: T = await call.future
        return result

    async def close(self) -> None:
        """Finish what is waiting, then close; once is enough, twice does no harm."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        try:
            while self._pump is not None and not self._pump.done():
                await asyncio.wait([self._pump])
            await self._on_thread(self._tx.keys.close)
        finally:
            await self._close_connection()

    async def _close_connection(self) -> None:
        try:
            await self._connection.close()
        finally:
            os.close(self._lock)

    async def _on_thread(self, fn: Callable[..., None], *args: Any) -> None:
        # aiosqlite has no public call that runs a function on its thread; see the test that fails
        # when this one changes.
        await self._connection._execute(fn, *args)  # type: ignore[no-untyped-call]  # noqa: SLF001

    def _start_pump(self) -> None:
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._drain())
            self._pump.add_done_callback(self._restart_pump)

    def _restart_pump(self, _: asyncio.Task[None]) -> None:
        # A loop that ends cancels every task, this one included; a caller that cleans up may still
        # be waiting.
        if any(not call.future.done() for call in self._waiting):
            self._start_pump()

    async def _drain(self) -> None:
        while self._waiting:
            batch = [call for call in self._waiting if not call.future.done()]
            self._waiting.clear()
            if not batch:
                continue
            try:
                await self._on_thread(self._run_batch, batch)
            finally:
                for call in batch:
                    call.settle()

    def _run_batch(self, batch: list[_Call]) -> None:
        db = self._tx.db
        try:
            db.execute("BEGIN IMMEDIATE")
            for call in batch:
                self._run_call(call)
            db.execute("COMMIT")
        except sqlite3.Error as error:
            self._give_up(batch, error)

    def _run_call(self, call: _Call) -> None:
        db = self._tx.db
        db.execute("SAVEPOINT call")
        _run(call, self._tx)
        if not db.in_transaction:
            # Ended by SQLite, or by the function itself: the whole batch went with it.
            raise sqlite3.OperationalError("the transaction was ended") from call.error
        if call.error is not None:
            db.execute("ROLLBACK TO call")
        db.execute("RELEASE call")

    def _give_up(self, batch: list[_Call], error: sqlite3.Error) -> None:
        db = self._tx.db
        if db.in_transaction:
            db.execute("ROLLBACK")
        db.execute("PRAGMA query_only = OFF")
        for call in batch:
            call.fail(error)

    def _run_read(self, call: _Call) -> None:
        db = self._tx.db
        db.execute("PRAGMA query_only = ON")
        try:
            _run(call, self._tx)
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")
            db.execute("PRAGMA query_only = OFF")


def _run(call: _Call, tx: Tx) -> None:
    try:
        call.result = call.fn(tx)
    except BaseException as error:  # noqa: BLE001 - it belongs to the caller, not to the thread
        call.error = error
    call.finished = True


def _raisable(error: BaseException) -> BaseException:
    if not isinstance(error, StopIteration):
        return error
    # A future can't carry it: its caller would wait for ever.
    wrapped = RuntimeError("a function in a transaction raised StopIteration")
    wrapped.__cause__ = error
    return wrapped


def _take_lock(path: Path) -> int:
    migrate.exists(path, APPLICATION_ID)
    lock = path.with_name(f"{path.name}.lock")
    try:
        handle = os.open(lock, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unwritable(path=lock, reason=error.strerror) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise StoreInUse(path=path) from error
    return handle


def _open_files(path: Path, keys_path: Path, master_key: bytes, known: tuple[Migration, ...]) -> Tx:
    with ExitStack() as undo:
        there = migrate.exists(path, APPLICATION_ID)
        with migrate.failures_named(keys_path):
            keys = _open_keys(path, keys_path, master_key, database_there=there)
        undo.callback(keys.close)
        with migrate.failures_named(path):
            db = _connect(path, there=there)
            undo.callback(db.close)
            _prepare(db, path, known)
        with migrate.failures_named(keys_path):
            keys.scrub()
        undo.pop_all()
        return Tx(db, keys)


def _open_keys(path: Path, keys_path: Path, master_key: bytes, *, database_there: bool) -> KeyRing:
    # The key file comes first: a crash in between leaves an empty one, which is harmless.
    if not migrate.exists(keys_path, crypto.APPLICATION_ID):
        if database_there:
            raise KeysMissing(path=keys_path)
        return KeyRing.create(keys_path, master_key)
    keys = KeyRing.unlock(keys_path, master_key)
    if database_there or keys.is_empty():
        return keys
    keys.close()
    raise DatabaseMissing(path=path, keys=keys_path)


def _connect(path: Path, *, there: bool) -> sqlite3.Connection:
    if not there:
        migrate.make(path, _name)
    db = sqlite3.connect(path, isolation_level=None)
    db.row_factory = sqlite3.Row
    return db


def _name(db: sqlite3.Connection) -> None:
    # In the file itself, before there is a log: the first page says whose it is.
    db.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")


def _prepare(db: sqlite3.Connection, path: Path, known: tuple[Migration, ...]) -> None:
    db.execute("PRAGMA busy_timeout = 5000")
    db.execute("PRAGMA trusted_schema = OFF")
    migrate.check(db, path, known)
    (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise Unwritable(path=path, reason="no write-ahead log here")
    db.execute("PRAGMA synchronous = FULL")
    # What is deleted is overwritten: a sealed link whose key lives on for another one, above all.
    db.execute("PRAGMA secure_delete = ON")
    migrate.migrate(db, path, known)
    db.execute("PRAGMA foreign_keys = ON")
    # Else INSERT OR REPLACE deletes an append-only row without its trigger.
    db.execute("PRAGMA recursive_triggers = ON")
