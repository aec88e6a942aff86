"""A database is brought to the newest schema whole, or stays as it was."""

import sqlite3
from contextlib import closing

import pytest

from storage import errors, migrate
from tests.storage.conftest import NOTES_SQL

SECOND = "ALTER TABLE note ADD COLUMN seen INTEGER;"
THIRD = "CREATE TABLE third (id INTEGER PRIMARY KEY) STRICT;"
AWKWARD = """
-- a comment; with a semicolon
CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT DEFAULT ';'); CREATE TABLE b (id INTEGER);
CREATE TRIGGER t AFTER INSERT ON a BEGIN
    INSERT INTO b VALUES (CASE WHEN NEW.id > 1 THEN 1 ELSE 2 END);
    SELECT 1;
END;
INSERT INTO a (id) VALUES (1) -- the last has no semicolon
"""
FAILING = {
    "error": "CREATE TABLE half (id INTEGER); INSERT INTO absent VALUES (1);",
    "commit": "CREATE TABLE half (id INTEGER); COMMIT; CREATE TABLE half (id INTEGER);",
    "rollback": "CREATE TABLE half (id INTEGER); ROLLBACK;",
    "savepoint": "CREATE TABLE half (id INTEGER); SAVEPOINT s;",
    "attach": "CREATE TABLE half (id INTEGER); ATTACH ':memory:' AS elsewhere;",
    "unfinished": "CREATE TABLE half (id INTEGER); CREATE TABLE rest (",
    "dangling": "CREATE TABLE half (id INTEGER); INSERT INTO note VALUES (9, 'x', 77);",
}


def tables(path):
    with closing(sqlite3.connect(path)) as db:
        return {name for (name,) in db.execute("SELECT name FROM sqlite_schema")}


def scalar(path, sql):
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchone()[0]


async def test_record(place_store):
    """Each migration is recorded with its checksum, and the schema's number is the last one's."""
    place_store.write("0002_seen.sql", SECOND)
    await place_store.make()
    known = migrate.read_migrations(place_store.migrations)
    with closing(sqlite3.connect(place_store.path)) as db:
        rows = db.execute("SELECT number, name, sha256 FROM migration ORDER BY number").fetchall()
    assert rows == [(m.number, m.name, m.sha256) for m in known]
    assert [name for _, name, _ in rows] == ["0001_notes", "0002_seen"]
    assert scalar(place_store.path, "PRAGMA user_version") == 2


async def test_upgrade_keeps_a_backup(place_store):
    """Before the first pending migration a filled database is copied, whole and private."""
    store = await place_store.open()
    await store.transact(lambda tx: tx.db.execute("INSERT INTO note (text) VALUES ('kept')"))
    await store.close()
    place_store.write("0002_seen.sql", SECOND)
    place_store.write("0003_third.sql", THIRD)
    await place_store.make()
    backup = place_store.path.with_name("vestibule.db.before-0002")
    assert scalar(backup, "SELECT text FROM note") == "kept"
    assert scalar(backup, "PRAGMA user_version") == 1
    assert backup.stat().st_mode & 0o777 == 0o600
    assert scalar(place_store.path, "PRAGMA user_version") == 3
    assert not [name for name in place_store.files() if "before-0003" in name or ".part" in name]


async def test_no_backup_of_nothing(place_store):
    """A new database, or one that is up to date, is not copied."""
    await place_store.make()
    await place_store.make()
    assert set(place_store.files()) == {"vestibule.db", "keys.db"}


async def test_no_migration_without_a_backup(place_store):
    """When the backup can't be made, nothing is migrated."""
    await place_store.make()
    place_store.write("0002_seen.sql", SECOND)
    (place_store.path.with_name("vestibule.db.before-0002")).mkdir()
    before = place_store.files()
    with pytest.raises(errors.BackupFailed):
        await place_store.open()
    assert place_store.files() == before


@pytest.mark.parametrize("sql", FAILING.values(), ids=FAILING.keys())
async def test_whole_or_nothing(place_store, sql):
    """A migration that fails anywhere, or ends its transaction, leaves nothing of itself."""
    await place_store.make()
    file = place_store.write("0002_bad.sql", sql)
    with pytest.raises(errors.MigrationFailed, match="0002"):
        await place_store.open()
    assert "half" not in tables(place_store.path)
    assert scalar(place_store.path, "PRAGMA user_version") == 1
    file.unlink()
    await place_store.make()


async def test_earlier_ones_stay(place_store):
    """The migrations before one that fails are kept, and the next start goes on from there."""
    await place_store.make()
    place_store.write("0002_seen.sql", SECOND)
    place_store.write("0003_bad.sql", FAILING["error"])
    with pytest.raises(errors.MigrationFailed, match="0003"):
        await place_store.open()
    assert scalar(place_store.path, "PRAGMA user_version") == 2
    place_store.write("0003_bad.sql", THIRD)
    await place_store.make()
    assert "third" in tables(place_store.path)


async def test_a_failed_first_one_can_be_repeated(place_store):
    """A first migration that fails leaves an empty database, which the next start fills."""
    place_store.write("0001_notes.sql", FAILING["error"])
    with pytest.raises(errors.MigrationFailed, match="0001"):
        await place_store.open()
    place_store.write("0001_notes.sql", NOTES_SQL)
    await place_store.make()
    assert "note" in tables(place_store.path)


async def test_awkward_sql(place_store):
    """Semicolons in comments, strings and triggers split no statement."""
    place_store.write("0001_notes.sql", AWKWARD)
    await place_store.make()
    assert {"a", "b", "t"} <= tables(place_store.path)
    assert scalar(place_store.path, "SELECT id FROM b") == 2


async def test_rebuilding_a_table(place_store):
    """A migration may rebuild a table that others point to."""
    store = await place_store.open()
    await store.transact(
        lambda tx: tx.db.executemany("INSERT INTO parent VALUES (?)", [(1,), (2,)])
    )
    await store.transact(
        lambda tx: tx.db.execute("INSERT INTO note (text, parent) VALUES ('x', 1)")
    )
    await store.close()
    place_store.write(
        "0002_rebuild.sql",
        "CREATE TABLE new (id INTEGER PRIMARY KEY, name TEXT) STRICT;"
        "INSERT INTO new (id) SELECT id FROM parent; DROP TABLE parent;"
        "ALTER TABLE new RENAME TO parent;",
    )
    store = await place_store.open()
    assert await store.read(lambda tx: tx.db.execute("PRAGMA foreign_keys").fetchone()[0]) == 1
    assert scalar(place_store.path, "SELECT count(*) FROM parent") == 2


async def test_line_endings_change_nothing(place_store):
    """The same migration with other line endings is the same migration."""
    await place_store.make()
    place_store.migrations.joinpath("0001_notes.sql").write_bytes(
        NOTES_SQL.replace("\n", "\r\n").encode()
    )
    store = await place_store.open()
    assert await store.transact(lambda tx: tx.db.in_transaction)


@pytest.mark.parametrize("name", ["0003_gap.sql", "0001_twice.sql", "2_short.sql", "notes.sql"])
async def test_unusable_folder(place_store, name):
    """Numbers with a gap, doubled or malformed are refused before any file is made."""
    place_store.write(name, "SELECT 1;")
    with pytest.raises(errors.MigrationsUnusable):
        await place_store.open()
    assert place_store.files() == {}
