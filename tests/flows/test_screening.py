"""A screening: what may be decided follows from every tap, and only ever narrows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.definition import load_shipped, parse
from flows.flow import CONSIDERED, CRITERIA, CRITERION_ANSWERS, DOMAINS
from flows.model import ClearanceDecision, Instrument
from flows.screening import (
    LASTS,
    Closing,
    Outcome,
    choices,
    narrower,
    offered,
    outcome,
    questions,
    taps,
)
from tests.flows.test_lint import CLEARANCE

FLOW = load_shipped()["clearance"]
MORE = parse(
    CLEARANCE.replace(
        '[[step]]\nid = "decide"',
        '[[item]]\nid = "more"\npart = "criterion"\ntitle = "More"\nask = "Anything else."\n\n'
        '[[item]]\nid = "still"\npart = "domain"\ntitle = "Still"\nask = "And this?"\n\n'
        '[[step]]\nid = "decide"',
    ),
    "more.toml",
)
"""The shipped flow with a criterion and a domain of a programme's own."""
ONLINE = ClearanceDecision.ONLINE_GROUP
OTHERS = (
    ClearanceDecision.ONE_TO_ONE_ONLY,
    ClearanceDecision.IN_PERSON_ONLY,
    ClearanceDecision.ON_HOLD,
)
NOTHING_APPLIES = {
    **dict.fromkeys(DOMAINS, CONSIDERED),
    **dict.fromkeys(CRITERIA, "does-not-apply"),
}
CLEAR = (*(CONSIDERED,) * 6, *("does-not-apply",) * 6)
"""What is said where no criterion applies, in the order of the shipped flow."""
YEAR = 365

VALUES = st.sampled_from(["", "yes", "no", "considered", "Does-not-apply", *CRITERION_ANSWERS])
ITEMS = st.sampled_from([*DOMAINS, *CRITERIA, "more", "still", "unknown"])
TAPS = st.dictionaries(ITEMS, VALUES)
FLOWS = st.sampled_from([FLOW, MORE])


def test_the_flow_asks_the_twelve():
    """The shipped flow has the six domains before the six criteria, and nothing else."""
    assert tuple(item.id for item in FLOW.items) == (*DOMAINS, *CRITERIA)
    assert [choices(FLOW, CLEAR[:place], YEAR) for place in range(12)] == [
        *((CONSIDERED,),) * 6,
        *(CRITERION_ANSWERS,) * 6,
    ]


def test_all_is_offered_where_nothing_applies():
    """Every domain considered and every criterion not applying: all four, in the domain's order."""
    assert offered(FLOW, NOTHING_APPLIES) == (ONLINE, *OTHERS)


@pytest.mark.parametrize("answer", ["applies", "unsure"])
@pytest.mark.parametrize("criterion", CRITERIA)
def test_one_criterion_is_enough(criterion, answer):
    """While one criterion applies or is unsure, the online group is not offered; the rest is."""
    assert offered(FLOW, {**NOTHING_APPLIES, criterion: answer}) == OTHERS


@pytest.mark.parametrize("gone", [*DOMAINS, *CRITERIA])
@pytest.mark.parametrize("value", [None, "", "yes", "unknown"])
def test_nothing_is_offered_before_all_is_answered(gone, value):
    """One domain or criterion without an answer, or with none of its own: nothing at all."""
    tapped = dict(NOTHING_APPLIES)
    del tapped[gone]
    if value is not None:
        tapped[gone] = value
    assert offered(FLOW, tapped) == ()


@given(FLOWS, TAPS)
def test_the_online_group_needs_every_criterion(flow, tapped):
    """No taps offer the online group with a criterion that applies, is unsure or unanswered."""
    criteria = {item.id for item in flow.items if not flow.option(item.id, CONSIDERED)}
    clear = all(tapped.get(one) == "does-not-apply" for one in {*criteria, *CRITERIA})
    assert ONLINE not in offered(flow, tapped) or clear


@given(FLOWS, TAPS, ITEMS, VALUES)
def test_unknown_items_and_values_never_help(flow, tapped, item, value):
    """A tap on an item that is not asked, or with a value that it does not have, offers no more."""
    known = {one.id for one in flow.items}
    own = choices_of(flow, item) if item in known else ()
    if value in own:
        return
    more = offered(flow, {**tapped, item: value})
    before = offered(flow, tapped)
    assert more == () if item in known else more == before


def choices_of(flow, item):
    return tuple(option.id for option in flow.steps[item].options)


@given(FLOWS, st.lists(VALUES | st.sampled_from([*Instrument, *ClearanceDecision, *LASTS])))
def test_no_sequence_of_taps_gets_past_a_criterion(flow, wished):
    """Whatever is tapped in whatever order: the online group is reached with all criteria clear."""
    said = ()
    for value in wished:
        if value in choices(flow, said, YEAR):
            said = (*said, value)
    if found := outcome(flow, said, YEAR):
        answers = taps(flow, said)
        assert found.decision in offered(flow, answers)
    assert outcome(flow, tuple(wished), YEAR) is None or said == tuple(wished)


@given(st.lists(st.sampled_from(CRITERION_ANSWERS), min_size=6, max_size=6))
def test_walking_to_the_end(answers):
    """A screening asks instrument, decision and months after its items; then it is decided."""
    said = (*(CONSIDERED,) * 6, *answers)
    assert questions(FLOW)[12:] == tuple(Closing)
    assert choices(FLOW, said, YEAR) == tuple(Instrument)
    said = (*said, Instrument.SARA)
    clear = set(answers) == {"does-not-apply"}
    assert choices(FLOW, said, YEAR) == ((ONLINE, *OTHERS) if clear else OTHERS)
    group = outcome(FLOW, (*said, ONLINE, "3"), YEAR)
    assert group == (Outcome(ONLINE, Instrument.SARA, 91) if clear else None)
    held = (*said, ClearanceDecision.ON_HOLD, "12")
    assert outcome(FLOW, held, YEAR) == Outcome(ClearanceDecision.ON_HOLD, Instrument.SARA, 365)
    assert choices(FLOW, held, YEAR) == ()
    assert outcome(FLOW, held[:-1], YEAR) is None
    assert outcome(FLOW, (*held, "3"), YEAR) is None


def test_what_a_programme_adds_counts():
    """A criterion or a domain of a programme's own is asked for like the twelve."""
    assert offered(MORE, NOTHING_APPLIES) == ()
    whole = {**NOTHING_APPLIES, "more": "does-not-apply", "still": CONSIDERED}
    assert offered(MORE, whole) == (ONLINE, *OTHERS)
    assert offered(MORE, {**whole, "more": "unsure"}) == OTHERS


@pytest.mark.parametrize(
    ("most", "months"), [(91, ("3",)), (182, ("3", "6")), (364, ("3", "6")), (365, tuple(LASTS))]
)
def test_no_clearance_lasts_longer_than_the_programme_says(most, months):
    """Only lengths within the limit are choices."""
    said = (*CLEAR, Instrument.OWN, ONLINE)
    assert choices(FLOW, said, most) == months
    assert (outcome(FLOW, (*said, "12"), most) is None) == ("12" not in months)


def test_narrower():
    """A decision can be narrowed to what leaves less open, and on hold to nothing."""
    assert narrower(ONLINE) == OTHERS
    assert narrower(ClearanceDecision.ONE_TO_ONE_ONLY) == OTHERS[1:]
    assert narrower(ClearanceDecision.ON_HOLD) == ()
