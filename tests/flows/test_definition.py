"""From file to flow, to revision and back, and the machine made from it."""

from dataclasses import FrozenInstanceError
from importlib.resources import files
from types import SimpleNamespace

import pytest

from flows.definition import FlowError, load_shipped, parse
from flows.diagram import flow_machine
from flows.flow import (
    BACK_TO_FINAL,
    NON_NEGOTIABLES,
    Flow,
    MissingTexts,
    Option,
    Revision,
    RevisionError,
    dump_revision,
    load_revision,
    make_revision,
)

MANDATORY = (
    "private-space",
    "alone",
    "headphones",
    "own-device",
    "stable-internet",
    "camera",
    "sober",
    "no-multitasking",
    "no-recording",
    "open-chat",
)


@pytest.fixture(scope="module")
def flow() -> Flow:
    return load_shipped()["environment"]


def english(flow):
    return {key: source.text for key, source in flow.texts().items()}


def revision_of(flow, locale="en") -> Revision:
    made = make_revision(flow, locale, english(flow))
    assert isinstance(made, Revision)
    return made


def test_items(flow):
    """The environment flow asks every mandatory item, and has exactly the four observed."""
    assert tuple(item.id for item in flow.items) == MANDATORY
    assert {item.id for item in flow.items if item.non_negotiable} == set(NON_NEGOTIABLES)
    assert {item.id for item in flow.items if item.observed} == set(NON_NEGOTIABLES)


def test_first_question(flow):
    """The first question is whether one can answer undisturbed; it answers no item."""
    assert flow.start == "undisturbed"
    assert flow.steps["undisturbed"].item == ""
    assert [option.marks for option in flow.steps["undisturbed"].options] == ["", "", ""]


@pytest.mark.parametrize("item", MANDATORY)
def test_unfolding(flow, item):
    """An item is a question with yes, no and help; no and help ring, and lead on or to unmet."""
    onward = flow.option(item, "yes").to
    after_no = [(o.id, o.to, o.marks, o.value) for o in flow.steps[f"{item}/no"].options]
    assert [option.value for option in flow.steps[item].options] == ["yes", "no", "help"]
    assert [option.to for option in flow.steps[item].options[1:]] == [f"{item}/no", f"{item}/help"]
    assert after_no == [("yes", onward, item, "yes"), ("cannot", "unmet", item, "no")]
    assert flow.option(f"{item}/help", "yes").to == onward
    assert flow.option(f"{item}/help", "no").to == f"{item}/no"
    assert [flow.steps[item + part].rings for part in ("", "/no", "/help")] == [False, True, True]
    assert [flow.steps[item + part].repeat_after for part in ("", "/no", "/help")] == [180, 0, 0]


def test_yes_all_the_way(flow):
    """Eleven times yes, and nothing else, is the way from the start to the ready step."""
    step, taps = flow.steps[flow.start], 0
    while not step.final:
        step, taps = flow.steps[flow.option(step.id, "yes").to], taps + 1
    assert (step.final, taps) == ("ready", 1 + len(MANDATORY))


def test_change_names_every_item(flow):
    """The generated step offers each item by its title, and the way back; no answers."""
    options = flow.steps["change"].options
    titles = [(item.id, item.id, item.title) for item in flow.items]
    assert [(option.id, option.to, option.text) for option in options[:-1]] == titles
    assert options[-1] == Option(
        "back", BACK_TO_FINAL, "Back", "environment/change/back", note=options[-1].note
    )
    assert {step.id for step in flow.steps.values() if step.final} == {
        step.id for step in flow.steps.values() if flow.option(step.id, "change")
    }


def test_unknown_options(flow):
    """An option that a step does not offer is None, and so is one of an unknown step."""
    assert flow.option("headphones", "maybe") is None
    assert flow.option("no-such-step", "yes") is None
    with pytest.raises(KeyError):
        {item.id: item for item in flow.items}["no-such-item"]


@pytest.mark.parametrize("value", ["no", "help", "", "skipped", None])
def test_resume_at_what_is_open(flow, value):
    """A run goes on at the first item that is not yes, and is ready only when all are."""
    all_yes = dict.fromkeys(MANDATORY, "yes")
    assert flow.resume(all_yes) == "review"
    assert flow.resume({**all_yes, "headphones": value, "camera": "no"}) == "headphones"
    assert flow.resume({}) == "private-space"


def test_frozen(flow):
    """A flow can't be changed, its steps included, and can key a cache."""
    with pytest.raises(FrozenInstanceError):
        flow.start = "review"
    with pytest.raises(TypeError):
        flow.steps["headphones"] = flow.steps["review"]
    again = load_shipped.__wrapped__()["environment"]
    assert again is not flow
    assert (again, hash(again)) == (flow, hash(flow))


def test_text_ids(flow):
    """Text ids are readable, and shared buttons have one text unless an item overrides it."""
    texts = flow.texts()
    parts = ("ask", "no", "help", "title", "observe")
    assert {f"environment/headphones/{part}" for part in parts} <= set(texts)
    assert "environment/alone/observe" not in texts
    assert flow.option("headphones/no", "yes").key == "environment/now-yes"
    assert flow.option("alone/no", "yes").key == "environment/alone/button/now-yes"
    assert all(source.comment for source in texts.values())


def test_findings_refuse_the_file():
    """A file with findings is no flow: the error names all of them."""
    text = files("flows").joinpath("definitions", "environment.toml").read_text(encoding="utf-8")
    broken = text.replace('to = "later"', 'to = "latr"').replace(
        'id = "headphones"', 'id = "phones"'
    )
    with pytest.raises(FlowError, match="F202") as caught:
        parse(broken, "mine.toml")
    assert {"F202", "F301"} <= {finding.code for finding in caught.value.findings}
    assert "mine.toml:" in str(caught.value)


def test_revision_round_trip(flow):
    """A revision comes back from its text as it was, with the same id."""
    revision = revision_of(flow)
    assert load_revision(dump_revision(revision)) == revision
    assert len(revision.id) == 64


def test_revision_speaks_its_language(flow):
    """Every text of a revision is that language's; ids, targets and values stay."""
    texts = {key: f"<{key}>" for key in flow.texts()}
    spoken = make_revision(flow, "xx", texts).flow
    assert {key: source.text for key, source in spoken.texts().items()} == texts
    assert list(spoken.steps) == list(flow.steps)
    for step in flow.steps.values():
        paths = [(o.id, o.to, o.marks, o.value) for o in step.options]
        assert [(o.id, o.to, o.marks, o.value) for o in spoken.steps[step.id].options] == paths


def test_revision_id_depends_on_everything(flow):
    """Another language or one other letter is another revision."""
    texts = english(flow)
    other = make_revision(flow, "en", {**texts, "environment/yes": "Yes."})
    assert len({revision_of(flow).id, revision_of(flow, "de").id, other.id}) == 3


@pytest.mark.parametrize("gone", ["", " \n", None])
def test_missing_text_is_no_revision(flow, gone):
    """One missing, empty or blank text, and there is no revision in that language."""
    texts = {key: text for key, text in english(flow).items() if key != "environment/yes"}
    texts |= {} if gone is None else {"environment/yes": gone}
    assert make_revision(flow, "de", texts) == MissingTexts("de", ("environment/yes",))


@pytest.mark.parametrize(
    "tamper",
    [
        lambda text: text.replace('"value":"no"', '"value":"yes"', 1),
        lambda text: text.replace("Headphones", "Headphone", 1),
        lambda text: text.replace('"locale":"en"', '"locale":"de"'),
        lambda text: text.replace('"rings":true', '"rings":false', 1),
        lambda text: text.replace('{"id"', '{ "id"', 1),
        lambda text: text.replace('"item":', '"more":1,"item":', 1),
        lambda text: text.replace('"form":1', '"form":2'),
        lambda text: text[:-1],
    ],
)
def test_tampered_revision(flow, tamper):
    """A revision that was changed in any way is not loaded."""
    text = dump_revision(revision_of(flow))
    assert tamper(text) != text
    with pytest.raises(RevisionError):
        load_revision(tamper(text))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"id":"\ud800"}'])
def test_no_revision(text):
    """What is no revision is not loaded."""
    with pytest.raises(RevisionError):
        load_revision(text)


def test_machine_walks_the_flow(flow):
    """The machine's triggers lead where the options lead, on a model that it does not keep."""
    machine = flow_machine(flow)
    for step in flow.steps.values():
        for option in step.options:
            if option.to == BACK_TO_FINAL:
                continue
            run = SimpleNamespace(state=step.id)
            assert machine.events[option.id].trigger(run)
            assert run.state == option.to
    assert machine.models == []
    assert flow_machine(load_shipped()["environment"]) is machine


@pytest.mark.parametrize("came_from", ["review", "unmet"])
def test_back_leads_where_the_run_was(flow, came_from):
    """Back leads to the final step that the run came from; without one it leads nowhere."""
    back = flow_machine(flow).events["back"]
    run = SimpleNamespace(state="change")
    assert not back.trigger(run)
    assert not back.trigger(run, "headphones")
    assert run.state == "change"
    assert back.trigger(run, came_from)
    assert run.state == came_from
