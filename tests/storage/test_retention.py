"""What was kept long enough is forgotten, and nothing that a session still needs."""

import sqlite3

import pytest

from flows import events as e
from storage import audit, people, retention, signed, updates
from storage.retention import DAY, Periods
from tests.honest import END, Evening, open_store

PERIODS = Periods()


@pytest.fixture
async def evening(tmp_path):
    store = await open_store(tmp_path)
    evening = await Evening(store).prepare()
    await evening.until_open()
    yield evening
    await store.close()


async def at(evening, instant):
    """Let the store's clock stand at an instant."""
    await evening.store.transact(lambda tx: updates.advance_clock(tx, instant))
    evening.now = instant


async def forget(evening):
    return await evening.store.transact(lambda tx: retention.forget(tx, PERIODS, evening.now))


async def count(evening, table):
    return await evening.store.read(
        lambda tx: tx.db.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
    )


async def close(evening):
    done = await evening.happen(e.SessionClosed(evening.staff[0]))
    assert not done.refusal


async def test_answers_go_and_signatures_stay(evening):
    """A month after a session its answers and observations are gone, its signatures are not."""
    await close(evening)
    await at(evening, END + PERIODS.answers - 1)
    assert (await forget(evening))["answers"] == 0
    assert await count(evening, "answer") > 0

    await at(evening, END + PERIODS.answers + DAY)
    assert (await forget(evening))["answers"] > 0

    assert await count(evening, "answer") == await count(evening, "observation") == 0
    assert await count(evening, "sign_off") == 2
    assert await evening.store.read(audit.verify) is None
    assert await evening.store.read(lambda tx: len(signed.acts_of(tx, evening.session_id))) == 3


async def test_running_session_keeps_its_answers(evening):
    """However late it is: what has not ended by an act or a timer is not forgotten."""
    await at(evening, END + 10 * PERIODS.answers)
    assert (await forget(evening))["answers"] == 0
    assert await count(evening, "answer") > 0


@pytest.mark.parametrize("table", ["answer", "observation"])
async def test_schema_lets_nothing_go_too_early(evening, table):
    """Raw SQL takes nothing from a running session, nor within a day of its end."""

    def take(tx):
        return tx.db.execute(f"DELETE FROM {table}").rowcount

    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        await evening.store.transact(take)
    await close(evening)
    await at(evening, END + DAY - 1)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        await evening.store.transact(take)
    await at(evening, END + DAY)
    assert await evening.store.transact(take) > 0


async def test_once_a_day(evening):
    """What is forgotten is looked for once a day."""
    await at(evening, END)
    assert await forget(evening) is not None
    assert await forget(evening) is None
    await at(evening, END + DAY)
    assert await forget(evening) is not None


async def test_who_left_is_erased_in_time(evening):
    """Somebody who has left is erased after the time that the programme has set."""
    person = evening.people[0]

    def leave(tx):
        tx.db.execute("UPDATE person SET status = 'left', left_at = ? WHERE id = ?", (END, person))

    await evening.store.transact(leave)
    await at(evening, END + PERIODS.left - 1)
    assert (await forget(evening))["left"] == 0
    await at(evening, END + PERIODS.left + DAY)
    assert (await forget(evening))["left"] == 1
    found = await evening.store.read(lambda tx: people.find(tx, person))
    assert found.status == "erased"
