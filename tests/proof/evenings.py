"""Evenings by the real clock: random acts on a real session, judged as they happen.

No quotient here: epochs rise, instants pass, and what was seen is remembered by the same witness.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random

from flows.decide import decide
from flows.gate import ToShow, ToShowCall, holds
from flows.model import Check, CheckState, Instant, PersonId, Session, SessionState
from tests.flows import builders as b
from tests.proof import views
from tests.proof import world as w
from tests.proof.acts import Act, CallDrawn, Happening, WayInDrawn, acts_of
from tests.proof.invariants import Step, judge, witnessed
from tests.proof.world import World

WAITS = (0, 0, 0, 1, 5, 20, 60, 121, 300, 601)
FORWARD = (
    "opens the session",
    "taps Join",
    "asks for the way in",
    "passes on that",
    "says still alone",
    " signs ",
    " calls ",
    " sees ",
    " claims ",
    "pastes a fresh link",
    "enters option 1",
    "taps option 1",
    "starts the checks",
)
"""What people do who mean to come to their session, what comes later in the evening first."""
SELDOM = ("closes", "cancels", "moves", "stops", "loses", "recalled", "suspended", "end's timer")


def planned(world: World) -> Session:
    """Return the world's session, as it stands before anything has happened."""
    checks = {
        p: Check(p, standing=b.STANDING, published=world.revision, has_chat=not world.chatless)
        for p in world.people
    }
    staff = {by: b.planned().facilitators[b.ANNA] for by in world.staff}
    return replace(
        b.planned(),
        kind=world.kind,
        cap=world.cap,
        rules=world.rules,
        checks=checks,
        facilitators=staff,
    )


@dataclass
class Evening:
    """One evening: the session, the clock, what was done, and what is remembered of it."""

    world: World
    chance: Random
    now: Instant = b.STARTS - w.RULES.checks_before
    session: Session = field(init=False)
    witnesses: dict[PersonId, views.Witness] = field(init=False)
    room: views.RoomWitness = field(default_factory=views.RoomWitness)
    acts: tuple[Act, ...] = field(init=False)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session = planned(self.world)
        self.witnesses = dict.fromkeys(self.world.people, views.NOTHING)
        self.acts = tuple(
            act for act in acts_of(self.world) if "the clock" not in act.name and act.fits
        )

    def wait(self) -> None:
        """Let some time pass; a way in may end meanwhile."""
        self.now += self.chance.choice(WAITS)
        for person, check in self.session.checks.items():
            live = check.credential is not None and self.now < check.credential.expires_at
            if not live:
                self.witnesses[person] = self.witnesses[person]._replace(live=False)
        if self.session.called and self.now >= self.session.called.expires_at:
            self.room = self.room._replace(called=None)

    def go_on(self) -> Happening | None:
        """Do one of the things that can be done now, and return it."""
        self.wait()
        for act in self._tried():
            event = self._event(act)
            if event is None or isinstance(event, WayInDrawn | CallDrawn):
                continue
            decision = decide(self.session, event, self.now)
            if decision.refusal is None:
                step = self._step(act, event)
                step.accept(decision)
                step.again = decide(decision.state, event, self.now)
                self._keep(step)
                return event
        return None

    def _tried(self) -> Iterator[Act]:
        """Yield the acts in the order in which they are tried: mostly those that lead on."""
        acts = list(self.acts)
        self.chance.shuffle(acts)
        if self.chance.random() < 0.8:
            for words in FORWARD:
                yield from (act for act in acts if words in act.name and not self._idle(act))
        for act in acts:
            if self.chance.random() < 0.1 or not any(word in act.name for word in SELDOM):
                yield act

    def _idle(self, act: Act) -> bool:
        """Say whether an act that leads on has been done already."""
        if "calls" in act.name:
            return self.session.called is not None
        if "link" in act.name:
            return self.session.link_ready
        if "option" in act.name:
            words = act.name.split()
            asked = (c for p, c in self.session.checks.items() if w.NAMES[p] in words)
            return all(check.state is not CheckState.ASKING for check in asked)
        by = self.session.facilitators.get(act.by) if act.by else None
        return "claims" in act.name and by is not None and by.desk is not None

    def broken(self) -> list[tuple[str, str]]:
        """Return what is wrong with the ways in that are drawn now."""
        found: list[tuple[str, str]] = []
        for person in self.session.checks:
            if not holds(self.session, ToShow(person), self.now):
                step = self._step(Act("drawn", lambda _session: None), WayInDrawn(person))
                step.draw(person)
                found += judge(step)
            if not holds(self.session, ToShowCall(person), self.now):
                step = self._step(Act("drawn", lambda _session: None), CallDrawn(person))
                step.call_shown = person
                found += judge(step)
        return found

    def _step(self, act: Act, event: Happening) -> Step:
        return Step(self.world, act, event, self.now, self.session, (), self.witnesses, self.room)

    def _keep(self, step: Step) -> None:
        self.told.append(step.act.name)
        broken = list(judge(step))
        assert not broken, (broken, self.told)
        witnesses, self.room = witnessed(step)
        self.witnesses, self.session = dict(witnesses), step.after

    def _event(self, act: Act) -> Happening | None:
        """Return the event with the stamps of now in place of the search's."""
        event = act.make(self.session)
        if event is None:
            return None
        if hasattr(event, "schedule"):
            event = replace(event, schedule=self.session.schedule + event.schedule - 1)
        if hasattr(event, "epoch"):
            epoch = self.session.checks[event.person].epoch
            event = replace(event, epoch=epoch + event.epoch - w.EPOCH)
        if act.screens:
            event = replace(event, shown=self.chance.choice(act.screens).digits(self.session))
            as_it_is = act.screens[-1].digits(self.session)
            event = replace(event, shown=as_it_is if act.screens[-1].fits else event.shown)
        return event

    @property
    def over(self) -> bool:
        return self.session.state in (SessionState.CLOSED, SessionState.CANCELLED)
