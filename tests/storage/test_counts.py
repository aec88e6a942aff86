"""What is counted of the steps of a flow: people, each once, and nobody's name."""

import pytest

from bot.terminal.flows_diagram import shown
from flows import events as e
from flows.model import SessionState
from storage import counts, retention
from tests.honest import END, NOON, Evening, open_store, plan

FIRST, ITEM = "undisturbed", "private-space"


@pytest.fixture
async def evening(tmp_path):
    store = await open_store(tmp_path)
    yield await Evening(store).prepare(participants=3)
    await store.close()


async def counted(evening, step):
    """Return how many came to a step, left there, and asked for help."""
    published = (await evening.session()).checks[evening.people[0]].published.id
    found = await evening.store.read(lambda tx: counts.of(tx, published))
    return tuple(found.get((step, what), 0) for what in ("reached", "left", "help"))


async def test_people_are_counted_where_they_come(evening):
    """Whoever is asked a question has reached it; whoever asks for help counts there too."""
    await evening.start()
    assert await counted(evening, FIRST) == (3, 0, 0)
    first, second, _ = evening.people
    await evening.answer(first)
    await evening.answer(second)
    assert await counted(evening, ITEM) == (2, 0, 0)
    await evening.answer(first, "help")
    assert await counted(evening, ITEM) == (2, 0, 1)
    assert await counted(evening, f"{ITEM}/help") == (1, 0, 0)


async def test_a_second_time_does_not_count(evening):
    """A changed answer, or a run that is begun anew, counts nobody twice."""
    await evening.start()
    person = evening.people[0]
    await evening.answer_all(person)
    before = {step: await counted(evening, step) for step in (FIRST, ITEM, "alone", "review")}
    await evening.answer(person, "change")
    await evening.answer(person, ITEM)
    await evening.answer(person, "no")
    await evening.answer(person, "yes")
    await evening.answer_all(person)
    assert {step: await counted(evening, step) for step in before} == before


async def test_whoever_is_stopped_has_left_there(evening):
    """A stop counts at the step that somebody is at, once."""
    await evening.start()
    person = evening.people[0]
    await evening.answer(person)
    for _ in range(2):
        await evening.happen(e.PersonStopped(evening.staff[0], person))
    assert await counted(evening, ITEM) == (1, 1, 0)


async def test_whoever_is_still_asked_at_the_end_has_left(evening):
    """When a session is over, silence counts as leaving at the question that stood open."""
    await evening.start()
    await evening.answer(evening.people[0])
    evening.now = END + 3600
    await evening.happen(e.SessionRanOut(1))
    assert (await evening.session()).state in (SessionState.CLOSED, SessionState.CANCELLED)
    assert await counted(evening, ITEM) == (1, 1, 0)
    assert await counted(evening, FIRST) == (3, 2, 0)


async def test_the_next_evening_counts_nobody_again(evening):
    """A person counts in their first run on an edition, however often they come."""
    await evening.start()
    before = await counted(evening, FIRST)
    evening.session_id = await evening.store.transact(
        lambda tx: plan(tx, evening.staff, evening.people)
    )
    await evening.start()
    assert (await evening.session()).checks[evening.people[0]].run.step == FIRST
    assert await counted(evening, FIRST) == before


async def test_nobody_can_be_found_in_it(evening):
    """The numbers name no person, and what tells a second time from a first goes after a week."""
    await evening.start()

    def columns(tx):
        return {
            row["name"]
            for table in ("step_count", "step_seen")
            for row in tx.db.execute(f"PRAGMA table_info({table})")
        }

    assert await evening.store.read(columns) == {"revision", "step", "what", "n", "token", "at"}
    kept = "SELECT count(*) FROM step_seen"
    assert await evening.store.read(lambda tx: tx.db.execute(kept).fetchone()[0]) == 3
    await evening.store.transact(lambda tx: counts.forget(tx, NOON + counts.FORGOTTEN))
    assert await evening.store.read(lambda tx: tx.db.execute(kept).fetchone()[0]) == 0
    assert await counted(evening, FIRST) == (3, 0, 0)


async def test_numbers_outlive_the_answers(evening):
    """Once answers are forgotten the numbers stand."""
    await evening.start()
    await evening.answer(evening.people[0])
    before = await counted(evening, ITEM)
    periods = retention.Periods()
    await evening.store.transact(lambda tx: retention.forget(tx, periods, END + 90 * 86400))
    assert await counted(evening, ITEM) == before


async def test_another_edition_has_numbers_of_its_own(evening):
    """Nothing is counted of an edition that nobody was asked by."""
    await evening.start()
    assert await evening.store.read(lambda tx: counts.of(tx, "0" * 64)) == {}


HIDDEN = "1\N{EN DASH}4"


@pytest.mark.parametrize(
    ("number", "told"), [(0, "0"), (1, HIDDEN), (4, HIDDEN), (5, "5+"), (9, "5+"), (23, "20+")]
)
def test_small_numbers_are_hidden(number, told):
    """One to four are one and the same, and what is above is told in steps of five."""
    assert shown(number) == told


@pytest.mark.parametrize("left", [1, 2, 3, 4])
def test_no_difference_tells_a_hidden_number(left):
    """Whatever came here and to the next step, each hidden number of those who left is possible."""
    for here in range(left, 40):
        seen = (shown(here), shown(left), shown(here - left))
        possible = {
            other
            for all_here in range(45)
            for other in range(1, min(all_here, 4) + 1)
            if (shown(all_here), shown(other), shown(all_here - other)) == seen
        }
        assert len(possible) > 1, (here, left)
