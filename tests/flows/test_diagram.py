"""The flow's Mermaid diagram: what is in it, in which words, and what is left out."""

import re

import pytest

from flows.definition import load_shipped
from flows.diagram import mermaid
from flows.flow import Flow, Item, Option, Step

FLOW = load_shipped()["environment"]
TITLES = {item.id: item.title for item in FLOW.items}


def nodes(text):
    return {name: label for label, name in re.findall(r'state "(.*)" as (\S+)', text)}


def ways(text):
    found = re.findall(r"^ +(\S+) --> (\S+): (.+)$", text, re.MULTILINE)
    return {(source, to): label for source, to, label in found}


def plain(name):
    """Return a node's name without the box that it is in, as its step spells it."""
    return name.rpartition("__")[2].replace("_", "-")


def test_items_are_named_by_their_titles_in_one_box():
    """Every item is a node in the box of the items, under the title that people read."""
    text = mermaid(FLOW)
    box = re.search(r"state the_items \{(.*?)\}", text, re.DOTALL)
    assert box
    assert {plain(name): label for name, label in nodes(box[1]).items()} == TITLES


def test_a_second_line():
    """What is noted of a step or an item stands in its node, below its name."""
    found = nodes(mermaid(FLOW, noted=lambda node: f"9: {node}"))
    labels = {plain(name): label for name, label in found.items()}
    assert labels["private-space"] == f"{TITLES['private-space']}<br/>9, private-space"
    assert labels["review"].endswith("<br/>9, review")


@pytest.mark.parametrize("step", FLOW.steps)
def test_every_step_has_its_place(step):
    """A step is a node of its own or, where it rings, part of the node that its id begins with."""
    places = [plain(name) for name in nodes(mermaid(FLOW))]
    within = [place for place in places if re.match(rf"{place}[-/]", step)]
    assert step in places or (FLOW.steps[step].rings and len(within) == 1)


def test_other_steps_are_named_in_words():
    """A step that is no item is called by its id in words; the staff's own words name no box."""
    found = nodes(mermaid(FLOW))
    rest = {plain(name): label for name, label in found.items() if plain(name) not in TITLES}
    assert rest == {
        "undisturbed": "Undisturbed",
        "later": "Later",
        "review": "Review",
        "unmet": "Unmet",
        "change": "Change",
        "the-items": "Questions",
    }


def test_yes_leads_from_item_to_item():
    """The ways are named by the buttons, and *Yes* leads through the items to the end."""
    found = ways(mermaid(FLOW))
    at, met = "undisturbed", []
    while onward := [
        to for (source, to), label in found.items() if source == at and label == "Yes"
    ]:
        (at,) = onward
        met.append(plain(at))
    assert met == [*TITLES, "review"]


def test_way_out_that_items_share_is_drawn_once():
    """What is not possible today leads out of the box, not ten times out of its items."""
    found = ways(mermaid(FLOW))
    assert [way for way in found if way[1] == "unmet"] == [("the_items", "unmet")]
    assert found["the_items", "unmet"] == "Not possible today"


def test_no_way_leads_back():
    """No way leads to a step that was drawn before, so that the picture reads downwards."""
    order = ["undisturbed", "later", *TITLES, "the-items", "review", "unmet", "change"]
    for source, to in ways(mermaid(FLOW)):
        assert order.index(plain(source)) < order.index(plain(to))


def test_text_is_the_diagram_alone():
    """The text begins with the kind of the diagram, goes downwards and brings no colours."""
    text = mermaid(FLOW)
    assert text.startswith("stateDiagram-v2\n  direction TB\n")
    assert "classDef" not in text


def test_mermaid_s_own_signs_are_not_written():
    """A title or a button may hold signs that mean something to Mermaid; none is left to it."""
    item = Item("a", non_negotiable=False, observed=False, title='A "b"; <c> # {d}\n\\e')
    steps = {
        "a": Step("a", "", "", (Option("yes", "end-of-it", "Yes: 1 --> 2", ""),), item="a"),
        "end-of-it": Step("end-of-it", "", "", final="ready"),
    }
    text = mermaid(Flow("f", "check", "participant", "a", steps, (item,)))
    words = nodes(text)["the_items__a"] + ways(text)["the_items__a", "end_of_it"]
    assert re.findall(r"[A-Za-z0-9]+", words) == ["A", "b", "c", "d", "eYes", "1", "2"]
    assert not set(words) & set('";:#<>{}\\\n')


def test_flow_without_items_has_no_box():
    """A flow of plain steps is drawn as such."""
    steps = {
        "one": Step("one", "", "", (Option("on", "two", "On", ""),)),
        "two": Step("two", "", "", final="ready"),
    }
    text = mermaid(Flow("f", "check", "participant", "one", steps))
    assert nodes(text) == {"one": "One", "two": "Two"}
    assert ways(text) == {("one", "two"): "On"}


def test_step_that_rings_belongs_to_the_first_that_leads_there():
    """A call for help that leads to another one is drawn at the step at which it began."""
    steps = {
        "second": Step("second", "", "", (Option("on", "end", "On", ""),), rings=True),
        "first": Step("first", "", "", (Option("more", "second", "More", ""),), rings=True),
        "one": Step("one", "", "", (Option("help", "first", "Help", ""),)),
        "end": Step("end", "", "", final="ready", rings=True),
    }
    text = mermaid(Flow("f", "check", "participant", "one", steps))
    assert nodes(text) == {"one": "One", "end": "End"}
    assert ways(text) == {("one", "end"): "On"}
