"""A participant's check: asked, answered, corrected, fallen silent, late, recalled."""

from dataclasses import replace

import pytest

from flows import events as e
from flows.decide import RefusalCode
from flows.effects import Bring, Say, ScreenKind, SetTimer, Show, TimerKind
from flows.flow import NON_NEGOTIABLES
from flows.gate import Hold, HoldCode
from flows.model import CheckState, Repeat, SessionState
from tests.flows import builders as b
from tests.flows.builders import ANNA, BEN, ENDS, NOBODY, NOON, STARTS, P, Q

BOTH_STAFF = (ANNA, BEN)


def late_session():
    """Open, P is in, Q is absent."""
    session = b.absent(b.admitted_in(b.started(), ANNA, P), ANNA, Q)
    session = b.after(session, e.LinkPasted(ANNA, fresh=True))
    return b.after(session, b.opens(session), STARTS)


def correcting(session, item):
    """P goes back to the question of an item."""
    session = b.after(session, b.taps(session, P, "change"), NOON + 1)
    return b.after(session, b.taps(session, P, item), NOON + 1)


def tap(step="undisturbed", option="yes", epoch=1, by=P, person=P):
    return e.StepAnswered(by, person, epoch, step, option)


HELD_PROGRAMME = replace(b.started(), programme=replace(b.planned().programme, suspended=True))
STOPPED = b.after(b.started(), e.SessionStopped(ANNA))

REFUSALS = {
    "start-by-a-stranger": (b.planned(), e.ChecksStarted(NOBODY), "not-facilitator"),
    "start-by-a-participant": (b.planned(), e.ChecksStarted(P), "not-facilitator"),
    "start-twice": (b.started(), e.ChecksStarted(BEN), "stale"),
    "start-while-suspended": (
        replace(b.planned(), programme=HELD_PROGRAMME.programme),
        e.ChecksStarted(ANNA),
        "held",
    ),
    "restart-by-a-stranger": (b.started(), e.CheckRestarted(NOBODY, P), "not-facilitator"),
    "restart-of-nobody": (b.started(), e.CheckRestarted(ANNA, NOBODY), "forged"),
    "restart-before-the-checks": (b.planned(), e.CheckRestarted(ANNA, P), "stale"),
    "restart-of-somebody-in": (b.joined(), e.CheckRestarted(ANNA, P), "stale"),
    "restart-while-held": (HELD_PROGRAMME, e.CheckRestarted(ANNA, P), "held"),
    "answer-for-another": (b.started(), tap(by=Q), "not-facilitator"),
    "answer-by-staff-from-no-desk": (b.started(), tap(by=ANNA), "stale"),
    "answer-by-a-stranger": (b.started(), tap(by=NOBODY), "not-facilitator"),
    "answer-of-nobody": (b.started(), tap(by=NOBODY, person=NOBODY), "not-participant"),
    "answer-before-the-checks": (b.planned(), tap(), "stale"),
    "answer-after-a-stop": (STOPPED, tap(), "stale"),
    "answer-after-the-sign-off": (b.admitted(), tap("review", "change"), "stale"),
    "answer-of-another-epoch": (b.started(), tap(epoch=2), "stale"),
    "answer-to-another-step": (b.started(), tap("headphones"), "stale"),
    "answer-never-offered": (b.started(), tap(option="ready"), "forged"),
    "answer-while-held": (HELD_PROGRAMME, tap(), "held"),
    "silence-of-nobody": (b.started(), e.StepTimedOut(NOBODY, 1, "undisturbed"), "stale"),
    "silence-of-another-epoch": (b.started(), e.StepTimedOut(P, 2, "undisturbed"), "stale"),
    "silence-at-another-step": (b.started(), e.StepTimedOut(P, 1, "alone"), "stale"),
    "silence-after-the-questions": (b.ready(), e.StepTimedOut(P, 1, "review"), "stale"),
    "silence-in-a-stopped-session": (
        replace(b.started(), state=SessionState.STOPPED),
        e.StepTimedOut(P, 1, "undisturbed"),
        "stale",
    ),
    "late-stranger": (late_session(), e.ArrivedLate(NOBODY), "not-participant"),
    "late-but-not-absent": (late_session(), e.ArrivedLate(P), "stale"),
    "late-after-the-close": (
        replace(late_session(), state=SessionState.CLOSED),
        e.ArrivedLate(Q),
        "stale",
    ),
    "late-twice": (b.after(late_session(), e.ArrivedLate(Q), STARTS), e.ArrivedLate(Q), "repeated"),
    "recall-of-another-revision": (b.started(), e.RevisionRecalled("0" * 64), "stale"),
    "recall-after-the-end": (
        b.after(b.joined(), e.SessionClosed(ANNA)),
        e.RevisionRecalled(b.REVISION.id),
        "stale",
    ),
}


@pytest.mark.parametrize(("session", "event", "code"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(session, event, code):
    """What can't be taken is refused with its reason, changes nothing and orders nothing."""
    assert b.refused(session, event, STARTS).code == RefusalCode(code)


def test_start_asks_everybody():
    """Starting rings with the first question and the board, but for whoever tapped."""
    decision = b.done(b.planned(), e.ChecksStarted(ANNA))
    assert decision.state.state is SessionState.CHECKING
    assert {c.state for c in decision.state.checks.values()} == {CheckState.ASKING}
    shown = {(show.to, show.screen) for show in b.effects(decision, Show)}
    assert shown == {(BEN, ScreenKind.BOARD)} | {(p, ScreenKind.PLACE) for p in (P, Q)}
    assert b.effects(decision, Bring) == (Bring(ANNA, ScreenKind.BOARD),)
    timers = b.effects(decision, SetTimer)
    asked = {(t.person, t.at, t.stamp) for t in timers if t.kind is TimerKind.STEP}
    assert asked == {(p, NOON + 180, "1/undisturbed") for p in (P, Q)}
    assert SetTimer(TimerKind.WINDOW, STARTS - 900, "1") in timers


def test_start_leaves_the_held_alone():
    """Whoever is held is not asked and stays blocked; the others are not kept waiting."""
    held = b.with_standing(b.planned(), Q, clearance=None)
    decision = b.done(held, e.ChecksStarted(ANNA))
    assert decision.state.checks[Q] == held.checks[Q]
    assert decision.state.checks[P].state is CheckState.ASKING
    assert Q not in {show.to for show in b.effects(decision, Show)}


def test_start_too_early():
    """The checks of a far-off session can't be started."""
    why = b.refused(b.planned(), e.ChecksStarted(ANNA), STARTS - 3601)
    assert why.holds == (Hold(HoldCode.TOO_EARLY),)


def test_yes_to_everything_is_ready():
    """Every item answered with *yes* leads to the review, and to nothing more."""
    session = b.answered(b.started(), P, NOON + 5)
    check = session.checks[P]
    assert check.state is CheckState.READY
    assert check.ready_at == NOON + 5
    assert check.epoch == 1
    assert {item: answer.value for item, answer in check.answers.items()} == dict.fromkeys(
        b.ITEMS, "yes"
    )
    assert check.sign_off is None


@pytest.mark.parametrize("item", b.ITEMS)
def test_no_rings(item):
    """A *no* rings every facilitator, without the item, and leaves the person blocked."""
    session = b.started()
    while session.checks[P].run.step != item:
        session = b.after(session, b.taps(session, P))
    decision = b.done(session, b.taps(session, P, "no"))
    says = b.effects(decision, Say)
    assert {(say.to, say.text) for say in says} == {(by, "ring/no") for by in BOTH_STAFF}
    assert {tuple(say.params) for say in says} == {("who",)}
    assert {say.about for say in says} == {P}
    assert decision.state.checks[P].state is CheckState.ASKING
    cannot = b.after(decision.state, b.taps(decision.state, P, "cannot"))
    assert cannot.checks[P].state is CheckState.UNMET


def test_help_rings_and_records_nothing():
    """*Help* rings every facilitator and is no answer."""
    session = b.after(b.started(), tap())
    decision = b.done(session, b.taps(session, P, "help"))
    assert b.said(decision) == {(by, "ring/help") for by in BOTH_STAFF}
    assert decision.state.checks[P].answers == {}
    first = b.done(b.started(), tap(option="help"))
    assert b.said(first) == {(by, "ring/help") for by in BOTH_STAFF}


def test_help_rings_whoever_has_claimed_the_person():
    """Once somebody looks after a person, nobody else is rung for them."""
    session = b.after(b.started(), e.PersonClaimed(BEN, P))
    session = b.after(session, tap())
    assert b.said(b.done(session, b.taps(session, P, "help"))) == {(BEN, "ring/help")}


def test_a_changed_answer_is_marked():
    """A *yes* that was a *no* before stays marked through every carry; a first *yes* is not."""
    session = b.after(b.started(), tap())
    session = b.after(session, b.taps(session, P, "no"))
    session = b.answered(b.after(session, b.taps(session, P, "yes")), P)
    changed = {item for item, answer in session.checks[P].answers.items() if answer.changed}
    assert changed == {"private-space"}


def test_getting_ready_during_the_session_rings():
    """In an open session nobody watches the board: who gets ready rings the facilitators."""
    session = b.after(b.joined(), e.PersonStopped(ANNA, P), STARTS + 60)
    session = b.after(session, e.CheckRestarted(ANNA, P), STARTS + 70)
    while session.checks[P].run.step != "open-chat":
        session = b.after(session, b.taps(session, P), STARTS + 80)
    decision = b.done(session, b.taps(session, P), STARTS + 90)
    assert b.said(decision) == {(by, "ring/ready") for by in BOTH_STAFF}


def test_the_reminder_is_taken_up_once():
    """The reminder of an open question hides it until it is tapped, and comes only once."""
    silent = e.StepTimedOut(P, 1, "undisturbed")
    session = b.after(b.started(), silent)
    assert session.checks[P].run.repeat is Repeat.SHOWN
    taken = b.after(session, e.QuestionTakenUp(P, 1, "undisturbed"))
    assert taken.checks[P].run.repeat is Repeat.TAKEN
    for stale in (e.QuestionTakenUp(P, 1, "undisturbed"), silent):
        assert b.refused(taken, stale).code is RefusalCode.STALE
    assert b.refused(session, e.QuestionTakenUp(P, 1, "alone")).code is RefusalCode.STALE
    assert b.refused(session, e.QuestionTakenUp(NOBODY, 1, "x")).code is RefusalCode.NOT_PARTICIPANT


def test_a_yes_after_a_no_raises_the_epoch():
    """What was put right is a changed answer: another epoch, and the earlier one is kept."""
    session = b.after(b.started(), tap())
    session = b.after(session, b.taps(session, P, "no"))
    session = b.after(session, b.taps(session, P, "yes"))
    assert session.checks[P].epoch == 2
    assert session.checks[P].answers["private-space"].value == "yes"


def test_a_double_tap_is_stale():
    """The second of two quick taps on the same question is refused."""
    once = b.after(b.started(), tap())
    assert b.refused(once, tap()).code is RefusalCode.STALE


def test_a_correction_voids_what_was_built_on_it():
    """A changed answer raises the epoch; observations are void, the other answers stand."""
    session = correcting(b.ready(), "headphones")
    assert session.checks[P].observations
    changed = b.after(session, b.taps(session, P, "no"), NOON + 9)
    check = changed.checks[P]
    assert check.epoch == 2
    assert check.observations == {}
    assert check.sign_off is None
    assert check.answers["headphones"].value == "no"
    assert check.answers["camera"].value == "yes"
    assert changed.checks[Q] == session.checks[Q]


def test_the_same_answer_again_voids_nothing():
    """Looking at an answer without changing it leaves epoch, observations and answers."""
    session = correcting(b.ready(), "headphones")
    again = b.after(session, b.taps(session, P, "yes"), NOON + 9)
    check = again.checks[P]
    assert check.state is CheckState.READY
    assert check.epoch == 1
    assert check.answers == b.ready().checks[P].answers
    assert check.observations == b.ready().checks[P].observations


@pytest.mark.parametrize("item", b.ITEMS)
def test_a_change_is_one_question(item):
    """After the one question that was changed, the run is back at its review."""
    session = correcting(b.ready(), item)
    back = b.after(session, b.taps(session, P, "yes"), NOON + 1)
    assert back.checks[P].run.step == "review"
    away = b.after(session, b.taps(session, P, "no"), NOON + 1)
    right = b.after(away, b.taps(away, P, "yes"), NOON + 2)
    assert right.checks[P].run.step == "review"
    assert right.checks[P].epoch == 3


def test_back_from_the_menu():
    """*Back* in the menu leads to where the run was: the review, or what is not possible."""
    session = b.ready()
    menu = b.after(session, b.taps(session, P, "change"), NOON + 1)
    assert menu.checks[P].state is CheckState.ASKING
    assert menu.checks[P].ready_at is None
    assert b.after(menu, b.taps(menu, P, "back"), NOON + 2).checks[P].run.step == "review"
    no = correcting(session, "camera")
    no = b.after(no, b.taps(no, P, "no"))
    no = b.after(no, b.taps(no, P, "cannot"))
    menu = b.after(no, b.taps(no, P, "change"))
    assert b.after(menu, b.taps(menu, P, "back")).checks[P].state is CheckState.UNMET


def test_two_noes_are_both_asked_again():
    """Putting one of two open answers right leads to the other one, never past it."""
    session = correcting(b.ready(), "headphones")
    for option in ("no", "cannot", "change", "camera", "no", "cannot", "change", "camera", "yes"):
        session = b.after(session, b.taps(session, P, option), NOON + 1)
    assert session.checks[P].run.step == "headphones"


def test_silence_is_asked_once_more():
    """An unanswered question is shown once more; a second silence does nothing."""
    silent = e.StepTimedOut(P, 1, "undisturbed")
    decision = b.done(b.started(), silent, NOON + 180)
    assert Show(P, ScreenKind.PLACE) in decision.effects
    assert not b.effects(decision, SetTimer)
    assert decision.state.checks[P].state is CheckState.ASKING
    assert b.refused(decision.state, silent, NOON + 360).code is RefusalCode.STALE
    assert b.refused(b.started(), silent, ENDS).code is RefusalCode.STALE


def test_a_question_has_one_timer():
    """Each new question sets the person's one timer, stamped with epoch and step."""
    decision = b.done(b.started(), tap(), NOON + 7)
    (timer,) = b.effects(decision, SetTimer)
    assert timer == SetTimer(TimerKind.STEP, NOON + 187, "1/private-space", P)


@pytest.mark.parametrize(
    "session",
    [
        b.started(),
        b.ready(),
        b.absent(b.started(), ANNA, P),
        b.turned_away(b.started(), ANNA, P),
        b.after(b.joined(), e.PersonStopped(ANNA, P)),
    ],
    ids=["asking", "ready", "absent", "turned-away", "stopped"],
)
def test_restart_begins_anew(session):
    """A check begun again has a new epoch and nothing of the old one in it."""
    before = session.checks[P]
    decision = b.done(session, e.CheckRestarted(ANNA, P), STARTS)
    check = decision.state.checks[P]
    assert check.state is CheckState.ASKING
    assert check.epoch == before.epoch + (before.run is not None)
    assert (check.answers, check.observations, check.sign_off, check.minted) == ({}, {}, None, 0)
    assert Show(P, ScreenKind.PLACE) in decision.effects


def test_restart_of_somebody_turned_away_unasked():
    """A turning away is undone in a new epoch, even where nothing had been asked yet."""
    held = b.with_standing(b.planned(), P, intake_at=None)
    session = b.turned_away(b.after(held, e.ChecksStarted(ANNA)), ANNA, P)
    lifted = b.with_standing(session, P, intake_at=NOON)
    check = b.after(lifted, e.CheckRestarted(ANNA, P)).checks[P]
    assert (check.state, check.epoch, check.sign_off) == (CheckState.ASKING, 2, None)


def test_restart_drops_a_recalled_run():
    """Whoever was absent when their revision was recalled can be asked on the new one."""
    session = b.absent(b.started(), ANNA, P)
    stale = replace(session.checks[P].run, recalled=True)
    restarted = b.after(b.with_(session, P, run=stale), e.CheckRestarted(ANNA, P))
    assert restarted.checks[P].state is CheckState.ASKING
    assert not restarted.checks[P].run.recalled


def test_late_within_fifteen_minutes():
    """Somebody absent can be asked until fifteen minutes after the start, not later."""
    edge = STARTS + 900
    assert b.after(late_session(), e.CheckRestarted(ANNA, Q), edge).checks[Q].run
    why = b.refused(late_session(), e.CheckRestarted(ANNA, Q), edge + 1)
    assert why.holds == (Hold(HoldCode.TOO_LATE, Q),)
    assert b.refused(late_session(), e.ArrivedLate(Q), edge + 1).code is RefusalCode.STALE


def test_a_stop_has_no_lateness():
    """Whoever was stopped during the session can be checked again at any time of it."""
    session = b.after(b.joined(), e.PersonStopped(ANNA, P), STARTS + 1800)
    again = b.after(session, e.CheckRestarted(ANNA, P), STARTS + 3000)
    assert again.checks[P].state is CheckState.ASKING


def test_arriving_late_rings_and_decides_nothing():
    """Somebody marked absent who comes is told to staff; the check stays as it is."""
    decision = b.done(late_session(), e.ArrivedLate(Q), STARTS + 60)
    assert b.said(decision) == {(by, "ring/late") for by in BOTH_STAFF}
    assert decision.state.checks[Q].state is CheckState.ABSENT
    assert decision.state.checks[Q].arrived_at == STARTS + 60


def test_a_late_sign_off_lets_in():
    """A latecomer who is checked and signed while the session is open may join."""
    session = b.after(late_session(), e.CheckRestarted(ANNA, Q), STARTS + 60)
    session = b.observed(b.answered(session, Q, STARTS + 70), BEN, Q, STARTS + 80)
    decision = b.done(session, b.signs(session, BEN, Q), STARTS + 90)
    assert Show(Q, ScreenKind.PLACE) in decision.effects
    joined = b.after(decision.state, b.joins(decision.state, Q), STARTS + 91)
    assert joined.checks[Q].credential


def test_a_latecomer_is_signed_within_the_time_for_latecomers():
    """Whoever came late is signed until fifteen minutes after the start, not later."""
    session = b.after(late_session(), e.CheckRestarted(ANNA, Q), STARTS + 840)
    session = b.observed(b.answered(session, Q, STARTS + 850), BEN, Q, STARTS + 860)
    why = b.refused(session, b.signs(session, BEN, Q), STARTS + 901)
    assert why.holds == (Hold(HoldCode.TOO_LATE, Q),)
    assert not b.done(session, b.signs(session, BEN, Q), STARTS + 900).refusal


def test_recall_stops_every_run_on_it():
    """A recalled revision ends every run on it, and whatever was signed is worth nothing."""
    decision = b.done(b.joined(), e.RevisionRecalled(b.REVISION.id), STARTS + 1)
    for person in (P, Q):
        check = decision.state.checks[person]
        assert (check.state, check.epoch, check.run) == (CheckState.STOPPED, 2, None)
        assert (check.sign_off, check.credential) == (None, None)
        assert Show(person, ScreenKind.PLACE) in decision.effects
        told = {one.to for one in decision.effects if isinstance(one, Say) and one.about == person}
        assert told == {ANNA, BEN}


def test_recall_leaves_the_settled():
    """Who is absent or turned away has no way in to lose, and stays settled."""
    session = b.absent(b.turned_away(b.started(), ANNA, P), ANNA, Q)
    assert b.refused(session, e.RevisionRecalled(b.REVISION.id)).code is RefusalCode.STALE


def test_the_four_are_asked():
    """The shipped flow asks for each of the four, so that *ready* can't be without them."""
    assert set(NON_NEGOTIABLES) <= set(b.ITEMS)
