"""The walk: every button and command of every role, against all that belongs to somebody else.

Whoever has no right finds refusals alone; whoever has it is never told that it is not theirs.
"""

import re
from collections import Counter

import pytest

from bot import menus
from bot.acting import Actor
from bot.buttons import VERBS, decode
from bot.home import arriving, home
from bot.office.office import ACTS, COMMANDS, PAGES
from tests.bot.walking import (
    ACTS_OF,
    COMMANDS_OF,
    COUNTED,
    ENDING,
    HOME_OF,
    LEADERS,
    NOT_YOURS,
    PAGES_OF,
    WALKERS,
    World,
    named_in,
)

STAGES = ("planned", "ready", "joined")


@pytest.fixture
async def world(empty_house):
    return await World(empty_house).move_in()


async def to_stage(world, stage):
    if stage != "planned":
        await getattr(world.house, stage)()
    await world.ask_for_a_code()


def leaks(world, seen):
    """Return what of the group can be read in all this."""
    return [one for one in world.secrets() if re.search(rf"\b{re.escape(one)}\b", seen)]


# Nothing is left out


async def test_walk_knows_every_button(world):
    """Every verb, page, act and concern that there is stands in the tables of the walk."""
    await world.ask_for_a_code()
    tried = await world.tries()
    assert {decode(one.data).verb for one in tried} == set(VERBS)
    assert set(PAGES_OF) == set(PAGES)
    assert set(ACTS_OF) == set(ACTS)
    assert set(HOME_OF) == {concern.name for concern in home.CONCERNS}


@pytest.mark.parametrize("stage", STAGES)
async def test_others_find_only_refusals(world, stage):
    """Whoever has no right to a button is refused, on record; nothing changes, nothing is shown."""
    await to_stage(world, stage)
    tried = await world.tries()
    since, before = len(await world.house.audited()), await world.house.domain()
    strangers = await world.house.strangers()
    begun = {name: len(world.guest(name).phone.history) for name in WALKERS}
    sent = {name: [one for one in tried if name not in one.whose] for name in WALKERS}
    for name, taps in sent.items():
        for one in taps:
            world.guest(name).forge(one.data)
    await world.house.quiet()

    assert await world.house.domain() == before
    for name in WALKERS:
        rows = await world.told(name, since)
        if name in COUNTED:
            assert rows == []
            continue
        assert len(rows) == len(sent[name]), name
        wrong = [
            (name, one.data, kind, outcome)
            for one, (kind, outcome) in zip(sent[name], rows, strict=True)
            if outcome not in one.told
        ]
        assert wrong == []
    counted = sum(len(sent[name]) for name in COUNTED)
    assert await world.house.strangers() == strangers + counted
    for name in WALKERS:
        seen = [one for one in world.guest(name).phone.history[begun[name] :]
                if one["what"] != "forged"]
        own = {"p0": ("P0",), "ulla": world.secrets()}.get(name, ())
        assert [one for one in leaks(world, str(seen)) if one not in own] == [], name


@pytest.mark.parametrize("stage", STAGES)
async def test_owners_find_no_refusal(world, stage):
    """Whoever has the right to a button is never told that it is not theirs."""
    await to_stage(world, stage)
    tried = await world.tries()
    since = len(await world.house.audited())
    owners = ("visitor", "learner", "p0", "p1", "z9", "anna", "bernd", "ulla", "doris", "emil")
    sent = Counter()
    for name in (*owners, "gerd", "spare", "clara"):
        for one in tried:
            if name in one.whose and one.name.removeprefix("do ") not in ENDING:
                world.guest(name).forge(one.data)
                sent[name] += 1
        await world.house.quiet()
    for name in sent:
        rows = await world.told(name, since)
        print(stage, name, sent[name], Counter(rows))
        assert [row for row in rows if row[1] in NOT_YOURS] == [], name
