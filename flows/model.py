"""What a session is made of: frozen values, typed ids, whole seconds of UTC.

Nothing here acts, and nothing here holds a name, a chat or a text of anybody: a person is a
number, a participant's own words do not exist. The vocabulary is the domain's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import NewType

from flows.flow import Item, Revision

PersonId = NewType("PersonId", int)
SessionId = NewType("SessionId", int)
Digest = NewType("Digest", str)
Instant = int
"""Whole seconds of UTC since 1970."""

MINUTE = 60


class SessionState(StrEnum):
    """Where a session stands. Only `OPEN` lets anybody in."""

    PLANNED = "planned"
    CHECKING = "checking"
    OPEN = "open"
    STOPPED = "stopped"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class CheckState(StrEnum):
    """Where one participant's check for one session stands."""

    WAITING = "waiting"
    ASKING = "asking"
    READY = "ready"
    UNMET = "unmet"
    ADMITTED = "admitted"
    TURNED_AWAY = "turned_away"
    ABSENT = "absent"
    STOPPED = "stopped"


class SessionKind(StrEnum):
    """How many participants a session is for."""

    GROUP = "group"
    ONE_TO_ONE = "one_to_one"


class RoomKind(StrEnum):
    """Which video system holds the session."""

    LINK = "link"


class Outcome(StrEnum):
    """The two outcomes of a sign-off."""

    ADMIT = "admit"
    TURN_AWAY = "turn_away"


class Destination(StrEnum):
    """Where somebody is turned to who is not admitted to this session."""

    ONE_TO_ONE = "one_to_one"
    IN_PERSON = "in_person"
    ANOTHER_DAY = "another_day"


class ClearanceDecision(StrEnum):
    """The staff decision on whether a person may take part online at all, the widest first."""

    ONLINE_GROUP = "online_group"
    ONE_TO_ONE_ONLY = "one_to_one_only"
    IN_PERSON_ONLY = "in_person_only"
    ON_HOLD = "on_hold"


class Instrument(StrEnum):
    """With which instrument the risk was assessed that a clearance stands on."""

    SARA = "sara"
    B_SAFER = "b-safer"
    OWN = "own"
    JUDGEMENT = "judgement"


class Agreement(StrEnum):
    """What a participant accepts, one by one, each in a version."""

    CONSENT = "consent"
    HOUSE_RULES = "house_rules"
    CONFIDENTIALITY = "confidentiality"


class StopReason(StrEnum):
    """What a participant says when they stop themselves."""

    SOMEONE_CAME_IN = "someone_came_in"
    NEED_TO_STOP = "need_to_stop"


@dataclass(frozen=True, slots=True)
class Clearance:
    """A clearance: the decision and its expiry; the reasons stay outside."""

    decision: ClearanceDecision
    until: Instant


@dataclass(frozen=True, slots=True)
class Standing:
    """What is settled about a participant before any session."""

    clearance: Clearance | None = None
    oriented_until: Instant | None = None
    agreements: frozenset[Agreement] = frozenset()
    intake_at: Instant | None = None
    enrolled: bool = True


@dataclass(frozen=True, slots=True)
class Programme:
    """The programme's own state; each of these can hold everything closed, none can open."""

    suspended: bool = False
    ends_at: Instant | None = None
    safety_contact_until: Instant | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """The programme's limits, times in seconds. They narrow the gate; none of them can widen it.

    `signers` is how many different facilitators sign each admission: one, or two (four eyes).
    `second_factor` asks each facilitator for a code before their first signature or call in it.
    With a `check_room` facilitators call in one participant at a time, by a link for that alone.
    `auto_start` is how long before the start the checks begin by themselves; 0: they never do.
    """

    checks_before: int = 60 * MINUTE
    open_before: int = 15 * MINUTE
    late: int = 15 * MINUTE
    sign_off: int = 60 * MINUTE
    credential: int = 10 * MINUTE
    rejoin: int = 10 * MINUTE
    grace: int = 15 * MINUTE
    signers: int = 1
    second_factor: bool = False
    check_room: bool = False
    auto_start: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to one item in one epoch: `yes` or `no`.

    `changed` says that another answer stood here before; whoever signs shall see it.
    """

    value: str
    at: Instant
    by: PersonId
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """What one facilitator saw, or asked about and heard; `seen=False` takes it back."""

    seen: bool
    at: Instant


@dataclass(frozen=True, slots=True)
class Meaning:
    """The sentence that a signature stands under, as the signer read it (21 CFR 11.50)."""

    key: str
    locale: str
    sha256: str


@dataclass(frozen=True, slots=True)
class SignOff:
    """A facilitator's signed act. It is worth something only in its own epoch."""

    outcome: Outcome
    by: PersonId
    at: Instant
    digest: Digest
    meaning: Meaning
    destination: Destination | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """What lets one person into one session's room; the secret itself is never here.

    `handed_to` is the facilitator who gets it for somebody assisted; None: it is the person's own.
    """

    number: int
    minted_at: Instant
    expires_at: Instant
    handed_to: PersonId | None = None


class Repeat(IntEnum):
    """Whether a question was repeated: at most once, by a text that tells a stranger nothing."""

    NONE = 0
    SHOWN = 1
    TAKEN = 2


@dataclass(frozen=True, slots=True)
class Run:
    """One person going through a flow, pinned to one revision."""

    revision: Revision
    step: str
    asked_at: Instant
    repeat: Repeat = Repeat.NONE
    recalled: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """One participant's environmental check for one session, in its current epoch.

    `arrived_at` is since when a latecomer is there; it is set for latecomers only. `entered_at` is
    since when somebody has had a way in without having checked out; no new epoch forgets it.
    `first_sign_off` is the first of two signatures, where two are needed; it admits nobody.
    `has_chat` says whether the bot can write to them at all; who has none answers by phone.
    """

    person: PersonId
    state: CheckState = CheckState.WAITING
    epoch: int = 1
    run: Run | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)
    observations: Mapping[tuple[str, PersonId], Observation] = field(default_factory=dict)
    first_sign_off: SignOff | None = None
    sign_off: SignOff | None = None
    credential: Credential | None = None
    minted: int = 0
    ready_at: Instant | None = None
    rejoin_asked_at: Instant | None = None
    rejoin_confirmed_at: Instant | None = None
    arrived_at: Instant | None = None
    entered_at: Instant | None = None
    checked_out_at: Instant | None = None
    standing: Standing = field(default_factory=Standing)
    published: Revision | None = None
    has_chat: bool = True

    @property
    def running(self) -> bool:
        """Whether they are asked the questions, or may still change an answer."""
        asked = (CheckState.ASKING, CheckState.READY, CheckState.UNMET)
        return self.run is not None and self.state in asked

    @property
    def entered_by(self) -> frozenset[PersonId]:
        """Who else than the person gave answers that stand in this epoch."""
        return frozenset(answer.by for answer in self.answers.values()) - {self.person}

    @property
    def assisted(self) -> bool:
        """Whether staff entered answers for them, so that staff get their way in too."""
        return not self.has_chat or bool(self.entered_by)

    @property
    def handed_to(self) -> PersonId | None:
        """The facilitator who admitted somebody assisted; None where nobody gets it for them."""
        return self.sign_off.by if self.assisted and self.sign_off else None

    def signed_first_by(self, person: PersonId) -> bool:
        """Say whether somebody gave the first of two signatures, and waits for a colleague."""
        return self.first_sign_off is not None and self.first_sign_off.by == person

    @property
    def items(self) -> tuple[Item, ...]:
        """The mandatory items of the revision that this check runs on."""
        return self.run.revision.flow.items if self.run else ()

    @property
    def observed_items(self) -> tuple[Item, ...]:
        """The items that a facilitator observes."""
        return tuple(item for item in self.items if item.observed)


class DeskView(StrEnum):
    """What a facilitator's desk shows."""

    LOOK = "look"
    TURN_AWAY = "turn_away"
    ANSWERS = "answers"


@dataclass(frozen=True, slots=True)
class Desk:
    """The person whom a facilitator has claimed, and the view of them."""

    person: PersonId
    since: Instant
    view: DeskView = DeskView.LOOK


@dataclass(frozen=True, slots=True)
class Facilitator:
    """A facilitator of one session; `proved_at` is when they entered a right code for it."""

    active: bool = True
    prepared: bool = True
    desk: Desk | None = None
    proved_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """The signed act by which a session opened; a session that was stopped has several."""

    number: int
    by: PersonId
    at: Instant
    digest: Digest
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class CallIn:
    """Who is in the check room: one participant, called in by one facilitator, for a short time.

    The link itself is never here. A session has one at most, and with it at most one participant.
    """

    number: int
    person: PersonId
    epoch: int
    by: PersonId
    at: Instant
    expires_at: Instant


@dataclass(frozen=True, slots=True)
class Session:
    """One session with its roster, its facilitators and every check: what `decide` decides on.

    `called` is the one call into the check room that there may be; `calls` counts them all.
    """

    id: SessionId
    kind: SessionKind
    room: RoomKind
    starts_at: Instant
    ends_at: Instant
    cap: int
    facilitators: Mapping[PersonId, Facilitator]
    checks: Mapping[PersonId, Check]
    state: SessionState = SessionState.PLANNED
    schedule: int = 1
    opening: Opening | None = None
    link_ready: bool = False
    called: CallIn | None = None
    calls: int = 0
    programme: Programme = field(default_factory=Programme)
    rules: Rules = field(default_factory=Rules)
    version: int = 0

    def claimed_by(self, person: PersonId) -> PersonId | None:
        """Return the facilitator on whose desk somebody is, or None."""
        for by, facilitator in self.facilitators.items():
            if facilitator.desk and facilitator.desk.person == person:
                return by
        return None


class OrientationState(StrEnum):
    """Where a technical orientation stands. Only `SIGNED` counts, and not for good."""

    ASKING = "asking"
    READY = "ready"
    SIGNED = "signed"


@dataclass(frozen=True, slots=True)
class OrientationSignOff:
    """A facilitator's signed act that ends one run; it counts until it expires."""

    by: PersonId
    at: Instant
    until: Instant
    digest: Digest
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class Orientation:
    """One participant's technical orientation in its current run, pinned to one revision.

    `number` rises each time it is begun anew; nothing is carried over from one run to the next.
    `facilitators` are those who lead a group of this person now, in an active role.
    """

    person: PersonId
    number: int
    revision: Revision
    step: str
    began_at: Instant
    state: OrientationState = OrientationState.ASKING
    answers: Mapping[str, Answer] = field(default_factory=dict)
    ready_at: Instant | None = None
    sign_off: OrientationSignOff | None = None
    recalled: bool = False
    facilitators: Mapping[PersonId, Facilitator] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether there are items, and each of them is answered *yes* in this run."""
        items = self.revision.flow.items
        answered = (self.answers.get(item.id) for item in items)
        return bool(items) and all(one is not None and one.value == "yes" for one in answered)
