"""A flow as a `transitions` machine, and as a Mermaid diagram drawn from the same table.

The machine has no callbacks with effects and holds no models: a run is loaded, moved, stored.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from transitions import Machine
from transitions.extensions import HierarchicalGraphMachine
from transitions.extensions.nesting import NestedState

from flows.flow import BACK_TO_FINAL, Flow, Option, Step

ITEMS: Final = "the_items"
"""The box around the items in the diagram; no step's id has an underscore."""
BREAK: Final = "<br/>"
"""Where a label's second line begins."""
_PLAIN: Final = str.maketrans('";:#<>{}\\\n', "',, ()()/ ")


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


def mermaid(
    flow: Flow,
    *,
    box: str = "Questions",
    named: Callable[[Step], str] | None = None,
    noted: Callable[[str], str] | None = None,
) -> str:
    """Return the flow as a Mermaid state diagram, in the words of the flow.

    It is drawn for people, from top to bottom. A step that rings the staff (what follows a *no* or
    a call for help) is part of the step that it belongs to; ways back to an earlier step are left
    out; and a way out that several items share starts at the box around them, not ten times.

    A node is named by its step's id with `_` for `-`; an item's node is inside of `ITEMS`. An item
    is labelled with its title, any other step as `named` says (its id in words), the box as `box`.
    `noted` returns a second line for the node that stands for a step or an item, by its id.
    """
    pen = _Pen()
    machine = _Sheet(
        model=pen,
        states=_nodes(flow, box, named or _spoken, noted or _nothing),
        initial=_node_name(flow, flow.start),
        transitions=[
            {"trigger": _words(text), "source": source, "dest": target}
            for (source, target), text in _ways(flow).items()
        ],
        auto_transitions=False,
        graph_engine="mermaid",
    )
    machine.machine_attributes = {"direction": "TB"}
    machine.style_attributes = {"node": {}}  # Colours are the page's, light or dark.
    graph = machine.model_graphs[id(pen)]
    graph.reset_styling()
    drawn: Any = graph.get_graph(title="title: none")
    # The title is a front matter that would be drawn above the picture; whoever shows it has one.
    return str(drawn.source).split("---\n")[-1]


class _Pen:
    """Stands in for a run: the machine draws nothing without a model."""


class _Node(NestedState):
    """A state with a label. Its own name is one that Mermaid can read: without hyphens."""

    separator = "__"

    def __init__(self, name: str, label: str = "", **more: Any) -> None:
        super().__init__(name, **more)
        self.label = label


class _Sheet(HierarchicalGraphMachine):
    """A machine that is only drawn."""

    state_cls = _Node


def _nodes(
    flow: Flow, box: str, named: Callable[[Step], str], noted: Callable[[str], str]
) -> list[dict[str, Any]]:
    own = (
        step for step in flow.steps.values() if not step.item and _shown(flow)[step.id] == step.id
    )
    steps = [_node(step.id, named(step), noted(step.id)) for step in own]
    items = [_node(item.id, item.title, noted(item.id)) for item in flow.items]
    return [*steps, _node(ITEMS, box) | {"children": items}] if items else steps


def _node(name: str, label: str, note: str = "") -> dict[str, Any]:
    lines = [_words(line) for line in (label, note) if line]
    return {"name": name.replace("-", "_"), "label": BREAK.join(lines)}


def drawn_as(flow: Flow) -> Mapping[str, str]:
    """Return by which step's, or item's, node each step is drawn."""
    return MappingProxyType(_shown(flow))


def _node_name(flow: Flow, step_id: str) -> str:
    shown = _shown(flow)[step_id]
    within = f"{ITEMS}{_Node.separator}" if flow.steps[shown].item else ""
    return f"{within}{shown}".replace("-", "_")


@cache
def _shown(flow: Flow) -> dict[str, str]:
    """Return as part of which step each step is drawn; one that does not ring stands for itself."""
    shown = {step.id: step.item or step.id for step in flow.steps.values()}
    met = [flow.start]
    for step_id in met:  # In the order in which a run meets them: where it comes from is settled.
        for step, _, target in _edges(flow):
            if step.id != step_id or target in met:
                continue
            met.append(target)
            aim = flow.steps[target]
            if aim.rings and not aim.final and not aim.item:
                shown[target] = shown[step_id]
    return shown


def _ways(flow: Flow) -> dict[tuple[str, str], str]:
    """Return what is drawn between two nodes: the text of the first option that leads there."""
    names = {step_id: _node_name(flow, step_id) for step_id in flow.steps}
    rank = {name: place for place, name in enumerate(dict.fromkeys(names.values()))}
    ways: dict[tuple[str, str], str] = {}
    for step, option, target in _edges(flow):
        way = names[step.id], names[target]
        if rank[way[0]] < rank[way[1]]:
            ways.setdefault(way, option.text)
    drawn: dict[tuple[str, str], str] = {}
    for (source, to), text in ways.items():
        drawn.setdefault((ITEMS if _is_shared(to, ways) else source, to), text)
    return drawn


def _is_shared(target: str, ways: Iterable[tuple[str, str]]) -> bool:
    """Say whether several items, and nothing else, lead out of the box to this node."""
    sources = [source for source, to in ways if to == target]
    inside = [source.startswith(ITEMS) for source in (target, *sources)]
    return len(sources) > 1 and inside == [False] + [True] * len(sources)


def _nothing(_: str) -> str:
    return ""


def _spoken(step: Step) -> str:
    return step.id.replace("-", " ").capitalize()


def _words(text: str) -> str:
    """Write a text without Mermaid's own signs: it has codes for them, but draws the codes."""
    return text.translate(_PLAIN)


def _edges(flow: Flow) -> Iterator[tuple[Step, Option, str]]:
    finals = [step.id for step in flow.steps.values() if step.final]
    for step in flow.steps.values():
        for option in step.options:
            for target in finals if option.to == BACK_TO_FINAL else [option.to]:
                yield step, option, target


def _transition(step: Step, option: Option, target: str) -> dict[str, Any]:
    guards = [_came_from(target)] if option.to == BACK_TO_FINAL else []
    return {"trigger": option.id, "source": step.id, "dest": target, "conditions": guards}


def _came_from(final: str) -> Callable[[str], bool]:
    def guard(came_from: str = "") -> bool:
        return came_from == final

    return guard
