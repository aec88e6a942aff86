"""The board: a facilitator's live view of a session, one line a person."""

from bot.scene import Scene
from bot.views.message import Button, Message, Row, column, pairs, tap
from flows.digest import SHOWN_LENGTH, opening_digest
from flows.gate import HoldCode, ToOpen, holds
from flows.model import Check, CheckState, PersonId, SessionState

ENDED = (SessionState.CLOSED, SessionState.CANCELLED)
MEANING = "sign/open"


def board(scene: Scene) -> Message:
    """Draw the board for one of the session's facilitators."""
    lines = [
        scene.say.say(
            "board/head",
            name=scene.name,
            time=scene.say.span(scene.session.starts_at, scene.session.ends_at),
        ),
        _headline(scene),
        "",
        *(_line(scene, check) for check in scene.session.checks.values()),
        *_left_behind(scene),
    ]
    if openable(scene):
        lines += ["", scene.say.say(MEANING)]
    return Message("\n".join(lines), (*_people(scene), *column(*_acts(scene))))


def openable(scene: Scene) -> bool:
    """Say whether the viewer could open the session now."""
    return not holds(scene.session, ToOpen(scene.viewer.id), scene.now)


def open_button(scene: Scene) -> Button:
    """Return the button that signs the opening, bound to what the board shows."""
    meaning = scene.say.meaning(MEANING)
    shown = opening_digest(scene.session, scene.viewer.id, meaning)[:SHOWN_LENGTH]
    return tap(scene.say.say("board/button/open"), "open", scene.session.id, shown)


def _headline(scene: Scene) -> str:
    state = scene.session.state
    checks = scene.session.checks.values()
    if state is SessionState.OPEN:
        admitted = sum(check.state is CheckState.ADMITTED for check in checks)
        return scene.say.say("board/open", n=admitted)
    if state is not SessionState.CHECKING:
        return scene.say.say(f"board/{state}")
    codes = {hold.code for hold in holds(scene.session, ToOpen(scene.viewer.id), scene.now)}
    if not codes:
        return scene.say.say("board/all-settled")
    if codes <= {HoldCode.LINK_MISSING, HoldCode.TOO_EARLY}:
        return _settled_but(scene, codes)
    ready = sum(check.state is CheckState.READY for check in checks)
    return scene.say.say("board/checking", n=ready)


def _settled_but(scene: Scene, codes: set[HoldCode]) -> str:
    """Say what the opening of a settled session still waits for: the link first, then the time."""
    if HoldCode.LINK_MISSING in codes:
        return scene.say.say("board/needs-link")
    session = scene.session
    window = scene.say.time(session.starts_at - session.rules.open_before)
    return scene.say.say("board/opens-from", time=window)


def _line(scene: Scene, check: Check) -> str:
    who, state = scene.label(check.person), person_state(scene, check)
    by = _claimed_by(scene, check.person)
    if by is None:
        return scene.say.say("board/row", who=who, state=state)
    return scene.say.say("board/row-claimed", who=who, state=state, by=scene.label(by))


def person_state(scene: Scene, check: Check) -> str:
    """Return where somebody stands, in a few words."""
    say, state = scene.say, check.state
    if state is CheckState.WAITING and scene.session.state is SessionState.PLANNED:
        return say.say("board/state/waiting-planned")
    if state is CheckState.ASKING:
        if check.run and check.run.repeated:
            return say.say("board/state/silent")
        done = sum(answer.value == "yes" for answer in check.answers.values())
        return say.say("board/state/asking", done=done, all=len(check.items))
    if state is CheckState.TURNED_AWAY:
        where = check.sign_off.destination if check.sign_off else None
        return say.say(f"board/state/turned_away-{where or 'another_day'}")
    if check.checked_out_at is not None:
        return say.say("board/state/checked-out")
    if state is CheckState.ADMITTED and check.minted:
        return say.say("board/state/joined")
    return say.say(f"board/state/{state}")


def _claimed_by(scene: Scene, person: PersonId) -> PersonId | None:
    for by, facilitator in scene.session.facilitators.items():
        if facilitator.desk and facilitator.desk.person == person:
            return by
    return None


def _left_behind(scene: Scene) -> tuple[str, ...]:
    if scene.session.state is not SessionState.CLOSED:
        return ()
    missing = [
        scene.label(check.person)
        for check in scene.session.checks.values()
        if check.minted and check.checked_out_at is None
    ]
    if not missing:
        return ()
    return ("", scene.say.say("board/not-checked-out", names=scene.say.listing(missing)))


def _people(scene: Scene) -> tuple[Row, ...]:
    if scene.session.state in (SessionState.PLANNED, *ENDED):
        return ()
    return pairs(*(tap(scene.label(p), "claim", scene.session.id, p) for p in scene.session.checks))


def _acts(scene: Scene) -> tuple[Button, ...]:
    say, session = scene.say, scene.session
    start = tap(say.say("board/button/start"), "start", session.id)
    again = tap(say.say("board/button/again"), "start", session.id)
    why = tap(say.say("board/button/why"), "why", session.id, 0)
    stop = tap(say.say("board/button/stop"), "stop", session.id)
    close = tap(say.say("board/button/close"), "close", session.id)
    match session.state:
        case SessionState.PLANNED:
            return (start, why)
        case SessionState.CHECKING if openable(scene):
            return (open_button(scene), stop)
        case SessionState.CHECKING:
            return (why, stop)
        case SessionState.OPEN:
            return (stop, close)
        case SessionState.STOPPED:
            return (again, why, close)
        case _:
            return ()
