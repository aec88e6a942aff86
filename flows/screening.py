"""A screening: what may be tapped next, and what may be decided once everything is answered.

It suggests nothing, scores nothing and orders nothing by merit. *Online group* is never among what
may be decided while any criterion is not answered *does not apply*.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from flows.flow import CONSIDERED, CRITERIA, CRITERION_ANSWERS, DOMAINS, Flow
from flows.model import ClearanceDecision, Instrument

DOES_NOT_APPLY: Final = CRITERION_ANSWERS[0]
LASTS: Final[Mapping[str, int]] = MappingProxyType({"3": 91, "6": 182, "12": 365})
"""The lengths of a clearance in months, and the days that each one takes."""
NARROWER: Final = tuple(decision for decision in ClearanceDecision if decision != "online_group")
"""What may always be decided, whatever applies."""


class Closing(StrEnum):
    """What is asked after the flow's items; no item's id begins so."""

    INSTRUMENT = "@instrument"
    DECISION = "@decision"
    MONTHS = "@months"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a screening ends with; `days` is how long it counts."""

    decision: ClearanceDecision
    instrument: Instrument
    days: int


def questions(flow: Flow) -> tuple[str, ...]:
    """Return what is asked, in this order: the flow's items, and what follows them."""
    return (*(item.id for item in flow.items), *Closing)


def choices(flow: Flow, said: tuple[str, ...], most: int) -> tuple[str, ...]:
    """Return what may be tapped after what was said; nothing after the last question.

    `most` is how many days a clearance may last.
    """
    asked = questions(flow)
    if len(said) >= len(asked):
        return ()
    match asked[len(said)]:
        case Closing.INSTRUMENT:
            return tuple(Instrument)
        case Closing.DECISION:
            return offered(flow, taps(flow, said))
        case Closing.MONTHS:
            return tuple(months for months, days in LASTS.items() if days <= most)
        case item:
            return tuple(option.id for option in flow.steps[item].options)


def taps(flow: Flow, said: tuple[str, ...]) -> Mapping[str, str]:
    """Return what was tapped for each item so far."""
    return dict(zip((item.id for item in flow.items), said, strict=False))


def offered(flow: Flow, tapped: Mapping[str, str]) -> tuple[ClearanceDecision, ...]:
    """Return what may be decided: nothing until every domain and every criterion is answered.

    The twelve are asked for by themselves too, so that no flow can leave one out.
    """
    if any(tapped.get(domain) != CONSIDERED for domain in _domains(flow)):
        return ()
    answers = [tapped.get(criterion) for criterion in _criteria(flow)]
    if any(answer not in CRITERION_ANSWERS for answer in answers):
        return ()
    if any(answer != DOES_NOT_APPLY for answer in answers):
        return NARROWER
    return tuple(ClearanceDecision)


def outcome(flow: Flow, said: tuple[str, ...], most: int) -> Outcome | None:
    """Return what is decided; None unless each tap was among the choices of its moment."""
    if len(said) != len(questions(flow)):
        return None
    if any(value not in choices(flow, said[:place], most) for place, value in enumerate(said)):
        return None
    instrument, decision, months = said[-3:]
    return Outcome(ClearanceDecision(decision), Instrument(instrument), LASTS[months])


def narrower(decision: ClearanceDecision) -> tuple[ClearanceDecision, ...]:
    """Return the decisions that leave less open than this one."""
    known = tuple(ClearanceDecision)
    return known[known.index(decision) + 1 :]


def _domains(flow: Flow) -> Iterator[str]:
    yield from DOMAINS
    yield from (item.id for item in flow.items if flow.option(item.id, CONSIDERED))


def _criteria(flow: Flow) -> Iterator[str]:
    yield from CRITERIA
    yield from (item.id for item in flow.items if not flow.option(item.id, CONSIDERED))
