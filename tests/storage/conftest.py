"""Stores on real files, closed whatever the test did."""

from pathlib import Path

import pytest

from storage.store import MIGRATIONS, Store

MASTER_KEY = bytes(range(32))
NOTES_SQL = """
CREATE TABLE parent (id INTEGER PRIMARY KEY) STRICT;
CREATE TABLE note (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE,
    parent INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
"""
SCHEMA = (MIGRATIONS / "0001_initial.sql").read_text("utf-8")
AUDIT_SQL = SCHEMA.partition("-- The record ---")[2].partition("\n")[2]


class Place:
    """One installation's files, and the stores opened on them."""

    def __init__(self, root: Path) -> None:
        self.path = root / "vestibule.db"
        self.keys_path = root / "keys.db"
        self.migrations = root / "migrations"
        self.migrations.mkdir()
        self.stores: list[Store] = []

    def write(self, name: str, sql: str) -> Path:
        file = self.migrations / name
        file.write_text(sql, encoding="utf-8")
        return file

    async def open(self, **changed) -> Store:
        arguments = {
            "path": self.path,
            "keys_path": self.keys_path,
            "master_key": MASTER_KEY,
            "migrations": self.migrations,
        }
        store = await Store.open(**{**arguments, **changed})
        self.stores.append(store)
        return store

    async def make(self) -> None:
        """Create both files and close them again."""
        await (await self.open()).close()

    def files(self) -> dict[str, bytes]:
        return {
            file.name: file.read_bytes()
            for file in self.path.parent.iterdir()
            if file.is_file() and file.suffix != ".lock"
        }


@pytest.fixture
async def place_store(tmp_path):
    place = Place(tmp_path)
    place.write("0001_notes.sql", NOTES_SQL)
    yield place
    for store in place.stores:
        await store.close()


@pytest.fixture
async def notes_store(place_store):
    return await place_store.open()


@pytest.fixture
async def audit_store(place_store):
    place_store.write("0002_audit.sql", AUDIT_SQL)
    return await place_store.open()
