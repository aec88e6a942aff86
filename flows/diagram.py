"""A flow as a `transitions` machine, and as a Mermaid diagram drawn from the same table.

The machine has no callbacks with effects and holds no models: a run is loaded, moved, stored.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from transitions import Machine, State
from transitions.extensions import GraphMachine

from flows.flow import BACK_TO_FINAL, Flow, Option, Step


@cache
def flow_machine(flow: Flow) -> Machine:
    """Return the machine of the flow: steps are states, option ids are triggers.

    Use it as `flow_machine(flow).events["yes"].trigger(model)` on any object with a `state`. The
    way back out of `change` is asked with the final step that the run came from, as in
    `.events["back"].trigger(model, "review")`; without it the trigger returns False.
    """
    return Machine(
        model=None,
        states=list(flow.steps),
        initial=flow.start,
        transitions=[_transition(*edge) for edge in _edges(flow)],
        auto_transitions=False,
        send_event=False,
    )


def mermaid(flow: Flow) -> str:
    """Return the flow as a Mermaid state diagram that names every step by its id."""
    model = _Pen()
    machine = GraphMachine(
        model=model,
        states=[_Drawn(step_id) for step_id in flow.steps],
        initial=_mermaid_id(flow.start),
        transitions=[_drawn(*edge) for edge in _edges(flow)],
        auto_transitions=False,
        title=flow.id,
        graph_engine="mermaid",
    )
    graph = machine.model_graphs[id(model)]
    graph.reset_styling()
    drawn: Any = graph.get_graph(title=f"title: {flow.id}")
    return str(drawn.source)


class _Pen:
    """Stands in for a run: GraphMachine draws nothing without a model."""


class _Drawn(State):
    """A state under a name that Mermaid can read: its own ids know no hyphens and no slashes."""

    def __init__(self, step_id: str) -> None:
        super().__init__(_mermaid_id(step_id))
        self.label = step_id


def _mermaid_id(step_id: str) -> str:
    return step_id.replace("/", "__").replace("-", "_")


def _edges(flow: Flow) -> Iterator[tuple[Step, Option, str]]:
    finals = [step.id for step in flow.steps.values() if step.final]
    for step in flow.steps.values():
        for option in step.options:
            for target in finals if option.to == BACK_TO_FINAL else [option.to]:
                yield step, option, target


def _transition(step: Step, option: Option, target: str) -> dict[str, Any]:
    guards = [_came_from(target)] if option.to == BACK_TO_FINAL else []
    return {"trigger": option.id, "source": step.id, "dest": target, "conditions": guards}


def _drawn(step: Step, option: Option, target: str) -> dict[str, Any]:
    return {
        "trigger": option.id,
        "source": _mermaid_id(step.id),
        "dest": _mermaid_id(target),
    }


def _came_from(final: str) -> Callable[[str], bool]:
    def guard(came_from: str = "") -> bool:
        return came_from == final

    return guard
