"""Whatever coordinators send, no way past one of the four is ever published; random edits."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import intake
from bot.language import forbidden
from bot.language.shipped import shipped_revision
from bot.office import flow_publishing, flows
from bot.office.flow_place import Place
from bot.office.page import Clerk
from bot.seed import publish_shipped
from bot.setting import Setting
from flows import walk
from flows.definition import load_shipped
from flows.flow import CHANGE, NON_NEGOTIABLES, make_revision
from flows.lint import _reached_without
from storage import drafts as kept
from storage import people, revisions
from storage.people import Role
from tests.honest import NOON, open_store

LANGUAGES = ("en", "de")
SETTING = Setting(languages=LANGUAGES)
PLACES = tuple((flow, locale) for flow in load_shipped() for locale in LANGUAGES)
SEND = next(page.take for page in flows.PAGES if page.name == "flow-text")
TAKE_BACK = next(act.do for act in flows.ACTS if act.name == "flow-text-back")
PUBLISH = next(act.do for act in flow_publishing.ACTS if act.name == "flow-publish")
TRAPS = (
    *("", " ", "\n\n", "\N{ZERO WIDTH SPACE}", "{who}", "{", "%s", "yes", "review", "@final"),
    *("environment/yes", '{"to": "review", "value": "yes"}'),
    'Yes"\nto = "review"\n[[step]]\nid = "review"\nfinal = "ready"',
)
SAID = ("Is it safe?", "Ist das sicher?", "Your partner", "Rufen Sie die Polizei")
"""Texts with a word that must not stand, each in one of the languages."""


class Undone(Exception):
    """An example has been looked at; nothing of it stays."""


class Bench:
    """A store with two coordinators on which examples are tried and undone."""

    def __init__(self, runner, store):
        self.runner = runner
        self.store = store
        self.clerks = runner.run(store.transact(self._begin))

    def _begin(self, tx):
        publish_shipped(tx, LANGUAGES, NOON)
        return [self._coordinator(tx, label) for label in ("Clara", "Conny")]

    def _coordinator(self, tx, label):
        person = people.add(tx, locale="en", zone="Europe/Berlin", label=label, now=NOON)
        people.give_role(tx, person, Role.COORDINATOR, prepared_at=None)
        return person

    def tried(self, act):
        """Return what an act returns, and leave no trace of it."""
        found = []

        def try_it(tx):
            clerks = [Clerk(tx, people.find(tx, one), NOON, SETTING) for one in self.clerks]
            found.append(act(tx, clerks))
            raise Undone

        with pytest.raises(Undone):
            self.runner.run(self.store.transact(try_it))
        return found[0]


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    with asyncio.Runner() as runner:
        store = runner.run(open_store(tmp_path_factory.mktemp("edits")))
        yield Bench(runner, store)
        runner.run(store.close())


words = st.one_of(
    st.text(max_size=50),
    st.sampled_from(TRAPS),
    st.sampled_from(SAID),
    st.integers(28, 36).map(lambda n: "x" * n),
    st.integers(4094, 4098).map(lambda n: "x" * n),
)
edits = st.tuples(
    st.sampled_from((*PLACES, *(("environment", locale) for locale in LANGUAGES * 4))),
    st.integers(0, 75),
    words,
    st.sampled_from(["now", "now", "now", 0, 1, 2]),
    st.sampled_from(["send", "send", "send", "back"]),
    st.integers(0, 1),
)


def may_stand(flow, locale, key, words):
    """Say whether a text may be published in this place."""
    limit = flow.texts()[key].limit
    by_staff = flow.audience == "facilitator" or key.endswith("/observe")
    rules = forbidden.FOR_STAFF if by_staff else forbidden.RULES
    said = any(forbidden.broken_by(words, locale, rule) for rule in rules)
    return bool(words.strip()) and len(words) <= limit and not said


def edit(tx, clerks, expected, one):
    """Do one edit as the chat does, and note in `expected` what must stand then."""
    (name, locale), number, words, seen, does, who = one
    flow, written = shipped_revision(name, locale).flow, kept.changes(tx, name, locale)
    keys = [*flow.texts()]
    key = keys[number] if number < len(keys) else None
    version = written[key].version if key in written else 0
    steps = kept.base(tx, name, locale).version * flows.VERSIONS
    now = steps + version
    place = Place(name, locale, number, now if seen == "now" else steps + seen)
    texts = expected[name, locale]
    if does == "send":
        words = intake.plain(words)
        SEND(clerks[who], place.number, words)
        if key and place.more == now and may_stand(flow, locale, key, words):
            texts[key] = words
    else:
        TAKE_BACK(clerks[who], place.number, "-")
        if version and place.more == now:
            del texts[key]


def published(tx, clerks, some):
    """Edit, publish what is there, and return it beside what must stand there."""
    expected = {place: {} for place in PLACES}
    for one in some:
        edit(tx, clerks, expected, one)
    found = []
    for name, locale in dict.fromkeys(one[0] for one in some):
        place = Place(name, locale)
        PUBLISH(clerks[0], place.number, flows.draft_of(tx, place).id[:12])
        found.append((revisions.published(tx, name, locale), expected[name, locale]))
    return found


def wordless(flow):
    """Return a flow without its texts: what leads where, and what is asked."""
    return make_revision(flow, "en", dict.fromkeys(flow.texts(), "x")).flow


def has_side_door(flow, item):
    """Go backwards from the good end without a yes to an item; say if that leads to the start.

    Nobody comes to the end through `CHANGE`: behind it, whatever is open is asked.
    """
    reached, ahead = set(), [flow.final("ready").id]
    while ahead:
        at = ahead.pop()
        reached.add(at)
        ahead += [
            step.id
            for step in flow.steps.values()
            if step.id not in reached and step.id != CHANGE and leads(step, at, item)
        ]
    return flow.start in reached


def leads(step, at, item):
    """Say whether a button other than a yes to the item leads from a step to another one."""
    return any(
        option.to == at and not (option.marks == item and option.value == "yes")
        for option in step.options
    )


def ends_without(flow, item):
    """Walk as runs do, in every way without a yes to an item; say whether one ends well.

    Only a yes is remembered of the others: a no never brings anybody nearer to the end.
    """
    begun = (flow.start, frozenset())
    seen, ahead = {begun}, [begun]
    while ahead:
        at, given = ahead.pop()
        if flow.steps[at].final == "ready":
            return True
        for option in flow.steps[at].options:
            is_yes = bool(option.marks) and option.value == "yes"
            if is_yes and option.marks == item:
                continue
            now = given | {option.marks} if is_yes else given
            step = walk.next_step(flow, option, dict.fromkeys(now, "yes")).id
            if (step, now) not in seen:
                seen.add((step, now))
                ahead.append((step, now))
    return False


def with_side_door(flow, item):
    """Return a flow in which a help leads past an item; no file can say so."""
    onward = flow.option(item, "yes").to
    step = flow.steps[item]
    options = tuple(replace(one, to=onward) if one.id == "help" else one for one in step.options)
    return replace(flow, steps={**flow.steps, item: replace(step, options=options)})


@settings(max_examples=40)
@given(some=st.lists(edits, min_size=5, max_size=20))
def test_no_edit_leads_past_one_of_the_four(bench, some):
    """What is published leads as the shipped flow does, and says what may be said."""
    for revision, expected in bench.tried(lambda tx, clerks: published(tx, clerks, some)):
        shipped = shipped_revision(revision.flow.id, revision.locale).flow
        assert wordless(revision.flow) == wordless(shipped)
        said = {key: source.text for key, source in revision.flow.texts().items()}
        assert said == {**{key: one.text for key, one in shipped.texts().items()}, **expected}
        if revision.flow.kind == "check":
            ready = revision.flow.final("ready").id
            for item in NON_NEGOTIABLES:
                assert ready not in _reached_without(revision.flow, item)
                assert not has_side_door(revision.flow, item)


@pytest.mark.parametrize("item", NON_NEGOTIABLES)
def test_a_side_door_is_found(item):
    """Were there a way past one of the four, both would see it, linter and the walk backwards."""
    flow = with_side_door(load_shipped()["environment"], item)
    assert has_side_door(flow, item)
    assert flow.final("ready").id in _reached_without(flow, item)


@pytest.mark.parametrize("item", NON_NEGOTIABLES)
def test_a_run_does_not_end_behind_a_side_door(item):
    """A run asks what is open before it ends well, in the shipped flow and in one with a hole."""
    flow = load_shipped()["environment"]
    assert not ends_without(flow, item)
    assert not ends_without(with_side_door(flow, item), item)
