"""The gate: from a state that is ready, each thing taken away is exactly one hold."""

import tomllib
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows import events as e
from flows.flow import NON_NEGOTIABLES
from flows.gate import (
    Hold,
    HoldCode,
    LiftedBy,
    ToAdmit,
    ToAsk,
    ToCallIn,
    ToOpen,
    ToRelease,
    ToRestart,
    ToShow,
    ToShowCall,
    ToStart,
    holds,
)
from flows.model import (
    Agreement,
    Answer,
    Check,
    CheckState,
    Clearance,
    ClearanceDecision,
    Credential,
    Destination,
    Digest,
    Facilitator,
    Observation,
    Opening,
    Outcome,
    PersonId,
    Programme,
    Run,
    Session,
    SessionId,
    SessionKind,
    SessionState,
    SignOff,
    Standing,
)
from tests.flows import builders as b
from tests.flows.builders import ANNA, BEN, ENDS, NOBODY, NOON, STARTS, P, Q

TEXTS = tomllib.loads((Path(__file__).parents[2] / "bot" / "texts.toml").read_text("utf-8"))
CARL = PersonId(3)
NOT_ALONE = b.with_(b.joined(), P, credential=None)
"""P's way in has run out; coming back is not confirmed yet."""
BACK = b.with_(NOT_ALONE, P, rejoin_asked_at=STARTS + 60, rejoin_confirmed_at=STARTS + 60)


def programme(**changed):
    return lambda session: replace(session, programme=replace(session.programme, **changed))


def standing(**changed):
    return lambda session: b.with_standing(session, P, **changed)


def check(**changed):
    return lambda session: b.with_(session, P, **changed)


def staff(by, **changed):
    return lambda session: b.with_staff(session, by, **changed)


def state(value):
    return lambda session: replace(session, state=value)


def everybody_leaves(session):
    return b.with_staff(b.with_staff(session, ANNA, active=False), BEN, active=False)


def answer(item, value):
    def change(session):
        answers = {i: a for i, a in session.checks[P].answers.items() if i != item}
        if value:
            answers[item] = Answer(value, NOON, P)
        return b.with_(session, P, answers=answers)

    return change


def unseen(item, by=ANNA):
    def change(session):
        seen = {**session.checks[P].observations, (item, by): Observation(False, NOON)}  # noqa: FBT003
        return b.with_(session, P, observations=seen)

    return change


def recalled(session):
    return b.with_(session, P, run=replace(session.checks[P].run, recalled=True))


def clearance(decision, until=NOON + b.YEAR):
    return standing(clearance=Clearance(decision, until))


def off_the_roster(session):
    return replace(session, checks={p: c for p, c in session.checks.items() if p != P})


def anna_on_the_roster(session):
    return replace(session, checks={**session.checks, ANNA: Check(ANNA, CheckState.ABSENT)})


PROGRAMME = (
    ("suspended", programme(suspended=True), HoldCode.PROGRAMME_SUSPENDED),
    ("ended", programme(ends_at=NOON), HoldCode.PROGRAMME_ENDED),
    ("end-unknown", programme(ends_at=None), HoldCode.PROGRAMME_ENDED),
    ("safety-contact-expired", programme(safety_contact_until=NOON), HoldCode.SAFETY_CONTACT),
    ("safety-contact-unknown", programme(safety_contact_until=None), HoldCode.SAFETY_CONTACT),
)
STANDING = (
    ("not-enrolled", standing(enrolled=False), HoldCode.NOT_ENROLLED),
    *(
        (f"no-{kind}", standing(agreements=frozenset(Agreement) - {kind}), HoldCode.AGREEMENT)
        for kind in Agreement
    ),
    ("not-oriented", standing(oriented_until=None), HoldCode.ORIENTATION),
    ("orientation-expired", standing(oriented_until=NOON), HoldCode.ORIENTATION),
    ("no-clearance", standing(clearance=None), HoldCode.CLEARANCE),
    *(
        (f"clearance-{decision}", clearance(decision), HoldCode.CLEARANCE_OTHER)
        for decision in ClearanceDecision
        if decision is not ClearanceDecision.ONLINE_GROUP
    ),
    (
        "clearance-expired",
        clearance(ClearanceDecision.ONLINE_GROUP, NOON),
        HoldCode.CLEARANCE_EXPIRED,
    ),
    ("no-intake", standing(intake_at=None), HoldCode.INTAKE),
    ("recalled", recalled, HoldCode.RECALLED),
)
COMPLETE = (
    *((f"unanswered-{item}", answer(item, None), HoldCode.UNANSWERED) for item in b.ITEMS),
    *((f"no-{item}", answer(item, "no"), HoldCode.NOT_YES) for item in b.ITEMS),
    ("an-unknown-answer", answer("camera", "perhaps"), HoldCode.NOT_YES),
    *((f"unseen-{item}", unseen(item), HoldCode.UNOBSERVED) for item in NON_NEGOTIABLES),
)
UNPROVED = (
    "no-code-entered",
    lambda session: replace(session, rules=replace(session.rules, second_factor=True)),
    HoldCode.SECOND_FACTOR,
)
SETTLED = (
    ("turned-away", check(state=CheckState.TURNED_AWAY), HoldCode.TURNED_AWAY),
    ("absent", check(state=CheckState.ABSENT), HoldCode.ABSENT),
    ("stopped", check(state=CheckState.STOPPED), HoldCode.PERSON_STOPPED),
)

TO_ADMIT = (
    UNPROVED,
    *PROGRAMME,
    *STANDING,
    *COMPLETE,
    *SETTLED,
    ("not-started", state(SessionState.PLANNED), HoldCode.NOT_STARTED),
    ("session-stopped", state(SessionState.STOPPED), HoldCode.STOPPED),
    ("closed", state(SessionState.CLOSED), HoldCode.CLOSED),
    ("cancelled", state(SessionState.CANCELLED), HoldCode.CANCELLED),
    ("signer-off", staff(ANNA, active=False), HoldCode.NOT_FACILITATOR),
    ("signer-unprepared", staff(ANNA, prepared=False), HoldCode.NOT_FACILITATOR),
    ("signer-on-the-roster", anna_on_the_roster, HoldCode.SIGNER_IS_PARTICIPANT),
    ("off-the-roster", off_the_roster, HoldCode.NOT_ON_ROSTER),
    ("no-seat", lambda session: replace(session, cap=0), HoldCode.CAPACITY),
)


@pytest.mark.parametrize(("take", "code"), [c[1:] for c in TO_ADMIT], ids=[c[0] for c in TO_ADMIT])
def test_admitting_lacks_one_thing(take, code):
    """Whatever is taken from somebody ready to be signed in is the one hold, and only it."""
    session = b.ready()
    assert holds(session, ToAdmit(P, ANNA), NOON + 1) == ()
    assert {hold.code for hold in holds(take(session), ToAdmit(P, ANNA), NOON + 1)} == {code}


def signed_by(facilitator):
    """Let P's observations and sign-off stand under a third facilitator's name."""

    def change(session):
        signature = replace(session.checks[P].sign_off, by=CARL)
        seen = {(item, CARL): Observation(True, NOON) for item in NON_NEGOTIABLES}  # noqa: FBT003
        signed = b.with_(session, P, observations=seen, sign_off=signature)
        return replace(signed, facilitators={**session.facilitators, CARL: facilitator})

    return change


def unsigned(session):
    return b.with_(session, P, sign_off=None)


def wrongly_signed(session):
    signature = replace(session.checks[P].sign_off, outcome=Outcome.TURN_AWAY)
    return b.with_(session, P, sign_off=signature)


def signed_long_ago(session):
    signature = session.checks[P].sign_off
    return b.with_(session, P, sign_off=replace(signature, at=STARTS - 3601))


def first_turned_away(session):
    """Let the first of two signatures be one that turns P away."""
    twice = first_signed(BEN)(session)
    first = replace(twice.checks[P].first_sign_off, outcome=Outcome.TURN_AWAY)
    return b.with_(twice, P, first_sign_off=first)


def two_sign(session):
    return replace(session, rules=replace(session.rules, signers=2))


def first_signed(by, *, seen=True):
    """Let somebody have given the first of two signatures for everybody, as Anna the second."""

    def change(session):
        for person, one in session.checks.items():
            looks = {(item, by): Observation(seen or person != P, NOON) for item in NON_NEGOTIABLES}
            first = one.sign_off and replace(one.sign_off, by=by if person == P else BEN)
            bens = {(item, BEN): Observation(True, NOON) for item in NON_NEGOTIABLES}  # noqa: FBT003
            session = b.with_(
                session, person, first_sign_off=first,
                observations={**bens, **looks, **one.observations},
            )  # fmt: skip
        return two_sign(session)

    return change


SIGNED = (
    ("unsigned", unsigned, HoldCode.UNSIGNED),
    ("turned-away-by-signature", wrongly_signed, HoldCode.UNSIGNED),
    ("signed-once-of-two", two_sign, HoldCode.SECOND_SIGNER),
    ("signed-twice-by-one", first_signed(ANNA), HoldCode.SECOND_SIGNER),
    ("first-signature-turns-away", first_turned_away, HoldCode.SECOND_SIGNER),
    ("first-signer-gone", first_signed(CARL), HoldCode.SIGNER_GONE),
    ("first-signer-did-not-look", first_signed(BEN, seen=False), HoldCode.UNOBSERVED),
    ("signer-gone", signed_by(Facilitator(active=False)), HoldCode.SIGNER_GONE),
    ("signer-unprepared", signed_by(Facilitator(prepared=False)), HoldCode.SIGNER_GONE),
    ("signer-on-the-roster", anna_on_the_roster, HoldCode.SIGNER_GONE),
    ("sign-off-expired", signed_long_ago, HoldCode.SIGN_OFF_EXPIRED),
)
UNDECIDED = tuple(
    (f"undecided-{value}", check(state=value), HoldCode.UNDECIDED)
    for value in CheckState
    if value not in (CheckState.ADMITTED, CheckState.TURNED_AWAY, CheckState.ABSENT)
)
NO_LINK = ("no-link", lambda session: replace(session, link_ready=False), HoldCode.LINK_MISSING)
OVER_THE_CAP = ("over-the-cap", lambda session: replace(session, cap=1), HoldCode.CAPACITY)

TO_OPEN = (
    UNPROVED,
    *PROGRAMME,
    *STANDING,
    *COMPLETE,
    *SIGNED,
    *UNDECIDED,
    NO_LINK,
    OVER_THE_CAP,
    ("not-started", state(SessionState.PLANNED), HoldCode.NOT_STARTED),
    ("stopped", state(SessionState.STOPPED), HoldCode.STOPPED),
    ("open-already", state(SessionState.OPEN), HoldCode.CLOSED),
    ("closed", state(SessionState.CLOSED), HoldCode.CLOSED),
    ("cancelled", state(SessionState.CANCELLED), HoldCode.CANCELLED),
    ("opener-off", staff(BEN, active=False), HoldCode.NOT_FACILITATOR),
    ("opener-unprepared", staff(BEN, prepared=False), HoldCode.NOT_FACILITATOR),
    (
        "nobody-admitted",
        lambda session: b.with_(
            check(state=CheckState.ABSENT)(session), Q, state=CheckState.ABSENT
        ),
        HoldCode.NOBODY_ADMITTED,
    ),
)


@pytest.mark.parametrize(("take", "code"), [c[1:] for c in TO_OPEN], ids=[c[0] for c in TO_OPEN])
def test_opening_lacks_one_thing(take, code):
    """Whatever is taken from a session ready to be opened is the one hold, and only it."""
    session = b.linked()
    assert holds(session, ToOpen(BEN), STARTS) == ()
    assert {hold.code for hold in holds(take(session), ToOpen(BEN), STARTS)} == {code}


TO_RELEASE = (
    *PROGRAMME,
    *STANDING,
    *COMPLETE,
    *SIGNED,
    NO_LINK,
    OVER_THE_CAP,
    ("off-the-roster", off_the_roster, HoldCode.NOT_ON_ROSTER),
    ("ready-only", check(state=CheckState.READY), HoldCode.UNSIGNED),
    ("left", check(checked_out_at=STARTS), HoldCode.CHECKED_OUT),
    ("no-opening", lambda session: replace(session, opening=None), HoldCode.NOT_OPEN),
    *(
        (f"session-{value}", state(value), HoldCode.NOT_OPEN)
        for value in SessionState
        if value is not SessionState.OPEN
    ),
)


@pytest.mark.parametrize(
    ("take", "code"), [c[1:] for c in TO_RELEASE], ids=[c[0] for c in TO_RELEASE]
)
def test_release_lacks_one_thing(take, code):
    """Whatever is taken from somebody who may join is the one hold, and only it."""
    session = b.opened()
    assert holds(session, ToRelease(P), STARTS) == ()
    assert {hold.code for hold in holds(take(session), ToRelease(P), STARTS)} == {code}


TO_SHOW = (
    *PROGRAMME,
    *STANDING,
    *COMPLETE,
    *SIGNED[:-1],
    NO_LINK,
    OVER_THE_CAP,
    ("left", check(checked_out_at=STARTS), HoldCode.CHECKED_OUT),
    ("stopped", state(SessionState.STOPPED), HoldCode.NOT_OPEN),
    ("no-credential", check(credential=None), HoldCode.NO_CREDENTIAL),
    (
        "credential-ran-out",
        check(credential=Credential(1, STARTS - 600, STARTS)),
        HoldCode.NO_CREDENTIAL,
    ),
)


@pytest.mark.parametrize(("take", "code"), [c[1:] for c in TO_SHOW], ids=[c[0] for c in TO_SHOW])
def test_showing_the_way_in_lacks_one_thing(take, code):
    """A way in is shown only while everything holds that let it be minted."""
    session = b.joined()
    assert holds(session, ToShow(P), STARTS) == ()
    assert {hold.code for hold in holds(take(session), ToShow(P), STARTS)} == {code}


BACK_LACKS = (
    ("unconfirmed", check(rejoin_confirmed_at=None), HoldCode.REJOIN_UNCONFIRMED),
    ("confirmed-long-ago", check(rejoin_confirmed_at=STARTS - 541), HoldCode.REJOIN_UNCONFIRMED),
    ("came-back-already", check(minted=2), HoldCode.REJOIN_USED),
)


@pytest.mark.parametrize(
    ("take", "code"), [c[1:] for c in BACK_LACKS], ids=[c[0] for c in BACK_LACKS]
)
def test_coming_back_lacks_one_thing(take, code):
    """Coming back needs a fresh word that one is still alone, and happens once."""
    assert holds(BACK, ToRelease(P), STARTS + 60) == ()
    assert holds(take(BACK), ToRelease(P), STARTS + 60) == (Hold(code, P),)


WINDOWS = (
    ("start-early", b.planned(), ToStart(), STARTS - 3601, HoldCode.TOO_EARLY),
    ("start-over", b.planned(), ToStart(), ENDS, HoldCode.OVER),
    ("open-early", b.linked(), ToOpen(ANNA), STARTS - 901, HoldCode.TOO_EARLY),
    ("release-early", b.opened(), ToRelease(P), STARTS - 901, HoldCode.TOO_EARLY),
)


@pytest.mark.parametrize(
    ("session", "act", "now", "code"), [w[1:] for w in WINDOWS], ids=[w[0] for w in WINDOWS]
)
def test_outside_the_window(session, act, now, code):
    """Outside its window an act is held by time alone."""
    assert holds(session, act, now) == (Hold(code),)


@pytest.mark.parametrize(
    ("session", "act"),
    [(b.ready(), ToAdmit(P, ANNA)), (b.linked(), ToOpen(ANNA)), (b.opened(), ToRelease(P))],
    ids=["admit", "open", "release"],
)
def test_over_is_over(session, act):
    """At the session's end nothing may be signed, opened or released any more."""
    assert HoldCode.OVER in {hold.code for hold in holds(session, act, ENDS)}


def test_edges_of_the_limits():
    """A limit's last second still counts; the next one does not."""
    assert holds(b.ready(), ToAdmit(P, ANNA), NOON + 3600) == ()
    late = holds(b.ready(), ToAdmit(P, ANNA), NOON + 3601)
    assert late == (Hold(HoldCode.ANSWERS_EXPIRED, P),)
    assert holds(b.linked(), ToOpen(ANNA), NOON + 3600) == ()
    expired = holds(b.linked(), ToOpen(ANNA), NOON + 3601)
    assert expired == (Hold(HoldCode.SIGN_OFF_EXPIRED, P), Hold(HoldCode.SIGN_OFF_EXPIRED, Q))
    assert holds(b.linked(), ToOpen(ANNA), STARTS - 900) == ()
    assert holds(b.planned(), ToStart(), STARTS - 3600) == ()
    assert holds(BACK, ToRelease(P), STARTS + 660) == ()
    assert holds(BACK, ToRelease(P), STARTS + 661) == (Hold(HoldCode.REJOIN_UNCONFIRMED, P),)


ENDING = (
    ("programme", lambda at: programme(ends_at=at), HoldCode.PROGRAMME_ENDED),
    ("contact", lambda at: programme(safety_contact_until=at), HoldCode.SAFETY_CONTACT),
    ("orientation", lambda at: standing(oriented_until=at), HoldCode.ORIENTATION),
    (
        "clearance",
        lambda at: clearance(ClearanceDecision.ONLINE_GROUP, at),
        HoldCode.CLEARANCE_EXPIRED,
    ),
)


@pytest.mark.parametrize(("until", "code"), [c[1:] for c in ENDING], ids=[c[0] for c in ENDING])
def test_until_means_before(until, code):
    """What holds until an instant holds no more at that instant."""
    act = ToAdmit(P, ANNA)
    assert holds(until(NOON + 61)(b.ready()), act, NOON + 60) == ()
    assert {hold.code for hold in holds(until(NOON + 60)(b.ready()), act, NOON + 60)} == {code}


def test_full_is_not_over_the_cap():
    """As many as the cap says may be signed in, opened to, released; each counts once."""
    assert holds(replace(b.ready(), cap=1), ToAdmit(P, ANNA), NOON) == ()
    assert holds(replace(b.linked(), cap=2), ToOpen(ANNA), STARTS) == ()
    assert holds(replace(b.opened(), cap=2), ToRelease(P), STARTS) == ()
    again = holds(replace(b.admitted(), cap=2), ToAdmit(P, ANNA), NOON)
    assert HoldCode.CAPACITY not in {hold.code for hold in again}


@pytest.mark.parametrize(("take", "code"), [s[1:] for s in SETTLED], ids=[s[0] for s in SETTLED])
def test_release_says_how_somebody_was_settled(take, code):
    """Whoever was turned away, absent or stopped is held as that, besides being unsigned."""
    found = holds(take(b.opened()), ToRelease(P), STARTS)
    assert {hold.code for hold in found} == {code, HoldCode.UNSIGNED}


@pytest.mark.parametrize("act", [ToOpen(ANNA), ToAdmit(P, ANNA)], ids=["open", "admit"])
def test_unknown_state_is_no_way_in(act):
    """A state that nobody knows raises; it never counts as nothing to hold."""
    with pytest.raises(AssertionError, match="unreachable"):
        holds(state("elsewhere")(b.linked()), act, STARTS)


def test_unknown_act_is_no_way_in():
    """An act that nobody knows raises."""
    with pytest.raises(AssertionError, match="unreachable"):
        holds(b.opened(), "walk in", STARTS)


ACTS = (
    *(ToStart(), ToAsk(P), ToRestart(P), ToAdmit(P, ANNA), ToOpen(ANNA), ToRelease(P), ToShow(P)),
    *(ToCallIn(P, ANNA), ToShowCall(P)),
)


@pytest.mark.parametrize(
    "value", [*ACTS, Hold(HoldCode.OVER)], ids=lambda value: type(value).__name__
)
def test_values_are_fixed(value):
    """An act, or a hold, is a value that can stand in a set, and carries nothing besides."""
    assert hash(value) == hash(replace(value))
    assert not hasattr(value, "__dict__")


def test_a_hold_says_no_more_than_it_must():
    """A hold on the session is about nobody and no item."""
    assert (Hold(HoldCode.OVER).person, Hold(HoldCode.OVER).item) == (None, "")


def test_nobody_to_sign():
    """A session without a facilitator who may sign is held as such, whatever is asked."""
    for session, act in (
        (everybody_leaves(b.planned()), ToStart()),
        (everybody_leaves(b.planned()), ToAsk(P)),
        (everybody_leaves(b.opened()), ToRelease(P)),
    ):
        assert Hold(HoldCode.NO_FACILITATOR) in holds(session, act, NOON)


def test_nobody_prepared():
    """Facilitators who are not prepared are none."""
    unprepared = staff(ANNA, prepared=False)(staff(BEN, prepared=False)(b.planned()))
    assert holds(unprepared, ToStart(), NOON) == (Hold(HoldCode.NO_FACILITATOR),)


def test_too_late_to_begin_anew():
    """Only while the session is open is it too late to be asked anew; and for whom, is known."""
    late = STARTS + 901
    assert Hold(HoldCode.TOO_LATE, P) in holds(b.opened(), ToRestart(P), late)
    assert holds(b.started(), ToRestart(P), late) == ()
    assert holds(b.opened(), ToRestart(NOBODY), late) == (Hold(HoldCode.NOT_ON_ROSTER, NOBODY),)


@pytest.mark.parametrize(
    ("session", "act"),
    [(b.ready(), ToAdmit(P, CARL)), (b.linked(), ToOpen(CARL))],
    ids=["admit", "open"],
)
def test_a_stranger_to_the_session_has_no_code_for_it(session, act):
    """Where a code is asked for, whoever does not facilitate the session lacks it too."""
    _, asks, code = UNPROVED
    found = {hold.code for hold in holds(asks(session), act, STARTS)}
    assert {HoldCode.NOT_FACILITATOR, code} <= found


def test_nobody_signs_themselves():
    """A facilitator can't sign for themselves, on the roster or not."""
    codes = {hold.code for hold in holds(b.ready(), ToAdmit(BEN, BEN), NOON)}
    assert codes == {HoldCode.SIGNER_IS_PARTICIPANT, HoldCode.NOT_ON_ROSTER}


def test_asking_needs_a_revision():
    """Without a published revision in their language nobody is asked."""
    unpublished = b.with_(b.planned(), P, published=None)
    assert holds(b.planned(), ToAsk(P), NOON) == ()
    assert holds(unpublished, ToAsk(P), NOON) == (Hold(HoldCode.NO_REVISION, P),)
    assert holds(b.planned(), ToAsk(NOBODY), NOON) == (Hold(HoldCode.NOT_ON_ROSTER, NOBODY),)


def test_only_the_signers_eyes_count():
    """What a colleague observed does not carry one's own signature."""
    found = holds(b.ready(), ToAdmit(P, BEN), NOON)
    assert found == tuple(Hold(HoldCode.UNOBSERVED, P, item) for item in NON_NEGOTIABLES)


def test_the_four_whatever_the_flow_says():
    """A flow that lists no items still leaves the four to answer and to observe."""
    session = b.ready()
    run = session.checks[P].run
    flow = replace(run.revision.flow, items=())
    bare = replace(run, revision=replace(run.revision, flow=flow))
    empty = b.with_(session, P, run=bare, answers={}, observations={})
    found = {(hold.code, hold.item) for hold in holds(empty, ToAdmit(P, ANNA), NOON)}
    lacking = (HoldCode.UNANSWERED, HoldCode.UNOBSERVED)
    assert found == set(product(lacking, NON_NEGOTIABLES))


def test_what_the_flow_has_observed_besides():
    """An item beyond the four that a flow lets observe is observed too."""
    session = b.ready()
    run = session.checks[P].run
    flow = run.revision.flow
    items = tuple(replace(item, observed=True) if item.id == "camera" else item
                  for item in flow.items)  # fmt: skip
    more = replace(run, revision=replace(run.revision, flow=replace(flow, items=items)))
    found = holds(b.with_(session, P, run=more), ToAdmit(P, ANNA), NOON)
    assert found == (Hold(HoldCode.UNOBSERVED, P, "camera"),)


@pytest.mark.parametrize(
    ("session", "act"),
    [(b.ready(), ToAdmit(P, ANNA)), (b.linked(), ToOpen(ANNA)), (b.opened(), ToRelease(P))],
    ids=["admit", "open", "release"],
)
def test_no_run_is_a_hold(session, act):
    """A check without a run is held: which items it needs is unknown."""
    found = holds(b.with_(session, P, run=None), act, STARTS)
    assert Hold(HoldCode.NOT_STARTED, P) in found


@pytest.mark.parametrize("act", [ToAdmit(P, ANNA), ToOpen(ANNA)], ids=["admit", "open"])
def test_no_participant_acts_as_staff(act):
    """Whoever is on the roster neither signs nor opens, role or not, as in the schema."""
    session = anna_on_the_roster(b.ready() if isinstance(act, ToAdmit) else b.linked())
    codes = {hold.code for hold in holds(session, act, STARTS)}
    assert HoldCode.SIGNER_IS_PARTICIPANT in codes


def test_one_to_one():
    """A clearance for one-to-one talks is enough for one, without an intake; for one person."""
    alone = replace(b.ready(P), kind=SessionKind.ONE_TO_ONE)
    decided = clearance(ClearanceDecision.ONE_TO_ONE_ONLY)(alone)
    settled = standing(intake_at=None)(decided)
    assert holds(settled, ToAdmit(P, ANNA), NOON) == ()
    two = replace(b.linked(), kind=SessionKind.ONE_TO_ONE)
    assert Hold(HoldCode.CAPACITY) in holds(two, ToOpen(ANNA), STARTS)


def test_no_setting_lifts_the_limit_of_eight():
    """A ninth person is held by capacity, an eighth is not, whatever cap a session claims."""
    people = [PersonId(20 + n) for n in range(9)]
    session = b.planned(*people, cap=99, state=SessionState.CHECKING)
    for person in people[:-2]:
        session = b.with_(session, person, state=CheckState.ADMITTED)
    assert Hold(HoldCode.CAPACITY) not in holds(session, ToAdmit(people[-1], ANNA), NOON)
    session = b.with_(session, people[-2], state=CheckState.ADMITTED)
    assert Hold(HoldCode.CAPACITY) in holds(session, ToAdmit(people[-1], ANNA), NOON)


def test_every_hold_occurs():
    """The tables of this file, with the lateness of the checks, bring up every hold there is."""
    lists = (TO_ADMIT, TO_OPEN, TO_RELEASE, TO_SHOW, BACK_LACKS)
    found = {case[2] for cases in lists for case in cases} | {case[4] for case in WINDOWS}
    found |= {HoldCode.ANSWERS_EXPIRED, HoldCode.NO_FACILITATOR, HoldCode.NO_REVISION}
    # These come up in `test_check_room.py`.
    found |= {HoldCode.NO_CHECK_ROOM, HoldCode.NO_CHAT, HoldCode.NOT_CALLED}
    found |= {hold.code for hold in late_restart()}
    assert found == set(HoldCode)


def late_restart():
    session = b.absent(b.admitted_in(b.started(), ANNA, P), ANNA, Q)
    session = b.after(session, e.LinkPasted(ANNA, fresh=True))
    session = b.after(session, b.opens(session), STARTS)
    return b.refused(session, e.CheckRestarted(ANNA, Q), STARTS + 901).holds


LIFTED = {
    LiftedBy.PARTICIPANT: "agreement unanswered not-yes rejoin-unconfirmed no-credential",
    LiftedBy.FACILITATOR: "not-started not-open stopped link-missing undecided nobody-admitted"
    " orientation clearance clearance-expired clearance-other intake recalled answers-expired"
    " unobserved unsigned second-signer signer-gone sign-off-expired turned-away absent"
    " person-stopped rejoin-used checked-out second-factor no-chat not-called",
    LiftedBy.COORDINATOR: "programme-suspended programme-ended safety-contact no-facilitator"
    " not-facilitator capacity not-on-roster not-enrolled no-revision no-check-room",
    LiftedBy.TIME: "too-early",
    LiftedBy.NOBODY: "signer-is-participant closed cancelled too-late over",
}


@pytest.mark.parametrize("who", LiftedBy)
def test_every_hold_names_who_lifts_it(who):
    """Staff are sent to whoever can lift a hold; time alone lifts only what came too early."""
    assert {code for code in HoldCode if Hold(code).lifted_by is who} == set(LIFTED[who].split())


def test_every_hold_has_its_words():
    """A hold, and whoever lifts it, is told in words that are there, and in its own."""
    assert {code.value for code in HoldCode} == set(TEXTS["hold"])
    assert {who.value for who in LiftedBy} == set(TEXTS["lifted"])
    for code in (*HoldCode, *LiftedBy):
        assert code.name.lower() == code.value.replace("-", "_")


def test_no_hold_twice():
    """A reason is given once."""
    found = holds(b.planned(), ToAdmit(P, NOBODY), NOON)
    assert len(found) == len(set(found))


# Any state whatever ------------------------------------------------------------------------------

at = st.sampled_from([NOON, STARTS, STARTS + 60, ENDS, NOON + b.YEAR])
instants = st.none() | at
people = st.sampled_from([ANNA, BEN, P, Q, NOBODY])
items = st.sampled_from([*b.ITEMS, "another"])
sign_offs = st.builds(
    SignOff,
    st.sampled_from(Outcome),
    people,
    at,
    st.just(Digest("a" * 64)),
    st.just(b.SIGN),
    st.none() | st.sampled_from(Destination),
)
standings = st.builds(
    Standing,
    st.none() | st.builds(Clearance, st.sampled_from(ClearanceDecision), at),
    instants,
    st.frozensets(st.sampled_from(Agreement)),
    instants,
    st.booleans(),
)
checks = st.builds(
    Check,
    st.just(P),
    st.sampled_from(CheckState),
    st.integers(1, 3),
    st.none() | st.builds(Run, st.just(b.REVISION), st.just("review"), at, recalled=st.booleans()),
    st.dictionaries(items, st.builds(Answer, st.sampled_from(["yes", "no", ""]), at, people)),
    st.dictionaries(st.tuples(items, people), st.builds(Observation, st.booleans(), at)),
    st.none() | sign_offs,
    st.none() | st.builds(Credential, st.integers(1, 2), at, at),
    st.integers(0, 3),
    standing=standings,
    rejoin_confirmed_at=instants,
    checked_out_at=instants,
    published=st.none() | st.just(b.REVISION),
)
sessions = st.builds(
    Session,
    st.just(SessionId(1)),
    st.sampled_from(SessionKind),
    st.just(b.planned().room),
    at,
    at,
    st.integers(0, 9),
    st.dictionaries(people, st.builds(Facilitator, st.booleans(), st.booleans())),
    st.fixed_dictionaries({}, optional={P: checks, Q: checks.map(lambda c: replace(c, person=Q))}),
    st.sampled_from(SessionState),
    opening=st.none() | st.builds(Opening, st.just(1), people, at, st.just("c"), st.just(b.OPEN)),
    link_ready=st.booleans(),
    programme=st.builds(Programme, st.booleans(), instants, instants),
)
acts = st.one_of(
    st.just(ToStart()),
    st.builds(ToAsk, people),
    st.builds(ToAdmit, people, people),
    st.builds(ToOpen, people),
    st.builds(ToRelease, people),
    st.builds(ToShow, people),
)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(sessions, acts, at)
def test_the_gate_always_answers(session, act, now):
    """Whatever the state, the gate names its holds, each once and lifted by somebody."""
    found = holds(session, act, now)
    assert len(found) == len(set(found))
    assert all(hold.lifted_by in LiftedBy for hold in found)


CHANGES = [case[1] for case in (*PROGRAMME, *STANDING, *COMPLETE)]


@settings(max_examples=80, deadline=None, derandomize=True, database=None)
@given(st.lists(st.sampled_from(CHANGES), min_size=2, max_size=4, unique=True))
def test_taking_more_away_lifts_nothing(changes):
    """However many things are missing at once, the gate stays shut to everything."""
    signing, opening, releasing = b.ready(), b.linked(), b.opened()
    for change in changes:
        signing, opening, releasing = change(signing), change(opening), change(releasing)
    assert holds(signing, ToAdmit(P, ANNA), NOON)
    assert holds(opening, ToOpen(ANNA), STARTS)
    assert holds(releasing, ToRelease(P), STARTS)
