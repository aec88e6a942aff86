"""The desk: claims, observations, signatures, and what undoes them."""

from dataclasses import replace

import pytest

from flows import events as e
from flows.decide import RefusalCode
from flows.effects import Bring, Say, ScreenKind, Show
from flows.flow import NON_NEGOTIABLES
from flows.gate import Hold, HoldCode
from flows.model import CheckState, Desk, DeskView, Destination, Outcome, SessionState
from tests.flows import builders as b
from tests.flows.builders import ANNA, BEN, ENDS, NOBODY, NOON, STARTS, P, Q, R

READY = b.ready()
UNOBSERVED = b.after(b.answered(b.started(), P), e.PersonClaimed(ANNA, P))
STRANGER_SIGNS = replace(b.signs(READY, ANNA, P), by=NOBODY)
BEN_AT_P = b.with_staff(READY, BEN, desk=Desk(P, NOON))


def closed(session):
    return replace(session, state=SessionState.CLOSED)


REFUSALS = {
    "claim-by-a-participant": (READY, e.PersonClaimed(P, Q), "not-facilitator"),
    "claim-of-nobody": (READY, e.PersonClaimed(ANNA, NOBODY), "forged"),
    "claim-before-the-checks": (b.planned(), e.PersonClaimed(ANNA, P), "stale"),
    "claim-after-the-close": (closed(READY), e.PersonClaimed(ANNA, P), "stale"),
    "claim-of-a-colleagues": (READY, e.PersonClaimed(BEN, P), "claimed"),
    "leave-by-a-stranger": (READY, e.DeskLeft(NOBODY, P), "not-facilitator"),
    "leave-an-empty-desk": (READY, e.DeskLeft(BEN, P), "stale"),
    "destinations-for-a-stranger": (READY, e.DestinationsAsked(NOBODY, P, True), "not-facil"),  # noqa: FBT003
    "destinations-off-the-desk": (READY, e.DestinationsAsked(ANNA, Q, True), "stale"),  # noqa: FBT003
    "observe-by-a-participant": (READY, b.sees(READY, Q, P, "headphones"), "not-facilitator"),
    "observe-nobody": (READY, e.ItemObserved(ANNA, NOBODY, 1, "headphones", True), "forged"),  # noqa: FBT003
    "observe-off-the-desk": (READY, b.sees(READY, ANNA, Q, "headphones"), "stale"),
    "observe-in-another-epoch": (READY, e.ItemObserved(ANNA, P, 2, "headphones", True), "stale"),  # noqa: FBT003
    "observe-while-asked": (
        b.after(b.started(), e.PersonClaimed(ANNA, P)),
        e.ItemObserved(ANNA, P, 1, "headphones", True),  # noqa: FBT003
        "stale",
    ),
    "observe-what-is-not-observed": (READY, b.sees(READY, ANNA, P, "camera"), "forged"),
    "observe-twice": (READY, b.sees(READY, ANNA, P, "headphones"), "repeated"),
    "take-back-what-was-not-seen": (
        UNOBSERVED,
        b.sees(UNOBSERVED, ANNA, P, "headphones", seen=False),
        "repeated",
    ),
    "sign-by-a-stranger": (READY, STRANGER_SIGNS, "not-facilitator"),
    "sign-by-the-participant": (READY, replace(STRANGER_SIGNS, by=P), "not-facilitator"),
    "sign-nobody": (READY, replace(b.signs(READY, ANNA, P), person=NOBODY), "forged"),
    "sign-off-the-desk": (READY, b.signs(READY, ANNA, Q), "stale"),
    "sign-another-epoch": (READY, replace(b.signs(READY, ANNA, P), epoch=2), "stale"),
    "sign-after-the-close": (closed(READY), b.signs(READY, ANNA, P), "stale"),
    "sign-unobserved": (UNOBSERVED, b.signs(UNOBSERVED, ANNA, P), "held"),
    "sign-what-a-colleague-observed": (
        b.with_staff(BEN_AT_P, ANNA, desk=None),
        b.signs(BEN_AT_P, BEN, P),
        "held",
    ),
    "sign-an-outdated-screen": (READY, replace(b.signs(READY, ANNA, P), shown="0" * 16), "stale"),
    "sign-with-too-few-digits": (
        READY,
        replace(b.signs(READY, ANNA, P), shown=b.signs(READY, ANNA, P).shown[:15]),
        "stale",
    ),
    "sign-another-screens-digest": (
        READY,
        replace(b.signs(READY, ANNA, P), shown=b.signs(READY, BEN, P).shown),
        "stale",
    ),
    "admit-to-elsewhere": (
        READY,
        replace(b.signs(READY, ANNA, P), destination=Destination.IN_PERSON),
        "forged",
    ),
    "turn-away-to-nowhere": (
        READY,
        replace(b.signs(READY, ANNA, P), outcome=Outcome.TURN_AWAY),
        "forged",
    ),
    "turn-away-unprepared": (
        b.with_staff(READY, ANNA, prepared=False),
        b.signs(READY, ANNA, P, Destination.IN_PERSON),
        "not-facilitator",
    ),
    "take-back-by-a-stranger": (b.admitted(), e.SignOffTakenBack(P, P, 1), "not-facilitator"),
    "take-back-nobody": (b.admitted(), e.SignOffTakenBack(ANNA, NOBODY, 1), "forged"),
    "take-back-another-epoch": (b.admitted(), e.SignOffTakenBack(ANNA, P, 2), "stale"),
    "take-back-unsigned": (READY, e.SignOffTakenBack(ANNA, P, 1), "stale"),
    "take-back-somebody-in": (b.joined(), e.SignOffTakenBack(ANNA, P, 1), "stale"),
    "take-back-after-the-close": (closed(b.admitted()), e.SignOffTakenBack(ANNA, P, 1), "stale"),
    "absent-by-a-stranger": (READY, e.MarkedAbsent(NOBODY, P, 1), "not-facilitator"),
    "absent-nobody": (READY, e.MarkedAbsent(ANNA, NOBODY, 1), "forged"),
    "absent-off-the-desk": (READY, e.MarkedAbsent(ANNA, Q, 1), "stale"),
    "absent-in-another-epoch": (READY, e.MarkedAbsent(ANNA, P, 2), "stale"),
    "absent-after-the-close": (closed(READY), e.MarkedAbsent(ANNA, P, 1), "stale"),
    "absent-although-signed": (
        b.after(b.admitted(), e.PersonClaimed(ANNA, P)),
        e.MarkedAbsent(ANNA, P, 1),
        "stale",
    ),
    "remove-a-stranger": (READY, e.FacilitatorRemoved(NOBODY), "repeated"),
}


@pytest.mark.parametrize(("session", "event", "code"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(session, event, code):
    """What can't be taken is refused with its reason, changes nothing and orders nothing."""
    assert b.refused(session, event, NOON + 1).code.startswith(code)


def test_a_claim_shows_the_desk():
    """A claimed person stands on the facilitator's desk, which is drawn at the chat's end."""
    decision = b.done(b.started(), e.PersonClaimed(ANNA, P), NOON + 3)
    assert decision.state.facilitators[ANNA].desk == Desk(P, NOON + 3)
    assert Bring(ANNA, ScreenKind.DESK) in decision.effects


def test_a_colleagues_claim_stands_for_two_minutes():
    """For 120 seconds a claim keeps a colleague off; after that the person changes desks."""
    session = b.after(b.started(), e.PersonClaimed(ANNA, P), NOON)
    claim = e.PersonClaimed(BEN, P)
    assert b.refused(session, claim, NOON + 119).code is RefusalCode.CLAIMED
    taken = b.after(session, claim, NOON + 120)
    assert taken.facilitators[ANNA].desk is None
    assert taken.facilitators[BEN].desk == Desk(P, NOON + 120)


def test_leaving_the_desk():
    """A person who was put back may be claimed by a colleague at once."""
    session = b.after(READY, e.DeskLeft(ANNA, P))
    assert session.facilitators[ANNA].desk is None
    assert b.after(session, e.PersonClaimed(BEN, P)).facilitators[BEN].desk


@pytest.mark.parametrize(("shown", "view"), [(True, DeskView.TURN_AWAY), (False, DeskView.LOOK)])
def test_destinations(shown, view):
    """The desk shows the places to turn somebody to, or goes back to looking."""
    session = b.after(READY, e.DestinationsAsked(ANNA, P, shown))
    assert session.facilitators[ANNA].desk.view is view
    assert session.checks == READY.checks


@pytest.mark.parametrize("item", NON_NEGOTIABLES)
def test_an_observation_is_one_facilitators(item):
    """What was seen is kept per item and signer, with its time, and can be taken back."""
    seen = b.after(UNOBSERVED, b.sees(UNOBSERVED, ANNA, P, item), NOON + 4)
    kept = seen.checks[P].observations
    assert {key: (o.seen, o.at) for key, o in kept.items()} == {(item, ANNA): (True, NOON + 4)}
    back = b.after(seen, b.sees(seen, ANNA, P, item, seen=False), NOON + 5)
    assert not back.checks[P].observations[item, ANNA].seen
    held = b.refused(back, b.signs(back, ANNA, P), NOON + 6).holds
    assert Hold(HoldCode.UNOBSERVED, P, item) in held


def test_admitting():
    """A signature with nothing in its way admits, and keeps what it was bound to."""
    event = b.signs(READY, ANNA, P)
    check = b.after(READY, event, NOON + 9).checks[P]
    assert check.state is CheckState.ADMITTED
    assert (check.sign_off.by, check.sign_off.at) == (ANNA, NOON + 9)
    assert check.sign_off.meaning == b.SIGN
    assert check.sign_off.digest.startswith(event.shown)
    assert len(check.sign_off.digest) == 64
    assert check.credential is None


def test_a_signature_is_bound_to_the_screen():
    """Any observation since the screen was drawn makes the signature under it stale."""
    old = b.signs(READY, ANNA, P)
    away = b.after(READY, b.sees(READY, ANNA, P, "headphones", seen=False), NOON + 1)
    again = b.after(away, b.sees(away, ANNA, P, "headphones"), NOON + 2)
    assert b.refused(again, old, NOON + 3).code is RefusalCode.STALE
    assert b.after(again, b.signs(again, ANNA, P), NOON + 3).checks[P].sign_off


def test_signing_moves_on_to_the_longest_ready():
    """After a signature the desk has whom nobody has claimed and who is ready longest."""
    session = b.started(P, Q, R)
    for person, at in ((R, NOON + 1), (Q, NOON + 2), (P, NOON + 3)):
        session = b.answered(session, person, at)
    session = b.after(b.observed(session, ANNA, P, NOON + 4), e.PersonClaimed(BEN, R), NOON + 4)
    signed = b.after(session, b.signs(session, ANNA, P), NOON + 5)
    assert signed.facilitators[ANNA].desk == Desk(Q, NOON + 5)
    alone = b.after(READY, b.signs(READY, ANNA, P))
    last = b.observed(alone, ANNA, Q, NOON) if not alone.checks[Q].observations else alone
    done = b.after(last, b.signs(last, ANNA, Q))
    assert done.facilitators[ANNA].desk is None


@pytest.mark.parametrize("destination", Destination)
def test_turning_away_names_a_place(destination):
    """Turning away is signed like an admission, names where to, and tells the person."""
    decision = b.done(READY, b.signs(READY, ANNA, P, destination))
    check = decision.state.checks[P]
    assert check.state is CheckState.TURNED_AWAY
    assert check.sign_off.outcome is Outcome.TURN_AWAY
    assert check.sign_off.destination is destination
    assert Show(P, ScreenKind.PLACE) in decision.effects


def test_turning_away_needs_no_answers():
    """Somebody who has answered nothing can be turned away."""
    assert b.turned_away(b.started(), ANNA, P).checks[P].state is CheckState.TURNED_AWAY


@pytest.mark.parametrize("destination", [None, Destination.IN_PERSON])
def test_nothing_is_signed_after_the_end(destination):
    """At the session's end neither outcome can be signed any more."""
    why = b.refused(READY, b.signs(READY, ANNA, P, destination), ENDS)
    assert Hold(HoldCode.OVER) in {replace(hold, person=None) for hold in why.holds}


def test_taking_back():
    """A sign-off taken back is void in a new epoch: the answers stand, the looking is anew."""
    session = b.after(b.admitted(), e.SignOffTakenBack(BEN, P, 1), NOON + 20)
    check = session.checks[P]
    assert (check.state, check.epoch, check.ready_at) == (CheckState.READY, 2, NOON + 20)
    assert (check.sign_off, check.observations) == (None, {})
    assert set(check.answers) == set(b.ITEMS)
    assert session.checks[Q] == b.admitted().checks[Q]


def test_absent():
    """Whoever is marked absent is settled, and the desk goes on to the next."""
    session = b.after(READY, e.MarkedAbsent(ANNA, P, 1), NOON + 1)
    assert session.checks[P].state is CheckState.ABSENT
    assert session.facilitators[ANNA].desk == Desk(Q, NOON + 1)


def signed_by_both():
    session = b.admitted_in(b.started(), ANNA, P)
    return b.admitted_in(session, BEN, Q)


def test_removal_voids_only_what_they_signed():
    """A facilitator who is removed takes their signatures along, and nobody else's."""
    session = signed_by_both()
    decision = b.done(session, e.FacilitatorRemoved(ANNA), NOON + 30)
    after = decision.state
    assert not after.facilitators[ANNA].active
    assert after.facilitators[ANNA].desk is None
    assert (after.checks[P].state, after.checks[P].epoch) == (CheckState.READY, 2)
    assert after.checks[P].sign_off is None
    assert after.checks[Q] == session.checks[Q]
    assert b.effects(decision, Say) == (
        Say(BEN, "ring/sign-anew", b.effects(decision, Say)[0].params, P),
    )
    assert b.refused(after, e.FacilitatorRemoved(ANNA)).code is RefusalCode.REPEATED
    assert b.refused(after, e.PersonClaimed(ANNA, P)).code is RefusalCode.NOT_FACILITATOR


def test_removal_takes_the_way_in_away():
    """Who got in on a removed facilitator's signature is stopped and needs a fresh check."""
    session = b.with_staff(b.joined(), ANNA, desk=None)
    decision = b.done(session, e.FacilitatorRemoved(ANNA), STARTS + 30)
    check = decision.state.checks[P]
    assert (check.state, check.epoch, check.credential) == (CheckState.STOPPED, 2, None)
    assert Show(P, ScreenKind.PLACE) in decision.effects


def test_removal_after_the_close_rewrites_nothing():
    """A session that is over keeps its checks as they were."""
    over = b.after(b.joined(), e.SessionClosed(ANNA), STARTS + 60)
    decision = b.done(over, e.FacilitatorRemoved(ANNA), STARTS + 90)
    assert decision.state.checks == over.checks
    assert not b.effects(decision, Say)
