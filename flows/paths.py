"""The ways through a flow as conversations to be read: the whole one first, then what branches off.

It only walks the graph; what stands on a phone, and in which words, is no matter of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import Final

from flows.flow import BACK_TO_FINAL, Flow, Option, Step

_NOWHERE: Final = Option("", "", "", "")


@dataclass(frozen=True, slots=True)
class Turn:
    """A step as it is met; `tapped` is the id of the option that is taken, empty at an end."""

    step: str
    tapped: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Turns from top to bottom; the first `known` of them stand in an earlier conversation too.

    `onward` is where it goes on: a step that was met before, or `BACK_TO_FINAL`. Empty: it ends.
    """

    turns: tuple[Turn, ...]
    onward: str = ""
    known: int = 0


def conversations(flow: Flow) -> tuple[Conversation, ...]:
    """Return the shortest way to the ready step, then each branch, where it leaves what is known.

    Every step that can be reached is met for the first time in exactly one of them; a branch
    begins with the step of the first conversation that it leaves, and a loop is cut.
    """
    walker = _Walker(flow, _distances(flow), {})
    whole = walker.walk(flow.start, ())
    return whole, *(
        branch for turn in whole.turns for branch in walker.branches(flow.steps[turn.step], ())
    )


@dataclass(frozen=True, slots=True)
class _Walker:
    """What has been met so far; it is used for one flow, from its start."""

    flow: Flow
    distances: Mapping[str, float]
    met: dict[str, None]

    def walk(self, at: str, trail: tuple[Turn, ...]) -> Conversation:
        """Go on from a step that is met for the first time, until an end or what is known."""
        turns, onward = list(trail), at
        while onward and onward not in self.met and onward != BACK_TO_FINAL:
            self.met[onward] = None
            option = self._taken(self.flow.steps[onward])
            turns.append(Turn(onward, option.id))
            onward = option.to
        return Conversation(tuple(turns), onward, len(trail))

    def branches(self, step: Step, trail: tuple[Turn, ...]) -> Iterator[Conversation]:
        """Yield what begins with each option of a step, and what begins within that."""
        for option in step.options:
            if option.to in self.met or option.to == BACK_TO_FINAL:
                continue
            branch = self.walk(option.to, (*trail, Turn(step.id, option.id)))
            yield branch
            for place in range(branch.known, len(branch.turns)):
                within = self.flow.steps[branch.turns[place].step]
                yield from self.branches(within, branch.turns[:place])

    def _taken(self, step: Step) -> Option:
        """Return the option that leads to the ready step soonest; none where the flow ends."""
        if step.final or not step.options:
            return _NOWHERE
        return min(step.options, key=lambda option: self.distances.get(option.to, inf))


def _distances(flow: Flow) -> dict[str, float]:
    """Return how many taps each step is away from the step that ends the flow well."""
    found = {step.id: 0.0 for step in flow.steps.values() if step.final == "ready"}
    near = list(found)
    for target in near:  # It grows while it is walked, from the end outwards.
        for step in flow.steps.values():
            if step.final or step.id in found:
                continue  # An end is never passed through, although an answer can be changed there.
            if any(option.to == target for option in step.options):
                found[step.id] = found[target] + 1
                near.append(step.id)
    return found
