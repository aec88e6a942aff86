"""A disk that takes no more: the bot waits for room, keeps nothing by halves, and does not end."""

import resource
import sqlite3
from contextlib import contextmanager

import pytest

from storage.errors import CommitFailed
from tests.faults.office import TIDY

TINY = 512
"""Bytes: less than anything that SQLite writes."""


@contextmanager
def full_disk(size=TINY):
    """Let no file grow beyond this size; the files of SQLite that have no name either."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def tried(office, act):
    """Let something happen on a full disk; return what the loops are told."""
    try:
        with full_disk():
            await office.happen(act)
    except (CommitFailed, sqlite3.Error) as error:
        return error
    return None


async def test_an_evening_on_a_full_disk(office, scenes):
    """Every act fails whole while the disk is full, and is done once when there is room."""
    for scene in scenes:
        await tried(office, scene.act)
        assert await office.state() == scene.before, scene.act
        await office.happen(scene.act)
        assert await office.state() == scene.after, scene.act


async def test_the_loops_know_a_full_disk(office, scenes):
    """Whatever a full disk refuses, the loops hear `CommitFailed`, on which they try again."""
    heard = []
    for scene in scenes:
        if scene.act != TIDY:
            heard.append(type(await tried(office, scene.act)))
        await office.happen(scene.act)
    assert set(heard) == {CommitFailed}


async def test_a_key_outlives_a_full_disk(office, scenes):
    """A link's key that can't be destroyed now is destroyed later; until then the bot goes on."""
    for scene in scenes:
        if scene.act == TIDY:
            assert await tried(office, TIDY) is None
            assert await office.state() == scene.before
        await office.happen(scene.act)
    assert await office.state() == scenes[-1].after


@pytest.mark.parametrize("room", [0, 1])
async def test_few_pages_left(office, scenes, room):
    """A database that may take so few pages more refuses acts whole, and loses none of them."""
    refused = 0
    for scene in scenes:
        await office.store.read(lambda tx: limit(tx, room))
        try:
            await office.happen(scene.act)
        except (CommitFailed, sqlite3.Error):
            refused += 1
            assert await office.state() == scene.before
        await office.store.read(lambda tx: tx.db.execute("PRAGMA max_page_count = 100000"))
        await office.happen(scene.act)
        assert await office.state() == scene.after
    assert refused


def limit(tx, room):
    (pages,) = tx.db.execute("PRAGMA page_count").fetchone()
    tx.db.execute(f"PRAGMA max_page_count = {pages + room:d}")
