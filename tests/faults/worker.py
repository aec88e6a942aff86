"""Commits numbered transactions to the production store, in a process of its own.

    python -m tests.faults.worker FOLDER commit COUNT [SYNCHRONOUS]
    python -m tests.faults.worker FOLDER fail ERROR COUNT

With SYNCHRONOUS the connection is set to that; without, it is as the store opens it.

What it was told is kept stands, number by number, in the file `acknowledged` beside the database.
Every transaction writes both files: a person with a key of their own, and a row of the record.
"""

import asyncio
import os
import sqlite3
import sys
from pathlib import Path
from typing import Self

from storage import audit, people
from storage.audit import AuditRow
from storage.errors import StorageError
from storage.store import Store, Tx
from tests.faults import powercut
from tests.honest import NOON
from tests.installation import KEY

DATABASE, KEYS, ACKNOWLEDGED = "v.sqlite3", "keys.sqlite3", "acknowledged"
OPENED = "opened"


def numbered(tx: Tx, number: int) -> None:
    """Add one person and one row of the record, both of them telling the number."""
    person = people.add(tx, locale="en", zone="UTC", label=f"N{number}", now=NOON)
    row = AuditRow(at=NOON, kind="numbered", outcome="done", person=person, detail=f"{number}")
    audit.append(tx, row)


def erased(tx: Tx, number: int) -> bytes:
    """Destroy the key of a person for good; return what it was, wrapped."""
    find = "SELECT wrapped FROM person_key WHERE person = ?"
    (wrapped,) = tx.keys._db.execute(find, (number,)).fetchone()
    tx.keys.erase_person(number)
    tx.db.execute("UPDATE person SET status = 'erased' WHERE id = ?", (number,))
    return bytes(wrapped)


class Worker:
    """A store, and the list of what it has acknowledged."""

    def __init__(self, folder: Path) -> None:
        self._list = os.open(folder / ACKNOWLEDGED, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        self._folder = folder

    async def __aenter__(self) -> Self:
        self.store = await Store.open(self._folder / DATABASE, self._folder / KEYS, KEY)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.store.close()

    def acknowledge(self, what: str) -> None:
        os.write(self._list, f"{what}\n".encode())

    async def commit(self, number: int) -> None:
        await self.store.transact(lambda tx: numbered(tx, number))
        self.acknowledge(f"done {number}")

    async def tried(self, number: int) -> bool:
        """Try to commit on a disk that may fail; say whether the store said that it is kept."""
        try:
            await self.store.transact(lambda tx: numbered(tx, number))
        except (StorageError, sqlite3.Error):
            return False
        return True

    async def erase(self, number: int) -> None:
        wrapped = await self.store.transact(lambda tx: erased(tx, number))
        self.acknowledge(f"erased {number} {wrapped.hex()}")


async def commit(folder: Path, count: int, synchronous: str) -> None:
    """Commit, alone and many at once; every fifth time erase somebody."""
    async with Worker(folder) as worker:
        if synchronous:
            await worker.store.read(lambda tx: tx.db.execute(f"PRAGMA synchronous = {synchronous}"))
        worker.acknowledge(OPENED)
        for number in range(1, count + 1, 4):
            await worker.commit(number)
            await asyncio.gather(*(worker.commit(number + more) for more in (1, 2, 3)))
            if number % 5 == 0:
                await worker.erase(number)


async def fail(folder: Path, error: int, lasting: int) -> None:
    """Let every write, truncation and sync fail once, so many in a row; go on after each."""
    async with Worker(folder) as worker:
        struck, first = True, 0
        while struck:
            first += 1
            powercut.fail("wts", first, lasting, error)
            kept = [n for n in range(10 * first, 10 * first + 3) if await worker.tried(n)]
            struck = powercut.operations() >= first
            powercut.fail("", 0, 0, 0)
            for number in kept:
                worker.acknowledge(f"done {number}")
            await worker.commit(10 * first + 3)


def main() -> None:
    folder, what, *rest = sys.argv[1:]
    if what == "commit":
        asyncio.run(commit(Path(folder), int(rest[0]), "".join(rest[1:])))
    else:
        asyncio.run(fail(Path(folder), int(rest[0]), int(rest[1])))


if __name__ == "__main__":
    main()
