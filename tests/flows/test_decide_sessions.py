"""The session as a whole: opening by a signed act, stopping by a tap, closing, moving."""

from dataclasses import replace

import pytest

from flows import events as e
from flows.decide import RefusalCode
from flows.effects import Bring, DestroyLink, Hide, Redraw, ScreenKind, SetTimer, Show, TimerKind
from flows.gate import Hold, HoldCode
from flows.model import CheckState, SessionState
from tests.flows import builders as b
from tests.flows.builders import ANNA, BEN, ENDS, NOBODY, NOON, STARTS, P, Q

PLACE, BOARD = ScreenKind.PLACE, ScreenKind.BOARD
STOPPED = b.after(b.joined(), e.SessionStopped(BEN), STARTS + 60)
CLOSED = b.after(b.joined(), e.SessionClosed(BEN), STARTS + 60)
LATER = (STARTS + 86400, ENDS + 86400)

REFUSALS = {
    "link-by-a-participant": (b.admitted(), e.LinkPasted(P, fresh=True), "not-facilitator"),
    "link-before-the-checks": (b.planned(), e.LinkPasted(ANNA, fresh=True), "not-now"),
    "link-while-open": (b.opened(), e.LinkPasted(ANNA, fresh=True), "not-now"),
    "link-used-before": (b.admitted(), e.LinkPasted(ANNA, fresh=False), "link-used"),
    "open-by-a-participant": (b.linked(), b.opens(b.linked(), P), "not-facilitator"),
    "open-by-a-stranger": (b.linked(), b.opens(b.linked(), NOBODY), "not-facilitator"),
    "open-twice": (b.opened(), b.opens(b.linked()), "repeated"),
    "open-unlinked": (b.admitted(), b.opens(b.admitted()), "held"),
    "open-unsigned": (b.ready(), b.opens(b.ready()), "held"),
    "open-planned": (b.planned(), b.opens(b.planned()), "held"),
    "open-stopped": (STOPPED, b.opens(STOPPED), "held"),
    "open-closed": (CLOSED, b.opens(CLOSED), "held"),
    "open-an-outdated-board": (b.linked(), replace(b.opens(b.linked()), shown="0" * 16), "stale"),
    "open-a-colleagues-board": (
        b.linked(),
        replace(b.opens(b.linked()), shown=b.opens(b.linked(), BEN).shown),
        "stale",
    ),
    "stop-by-a-participant": (b.joined(), e.SessionStopped(P), "not-facilitator"),
    "stop-twice": (STOPPED, e.SessionStopped(ANNA), "repeated"),
    "stop-planned": (b.planned(), e.SessionStopped(ANNA), "stale"),
    "stop-closed": (CLOSED, e.SessionStopped(ANNA), "stale"),
    "close-by-a-participant": (b.joined(), e.SessionClosed(P), "not-facilitator"),
    "close-twice": (CLOSED, e.SessionClosed(ANNA), "stale"),
    "run-out-of-another-schedule": (b.joined(), e.SessionRanOut(2), "stale"),
    "run-out-too-soon": (b.joined(), e.SessionRanOut(1), "stale"),
    "window-of-another-schedule": (b.ready(), e.WindowReached(2), "stale"),
    "window-while-open": (b.joined(), e.WindowReached(1), "stale"),
    "window-while-planned": (b.planned(), e.WindowReached(1), "stale"),
    "move-by-a-participant": (b.planned(), e.SessionMoved(P, *LATER), "not-facilitator"),
    "move-into-the-past": (b.planned(), e.SessionMoved(ANNA, NOON, ENDS), "not-now"),
    "move-backwards": (b.planned(), e.SessionMoved(ANNA, *reversed(LATER)), "not-now"),
    "move-to-hours": (b.planned(), e.SessionMoved(ANNA, LATER[0], LATER[0] + 7201), "not-now"),
    "move-to-minutes": (b.planned(), e.SessionMoved(ANNA, LATER[0], LATER[0] + 1799), "not-now"),
    "move-while-open": (b.joined(), e.SessionMoved(ANNA, *LATER), "stale"),
    "move-closed": (CLOSED, e.SessionMoved(ANNA, *LATER), "stale"),
    "cancel-by-a-participant": (b.planned(), e.SessionCancelled(P), "not-facilitator"),
    "cancel-while-open": (b.joined(), e.SessionCancelled(ANNA), "stale"),
}


@pytest.mark.parametrize(("session", "event", "code"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(session, event, code):
    """What can't be taken is refused with its reason, changes nothing and orders nothing."""
    assert b.refused(session, event, STARTS + 60).code == RefusalCode(code)


def test_opening():
    """Opening is signed, asks the admitted in, and sets the timer that closes."""
    decision = b.done(b.linked(), b.opens(b.linked()), STARTS)
    session = decision.state
    assert session.state is SessionState.OPEN
    assert (session.opening.number, session.opening.by, session.opening.at) == (1, ANNA, STARTS)
    assert session.opening.meaning == b.OPEN
    shown = {(show.to, show.screen) for show in b.effects(decision, Show)}
    assert shown == {(P, PLACE), (Q, PLACE), (BEN, BOARD)}
    assert b.effects(decision, Bring) == (Bring(ANNA, BOARD),)
    assert {hide.to for hide in b.effects(decision, Hide)} == {ANNA, BEN}
    assert b.effects(decision, SetTimer) == (SetTimer(TimerKind.SESSION_END, ENDS + 900, "1"),)
    assert all(check.credential is None for check in session.checks.values())


@pytest.mark.parametrize("settle", [b.absent, b.turned_away])
def test_opening_needs_everybody_decided(settle):
    """Somebody undecided holds the session; absent and turned away are decisions."""
    session = b.after(b.admitted_in(b.started(), ANNA, P), e.LinkPasted(ANNA, fresh=True))
    why = b.refused(session, b.opens(session), STARTS)
    assert why.holds == (Hold(HoldCode.UNDECIDED, Q),)
    settled = settle(session, ANNA, Q)
    decision = b.done(settled, b.opens(settled), STARTS)
    assert {s.to for s in b.effects(decision, Show) if s.screen is PLACE} == {P}


@pytest.mark.parametrize("session", [b.started(), b.ready(), b.linked(), b.joined()])
def test_a_stop_dominates(session):
    """A stop voids every epoch, destroys the link, and shows it to everybody at once."""
    decision = b.done(session, e.SessionStopped(BEN), STARTS + 1)
    after = decision.state
    assert after.state is SessionState.STOPPED
    assert not after.link_ready
    assert DestroyLink() in decision.effects
    assert b.said(decision) == {(by, "ring/stopped") for by in (ANNA, BEN)}
    for person, check in after.checks.items():
        assert check.epoch == session.checks[person].epoch + 1
        assert check.state is CheckState.STOPPED
        assert (check.answers, check.observations) == ({}, {})
        assert (check.sign_off, check.credential, check.minted) == (None, None, 0)
        assert Show(person, ScreenKind.PLACE) in decision.effects
    assert all(facilitator.desk is None for facilitator in after.facilitators.values())


def test_a_stop_leaves_the_settled():
    """Whoever was absent or turned away before a stop stays so, and is not told."""
    session = b.absent(b.admitted_in(b.started(), ANNA, P), ANNA, Q)
    decision = b.done(session, e.SessionStopped(ANNA), STARTS)
    assert decision.state.checks[Q] == session.checks[Q]
    assert Q not in {show.to for show in b.effects(decision, Show)}


def test_reopening_needs_everything_anew():
    """After a stop nothing opens without new answers, observations, signatures and a link."""
    session = b.after(STOPPED, e.ChecksStarted(ANNA), STARTS + 120)
    codes = {hold.code for hold in b.refused(session, b.opens(session), STARTS + 120).holds}
    assert codes == {HoldCode.UNDECIDED, HoldCode.LINK_MISSING, HoldCode.NOBODY_ADMITTED}
    for person in (P, Q):
        assert session.checks[person].state is CheckState.ASKING
        session = b.admitted_in(session, BEN, person, STARTS + 130)
    session = b.after(session, e.LinkPasted(BEN, fresh=True), STARTS + 140)
    session = b.after(session, b.opens(session, BEN), STARTS + 150)
    assert session.opening.number == 2
    stale = b.refused(session, e.JoinAsked(P, 1), STARTS + 151)
    assert stale.code is RefusalCode.STALE
    assert b.after(session, b.joins(session, P), STARTS + 151).checks[P].credential


@pytest.mark.parametrize("session", [b.ready(), b.joined()])
def test_suspending_stops(session):
    """A suspended programme stops what is under way, as a stop does, and holds it closed."""
    decision = b.done(session, e.ProgrammeSuspended(), STARTS)
    assert decision.state.state is SessionState.STOPPED
    assert DestroyLink() in decision.effects
    assert {text for _, text in b.said(decision)} == {"ring/suspended"}
    why = b.refused(decision.state, e.ChecksStarted(ANNA), STARTS + 1)
    assert why.holds == (Hold(HoldCode.PROGRAMME_SUSPENDED),)


def test_suspending_what_is_planned():
    """A planned session stays planned and is held."""
    session = b.after(b.planned(), e.ProgrammeSuspended())
    assert session.state is SessionState.PLANNED
    assert b.refused(session, e.ChecksStarted(ANNA)).code is RefusalCode.HELD


@pytest.mark.parametrize("event", [e.SessionClosed(ANNA), e.SessionRanOut(1)], ids=["tap", "timer"])
def test_closing(event):
    """Closing ends every credential, destroys the link, and shows who has not checked out."""
    session = b.after(b.joined(), e.CheckedOut(P), STARTS + 60)
    session = b.after(session, b.joins(session, Q), STARTS + 61)
    decision = b.done(session, event, ENDS + 900)
    assert decision.state.state is SessionState.CLOSED
    assert all(check.credential is None for check in decision.state.checks.values())
    assert DestroyLink() in decision.effects
    assert {show.to for show in b.effects(decision, Show)} == {Q}
    assert b.said(decision) == {(by, "debrief/ask") for by in (ANNA, BEN)}


def test_closing_settles_the_undecided():
    """Whoever was still undecided at the close was not there; nothing is asked of staff."""
    decision = b.done(b.started(), e.SessionClosed(ANNA))
    assert {check.state for check in decision.state.checks.values()} == {CheckState.ABSENT}
    assert not b.said(decision)


def test_the_closing_timer_waits_for_the_grace():
    """Before end and grace have gone by the timer does nothing."""
    assert b.refused(b.joined(), e.SessionRanOut(1), ENDS + 899).code is RefusalCode.STALE
    assert b.after(b.joined(), e.SessionRanOut(1), ENDS + 900).state is SessionState.CLOSED


@pytest.mark.parametrize("session", [b.planned(), b.ready(), b.linked(), STOPPED])
def test_a_move_voids_everything(session):
    """Another time is another schedule: every epoch rises and every check begins anew."""
    decision = b.done(session, e.SessionMoved(ANNA, *LATER), STARTS + 90)
    after = decision.state
    assert (after.starts_at, after.ends_at) == LATER
    assert (after.state, after.schedule) == (SessionState.PLANNED, 2)
    assert not after.link_ready
    assert DestroyLink() in decision.effects
    end = SetTimer(TimerKind.SESSION_END, LATER[1] + 900, "2")
    overdue = SetTimer(TimerKind.OVERDUE, LATER[0] - 600, "2")
    assert b.effects(decision, SetTimer) == (end, overdue)
    for person, check in after.checks.items():
        assert check.epoch == session.checks[person].epoch + 1
        assert (check.state, check.run) == (CheckState.WAITING, None)
        assert (check.answers, check.observations, check.sign_off) == ({}, {}, None)
    assert b.refused(after, e.SessionRanOut(1), LATER[1] + 900).code is RefusalCode.STALE


@pytest.mark.parametrize("session", [b.planned(), b.linked(), STOPPED])
def test_cancelling(session):
    """A cancelled session has no link and nothing leads out of it."""
    decision = b.done(session, e.SessionCancelled(ANNA), STARTS)
    assert decision.state.state is SessionState.CANCELLED
    assert not decision.state.link_ready
    assert DestroyLink() in decision.effects
    assert b.refused(decision.state, e.ChecksStarted(ANNA)).code is RefusalCode.STALE


def test_the_window_changes_nothing():
    """When the window is reached boards are drawn again: time alone opens and signs nothing."""
    decision = b.done(b.linked(), e.WindowReached(1), STARTS - 900)
    assert decision.state is b.linked()
    screens = (ScreenKind.BOARD, ScreenKind.DESK)
    assert set(decision.effects) == {Redraw(by, s) for by in (ANNA, BEN) for s in screens}


def test_whoever_lost_their_way_in_sees_it():
    """Each act that ends a credential draws that person's place again."""
    acts = (
        e.SessionStopped(ANNA),
        e.SessionClosed(ANNA),
        e.ProgrammeSuspended(),
        e.PersonStopped(ANNA, P),
        e.FacilitatorRemoved(ANNA),
        e.RevisionRecalled(b.REVISION.id),
        e.CheckedOut(P),
        e.LineLost(P),
        e.CredentialRanOut(P, 1, 1),
    )
    for event in acts:
        decision = b.done(b.joined(), event, STARTS + 600)
        assert decision.state.checks[P].credential is None
        drawn = {effect.to for effect in decision.effects if hasattr(effect, "screen")
                 and effect.screen is ScreenKind.PLACE}  # fmt: skip
        assert P in drawn, event
