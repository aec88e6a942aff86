"""No state that can be reached breaks an invariant, and a gate with a hole in it is found out."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flows import gate
from flows.decide import check_room, decide
from flows.flow import NON_NEGOTIABLES
from flows.gate import HoldCode
from flows.model import CheckState, PersonId, SessionState
from tests.flows.builders import ANNA, BEN, REVISION, P, Q
from tests.proof import explore, invariants, renaming, views
from tests.proof import world as w
from tests.proof.evenings import Evening, planned
from tests.proof.explore import Found, Search, gate_of
from tests.proof.renaming import Names

ALONE = replace(w.BOTH_ROLES, name="a participant who would facilitate alone", passive=(ANNA,))
FIRST_OF_TWO = replace(
    w.FOUR_EYES,
    name="one signature of two is there",
    prelude=(*w.ADMITTED[:-1], "Anna claims P"),
)
UNDECIDED_TWICE = replace(
    w.TWO, name="one of two is decided, by two", signers=2, prelude=w.ADMITTED_TWICE
)
UNDECIDED = replace(w.TWO, name="one of two is decided", prelude=w.ADMITTED)
INSIDE = replace(w.TWO, name="one of two is in the room", prelude=w.OPENED)
ONE_CALLED = replace(w.ONE_BY_ONE, name="one of two is called in", prelude=w.CALLED_IN)
WHOLE = {
    w.SOLO: None,
    ALONE: None,
    w.LACKING: None,
    w.NO_PLACE: None,
    w.HELPED: None,
    w.CHATLESS: None,
    w.CALLED: None,
    FIRST_OF_TWO: 1,
    UNDECIDED: 40,
    INSIDE: 40,
    UNDECIDED_TWICE: 20,
    ONE_CALLED: 40,
}
"""The worlds in which every hold is forgotten once, and how many states of each are expanded."""
SIGNED_IN = replace(w.SOLO, name="one person is signed in", prelude=w.ADMITTED)
BACK_IN = replace(w.SOLO, name="one person is back in the room", prelude=w.BACK)
CALLED_UP = replace(w.CALLED, name="one person is called in", prelude=w.CALLED_ALONE)
SMALL = {
    w.SOLO: 60,
    SIGNED_IN: 25,
    BACK_IN: 10,
    ALONE: None,
    w.LACKING: 100,
    w.NO_PLACE: None,
    w.HELPED: 150,
    w.CHATLESS: 150,
    w.CALLED: 60,
    CALLED_UP: 25,
    FIRST_OF_TWO: 1,
    UNDECIDED: 20,
    INSIDE: 20,
    UNDECIDED_TWICE: 10,
    ONE_CALLED: 20,
}
"""The small bound: the same worlds not to their end, but from several places of the evening."""
FULL = (
    w.TWO,
    w.SHIPPED,
    w.ONE,
    w.FOUR_EYES,
    w.FINE,
    w.BOTH_ROLES,
    w.LACKING,
    w.ONE_PLACE,
    w.HELPED_TWICE,
    w.CALLED,
    w.CALLED_BY_BOTH,
    w.ONE_BY_ONE,
    w.BOTH_CALL,
)

SEEDS = st.integers(0, 2**32)
TOGETHER = pytest.mark.xdist_group("small bound")
"""These tests look at the same searches, which one worker makes once."""

NOTHING_LOST: Mapping[HoldCode, str] = {
    HoldCode.NO_FACILITATOR: "whoever opens or signs, and the signer at the door, must be active",
    HoldCode.STOPPED: "a stopped session neither opens (the table) nor takes signatures (the desk)",
    HoldCode.CLOSED: "nothing leads out of closed (the table), nothing is signed (the desk)",
    HoldCode.CANCELLED: "nothing leads out of cancelled (the table), nothing is signed (the desk)",
    HoldCode.NOBODY_ADMITTED: "an empty room: everybody is turned away or absent, none can enter",
    HoldCode.NOT_ON_ROSTER: "every act about a participant first looks them up on the roster",
    HoldCode.TURNED_AWAY: "no admission is left (unsigned), and the table leads to none",
    HoldCode.ABSENT: "no admission is left (unsigned), and the table leads to none",
    HoldCode.PERSON_STOPPED: "no admission is left (unsigned), and the table leads to none",
}
"""The holds that may be forgotten without loss, and what else holds there."""
ALONE_AT_TIMES = (HoldCode.NO_FACILITATOR, HoldCode.NOBODY_ADMITTED)
"""Those of them that are the only hold at times: nobody gets in by it."""


@cache
def searched(world: w.World, most: int | None = None) -> tuple[Search, Found]:
    with gate_of(world):
        search = Search(world)
        return search, search.run(most)


def breaks_nothing(world: w.World, most: int | None) -> None:
    _, found = searched(world, most)
    assert found.broken is None, found.path
    assert found.finished or found.states > (most or 0)


@TOGETHER
@pytest.mark.parametrize("world", SMALL, ids=lambda world: world.name)
def test_no_step_of_the_small_bound_breaks_an_invariant(world):
    """Within the bound, no act at any time with anything out of order breaks an invariant."""
    breaks_nothing(world, SMALL[world])


@pytest.mark.long
@pytest.mark.parametrize("world", FULL, ids=lambda world: world.name)
def test_no_state_that_can_be_reached_breaks_an_invariant(world):
    """The search comes to its end, and no step on it breaks an invariant."""
    found = explore.explore(world)
    assert found.broken is None, found.path
    assert found.finished


@pytest.mark.long
def test_two_people_on_two_signatures_each():
    """The first ten thousand states, nearest to the beginning, break nothing: it is a bound."""
    found = explore.explore(w.TWO_TWICE, most=10_000)
    assert found.broken is None, found.path
    assert found.states > 10_000


Bound = Mapping[w.World, int | None]


def cut(bound: Bound, code: HoldCode) -> tuple[str, ...]:
    """Return the way to what breaks without a hold; nothing where nothing does."""
    for world, most in bound.items():
        search, _ = searched(world, most)
        if (shown := search.cut(code)) is not None:
            return shown[1]
    return ()


def lost_with_nothing(bound: Bound) -> set[HoldCode]:
    """Return the holds without which nothing breaks."""
    return {code for code in HoldCode if not cut(bound, code)}


def standing_alone(bound: Bound) -> set[HoldCode]:
    """Return those of what may be forgotten that are the only hold at times."""
    found = {code for world, most in bound.items() for code in searched(world, most)[0].lone}
    return found & set(NOTHING_LOST)


@TOGETHER
def test_a_gate_that_forgets_a_hold_is_found_out():
    """Without any one hold an invariant breaks, or it is written down why nothing is lost."""
    assert lost_with_nothing(SMALL) == set(NOTHING_LOST)


@TOGETHER
def test_only_two_of_what_may_be_forgotten_ever_stand_alone():
    """All other holds of the list never decide anything: some other hold is always there too."""
    assert standing_alone(SMALL) == set(ALONE_AT_TIMES)


@pytest.mark.long
def test_the_small_bound_leaves_out_nothing_that_the_whole_searches_find():
    """To their end, the searches break nothing, and say the same of every hold."""
    for world, most in WHOLE.items():
        breaks_nothing(world, most)
    assert lost_with_nothing(WHOLE) == set(NOTHING_LOST)
    assert standing_alone(WHOLE) == set(ALONE_AT_TIMES)


@pytest.mark.long
@pytest.mark.parametrize("code", ALONE_AT_TIMES)
def test_what_stands_alone_and_may_be_forgotten_loses_nothing(code):
    """The whole search without that hold breaks nothing either."""
    found = explore.explore(w.SOLO, cut=code)
    assert found.broken is None, (NOTHING_LOST[code], found.path)
    assert found.finished


def test_the_search_itself_finds_the_shortest_way():
    """A search of a gate that forgets the link ends with a shortest evening without one."""
    found = explore.explore(w.LEAN, cut=HoldCode.LINK_MISSING)
    assert found.broken is not None
    assert found.broken.number == "6"
    assert len(found.path) == 7
    assert found.path[0] == "Anna starts the checks"
    assert found.path[-1] == "Anna opens the session"


def test_the_command_fails_where_an_invariant_breaks(monkeypatch, capsys):
    """`python -m tests.proof.explore` prints the way and ends with 1 where something breaks."""
    monkeypatch.setattr(gate, "_room", lambda _session: iter(()))
    assert explore.main(["--world", "LEAN"]) == 1
    printed = capsys.readouterr().out
    assert "violations 1" in printed
    assert "Anna opens the session" in printed


def _while_asking(session, called, now, stands=check_room.stands):
    """Let a call stand on as long as somebody is at the questions."""
    check = session.checks[called.person]
    asked = replace(check, state=CheckState.READY) if check.running else check
    return stands(replace(session, checks={**session.checks, called.person: asked}), called, now)


@pytest.mark.parametrize(
    ("module", "guard", "instead", "how", "last"),
    [
        (check_room, "stands", lambda *_: True, "what it was made on", "cancels the session"),
        (check_room, "stands", _while_asking, "while the questions are open", "option"),
        (gate, "_show_call", lambda *_: iter(()), "who is not called in", "P's call is drawn"),
    ],
    ids=["ends", "asking", "shown"],
)
def test_a_check_room_without_a_guard_is_found_out(
    monkeypatch, capsys, module, guard, instead, how, last
):
    """Without what ends a call, or asks before it is drawn, 14 breaks; the way there is told."""
    monkeypatch.setattr(module, guard, instead)
    assert explore.main(["--world", "CALLED"]) == 1
    *printed, end = capsys.readouterr().out.splitlines()
    assert "violations 1" in printed[2]
    assert how in printed[3] + end
    assert last in end


def test_the_command_succeeds_where_none_does(capsys):
    """It ends with 0 otherwise, and says how much it has seen and what it does not hold."""
    assert explore.main(["--world", "TWO", "--bound", "10"]) == 0
    printed = capsys.readouterr().out
    assert "violations 0" in printed
    assert all(f"invariant {number} " in printed for number in invariants.NOT_HELD_HERE)


BRISK = replace(w.LEAN, name="one person by the clock", phases=w.HELPED.phases)
"""Nobody's standing changes in an evening by the clock, so that nothing has to be out of order."""


@pytest.mark.parametrize(
    "world",
    [BRISK, *(pytest.param(one, marks=pytest.mark.long) for one in (w.SOLO, w.HELPED, w.CALLED))],
    ids=lambda world: world.name,
)
@given(seed=SEEDS)
@example(seed=2705)
@settings(max_examples=25)
def test_evenings_by_the_clock_stay_within_the_search(world, seed):
    """Where real epochs and a real clock lead, the search has been."""
    search, _ = searched(world)
    with gate_of(world):
        evening = Evening(world, Random(seed))
        for _ in range(30):
            evening.go_on()
            assert evening.broken() == []
            state = _state_of(search, evening)
            assert state in search.parents, evening.told


def test_evenings_by_the_clock_reach_the_room():
    """The random evenings are no idle ones: people get in, come back, and are kept out."""
    told: set[str] = set()
    for seed in range(30):
        with gate_of(w.SOLO):
            evening = Evening(w.SOLO, Random(seed))
            for _ in range(40):
                evening.go_on()
            told |= set(evening.told)
    assert {"P taps Join", "P says still alone", "P checks out", "Anna loses the session"} <= told


def test_evenings_by_the_clock_help_somebody_in():
    """Where staff enter answers, some of those ways in are handed out, and some are stopped."""
    told: set[str] = set()
    for seed in range(20):
        with gate_of(w.HELPED):
            evening = Evening(w.HELPED, Random(seed))
            for _ in range(40):
                evening.go_on()
            told |= set(evening.told)
    assert {"Anna enters option 1 of P", "Anna asks for the way in of P", "Anna stops P"} <= told


def test_evenings_by_the_clock_call_somebody_in():
    """Where there is a check room, people are called in, and signed."""
    told: set[str] = set()
    for seed in range(20):
        with gate_of(w.CALLED):
            evening = Evening(w.CALLED, Random(seed))
            for _ in range(40):
                evening.go_on()
            told |= set(evening.told)
    assert {"Anna calls P in", "Anna signs P in"} <= told


def _state_of(search: Search, evening: Evening) -> explore.State:
    world, session, now = evening.world, evening.session, evening.now
    core = search.core_id(views.core_of(world, session, evening.room, now))
    people = (
        search.local_id(views.local_of(world, check, evening.witnesses[person], now))
        for person, check in session.checks.items()
    )
    return search.canonical((core, *people))[0]


SHIPPED_FOR_TWO = replace(w.TWO, name="two on the shipped flow", revision=REVISION,
                          non_negotiables=NON_NEGOTIABLES)  # fmt: skip
PLAIN = tuple(item.id for item in REVISION.flow.items if not item.observed)


@given(SEEDS, st.permutations(NON_NEGOTIABLES), st.permutations(PLAIN))
@example(5558835, NON_NEGOTIABLES, PLAIN)
@settings(max_examples=15)
def test_names_and_order_do_not_matter(seed, four, others):
    """Renaming items, people and facilitators commutes with `decide`, and so does their order."""
    items = dict(zip((*NON_NEGOTIABLES, *PLAIN), (*four, *others), strict=True))
    chance = Random(seed)
    people = chance.choice(({}, {P: Q, Q: P}, {ANNA: BEN, BEN: ANNA}))
    names = Names(items, {PersonId(a): PersonId(b) for a, b in people.items()})
    with gate_of(SHIPPED_FOR_TWO):
        evening = Evening(SHIPPED_FOR_TWO, chance)
        for _ in range(30):
            before = evening.session
            if (event := evening.go_on()) is None:
                continue
            # What names a digest is not comparable.
            if hasattr(event, "shown") or hasattr(event, "revision"):
                continue
            otherwise = decide(renaming.turned(names.of(before)), names.of(event), evening.now)
            assert otherwise.refusal is None
            assert renaming.plain(otherwise.state) == names.of(evening.session)


@pytest.mark.long
@given(SEEDS)
@settings(max_examples=100)
def test_evenings_of_two_on_the_shipped_flow(seed):
    """No evening of two people with all ten items, by the real clock, breaks an invariant."""
    with gate_of(SHIPPED_FOR_TWO):
        evening = Evening(SHIPPED_FOR_TWO, Random(seed))
        while evening.go_on() is not None and not evening.over and len(evening.told) < 80:
            assert evening.broken() == []
    assert planned(SHIPPED_FOR_TWO).state is SessionState.PLANNED
