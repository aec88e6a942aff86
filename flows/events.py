"""What happened: one frozen value an event, in the past tense, as the world reported it.

An event is a claim. Whether it may change anything is `decide`'s to say, and who made it was
settled by the private chat that it came from, never by what its button carried.
"""

from dataclasses import dataclass

from flows.model import Destination, Instant, Meaning, Outcome, PersonId, StopReason


@dataclass(frozen=True, slots=True)
class ChecksStarted:
    """A facilitator tapped *Start the checks*, or *Check again* after a stop."""

    by: PersonId


@dataclass(frozen=True, slots=True)
class ChecksDue:
    """The time came at which the checks begin by themselves; stamped with the schedule version."""

    schedule: int


@dataclass(frozen=True, slots=True)
class ChecksOverdue:
    """The checks should have begun by now; stamped with the schedule version."""

    schedule: int


@dataclass(frozen=True, slots=True)
class AbsenceAnnounced:
    """A participant said that they can't come; stamped with the schedule version they read of."""

    person: PersonId
    schedule: int


@dataclass(frozen=True, slots=True)
class AbsenceTakenBack:
    """A participant said that they can come after all; stamped in the same way."""

    person: PersonId
    schedule: int


@dataclass(frozen=True, slots=True)
class CheckRestarted:
    """A facilitator asked one person anew."""

    by: PersonId
    person: PersonId


@dataclass(frozen=True, slots=True)
class StepAnswered:
    """A participant tapped an option of a step of their run, or a facilitator did for them."""

    by: PersonId
    person: PersonId
    epoch: int
    step: str
    option: str


@dataclass(frozen=True, slots=True)
class StepTimedOut:
    """A question stayed unanswered; stamped with the epoch and step that it was asked in."""

    person: PersonId
    epoch: int
    step: str


@dataclass(frozen=True, slots=True)
class QuestionTakenUp:
    """A participant tapped the reminder of an open question."""

    person: PersonId
    epoch: int
    step: str


@dataclass(frozen=True, slots=True)
class PersonClaimed:
    """A facilitator took one person onto their desk."""

    by: PersonId
    person: PersonId


@dataclass(frozen=True, slots=True)
class DeskLeft:
    """A facilitator put the person on their desk back."""

    by: PersonId
    person: PersonId


@dataclass(frozen=True, slots=True)
class DestinationsAsked:
    """A facilitator asked for the places to turn the person on their desk to, or went back."""

    by: PersonId
    person: PersonId
    shown: bool


@dataclass(frozen=True, slots=True)
class QuestionsAsked:
    """A facilitator turned the desk to the questions of the person on it, or went back."""

    by: PersonId
    person: PersonId
    shown: bool


@dataclass(frozen=True, slots=True)
class ItemObserved:
    """A facilitator tapped what they saw, or took it back."""

    by: PersonId
    person: PersonId
    epoch: int
    item: str
    seen: bool


@dataclass(frozen=True, slots=True)
class CalledIn:
    """A facilitator called somebody in; `fresh` says that the link was never used before."""

    by: PersonId
    person: PersonId
    epoch: int
    fresh: bool


@dataclass(frozen=True, slots=True)
class CallInRanOut:
    """A call into the check room reached its limit; stamped with its number."""

    person: PersonId
    number: int


@dataclass(frozen=True, slots=True)
class CallInRefused:
    """Telegram does not show the link of a call into the check room; stamped with its number."""

    person: PersonId
    number: int


@dataclass(frozen=True, slots=True)
class SignedOff:
    """A facilitator signed; `shown` is the digest of the screen that the signature stood on."""

    by: PersonId
    person: PersonId
    epoch: int
    outcome: Outcome
    destination: Destination | None
    shown: str
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class SignOffTakenBack:
    """A facilitator took a sign-off back before the person got in."""

    by: PersonId
    person: PersonId
    epoch: int


@dataclass(frozen=True, slots=True)
class MarkedAbsent:
    """A facilitator marked somebody who is not there."""

    by: PersonId
    person: PersonId
    epoch: int


@dataclass(frozen=True, slots=True)
class LinkPasted:
    """A facilitator pasted the session's link; `fresh` says that it was never used before."""

    by: PersonId
    fresh: bool


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """A facilitator signed the opening; `shown` is the digest of the board it stood on."""

    by: PersonId
    shown: str
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class SessionStopped:
    """A facilitator stopped the session for everybody."""

    by: PersonId


@dataclass(frozen=True, slots=True)
class PersonStopped:
    """A facilitator stopped one person."""

    by: PersonId
    person: PersonId


@dataclass(frozen=True, slots=True)
class StandingNarrowed:
    """Staff narrowed what is settled about somebody before any session, or ended it."""

    by: PersonId
    person: PersonId


@dataclass(frozen=True, slots=True)
class SelfStopped:
    """A participant stopped for themselves."""

    person: PersonId
    reason: StopReason


@dataclass(frozen=True, slots=True)
class LineLost:
    """A participant said that their connection broke."""

    person: PersonId


@dataclass(frozen=True, slots=True)
class ArrivedLate:
    """Somebody marked absent said that they are there now."""

    person: PersonId


@dataclass(frozen=True, slots=True)
class JoinAsked:
    """Somebody tapped *Join*."""

    person: PersonId
    epoch: int


@dataclass(frozen=True, slots=True)
class JoinAskedFor:
    """A facilitator asked for the way in of somebody whose answers came by phone."""

    by: PersonId
    person: PersonId
    epoch: int


@dataclass(frozen=True, slots=True)
class StillAloneReported:
    """A facilitator passed on by phone whether somebody coming back is still alone there."""

    by: PersonId
    person: PersonId
    epoch: int
    alone: bool


@dataclass(frozen=True, slots=True)
class StillAloneAnswered:
    """Somebody coming back said whether they are still alone in the same place."""

    person: PersonId
    epoch: int
    alone: bool


@dataclass(frozen=True, slots=True)
class CredentialRanOut:
    """A credential reached its limit; stamped with its epoch and number."""

    person: PersonId
    epoch: int
    number: int


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """A facilitator closed the session."""

    by: PersonId


@dataclass(frozen=True, slots=True)
class SessionRanOut:
    """The session's end and its grace went by; stamped with the schedule version."""

    schedule: int


@dataclass(frozen=True, slots=True)
class WindowReached:
    """The time came from which the session may be opened; stamped with the schedule version."""

    schedule: int


@dataclass(frozen=True, slots=True)
class CheckOutMissed:
    """Some time after the end, somebody may still not have checked out."""

    schedule: int


@dataclass(frozen=True, slots=True)
class DebriefMissed:
    """Some time after the end, a facilitator may still not have debriefed."""

    schedule: int


@dataclass(frozen=True, slots=True)
class CheckedOut:
    """A participant said that they have left the room."""

    person: PersonId


@dataclass(frozen=True, slots=True)
class SessionMoved:
    """Staff gave the session another time."""

    by: PersonId
    starts_at: Instant
    ends_at: Instant


@dataclass(frozen=True, slots=True)
class SessionCancelled:
    """Staff cancelled the session."""

    by: PersonId


@dataclass(frozen=True, slots=True)
class FacilitatorRemoved:
    """A coordinator took a facilitator off the session, or out of the role."""

    person: PersonId


@dataclass(frozen=True, slots=True)
class FactorProved:
    """A facilitator entered a right code of their authenticator for this session."""

    by: PersonId


@dataclass(frozen=True, slots=True)
class FactorReset:
    """A coordinator reset a facilitator's authenticator; what it proved is to be proved anew."""

    by: PersonId
    person: PersonId


@dataclass(frozen=True, slots=True)
class RevisionRecalled:
    """A coordinator recalled a revision."""

    revision: str


@dataclass(frozen=True, slots=True)
class ProgrammeSuspended:
    """A coordinator suspended the programme."""


Event = (
    ChecksStarted
    | ChecksDue
    | ChecksOverdue
    | AbsenceAnnounced
    | AbsenceTakenBack
    | CheckRestarted
    | StepAnswered
    | StepTimedOut
    | QuestionTakenUp
    | PersonClaimed
    | DeskLeft
    | DestinationsAsked
    | QuestionsAsked
    | ItemObserved
    | CalledIn
    | CallInRanOut
    | CallInRefused
    | SignedOff
    | SignOffTakenBack
    | MarkedAbsent
    | LinkPasted
    | SessionOpened
    | SessionStopped
    | PersonStopped
    | StandingNarrowed
    | SelfStopped
    | LineLost
    | ArrivedLate
    | JoinAsked
    | JoinAskedFor
    | StillAloneAnswered
    | StillAloneReported
    | CredentialRanOut
    | SessionClosed
    | SessionRanOut
    | WindowReached
    | CheckOutMissed
    | DebriefMissed
    | CheckedOut
    | SessionMoved
    | SessionCancelled
    | FacilitatorRemoved
    | FactorProved
    | FactorReset
    | RevisionRecalled
    | ProgrammeSuspended
)
