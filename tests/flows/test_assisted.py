"""Assisted: answers that a facilitator enters, and a way in that goes to whoever admitted."""

from dataclasses import replace

import pytest

from flows import events as e
from flows.decide import RefusalCode
from flows.digest import sign_off_digest
from flows.effects import MintCredential, ScreenKind, SetTimer, Show, TimerKind
from flows.model import CheckState, Credential, Desk, DeskView, Outcome, SessionState
from tests.flows import builders as b
from tests.flows.builders import ANNA, BEN, ENDS, ITEMS, NOBODY, NOON, STARTS, P, Q


def on_desk(session, by=ANNA, person=P, now=NOON):
    """Take somebody onto a desk, and turn it to the questions."""
    session = b.after(session, e.PersonClaimed(by, person), now)
    return b.after(session, e.QuestionsAsked(by, person, shown=True), now)


def told(session, option="yes", by=ANNA, person=P):
    """Return the event of what was heard by phone, as the question stands."""
    check = session.checks[person]
    return e.StepAnswered(by, person, check.epoch, check.run.step, option)


def entered(session, by=ANNA, person=P, now=NOON):
    """Enter *yes* until the questions are at their end, and put the person back."""
    session = on_desk(session, by, person, now)
    while session.checks[person].state is CheckState.ASKING:
        session = b.after(session, told(session, by=by, person=person), now)
    return b.after(session, e.DeskLeft(by, person), now)


def admitted_by(by, now=NOON):
    """Anna entered P's answers, `by` admitted them; Q was turned away."""
    session = b.observed(entered(b.started(), now=now), by, P, now)
    session = b.after(session, b.signs(session, by, P), now)
    return b.turned_away(session, ANNA, Q, now)


def opened(by=ANNA):
    session = b.after(admitted_by(by), e.LinkPasted(ANNA, fresh=True))
    return b.after(session, b.opens(session), STARTS)


def asks_for(session, by=ANNA, person=P):
    return e.JoinAskedFor(by, person, session.checks[person].epoch)


def reports(session, *, alone, by=ANNA):
    return e.StillAloneReported(by, P, session.checks[P].epoch, alone)


OPEN = opened()
IN = b.after(OPEN, asks_for(OPEN), STARTS)
ASKED = b.after(IN, e.LineLost(P), STARTS + 100)
READING = on_desk(b.started())
BOTH_LISTS = replace(
    READING, facilitators={**READING.facilitators, Q: replace(READING.facilitators[ANNA])}
)

REFUSALS = {
    "questions-as-a-stranger": (b.started(), e.QuestionsAsked(NOBODY, P, shown=True),
                                "not-facilitator"),
    "questions-as-a-participant": (b.started(), e.QuestionsAsked(P, P, shown=True),
                                   "not-facilitator"),
    "questions-of-nobody": (READING, e.QuestionsAsked(ANNA, NOBODY, shown=True), "forged"),
    "questions-of-another": (READING, e.QuestionsAsked(ANNA, Q, shown=True), "stale"),
    "questions-on-another-desk": (READING, e.QuestionsAsked(BEN, P, shown=True), "stale"),
    "questions-of-somebody-settled": (OPEN, e.QuestionsAsked(ANNA, P, shown=True), "stale"),
    "enter-for-nobody": (READING, replace(told(READING), person=NOBODY),
                         "not-participant"),
    "enter-as-a-stranger": (READING, told(READING, by=NOBODY), "not-facilitator"),
    "enter-as-another-participant": (READING, told(READING, by=Q), "not-facilitator"),
    "enter-as-both": (BOTH_LISTS, told(BOTH_LISTS, by=Q), "not-facilitator"),
    "enter-from-another-desk": (READING, told(READING, by=BEN), "stale"),
    "enter-for-another": (READING, told(READING, person=Q), "stale"),
    "enter-unprepared": (
        b.with_staff(READING, ANNA, prepared=False), told(READING), "not-facilitator"),
    "enter-of-another-epoch": (READING, replace(told(READING), epoch=2), "stale"),
    "enter-of-another-step": (READING, replace(told(READING), step="headphones"), "stale"),
    "enter-never-offered": (READING, told(READING, "ready"), "forged"),
    "enter-after-the-sign-off": (OPEN, told(OPEN), "stale"),
    "join-oneself": (OPEN, b.joins(OPEN, P), "stale"),
    "join-for-as-a-stranger": (OPEN, asks_for(OPEN, NOBODY), "not-facilitator"),
    "join-for-as-the-participant": (OPEN, asks_for(OPEN, P), "not-facilitator"),
    "join-for-as-a-colleague": (OPEN, asks_for(OPEN, BEN), "forged"),
    "join-for-nobody": (OPEN, e.JoinAskedFor(ANNA, NOBODY, 1), "forged"),
    "join-for-who-answered-alone": (b.opened(), asks_for(b.opened()), "stale"),
    "join-for-another-epoch": (OPEN, replace(asks_for(OPEN), epoch=2), "stale"),
    "join-for-who-was-turned-away": (OPEN, asks_for(OPEN, person=Q), "stale"),
    "join-for-twice": (IN, asks_for(IN), "repeated"),
    "join-for-before-the-opening": (admitted_by(ANNA), asks_for(admitted_by(ANNA)), "held"),
    "join-for-after-a-stop": (b.after(IN, e.SessionStopped(BEN)), asks_for(IN), "stale"),
    "still-alone-oneself": (ASKED, e.StillAloneAnswered(P, 1, alone=True), "stale"),
    "still-alone-as-a-colleague": (ASKED, reports(ASKED, alone=True, by=BEN), "forged"),
    "still-alone-as-a-stranger": (ASKED, reports(ASKED, alone=True, by=NOBODY), "not-facilitator"),
    "still-alone-unasked": (IN, reports(IN, alone=True), "stale"),
    "still-alone-of-another-epoch": (
        ASKED, replace(reports(ASKED, alone=True), epoch=2), "stale"),
}  # fmt: skip


@pytest.mark.parametrize(("session", "event", "code"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(session, event, code):
    """What can't be taken is refused with its reason, changes nothing and orders nothing."""
    assert b.refused(session, event, STARTS + 140).code == RefusalCode(code)


def test_an_entered_answer_is_recorded_as_such():
    """An answer from the phone moves the run as the person's own does, and says who entered it."""
    session = b.after(READING, told(READING), NOON + 1)
    decision = b.done(session, told(session), NOON + 2)
    own = b.answered_once(b.answered_once(b.started(), P), P)
    check = decision.state.checks[P]
    assert check.run.step == own.checks[P].run.step
    given = check.answers["private-space"]
    assert (given.value, given.by, given.at) == ("yes", ANNA, NOON + 2)
    assert (check.entered_by, check.assisted) == ({ANNA}, True)
    assert not decision.state.checks[Q].assisted


def test_entering_goes_on_and_ends_with_looking():
    """The desk stays with the questions, and after the last one goes back to the observations."""
    session = READING
    while session.checks[P].state is CheckState.ASKING:
        assert session.facilitators[ANNA].desk.view is DeskView.ANSWERS
        session = b.after(session, told(session), NOON + 60)
    assert session.facilitators[ANNA].desk == Desk(P, NOON + 60)
    assert session.checks[P].state is CheckState.READY


def test_entering_rings_nobody():
    """A *no* that a facilitator enters rings neither them nor a colleague."""
    session = b.after(READING, told(READING))
    decision = b.done(session, told(session, "no"))
    assert b.said(decision) == set()
    assert decision.state.checks[P].answers["private-space"].value == "no"


def test_the_desk_turns_back():
    """*Back* shows the person again, and nothing else has changed."""
    back = b.after(READING, e.QuestionsAsked(ANNA, P, shown=False))
    assert back.facilitators[ANNA].desk == Desk(P, NOON)
    assert back.checks == READING.checks


def test_a_corrected_answer_raises_the_epoch():
    """A facilitator's correction voids what was seen, as the person's own does; the rest stands."""
    session = b.observed(entered(b.started()), ANNA, P)
    session = b.after(session, told(session, "change"))
    session = b.after(session, told(session, "headphones"))
    corrected = b.after(session, told(session, "no"), NOON + 9).checks[P]
    assert (corrected.epoch, corrected.observations) == (2, {})
    assert corrected.answers["headphones"].changed
    assert set(corrected.answers) == set(ITEMS)
    assert corrected.entered_by == {ANNA}


def test_one_entered_answer_is_enough():
    """Whoever answered all but one question alone is assisted too, until they correct that one."""
    session = b.after(READING, told(READING))
    session = b.after(session, told(session))
    session = b.answered(session, P)
    assert session.checks[P].entered_by == {ANNA}
    for option in ("change", "private-space", "no", "yes"):
        session = b.after(session, b.taps(session, P, option))
    assert not session.checks[P].assisted


def test_a_fresh_check_forgets_who_helped():
    """After a stop everything is asked anew, and nobody is assisted."""
    stopped = b.after(IN, e.PersonStopped(BEN, P), STARTS + 1)
    again = b.after(stopped, e.CheckRestarted(BEN, P), STARTS + 2)
    assert not again.checks[P].assisted


def test_signatures_need_what_they_always_need():
    """Entered answers sign nobody in: the signer must have seen everything."""
    session = b.after(entered(b.started()), e.PersonClaimed(ANNA, P))
    why = b.refused(session, b.signs(session, ANNA, P))
    assert why.code is RefusalCode.HELD


def test_the_digest_covers_who_entered():
    """The same answers given by the person and entered by staff are two different screens."""
    session = b.observed(entered(b.started()), ANNA, P)
    check = session.checks[P]
    own = {item: replace(answer, by=P) for item, answer in check.answers.items()}
    digests = {
        sign_off_digest(session, one, ANNA, Outcome.ADMIT, None, b.SIGN)
        for one in (check, replace(check, answers=own))
    }
    assert len(digests) == 2


@pytest.mark.parametrize("by", [ANNA, BEN])
def test_the_way_in_goes_to_whoever_admitted(by):
    """Whoever signed gets it, not whoever entered the answers; a second tap adds nothing."""
    session = opened(by)
    decision = b.done(session, asks_for(session, by), STARTS + 5)
    until = STARTS + 605
    assert b.effects(decision, MintCredential) == (MintCredential(P, 1, 1, until, by),)
    assert b.effects(decision, SetTimer) == (SetTimer(TimerKind.CREDENTIAL, until, "1/1", P),)
    assert decision.state.checks[P].credential == Credential(1, STARTS + 5, until, by)
    again = b.refused(decision.state, asks_for(session, by), STARTS + 6)
    assert again.code is RefusalCode.REPEATED


def test_the_second_of_two_signers_gets_it():
    """Where two sign, the one whose signature let the person in gets the way in."""
    session = b.started()
    session = replace(session, rules=replace(session.rules, signers=2))
    session = b.observed(entered(session), ANNA, P)
    session = b.after(session, b.signs(session, ANNA, P))
    session = b.observed(session, BEN, P)
    session = b.after(session, b.signs(session, BEN, P))
    assert session.checks[P].handed_to == BEN


def test_whoever_admitted_and_left_gets_nothing():
    """With the session the signer loses the way in that they were handed."""
    decision = b.done(IN, e.FacilitatorRemoved(ANNA), STARTS + 60)
    check = decision.state.checks[P]
    assert (check.state, check.credential) == (CheckState.STOPPED, None)
    assert b.refused(decision.state, asks_for(decision.state), STARTS + 61).code is (
        RefusalCode.NOT_FACILITATOR
    )


@pytest.mark.parametrize("event", [e.SessionStopped(BEN), e.PersonStopped(BEN, P)])
def test_a_stop_takes_it_away(event):
    """After a stop there is no way in, and the person is not assisted any more."""
    check = b.after(IN, event, STARTS + 60).checks[P]
    assert (check.credential, check.handed_to) == (None, None)


def test_coming_back_is_asked_by_phone():
    """After a dropped line whoever admitted them passes on the answer, once and in time."""
    decision = b.done(ASKED, reports(ASKED, alone=True), STARTS + 700)
    minted = b.effects(decision, MintCredential)
    assert minted == (MintCredential(P, 1, 2, STARTS + 1300, ANNA),)
    too_late = b.done(ASKED, reports(ASKED, alone=True), STARTS + 701)
    assert too_late.state.checks[P].state is CheckState.STOPPED
    with_somebody = b.done(ASKED, reports(ASKED, alone=False), STARTS + 101)
    assert with_somebody.state.checks[P].state is CheckState.STOPPED


def test_asking_again_asks_whether_they_are_alone():
    """A way in that has run out is not minted anew without the question."""
    session = b.after(IN, e.CredentialRanOut(P, 1, 1), STARTS + 600)
    decision = b.done(session, asks_for(session), STARTS + 601)
    assert decision.state.checks[P].rejoin_asked_at == STARTS + 601
    assert not b.effects(decision, MintCredential)


def test_nothing_is_let_in_after_the_end():
    """No way in is handed out once the session's time is over."""
    assert b.refused(OPEN, asks_for(OPEN), ENDS).code is RefusalCode.HELD


# Without a chat

NO_CHAT = b.with_(b.planned(), P, has_chat=False)


def test_nobody_without_a_chat_is_reminded():
    """Who has no chat is asked like the others, with no timer for what they can't see."""
    decision = b.done(NO_CHAT, e.ChecksStarted(ANNA))
    assert decision.state.checks[P].state is CheckState.ASKING
    steps = [one for one in b.effects(decision, SetTimer) if one.kind is TimerKind.STEP]
    assert [timer.person for timer in steps] == [Q]
    session = on_desk(decision.state)
    assert not b.effects(b.done(session, told(session)), SetTimer)


def test_the_way_in_of_somebody_without_a_chat_is_handed_out():
    """Their way in goes to whoever admitted them, whoever answered."""
    session = b.with_(b.opened(), P, has_chat=False)
    assert session.checks[P].assisted
    assert b.refused(session, b.joins(session, P), STARTS).code is RefusalCode.STALE
    minted = b.effects(b.done(session, asks_for(session), STARTS), MintCredential)
    assert minted[0].handed_to == ANNA


def test_latecomers_can_be_assisted():
    """Answers can be entered while the session is open, within the time for latecomers."""
    session = b.absent(b.admitted_in(b.started(), ANNA, P), ANNA, Q)
    session = b.after(session, e.LinkPasted(ANNA, fresh=True))
    session = b.after(session, b.opens(session), STARTS)
    session = b.after(session, e.CheckRestarted(ANNA, Q), STARTS + 60)
    session = b.observed(entered(session, BEN, Q, STARTS + 70), BEN, Q, STARTS + 80)
    decision = b.done(session, b.signs(session, BEN, Q), STARTS + 90)
    assert decision.state.state is SessionState.OPEN
    assert Show(Q, ScreenKind.PLACE) in decision.effects
    minted = b.done(decision.state, asks_for(decision.state, BEN, Q), STARTS + 91)
    assert minted.state.checks[Q].credential.handed_to == BEN
