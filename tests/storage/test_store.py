"""What the store promises to callers that wait, fail, are cancelled, or open the wrong files."""

import asyncio
import inspect
import logging
import random
import resource
import sqlite3
import threading
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from unittest.mock import patch

import aiosqlite
import pytest

from storage import errors
from storage.store import APPLICATION_ID, Store
from tests.storage.conftest import MASTER_KEY

PACKAGES = ("bot", "flows", "storage")


def add(text):
    return lambda tx: tx.db.execute("INSERT INTO note (text) VALUES (?)", (text,)).lastrowid


def texts(tx):
    return [row["text"] for row in tx.db.execute("SELECT text FROM note ORDER BY id")]


def exhausted(tx):
    return next(tx.db.execute("SELECT 1 WHERE 0"))


def idle(tx):
    return not tx.db.in_transaction


@contextmanager
def file_size_limit(size):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_settings(notes_store):
    """The connection has the settings on which the schema and durability rely."""
    pragmas = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "recursive_triggers": 1,
        "busy_timeout": 5000,
        "trusted_schema": 0,
        "query_only": 0,
        "application_id": APPLICATION_ID,
    }
    found = await notes_store.transact(
        lambda tx: {name: tx.db.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas}
    )
    assert found == pragmas


async def test_result_follows_the_commit(notes_store, place_store):
    """A caller has its result only when another connection can see the change."""
    assert await notes_store.transact(add("one")) == 1
    with closing(sqlite3.connect(place_store.path)) as other:
        assert other.execute("SELECT text FROM note").fetchall() == [("one",)]


async def test_waiting_calls_share_a_commit(notes_store):
    """A hundred calls that wait together are kept by one commit, in the order of their coming."""
    seen = []
    await notes_store.read(lambda tx: tx.db.set_trace_callback(seen.append))
    ids = await asyncio.gather(*(notes_store.transact(add(f"{n}")) for n in range(100)))
    await notes_store.read(lambda tx: tx.db.set_trace_callback(None))
    assert ids == list(range(1, 101))
    assert seen.count("COMMIT") == 1


async def test_failure_is_its_own(notes_store):
    """An exception undoes its own call, reaches its own caller, and nobody else."""

    def broken(tx):
        add("half")(tx)
        raise LookupError("mine")

    outcomes = await asyncio.gather(
        notes_store.transact(add("a")),
        notes_store.transact(broken),
        notes_store.transact(add("b")),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [int, LookupError, int]
    assert await notes_store.read(texts) == ["a", "b"]


async def test_stop_iteration_reaches_its_caller(notes_store):
    """A `StopIteration`, which no future can carry, does not leave its caller waiting."""
    with pytest.raises(RuntimeError, match="StopIteration"):
        await notes_store.transact(exhausted)
    with pytest.raises(RuntimeError, match="StopIteration"):
        await notes_store.read(exhausted)


async def test_cancelling_among_600(notes_store):
    """Cancelled callers, at any moment, break no other and leave no transaction open."""
    pick, tasks = random.Random(7), []
    while len(tasks) < 600:
        start = len(tasks)
        tasks += [
            asyncio.create_task(notes_store.transact(add(f"{n}"))) for n in range(start, start + 20)
        ]
        for task in pick.sample(tasks, 10):
            task.cancel()
        await asyncio.sleep(0)
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    kept = await notes_store.read(texts)
    done = [f"{n}" for n, outcome in enumerate(outcomes) if isinstance(outcome, int)]
    assert all(isinstance(outcome, int | asyncio.CancelledError) for outcome in outcomes)
    assert 0 < len(done) < 600
    assert set(done) <= set(kept)
    assert await notes_store.read(idle)
    assert await notes_store.transact(add("after")) == len(kept) + 1


async def test_cancelled_before_it_began(notes_store):
    """A call whose caller is gone before its batch starts is not run."""
    task = asyncio.create_task(notes_store.transact(add("never")))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await notes_store.read(texts) == []


async def test_store_outlives_its_own_task(notes_store):
    """When a loop that ends cancels every task, a caller that cleans up still gets its commit."""
    first = asyncio.create_task(notes_store.transact(add("first")))
    await asyncio.sleep(0)
    notes_store._pump.cancel()
    assert await notes_store.transact(add("last")) >= 1
    with suppress(asyncio.CancelledError):
        await first
    assert "last" in await notes_store.read(texts)


async def test_commit_failure_reaches_the_whole_batch(notes_store):
    """A commit that fails is told to every caller of it, keeps nothing, and is got over."""
    dangling = "INSERT INTO note (text, parent) VALUES ('dangling', 99)"
    outcomes = await asyncio.gather(
        notes_store.transact(add("a")),
        notes_store.transact(lambda tx: tx.db.execute(dangling).lastrowid),
        notes_store.transact(add("b")),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [errors.CommitFailed] * 3
    assert len({id(outcome) for outcome in outcomes}) == 3
    assert "FOREIGN KEY" in str(outcomes[0])
    assert await notes_store.read(texts) == []
    assert await notes_store.transact(add("c")) == 1


async def test_full_disk(notes_store, place_store):
    """A disk that takes no more fails the batch; when there is room again, the store goes on."""
    await notes_store.transact(add("before"))
    log = place_store.path.with_name(place_store.path.name + "-wal")
    with file_size_limit(log.stat().st_size + 512):
        outcomes = await asyncio.gather(
            *(notes_store.transact(add(f"{n}" * 900)) for n in range(20)), return_exceptions=True
        )
    assert {type(outcome) for outcome in outcomes} == {errors.CommitFailed}
    assert await notes_store.read(texts) == ["before"]
    await notes_store.transact(add("after"))
    with closing(sqlite3.connect(place_store.path)) as other:
        assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert other.execute("SELECT count(*) FROM note").fetchone() == (2,)


@pytest.mark.parametrize("statement", ["COMMIT", "ROLLBACK"])
async def test_ending_the_transaction_inside(notes_store, statement):
    """A function that ends the shared transaction gets nobody a result."""
    outcomes = await asyncio.gather(
        notes_store.transact(add("a")),
        notes_store.transact(lambda tx: tx.db.execute(statement).lastrowid),
        notes_store.transact(add("b")),
        return_exceptions=True,
    )
    assert {type(outcome) for outcome in outcomes} == {errors.CommitFailed}
    assert "b" not in await notes_store.read(texts)
    assert await notes_store.transact(add("c"))


async def test_savepoint_undoes_a_part(notes_store):
    """A part that fails is undone by itself, nested ones too; what surrounds it is kept."""

    def fn(tx):
        add("before")(tx)
        with suppress(LookupError), tx.savepoint():
            add("part")(tx)
            with tx.savepoint():
                add("inner")(tx)
            raise LookupError
        with tx.savepoint():
            add("after")(tx)

    await notes_store.transact(fn)
    assert await notes_store.read(texts) == ["before", "after"]


async def test_lost_transaction_writes_nothing_more(notes_store):
    """When SQLite ends the transaction itself, a caller that swallows that still keeps nothing."""

    def fn(tx):
        add("a")(tx)
        with suppress(sqlite3.IntegrityError), tx.savepoint():
            tx.db.execute("INSERT OR ROLLBACK INTO note (text) VALUES ('a')")
        with suppress(errors.TransactionLost), tx.savepoint():
            add("b")(tx)
        with suppress(sqlite3.OperationalError):
            add("c")(tx)

    with pytest.raises(errors.CommitFailed):
        await notes_store.transact(fn)
    assert await notes_store.transact(add("d")) == 1
    assert await notes_store.read(texts) == ["d"]


async def test_read_cannot_write(notes_store):
    """A read can't change the database, and a write works after it."""
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await notes_store.read(add("x"))
    assert await notes_store.transact(add("y")) == 1


async def test_close_finishes_what_waits(place_store):
    """Closing commits what was waiting, may be called twice and at once, and refuses the rest."""

    def enrol(tx):
        tx.keys.new_person(1)
        return add("waiting")(tx)

    store, gate = await place_store.open(), threading.Event()
    running = asyncio.create_task(store.transact(lambda _: gate.wait(5)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting = asyncio.create_task(store.transact(enrol))
    await asyncio.sleep(0)
    closing = [asyncio.create_task(store.close()) for _ in range(2)]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*closing)
    await store.close()
    assert await running
    assert await waiting == 1
    with pytest.raises(errors.StoreClosed):
        await store.transact(add("late"))
    with pytest.raises(errors.StoreClosed):
        await store.read(texts)
    assert await (await place_store.open()).read(texts) == ["waiting"]


async def test_files_are_private(notes_store, place_store):
    """Nobody but the owner can read the database, its log, the keys or the lock."""
    await notes_store.transact(add("x"))
    modes = {
        file.name: file.stat().st_mode & 0o777
        for file in place_store.path.parent.iterdir()
        if file.is_file()
    }
    assert {"vestibule.db", "vestibule.db-wal", "keys.db", "vestibule.db.lock"} <= modes.keys()
    assert set(modes.values()) == {0o600}


async def test_version_is_logged_once(place_store, caplog):
    """Opening logs the version of SQLite, once."""
    caplog.set_level(logging.INFO, "storage.store")
    await place_store.open()
    assert caplog.messages == [f"SQLite {sqlite3.sqlite_version}"]


def alter(path, sql):
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.executescript(sql)


def nothing(place):
    pass


def not_a_database(place):
    place.path.write_bytes(b"a shopping list, long enough to be more than a header" * 9)


def other_application(place):
    alter(place.path, "PRAGMA application_id = 7")


def newer_schema(place):
    alter(place.path, "PRAGMA user_version = 2")


def newer_keys(place):
    alter(place.keys_path, "PRAGMA user_version = 2")


def keys_of_another_program(place):
    alter(place.keys_path, "PRAGMA application_id = 7")


def keys_gone(place):
    place.keys_path.unlink()


def keys_emptied(place):
    place.keys_path.write_bytes(b"")


def database_gone(place):
    alter(place.keys_path, "INSERT INTO person_key VALUES (1, 1, x'00')")
    place.path.unlink()


def migration_changed(place):
    place.write("0001_notes.sql", "CREATE TABLE note (id INTEGER PRIMARY KEY) STRICT;")


def lock_unwritable(place):
    lock = place.path.with_name("vestibule.db.lock")
    lock.unlink()
    lock.mkdir()


def database_is_a_folder(place):
    place.path.unlink()
    place.path.mkdir()


REFUSALS = [
    (not_a_database, {}, errors.NotOurs),
    (other_application, {}, errors.NotOurs),
    (newer_schema, {}, errors.NewerSchema),
    (newer_keys, {}, errors.NewerSchema),
    (keys_of_another_program, {}, errors.NotOurs),
    (keys_gone, {}, errors.KeysMissing),
    (keys_emptied, {}, errors.KeysMissing),
    (database_gone, {}, errors.DatabaseMissing),
    (migration_changed, {}, errors.MigrationChanged),
    (lock_unwritable, {}, errors.Unwritable),
    (database_is_a_folder, {}, errors.Unwritable),
    (nothing, {"master_key": bytes(32)}, errors.WrongMasterKey),
    (nothing, {"master_key": b"short"}, errors.MasterKeyMalformed),
    (nothing, {"path": Path("/nowhere/at/all.db")}, errors.FolderMissing),
    (nothing, {"keys_path": Path("/nowhere/at/all.db")}, errors.FolderMissing),
]


@pytest.mark.parametrize(("arrange", "arguments", "error"), REFUSALS)
async def test_refusal_changes_nothing(place_store, arrange, arguments, error):
    """Opening what must not be opened says why, changes no byte and leaves no thread or lock."""
    await place_store.make()
    arrange(place_store)
    before, threads = place_store.files(), set(threading.enumerate())
    for _ in range(2):
        with pytest.raises(error) as refusal:
            await place_store.open(**arguments)
        assert "{" not in str(refusal.value)
    for thread in set(threading.enumerate()) - threads:
        thread.join(5)
        assert not thread.is_alive()
    assert place_store.files() == before


def test_refusal_ends_the_thread(place_store):
    """A program that ends at once after a refusal ends without a word from the thread."""
    place_store.path.write_bytes(b"")
    place_store.keys_path.write_bytes(b"no key file")
    said = []
    with patch.object(threading, "excepthook", said.append):
        for _ in range(20):
            with pytest.raises(errors.NotOurs):
                asyncio.run(place_store.open())
    assert said == []


async def test_one_instance(notes_store, place_store):
    """A second store on the same file is refused while the first is open, and not after."""
    with pytest.raises(errors.StoreInUse):
        await place_store.open()
    await notes_store.close()
    assert await (await place_store.open()).read(texts) == []


async def test_full_disk_at_creation(place_store):
    """A disk too full to create anything is told so; the next start begins where it failed."""
    with file_size_limit(8192), pytest.raises(errors.Unwritable):
        await place_store.open()
    assert await (await place_store.open()).transact(add("x")) == 1


@pytest.mark.parametrize("ticks", [0, 1, 2, 3, 5, 50, 200, 1000])
async def test_cancelled_opening(place_store, ticks):
    """An opening that is cancelled, at any moment, leaves nothing locked."""
    task = asyncio.create_task(place_store.open())
    for _ in range(ticks):
        await asyncio.sleep(0)
    if not task.cancel():
        await (await task).close()
    await asyncio.gather(task, return_exceptions=True)
    assert await (await place_store.open()).transact(add("x")) == 1


async def test_the_private_call_of_aiosqlite(tmp_path):
    """`Connection._execute` runs callables on the connection's thread, in order, to the end."""
    assert str(inspect.signature(aiosqlite.Connection._execute)) == "(self, fn, *args, **kwargs)"
    order, gate = [], threading.Event()
    async with aiosqlite.connect(tmp_path / "x.db") as connection:
        held = asyncio.create_task(connection._execute(gate.wait))
        calls = [asyncio.create_task(connection._execute(order.append, n)) for n in range(5)]
        await asyncio.sleep(0)
        calls[2].cancel()
        gate.set()
        await asyncio.gather(held, *calls, return_exceptions=True)
        assert order == [0, 1, 2, 3, 4]
        assert await connection._execute(threading.current_thread) is connection._thread
        with pytest.raises(ZeroDivisionError):
            await connection._execute(lambda: 1 / 0)


def test_the_private_call_is_made_in_one_place():
    """Nothing but `storage/store.py` calls `Connection._execute`."""
    root = Path(inspect.getfile(Store)).parents[1]
    callers = [
        file.relative_to(root).as_posix()
        for package in PACKAGES
        for file in (root / package).rglob("*.py")
        if "._execute(" in file.read_text(encoding="utf-8")
    ]
    assert callers == ["storage/store.py"]


def test_every_error_says_what_happened():
    """The docstring of each storage error is its message."""
    found = [kind for kind in vars(errors).values() if inspect.isclass(kind)]
    assert str(errors.StoreInUse(path="x")).startswith("x is in use")
    assert all(issubclass(kind, errors.StorageError) and kind.__doc__ for kind in found)


async def test_keys_come_first(place_store, monkeypatch):
    """A crash before the database exists leaves an empty key file, and the next start goes on."""
    monkeypatch.setattr("storage.store._connect", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await place_store.open()
    monkeypatch.undo()
    assert place_store.keys_path.exists()
    store = await place_store.open(master_key=MASTER_KEY)
    assert await store.transact(add("x")) == 1
