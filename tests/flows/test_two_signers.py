"""Four eyes: where the programme asks for two signatures, one facilitator admits nobody alone."""

import pytest

from flows import events as e
from flows.decide import RefusalCode
from flows.gate import HoldCode
from flows.model import CheckState, Destination, Rules
from tests.flows import builders as b
from tests.flows.builders import ANNA, BEN, NOON, STARTS, P, Q
from tests.flows.test_decide_checks import correcting


def started():
    return b.after(b.planned(rules=Rules(signers=2)), e.ChecksStarted(ANNA))


def signed_once(now=NOON):
    """Return a session in which Anna has looked at P and signed."""
    session = b.observed(b.answered(started(), P, now), ANNA, P, now)
    return b.after(session, b.signs(session, ANNA, P), now)


def signed_twice():
    session = b.observed(signed_once(), BEN, P)
    return b.after(session, b.signs(session, BEN, P))


def test_first_signature_admits_nobody():
    """After one of two signatures the person is still only ready."""
    check = signed_once().checks[P]

    assert check.state is CheckState.READY
    assert check.first_sign_off.by == ANNA
    assert check.sign_off is None


def test_second_signature_admits():
    """The signature of a second facilitator who has looked too admits."""
    check = signed_twice().checks[P]

    assert check.state is CheckState.ADMITTED
    assert (check.first_sign_off.by, check.sign_off.by) == (ANNA, BEN)


def test_nobody_signs_twice():
    """Whoever gave the first signature can't give the second one."""
    session = b.after(signed_once(), e.PersonClaimed(ANNA, P))

    refusal = b.refused(session, b.signs(session, ANNA, P))

    assert {hold.code for hold in refusal.holds} == {HoldCode.SECOND_SIGNER}


def test_second_signer_looks_too():
    """The second signature needs what its own signer has seen."""
    session = b.after(signed_once(), e.PersonClaimed(BEN, P))

    refusal = b.refused(session, b.signs(session, BEN, P))

    assert {hold.code for hold in refusal.holds} == {HoldCode.UNOBSERVED}


def test_what_the_first_signed_on_stays():
    """Whoever has signed can't take back what they saw and leave the signature standing."""
    session = b.after(signed_once(), e.PersonClaimed(ANNA, P))

    refusal = b.refused(session, b.sees(session, ANNA, P, "headphones", seen=False))

    assert refusal.code is RefusalCode.STALE


def test_second_signature_stands_on_the_first():
    """A signature tapped on a screen without the first one signs nothing."""
    both_looked = b.observed(b.answered(started(), P), ANNA, P)
    both_looked = b.after(both_looked, e.DeskLeft(ANNA, P))
    both_looked = b.observed(both_looked, BEN, P)
    tapped = b.signs(both_looked, BEN, P)
    session = b.after(both_looked, e.DeskLeft(BEN, P))
    session = b.after(session, e.PersonClaimed(ANNA, P))
    session = b.after(session, b.signs(session, ANNA, P))
    session = b.after(session, e.PersonClaimed(BEN, P))

    assert b.refused(session, tapped).code is RefusalCode.STALE


def test_first_signature_is_taken_back_in_a_new_epoch():
    """A first signature that is taken back is worth nothing any more, whoever takes it back."""
    session = signed_once()
    epoch = session.checks[P].epoch

    check = b.after(session, e.SignOffTakenBack(BEN, P, epoch)).checks[P]

    assert (check.state, check.epoch, check.first_sign_off) == (CheckState.READY, epoch + 1, None)


def test_correction_voids_the_first_signature():
    """A participant's correction voids one of two signatures, as it voids one alone."""
    session = correcting(signed_once(), "headphones")

    check = b.after(session, b.taps(session, P, "no")).checks[P]

    assert (check.first_sign_off, check.epoch) == (None, 2)


@pytest.mark.parametrize("gone", [ANNA, BEN])
def test_signer_who_is_removed_voids_an_admission(gone):
    """Whichever of the two signers loses the session, the admission is void."""
    check = b.after(signed_twice(), e.FacilitatorRemoved(gone)).checks[P]

    assert check.state is CheckState.READY
    assert (check.first_sign_off, check.sign_off) == (None, None)


def test_first_signer_who_is_removed_voids_the_first_signature():
    """A first signature does not outlive its signer's role."""
    check = b.after(signed_once(), e.FacilitatorRemoved(ANNA)).checks[P]

    assert (check.state, check.first_sign_off) == (CheckState.READY, None)


def in_the_menu(session):
    """P looks at the answers, to change one."""
    return b.after(session, b.taps(session, P, "change"))


def test_nobody_signs_while_an_answer_may_change():
    """A first signature, too, is taken only while the person is ready."""
    session = b.observed(b.answered(started(), P), ANNA, P)
    tapped = b.signs(session, ANNA, P)

    assert b.refused(in_the_menu(session), tapped).code is RefusalCode.STALE


def test_first_signature_is_void_without_its_signer_in_the_menu_too():
    """A first signature does not outlive its signer's role while the person looks at answers."""
    session = in_the_menu(signed_once())

    check = b.after(session, e.FacilitatorRemoved(ANNA)).checks[P]

    assert (check.state, check.epoch, check.first_sign_off) == (CheckState.ASKING, 2, None)


def test_one_facilitator_turns_away():
    """Turning away needs one signature, after a first one too."""
    session = b.after(signed_once(), e.PersonClaimed(BEN, P))

    check = b.after(session, b.signs(session, BEN, P, Destination.IN_PERSON)).checks[P]

    assert check.state is CheckState.TURNED_AWAY


def test_next_person_is_one_whom_the_facilitator_has_not_signed():
    """Signing moves on to somebody who waits for this facilitator, not back to the same person."""
    session = b.answered(signed_once(), Q)
    session = b.observed(session, ANNA, Q)

    desk = b.after(session, b.signs(session, ANNA, Q)).facilitators[ANNA].desk

    assert desk is None


def test_old_first_signature_expires():
    """The limit of a sign-off counts from the older of the two."""
    session = signed_once()
    session = b.observed(session, BEN, P, STARTS)
    session = b.after(session, b.signs(session, BEN, P), STARTS)
    session = b.after(b.absent(session, ANNA, Q, STARTS), e.LinkPasted(ANNA, fresh=True), STARTS)

    found = b.refused(session, b.opens(session), NOON + 3601).holds

    assert {hold.code for hold in found} == {HoldCode.SIGN_OFF_EXPIRED}


def test_two_signatures_open_and_release():
    """With both signatures the session opens and the person gets a way in."""
    session = b.after(b.absent(signed_twice(), ANNA, Q), e.LinkPasted(ANNA, fresh=True))
    session = b.after(session, b.opens(session), STARTS)

    joined = b.after(session, b.joins(session, P), STARTS)

    assert joined.checks[P].credential is not None


def test_first_signature_alone_is_no_admission_at_the_gate():
    """Even a check that calls itself admitted is held on one signature of two."""
    session = signed_twice()
    session = b.with_(session, P, first_sign_off=None)
    session = b.after(b.absent(session, ANNA, Q), e.LinkPasted(ANNA, fresh=True))

    found = b.refused(session, b.opens(session), STARTS).holds

    assert {hold.code for hold in found} == {HoldCode.SECOND_SIGNER}
