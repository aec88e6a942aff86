"""The participant's one screen: the question, the wait, the door, the way in, the end.

It never reads answers back, never says why somebody is held, never names anybody else.
"""

from typing import assert_never

from bot.scene import Scene
from bot.views import step as step_view
from bot.views.message import Button, Message, column, tap
from flows.gate import ToShow, ToShowCall, holds
from flows.model import Check, CheckState, Repeat, SessionState, StopReason


def place(scene: Scene) -> Message:
    """Draw the participant's place in the session."""
    check = scene.session.checks[scene.viewer.id]
    if scene.session.state in (SessionState.CLOSED, SessionState.CANCELLED):
        return _ended(scene, check)
    match check.state:
        case CheckState.WAITING:
            return Message(scene.say.say("place/waiting"))
        case CheckState.ASKING | CheckState.READY | CheckState.UNMET:
            return _question(scene, check)
        case CheckState.ADMITTED:
            return _admitted(scene, check)
        case CheckState.TURNED_AWAY:
            return Message(scene.say.say("place/turned-away"))
        case CheckState.ABSENT:
            return _absent(scene, check)
        case CheckState.STOPPED:
            return Message(scene.say.say("place/stopped"))
        case _:
            assert_never(check.state)


def _question(scene: Scene, check: Check) -> Message:
    """Draw a step in the words of the revision that the run is pinned to."""
    if check.run is None:
        return Message(scene.say.say("place/waiting"))
    flow = check.run.revision.flow
    step = flow.steps[check.run.step]
    if check.run.repeat is Repeat.SHOWN:
        go_on = scene.say.say("place/button/go-on")
        data = (scene.session.id, check.epoch, step.id)
        return Message(scene.say.say("place/still-open"), column(tap(go_on, "go-on", *data)))
    options = (
        tap(option.text, "answer", scene.session.id, check.epoch, step.id, option.id)
        for option in step.options
    )
    stops = _halts(scene) if check.state is CheckState.READY else ()
    rows = (*step_view.rows(flow, step, options), *column(*stops))
    if scene.call_link and not holds(scene.session, ToShowCall(check.person), scene.now):
        enter = Button(scene.say.say("place/call/button/enter"), url=scene.call_link)
        return Message(scene.say.say("place/call/ready"), (*column(enter), *rows))
    return step_view.message(flow, step, rows)


def _admitted(scene: Scene, check: Check) -> Message:
    if scene.session.state is not SessionState.OPEN:
        return Message(scene.say.say("place/admitted"), column(*_halts(scene)))
    if check.checked_out_at is not None:
        return Message(scene.say.say("place/checked-out"))
    if check.assisted:
        return _let_in_by_staff(scene, check)
    if check.rejoin_asked_at is not None and check.rejoin_confirmed_at is None:
        return _coming_back(scene, check)
    join = tap(scene.say.say("place/button/join"), "join", scene.session.id, check.epoch)
    if not check.minted:
        return Message(scene.say.say("place/open"), column(join, *_halts(scene)))
    if scene.link and not holds(scene.session, ToShow(check.person), scene.now):
        enter = Button(scene.say.say("place/button/enter"), url=scene.link)
        return Message(scene.say.say("place/way-in"), column(enter, *_own_stops(scene)))
    return Message(scene.say.say("place/inside"), column(*_own_stops(scene)))


def _let_in_by_staff(scene: Scene, check: Check) -> Message:
    """Draw the place of somebody whose way in goes to staff: there is nothing to join by."""
    if check.minted:
        return Message(scene.say.say("place/inside"), column(*_own_stops(scene)))
    return Message(scene.say.say("place/assisted/open"), column(*_halts(scene)))


def _halts(scene: Scene) -> tuple[Button, ...]:
    say, session = scene.say, scene.session.id
    return (
        tap(say.say("place/button/someone-came-in"), "halt", session, StopReason.SOMEONE_CAME_IN),
        tap(say.say("place/button/need-to-stop"), "halt", session, StopReason.NEED_TO_STOP),
    )


def _own_stops(scene: Scene) -> tuple[Button, ...]:
    say, session = scene.say, scene.session.id
    epoch = scene.session.checks[scene.viewer.id].epoch
    return (
        *_halts(scene),
        tap(say.say("place/button/line-lost"), "lost", session, epoch),
        tap(say.say("place/button/left"), "left", session, epoch),
    )


def _coming_back(scene: Scene, check: Check) -> Message:
    yes = tap(
        scene.say.say("place/button/still-alone"), "alone", scene.session.id, check.epoch, "yes"
    )
    no = tap(scene.say.say("place/button/not-alone"), "alone", scene.session.id, check.epoch, "no")
    return Message(scene.say.say("place/coming-back"), column(yes, no))


def _absent(scene: Scene, check: Check) -> Message:
    session = scene.session
    if session.state is SessionState.OPEN and scene.now > session.starts_at + session.rules.late:
        return Message(scene.say.say("place/absent-over"))
    if check.arrived_at is not None:
        return Message(scene.say.say("place/absent-told"))
    here = tap(scene.say.say("place/button/here"), "here", session.id, check.epoch)
    return Message(scene.say.say("place/absent"), column(here))


def _ended(scene: Scene, check: Check) -> Message:
    if check.checked_out_at is not None:
        return Message(scene.say.say("place/checked-out"))
    if check.entered_at is None:
        return Message(scene.say.say("place/closed"))
    left = tap(scene.say.say("place/button/left"), "left", scene.session.id, check.epoch)
    return Message(scene.say.say("place/closed-in"), column(left))
