"""The walk: every button and command of every role, against all that belongs to somebody else.

Whoever has no right finds refusals alone; whoever has it is never told that it is not theirs.
"""

import re

import pytest

from bot import menus
from bot.acting import Actor
from bot.buttons import VERBS, decode
from bot.home import arriving, home
from bot.office.flow_place import Place
from bot.office.office import ACTS, COMMANDS, PAGES
from tests.bot.office.scheduling import target
from tests.bot.walking import (
    ACTS_OF,
    COMMANDS_OF,
    COUNTED,
    ENDING,
    GROUP_NAME,
    HOME_OF,
    LEADERS,
    NOT_YOURS,
    PAGES_OF,
    STAFF,
    TOKEN,
    WALKERS,
    World,
    named_in,
)

OWNERS = (
    *("visitor", "learner", "p0", "p1", "z9", "anna", "bernd", "ulla", "doris", "emil", "gerd"),
    *("spare", "clara"),
)
"""In this order each finds theirs still there: a coordinator can suspend everything."""
STAGES = (
    *(pytest.param(one, marks=pytest.mark.long) for one in ("planned", "ready")),
    "joined",
)
FLOW = Place("environment", "en")


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
        seen = [
            one for one in world.guest(name).phone.history[begun[name] :] if one["what"] != "forged"
        ]
        own = {"p0": ("P0",), "ulla": world.secrets()}.get(name, ())
        assert [one for one in leaks(world, str(seen)) if one not in own] == [], name


@pytest.mark.parametrize("stage", STAGES)
async def test_owners_find_no_refusal(world, stage):
    """Whoever has the right to a button is never told that it is not theirs."""
    await to_stage(world, stage)
    tried = await world.tries()
    since = len(await world.house.audited())
    for name in OWNERS:
        page = await world.open_office(name) if name in STAFF else None
        for one in tried:
            if name in one.whose and one.name.removeprefix("do ") not in ENDING:
                world.guest(name).forge(one.data, page)
        await world.house.quiet()
    for name in OWNERS:
        rows = await world.told(name, since)
        assert [row for row in rows if row[1] in NOT_YOURS] == [], name


async def test_owner_does_what_ends_something(world):
    """What takes people out of a group, or ends it, is its facilitators' to do, each once."""
    group, anna = world.group, world.anna
    since = len(await world.house.audited())
    page = await world.open_office("anna")
    ending = (
        f"group-staff-add:{group}:{world.doris.person}",
        f"group-staff-remove:{group}:{world.doris.person}",
        f"participant-out:{world.waiting}:{group}",
        f"group-end:{group}:-",
    )
    assert tuple(one.partition(":")[0] for one in ending) == ENDING
    for one in ending:
        anna.forge(f"do:{one}", page)
    await world.house.quiet()
    # Two sessions are planned: they follow who leads the group, and go with it.
    before = {"group-staff-remove": ("facilitator-removed",) * 2}
    before |= {"group-end": ("session-cancelled",) * 2}
    done = [(row, "done") for name in ENDING for row in (*before.get(name, ()), name)]
    assert await world.told("anna", since) == done


async def test_choice_of_others_in_a_page_of_ones_own(world):
    """Somebody else's group or person is no choice on a page of one's own group either."""
    doris, own, others = world.doris, world.other, world.group
    z9, p0 = world.z9.person, world.p0.person
    since, before = len(await world.house.audited()), await world.house.domain()
    taps = (
        *(f"do:participant-move:{z9}:{own}-{others}", f"do:participant-move:{z9}:{others}-{own}"),
        f"do:participant-out:{z9}:{others}",
        *(f"do:group-staff-add:{own}:{one}" for one in (p0, world.clara.person, z9)),
        f"do:group-staff-remove:{own}:{world.anna.person}",
    )
    for data in taps:
        doris.forge(data)
    await world.house.quiet()
    assert await world.house.domain() == before
    outcomes = [outcome for _, outcome in await world.told("doris", since)]
    assert len(outcomes) == len(taps)
    assert set(outcomes) <= {"stale", "repeated"}
    assert leaks(world, str(doris.messages())) == []


# Commands, links and lines


def every_command():
    """Return every command that the bot knows, whoever may send it."""
    known = named_in(Actor.commanded) | named_in(arriving.act) | set(arriving.HOME)
    known |= set(home.COMMANDS) | set(COMMANDS)
    return sorted(known | set(menus.FOR_EVERYBODY) | set(menus.IN_SESSIONS))


def test_walk_knows_every_command():
    """Every command that there is belongs to somebody in the tables of the walk."""
    assert set(every_command()) - {"authenticator"} == set().union(*COMMANDS_OF.values())


@pytest.mark.parametrize("stage", ["planned", "joined"])
async def test_commands_show_ones_own_alone(world, stage):
    """A command shows nobody anything of a group that is not theirs, and does nothing to it."""
    await to_stage(world, stage)
    names = [name for name in WALKERS if name not in ("p0", "ulla")]
    before = await world.house.domain()
    begun = {name: len(world.guest(name).phone.history) for name in names}
    since, strangers = len(await world.house.audited()), await world.house.strangers()
    for name in names:
        for command in every_command():
            world.guest(name).phone.type(f"/{command}")
    await world.house.quiet()
    after = await world.house.domain()
    # Everybody has a page of their own open now.
    assert {**after, "page": [], "arrival": []} == {**before, "page": [], "arrival": []}
    for name in names:
        history = world.guest(name).phone.history[begun[name] :]
        own = ("V8",) if name == "visitor" else ()
        assert [one for one in leaks(world, str(history)) if one not in own] == [], name
    counted = len(COUNTED) * len(every_command())
    assert await world.house.strangers() == strangers + counted
    for name in set(names) - set(COUNTED) - {"invited", "visitor"}:
        unknown = set(every_command()) - COMMANDS_OF[name]
        told = await world.told(name, since)
        assert told == [("command", "unknown")] * len(unknown), name


async def test_owners_find_their_commands(world):
    """No command of somebody's own is unknown to them."""
    since = len(await world.house.audited())
    names = ("z9", "p0", "anna", "doris", "clara", "invited", "visitor")
    for name in names:
        for command in sorted(COMMANDS_OF[name if name != "anna" else "doris"]):
            world.guest(name).phone.type(f"/{command}")
    await world.house.quiet()
    for name in names:
        assert await world.told(name, since) == []
    world.anna.phone.type("/groups")
    await world.house.quiet()
    assert GROUP_NAME in str(world.anna.messages())


async def test_links_and_lines_of_others_are_not_taken(world):
    """Neither a video link nor a line for a page is taken from whoever has no right to it."""
    await world.house.ready()
    asking = [name for name, page in PAGES.items() if page.take]
    of_flows = {"flow-text", "flow-insert", "flow-reason"}
    of_plans = {"plan-time", "plan-second-time", "plan-last"}
    others = {"alias", "colleague-name", "erasures", "new-group", "session-time"}
    assert others | of_flows | of_plans == set(asking)
    abouts = {
        **dict.fromkeys(of_flows, FLOW.number),
        **dict.fromkeys(of_plans, world.group),
        "session-time": target(world.next_session, "2027-02-01", 600),
    }
    names = [name for name in WALKERS if name not in COUNTED]
    for name in names:
        guest = world.guest(name)
        for page in asking:
            whose, _ = PAGES_OF[page]
            if name in whose:
                continue
            await world.leave_open(guest, page, abouts.get(page, world.p0.person))
            before = await world.house.domain()
            guest.phone.type("Marker")
            guest.phone.type("Marker\n" * 20)
            guest.phone.type("https://meet.example.org/other-room")
            await world.house.quiet()
            assert await world.house.domain() == before, (name, page)


async def test_invitation_of_another_is_nothing_to_whoever_is_here(world):
    """Whoever is enrolled or invited already can't use up somebody else's invitation."""
    before = await world.house.domain()
    names = [name for name in WALKERS if name not in COUNTED]
    for name in names:
        world.guest(name).phone.open_link(TOKEN)
    await world.house.quiet()
    # It is a /start like any other, which closes the page that stood open.
    assert await world.house.domain() | {"page": []} == before | {"page": []}


# Who is outside


async def test_whoever_was_taken_out_sees_nothing_of_it(world):
    """A facilitator who was taken out of a group has nothing of it left on the phone."""
    for name in ("gerd", "removed"):
        assert any("P0" in str(one) for one in world.guest(name).phone.history)
        assert leaks(world, str(world.guest(name).messages())) == [], name


async def test_coordinator_leads_nobody(world):
    """A coordinator who is no facilitator is offered no group, no person and no session."""
    for command in sorted(COMMANDS_OF["clara"]):
        world.clara.phone.type(f"/{command}")
        await world.house.quiet()
    carried = {decode(data).verb for _, data in world.clara.buttons()}
    assert carried <= {"go", "do"}
    offered = {decode(data).args[0] for _, data in world.clara.buttons()}
    assert {name for name in offered if (PAGES_OF.get(name) or ACTS_OF[name])[0] & LEADERS} <= {
        "language-chosen"
    }
