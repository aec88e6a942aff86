"""Words decide nothing: whatever the texts of a revision say, everything follows as before."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.language import catalogues
from bot.language.shipped import shipped_revision
from flows import events as e
from flows import walk
from flows.decide import decide
from flows.definition import load_shipped
from flows.flow import make_revision
from flows.gate import ToAdmit, ToAsk, ToOpen, ToRestart, holds
from flows.model import CheckState, StopReason
from tests.flows import builders as b

FLOWS = load_shipped()
MINUTE = 60


def words(limit):
    """Return any text that a translation may be, the longest one too."""
    some = st.text(min_size=1, max_size=min(limit, 40)).filter(str.strip)
    return some | st.sampled_from(["x" * limit, "Yes", "no", "ready", "{who}", "\N{SNOWMAN}"])


def scrambled(flow, locale="en"):
    """Return revisions of a flow in which every text is any other one."""
    spoken = {key: words(source.limit) for key, source in flow.texts().items()}
    return st.fixed_dictionaries(spoken).map(lambda texts: make_revision(flow, locale, texts))


numbers = st.integers(0, 7)
item_ids = st.sampled_from(b.ITEMS)
step_ids = st.sampled_from([*b.FLOW.steps])
acts = st.one_of(
    st.tuples(st.just("answer"), numbers),
    st.tuples(st.just("answer"), numbers),
    st.tuples(st.just("yes"), st.integers(1, 12)),
    st.tuples(st.just("forge"), step_ids, st.sampled_from(["yes", "no", "help", "change", "x"])),
    st.tuples(st.just("see"), item_ids, st.booleans()),
    st.tuples(st.sampled_from(["observe", "sign", "wait", "silence", "take-up"])),
    st.tuples(st.sampled_from(["restart", "stop", "claim"])),
)


def answers(session, option, step=""):
    check = session.checks[b.P]
    return [e.StepAnswered(b.P, b.P, check.epoch, step or step_of(session), option)]


def step_of(session):
    run = session.checks[b.P].run
    return run.step if run else b.FLOW.start


def answers_by_number(session, number):
    options = b.FLOW.steps[step_of(session)].options
    return answers(session, options[number % len(options)].id) if options else []


def signs(session):
    return [b.signs(session, b.ANNA, b.P)] if session.checks[b.P].state is CheckState.READY else []


def question(session):
    return b.P, session.checks[b.P].epoch, step_of(session)


EVENTS = {
    "answer": answers_by_number,
    "yes": lambda session: answers(session, "yes"),
    "forge": lambda session, step, option: answers(session, option, step),
    "see": lambda session, item, seen: [b.sees(session, b.ANNA, b.P, item, seen=seen)],
    "sign": signs,
    "silence": lambda session: [e.StepTimedOut(*question(session))],
    "take-up": lambda session: [e.QuestionTakenUp(*question(session))],
    "restart": lambda _: [e.CheckRestarted(b.ANNA, b.P)],
    "stop": lambda _: [e.SelfStopped(b.P, StopReason.SOMEONE_CAME_IN)],
    "claim": lambda _: [e.PersonClaimed(b.ANNA, b.P)],
    "wait": lambda _: [],
}
"""What an act is on a session as it stands: no events where nobody could do it."""


def single(act):
    """Return the acts that an act stands for."""
    match act:
        case ("yes", times):
            return [("yes",)] * times
        case ("observe",):
            return [("see", item, True) for item in b.ITEMS]
        case _:
            return [act]


def wordless(session):
    """Return a session without its texts, and without what is computed of them."""

    def bare(check):
        run = replace(check.run, revision=None) if check.run else None
        signed = replace(check.sign_off, digest="") if check.sign_off else None
        return replace(check, run=run, published=None, sign_off=signed)

    return replace(session, checks={p: bare(check) for p, check in session.checks.items()})


def blocked(session, now):
    asked = (ToAsk(b.P), ToRestart(b.P), ToAdmit(b.P, b.ANNA), ToOpen(b.ANNA))
    return [holds(session, act, now) for act in asked]


def evening(revision):
    """Yield what becomes of a session on a revision: first its beginning, then act by act."""
    session = b.with_(b.planned(b.P), b.P, published=revision)
    session = b.after(session, e.ChecksStarted(b.ANNA))
    now = b.NOON
    act = yield wordless(session), [], [], blocked(session, now)
    while True:
        now += MINUTE if act == ("wait",) else 0
        followed, refused = [], []
        for name, *args in single(act):
            for event in EVENTS[name](session, *args):
                decision = decide(session, event, now)
                session = decision.state
                followed += decision.effects
                refused.append(decision.refusal)
        act = yield wordless(session), followed, refused, blocked(session, now)


@settings(max_examples=60)
@given(scrambled(b.FLOW), st.lists(acts, max_size=30))
def test_other_words_change_nothing_of_an_evening(other, evening_of_acts):
    """State, answers, effects, refusals and holds are the same, whatever the texts say."""
    told, scrambled_one = evening(b.REVISION), evening(other)
    assert next(told) == next(scrambled_one)
    for act in evening_of_acts:
        assert told.send(act) == scrambled_one.send(act)


@pytest.mark.parametrize("locale", catalogues.languages())
def test_an_evening_is_the_same_in_every_language(locale):
    """Answers, a no, a help, a correction and a signature lead to the same in each language."""
    acts = [("yes", 1), ("answer", 1), ("answer", 0), ("answer", 2), ("answer", 0), ("yes", 12)]
    acts += [("answer", 0), ("answer", 3), ("answer", 1), ("answer", 0), ("yes", 9), ("claim",)]
    acts += [("observe",), ("sign",), ("wait",), ("restart",)]
    told, spoken = evening(b.REVISION), evening(shipped_revision("environment", locale))
    assert next(told) == next(spoken)
    signed = False
    for act in acts:
        found = told.send(act)
        assert found == spoken.send(act)
        signed = signed or found[0].checks[b.P].state is CheckState.ADMITTED
    assert signed


def way(flow, numbers):
    """Yield the steps and answers of a run whose options are chosen by their numbers."""
    step, answers = flow.steps[flow.start], {}
    for number in numbers:
        if not step.options:
            return
        option = step.options[number % len(step.options)]
        if option.marks and option.value in ("yes", "no"):
            answers[option.marks] = option.value
        yield step.id, option.id, dict(answers)
        step = walk.next_step(flow, option, answers)
    yield step.id, step.final, dict(answers)


@settings(max_examples=40)
@given(st.data(), st.lists(numbers, max_size=60))
@pytest.mark.parametrize("name", [*FLOWS])
def test_other_words_change_no_way_through_a_flow(name, data, chosen):
    """In each flow the same options lead through the same steps to the same end."""
    flow = FLOWS[name]
    other = data.draw(scrambled(flow))

    assert [*way(flow, chosen)] == [*way(other.flow, chosen)]
