"""What may be out of order while something happens, one thing at a time, and what it must hold.

Each is made on the session itself, as if the world had changed behind the machine's back.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from flows.model import (
    Agreement,
    Answer,
    CheckState,
    Clearance,
    ClearanceDecision,
    Instant,
    PersonId,
    Session,
)
from tests.flows.builders import NOBODY, NOON, YEAR
from tests.proof.views import StandIn
from tests.proof.world import EVERYTHING, RULES, World

Change = Callable[[Session, PersonId, Instant], Session | None]
ADMITTING, OPENING, RELEASING, SHOWING, ASKING = "admit", "open", "release", "show", "ask"
CALLING = "call"
ALL = frozenset({ADMITTING, OPENING, RELEASING, SHOWING})


@dataclass(frozen=True)
class Oddity:
    """One thing out of order: how it comes about, what it must hold, by which invariant.

    `change` returns None where it can't be. A `lost` one stands for a row that is missing or
    unknown. `about` says whom it is about: a participant, a facilitator, or
    nobody. What is only `aged` can matter wherever the time is read.
    """

    name: str
    change: Change = field(compare=False)
    number: str
    blocks: frozenset[str]
    about: str = "person"
    lost: bool = False
    aged: bool = False


def check_with(session: Session, person: PersonId, **changed: object) -> Session:
    check = replace(session.checks[person], **changed)  # type: ignore[arg-type]
    return replace(session, checks={**session.checks, person: check})


def _standing(**changed: object) -> Change:
    def change(session: Session, person: PersonId, now: Instant) -> Session:
        standing = replace(session.checks[person].standing, **changed)  # type: ignore[arg-type]
        return check_with(session, person, standing=standing)

    return change


def _programme(**changed: object) -> Change:
    def change(session: Session, person: PersonId, now: Instant) -> Session:
        return replace(session, programme=replace(session.programme, **changed))  # type: ignore[arg-type]

    return change


def _staff(**changed: object) -> Change:
    def change(session: Session, person: PersonId, now: Instant) -> Session | None:
        earlier = session.facilitators[person]
        if not earlier.active:
            return None
        return replace(
            session,
            facilitators={**session.facilitators, person: replace(earlier, **changed)},  # type: ignore[arg-type]
        )

    return change


def _expired(name: str) -> Change:
    def change(session: Session, person: PersonId, now: Instant) -> Session:
        if name == "clearance":
            over: object = Clearance(ClearanceDecision.ONLINE_GROUP, int(now))
        else:
            over = int(now)
        standing = replace(session.checks[person].standing, **{name: over})  # type: ignore[arg-type]
        return check_with(session, person, standing=standing)

    return change


def _programme_expired(name: str) -> Change:
    def change(session: Session, person: PersonId, now: Instant) -> Session:
        return replace(session, programme=replace(session.programme, **{name: int(now)}))  # type: ignore[arg-type]

    return change


def _not_enrolled_at_all(session: Session, person: PersonId, now: Instant) -> Session:
    """Change all who are read; of whoever is stood in for nobody has asked the standing."""
    for one, check in session.checks.items():
        if not isinstance(check, StandIn):
            session = _standing(enrolled=False)(session, one, now)
    return session


def _recalled(session: Session, person: PersonId, now: Instant) -> Session | None:
    run = session.checks[person].run
    return check_with(session, person, run=replace(run, recalled=True)) if run else None


def answer_changed(to: Callable[[Answer, Instant], Answer | None]) -> Change:
    def change(session: Session, person: PersonId, now: Instant) -> Session | None:
        answers = dict(session.checks[person].answers)
        if not answers:
            return None
        item, answer = answers.popitem()
        if (changed := to(answer, now)) is not None:
            answers[item] = changed
        return check_with(session, person, answers=answers)

    return change


def _too_old(answer: Answer, now: Instant) -> Answer:
    return replace(answer, at=int(now) - RULES.sign_off - 1)


def _unknown(answer: Answer, _now: Instant) -> Answer:
    return replace(answer, value="?")


def seen_lost(session: Session, person: PersonId, now: Instant) -> Session | None:
    """Lose one thing of what each facilitator saw, so that nobody has seen all."""
    kept = dict(session.checks[person].observations)
    lost = {by: (item, by) for item, by in kept}
    for key in lost.values():
        del kept[key]
    return check_with(session, person, observations=kept) if lost else None


def missing(name: str) -> Change:
    def change(session: Session, person: PersonId, now: Instant) -> Session | None:
        if getattr(session.checks[person], name) is None:
            return None
        return check_with(session, person, **{name: None})

    return change


def _signature_old(name: str) -> Change:
    def change(session: Session, person: PersonId, now: Instant) -> Session | None:
        signature = getattr(session.checks[person], name)
        if signature is None:
            return None
        old = replace(signature, at=int(now) - RULES.sign_off - 1)
        return check_with(session, person, **{name: old})

    return change


def _old(name: str, limit: Instant) -> Change:
    def change(session: Session, person: PersonId, now: Instant) -> Session | None:
        if getattr(session.checks[person], name) is None:
            return None
        return check_with(session, person, **{name: int(now) - limit - 1})

    return change


def _claims_old(session: Session, person: PersonId, now: Instant) -> Session | None:
    staff = {
        by: replace(f, desk=replace(f.desk, since=int(now) - 120)) if f.desk else f
        for by, f in session.facilitators.items()
    }
    return replace(session, facilitators=staff) if any(f.desk for f in staff.values()) else None


def _link_lost(session: Session, person: PersonId, now: Instant) -> Session | None:
    return replace(session, link_ready=False) if session.link_ready else None


def _opening_lost(session: Session, person: PersonId, now: Instant) -> Session | None:
    return replace(session, opening=None) if session.opening else None


def _codes_asked(session: Session, person: PersonId, now: Instant) -> Session:
    """Ask for a second factor that nobody has proved."""
    return replace(session, rules=replace(session.rules, second_factor=True))


def _room_closed(session: Session, person: PersonId, now: Instant) -> Session | None:
    """Let the programme use a call of its own."""
    if not session.rules.check_room:
        return None
    return replace(session, rules=replace(session.rules, check_room=False))


def _chat_lost(session: Session, person: PersonId, now: Instant) -> Session | None:
    """Let somebody have no chat while they wait to be seen; later it is a matter of the door."""
    waits = session.rules.check_room and session.checks[person].state is CheckState.READY
    return check_with(session, person, has_chat=False) if waits else None


_ASK = ALL | {ASKING, CALLING}
_COMPLETE = ALL | {CALLING}
_IN = frozenset({RELEASING, SHOWING})
_LATER = frozenset({OPENING, RELEASING, SHOWING})
_NOBODY = frozenset[str]()
_OTHER = Clearance(ClearanceDecision.IN_PERSON_ONLY, NOON + YEAR)
_ALMOST = frozenset(Agreement) - {Agreement.CONFIDENTIALITY}

ODDITIES = (
    Oddity("not enrolled", _standing(enrolled=False), "10", _ASK),
    Oddity("an agreement missing", _standing(agreements=_ALMOST), "10", _ASK),
    Oddity("no orientation", _standing(oriented_until=None), "10", _ASK),
    Oddity("orientation expired", _expired("oriented_until"), "10", _ASK),
    Oddity("no clearance", _standing(clearance=None), "10", _ASK),
    Oddity("clearance expired", _expired("clearance"), "10", _ASK),
    Oddity("cleared for other sessions", _standing(clearance=_OTHER), "10", _ASK),
    Oddity("no intake", _standing(intake_at=None), "10", _ASK),
    Oddity("revision recalled", _recalled, "4", _COMPLETE),
    Oddity("an answer too old", answer_changed(_too_old), "5", frozenset({ADMITTING, CALLING})),
    Oddity("signature too old", _signature_old("sign_off"), "5",
           frozenset({OPENING, "first release"})),
    Oddity("first signature too old", _signature_old("first_sign_off"), "5",
           frozenset({OPENING, "first release"})),
    Oddity("asked too long ago", _old("rejoin_asked_at", RULES.rejoin), "R",
           frozenset({"coming back"}), aged=True),
    Oddity("confirmed too long ago", _old("rejoin_confirmed_at", RULES.rejoin), "R",
           frozenset({"coming back"}), aged=True),
    Oddity("an answer lost", answer_changed(lambda _a, _now: None), "6", _COMPLETE, lost=True),
    Oddity("an answer unknown", answer_changed(_unknown), "6", _COMPLETE, lost=True),
    Oddity("an observation lost", seen_lost, "6", ALL, lost=True),
    Oddity("the signature lost", missing("sign_off"), "6", _LATER, lost=True),
    Oddity("the first signature lost", missing("first_sign_off"), "6", _LATER, lost=True),
    Oddity("the way in lost", missing("credential"), "6", frozenset({SHOWING}), lost=True),
    Oddity("the run lost", missing("run"), "6", _COMPLETE, lost=True),
    Oddity("no chat", _chat_lost, "14", frozenset({CALLING})),
    Oddity("no check room", _room_closed, "14", frozenset({CALLING}), about=""),
    Oddity("no revision published", missing("published"), "6", frozenset({ASKING})),
    Oddity("nobody enrolled", _not_enrolled_at_all, "10", _ASK - {OPENING}, about=""),
    Oddity("programme suspended", _programme(suspended=True), "9", _ASK, about=""),
    Oddity("programme over", _programme_expired("ends_at"), "9", _ASK, about=""),
    Oddity("programme without an end", _programme(ends_at=None), "6", _ASK, about=""),
    Oddity("safety contact expired", _programme_expired("safety_contact_until"), "9", _ASK,
           about=""),
    Oddity("no safety contact", _programme(safety_contact_until=None), "6", _ASK, about=""),
    Oddity("the link lost", _link_lost, "6", _LATER, about="", lost=True),
    Oddity("the opening lost", _opening_lost, "6", _IN, about="", lost=True),
    Oddity("no code was entered", _codes_asked, "3", frozenset({ADMITTING, OPENING, CALLING}),
           about=""),
    Oddity("claims two minutes old", _claims_old, "", _NOBODY, about="", aged=True),
    Oddity("out of the role", _staff(active=False), "3", _NOBODY, about="staff"),
    Oddity("not prepared", _staff(prepared=False), "3", _NOBODY, about="staff"),
)  # fmt: skip
Odd = tuple[tuple[Oddity, PersonId], ...]


def of(world: World) -> tuple[Odd, ...]:
    """Return what is put out of order in a world: one thing at a time."""
    found: list[Odd] = []
    for oddity in ODDITIES:
        if world.odd == EVERYTHING or oddity.name in world.odd:
            about = {"person": world.people, "staff": world.staff, "": (NOBODY,)}[oddity.about]
            found += [((oddity, person),) for person in about]
    return tuple(found)
