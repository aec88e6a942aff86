"""The desk: one person with their answers, what to observe, and the sentence that signing means."""

from bot.scene import Scene
from bot.views import assisting, calling
from bot.views.board import open_button, openable, person_state, waiting_for_anybody
from bot.views.message import Button, Message, Row, column, pairs, tap
from flows.digest import SHOWN_LENGTH, sign_off_digest
from flows.gate import ToAdmit, holds, only_second_factor
from flows.model import (
    Answer,
    Check,
    CheckState,
    DeskView,
    Destination,
    Outcome,
    SessionState,
    SignOff,
)

SETTLED = (CheckState.ADMITTED, CheckState.TURNED_AWAY, CheckState.ABSENT)
UNDER_WAY = (CheckState.WAITING, CheckState.ASKING, CheckState.READY, CheckState.UNMET)


def desk(scene: Scene) -> Message:
    """Draw the viewer's desk: the person claimed, or that nobody waits."""
    facilitator = scene.session.facilitators[scene.viewer.id]
    claimed = facilitator.desk
    if claimed is None or claimed.person not in scene.session.checks:
        return _empty(scene)
    check = scene.session.checks[claimed.person]
    if claimed.view is DeskView.TURN_AWAY and check.state not in SETTLED:
        return _elsewhere(scene, check)
    if claimed.view is DeskView.ANSWERS and assisting.enterable(scene, check):
        return assisting.questions(scene, check)
    return _look(scene, check)


def meaning_key(outcome: Outcome) -> str:
    """Return the key of the sentence that a signature with this outcome means."""
    return f"sign/{outcome}"


def _empty(scene: Scene) -> Message:
    if openable(scene):
        text = f"{scene.say.say('desk/empty-all')}\n\n{scene.say.say('sign/open')}"
        return Message(text, column(open_button(scene)))
    free = waiting_for_anybody(scene)
    if free:
        names = scene.say.listing([scene.named(person) for person in free])
        shows = (tap(scene.label(person), "claim", scene.session.id, person) for person in free)
        return Message(scene.say.say("desk/ready", names=names), pairs(*shows))
    left = sum(check.state in UNDER_WAY for check in scene.session.checks.values())
    if left:
        return Message(scene.say.say("desk/empty", n=left))
    return Message(scene.say.say("desk/empty-all"))


def _look(scene: Scene, check: Check) -> Message:
    say, who = scene.say, scene.label(check.person)
    head = say.say("desk/head", who=scene.named(check.person), name=scene.name)
    lines = [head, person_state(scene, check)]
    if check.run:
        lines += ["", *_answers(scene, check), *assisting.entered(scene, check)]
    said, rows = assisting.way_in(scene, check)
    lines += [line for one in said for line in ("", one)]
    if check.first_sign_off and check.state is CheckState.READY:
        lines += ["", _signed_once(scene, check.first_sign_off)]
    if check.state is CheckState.READY and not check.signed_first_by(scene.viewer.id):
        lines += [*calling.called_in(scene, check), "", say.say("desk/observe")]
        rows = (*calling.buttons(scene, check), *_observations(scene, check))
        if _signable(scene, check):
            lines += ["", say.say("sign/admit", who=who)]
            rows += column(_sign(scene, check, Outcome.ADMIT, None))
    leave = tap(say.say("desk/button/leave"), "leave", scene.session.id, check.person)
    if scene.session.state is SessionState.STOPPED:
        return Message("\n".join((*lines, "", say.say("desk/stopped"))), column(leave))
    why = tap(say.say("desk/button/why", who=who), "why", scene.session.id, check.person)
    return Message("\n".join(lines), (*rows, *pairs(*_acts(scene, check), why, leave)))


def _signable(scene: Scene, check: Check) -> bool:
    """Say whether the viewer could sign somebody in now, if need be after entering a code."""
    found = holds(scene.session, ToAdmit(check.person, scene.viewer.id), scene.now)
    return not found or only_second_factor(found)


def _signed_once(scene: Scene, first: SignOff) -> str:
    by, time = scene.label(first.by), scene.say.time(first.at)
    return scene.say.say("desk/signed-once", by=by, time=time)


def _answers(scene: Scene, check: Check) -> list[str]:
    """Return the answers in a few lines: what is missing, what became a *yes*, every *yes*."""
    found: dict[str, list[str]] = {"no": [], "unanswered": [], "changed": [], "yes": []}
    for item in check.items:
        found[_standing(check.answers.get(item.id))].append(scene.item(item.id))
    return [
        scene.say.say(f"desk/answered/{key}", items=scene.say.listing(items))
        for key, items in found.items()
        if items
    ]


def _standing(answer: Answer | None) -> str:
    if answer is None:
        return "unanswered"
    return "changed" if answer.value == "yes" and answer.changed else answer.value


def _observations(scene: Scene, check: Check) -> tuple[Row, ...]:
    rows = []
    for item in check.observed_items:
        words = scene.items.get(item.id)
        seen = check.observations.get((item.id, scene.viewer.id))
        done = seen is not None and seen.seen
        mark = "\u2611" if done else "\u2610"
        text = f"{mark} {words.observe if words else item.observe}"
        target = (scene.session.id, check.person, check.epoch, item.id, 0 if done else 1)
        rows.append(tap(text, "seen", *target))
    return column(*rows)


def _acts(scene: Scene, check: Check) -> tuple[Button, ...]:
    say, session, person = scene.say, scene.session, check.person
    away = tap(say.say("desk/button/turn-away"), "where", session.id, person, 1)
    absent = tap(say.say("desk/button/absent"), "absent", session.id, person, check.epoch)
    again = tap(say.say("desk/button/again"), "again", session.id, person, check.epoch)
    if check.state is CheckState.ADMITTED:
        return _undo(scene, check)
    if check.state in (CheckState.TURNED_AWAY, CheckState.ABSENT):
        return (again,)
    enter = (assisting.enter_button(scene, check),) if assisting.enterable(scene, check) else ()
    if check.first_sign_off:
        back = tap(say.say("desk/button/take-back"), "back", session.id, person, check.epoch)
        return (*enter, back, away, absent)
    return (*enter, again, away, absent)


def _undo(scene: Scene, check: Check) -> tuple[Button, ...]:
    say, session = scene.say, scene.session
    who = scene.label(check.person)
    stop = tap(say.say("desk/button/stop", who=who), "out", session.id, check.person)
    if check.minted or session.state is not SessionState.CHECKING:
        return (stop,)
    back = tap(say.say("desk/button/take-back"), "back", session.id, check.person, check.epoch)
    return (back,)


def _elsewhere(scene: Scene, check: Check) -> Message:
    who = scene.label(check.person)
    head = scene.say.say("desk/elsewhere", who=scene.named(check.person))
    text = "\n\n".join((head, scene.say.say("sign/turn_away", who=who)))
    signs = (_sign(scene, check, Outcome.TURN_AWAY, where) for where in Destination)
    back = tap(scene.say.say("desk/button/back"), "where", scene.session.id, check.person, 0)
    return Message(text, column(*signs, back))


def _sign(scene: Scene, check: Check, outcome: Outcome, destination: Destination | None) -> Button:
    """Return the signature: a button bound to the digest of what this screen shows."""
    who = scene.label(check.person)
    meaning = scene.say.meaning(meaning_key(outcome))
    digest = sign_off_digest(scene.session, check, scene.viewer.id, outcome, destination, meaning)
    label = f"desk/button/{destination}" if destination else "desk/button/sign"
    return tap(
        scene.say.say(label, who=who),
        "sign",
        scene.session.id,
        check.person,
        check.epoch,
        destination or "admit",
        digest[:SHOWN_LENGTH],
    )
