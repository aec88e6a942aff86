"""The check room on a facilitator's desk: the button that calls in, and until when somebody is.

The link itself is never here: it is on the phone of whoever is called in, and nowhere else.
"""

from bot.scene import Scene
from bot.views.message import Row, column, tap
from flows.gate import ToCallIn, ToShowCall, holds, only_second_factor
from flows.model import Check


def buttons(scene: Scene, check: Check) -> tuple[Row, ...]:
    """Return the button that calls somebody in, if need be after a code; none where more holds."""
    found = holds(scene.session, ToCallIn(check.person, scene.viewer.id), scene.now)
    if found and not only_second_factor(found):
        return ()
    data = (scene.session.id, check.person, check.epoch)
    return column(tap(scene.say.say("call/button/call-in"), "call-in", *data))


def called_in(scene: Scene, check: Check) -> tuple[str, ...]:
    """Say until when somebody has the way into the check room."""
    called = scene.session.called
    if called is None or holds(scene.session, ToShowCall(check.person), scene.now):
        return ()
    until = scene.say.time(called.expires_at)
    return ("", scene.say.say("call/until", time=until))
