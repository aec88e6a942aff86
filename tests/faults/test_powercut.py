"""A power cut at any moment loses nothing that the store has acknowledged, and brings nothing back.

The record of one worker tells what the disk would hold at each moment; every one of them is opened.
"""

import random
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from errno import EIO, ENOSPC

import pytest

from storage import audit, people
from storage.errors import Erased, StorageError, Tampered
from storage.store import Store
from tests.faults import powercut
from tests.faults.powercut import Luck
from tests.faults.worker import ACKNOWLEDGED, DATABASE, KEYS, OPENED
from tests.installation import KEY

pytestmark = pytest.mark.long

COUNT = "24"
INDEXES = (f"{DATABASE}-shm", f"{KEYS}-shm")
"""Shared memory, which no disk keeps."""


@pytest.fixture
def worked(library, tmp_path):
    """Return a function that lets a worker work on an empty folder and returns what it did."""

    def work(*arguments):
        (tmp_path / "worked").mkdir()
        return powercut.run(library, tmp_path / "worked", *arguments)

    return work


def lay_down(left, folder, pick):
    """Write what is left into a folder; where the index was, there is rubbish."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in left.items():
        (folder / name).write_bytes(content)
    for name in INDEXES:
        (folder / name).write_bytes(pick.randbytes(32768))


def acknowledged(ops):
    """Return what a worker was told up to here: (numbers kept, the keys of whoever is erased)."""
    told = (b"done", b"erased")
    lines = [op.body.decode().split() for op in ops if op.kind == "w" and op.body.startswith(told)]
    kept = {int(number) for what, number, *_ in lines if what == "done"}
    return kept, [bytes.fromhex(key) for what, _, *keys in lines for key in keys]


def begins(ops):
    """Return how many operations made the installation."""
    return next(n for n, op in enumerate(ops) if op.body.startswith(OPENED.encode()))


@dataclass(frozen=True, slots=True)
class Found:
    """The numbers in the record, and those of them whose person can't be read."""

    numbers: set[int]
    unreadable: set[int]


def look(tx):
    assert audit.verify(tx) is None
    rows = tx.db.execute(
        "SELECT a.detail, a.person, p.status FROM audit a JOIN person p ON p.id = a.person"
    ).fetchall()
    unreadable = {int(row["detail"]) for row in rows if not readable(tx, row)}
    return Found({int(row["detail"]) for row in rows}, unreadable)


def readable(tx, row):
    """Say whether somebody can be read, or their key was destroyed as it was to be."""
    try:
        erased = row["status"] == "erased"
        wanted = people.NOBODY if erased else f"N{row['detail']}"
        return people.label_of(tx, row["person"]) == wanted
    except Erased:
        return True
    except Tampered:
        return False


async def whole(folder):
    """Open what is there and look at all of it."""
    store = await Store.open(folder / DATABASE, folder / KEYS, KEY)
    try:
        found = await store.read(look)
    finally:
        await store.close()
    for name in (DATABASE, KEYS):
        with closing(sqlite3.connect(folder / name)) as db:
            assert db.execute("PRAGMA quick_check").fetchall() == [("ok",)]
    return found


async def nothing_is_lost(disk, ops, luck, folder, pick):
    """Cut here: all that was acknowledged is there, all that was erased is nowhere."""
    lay_down(disk.left(luck, pick), folder, pick)
    done, gone = acknowledged(ops)
    found = await whole(folder)
    lost = done - (found.numbers - found.unreadable)
    assert not lost, f"after {len(ops)} operations, {luck}"
    files = [file.read_bytes() for file in folder.iterdir()]
    assert not [key for key in gone for content in files if key in content]
    return found.unreadable


async def cut(ops, folder, moments, seed):
    """Cut at these moments, with every luck; return whoever can't be read after some cut."""
    pick, unreadable = random.Random(seed), set()
    for number, disk in powercut.cuts(ops):
        if number in moments:
            for luck in Luck:
                unreadable |= await nothing_is_lost(disk, ops[:number], luck, folder, pick)
    return unreadable


def test_the_record_tells_every_byte(worked, tmp_path):
    """What the record says was written is what the files hold, to the byte."""
    ops = worked("commit", COUNT)
    *_, (_, disk) = powercut.cuts(ops)
    files = {file.name: file.read_bytes() for file in (tmp_path / "worked").iterdir()}
    assert disk.left(Luck.ALL, random.Random(1)) == files
    assert {DATABASE, KEYS, ACKNOWLEDGED} <= files.keys()
    assert len(acknowledged(ops)[0]) == int(COUNT)


async def test_cut_at_some_moments(worked, tmp_path):
    """After a power cut all that was acknowledged is there, whole, and no erased key is."""
    ops = worked("commit", COUNT)
    moments = set(random.Random(3).sample(range(begins(ops), len(ops) + 1), 25))
    assert not await cut(ops, tmp_path / "cut", moments, 3)


@pytest.mark.long
@pytest.mark.parametrize("part", range(2))
async def test_cut_at_any_moment(worked, tmp_path, part):
    """The same at every single operation on the disk."""
    ops = worked("commit", COUNT)
    moments = set(range(begins(ops) + part, len(ops) + 1, 2))
    assert not await cut(ops, tmp_path / "cut", moments, part)


DENSE = 40
"""Operations by which both files are there; what follows is one long transaction."""


@pytest.mark.parametrize("luck", Luck)
async def test_cut_while_the_installation_is_made(worked, tmp_path, luck):
    """An installation that was cut off while it was made is made at the next start."""
    ops, pick = worked("commit", "1"), random.Random(5)
    refused = Counter()
    for number, disk in powercut.cuts(ops[: begins(ops)]):
        if number > DENSE and number % 9:
            continue
        lay_down(disk.left(luck, pick), tmp_path / "cut", pick)
        try:
            assert await whole(tmp_path / "cut") == Found(set(), set())
        except StorageError as error:
            refused[type(error).__name__, number] += 1
    assert not refused


async def test_a_weaker_setting_loses(worked, tmp_path):
    """The proof can fail: with `synchronous=NORMAL` acknowledged transactions are lost."""
    ops, pick = worked("commit", COUNT, "NORMAL"), random.Random(7)
    lost = set()
    for number, disk in powercut.cuts(ops):
        if number > begins(ops) and number % 40 == 0:
            lay_down(disk.left(Luck.NOTHING, pick), tmp_path / "cut", pick)
            lost |= acknowledged(ops[:number])[0] - (await whole(tmp_path / "cut")).numbers
    assert lost


# A disk that fails while the process lives


@pytest.mark.parametrize(("error", "lasting"), [(EIO, 1), (ENOSPC, 1), (ENOSPC, 1000)])
async def test_any_operation_fails(worked, tmp_path, error, lasting):
    """Whichever write, truncation or sync fails: what was refused is not kept, the rest is."""
    ops = worked("fail", str(error), str(lasting))
    assert await whole(tmp_path / "worked") == Found(acknowledged(ops)[0], set())


@pytest.mark.parametrize("moments", [20, pytest.param(400, marks=pytest.mark.long)])
async def test_cut_after_a_failure(worked, tmp_path, moments):
    """A power cut among failing operations loses nothing that was acknowledged either.

    What was refused because a sync failed may be found there after all, as SQLite has it; with
    another attempt in between, its key may be another one's by then.
    """
    ops = worked("fail", str(EIO), "1")
    since = next(n for n, op in enumerate(ops) if op.body.startswith(b"done"))
    chosen = set(random.Random(9).sample(range(since, len(ops)), moments))
    await cut(ops, tmp_path / "cut", chosen, 9)
