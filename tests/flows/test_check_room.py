"""The check room: one at a time, only with complete answers, and no longer than that stands."""

from dataclasses import replace

import pytest

from flows import events as e
from flows.decide import RefusalCode
from flows.effects import Bring, LabelOf, Redraw, Say, ScreenKind, SetTimer, Show, TimerKind
from flows.gate import Hold, HoldCode, ToCallIn, ToShowCall, holds
from flows.model import (
    CallIn,
    CheckState,
    Desk,
    Destination,
    Outcome,
    SessionState,
    SignOff,
    StopReason,
)
from tests.flows import builders as b
from tests.flows import test_gate as gate
from tests.flows.builders import ANNA, BEN, ENDS, NOBODY, NOON, SIGN, STARTS, P, Q

CREDENTIAL = 600


def with_room(session):
    return replace(session, rules=replace(session.rules, check_room=True))


def calls(session, by=ANNA, person=P, *, fresh=True):
    return e.CalledIn(by, person, session.checks[person].epoch, fresh)


def ready():
    """Everybody has answered; P is on Anna's desk, nobody has been called in."""
    session = with_room(b.started())
    for person in (Q, P):
        session = b.answered(session, person)
    return b.after(session, e.PersonClaimed(ANNA, P), NOON)


def called(now=NOON):
    session = ready()
    return b.after(session, calls(session), now)


def observed(session, by=ANNA, person=P):
    for item in b.NON_NEGOTIABLES:
        session = b.after(session, b.sees(session, by, person, item))
    return session


# The gate


def first_signed_by_anna(session):
    signature = SignOff(Outcome.ADMIT, ANNA, NOON, "d" * 64, SIGN)
    return b.with_(session, P, first_sign_off=signature)


LACKING = (
    *gate.PROGRAMME,
    *gate.STANDING,
    *(case for case in gate.COMPLETE if case[2] is not HoldCode.UNOBSERVED),
    *gate.SETTLED,
    *(case for case in gate.TO_ADMIT if case[2] in (
        HoldCode.NOT_STARTED, HoldCode.STOPPED, HoldCode.CLOSED, HoldCode.CANCELLED,
        HoldCode.NOT_FACILITATOR, HoldCode.SIGNER_IS_PARTICIPANT, HoldCode.NOT_ON_ROSTER)),
    ("own-call", lambda s: replace(s, rules=replace(s.rules, check_room=False)),
     HoldCode.NO_CHECK_ROOM),
    ("no-chat", gate.check(has_chat=False), HoldCode.NO_CHAT),
    ("signed-first-already", first_signed_by_anna, HoldCode.SECOND_SIGNER),
    ("no-code-entered", lambda s: replace(s, rules=replace(s.rules, second_factor=True)),
     HoldCode.SECOND_FACTOR),
)  # fmt: skip


@pytest.mark.parametrize(("take", "code"), [c[1:] for c in LACKING], ids=[c[0] for c in LACKING])
def test_calling_in_lacks_one_thing(take, code):
    """Whatever is taken from somebody who could be called in is the one hold, and only it."""
    session = ready()
    assert holds(session, ToCallIn(P, ANNA), NOON + 1) == ()
    assert {hold.code for hold in holds(take(session), ToCallIn(P, ANNA), NOON + 1)} == {code}


SETTLED = tuple((name, take, HoldCode.NOT_CALLED) for name, take, _ in gate.SETTLED)
SHOWN_ON = (
    *(
        case
        for case in LACKING
        if case[2] is not HoldCode.NOT_ON_ROSTER and case not in gate.SETTLED
    ),
    *SETTLED,
    ("asking", gate.check(state=CheckState.ASKING), HoldCode.NOT_CALLED),
    ("unmet", gate.check(state=CheckState.UNMET), HoldCode.NOT_CALLED),
    ("admitted", gate.check(state=CheckState.ADMITTED), HoldCode.NOT_CALLED),
)


@pytest.mark.parametrize(("take", "code"), [c[1:] for c in SHOWN_ON], ids=[c[0] for c in SHOWN_ON])
def test_showing_lacks_one_thing(take, code):
    """What a call stands on is asked anew whenever the way into the check room is drawn."""
    session = called()
    assert holds(session, ToShowCall(P), NOON + 1) == ()
    assert {hold.code for hold in holds(take(session), ToShowCall(P), NOON + 1)} == {code}


@pytest.mark.parametrize("act", [ToCallIn(P, ANNA), ToShowCall(P)], ids=["call", "show"])
@pytest.mark.parametrize(
    ("now", "code"),
    [(NOON + 3601, HoldCode.ANSWERS_EXPIRED), (ENDS, HoldCode.OVER)],
)
def test_time_holds_calls(act, now, code):
    """Answers that are too old, and the end of the session, hold a call."""
    long_call = replace(called(), called=replace(called().called, expires_at=ENDS + 1))
    last = {hold.code for hold in holds(long_call, act, now - 1)}
    assert code not in last
    assert code in {hold.code for hold in holds(long_call, act, now)}


def test_latecomers_are_called_in_while_they_are_taken():
    """Whoever arrived late is called in within the time for latecomers, and not after it."""
    session = b.with_(ready(), P, arrived_at=STARTS)
    assert holds(session, ToCallIn(P, ANNA), STARTS + 900) == ()
    assert Hold(HoldCode.TOO_LATE, P) in holds(session, ToCallIn(P, ANNA), STARTS + 901)


def test_only_whoever_is_called_in_is_shown_the_way():
    """Nobody else is, nor that person before they are called or after it ended."""
    assert holds(called(), ToShowCall(Q), NOON) == (Hold(HoldCode.NOT_CALLED, Q),)
    assert holds(called(), ToShowCall(NOBODY), NOON) == (Hold(HoldCode.NOT_CALLED, NOBODY),)
    assert holds(ready(), ToShowCall(P), NOON) == (Hold(HoldCode.NOT_CALLED, P),)
    until = NOON + CREDENTIAL
    assert holds(called(), ToShowCall(P), until - 1) == ()
    assert holds(called(), ToShowCall(P), until) == (Hold(HoldCode.NOT_CALLED, P),)


def test_call_of_another_epoch_shows_nothing():
    """A call is of the epoch whose answers it was made on."""
    session = b.with_(called(), P, epoch=2)
    assert holds(session, ToShowCall(P), NOON) == (Hold(HoldCode.NOT_CALLED, P),)


# Calling in


def test_a_call_rings_and_ends_by_itself():
    """Whoever is called in is rung, whoever called keeps the desk, and a timer ends it."""
    session = ready()
    decision = b.done(session, calls(session), NOON + 5)
    until = NOON + 5 + CREDENTIAL
    assert decision.state.called == CallIn(1, P, 1, ANNA, NOON + 5, until)
    looking = b.with_staff(session, ANNA, desk=Desk(P, NOON + 5))
    assert decision.state == replace(looking, called=decision.state.called, calls=1)
    assert Show(P, ScreenKind.PLACE) in decision.effects
    assert Bring(ANNA, ScreenKind.DESK) in decision.effects
    assert b.effects(decision, SetTimer) == (SetTimer(TimerKind.CALL, until, "1", P),)
    assert not any(effect.to == Q for effect in b.effects(decision, Show | Bring | Redraw))


def test_no_call_outlives_the_session():
    """A call shortly before the end ends with it."""
    ages = {item: replace(a, at=ENDS - 60) for item, a in ready().checks[P].answers.items()}
    late = b.with_(ready(), P, answers=ages)
    assert b.after(late, calls(late), ENDS - 60).called.expires_at == ENDS


REFUSED = {
    "a-used-link": (ANNA, P, 1, False, RefusalCode.LINK_USED),
    "an-earlier-epoch": (ANNA, P, 0, True, RefusalCode.STALE),
    "by-a-stranger": (NOBODY, P, 1, True, RefusalCode.NOT_FACILITATOR),
    "by-the-participant": (P, P, 1, True, RefusalCode.NOT_FACILITATOR),
    "by-a-colleague": (BEN, P, 1, True, RefusalCode.STALE),
    "of-somebody-else": (ANNA, Q, 1, True, RefusalCode.STALE),
    "of-nobody": (ANNA, NOBODY, 1, True, RefusalCode.FORGED),
}


@pytest.mark.parametrize("name", REFUSED)
def test_nobody_is_called_in_by(name):
    """A call needs a fresh link, the running epoch, and the person on one's own desk."""
    by, person, epoch, fresh, code = REFUSED[name]
    assert b.refused(ready(), e.CalledIn(by, person, epoch, fresh)).code is code


@pytest.mark.parametrize("state", [s for s in CheckState if s is not CheckState.READY])
def test_only_who_is_ready_is_called_in(state):
    """Whoever is still asked, or settled, is not called in, complete or not."""
    session = b.with_(ready(), P, state=state)
    assert b.refused(session, calls(session)).code is RefusalCode.STALE


def test_a_used_link_is_told_only_where_a_fresh_one_would_do():
    """What else holds a call comes first."""
    held = replace(ready(), rules=b.started().rules)
    assert b.refused(held, calls(held, fresh=False)).holds == (Hold(HoldCode.NO_CHECK_ROOM),)


# The end of a call


def claim(by, person):
    return lambda _session: e.PersonClaimed(by, person)


ENDS_WITH = {
    "the-next-call-of-the-same": calls,
    "signing-in": lambda s: b.signs(s, ANNA, P),
    "turning-away": lambda s: b.signs(s, ANNA, P, Destination.IN_PERSON),
    "marking-absent": lambda _s: e.MarkedAbsent(ANNA, P, 1),
    "putting-back": lambda _s: e.DeskLeft(ANNA, P),
    "taking-another": claim(ANNA, Q),
    "a-correction": lambda s: e.StepAnswered(P, P, 1, s.checks[P].run.step, "change"),
    "stopping-the-person": lambda _s: e.PersonStopped(BEN, P),
    "stopping-themselves": lambda _s: e.SelfStopped(P, StopReason.NEED_TO_STOP),
    "asking-anew": lambda _s: e.CheckRestarted(BEN, P),
    "recall": lambda _s: e.RevisionRecalled(b.REVISION.id),
    "losing-the-session": lambda _s: e.FacilitatorRemoved(ANNA),
    "stopping": lambda _s: e.SessionStopped(BEN),
    "suspension": lambda _s: e.ProgrammeSuspended(),
    "closing": lambda _s: e.SessionClosed(BEN),
    "cancelling": lambda _s: e.SessionCancelled(BEN),
    "moving": lambda _s: e.SessionMoved(BEN, STARTS + 60, ENDS + 60),
}


@pytest.mark.parametrize("name", ENDS_WITH)
def test_a_call_ends_with(name):
    """Whatever a call stood on goes, and the call with it; its number is not given again."""
    session = observed(called())
    call = session.called
    assert call is not None
    decision = b.done(session, ENDS_WITH[name](session), NOON + 60)
    assert decision.state.called != call
    assert decision.state.calls == (2 if name.startswith("the-next-call") else 1)
    drawn = {(one.to, one.screen) for one in b.effects(decision, Redraw | Show)}
    assert (P, ScreenKind.PLACE) in drawn


def test_the_next_call_ends_the_one_before():
    """Calling in the next takes the way from whoever had it, whoever of staff had called."""
    session = b.after(called(), e.PersonClaimed(BEN, Q), NOON)
    assert session.called.person == P
    decision = b.done(session, calls(session, BEN, Q), NOON + 60)
    assert decision.state.called == CallIn(2, Q, 1, BEN, NOON + 60, NOON + 60 + CREDENTIAL)
    assert Redraw(P, ScreenKind.PLACE) in decision.effects
    assert Show(Q, ScreenKind.PLACE) in decision.effects


TOLD = Say(ANNA, "ring/call-ended", {"who": LabelOf(P), "by": LabelOf(BEN)}, P)


def test_whose_call_a_colleague_ends_is_told():
    """A colleague who calls somebody else in, or takes the person over, leaves no silence."""
    session = b.after(called(), e.PersonClaimed(BEN, Q), NOON)
    decision = b.done(session, calls(session, BEN, Q), NOON + 60)
    assert b.effects(decision, Say) == (TOLD,)
    taken_over = b.done(called(), e.PersonClaimed(BEN, P), NOON + 120)
    assert b.effects(taken_over, Say) == (TOLD,)


def test_nobody_is_told_of_what_they_did_themselves():
    """One's own next call, taking another, and a colleague's work elsewhere ring nobody."""
    session = called()
    assert b.effects(b.done(session, calls(session), NOON + 60), Say) == ()
    assert b.effects(b.done(session, e.PersonClaimed(ANNA, Q), NOON + 60), Say) == ()
    assert b.effects(b.done(session, e.PersonClaimed(BEN, Q), NOON + 60), Say) == ()
    uncalled = b.done(ready(), e.PersonClaimed(BEN, P), NOON + 120)
    assert b.effects(uncalled, Say) == ()


def test_whoever_lost_the_session_is_told_nothing():
    """A call of somebody who is no facilitator any more ends without a word to them."""
    session = b.after(called(), e.PersonClaimed(BEN, Q), NOON)
    gone = b.with_staff(session, ANNA, active=False)
    assert b.effects(b.done(gone, calls(gone, BEN, Q), NOON + 60), Say) == ()


def test_a_link_that_is_refused_ends_the_call():
    """A call whose link can't be shown is over at once, and every facilitator is told."""
    decision = b.done(called(), e.CallInRefused(P, 1), NOON + 60)
    assert decision.state.called is None
    told = {"who": LabelOf(P)}
    assert b.effects(decision, Say) == tuple(
        Say(by, "ring/call-refused", told, P) for by in (ANNA, BEN)
    )
    assert Redraw(P, ScreenKind.PLACE) in decision.effects
    for session, event in (
        (called(), e.CallInRefused(P, 0)),
        (called(), e.CallInRefused(Q, 1)),
        (ready(), e.CallInRefused(P, 1)),
    ):
        assert b.refused(session, event, NOON + 60).code is RefusalCode.STALE


def test_a_call_waits_for_a_code_and_ends_with_it():
    """Where a session asks for a code, nobody calls in before one, nor after it was reset."""
    asked = ready()
    asked = replace(asked, rules=replace(asked.rules, second_factor=True))
    assert b.refused(asked, calls(asked)).holds == (Hold(HoldCode.SECOND_FACTOR),)
    proved = b.after(asked, e.FactorProved(ANNA))
    session = b.after(proved, calls(proved))
    assert holds(session, ToShowCall(P), NOON) == ()
    assert b.after(session, e.FactorProved(BEN)).called == session.called
    assert b.after(session, e.FactorReset(BEN, ANNA)).called is None


def test_a_colleague_who_takes_over_ends_the_call():
    """Two minutes after the call a colleague may take the person over, and calls in anew."""
    session = called(NOON + 60)
    assert b.refused(session, e.PersonClaimed(BEN, P), NOON + 179).code is RefusalCode.CLAIMED
    assert b.after(session, e.PersonClaimed(BEN, P), NOON + 180).called is None


def test_the_first_of_two_signatures_ends_the_call():
    """Who has signed once has seen the person; the colleague calls in for themselves."""
    session = observed(called())
    twice = replace(session, rules=replace(session.rules, signers=2))
    signed = b.after(twice, b.signs(twice, ANNA, P))
    assert signed.checks[P].first_sign_off is not None
    assert signed.called is None
    bens = b.after(signed, e.PersonClaimed(BEN, P))
    assert b.after(bens, calls(bens, BEN)).called.by == BEN


STAYS_WITH = {
    "an-observation": lambda s: b.sees(s, ANNA, P, "headphones"),
    "another-view": lambda _s: e.DestinationsAsked(ANNA, P, shown=True),
    "a-colleague-at-work": claim(BEN, Q),
    "the-session's-link": lambda _s: e.LinkPasted(BEN, fresh=True),
    "another-who-stops": lambda _s: e.PersonStopped(BEN, Q),
    "a-colleague-who-goes": lambda _s: e.FacilitatorRemoved(BEN),
}


@pytest.mark.parametrize("name", STAYS_WITH)
def test_a_call_stays_with(name):
    """What happens beside a call does not end it."""
    session = called()
    assert b.after(session, STAYS_WITH[name](session), NOON + 60).called == session.called


def test_whatever_happens_after_its_time_ends_a_call():
    """A call that is over ends with the next thing that happens, timer or not."""
    over = NOON + CREDENTIAL
    assert b.after(called(), e.PersonClaimed(BEN, Q), over - 1).called is not None
    assert b.after(called(), e.PersonClaimed(BEN, Q), over).called is None


def test_a_timer_ends_a_call_at_its_time():
    """The timer of this very call ends it, not before its time, and no other timer does."""
    over = NOON + CREDENTIAL
    assert b.after(called(), e.CallInRanOut(P, 1), over).called is None
    for session, event, now in (
        (called(), e.CallInRanOut(P, 1), over - 1),
        (called(), e.CallInRanOut(P, 0), over),
        (called(), e.CallInRanOut(Q, 1), over),
        (ready(), e.CallInRanOut(P, 1), over),
    ):
        assert b.refused(session, event, now).code is RefusalCode.STALE


def test_nobody_is_called_in_where_the_programme_has_no_check_room():
    """Left alone, nothing is different: staff use a call of their own."""
    session = b.after(b.answered(b.started(), P), e.PersonClaimed(ANNA, P))
    assert b.refused(session, calls(session)).holds == (Hold(HoldCode.NO_CHECK_ROOM),)


def test_an_open_session_calls_latecomers_in():
    """While the session is open, whoever came late can be called in."""
    session = replace(ready(), state=SessionState.OPEN)
    assert b.after(session, calls(session)).called.person == P
