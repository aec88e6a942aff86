"""The conversations that a flow can become: nothing is left out, nothing goes round in circles."""

import pytest

from flows.definition import load_shipped
from flows.flow import BACK_TO_FINAL, Flow, Option, Step
from flows.paths import Turn, conversations

FLOWS = load_shipped()


def flow(*steps):
    """Return a flow of steps that are given as (id, final, options' targets)."""
    built = {
        name: Step(
            name, "", "", tuple(Option(to or "out", to, to, "") for to in targets), final=final
        )
        for name, final, *targets in steps
    }
    return Flow("f", "check", "participant", steps[0][0], built)


@pytest.mark.parametrize("name", FLOWS)
def test_first_conversation_is_the_whole_one(name):
    """The first goes from the start to the ready step without help, refusal or an end between."""
    whole = conversations(FLOWS[name])[0]
    steps = [FLOWS[name].steps[turn.step] for turn in whole.turns]
    assert (steps[0].id, steps[-1].final, whole.onward) == (FLOWS[name].start, "ready", "")
    assert {item.id for item in FLOWS[name].items} <= {step.id for step in steps}
    assert not any(step.rings or step.final for step in steps[:-1])


@pytest.mark.parametrize("name", FLOWS)
def test_every_step_is_met_once(name):
    """Each step stands for the first time in exactly one conversation."""
    first = [turn.step for one in conversations(FLOWS[name]) for turn in one.turns[one.known :]]
    assert sorted(first) == sorted(FLOWS[name].steps)


@pytest.mark.parametrize("name", FLOWS)
def test_every_turn_follows_from_the_tap_before(name):
    """A conversation goes where its taps lead, ends at an end, or goes on at what stands before."""
    met = set()
    for one in conversations(FLOWS[name]):
        for turn, after in zip(one.turns, [turn.step for turn in one.turns[1:]], strict=False):
            assert FLOWS[name].option(turn.step, turn.tapped).to == after
        assert {turn.step for turn in one.turns[: one.known]} <= met
        met |= {turn.step for turn in one.turns}
        last = one.turns[-1]
        if last.tapped:
            assert FLOWS[name].option(last.step, last.tapped).to == one.onward
            assert one.onward in met
        else:
            assert FLOWS[name].steps[last.step].final
            assert not one.onward


@pytest.mark.parametrize("name", FLOWS)
def test_branch_leaves_the_whole_conversation(name):
    """A branch begins with a step of the first conversation, so that it can be read by itself."""
    whole, *branches = conversations(FLOWS[name])
    assert {one.turns[0].step for one in branches} <= {turn.step for turn in whole.turns}
    assert all(one.known for one in branches)


def test_way_through_an_end_is_no_way():
    """That an answer can be changed after an end makes no short cut through it."""
    built = flow(
        ("one", "", "unmet", "two"),
        ("two", "", "three"),
        ("three", "", "ready"),
        ("ready", "ready"),
        ("unmet", "unmet", "ready"),
    )
    whole, branch = conversations(built)
    assert [turn.step for turn in whole.turns] == ["one", "two", "three", "ready"]
    assert branch.turns == (Turn("one", "unmet"), Turn("unmet"))


def test_circle_is_cut():
    """A flow that only goes round is told once."""
    (whole,) = conversations(flow(("one", "", "two"), ("two", "", "one")))
    assert whole.turns == (Turn("one", "two"), Turn("two", "one"))
    assert whole.onward == "one"


def test_way_back_to_the_end_is_said():
    """What leads back to wherever somebody came from goes on there."""
    built = flow(("one", "ready", "change"), ("change", "", BACK_TO_FINAL))
    assert conversations(built)[1].onward == BACK_TO_FINAL
