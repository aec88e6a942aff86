"""Steps in a language of its own: messages, edits, overlays, and the way back into a file."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import drafts, overlay, walk
from flows.definition import load_shipped, parse
from flows.edits import Insert, Move, Omit, edited
from flows.finding import Fault
from flows.flow import (
    CHANGE,
    CRITERIA,
    DOMAINS,
    GO_ON,
    NON_NEGOTIABLES,
    Flow,
    Revision,
    make_revision,
)
from flows.fold import folded
from flows.lint import lint, lint_source
from flows.source import ItemShape, MessageShape, read
from flows.unfold import unfold
from flows.written import written

SHIPPED = load_shipped()
TEA = MessageShape("tea", "Have a glass of water at hand.", "You get help. Go on?", "Go on")
POINT = ItemShape("own", "Shift work", "Do they work at night?", part="criterion")


def english(flow):
    texts = {key: source.text for key, source in flow.texts().items()}
    return make_revision(flow, "en", texts)


ENVIRONMENT = english(SHIPPED["environment"])
WITH_TEA = drafts.reshaped(ENVIRONMENT, Insert("headphones", TEA))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_flow_folds_into_its_file_and_back(name):
    """What is written out unfolds into the same flow, step by step and text by text."""
    flow = SHIPPED[name]
    text = written(folded(flow, "mine.toml"))
    assert lint(text, "mine.toml") == ()
    assert unfold(read(text, "mine.toml")) == flow


@given(st.text(max_size=60).map(lambda one: f"A{one}Z"))
def test_any_words_survive_the_file(words):
    """Quotes, lines, hashes and brackets in a text come back as they were."""
    plain = "".join(char for char in words if char.isprintable() or char == "\n")
    flow = ENVIRONMENT.flow
    first = replace(flow.steps[flow.start], text=plain)
    changed = replace(flow, steps={**flow.steps, flow.start: first})
    text = written(folded(changed, "mine.toml"))
    assert unfold(read(text, "mine.toml")) == changed


def test_a_message_unfolds_into_itself_and_help():
    """A message has the button that leads on, and help, which rings and leads on too."""
    flow = WITH_TEA.flow
    tea, helping = flow.steps["tea"], flow.steps["tea/help"]
    assert [(one.id, one.to) for one in tea.options] == [
        (GO_ON, "headphones"),
        ("help", "tea/help"),
    ]
    assert [(one.id, one.to) for one in helping.options] == [(GO_ON, "headphones")]
    assert (tea.rings, helping.rings) == (False, True)
    assert tea.only_read
    assert flow.option("alone", "yes").to == "tea"


def test_a_message_is_read_on_the_way_and_not_again():
    """It comes before an open question; a correction passes it together with what is answered."""
    flow = WITH_TEA.flow
    yes = flow.option("alone", "yes")
    assert walk.next_step(flow, yes, {"alone": "yes"}).id == "tea"
    go_on = flow.option("tea", GO_ON)
    assert walk.next_step(flow, go_on, {"alone": "yes"}).id == "headphones"
    everything = {item.id: "yes" for item in flow.items}
    assert walk.next_step(flow, yes, everything).id == flow.final("ready").id


def test_an_edit_and_its_way_back():
    """What was added can be moved and left out again; then the flow is as it was."""
    moved = drafts.reshaped(WITH_TEA, Move("tea", "camera"))
    assert moved.flow.option("alone", "yes").to == "headphones"
    assert moved.flow.option("stable-internet", "yes").to == "tea"
    assert drafts.steps_changed(ENVIRONMENT, WITH_TEA) == 1
    assert drafts.steps_changed(WITH_TEA, moved) == 1
    gone = drafts.reshaped(moved, Omit("tea"))
    assert gone.id == ENVIRONMENT.id


def test_ways_to_the_entry_lead_through_the_message():
    """Buttons that named an entry lead to the message that stands before it now."""
    first = drafts.reshaped(ENVIRONMENT, Insert("private-space", TEA)).flow
    assert {
        first.option(step, name).to for step, name in (("undisturbed", "yes"), ("later", "now"))
    }
    assert first.option("undisturbed", "yes").to == "tea"
    assert first.option("later", "now").to == "tea"


@pytest.mark.parametrize(
    ("flow", "edit", "code"),
    [
        ("environment", Omit("headphones"), "F803"),
        ("environment", Omit("undisturbed"), "F803"),
        ("environment", Move("alone", "camera"), "F803"),
        ("environment", Omit("headphone"), "F802"),
        ("environment", Insert("nowhere", TEA), "F802"),
        ("environment", Insert("undisturbed", TEA), "F803"),
        ("environment", Insert("camera", MessageShape("alone", "A", "B", "C")), "F201"),
        ("clearance", Omit("shared-home"), "F803"),
        ("clearance", Omit("decide"), "F803"),
    ],
)
def test_an_edit_that_is_not_allowed(flow, edit, code):
    """What everybody is asked stays; what is not there can't be named."""
    wrong = edited(drafts.entries(english(SHIPPED[flow])), edit)
    assert isinstance(wrong, Fault)
    assert wrong.code == code


def test_a_criterion_of_ones_own():
    """A programme adds to the twelve, and can take away what it added, nothing else."""
    clearance = english(SHIPPED["clearance"])
    more = drafts.reshaped(clearance, Insert("decide", POINT))
    assert [item.id for item in more.flow.items][-1] == "own"
    assert more.flow.option("own", "applies")
    assert drafts.reshaped(more, Omit("own")).id == clearance.id
    assert {*DOMAINS, *CRITERIA} < {item.id for item in more.flow.items}


MESSAGE = '[[message]]\nid = "tea"\ntext = "Hello."\nhelp = "Help."\nbutton = "Go on"\n'


def before(text, needle, more):
    assert needle in text
    return text.replace(needle, f"{more}\n{needle}", 1)


SHIPPED_TEXT = written(folded(SHIPPED["environment"], "mine.toml"))
ITEM = '[[item]]\nid = "camera"'


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (before(SHIPPED_TEXT, '[[step]]\nid = "undisturbed"', MESSAGE), "F310"),
        (SHIPPED_TEXT.replace('id = "later", to', 'id = "go-on", to'), "F310"),
        (before(SHIPPED_TEXT, ITEM, MESSAGE.replace('help = "Help."\n', "")), "F304"),
        (before(SHIPPED_TEXT, ITEM, MESSAGE.replace('button = "Go on"\n', "")), "F103"),
        (
            before(written(folded(SHIPPED["clearance"], "c")), '[[item]]\nid = "crisis', MESSAGE),
            "F310",
        ),
    ],
)
def test_a_message_out_of_place(text, code):
    """A message needs its words, an entry before it, and a flow in which there is reading."""
    assert code in {one.code for one in lint(text, "mine.toml")}


# Overlays

HEAD = 'overlay = "environment"\nlanguage = "nb"\n\n'
INSERT = (
    '[[insert]]\nid = "tea"\nbefore = "headphones"\nreason = "Asked for in every session."\n'
    'text = "Ha et glass vann."\nhelp = "Vent litt."\nbutton = "Videre"\n'
)


def laid(text, flow=SHIPPED["environment"]):
    return overlay.laid_over(flow, overlay.read(text, "environment.nb.toml"))


def test_an_overlay_is_laid_over_its_language():
    """What it inserts is in the flow, and everything that everybody is asked still is."""
    flow = laid(HEAD + INSERT)
    assert isinstance(flow, Flow)
    assert flow.option("alone", "yes").to == "tea"
    assert flow.steps["tea"].text == "Ha et glass vann."
    assert set(NON_NEGOTIABLES) <= {item.id for item in flow.items}


def test_an_overlay_moves_and_omits():
    """What the flow has to be read can be moved, or left out, in one language."""
    flow = WITH_TEA.flow
    moved = laid(HEAD + '[[move]]\nid = "tea"\nbefore = "camera"\nreason = "Later."\n', flow)
    assert moved.option("stable-internet", "yes").to == "tea"
    gone = laid(HEAD + '[[omit]]\nid = "tea"\nreason = "Never asked."\n', flow)
    assert "tea" not in gone.steps


BROKEN = [
    (HEAD + INSERT.replace('"headphones"', '"headphone"'), "F802", 4),
    (HEAD + '[[omit]]\nid = "tee"\nreason = "No."\n', "F802", 4),
    (HEAD + '[[omit]]\nid = "alone"\nreason = "No."\n', "F803", 4),
    (HEAD + INSERT + '[[move]]\nid = "sober"\nbefore = "alone"\nreason = "No."\n', "F803", 11),
    (HEAD + INSERT.replace("Asked for in every session.", " "), "F804", 4),
    (HEAD + INSERT.replace("Asked for", "Asked for " * 30), "F804", 4),
    (HEAD + INSERT.replace('"headphones"', '"undisturbed"'), "F803", 4),
    (HEAD + INSERT.replace('"tea"', '"camera"'), "F201", 4),
    (HEAD + INSERT.replace('help = "Vent litt."\n', ""), "F304", 4),
    (HEAD + INSERT.replace("Videre", "Videre " * 9), "F402", 4),
    (HEAD + INSERT.replace("button", "buton"), "F102", 10),
    (HEAD + INSERT.replace("reason", "#reason"), "F103", 4),
    (HEAD.replace('language = "nb"\n', ""), "F103", 1),
    (HEAD + "[[insert", "F101", 4),
    ("overlay = 3\nlanguage = 'nb'\n", "F104", 1),
    (HEAD + "insert = [{}]\n", "F105", 4),
]


def found_in(text):
    found = laid(text)
    assert not isinstance(found, Flow)
    return found


@pytest.mark.parametrize(("text", "code", "line"), BROKEN)
def test_every_fault_of_an_overlay(text, code, line):
    """Each fault has its code and its line, and nothing is laid over anything."""
    found = found_in(text)
    assert (code, line) in {(one.code, one.line) for one in found}


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_whatever_stands_in_an_overlay(text):
    """Any text at all gives a flow or findings, never a traceback."""
    found = laid(HEAD + text)
    assert isinstance(found, Flow) or found


# Whatever is done

IDS = [entry.id for entry in folded(ENVIRONMENT.flow, "x").entries]
NAMES = st.sampled_from([*IDS, "m1", "m2", "m3", "nothing"])
EDITS = st.one_of(
    st.builds(
        Insert,
        NAMES,
        st.builds(
            MessageShape, st.sampled_from(["m1", "m2", "m3", "alone"]), *[st.just("Read.")] * 3
        ),
    ),
    st.builds(Omit, NAMES),
    st.builds(Move, NAMES, NAMES),
)


def passed_by(flow, item):
    """Say whether *ready* is reached without a yes to the item, walking every way by hand.

    Whoever changes an answer goes on at the first open item: that is `Flow.resume`, and no way.
    """
    seen, ahead = set(), [flow.start]
    while ahead:
        step = flow.steps[ahead.pop()]
        if step.id in seen or step.id == CHANGE:
            continue
        seen.add(step.id)
        if step.final == "ready":
            return True
        ahead += [
            option.to
            for option in step.options
            if option.to in flow.steps and not (option.marks == item and option.value == "yes")
        ]
    return False


@given(st.lists(EDITS, max_size=8))
def test_no_edits_lead_past_an_item(edits):
    """However messages are added, moved and left out, no item can be passed by."""
    revision = ENVIRONMENT
    for edit in edits:
        after = drafts.reshaped(revision, edit)
        revision = after if isinstance(after, Revision) else revision
    assert lint_source(drafts.entries(revision)) == ()
    assert [item.id for item in revision.flow.items] == [item.id for item in ENVIRONMENT.flow.items]
    for item in revision.flow.items:
        assert not passed_by(revision.flow, item.id)


def test_the_walk_by_hand_finds_a_way_past():
    """The walk of these tests sees a flow in which an item can be passed by."""
    text = SHIPPED_TEXT.replace('to = "private-space"', 'to = "alone"')
    assert passed_by(unfold(read(text, "x")), "private-space")
    assert parse(SHIPPED_TEXT, "x")
