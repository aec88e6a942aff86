"""Every state that the gate can reach, by breadth, and every invariant in each step.

`decide` and `gate.holds` are the production code; they are called, never imitated. What they did is
judged in `tests/proof/invariants.py` by what was done before. What is left out of the state, and
why nothing that could break an invariant gets lost by it:

**Two people who each need two signatures** are searched to a bound only, from the beginning
(`TWO_TWICE`) and from where one of them is signed in twice: who of two facilitators has seen and
signed what of whom multiplies. One person on two signatures, and two people on one, are searched
whole.

**Time.** No instant is in the state. Instead each step happens at every phase of the session, one
instant just beside each limit (`PHASES`), and with whatever was signed, answered or asked being
fresh or just too old. `decide` only compares an instant with now and a limit, so that all instants
between two limits are alike. That phases and ages are chosen anew at each step allows more than a
clock that never runs backwards; what holds here holds for every order of limits. One end of a time
is part of the state, since it lets somebody in again: that a way in has run out.

**Standing, programme, roles.** They are read afresh with each event, so they too are chosen at each
step: in order, or one thing out of order (`ODDITIES`). What such a thing can lead to is searched on
like anything else. A row that is lost is tried at every step, but not searched on.

**A call into the check room** is who called whom, and whether its time has run out, as of a way in.
Its number is only compared for being the same, so the present one is always 2; its epoch is the
check's, or an invariant breaks before anything is folded together.

**Epochs, numbers, digests.** An epoch is only compared for being the same, so the present one is
always 2, an earlier one 1. Openings and schedules likewise. A way in is the first, the second, or
one too many. A signature is tried from the screen as it is, and from screens that differ in one
fact each; a digest has no other property than to differ.

**Names.** Two participants and two facilitators have equal rights; states that differ in who is who
are one state. The names of items do not matter either: `test_names_and_order_do_not_matter`. So
two people go through two items, and one goes through the shipped flow; there the gate's four are
the one non-negotiable of the two items. Which facilitator entered an answer does not matter, only
that it is not the person's own; staff enter answers in the worlds that are `helped`. With ten items
at most one stands answered *no* at a time: of the answers `decide` only asks which is the first
that is not *yes*, and whether any is *no*.

**What only ever holds somebody back** is left out where a world is `coarse`: whether a question was
repeated, who arrived late, whether somebody has checked out before they are admitted. Without it
more can happen, never less. `FINE` leaves none of it out. Screens' views, and who was ready first,
change no state but the desk that is next, and every desk can be claimed in any state.

**What is over** is forgotten: the answers of who was turned away or absent, and everything but who
may still be in the room once the session has ended. A fresh check begins without them.

**Who is not read is only stood in for** (`StandIn`). A step is decided once for all sessions that
look alike as far as `decide` and the invariants have read them; reading further starts it anew with
more of the session known. So each step is decided on exactly what it depends on.

`test_evenings_by_the_clock_stay_within_the_search` checks the whole of this against real sessions:
real epochs, real instants, and never a state in which the search has not been.

    python -m tests.proof.explore [--world NAME] [--bound STATES]
"""

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from unittest.mock import patch

from flows import events as e
from flows import gate
from flows.decide import check_room, checks, decide, decision, desk, door, sessions
from flows.gate import HoldCode, ToShow, ToShowCall
from flows.model import CheckState, Instant, PersonId, Session
from tests.proof import oddities, views
from tests.proof import world as w
from tests.proof.acts import (
    Act,
    CallDrawn,
    CallEnded,
    Wanted,
    WayInDrawn,
    WayInEnded,
    acts_of,
)
from tests.proof.invariants import NOT_HELD_HERE, Step, judge, witnessed
from tests.proof.oddities import Odd
from tests.proof.views import Core, Local, Touched, Witness
from tests.proof.world import NAMES, PHASES, USUAL, World

STATES = tuple(CheckState)
SAID: list[frozenset[HoldCode]] = []
"""What the gate has said in the step that is being tried."""
READ_BY_THE_DOOR = frozenset(
    {HoldCode.REJOIN_UNCONFIRMED, HoldCode.REJOIN_USED, HoldCode.SIGN_OFF_EXPIRED}
)
"""The holds that `flows/decide/door.py` tells apart; of the others only whether any is counts."""


@dataclass(frozen=True)
class Broken(Exception):
    """An invariant does not hold in a step."""

    number: str
    how: str
    name: str


@dataclass(frozen=True)
class Outcome:
    """What an accepted step leads to: who is not named is as before."""

    name: str
    core: int
    people: tuple[tuple[int, int], ...]


@dataclass
class Node:
    """What was found out about all sessions that look the same as far as they were read."""

    tried: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    further: dict[int, tuple[Act, ...]] = field(default_factory=dict)
    broken: Broken | None = None


@dataclass(frozen=True)
class Found:
    """What a search saw."""

    world: str
    states: int
    transitions: int
    decided: int
    left_out: int
    seconds: float
    finished: bool
    broken: Broken | None = None
    path: tuple[str, ...] = ()

    def __str__(self) -> str:
        end = "all" if self.finished else "so far"
        beyond = f", {self.left_out} steps led beyond the bound" if self.left_out else ""
        return (
            f"{self.world}: {self.states} states ({end}), {self.transitions} transitions"
            f" ({self.decided} decided anew), violations {int(self.broken is not None)},"
            f" {self.seconds:.1f} s{beyond}"
        )


class _Witnesses(dict[PersonId, Witness]):
    """What is remembered of whoever is known; asking for anybody else tells so."""

    def __init__(self, known: Mapping[PersonId, Witness], missing: PersonId | None) -> None:
        super().__init__(known)
        self._missing = missing

    def __missing__(self, person: PersonId) -> Witness:
        raise Touched(person)

    def values(self):
        self._all()
        return super().values()

    def items(self):
        self._all()
        return super().items()

    def _all(self) -> None:
        if self._missing is not None:
            raise Touched(self._missing)


State = tuple[int, ...]
"""The number of the core, and of each person's local view."""


class Search:
    """One search of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.acts = acts_of(world)
        self.cores: list[Core] = []
        self.locals: list[Local] = []
        self._core_ids: dict[Core, int] = {}
        self._local_ids: dict[Local, int] = {}
        self._nodes: dict[tuple[int, ...], Node] = {}
        self._swapped_core: dict[tuple[int, int], int] = {}
        self._swapped_local: dict[int, int] = {}
        self._rested: dict[int, int] = {}
        self.parents: dict[State, tuple[State, str, int] | None] = {}
        self.decided = 0
        self.left_out = 0
        self.odd = oddities.of(world)
        staff, people = world.symmetric_staff, world.symmetric_people
        self._swaps = (*((1,) if staff else ()), *((2,) if people else ()),
                       *((3,) if staff and people else ()))  # fmt: skip
        self.lone: dict[HoldCode, dict[tuple[str, str, Odd], tuple[State, Act]]] = {}
        self._at: State = ()

    # Numbers for views

    def core_id(self, core: Core) -> int:
        number = self._core_ids.get(core)
        if number is None:
            number = self._core_ids[core] = len(self.cores)
            self.cores.append(core)
        return number

    def local_id(self, local: Local) -> int:
        number = self._local_ids.get(local)
        if number is None:
            number = self._local_ids[local] = len(self.locals)
            self.locals.append(local)
        return number

    def start(self) -> State:
        core = Core(staff=tuple((True, None) for _ in self.world.staff))
        return (self.core_id(core), *(self.local_id(Local()) for _ in self.world.people))

    # Sameness

    def canonical(self, state: State) -> tuple[State, int]:
        """Return the state that stands for all that differ in names only, and what was swapped."""
        core, *people = state
        if self.cores[core].state in views.ENDED:
            people = [self._at_rest(one) for one in people]
        best, how = (core, *people), 0
        for bits in self._swaps:
            turned = tuple(self._swap_staff(one) for one in people) if bits & 1 else tuple(people)
            if bits & 2:
                turned = turned[::-1]
            image = (self._swap_core(core, bits), *turned)
            if image < best:
                best, how = image, bits
        return best, how

    def _at_rest(self, one: int) -> int:
        rested = self._rested.get(one)
        if rested is None:
            rested = self._rested[one] = self.local_id(views.at_rest(self.locals[one]))
        return rested

    def _swap_core(self, number: int, bits: int) -> int:
        key = (number, bits)
        found = self._swapped_core.get(key)
        if found is None:
            core, people = self.cores[number], self.world.people
            staff, call, seen = core.staff, core.call, core.witness.called
            if bits & 2:
                other = {people[0]: people[1], people[1]: people[0], None: None}
                staff = tuple((active, other[desk]) for active, desk in staff)
                call = (other[call[0]], *call[1:]) if call else None
                seen = (other[seen[0]], seen[1]) if seen else None
            if bits & 1:
                staff = staff[::-1]
                one, two = self.world.staff
                by = {one: two, two: one}
                call = (call[0], by[call[1]], call[2]) if call else None
                seen = (seen[0], by[seen[1]]) if seen else None
            witness = core.witness._replace(called=seen)
            turned = core._replace(staff=staff, call=call, witness=witness)
            found = self._swapped_core[key] = self.core_id(turned)
        return found

    def _swap_staff(self, number: int) -> int:
        found = self._swapped_local.get(number)
        if found is None:
            local = self.locals[number]
            one, two = self.world.staff
            other = {one: two, two: one}
            sign = local.sign
            if sign and local.state not in views.SETTLED:
                sign = (sign[0], other[sign[1]])
            seen = frozenset((other[by], item) for by, item in local.seen)
            mine = local.witness
            mine = mine._replace(
                seen=frozenset((other[by], item) for by, item in mine.seen),
                first=other[mine.first] if mine.first else None,
                signer=other[mine.signer] if mine.signer else None,
            )
            first = other[local.first] if local.first else None
            turned = local._replace(first=first, sign=sign, seen=seen, witness=mine)
            found = self._swapped_local[number] = self.local_id(turned)
        return found

    # One step

    def successors(self, state: State) -> Iterator[tuple[Node, tuple[Outcome, ...]]]:
        """Yield what all acts lead to; whoever is not read is only stood in for."""
        core, people = state[0], state[1:]
        states = tuple(-1 - STATES.index(self.locals[one].state) for one in people)
        yield from self._descend((), (core, *states), people, self.acts)

    def _descend(
        self, order: tuple[int, ...], view: State, people: State, todo: tuple[Act, ...]
    ) -> Iterator[Node]:
        key = (*order, *view)
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = self._evaluate(view, todo)
        yield node
        for index, acts in node.further.items():
            known = (*view[: index + 1], people[index], *view[index + 2 :])
            yield from self._descend((*order, index), known, people, acts)

    def _evaluate(self, view: State, todo: tuple[Act, ...]) -> Node:
        node = Node()
        further: dict[int, list[Act]] = {}
        scene = _Scene(self, view)
        seen = set()
        for act in todo:
            try:
                tried, outcomes = scene.tried(act)
            except Touched as touched:
                index = self.world.people.index(touched.person)
                further.setdefault(index, []).append(act)
                continue
            except Broken as broken:
                node.broken = broken
                return node
            node.tried += tried
            for outcome in outcomes:
                key = (outcome.core, outcome.people)
                if key not in seen:
                    seen.add(key)
                    node.outcomes.append(outcome)
        self.decided += node.tried
        node.further = {index: tuple(acts) for index, acts in further.items()}
        return node

    # All steps

    def run(self, most: int | None = None, say: Callable[[str], None] | None = None) -> Found:
        """Search until nothing is new, an invariant breaks, or `most` states were expanded."""
        began, transitions, expanded = time.process_time(), 0, 0
        layer = [self._begin()]

        def found(broken: Broken | None = None, path: tuple[str, ...] = ()) -> Found:
            seconds = time.process_time() - began
            return Found(self.world.name, len(self.parents), transitions, self.decided,
                         self.left_out, seconds, not layer, broken, path)  # fmt: skip

        while layer:
            following: list[State] = []
            for state in layer:
                expanded += 1
                self._at = state
                for node in self.successors(state):
                    transitions += node.tried
                    if node.broken:
                        return found(node.broken, self.path(state, node.broken.name))
                    for outcome in node.outcomes:
                        self._reach(state, outcome, following)
                if expanded == most:
                    return found()
            layer = following
            if say:
                say(str(found()))
        return found()

    def _begin(self) -> State:
        """Go the way of the prelude, and return the state that it leads to."""
        at, _ = self.canonical(self.start())
        self.parents = {at: None}
        for name in self.world.prelude:
            self._at = at
            outcomes = (o for node in self.successors(at) for o in node.outcomes)
            taken = next(outcome for outcome in outcomes if outcome.name == name)
            reached: list[State] = []
            self._reach(at, taken, reached)
            (at,) = reached
        return at

    def _reach(self, state: State, outcome: Outcome, following: list[State]) -> None:
        people = list(state)
        people[0] = outcome.core
        for index, local in outcome.people:
            people[index + 1] = local
            if self._too_many_noes(local):
                self.left_out += 1
                return
        reached, swaps = self.canonical(tuple(people))
        if reached not in self.parents:
            self.parents[reached] = (state, outcome.name, swaps)
            following.append(reached)

    def _too_many_noes(self, local: int) -> bool:
        most = self.world.most_noes
        return most is not None and views.noes(self.locals[local]) > most

    # What a hold stands for alone

    def lone_holds(self, codes: frozenset[HoldCode], act: Act, phase: str, odd: Odd) -> None:
        """Note each hold without which the gate would have said something else."""
        for code in codes:
            if codes - {code} <= READ_BY_THE_DOOR:
                found = self.lone.setdefault(code, {})
                found.setdefault((act.name, phase, odd), (self._at, act))

    def cut(self, code: HoldCode) -> tuple[Broken, tuple[str, ...]] | None:
        """Return what breaks, and the way to it, where the gate forgets this hold; None: nothing.

        Until the first step in which this hold stood alone, the search is the same without it.
        """
        with gate_of(self.world, cut=code):
            for (_, phase, odd), (state, act) in self.lone.get(code, {}).items():
                self._at = state
                try:
                    _Scene(self, state).try_once(act, phase, odd, [])
                except Broken as broken:
                    return broken, self.path(state, broken.name)
        return None

    def path(self, state: State, last: str) -> tuple[str, ...]:
        """Return the shortest way to `state` and the step `last`, under one set of names."""
        steps: list[tuple[str, int]] = [(last, 0)]
        at = self.parents[state]
        while at is not None:
            state, name, swaps = at
            steps.append((name, swaps))
            at = self.parents[state]
        told, swapped = [], 0
        for name, swaps in reversed(steps):
            told.append(_renamed(name, swapped))
            swapped ^= swaps
        return tuple(told)


def _renamed(name: str, swaps: int) -> str:
    other = {}
    if swaps & 1:
        other |= {"Anna": "Ben", "Ben": "Anna"}
    if swaps & 2:
        other |= {"P": "Q", "Q": "P"}
    return re.sub(r"\b(Anna|Ben|P|Q)\b", lambda m: other.get(m[0], m[0]), name)


class _Scene:
    """One view, and what is tried in it."""

    def __init__(self, search: Search, view: State) -> None:
        self.search, self.world = search, search.world
        self.core = search.cores[view[0]]
        self.people = {
            person: search.locals[number] if number >= 0 else STATES[-1 - number]
            for person, number in zip(self.world.people, view[1:], strict=True)
        }
        self.known = {p: one for p, one in self.people.items() if isinstance(one, Local)}
        missing = next((p for p in self.people if p not in self.known), None)
        self.witnesses = _Witnesses({p: one.witness for p, one in self.known.items()}, missing)
        called = self.core.call is not None and self.core.call[2] == views.LIVE
        self.live = called or any(one.way_in == views.LIVE for one in self.known.values())
        self._sessions: dict[tuple[str, Odd], Session | None] = {}

    def session(self, phase: str, odd: Odd = ()) -> Session | None:
        """Return the session at a time, with things out of order; None where it can't be."""
        key = (phase, odd)
        if key in self._sessions:
            return self._sessions[key]
        now = PHASES[phase]
        if not odd:
            session: Session | None = views.session_of(self.world, self.core, self.people, now)
        else:
            *fewer, (oddity, about) = odd
            session = self.session(phase, tuple(fewer))
            session = oddity.change(session, about, now) if session else None
        self._sessions[key] = session
        return session

    def tried(self, act: Act) -> tuple[int, list[Outcome]]:
        """Try an act at the usual time, and at all others and with all oddities if it asks."""
        outcomes: list[Outcome] = []
        views.Now.read = views.WatchedProgramme.read = False
        tried = self.try_once(act, USUAL, (), outcomes)
        if not tried:
            return 0, outcomes
        timed, asked = views.Now.read, views.WatchedProgramme.read
        phases = self._phases if timed else (USUAL,)
        tried += sum(self.try_once(act, phase, (), outcomes) for phase in phases[1:])
        moot = not asked and not timed and act.by not in self.world.staff
        for odd in () if moot else self.search.odd:
            if self._matters(odd, act, timed=timed, asked=asked):
                tried += self.try_once(act, USUAL, odd, outcomes)
        return tried, outcomes

    @property
    def _phases(self) -> tuple[str, ...]:
        """The times that there may be; no way in and no call is live after the end."""
        some = (p for p in self.world.phases if p != USUAL)
        return (USUAL, *(p for p in some if not (self.live and PHASES[p] >= w.ENDS)))

    def _matters(self, odd: Odd, act: Act, *, timed: bool, asked: bool) -> bool:
        for oddity, about in odd:
            if act.plain:
                return False
            if oddity.about == "staff" and act.by == about:
                continue
            if oddity.about == "person" and about not in self.known:
                return False
            aged = timed and oddity.aged and not (act.whole and self.world.odd != w.EVERYTHING)
            if not (asked or aged):
                return False
        return True

    def try_once(self, act: Act, phase: str, odd: Odd, outcomes: list[Outcome]) -> int:
        """Try an act, and return how many tries that were: one for each screen it may come from."""
        SAID.clear()
        now = views.Now(PHASES[phase])
        session = self.session(phase, odd)
        event = act.make(session) if session else None
        if session is None or event is None:
            return 0
        if isinstance(event, WayInEnded):
            outcomes.extend(self._way_in_ended(act, event))
            return 1
        if isinstance(event, CallEnded):
            outcomes.extend(self._call_ended(act, event))
            return 1
        step = Step(self.world, act, event, now, session, odd, self.witnesses, self.core.witness)
        if isinstance(event, WayInDrawn | CallDrawn):
            self._draw(step, event)
            self._note_holds(act, phase, odd)
            self._judged(step, phase)
            return 1
        try:
            self._happen(step, phase, outcomes)
        except Wanted:
            for screen in act.screens:
                step.screen = screen
                step.event = replace(event, shown=screen.digits(session))
                self._happen(step, phase, outcomes)
            return len(act.screens)
        return 1

    def _draw(self, step: Step, event: WayInDrawn | CallDrawn) -> None:
        if isinstance(event, CallDrawn):
            if not gate.holds(step.before, ToShowCall(event.person), step.now):
                step.call_shown = event.person
        elif not gate.holds(step.before, ToShow(event.person), step.now):
            step.draw(event.person)

    def _happen(self, step: Step, phase: str, outcomes: list[Outcome]) -> None:
        decided = decide(step.before, step.event, step.now)
        self._note_holds(step.act, phase, step.odd)
        if decided.refusal is not None:
            if decided.state is not step.before or decided.effects:
                raise Broken("6", "a refusal changed something", _told(step, phase))
            return
        step.accept(decided)
        if not step.odd:
            step.again = decide(step.after, step.event, step.now)
        self._judged(step, phase)
        if not any(oddity.lost for oddity, _ in step.odd):
            outcomes.append(self._outcome(_told(step, phase), step))

    def _note_holds(self, act: Act, phase: str, odd: Odd) -> None:
        for codes in SAID:
            self.search.lone_holds(codes, act, phase, odd)
        SAID.clear()

    def _judged(self, step: Step, phase: str) -> None:
        for number, how in judge(step):
            raise Broken(number, how, _told(step, phase))

    def _outcome(self, name: str, step: Step) -> Outcome:
        witnesses, room = witnessed(step)
        core = views.core_of(self.world, step.after, room, step.now)
        if step.odd and not isinstance(step.event, e.FacilitatorRemoved):
            staff = zip(core.staff, self.core.staff, strict=True)
            core = core._replace(staff=tuple((was[0], is_[1]) for is_, was in staff))
        people = tuple(
            (index, self.search.local_id(
                views.local_of(self.world, step.after.checks[person], witnesses[person], step.now)))
            for index, person in enumerate(self.world.people)
            if step.after.checks[person] is not step.before.checks[person]
        )  # fmt: skip
        return Outcome(name, self.search.core_id(core), people)

    def _way_in_ended(self, act: Act, event: WayInEnded) -> Iterator[Outcome]:
        local = self.people[event.person]
        if not isinstance(local, Local):
            raise Touched(event.person)
        if local.way_in != views.LIVE:
            return
        over = local._replace(way_in=views.RUN_OUT, witness=local.witness._replace(live=False))
        index = self.world.people.index(event.person)
        core = self.search.core_id(self.core)
        yield Outcome(act.name, core, ((index, self.search.local_id(over)),))

    def _call_ended(self, act: Act, event: CallEnded) -> Iterator[Outcome]:
        call = self.core.call
        if call is None or call[0] != event.person or call[2] != views.LIVE:
            return
        witness = self.core.witness._replace(called=None)
        over = self.core._replace(call=(*call[:2], views.RUN_OUT), witness=witness)
        yield Outcome(act.name, self.search.core_id(over), ())


def _told(step: Step, phase: str) -> str:
    """Return the step in words: what was done, when, and what was out of order."""
    screen = f", from a screen with {step.screen.name}" if step.screen and step.screen.name else ""
    when = "" if phase == USUAL else f" [{phase}]"
    odd = "".join(f" [{o.name}{f': {NAMES[a]}' if o.about else ''}]" for o, a in step.odd)
    return f"{step.act.name}{screen}{when}{odd}"


# The gate as it is searched


@contextmanager
def gate_of(world: World, *, cut: HoldCode | None = None) -> Iterator[None]:
    """Let the gate hold what this world calls non-negotiable; `cut` is left out of what it says."""
    holds = gate.holds

    def saying(session: Session, act: gate.Act, now: Instant) -> tuple[gate.Hold, ...]:
        found = tuple(hold for hold in holds(session, act, now) if hold.code is not cut)
        if found:
            SAID.append(frozenset(hold.code for hold in found))
        return found

    with ExitStack() as stack:
        stack.enter_context(patch.object(gate, "NON_NEGOTIABLES", world.non_negotiables))
        for name in ("move_check", "move_session"):
            table = cache(getattr(decision, name))
            stack.enter_context(patch.object(decision, name, table))
        for module in (gate, check_room, checks, desk, door, sessions):
            stack.enter_context(patch.object(module, "holds", saying))
        yield


def explore(
    world: World,
    *,
    cut: HoldCode | None = None,
    most: int | None = None,
    say: Callable[[str], None] | None = None,
) -> Found:
    """Search one world."""
    with gate_of(world, cut=cut):
        return Search(world).run(most, say)


ALL = (
    *("TWO", "SHIPPED", "ONE", "FOUR_EYES", "FINE", "BOTH_ROLES", "LACKING", "ONE_PLACE"),
    *("HELPED", "HELPED_TWICE", "CALLED", "CALLED_BY_BOTH", "ONE_BY_ONE", "BOTH_CALL"),
)


def _progress(line: str) -> None:
    sys.stderr.write(f"\r{line}\x1b[K")
    sys.stderr.flush()


def main(arguments: list[str] | None = None) -> int:
    """Search the worlds, say what was seen, and return 1 where an invariant breaks."""
    say = sys.stdout.write
    parser = argparse.ArgumentParser(description="Explore every state that the gate can reach.")
    parser.add_argument(
        "--world", choices=(*ALL, "SOLO", "LEAN"), action="append", help="only this one"
    )
    parser.add_argument("--bound", type=int, help="expand at most this many states of each")
    chosen = parser.parse_args(arguments)
    for number, why in NOT_HELD_HERE.items():
        say(f"invariant {number} is not looked at here: {why}\n")
    broken = False
    for name in chosen.world or ALL:
        found = explore(getattr(w, name), most=chosen.bound, say=_progress)
        sys.stderr.write("\r\x1b[K")
        say(f"{found}\n")
        sys.stdout.flush()
        if found.broken is not None:
            broken = True
            say(f"  invariant {found.broken.number}: {found.broken.how}\n")
            for number, step in enumerate(found.path, 1):
                say(f"  {number:3}. {step}\n")
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
