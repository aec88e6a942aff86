"""The second factor: where a session asks for a code, nobody admits or opens without one."""

from dataclasses import replace

import pytest

from flows import events as e
from flows.decide import RefusalCode
from flows.effects import Bring, Redraw, ScreenKind
from flows.gate import Hold, HoldCode, ToAdmit, ToOpen, ToRelease, holds, only_second_factor
from flows.model import CheckState, Destination, Rules, SessionState
from tests.flows import builders as b
from tests.flows.builders import ANNA, BEN, ENDS, NOBODY, NOON, STARTS, P, Q

ASKED = Rules(second_factor=True)
MISSING = (Hold(HoldCode.SECOND_FACTOR),)


def started():
    return b.after(b.planned(rules=ASKED), e.ChecksStarted(ANNA))


def ready():
    """P is ready and on Anna's desk, who has seen everything and entered no code."""
    return b.observed(b.answered(started(), P), ANNA, P)


def proved(session, by=ANNA, now=NOON):
    return b.after(session, e.FactorProved(by), now)


def linked():
    """Everybody is signed in by Anna, who has entered a code; the link is there."""
    session = proved(ready())
    session = b.after(session, b.signs(session, ANNA, P))
    session = b.admitted_in(session, ANNA, Q)
    return b.after(session, e.LinkPasted(ANNA, fresh=True))


def test_admitting_waits_for_a_code():
    """Without a code the signature of somebody who has seen everything is held by that alone."""
    refusal = b.refused(ready(), b.signs(ready(), ANNA, P))
    assert refusal.code is RefusalCode.HELD
    assert refusal.holds == MISSING


def test_one_code_is_enough_for_a_session():
    """After one code its facilitator signs everybody, and opens."""
    session = b.after(linked(), b.opens(linked()), STARTS)
    assert session.state is SessionState.OPEN
    assert b.after(session, b.joins(session, P), STARTS).checks[P].credential


def test_a_code_signs_nothing():
    """A right code changes nobody's check; it only brings the desk that it was entered for."""
    decision = b.done(ready(), e.FactorProved(ANNA), NOON + 5)
    assert decision.state.checks == ready().checks
    assert decision.state.facilitators[ANNA].proved_at == NOON + 5
    assert Bring(ANNA, ScreenKind.DESK) in decision.effects
    assert {type(effect) for effect in decision.effects} <= {Bring, Redraw}


def test_a_code_brings_the_board_where_nobody_is_on_the_desk():
    """Whoever enters a code in order to open gets the board."""
    decision = b.done(linked(), e.FactorProved(BEN))
    assert Bring(BEN, ScreenKind.BOARD) in decision.effects


def test_a_colleagues_code_is_worth_nothing():
    """Each facilitator enters a code of their own, also to open what a colleague signed."""
    assert b.refused(linked(), b.opens(linked(), BEN), STARTS).holds == MISSING
    session = proved(linked(), BEN, STARTS)
    assert b.after(session, b.opens(session, BEN), STARTS).opening.by == BEN


@pytest.mark.parametrize(
    "event",
    [
        lambda session: b.signs(session, ANNA, P, Destination.IN_PERSON),
        lambda session: e.MarkedAbsent(ANNA, P, session.checks[P].epoch),
        lambda _: e.PersonStopped(ANNA, P),
        lambda _: e.SessionStopped(ANNA),
        lambda _: e.SessionClosed(ANNA),
        lambda _: e.SessionCancelled(ANNA),
    ],
    ids=["turn-away", "absent", "stop-one", "stop", "close", "cancel"],
)
def test_closing_needs_no_code(event):
    """Whatever only closes is done without a code."""
    assert b.done(ready(), event(ready())).refusal is None


def test_letting_in_needs_no_second_code():
    """What was signed and opened with a code lets people in whatever becomes of the proof."""
    session = b.after(linked(), b.opens(linked()), STARTS)
    session = b.after(session, e.FactorReset(BEN, ANNA), STARTS)
    assert holds(session, ToRelease(P), STARTS) == ()


REFUSED = {
    "participant": (ready(), P, NOON, RefusalCode.NOT_FACILITATOR),
    "nobody": (ready(), NOBODY, NOON, RefusalCode.NOT_FACILITATOR),
    "off-the-session": (
        b.with_staff(ready(), ANNA, active=False), ANNA, NOON, RefusalCode.NOT_FACILITATOR,
    ),
    "unprepared": (
        b.with_staff(ready(), ANNA, prepared=False), ANNA, NOON, RefusalCode.NOT_FACILITATOR,
    ),
    "twice": (proved(ready()), ANNA, NOON, RefusalCode.REPEATED),
    "not-asked": (b.ready(), ANNA, NOON, RefusalCode.STALE),
    "closed": (b.after(ready(), e.SessionClosed(ANNA)), ANNA, NOON, RefusalCode.STALE),
    "cancelled": (b.after(ready(), e.SessionCancelled(ANNA)), ANNA, NOON, RefusalCode.STALE),
}  # fmt: skip


@pytest.mark.parametrize(("session", "by", "now", "code"), REFUSED.values(), ids=REFUSED)
def test_proofs_that_are_none(session, by, now, code):
    """Only a facilitator of a session that asks and is not over proves anything, and once."""
    assert b.refused(session, e.FactorProved(by), now).code is code


def test_a_stop_asks_for_no_new_code():
    """Who goes on after a stop has entered their code for this session already."""
    session = b.after(proved(ready()), e.SessionStopped(ANNA))
    session = b.after(session, e.ChecksStarted(ANNA))
    session = b.admitted_in(session, ANNA, P)
    assert session.checks[P].state is CheckState.ADMITTED


def test_another_time_asks_anew():
    """A session that is moved to another time asks everybody for a code again."""
    session = b.after(proved(ready()), e.SessionStopped(ANNA))
    moved = b.after(session, e.SessionMoved(ANNA, ENDS + 86400, ENDS + 90000))
    assert moved.facilitators[ANNA].proved_at is None


def test_whoever_is_taken_off_proves_anew():
    """A facilitator who is taken off a session leaves no proof behind."""
    removed = b.after(proved(ready()), e.FacilitatorRemoved(ANNA))
    assert removed.facilitators[ANNA].proved_at is None


def test_a_reset_asks_again_and_voids_nothing():
    """After a reset the next signature waits for a code; the earlier ones stand."""
    session = b.after(linked(), e.FactorReset(BEN, ANNA))
    assert session.checks == linked().checks
    assert holds(session, ToOpen(ANNA), STARTS) == MISSING


@pytest.mark.parametrize(
    "session",
    [ready(), b.after(proved(ready()), e.SessionClosed(ANNA))],
    ids=["unproved", "closed"],
)
def test_a_reset_where_there_is_nothing_to_forget(session):
    """A reset changes no session in which nothing was proved, or that is over."""
    assert b.refused(session, e.FactorReset(BEN, ANNA)).code is RefusalCode.STALE


def test_the_hold_alone():
    """Only where nothing else holds does a tap lead to the pad."""
    assert only_second_factor(holds(ready(), ToAdmit(P, ANNA), NOON))
    assert not only_second_factor(holds(proved(ready()), ToAdmit(P, ANNA), NOON))
    assert not only_second_factor(holds(ready(), ToAdmit(P, BEN), NOON))


def test_two_signers_two_codes():
    """Where two sign each admission, each of them enters a code of their own."""
    session = replace(ready(), rules=Rules(signers=2, second_factor=True))
    session = proved(session)
    session = b.after(session, b.signs(session, ANNA, P))
    session = b.observed(session, BEN, P)
    assert b.refused(session, b.signs(session, BEN, P)).holds == MISSING
    session = proved(session, BEN)
    assert b.after(session, b.signs(session, BEN, P)).checks[P].state is CheckState.ADMITTED
