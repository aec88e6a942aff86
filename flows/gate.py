"""The gate: the one definition of *blocked because*.

`holds` says why an act may not happen now. No holds means that it may; anything missing or
unknown is a hold. It only ever narrows: no role, flag or setting takes a hold away, and time
alone never opens anything. The schema in `storage/migrations` refuses the same from raw SQL.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from flows.flow import NON_NEGOTIABLES
from flows.model import (
    Agreement,
    Check,
    CheckState,
    ClearanceDecision,
    Instant,
    Outcome,
    PersonId,
    Session,
    SessionKind,
    SessionState,
    SignOff,
)

CAP_LIMIT = 8
"""No group is larger, whatever the programme has set (the report: about six)."""
REJOINS = 1
"""How often one sign-off may be followed by a second way in, after a dropped line."""


class LiftedBy(StrEnum):
    """Who can lift a hold."""

    PARTICIPANT = "participant"
    FACILITATOR = "facilitator"
    COORDINATOR = "coordinator"
    TIME = "time"
    NOBODY = "nobody"


class HoldCode(StrEnum):
    """Every reason why something is blocked; the words are in `bot/texts.toml` under `hold`."""

    PROGRAMME_SUSPENDED = "programme-suspended"
    PROGRAMME_ENDED = "programme-ended"
    SAFETY_CONTACT = "safety-contact"
    NO_FACILITATOR = "no-facilitator"
    NOT_FACILITATOR = "not-facilitator"
    SIGNER_IS_PARTICIPANT = "signer-is-participant"
    SECOND_FACTOR = "second-factor"
    NOT_STARTED = "not-started"
    NOT_OPEN = "not-open"
    STOPPED = "stopped"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    TOO_EARLY = "too-early"
    TOO_LATE = "too-late"
    OVER = "over"
    CAPACITY = "capacity"
    LINK_MISSING = "link-missing"
    UNDECIDED = "undecided"
    NOBODY_ADMITTED = "nobody-admitted"
    NOT_ON_ROSTER = "not-on-roster"
    NOT_ENROLLED = "not-enrolled"
    AGREEMENT = "agreement"
    ORIENTATION = "orientation"
    CLEARANCE = "clearance"
    CLEARANCE_EXPIRED = "clearance-expired"
    CLEARANCE_OTHER = "clearance-other"
    INTAKE = "intake"
    NO_REVISION = "no-revision"
    RECALLED = "recalled"
    UNANSWERED = "unanswered"
    NOT_YES = "not-yes"
    ANSWERS_EXPIRED = "answers-expired"
    UNOBSERVED = "unobserved"
    UNSIGNED = "unsigned"
    SECOND_SIGNER = "second-signer"
    SIGNER_GONE = "signer-gone"
    SIGN_OFF_EXPIRED = "sign-off-expired"
    TURNED_AWAY = "turned-away"
    ABSENT = "absent"
    PERSON_STOPPED = "person-stopped"
    REJOIN_UNCONFIRMED = "rejoin-unconfirmed"
    REJOIN_USED = "rejoin-used"
    CHECKED_OUT = "checked-out"
    NO_CREDENTIAL = "no-credential"
    NO_CHECK_ROOM = "no-check-room"
    NO_CHAT = "no-chat"
    NOT_CALLED = "not-called"


_P, _F, _C, _T, _N = LiftedBy
_LIFTED_BY: dict[HoldCode, LiftedBy] = {
    HoldCode.PROGRAMME_SUSPENDED: _C,
    HoldCode.PROGRAMME_ENDED: _C,
    HoldCode.SAFETY_CONTACT: _C,
    HoldCode.NO_FACILITATOR: _C,
    HoldCode.NOT_FACILITATOR: _C,
    HoldCode.SIGNER_IS_PARTICIPANT: _N,
    HoldCode.SECOND_FACTOR: _F,
    HoldCode.NOT_STARTED: _F,
    HoldCode.NOT_OPEN: _F,
    HoldCode.STOPPED: _F,
    HoldCode.CLOSED: _N,
    HoldCode.CANCELLED: _N,
    HoldCode.TOO_EARLY: _T,
    HoldCode.TOO_LATE: _N,
    HoldCode.OVER: _N,
    HoldCode.CAPACITY: _C,
    HoldCode.LINK_MISSING: _F,
    HoldCode.UNDECIDED: _F,
    HoldCode.NOBODY_ADMITTED: _F,
    HoldCode.NOT_ON_ROSTER: _C,
    HoldCode.NOT_ENROLLED: _C,
    HoldCode.AGREEMENT: _P,
    HoldCode.ORIENTATION: _F,
    HoldCode.CLEARANCE: _F,
    HoldCode.CLEARANCE_EXPIRED: _F,
    HoldCode.CLEARANCE_OTHER: _F,
    HoldCode.INTAKE: _F,
    HoldCode.NO_REVISION: _C,
    HoldCode.RECALLED: _F,
    HoldCode.UNANSWERED: _P,
    HoldCode.NOT_YES: _P,
    HoldCode.ANSWERS_EXPIRED: _F,
    HoldCode.UNOBSERVED: _F,
    HoldCode.UNSIGNED: _F,
    HoldCode.SECOND_SIGNER: _F,
    HoldCode.SIGNER_GONE: _F,
    HoldCode.SIGN_OFF_EXPIRED: _F,
    HoldCode.TURNED_AWAY: _F,
    HoldCode.ABSENT: _F,
    HoldCode.PERSON_STOPPED: _F,
    HoldCode.REJOIN_UNCONFIRMED: _P,
    HoldCode.REJOIN_USED: _F,
    HoldCode.CHECKED_OUT: _F,
    HoldCode.NO_CREDENTIAL: _P,
    HoldCode.NO_CHECK_ROOM: _C,
    HoldCode.NO_CHAT: _F,
    HoldCode.NOT_CALLED: _F,
}


@dataclass(frozen=True, slots=True)
class Hold:
    """One reason why something is blocked, and who can lift it."""

    code: HoldCode
    person: PersonId | None = None
    item: str = ""

    @property
    def lifted_by(self) -> LiftedBy:
        """Who can lift this hold."""
        return _LIFTED_BY[self.code]


@dataclass(frozen=True, slots=True)
class ToStart:
    """Starting the checks of a session."""


@dataclass(frozen=True, slots=True)
class ToAsk:
    """Asking one participant the questions of the check."""

    person: PersonId


@dataclass(frozen=True, slots=True)
class ToRestart:
    """Asking one participant anew: after a stop, or a latecomer in time."""

    person: PersonId


@dataclass(frozen=True, slots=True)
class ToAdmit:
    """Signing one participant in."""

    person: PersonId
    by: PersonId


@dataclass(frozen=True, slots=True)
class ToOpen:
    """Opening the session."""

    by: PersonId


@dataclass(frozen=True, slots=True)
class ToRelease:
    """Minting a credential for one participant."""

    person: PersonId


@dataclass(frozen=True, slots=True)
class ToShow:
    """Showing one participant the way in that a live credential stands for."""

    person: PersonId


@dataclass(frozen=True, slots=True)
class ToCallIn:
    """Calling one participant into the check room."""

    person: PersonId
    by: PersonId


@dataclass(frozen=True, slots=True)
class ToShowCall:
    """Showing one participant the way into the check room, while they are called in."""

    person: PersonId


Act = ToStart | ToAsk | ToRestart | ToAdmit | ToOpen | ToRelease | ToShow | ToCallIn | ToShowCall


def holds(session: Session, act: Act, now: Instant) -> tuple[Hold, ...]:
    """Return every reason why `act` may not happen at `now`, none twice; empty: it may."""
    match act:
        case ToStart():
            found = _start(session, now)
        case ToAsk(person):
            found = _ask(session, person, now)
        case ToRestart(person):
            found = _restart(session, person, now)
        case ToAdmit(person, by):
            found = _admit(session, person, by, now)
        case ToOpen(by):
            found = _open(session, by, now)
        case ToRelease(person):
            found = _release(session, person, now)
        case ToShow(person):
            found = _show(session, person, now)
        case ToCallIn(person, by):
            found = _call_in(session, person, by, now)
        case ToShowCall(person):
            found = _show_call(session, person, now)
        case _:
            assert_never(act)
    return tuple(dict.fromkeys(found))


def only_second_factor(found: Iterable[Hold]) -> bool:
    """Say whether there are holds, and whoever asks could lift them all by entering a code."""
    return {hold.code for hold in found} == {HoldCode.SECOND_FACTOR}


def _start(session: Session, now: Instant) -> Iterator[Hold]:
    yield from _programme(session, now)
    if now < session.starts_at - session.rules.checks_before:
        yield Hold(HoldCode.TOO_EARLY)
    if now >= session.ends_at:
        yield Hold(HoldCode.OVER)


def _ask(session: Session, person: PersonId, now: Instant) -> Iterator[Hold]:
    yield from _programme(session, now)
    check = session.checks.get(person)
    if check is None:
        yield Hold(HoldCode.NOT_ON_ROSTER, person)
        return
    yield from _standing(session, check, now)
    if check.published is None:
        yield Hold(HoldCode.NO_REVISION, person)


def _restart(session: Session, person: PersonId, now: Instant) -> Iterator[Hold]:
    check = session.checks.get(person)
    late = session.state is SessionState.OPEN and now > session.starts_at + session.rules.late
    if late and check is not None and check.state is not CheckState.STOPPED:
        yield Hold(HoldCode.TOO_LATE, person)
    for hold in _ask(session, person, now):
        # A fresh check starts on the published revision, whatever became of the earlier one.
        if hold.code is not HoldCode.RECALLED:
            yield hold


def _admit(session: Session, person: PersonId, by: PersonId, now: Instant) -> Iterator[Hold]:
    yield from _programme(session, now)
    yield from _accepting(session, person, now)
    yield from _signer(session, person, by)
    yield from _proved(session, by)
    check = session.checks.get(person)
    if check is None:
        yield Hold(HoldCode.NOT_ON_ROSTER, person)
        return
    yield from _standing(session, check, now)
    yield from _settled_otherwise(check)
    yield from _complete(check)
    yield from _fresh_answers(session, check, now)
    yield from _observed(check, by)
    if check.signed_first_by(by):
        yield Hold(HoldCode.SECOND_SIGNER, person)
    others = sum(c.state is CheckState.ADMITTED for p, c in session.checks.items() if p != person)
    if others + 1 > _cap(session):
        yield Hold(HoldCode.CAPACITY)


def _call_in(session: Session, person: PersonId, by: PersonId, now: Instant) -> Iterator[Hold]:
    yield from _programme(session, now)
    if not session.rules.check_room:
        yield Hold(HoldCode.NO_CHECK_ROOM)
    yield from _accepting(session, person, now)
    yield from _signer(session, person, by)
    yield from _proved(session, by)
    check = session.checks.get(person)
    if check is None:
        yield Hold(HoldCode.NOT_ON_ROSTER, person)
        return
    yield from _standing(session, check, now)
    yield from _settled_otherwise(check)
    yield from _complete(check)
    yield from _fresh_answers(session, check, now)
    if check.signed_first_by(by):
        yield Hold(HoldCode.SECOND_SIGNER, person)
    if not check.has_chat:
        yield Hold(HoldCode.NO_CHAT, person)


def _show_call(session: Session, person: PersonId, now: Instant) -> Iterator[Hold]:
    called, check = session.called, session.checks.get(person)
    ready = check if check and check.state is CheckState.READY else None
    epoch = ready.epoch if ready else None
    if called is None or (called.person, called.epoch) != (person, epoch):
        yield Hold(HoldCode.NOT_CALLED, person)
        return
    if now >= called.expires_at:
        yield Hold(HoldCode.NOT_CALLED, person)
    yield from _call_in(session, person, called.by, now)


def _open(session: Session, by: PersonId, now: Instant) -> Iterator[Hold]:
    yield from _programme(session, now)
    if not _active(session, by):
        yield Hold(HoldCode.NOT_FACILITATOR)
    if by in session.checks:
        yield Hold(HoldCode.SIGNER_IS_PARTICIPANT, by)
    yield from _proved(session, by)
    yield from _openable(session)
    yield from _window(session, now)
    yield from _room(session)
    yield from _roster(session, now)


def _openable(session: Session) -> Iterator[Hold]:
    match session.state:
        case SessionState.CHECKING:
            pass
        case SessionState.PLANNED:
            yield Hold(HoldCode.NOT_STARTED)
        case SessionState.STOPPED:
            yield Hold(HoldCode.STOPPED)
        case SessionState.CANCELLED:
            yield Hold(HoldCode.CANCELLED)
        case SessionState.OPEN | SessionState.CLOSED:
            yield Hold(HoldCode.CLOSED)
        case _:
            assert_never(session.state)


def _roster(session: Session, now: Instant) -> Iterator[Hold]:
    """Say what keeps the roster from being settled: everybody in, turned away or absent."""
    admitted = 0
    for check in session.checks.values():
        match check.state:
            case CheckState.ADMITTED:
                admitted += 1
                yield from _admitted(session, check, now)
                yield from _sign_off_age(session, check, now)
            case CheckState.TURNED_AWAY | CheckState.ABSENT:
                pass
            case _:
                yield Hold(HoldCode.UNDECIDED, check.person)
    if not admitted:
        yield Hold(HoldCode.NOBODY_ADMITTED)
    if admitted > _cap(session):
        yield Hold(HoldCode.CAPACITY)


def _release(session: Session, person: PersonId, now: Instant) -> Iterator[Hold]:
    yield from _inside(session, person, now)
    check = session.checks.get(person)
    if check is None:
        return
    if check.minted == 0:
        yield from _sign_off_age(session, check, now)
        return
    yield from _coming_back(session, check, now)


def _show(session: Session, person: PersonId, now: Instant) -> Iterator[Hold]:
    yield from _inside(session, person, now)
    check = session.checks.get(person)
    live = check.credential if check else None
    if live is None or now >= live.expires_at:
        yield Hold(HoldCode.NO_CREDENTIAL, person)


def _inside(session: Session, person: PersonId, now: Instant) -> Iterator[Hold]:
    """Say what keeps somebody out of an open session, however they come."""
    yield from _programme(session, now)
    if session.state is not SessionState.OPEN or session.opening is None:
        yield Hold(HoldCode.NOT_OPEN)
    yield from _window(session, now)
    yield from _room(session)
    check = session.checks.get(person)
    if check is None:
        yield Hold(HoldCode.NOT_ON_ROSTER, person)
        return
    yield from _settled_otherwise(check)
    yield from _admitted(session, check, now)
    if sum(c.state is CheckState.ADMITTED for c in session.checks.values()) > _cap(session):
        yield Hold(HoldCode.CAPACITY)
    if check.checked_out_at is not None:
        yield Hold(HoldCode.CHECKED_OUT, person)


def _programme(session: Session, now: Instant) -> Iterator[Hold]:
    programme = session.programme
    if programme.suspended:
        yield Hold(HoldCode.PROGRAMME_SUSPENDED)
    if programme.ends_at is None or now >= programme.ends_at:
        yield Hold(HoldCode.PROGRAMME_ENDED)
    if programme.safety_contact_until is None or now >= programme.safety_contact_until:
        yield Hold(HoldCode.SAFETY_CONTACT)
    if not any(f.active and f.prepared for f in session.facilitators.values()):
        yield Hold(HoldCode.NO_FACILITATOR)


def _window(session: Session, now: Instant) -> Iterator[Hold]:
    if now < session.starts_at - session.rules.open_before:
        yield Hold(HoldCode.TOO_EARLY)
    if now >= session.ends_at:
        yield Hold(HoldCode.OVER)


def _room(session: Session) -> Iterator[Hold]:
    if not session.link_ready:
        yield Hold(HoldCode.LINK_MISSING)


def _accepting(session: Session, person: PersonId, now: Instant) -> Iterator[Hold]:
    """Say whether signing in is possible at all: while checking, or late while open."""
    check = session.checks.get(person)
    came_late = check is not None and check.arrived_at is not None
    if came_late and now > session.starts_at + session.rules.late:
        yield Hold(HoldCode.TOO_LATE, person)
    if now >= session.ends_at:
        yield Hold(HoldCode.OVER)
    match session.state:
        case SessionState.CHECKING | SessionState.OPEN:
            pass
        case SessionState.PLANNED:
            yield Hold(HoldCode.NOT_STARTED, person)
        case SessionState.STOPPED:
            yield Hold(HoldCode.STOPPED, person)
        case SessionState.CLOSED:
            yield Hold(HoldCode.CLOSED, person)
        case SessionState.CANCELLED:
            yield Hold(HoldCode.CANCELLED, person)
        case _:
            assert_never(session.state)


def _active(session: Session, by: PersonId) -> bool:
    facilitator = session.facilitators.get(by)
    return facilitator is not None and facilitator.active and facilitator.prepared


def _signer(session: Session, person: PersonId, by: PersonId) -> Iterator[Hold]:
    if not _active(session, by):
        yield Hold(HoldCode.NOT_FACILITATOR)
    if by == person or by in session.checks:
        yield Hold(HoldCode.SIGNER_IS_PARTICIPANT, person)


def _proved(session: Session, by: PersonId) -> Iterator[Hold]:
    """Say whether a code is still to be entered; one is enough for all signatures of a session."""
    facilitator = session.facilitators.get(by)
    if session.rules.second_factor and (facilitator is None or facilitator.proved_at is None):
        yield Hold(HoldCode.SECOND_FACTOR)


def _standing(session: Session, check: Check, now: Instant) -> Iterator[Hold]:
    standing, person = check.standing, check.person
    if not standing.enrolled:
        yield Hold(HoldCode.NOT_ENROLLED, person)
    if standing.agreements != frozenset(Agreement):
        yield Hold(HoldCode.AGREEMENT, person)
    if standing.oriented_until is None or now >= standing.oriented_until:
        yield Hold(HoldCode.ORIENTATION, person)
    yield from _clearance(session, check, now)
    if session.kind is SessionKind.GROUP and standing.intake_at is None:
        yield Hold(HoldCode.INTAKE, person)
    if check.run and check.run.recalled:
        yield Hold(HoldCode.RECALLED, person)


def _clearance(session: Session, check: Check, now: Instant) -> Iterator[Hold]:
    clearance = check.standing.clearance
    if clearance is None:
        yield Hold(HoldCode.CLEARANCE, check.person)
        return
    enough = {ClearanceDecision.ONLINE_GROUP}
    if session.kind is SessionKind.ONE_TO_ONE:
        enough.add(ClearanceDecision.ONE_TO_ONE_ONLY)
    if clearance.decision not in enough:
        yield Hold(HoldCode.CLEARANCE_OTHER, check.person)
    if now >= clearance.until:
        yield Hold(HoldCode.CLEARANCE_EXPIRED, check.person)


def _mandatory(check: Check) -> tuple[str, ...]:
    """Return the flow's mandatory items, and the four whatever the flow says."""
    return tuple(dict.fromkeys((*NON_NEGOTIABLES, *(item.id for item in check.items))))


def _to_observe(check: Check) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*NON_NEGOTIABLES, *(item.id for item in check.observed_items))))


def _settled_otherwise(check: Check) -> Iterator[Hold]:
    match check.state:
        case CheckState.TURNED_AWAY:
            yield Hold(HoldCode.TURNED_AWAY, check.person)
        case CheckState.ABSENT:
            yield Hold(HoldCode.ABSENT, check.person)
        case CheckState.STOPPED:
            yield Hold(HoldCode.PERSON_STOPPED, check.person)
        case _:
            pass


def _complete(check: Check) -> Iterator[Hold]:
    if check.run is None:
        yield Hold(HoldCode.NOT_STARTED, check.person)
    for item in _mandatory(check):
        answer = check.answers.get(item)
        if answer is None:
            yield Hold(HoldCode.UNANSWERED, check.person, item)
        elif answer.value != "yes":
            yield Hold(HoldCode.NOT_YES, check.person, item)


def _fresh_answers(session: Session, check: Check, now: Instant) -> Iterator[Hold]:
    if any(now > answer.at + session.rules.sign_off for answer in check.answers.values()):
        yield Hold(HoldCode.ANSWERS_EXPIRED, check.person)


def _observed(check: Check, by: PersonId) -> Iterator[Hold]:
    for item in _to_observe(check):
        observation = check.observations.get((item, by))
        if observation is None or not observation.seen:
            yield Hold(HoldCode.UNOBSERVED, check.person, item)


def _admitted(session: Session, check: Check, now: Instant) -> Iterator[Hold]:
    """Say what keeps an admitted person's sign-off from being live."""
    yield from _standing(session, check, now)
    sign_off = check.sign_off
    if sign_off is None or sign_off.outcome is not Outcome.ADMIT:
        yield Hold(HoldCode.UNSIGNED, check.person)
        return
    if check.state is not CheckState.ADMITTED:
        yield Hold(HoldCode.UNSIGNED, check.person)
    yield from _complete(check)
    yield from _signed_by(session, check, sign_off)
    if session.rules.signers > 1:
        yield from _signed_twice(session, check, sign_off)


def _signed_by(session: Session, check: Check, sign_off: SignOff) -> Iterator[Hold]:
    if not _active(session, sign_off.by) or sign_off.by in session.checks:
        yield Hold(HoldCode.SIGNER_GONE, check.person)
    yield from _observed(check, sign_off.by)


def _signed_twice(session: Session, check: Check, second: SignOff) -> Iterator[Hold]:
    first = check.first_sign_off
    if first is None or first.outcome is not Outcome.ADMIT or first.by == second.by:
        yield Hold(HoldCode.SECOND_SIGNER, check.person)
        return
    yield from _signed_by(session, check, first)


def _sign_off_age(session: Session, check: Check, now: Instant) -> Iterator[Hold]:
    for sign_off in (check.first_sign_off, check.sign_off):
        if sign_off and now > sign_off.at + session.rules.sign_off:
            yield Hold(HoldCode.SIGN_OFF_EXPIRED, check.person)


def _coming_back(session: Session, check: Check, now: Instant) -> Iterator[Hold]:
    if check.minted > REJOINS:
        yield Hold(HoldCode.REJOIN_USED, check.person)
        return
    confirmed = check.rejoin_confirmed_at
    if confirmed is None or now > confirmed + session.rules.rejoin:
        yield Hold(HoldCode.REJOIN_UNCONFIRMED, check.person)


def _cap(session: Session) -> int:
    return 1 if session.kind is SessionKind.ONE_TO_ONE else min(session.cap, CAP_LIMIT)
