"""A session without its instants, epochs and outside facts, and the way there and back.

`session_of` makes a real session of a view at a chosen instant, `local_of` and `core_of` go the
other way. Why nothing that matters is left out stands at the head of `tests/proof/explore.py`.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from flows.model import (
    Answer,
    CallIn,
    Check,
    CheckState,
    Credential,
    Desk,
    Destination,
    Digest,
    Facilitator,
    Instant,
    Observation,
    Opening,
    Outcome,
    PersonId,
    Programme,
    Repeat,
    RoomKind,
    Run,
    Session,
    SessionId,
    SessionState,
    SignOff,
    Standing,
)
from tests.flows.builders import ENDS, NOON, OPEN, SIGN, STANDING, STARTS, YEAR
from tests.proof.world import EPOCH, World

# What is remembered beside the session


class Witness(NamedTuple):
    """What happened to one person, told from what was done alone."""

    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()
    told: frozenset[str] = frozenset()
    seen: frozenset[tuple[PersonId, str]] = frozenset()
    first: PersonId | None = None
    signer: PersonId | None = None
    away: bool = False
    entries: int = 0
    asked: bool = False
    live: bool = False
    out: bool = False
    late: bool = False


NOTHING = Witness()


class RoomWitness(NamedTuple):
    """What happened to the session, told from what was done alone."""

    open: bool = False
    link: bool = False
    called: tuple[PersonId, PersonId] | None = None


class Local(NamedTuple):
    """One check without its instants and its epoch, and what is remembered of the person.

    Of each answer it is told whether it is the person's own; which facilitator entered it is not.
    """

    state: CheckState = CheckState.WAITING
    running: bool = False
    step: str = ""
    repeat: Repeat = Repeat.NONE
    answers: tuple[tuple[str, str, bool], ...] = ()
    seen: frozenset[tuple[PersonId, str]] = frozenset()
    first: PersonId | None = None
    sign: tuple[Outcome, PersonId] | None = None
    way_in: int = 0
    minted: int = 0
    asked: bool = False
    confirmed: bool = False
    arrived: bool = False
    entered: bool = False
    out: bool = False
    witness: Witness = NOTHING


NO_WAY_IN, LIVE, RUN_OUT = range(3)


class Core(NamedTuple):
    """The session without its checks and instants, and what is remembered of it.

    Of a call into the check room it is told who is called in by whom, and whether it has run out.
    It is of the present epoch: one that is not breaks an invariant before it comes here.
    """

    state: SessionState = SessionState.PLANNED
    link: bool = False
    opened: bool = False
    staff: tuple[tuple[bool, PersonId | None], ...] = ((True, None), (True, None))
    call: tuple[PersonId, PersonId, int] | None = None
    witness: RoomWitness = RoomWitness()


ENDED = (SessionState.CLOSED, SessionState.CANCELLED)
SETTLED = (CheckState.TURNED_AWAY, CheckState.ABSENT)


# Stand-ins that tell when they are read


class Touched(Exception):
    """Somebody was read who is only stood in for."""

    def __init__(self, person: PersonId) -> None:
        self.person = person


class StandIn:
    """Somebody of whom only the state is known; whoever asks for more is told so."""

    __slots__ = ("person", "ready_at", "state")

    def __init__(self, person: PersonId, state: CheckState) -> None:
        self.person = person
        self.state = state
        self.ready_at = NOON

    @property
    def __dataclass_fields__(self) -> object:
        raise Touched(self.person)

    def __getattr__(self, name: str) -> object:
        raise Touched(self.person)


class Now(int):
    """An instant that tells whether anybody compared it or reckoned with it."""

    __slots__ = ()
    read = False

    @staticmethod
    def _noted(name: str) -> Callable[..., object]:
        plain = getattr(int, name)

        def noting(self: int, other: object) -> object:
            Now.read = True
            return plain(self, other)

        return noting


for _name in ("lt", "le", "gt", "ge", "add", "radd", "sub", "rsub"):
    setattr(Now, f"__{_name}__", Now._noted(f"__{_name}__"))


class WatchedProgramme(Programme):
    """A programme that tells whether anybody asked about it."""

    __slots__ = ()
    read = False

    def __getattribute__(self, name: str) -> object:
        WatchedProgramme.read = True
        return super().__getattribute__(name)


class WatchedStanding(Standing):
    """A standing that tells whether anybody asked about it."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> object:
        WatchedProgramme.read = True
        return super().__getattribute__(name)


# From a view to a session and back

IN_ORDER = WatchedStanding(
    STANDING.clearance,
    STANDING.oriented_until,
    STANDING.agreements,
    STANDING.intake_at,
    STANDING.enrolled,
)
RUNNING_PROGRAMME = WatchedProgramme(ends_at=NOON + YEAR, safety_contact_until=NOON + YEAR)

CALLS = 2
"""How many calls there have been, the present one with them: a number is only compared."""
NO_DIGEST, FIRST_DIGEST = Digest("0" * 64), Digest("1" * 64)


def check_of(world: World, core: Core, local: Local, person: PersonId, now: Instant) -> Check:
    """Return the check that a view stands for, everything in it as fresh as can be."""
    at = int(now)
    first = SignOff(Outcome.ADMIT, local.first, at, FIRST_DIGEST, SIGN) if local.first else None
    sign_off = None
    if local.sign:
        outcome, by = local.sign
        where = Destination.ONE_TO_ONE if outcome is Outcome.TURN_AWAY else None
        sign_off = SignOff(outcome, by, at, NO_DIGEST, SIGN, where)
    credential = None
    if local.way_in:
        helped = world.chatless or not all(own for _, _, own in local.answers)
        handed_to = local.sign[1] if helped and local.sign else None
        credential = Credential(local.minted, at, at + (local.way_in == LIVE), handed_to)
    entered = core.opened if world.coarse else local.entered
    return Check(
        person=person,
        state=local.state,
        epoch=EPOCH,
        run=Run(world.revision, local.step, at, local.repeat) if local.running else None,
        answers={
            item: Answer(value, at, person if own else world.staff[0])
            for item, value, own in local.answers
        },
        observations={(item, by): Observation(True, at) for by, item in local.seen},  # noqa: FBT003
        first_sign_off=first,
        sign_off=sign_off,
        credential=credential,
        minted=local.minted,
        ready_at=at if local.state is CheckState.READY else None,
        rejoin_asked_at=at if local.asked else None,
        rejoin_confirmed_at=at if local.confirmed else None,
        arrived_at=at if local.arrived else None,
        entered_at=at if entered else None,
        checked_out_at=at if local.out else None,
        standing=IN_ORDER,
        published=world.revision,
        has_chat=not world.chatless,
    )


def session_of(
    world: World, core: Core, people: Mapping[PersonId, Local | CheckState], now: Instant
) -> Session:
    """Return a session of this view at `now`; of a bare state, a stand-in."""
    staff = {
        person: Facilitator(active, True, Desk(desk, int(now)) if desk else None)  # noqa: FBT003
        for person, (active, desk) in zip(world.staff, core.staff, strict=True)
    }
    checks = {
        person: check_of(world, core, known, person, now)
        if isinstance(known, Local)
        else StandIn(person, known)
        for person, known in people.items()
    }
    return Session(
        id=SessionId(1),
        kind=world.kind,
        room=RoomKind.LINK,
        starts_at=STARTS,
        ends_at=ENDS,
        cap=world.cap,
        facilitators=staff,
        checks=checks,  # type: ignore[arg-type]
        state=core.state,
        opening=Opening(1, world.staff[0], int(now), NO_DIGEST, OPEN) if core.opened else None,
        link_ready=core.link,
        called=_call_of(core, int(now)),
        calls=CALLS,
        programme=RUNNING_PROGRAMME,
        rules=world.rules,
    )


def _call_of(core: Core, at: Instant) -> CallIn | None:
    if core.call is None:
        return None
    person, by, how = core.call
    return CallIn(CALLS, person, EPOCH, by, at, at + (how == LIVE))


def core_of(world: World, session: Session, witness: RoomWitness, now: Instant) -> Core:
    """Return what is told apart of a session beside its checks."""
    call = None
    if session.called:
        how = LIVE if int(now) < session.called.expires_at else RUN_OUT
        call = (session.called.person, session.called.by, how)
    staff = tuple(
        (facilitator.active, facilitator.desk.person if facilitator.desk else None)
        for facilitator in (session.facilitators[person] for person in world.staff)
    )
    opened = session.opening is not None
    return Core(session.state, session.link_ready, opened, staff, call, witness)


def local_of(world: World, check: Check, witness: Witness, now: Instant) -> Local:
    """Return what is told apart of a check."""
    at, settled = int(now), check.state in SETTLED
    admitted = check.state is CheckState.ADMITTED
    sign = (check.sign_off.outcome, check.sign_off.by) if check.sign_off else None
    seen = frozenset((by, item) for (item, by), o in check.observations.items() if o.seen)
    first = check.first_sign_off.by if check.first_sign_off and not settled else None
    if admitted and sign:
        signers = (first, sign[1])
        seen = frozenset(s for s in seen if s[0] in signers)
        witness = witness._replace(seen=frozenset(s for s in witness.seen if s[0] in signers))
    if settled:
        sign = (sign[0], world.staff[0]) if sign else None
    way_in = NO_WAY_IN
    if check.credential:
        way_in = LIVE if at < check.credential.expires_at else RUN_OUT
    told = not world.coarse
    left = check.checked_out_at is not None and (told or admitted)
    run = check.run
    answers = ((i, a.value, a.by == check.person) for i, a in check.answers.items())
    return Local(
        state=check.state,
        running=run is not None,
        step="" if run is None else world.revision.flow.start if settled else run.step,
        repeat=run.repeat if run and told and not settled else Repeat.NONE,
        answers=() if settled else tuple(sorted(answers)),
        seen=frozenset() if settled else seen,
        first=first,
        sign=sign,
        way_in=way_in,
        minted=min(check.minted, 3),
        asked=check.rejoin_asked_at is not None,
        confirmed=check.rejoin_confirmed_at is not None,
        arrived=told and check.arrived_at is not None,
        entered=told and check.entered_at is not None,
        out=left,
        witness=witness._replace(
            late=told and witness.late,
            out=witness.out and (told or admitted),
            entries=min(witness.entries, 3),
        ),
    )


def at_rest(local: Local) -> Local:
    """Return what can still matter of somebody once the session is closed or cancelled."""
    if local.way_in:
        return local
    return Local(state=local.state, entered=local.entered, out=local.out)


def noes(local: Local) -> int:
    return sum(value == "no" for _, value, _ in local.answers)
