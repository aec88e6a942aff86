"""The orientation: what may be signed, what a correction does, and what begins anew."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.shipped import shipped_revision
from flows.decide import RefusalCode
from flows.definition import load_shipped
from flows.digest import SHOWN_LENGTH, orientation_digest
from flows.flow import CHANGE
from flows.model import Answer, Digest, Facilitator, Meaning, OrientationState, PersonId
from flows.orientation import Answered, Begun, Ring, Signed, begin, decide, signable

ANNA, BERND, NOBODY = PersonId(1), PersonId(2), PersonId(9)
H7 = PersonId(7)
NOON = 1_800_000_000
DAYS = 182 * 86400
MEANING = Meaning("office/orientation/meaning", "en", "a" * 64)
REVISION = shipped_revision("orientation", "en")
ITEMS = tuple(item.id for item in REVISION.flow.items)
LEADING = {ANNA: Facilitator(), BERND: Facilitator(prepared=False)}
TOPICS = (
    *("place", "camera", "microphone", "headphones", "mute", "coming-back", "line-drops"),
    *("somebody-comes", "no-recording", "confidentiality"),
)


def begun():
    return begin(H7, Begun(ANNA, 0, REVISION), LEADING, NOON).state


def tap(run, option, now=NOON):
    return decide(run, Answered(H7, run.number, run.step, option), now)


def tapped(run, *options):
    for option in options:
        moved = tap(run, option)
        assert moved.refusal is None, (run.step, option, moved.refusal)
        run = moved.state
    return run


def ready():
    return tapped(begun(), "yes", *("yes" for _ in ITEMS))


def signed_by(run, by=ANNA, *, of=None, lasts=DAYS):
    """Sign what the page of `of` showed, by default the newest one."""
    shown = orientation_digest(of or run, by, lasts, MEANING)[:SHOWN_LENGTH]
    return decide(run, Signed(by, shown, MEANING, lasts), NOON + 60)


def test_it_is_complete():
    """The shipped orientation goes through each of the ten topics, and nobody is observed in it."""
    flow = load_shipped()["orientation"]
    assert tuple(item.id for item in flow.items) == TOPICS
    assert not any(item.observed or item.non_negotiable for item in flow.items)
    assert not any(step.repeat_after for step in flow.steps.values())


@pytest.mark.parametrize("item", ITEMS)
def test_every_question_offers_yes_no_and_help(item):
    """Each topic is one message with *yes*, *no* and *help*."""
    assert [option.id for option in REVISION.flow.steps[item].options] == ["yes", "no", "help"]


def test_all_yes_is_ready_and_signed():
    """Ten times *yes* makes it ready, rings the facilitators, and can be signed."""
    run = tapped(begun(), "yes", *("yes" for _ in ITEMS[1:]))
    last = tap(run, "yes")
    assert (last.state.state, last.ring) == (OrientationState.READY, Ring.READY)
    moved = signed_by(last.state)
    assert moved.refusal is None
    assert moved.state.state is OrientationState.SIGNED
    assert moved.state.sign_off.until == NOON + 60 + DAYS
    assert moved.state.sign_off.by == ANNA


@given(st.data())
def test_only_every_yes_is_signable(data):
    """However somebody taps, only a run in which each item's last answer is *yes* is signable."""
    run = begun()
    for _ in range(data.draw(st.integers(0, 40))):
        options = REVISION.flow.steps[run.step].options
        option = data.draw(st.sampled_from(options))
        run = tap(run, option.id).state
        complete = all(run.answers.get(i) and run.answers[i].value == "yes" for i in ITEMS)
        assert (run.state is OrientationState.READY) <= complete
        assert signable(run, ANNA) == (run.state is OrientationState.READY)
        assert (signed_by(run).refusal is None) == signable(run, ANNA)


@given(st.permutations(ITEMS))
def test_order_does_not_matter(order):
    """Whatever the order of the answers, all *yes* is ready, and one less is not."""
    run = tapped(begun(), "yes", "no", "cannot")
    assert run.step == "unmet"
    for number, item in enumerate(order, 1):
        run = tapped(replace(run, step=CHANGE), item, "yes")
        assert (run.state is OrientationState.READY) == (number == len(ITEMS))


@pytest.mark.parametrize("item", ITEMS)
def test_correction_to_no_takes_the_signature_away(item):
    """A *no* after all leaves nothing to sign, and rings; a *yes* again brings it back."""
    run = tapped(ready(), "change", item)
    moved = tap(run, "no")
    assert (moved.ring, signable(moved.state, ANNA)) == (Ring.NO, False)
    unmet = tapped(moved.state, "cannot")
    assert (unmet.step, unmet.state) == ("unmet", OrientationState.ASKING)
    again = tap(tapped(unmet, "change", item), "yes")
    assert (again.state.state, again.ring) == (OrientationState.READY, Ring.READY)


def test_looking_at_the_menu_changes_nothing():
    """Whoever opens the menu of answers and goes back is where they were, and nobody is rung."""
    run = ready()
    moved = tap(tapped(run, "change"), "back")
    assert (moved.state, moved.ring) == (run, None)


@pytest.mark.parametrize("item", ITEMS)
def test_help_rings(item):
    """*Help* at any question tells the facilitators, and so does a *no*."""
    run = replace(begun(), step=item)
    assert tap(run, "help").ring is Ring.HELP
    assert tap(run, "no").ring is Ring.NO
    assert tap(tapped(run, "help"), "no").ring is Ring.NO


@pytest.mark.parametrize("step", ["begin", "later"])
def test_help_before_the_first_question_rings(step):
    """*Help* reaches the facilitators before anything is asked, too."""
    assert tap(replace(begun(), step=step), "help").ring is Ring.HELP


def test_nobody_to_help():
    """Where nobody leads a group of theirs, no answer is taken: help would reach nobody."""
    assert tap(replace(begun(), facilitators={}), "yes").refusal is RefusalCode.NOT_NOW


@pytest.mark.parametrize(
    ("event", "refused"),
    [
        (Answered(H7, 2, "begin", "yes"), RefusalCode.STALE),
        (Answered(H7, 1, "camera", "yes"), RefusalCode.STALE),
        (Answered(H7, 1, "begin", "now"), RefusalCode.FORGED),
        (Answered(NOBODY, 1, "begin", "yes"), RefusalCode.NOT_PARTICIPANT),
        (Answered(ANNA, 2, "begin", "yes"), RefusalCode.STALE),
    ],
)
def test_answers_refused(event, refused):
    """An answer of another run, step, option or person changes nothing."""
    run = begun()
    moved = decide(run, event, NOON)
    assert (moved.state, moved.refusal) == (run, refused)


def test_a_facilitator_enters_what_they_hear():
    """Whoever leads a group of theirs may enter an answer, on record as theirs; it rings nobody."""
    run = tapped(begun(), "yes")
    moved = decide(run, Answered(BERND, 1, run.step, "no"), NOON + 5)
    assert (moved.refusal, moved.ring) == (None, None)
    assert moved.state.answers[ITEMS[0]] == Answer("no", NOON + 5, BERND)
    own = tap(run, "no").state
    assert moved.state.step == own.step
    digests = {orientation_digest(one, ANNA, DAYS, MEANING) for one in (moved.state, own)}
    assert len(digests) == 2


def test_nobody_who_left_the_group_enters_anything():
    """Who is active in no group of theirs any more enters nothing, nor does anybody else."""
    gone = replace(begun(), facilitators={**LEADING, ANNA: Facilitator(active=False)})
    event = Answered(ANNA, 1, gone.step, "yes")
    assert decide(gone, event, NOON).refusal is RefusalCode.NOT_PARTICIPANT


def test_nothing_is_answered_after_the_signature():
    """What was signed stands: no answer changes it."""
    run = signed_by(ready()).state
    assert tap(run, "change").refusal is RefusalCode.STALE


def test_recalled_questions_count_for_nothing():
    """Recalled questions are neither answered nor signed; only a new run goes on."""
    run = replace(ready(), recalled=True)
    assert tap(run, "change").refusal is RefusalCode.STALE
    assert signed_by(run).refusal is RefusalCode.NOT_NOW
    assert decide(run, Begun(ANNA, 1, REVISION), NOON).refusal is None


SIGNERS = {
    "a stranger to the group": (NOBODY, LEADING, RefusalCode.NOT_FACILITATOR),
    "not prepared": (BERND, LEADING, RefusalCode.NOT_NOW),
    "no longer active": (ANNA, {ANNA: Facilitator(active=False)}, RefusalCode.NOT_FACILITATOR),
    "the person themselves": (H7, {H7: Facilitator()}, RefusalCode.NOT_FACILITATOR),
}


@pytest.mark.parametrize(("by", "leading", "refused"), SIGNERS.values(), ids=SIGNERS)
def test_who_may_not_sign(by, leading, refused):
    """Only an active, prepared facilitator of a group of theirs signs, and never for themselves."""
    run = replace(ready(), facilitators=leading)
    assert not signable(run, by)
    assert signed_by(run, by).refusal is refused


CHANGES = {
    "another answer": lambda run: replace(
        run, answers={**run.answers, "mute": Answer("yes", NOON + 1, H7)}
    ),
    "another run": lambda run: replace(run, number=2),
    "another person": lambda run: replace(run, person=PersonId(8)),
    "another revision": lambda run: replace(run, revision=shipped_revision("orientation", "de")),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_outdated_page_signs_nothing(change):
    """A signature tapped on a page that showed anything else is stale."""
    run = ready()
    assert signed_by(run, of=change(run)).refusal is RefusalCode.STALE


@pytest.mark.parametrize("shown", ["", "0" * SHOWN_LENGTH])
def test_made_up_digest_signs_nothing(shown):
    """Without the digest of the page there is no signature."""
    moved = decide(ready(), Signed(ANNA, Digest(shown), MEANING, DAYS), NOON)
    assert moved.refusal is RefusalCode.STALE


def test_other_terms_are_another_signature():
    """Another length, sentence or signer has another digest, and no length is no signature."""
    run = ready()
    shown = orientation_digest(run, ANNA, DAYS, MEANING)[:SHOWN_LENGTH]
    others = (
        Signed(ANNA, shown, MEANING, DAYS + 1),
        Signed(ANNA, shown, replace(MEANING, locale="de"), DAYS),
    )
    assert {decide(run, event, NOON).refusal for event in others} == {RefusalCode.STALE}
    assert signed_by(run, lasts=0).refusal is RefusalCode.STALE
    assert orientation_digest(run, BERND, DAYS, MEANING)[:SHOWN_LENGTH] != shown


def test_signed_once():
    """A second signature under the same run is noted already, whoever gives it."""
    run = replace(signed_by(ready()).state, facilitators={ANNA: Facilitator(), 3: Facilitator()})
    assert signed_by(run).refusal is RefusalCode.REPEATED
    assert signed_by(run, PersonId(3)).refusal is RefusalCode.REPEATED


@pytest.mark.parametrize("run", [begun(), ready(), signed_by(ready()).state])
def test_begun_anew(run):
    """Another run begins with nothing carried over, from wherever the one before was."""
    moved = decide(run, Begun(BERND, 1, REVISION), NOON + 60)
    assert moved.state.number == 2
    assert moved.state.state is OrientationState.ASKING
    assert (moved.state.answers, moved.state.sign_off, moved.state.ready_at) == ({}, None, None)
    assert moved.state.step == REVISION.flow.start


@pytest.mark.parametrize("after", [0, 2])
def test_begun_by_two_at_once(after):
    """Whoever saw another run than the present one begins nothing."""
    assert decide(begun(), Begun(ANNA, after, REVISION), NOON).refusal is RefusalCode.STALE


def test_who_begins():
    """Only somebody who leads a group of theirs begins, and only where there is no run."""
    foreign, late = Begun(NOBODY, 0, REVISION), Begun(ANNA, 1, REVISION)
    assert begin(H7, foreign, LEADING, NOON).refusal is RefusalCode.NOT_FACILITATOR
    assert begin(H7, late, LEADING, NOON).refusal is RefusalCode.STALE
    assert decide(begun(), Begun(NOBODY, 1, REVISION), NOON).refusal is RefusalCode.NOT_FACILITATOR


def test_nothing_to_answer_is_nothing_to_sign():
    """A run without a single item is never complete."""
    empty = replace(REVISION, flow=replace(REVISION.flow, items=()))
    assert not replace(ready(), revision=empty).complete
