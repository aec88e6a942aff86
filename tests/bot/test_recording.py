"""One row of the record for whoever acts, whatever they do it with."""

import pytest

from bot.acting import Actor
from bot.buttons import Answer
from bot.home.question import Hands
from bot.office.page import Clerk
from bot.recording import Recorder
from bot.second_factor import SecondFactor
from bot.setting import Setting
from flows.decide import RefusalCode
from storage import people
from tests.honest import NOON, Evening, open_store

WITH = {
    "plain": Recorder,
    "acting": lambda *who: Actor(*who, Setting()),
    "clerk": lambda *who: Clerk(*who, Setting()),
    "participant": lambda *who: Hands(*who, Setting()),
    "second factor": SecondFactor,
}


@pytest.fixture
async def evening(tmp_path):
    store = await open_store(tmp_path)
    yield await Evening(store).prepare()
    await store.close()


async def written(evening, made, act):
    """Return what an act returned, and the rows that it has left."""

    def try_it(tx):
        before = tx.db.execute("SELECT max(seq) FROM audit").fetchone()[0] or 0
        returned = act(made(tx, people.find(tx, evening.staff[0]), NOON))
        rows = tx.db.execute(
            "SELECT at, kind, outcome, actor, person, session, detail, bound FROM audit"
            " WHERE seq > ? ORDER BY seq",
            (before,),
        )
        return returned, [tuple(row) for row in rows]

    return await evening.store.transact(try_it)


@pytest.mark.parametrize("made", WITH.values(), ids=WITH)
async def test_a_row_has_what_was_done(evening, made):
    """Kind, outcome, who, about whom, where, how it is told apart, and what was signed."""
    anna, person, session = evening.staff[0], evening.people[0], evening.session_id
    _, rows = await written(
        evening,
        made,
        lambda one: one.record(
            "x", "y", session, person=int(person), detail="z", bound=bytes(range(32))
        ),
    )
    assert rows == [(NOON, "x", "y", anna, person, session, "z", bytes(range(32)))]
    _, rows = await written(evening, made, lambda one: one.record("x"))
    assert rows == [(NOON, "x", "done", anna, None, None, "", None)]


@pytest.mark.parametrize("made", WITH.values(), ids=WITH)
async def test_a_refusal_is_one_row_and_an_answer(evening, made):
    """What is refused is on record by its code, which the answer names too."""
    anna, session = evening.staff[0], evening.session_id
    answer, rows = await written(
        evening, made, lambda one: one.refused("x", RefusalCode.STALE, session)
    )
    assert answer == Answer("refusal/stale")
    assert rows == [(NOON, "x", "stale", anna, None, session, "", None)]
