"""The door: who gets in, how often, for how long; and what no order of events can bring about."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows import events as e
from flows.decide import RefusalCode, decide
from flows.effects import MintCredential, ScreenKind, SetTimer, Show, TimerKind
from flows.flow import NON_NEGOTIABLES
from flows.gate import HoldCode, ToRelease, holds
from flows.machines import CHECK_TABLE, SESSION_TABLE, move_check
from flows.model import (
    CheckState,
    Clearance,
    ClearanceDecision,
    Destination,
    Outcome,
    SessionState,
    StopReason,
)
from tests.flows import builders as b
from tests.flows.builders import ANNA, BEN, ENDS, NOBODY, NOON, STARTS, P, Q

IN = b.joined()
LOST = b.after(IN, e.LineLost(P), STARTS + 100)
BACK = b.after(LOST, e.StillAloneAnswered(P, 1, alone=True), STARTS + 130)
LEFT = b.after(IN, e.CheckedOut(P), STARTS + 100)
CLOSED = b.after(IN, e.SessionClosed(ANNA), STARTS + 100)

ONE_TO_ONE = Clearance(ClearanceDecision.ONE_TO_ONE_ONLY, ENDS + 86400)
NARROWED = b.with_standing(IN, P, clearance=ONE_TO_ONE)
REFUSALS = {
    "join-by-a-stranger": (b.opened(), e.JoinAsked(NOBODY, 1), "not-participant"),
    "join-by-staff": (b.opened(), e.JoinAsked(ANNA, 1), "not-participant"),
    "join-with-an-old-button": (b.opened(), e.JoinAsked(P, 0), "stale"),
    "join-with-a-later-button": (b.opened(), e.JoinAsked(P, 2), "stale"),
    "join-before-opening": (b.linked(), e.JoinAsked(P, 1), "held"),
    "join-before-the-checks": (b.planned(), e.JoinAsked(P, 1), "held"),
    "join-after-the-close": (CLOSED, e.JoinAsked(P, 1), "held"),
    "join-after-leaving": (LEFT, e.JoinAsked(P, 1), "held"),
    "join-twice": (IN, e.JoinAsked(P, 1), "repeated"),
    "join-while-asked": (LOST, e.JoinAsked(P, 1), "repeated"),
    "join-again-after-coming-back": (BACK, e.JoinAsked(P, 1), "repeated"),
    "line-lost-by-a-stranger": (IN, e.LineLost(NOBODY), "not-participant"),
    "line-lost-before-opening": (b.linked(), e.LineLost(P), "stale"),
    "line-lost-before-joining": (IN, e.LineLost(Q), "stale"),
    "line-lost-twice": (LOST, e.LineLost(P), "repeated"),
    "alone-by-a-stranger": (LOST, e.StillAloneAnswered(NOBODY, 1, alone=True), "not-participant"),
    "alone-unasked": (IN, e.StillAloneAnswered(P, 1, alone=True), "stale"),
    "alone-in-another-epoch": (LOST, e.StillAloneAnswered(P, 2, alone=True), "stale"),
    "alone-twice": (BACK, e.StillAloneAnswered(P, 1, alone=True), "stale"),
    "alone-after-the-close": (
        b.after(LOST, e.SessionClosed(ANNA), STARTS + 100),
        e.StillAloneAnswered(P, 1, alone=True),
        "stale",
    ),
    "alone-while-suspended": (
        replace(LOST, programme=replace(LOST.programme, suspended=True)),
        e.StillAloneAnswered(P, 1, alone=True),
        "held",
    ),
    "run-out-of-another-epoch": (IN, e.CredentialRanOut(P, 2, 1), "stale"),
    "run-out-of-another-number": (IN, e.CredentialRanOut(P, 1, 2), "stale"),
    "run-out-too-soon": (IN, e.CredentialRanOut(P, 1, 1), "stale"),
    "run-out-of-nothing": (IN, e.CredentialRanOut(Q, 1, 1), "stale"),
    "run-out-of-nobody": (IN, e.CredentialRanOut(NOBODY, 1, 1), "stale"),
    "stop-one-by-a-participant": (IN, e.PersonStopped(Q, P), "not-facilitator"),
    "stop-nobody": (IN, e.PersonStopped(ANNA, NOBODY), "forged"),
    "stop-one-before-the-checks": (b.planned(), e.PersonStopped(ANNA, P), "stale"),
    "stop-one-absent": (
        b.absent(b.started(), ANNA, P),
        e.PersonStopped(ANNA, P),
        "stale",
    ),
    "stop-one-twice": (b.after(IN, e.PersonStopped(ANNA, P)), e.PersonStopped(BEN, P), "repeated"),
    "narrow-nobody": (NARROWED, e.StandingNarrowed(ANNA, NOBODY), "not-participant"),
    "narrow-to-what-is-enough": (IN, e.StandingNarrowed(ANNA, P), "stale"),
    "narrow-somebody-else": (NARROWED, e.StandingNarrowed(ANNA, Q), "stale"),
    "narrow-before-the-checks": (
        b.with_standing(b.planned(), P, clearance=None),
        e.StandingNarrowed(ANNA, P),
        "stale",
    ),
    "narrow-who-was-asked-nothing": (
        b.with_(NARROWED, P, state=CheckState.WAITING),
        e.StandingNarrowed(ANNA, P),
        "stale",
    ),
    "narrow-twice": (
        b.after(NARROWED, e.StandingNarrowed(ANNA, P)),
        e.StandingNarrowed(ANNA, P),
        "repeated",
    ),
    "stop-oneself-as-a-stranger": (
        IN,
        e.SelfStopped(NOBODY, StopReason.NEED_TO_STOP),
        "not-participant",
    ),
    "stop-oneself-after-the-close": (CLOSED, e.SelfStopped(P, StopReason.NEED_TO_STOP), "stale"),
    "leave-as-a-stranger": (IN, e.CheckedOut(NOBODY), "not-participant"),
    "leave-without-joining": (IN, e.CheckedOut(Q), "stale"),
    "leave-twice": (LEFT, e.CheckedOut(P), "repeated"),
}


@pytest.mark.parametrize(("session", "event", "code"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(session, event, code):
    """What can't be taken is refused with its reason, changes nothing and orders nothing."""
    assert b.refused(session, event, STARTS + 140).code == RefusalCode(code)


def test_join_mints_once():
    """The first *Join* mints one credential with its limit; a second tap adds nothing."""
    decision = b.done(b.opened(), b.joins(b.opened(), P), STARTS + 5)
    expires_at = STARTS + 605
    assert b.effects(decision, MintCredential) == (MintCredential(P, 1, 1, expires_at),)
    timer = SetTimer(TimerKind.CREDENTIAL, expires_at, "1/1", P)
    assert b.effects(decision, SetTimer) == (timer,)
    check = decision.state.checks[P]
    assert (check.credential.number, check.credential.minted_at) == (1, STARTS + 5)
    assert check.minted == 1
    assert b.refused(decision.state, e.JoinAsked(P, 1), STARTS + 6).code is RefusalCode.REPEATED


def test_no_credential_outlives_the_session():
    """Close to the end a credential ends with the session, and at the end there is none."""
    session = b.with_(IN, P, minted=0, credential=None)
    fresh = replace(session.checks[P].sign_off, at=ENDS - 900)
    session = b.with_(session, P, sign_off=fresh)
    decision = b.done(session, b.joins(session, P), ENDS - 60)
    assert decision.state.checks[P].credential.expires_at == ENDS
    why = b.refused(session, b.joins(session, P), ENDS)
    assert HoldCode.OVER in {hold.code for hold in why.holds}


@pytest.mark.parametrize(
    "session",
    [b.ready(), b.turned_away(b.started(), ANNA, P), b.absent(b.started(), ANNA, P), b.linked()],
    ids=["ready", "turned-away", "absent", "unopened"],
)
def test_nobody_joins_who_may_not(session):
    """Whoever is not admitted to an open session is refused with the gate's own reasons."""
    why = b.refused(session, b.joins(session, P), STARTS)
    assert why.holds == holds(session, ToRelease(P), STARTS)
    assert why.holds


def test_a_way_in_runs_out():
    """At its limit a credential is gone, and the place that showed it is drawn again."""
    decision = b.done(IN, e.CredentialRanOut(P, 1, 1), STARTS + 600)
    assert decision.state.checks[P].credential is None
    assert decision.state.checks[P].state is CheckState.ADMITTED
    again = b.refused(decision.state, e.CredentialRanOut(P, 1, 1), STARTS + 601)
    assert again.code is RefusalCode.STALE


def test_a_dropped_line():
    """Losing the line takes the way in away, and staff are told."""
    decision = b.done(IN, e.LineLost(P), STARTS + 100)
    check = decision.state.checks[P]
    assert (check.credential, check.rejoin_asked_at) == (None, STARTS + 100)
    assert b.said(decision) == {(by, "ring/line-lost") for by in (ANNA, BEN)}


def test_joining_again_asks_once():
    """*Join* after the way in has run out asks whether they are still alone; it mints nothing."""
    session = b.after(IN, e.CredentialRanOut(P, 1, 1), STARTS + 600)
    decision = b.done(session, e.JoinAsked(P, 1), STARTS + 700)
    assert decision.state.checks[P].rejoin_asked_at == STARTS + 700
    assert not b.effects(decision, MintCredential)
    again = b.refused(decision.state, e.JoinAsked(P, 1), STARTS + 701)
    assert again.code is RefusalCode.REPEATED


def test_an_unanswered_question_ends_in_a_fresh_check():
    """*Join* later than ten minutes after the question is a fresh check."""
    decision = b.done(LOST, e.JoinAsked(P, 1), STARTS + 701)
    assert is_checked_anew(decision)


def is_checked_anew(decision):
    check = decision.state.checks[P]
    rung = b.said(decision) == {(by, "ring/check-anew") for by in (ANNA, BEN)}
    shown = Show(P, ScreenKind.PLACE) in decision.effects
    void = (check.sign_off, check.credential, check.answers) == (None, None, {})
    minted = b.effects(decision, MintCredential)
    return (
        check.state is CheckState.STOPPED
        and check.epoch == 2
        and rung
        and shown
        and void
        and (not minted)
    )


def test_coming_back_once():
    """Still alone within ten minutes: a second credential, and no third."""
    decision = b.done(LOST, e.StillAloneAnswered(P, 1, alone=True), STARTS + 700)
    assert b.effects(decision, MintCredential) == (MintCredential(P, 1, 2, STARTS + 1300),)
    session = b.after(decision.state, e.CredentialRanOut(P, 1, 2), STARTS + 1300)
    assert is_checked_anew(b.done(session, e.JoinAsked(P, 1), STARTS + 1301))


def test_a_second_dropped_line():
    """A line that drops again after coming back needs a fresh check, at once."""
    assert is_checked_anew(b.done(BACK, e.LineLost(P), STARTS + 200))


def test_coming_back_too_late():
    """Whoever answers after the ten minutes needs a fresh check and a fresh sign-off."""
    assert is_checked_anew(b.done(LOST, e.StillAloneAnswered(P, 1, alone=True), STARTS + 701))


def test_coming_back_not_alone():
    """Whoever is not alone any more is stopped, and staff are told just that."""
    decision = b.done(LOST, e.StillAloneAnswered(P, 1, alone=False), STARTS + 101)
    check = decision.state.checks[P]
    assert (check.state, check.epoch, check.credential) == (CheckState.STOPPED, 2, None)
    assert b.said(decision) == {(by, "ring/not-alone") for by in (ANNA, BEN)}


def test_checked_anew_gets_in_again():
    """After a fresh check and a fresh sign-off somebody who was stopped may join again."""
    session = b.after(IN, e.PersonStopped(ANNA, P), STARTS + 60)
    session = b.after(session, e.CheckRestarted(ANNA, P), STARTS + 61)
    session = b.admitted_in(session, BEN, P, STARTS + 90)
    decision = b.done(session, b.joins(session, P), STARTS + 91)
    assert b.effects(decision, MintCredential)[0].number == 1
    assert decision.state.checks[P].epoch == 2


def test_checked_anew_after_leaving_gets_in_again():
    """Whoever was stopped and has left is asked in a new epoch, in which nobody has left."""
    session = b.after(IN, e.PersonStopped(ANNA, P), STARTS + 60)
    session = b.after(session, e.CheckedOut(P), STARTS + 61)
    session = b.after(session, e.CheckRestarted(ANNA, P), STARTS + 62)
    assert session.checks[P].checked_out_at is None
    session = b.admitted_in(session, BEN, P, STARTS + 90)
    assert b.effects(b.done(session, b.joins(session, P), STARTS + 91), MintCredential)
    assert session.checks[P].epoch == 3


def test_stopping_one():
    """One stopped person loses everything; the others go on."""
    decision = b.done(IN, e.PersonStopped(BEN, P), STARTS + 60)
    check = decision.state.checks[P]
    assert (check.state, check.epoch, check.credential) == (CheckState.STOPPED, 2, None)
    assert (check.sign_off, check.answers, check.observations) == (None, {}, {})
    assert decision.state.checks[Q] == IN.checks[Q]
    assert decision.state.state is SessionState.OPEN
    assert Show(P, ScreenKind.PLACE) in decision.effects
    assert b.said(decision) == {(by, "ring/stopped-one") for by in (ANNA, BEN)}


@pytest.mark.parametrize("by", [ANNA, NOBODY], ids=["of-the-session", "of-another"])
@pytest.mark.parametrize("session", [b.started(), b.ready(), b.admitted(), IN])
def test_a_narrowed_standing_stops_whoever_is_under_way(session, by):
    """Whoever's standing no longer reaches for the session is stopped, and nobody else."""
    held = b.with_standing(session, P, clearance=ONE_TO_ONE)
    decision = b.done(held, e.StandingNarrowed(by, P), STARTS + 60)
    check = decision.state.checks[P]
    assert (check.state, check.epoch) == (CheckState.STOPPED, session.checks[P].epoch + 1)
    assert (check.credential, check.sign_off) == (None, None)
    assert decision.state.checks[Q] == session.checks[Q]
    assert Show(P, ScreenKind.PLACE) in decision.effects
    assert b.said(decision) == {(staff, "ring/standing-narrowed") for staff in (ANNA, BEN)}


@pytest.mark.parametrize("reason", StopReason)
@pytest.mark.parametrize("session", [b.started(), b.ready(), b.admitted(), IN])
def test_stopping_oneself(session, reason):
    """A participant stops at once, wherever they are, and staff are told which it was."""
    decision = b.done(session, e.SelfStopped(P, reason), STARTS + 60)
    check = decision.state.checks[P]
    assert (check.state, check.epoch) == (CheckState.STOPPED, session.checks[P].epoch + 1)
    assert {text for _, text in b.said(decision)} == {f"ring/{reason.replace('_', '-')}"}


@pytest.mark.parametrize("state", CheckState)
def test_who_can_be_stopped(state):
    """Everybody who may still get in can be stopped."""
    decision = decide(b.with_(IN, P, state=state), e.PersonStopped(ANNA, P), STARTS)
    assert (decision.refusal is None) == (
        state is not CheckState.STOPPED and move_check(state, "stop") is not None
    )


@pytest.mark.parametrize("session", [IN, CLOSED], ids=["open", "closed"])
def test_checking_out(session):
    """Whoever leaves is noted, has no way in any more, and gets none."""
    left = b.after(session, e.CheckedOut(P), STARTS + 100)
    check = left.checks[P]
    assert (check.credential, check.checked_out_at) == (None, STARTS + 100)
    codes = {hold.code for hold in holds(left, ToRelease(P), STARTS + 101)}
    assert HoldCode.CHECKED_OUT in codes


# Any order of events ------------------------------------------------------------------------------

PEOPLE = st.sampled_from([P, Q])
STAFF = st.sampled_from([ANNA, BEN])
ANYBODY = st.sampled_from([ANNA, BEN, P, Q, NOBODY])
EPOCHS = st.integers(1, 4)
STEPS = st.sampled_from([*b.FLOW.steps, "another"])
OPTIONS = st.sampled_from(["yes", "no", "help", "cannot", "change", "back", "camera", "x"])
DESTINATIONS = st.none() | st.sampled_from(Destination)
WILD = st.one_of(
    st.builds(e.ChecksStarted, ANYBODY),
    st.builds(e.CheckRestarted, ANYBODY, ANYBODY),
    st.builds(e.StepAnswered, ANYBODY, ANYBODY, EPOCHS, STEPS, OPTIONS),
    st.builds(e.StepTimedOut, ANYBODY, EPOCHS, STEPS),
    st.builds(e.PersonClaimed, ANYBODY, ANYBODY),
    st.builds(e.DeskLeft, ANYBODY, ANYBODY),
    st.builds(e.DestinationsAsked, ANYBODY, ANYBODY, st.booleans()),
    st.builds(e.ItemObserved, ANYBODY, ANYBODY, EPOCHS, st.sampled_from(b.ITEMS), st.booleans()),
    st.builds(
        e.SignedOff,
        ANYBODY,
        ANYBODY,
        EPOCHS,
        st.sampled_from(Outcome),
        DESTINATIONS,
        st.sampled_from(["", "0" * 16]),
        st.just(b.SIGN),
    ),
    st.builds(e.CalledIn, ANYBODY, ANYBODY, EPOCHS, st.booleans()),
    st.builds(e.CallInRanOut, ANYBODY, st.integers(0, 2)),
    st.builds(e.CallInRefused, ANYBODY, st.integers(0, 2)),
    st.builds(e.SignOffTakenBack, ANYBODY, ANYBODY, EPOCHS),
    st.builds(e.MarkedAbsent, ANYBODY, ANYBODY, EPOCHS),
    st.builds(e.LinkPasted, ANYBODY, st.booleans()),
    st.builds(e.SessionOpened, ANYBODY, st.just("0" * 16), st.just(b.OPEN)),
    st.builds(e.PersonStopped, ANYBODY, ANYBODY),
    st.builds(e.StandingNarrowed, ANYBODY, ANYBODY),
    st.builds(e.SelfStopped, ANYBODY, st.sampled_from(StopReason)),
    st.builds(e.LineLost, ANYBODY),
    st.builds(e.ArrivedLate, ANYBODY),
    st.builds(e.JoinAsked, ANYBODY, EPOCHS),
    st.builds(e.StillAloneAnswered, ANYBODY, EPOCHS, st.booleans()),
    st.builds(e.CredentialRanOut, ANYBODY, EPOCHS, st.integers(1, 2)),
    st.builds(e.SessionRanOut, EPOCHS),
    st.builds(e.WindowReached, EPOCHS),
    st.builds(e.CheckedOut, ANYBODY),
    st.builds(e.FacilitatorRemoved, ANYBODY),
)
"""Claims of every kind, most of them stale, foreign or forged."""
ENDING = st.one_of(
    st.builds(e.SessionStopped, ANYBODY),
    st.builds(e.SessionClosed, ANYBODY),
    st.builds(e.SessionCancelled, ANYBODY),
    st.builds(e.SessionMoved, STAFF, st.just(STARTS + 3600), st.just(ENDS + 3600)),
    st.just(e.ProgrammeSuspended()),
    st.just(e.RevisionRecalled(b.REVISION.id)),
)


def next_answer(session, person):
    check = session.checks[person]
    return [b.taps(session, person)] if check.run else []


def next_signature(session, person):
    return [b.signs(session, by, person) for by in session.facilitators]


def next_looks(session, person):
    return [b.sees(session, by, person, item) for by in (ANNA, BEN) for item in NON_NEGOTIABLES]


def helpful(session, person, act):
    """Return events that bring the evening further from exactly where it stands."""
    check = session.checks[person]
    match act:
        case "answer":
            return next_answer(session, person)
        case "look":
            return [e.PersonClaimed(ANNA, person), *next_looks(session, person)]
        case "sign":
            return next_signature(session, person)
        case "open":
            return [e.LinkPasted(ANNA, fresh=True), b.opens(session)]
        case "join":
            return [e.JoinAsked(person, check.epoch)]
        case "lose":
            return [e.LineLost(person), e.StillAloneAnswered(person, check.epoch, alone=True)]
        case _:
            return [e.ChecksStarted(ANNA), e.CheckRestarted(ANNA, person)]


HELPFUL = st.tuples(
    PEOPLE, st.sampled_from(["answer", "look", "sign", "open", "join", "join", "lose", "restart"])
)
MOMENTS = st.sampled_from([0, 0, 0, 1, 30, 130, 601])
BEGINNINGS = st.sampled_from([b.planned(), b.started(), b.ready(), b.linked(), b.opened(), IN])


def mixed(number):
    """Mix mostly helpful acts with wild ones, and now and then one that ends things."""
    if number < 20:
        return HELPFUL
    return WILD if number < 29 else ENDING


ACTS = st.lists(st.tuples(st.integers(0, 29).flatmap(mixed), MOMENTS), min_size=20, max_size=40)

SESSION_MOVES = {(source, to) for _, sources, to in SESSION_TABLE for source in sources}
CHECK_MOVES = {(source, to) for _, sources, to in CHECK_TABLE for source in sources}


def keeps_the_promises(before, event, now):
    """Decide, and check what no event may ever bring about."""
    decision = decide(before, event, now)
    after = decision.state
    if decision.refusal:
        assert (after, decision.effects) == (before, ())
    for order in b.effects(decision, MintCredential):
        released_rightly(before, after, event, order, now)
    assert after.schedule >= before.schedule
    assert after.state is before.state or (before.state, after.state) in SESSION_MOVES
    for person, check in after.checks.items():
        earlier = before.checks[person]
        assert check.epoch >= earlier.epoch
        if earlier.sign_off not in (None, check.sign_off):
            assert check.epoch > earlier.epoch
        if check.credential is not None:
            assert (after.state, check.state) == (SessionState.OPEN, CheckState.ADMITTED)
        if check.credential not in (None, earlier.credential):
            assert b.effects(decision, MintCredential)
    return after


def released_rightly(before, after, event, order, now):
    check = after.checks[order.person]
    known = before
    if isinstance(event, e.StillAloneAnswered):
        assert event.alone
        confirmed = check.rejoin_confirmed_at
        known = b.with_(before, order.person, rejoin_confirmed_at=confirmed, credential=None)
    assert holds(known, ToRelease(order.person), now) == ()
    assert before.state is SessionState.OPEN
    assert (order.epoch, order.number) == (check.epoch, before.checks[order.person].minted + 1)
    assert now < order.expires_at <= before.ends_at


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(BEGINNINGS, ACTS)
def test_no_order_of_events_opens_the_door(session, acts):
    """Nothing is minted past the gate, no epoch falls, a refusal changes nothing, none raises."""
    now = STARTS
    for act, pause in acts:
        now += pause
        events = helpful(session, *act) if isinstance(act, tuple) else [act]
        for event in events:
            session = keeps_the_promises(session, event, now)


EVENTS = {
    "start": e.ChecksStarted(ANNA),
    "restart": e.CheckRestarted(ANNA, P),
    "answer": e.StepAnswered(P, P, 1, "review", "change"),
    "absent": e.MarkedAbsent(ANNA, P, 1),
    "take-back": e.SignOffTakenBack(ANNA, P, 1),
    "stop": e.SessionStopped(ANNA),
    "stop-one": e.PersonStopped(ANNA, P),
    "narrow": e.StandingNarrowed(ANNA, P),
    "stop-oneself": e.SelfStopped(P, StopReason.NEED_TO_STOP),
    "suspend": e.ProgrammeSuspended(),
    "close": e.SessionClosed(ANNA),
    "cancel": e.SessionCancelled(ANNA),
    "move": e.SessionMoved(ANNA, STARTS + 86400, ENDS + 86400),
    "remove": e.FacilitatorRemoved(ANNA),
    "recall": e.RevisionRecalled(b.REVISION.id),
    "line-lost": e.LineLost(P),
}


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
@pytest.mark.parametrize("state", CheckState)
@pytest.mark.parametrize("place", SessionState)
def test_checks_move_by_their_table(place, state, event):
    """Whatever happens to whom and when, a check moves only along its table."""
    at_desk = b.after(b.ready(), e.PersonClaimed(ANNA, P))
    session = replace(b.with_(at_desk, P, state=state), state=place)
    to = decide(session, event, STARTS).state.checks[P].state
    assert to is state or (state, to) in CHECK_MOVES


def test_the_random_evening_gets_in():
    """The helpful acts of the property do lead through the door, so that it proves something."""
    session, now = b.started(), STARTS
    for person in (P, Q):
        for act in (*["answer"] * 11, "look", "sign"):
            for event in helpful(session, person, act):
                session = keeps_the_promises(session, event, now)
    for act in ("open", "join", "lose"):
        for event in helpful(session, P, act):
            session = keeps_the_promises(session, event, now)
    assert session.checks[P].minted == 2
    assert session.checks[P].credential.minted_at >= NOON
