"""A process that ends anywhere in an evening leaves files from which the evening completes."""

import random
from itertools import count

import pytest

from tests.faults.office import CALLED_IN, REPLACED_LINK, Office, Scene, copied, rehearse

pytestmark = pytest.mark.long

PARTS = 4
"""The long proofs are cut into so many, to run side by side."""


async def completes(office: Office, scene: Scene) -> bool:
    """Open what is left, let Telegram send again; say whether the act had been kept before."""
    async with office.reopened() as twin:
        found = await twin.state()
        assert found in (scene.before, scene.after), scene.act
        await twin.happen(scene.act)
        assert await twin.state() == scene.after, scene.act
    return found == scene.after != scene.before


async def end_before_each_statement(office, scene, first, step):
    """End before the `first` statement of an act, then at every `step`-th; then live through it."""
    for statement in count(first, step):
        office.life.end_at(statement=statement)
        if await office.life.live(office.happen(scene.act)):
            break
        assert not await completes(office, scene), "kept without a commit"
        await office.rewind()
    assert statement > first or step > 1
    assert await office.state() == scene.after
    await completes(office, scene)


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
async def test_ended_before_any_statement(office, scenes, part):
    """Wherever in an act the process ends, nothing of it is kept, and sent again it is done once.

    What ends after the commit, before Telegram has its acknowledgement, has kept all of it.
    """
    for number, scene in enumerate(scenes):
        if number % PARTS == part:
            await end_before_each_statement(office, scene, 1, 1)
        else:
            await office.happen(scene.act)


async def test_ended_before_some_statements(office, scenes):
    """The same before one statement of each act, another one in each act."""
    pick = random.Random(11)
    for scene in scenes:
        await end_before_each_statement(office, scene, pick.randint(1, 45), 90)


async def test_ended_while_a_link_is_replaced(office, founded, tmp_path):
    """A link that was to be replaced when the process ended is still there and can be replaced."""
    acts = await rehearse(copied(founded, tmp_path / "rehearsed"), REPLACED_LINK)
    for scene in acts[:-1]:
        await office.happen(scene.act)
    await end_before_each_statement(office, acts[-1], 1, 1)


async def test_ended_while_somebody_is_called_in(office, founded, tmp_path):
    """Wherever a call begins or ends, it is whole with its link, or is not there at all."""
    for scene in await rehearse(copied(founded, tmp_path / "rehearsed"), CALLED_IN):
        if {"call_in", "call_link"} & changed(scene):
            await end_before_each_statement(office, scene, 1, 1)
        else:
            await office.happen(scene.act)


def changed(scene):
    return {table for table in scene.after if scene.after[table] != scene.before[table]}


async def end_at_each_suspension(office, scene):
    for suspension in count(1):
        async with office.reopened() as dying:
            dying.life.end_at(suspension=suspension)
            if await dying.life.live(dying.happen(scene.act)):
                break
            await completes(dying, scene)
    assert suspension > 1
    await office.happen(scene.act)


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.long), 6])
async def test_ended_at_a_suspension(office, scenes, every):
    """A process that ends while it waits for the store has kept an act whole or not at all."""
    for number, scene in enumerate(scenes):
        if number % every == 0:
            await end_at_each_suspension(office, scene)
        else:
            await office.happen(scene.act)


async def cancel_at_each_suspension(office, scene):
    """Cancel whoever waits, each time on fresh files; then let the act come again."""
    for suspension in count(1):
        async with office.reopened() as struck:
            cancelled = await struck.life.cancelled_at(suspension, struck.happen(scene.act))
            assert await struck.state() in (scene.before, scene.after)
            await struck.happen(scene.act)
            assert await struck.state() == scene.after
            if not cancelled:
                break
    assert suspension > 1
    await office.happen(scene.act)


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.long), 6])
async def test_cancelled_at_a_suspension(office, scenes, every):
    """An act whose waiter is cancelled is kept whole or not at all, and the process goes on."""
    for number, scene in enumerate(scenes):
        if number % every == 0:
            await cancel_at_each_suspension(office, scene)
        else:
            await office.happen(scene.act)


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(n, marks=pytest.mark.long) for n in range(2, 9))]
)
async def test_an_evening_of_endings(founded, scenes, seed):
    """An evening that is cut off again and again, and goes on, is the evening without a fault."""
    pick, folder = random.Random(seed), founded
    for number, scene in enumerate(scenes):
        folder = await through(folder, founded.with_name(f"{number}"), scene, pick)
    office = await Office.open(folder)
    assert await office.state() == scenes[-1].after
    await office.close()


async def through(folder, to, scene, pick):
    """Let the process end at times in an act, then live; return where the files lie."""
    endings = pick.choice((0, 1, 1, 2))
    for ending in range(endings + 1):
        office = await Office.open(folder)
        if ending < endings:
            office.life.end_at(**pick.choice(ENDINGS)(pick))
        await office.life.live(office.happen(scene.act))
        await office.still()
        folder = copied(folder, to.with_name(f"{to.name}-{ending}"))
        await office.close()
    return folder


ENDINGS = (
    lambda pick: {"statement": pick.randint(1, 60)},
    lambda pick: {"suspension": pick.randint(1, 2)},
)
