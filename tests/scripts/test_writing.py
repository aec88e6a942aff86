"""From noted acts to lines: what stands before an act, and what is written as one."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.language.shipped import shipped_revision
from bot.practice.scripts.script import parse, quoted
from bot.practice.scripts.writing import Kind, Noted, written

STARTS = 1_795_537_800
"""Half past five on 24 November 2026 in Berlin."""
FLOW = shipped_revision("environment", "en").flow
ANSWERS = [f"answers {step} yes" for step in (FLOW.start, *(item.id for item in FLOW.items))]
BOXES = [f"observes H7 {item.id}" for item in FLOW.items if item.observed]


def act(who, does, kind=Kind.TAP, after=0):
    return Noted(STARTS + after, who, does, kind, before=STARTS + after)


def moved(does, since, until):
    return Noted(STARTS + until, "", does, Kind.MOVED, before=STARTS + since)


def lines(*notes, until=0):
    text = written("x", "room.seed.toml", STARTS, notes, STARTS + until)
    assert [line.text for line in parse("x", text).lines] == [
        line for line in text.splitlines()[4:] if not line.startswith("#")
    ]
    return text.splitlines()[4:]


def answers(who, after=0, step=1):
    return [act(who, does, Kind.OWN, after + at * step) for at, does in enumerate(ANSWERS)]


def observes(who, after=0):
    return [act(who, does, after=after) for does in BOXES]


def test_head_says_title_seed_and_clock():
    """A script begins where the evening began."""
    text = written('"Late" #2', "room.seed.toml", STARTS, [], STARTS)

    script = parse("x", text)

    assert (script.title, script.seed) == ('"Late" #2', "room.seed.toml")
    assert script.clock == "2026-11-24T17:30"


def test_head_says_the_limits_that_the_evening_has():
    """An evening with limits of its own is saved with them, and has them when it is played."""
    text = written("x", "room.seed.toml", STARTS, [], STARTS, {"readers": "2"})

    assert text.splitlines()[3:] == ["limits readers=2", ""]
    assert parse("x", text).limits == {"readers": "2"}


def test_taps_of_one_person_need_no_rest():
    """What one person does in a row waits for its buttons by itself."""
    assert lines(act("Anna", "taps a"), act("Anna", "taps b")) == ["Anna taps a", "Anna taps b"]


@pytest.mark.parametrize(
    ("first", "second", "rests"),
    [
        (Kind.TAP, Kind.TAP, True),
        (Kind.OWN, Kind.TAP, True),
        (Kind.FREE, Kind.TAP, True),
        (Kind.TAP, Kind.OWN, True),
        (Kind.OWN, Kind.OWN, False),
        (Kind.TAP, Kind.FREE, False),
        (Kind.OWN, Kind.FREE, False),
        (Kind.TAP, Kind.SHARP, True),
    ],
)
def test_other_people_s_acts_are_answered_first_where_it_matters(first, second, rests):
    """A tap waits for what others did; a typed line does not, nor participants for each other."""
    found = lines(act("Anna", "taps a", first), act("Bernd", "taps b", second))

    assert found == ["Anna taps a", *(["settle"] if rests else []), "Bernd taps b"]


def test_what_may_never_be_answered_waits_for_everything():
    """Before a kill, bad weather or a lost line everything is answered, one's own acts too."""
    found = lines(act("H7", "taps a"), act("H7", "loses-line", Kind.SHARP))

    assert found == ["H7 taps a", "settle", "H7 loses-line"]


@pytest.mark.parametrize(
    ("deaf", "again"), [("bot killed", "bot started"), ("weather down on", "weather down off")]
)
def test_nobody_waits_for_a_bot_that_can_t_hear(deaf, again):
    """While the bot is dead or Telegram is down there is no rest to wait for."""
    notes = [
        act("", deaf, Kind.SHARP),
        act("Anna", "taps a"),
        act("Bernd", "taps b"),
        act("", again, Kind.SHARP),
        act("Bernd", "taps c"),
    ]

    assert lines(*notes) == [deaf, "Anna taps a", "Bernd taps b", again, "settle", "Bernd taps c"]


def test_all_answers_in_a_row_are_one_line():
    """Who answers every question with yes, one after another, answers all yes."""
    assert lines(*answers("H7")) == ["H7 answers all yes"]
    assert len(lines(*answers("H7", step=30), until=0)) > len(ANSWERS)


def test_all_answers_with_somebody_between_stay_apart():
    """An act of somebody else between two answers keeps them apart."""
    first, *rest = answers("H7")

    assert len(lines(first, act("K2", "taps x", Kind.OWN), *rest)) == len(ANSWERS) + 1


def test_all_boxes_in_a_row_are_one_line():
    """Who ticks every box, in whatever order, observes the person; one box alone is named."""
    assert lines(*reversed(observes("Anna"))) == ["Anna observes H7"]
    assert lines(*observes("Anna")[1:]) == [f"Anna {does}" for does in BOXES[1:]]
    back = act("Anna", BOXES[0].replace("H7 ", "H7 not "))
    assert len(lines(back, *observes("Anna"))) == 2


def test_same_act_of_several_is_one_line():
    """What several participants do one after another is written once, with all their names."""
    entered = [act(who, "enters", Kind.OWN) for who in ("H7", "K2", '"Stranger 1"')]

    assert lines(*entered) == ['H7, K2, "Stranger 1" enter']
    assert lines(*entered, entered[0]) == ['H7, K2, "Stranger 1" enter', "H7 enters"]
    taps = [replace(one, kind=Kind.TAP, does="taps a") for one in entered[:2]]
    assert lines(*taps) == ["H7 taps a", "settle", "K2 taps a"]


@pytest.mark.parametrize(
    ("passed", "expected"), [(59, []), (61, ["clock 17:31:01"]), (3600, ["clock 18:30"])]
)
def test_time_that_has_passed_by_itself_is_caught_up(passed, expected):
    """From a minute on the time that went by is a line, before the next act and at the end."""
    assert lines(act("H7", "taps a", after=passed)) == [*expected, "H7 taps a"]
    assert lines(until=passed) == expected


def test_moves_of_the_clock_stand_as_they_were_made():
    """A move ahead, one to a time of day, and one to the next timer are written as such."""
    assert lines(moved("clock +5m", 10, 310), until=320) == ["clock +5m"]
    assert lines(moved("clock", 10, 900)) == ["clock 17:45"]
    assert lines(moved("clock", 10, 13 * 3600)) == ["clock 2026-11-25T06:30:00"]
    assert lines(moved("clock next", 2, 180)) == ["clock next"]


def test_a_timer_that_was_over_is_over_before_the_next_one():
    """A move to the next timer first catches up with the time that has passed."""
    assert lines(moved("clock next", 20, 180)) == ["clock 17:30:20", "clock next"]


def test_what_no_line_can_say_is_a_comment():
    """An act that stands in no script is told to the reader and does nothing."""
    assert lines(act("H7", "write_in stands in no script", Kind.LOST)) == [
        "# H7: write_in stands in no script"
    ]


@given(st.text())
@example("title")
@example("seed")
@example("limits")
@example("include")
@example("clock")
def test_whatever_was_typed_is_read_as_it_was(text):
    """What somebody types stands in a script and is read again to the letter."""
    script = f"title x\nseed a\nclock b\n{quoted(text)} types {quoted(text)}\n"

    (line,) = parse("x", script).lines

    assert (line.who, line.words) == ((text,), (text,))
