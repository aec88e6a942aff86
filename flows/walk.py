"""The way through a flow: which step follows an answer, in a check and in an orientation alike.

A correction is one question, and an item that is open or answered *no* is never passed over.
"""

from collections.abc import Mapping

from flows.flow import GO_ON, Flow, Option, Step


def next_step(flow: Flow, option: Option, answers: Mapping[str, str]) -> Step:
    """Follow an option; `answers` maps item ids to values, the one just given among them."""
    step = flow.steps[option.to] if option.to in flow.steps else _resting_step(flow, answers)
    if option.value == "yes" and option.marks:
        step = _past_answered(flow, step, answers)
    return flow.steps[flow.resume(answers)] if step.final == "ready" else step


def _past_answered(flow: Flow, step: Step, answers: Mapping[str, str]) -> Step:
    """Skip the questions that were answered *yes* already, and what is to be read before them."""
    for _ in flow.steps:
        question = _after_messages(flow, step)
        onward = flow.option(question.id, "yes")
        if answers.get(question.item) != "yes" or onward is None:
            return step
        step = flow.steps[onward.to]
    return step


def _after_messages(flow: Flow, step: Step) -> Step:
    """Return the first step from here on that is more than to be read."""
    for _ in flow.steps:
        onward = flow.option(step.id, GO_ON)
        if onward is None:
            return step
        step = flow.steps[onward.to]
    return step


def _resting_step(flow: Flow, answers: Mapping[str, str]) -> Step:
    """Return where the run was before *change*: the end that its answers led to."""
    return flow.final("unmet" if "no" in answers.values() else "ready")
