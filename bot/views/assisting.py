"""Assisted: the questions on a facilitator's desk, who entered the answers, and their way in.

One question at a time and one tap an answer, as the participant has them; nothing is shown here to
anybody but the session's facilitators.
"""

from bot.scene import Scene
from bot.views.message import Button, Message, Row, column, pairs, tap
from flows.flow import Flow, Option, Step
from flows.gate import ToShow, holds
from flows.model import Check, CheckState, Run, SessionState

SETTLING = (SessionState.CHECKING, SessionState.OPEN)


def enterable(scene: Scene, check: Check) -> bool:
    """Say whether staff could enter an answer for somebody now."""
    return check.running and scene.session.state in SETTLING


def enter_button(scene: Scene, check: Check) -> Button:
    """Return the button that turns the desk to the questions."""
    text = scene.say.say("assisted/button/enter")
    return tap(text, "enter", scene.session.id, check.person, 1)


def questions(scene: Scene, check: Check) -> Message:
    """Draw the question that the run is at, with its answers but for *help*: staff are there."""
    session, person = scene.session.id, check.person
    back = tap(scene.say.say("assisted/button/back"), "enter", session, person, 0)
    run, step = _asked(scene, check)
    options = (
        tap(option.text, "told", session, person, check.epoch, step.id, option.id)
        for option in step.options
        if not _calls_for_help(run.revision.flow, option)
    )
    head = scene.say.say("assisted/head", who=scene.named(person))
    return Message(f"{head}\n\n{step.text}", (*pairs(*options), *column(back)))


def _calls_for_help(flow: Flow, option: Option) -> bool:
    landing = flow.steps.get(option.to)
    return option.value not in ("yes", "no") and landing is not None and landing.rings


def _asked(scene: Scene, check: Check) -> tuple[Run, Step]:
    """Return the step in the viewer's language, if published with the same options; else its own.

    What is told is an answer to the step of the run, whichever words the facilitator reads.
    """
    if check.run is None:
        raise LookupError
    asked = check.run.revision.flow.steps[check.run.step]
    known = scene.own.flow.steps.get(asked.id) if scene.own else None
    return check.run, known if known and _meant(known) == _meant(asked) else asked


def _meant(step: Step) -> list[tuple[str, str, str, str]]:
    """Return what the options of a step do, without their words."""
    return [(one.id, one.to, one.marks, one.value) for one in step.options]


def entered(scene: Scene, check: Check) -> tuple[str, ...]:
    """Say whose answers staff entered by phone, and who did."""
    if not check.entered_by:
        return ()
    by = scene.say.listing([scene.label(one) for one in sorted(check.entered_by)])
    return (scene.say.say("assisted/entered", by=by),)


def way_in(scene: Scene, check: Check) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    """Return what the desk says of the way in of somebody assisted, and its buttons.

    Only whoever admitted them gets it, and it is shown only while the gate has no holds.
    """
    admitted = check.state is CheckState.ADMITTED and check.checked_out_at is None
    if check.handed_to is None or not admitted:
        return (), ()
    if check.handed_to != scene.viewer.id:
        by = scene.label(check.handed_to)
        return (scene.say.say("assisted/handed-to", by=by),), ()
    if scene.session.state is not SessionState.OPEN:
        return (scene.say.say("assisted/handed-to-you"),), ()
    return _door(scene, check)


def _door(scene: Scene, check: Check) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    say, data = scene.say, (scene.session.id, check.person, check.epoch)
    who = scene.label(check.person)
    if check.rejoin_asked_at is not None and check.rejoin_confirmed_at is None:
        yes = tap(say.say("assisted/button/still-alone"), "still", *data, "yes")
        no = tap(say.say("assisted/button/not-alone"), "still", *data, "no")
        return (say.say("assisted/ask-alone", who=who),), column(yes, no)
    live = check.credential is not None and check.credential.handed_to == scene.viewer.id
    if live and scene.link and not holds(scene.session, ToShow(check.person), scene.now):
        enter = Button(say.say("assisted/button/way-in"), url=scene.link)
        return (say.say("assisted/way-in", who=who),), column(enter)
    let_in = tap(say.say("assisted/button/let-in", who=who), "let-in", *data)
    return (say.say("assisted/handed-to-you"),), column(let_in)
