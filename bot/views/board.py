"""The board: a facilitator's live view of a session, one line a person."""

from bot.scene import Scene
from bot.views.message import Button, Message, Row, column, pairs, tap
from flows.digest import SHOWN_LENGTH, opening_digest
from flows.gate import HoldCode, ToAsk, ToOpen, holds, only_second_factor
from flows.model import Check, CheckState, PersonId, Repeat, SessionState

ENDED = (SessionState.CLOSED, SessionState.CANCELLED)
MEANING = "sign/open"
BEFORE = {
    CheckState.WAITING: "board/state/waiting-planned",
    CheckState.ABSENT: "board/state/absent-planned",
}
"""What is said of people as long as the session is ahead."""


def board(scene: Scene) -> Message:
    """Draw the board for one of the session's facilitators."""
    people_lines = [_line(scene, check) for check in expected(scene)]
    lines = [
        scene.say.say(
            "board/head",
            name=scene.name,
            time=scene.say.span(scene.session.starts_at, scene.session.ends_at),
        ),
        _headline(scene),
        *_link_line(scene),
        *(("", *people_lines) if people_lines else ()),
        *_left_behind(scene),
    ]
    if openable(scene):
        lines += ["", scene.say.say(MEANING)]
    return Message("\n".join(lines), (*_people(scene), *column(*_acts(scene))))


def openable(scene: Scene) -> bool:
    """Say whether the viewer could open the session now, if need be after entering a code."""
    found = holds(scene.session, ToOpen(scene.viewer.id), scene.now)
    return not found or only_second_factor(found)


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
    codes.discard(HoldCode.SECOND_FACTOR)
    if not codes:
        return scene.say.say("board/all-settled")
    if codes <= {HoldCode.LINK_MISSING, HoldCode.TOO_EARLY}:
        return _settled_but(scene, codes)
    free = len(waiting_for_anybody(scene))
    return scene.say.say("board/checking", n=free) if free else scene.say.say("board/checking-none")


def _link_line(scene: Scene) -> tuple[str, ...]:
    if scene.session.state is not SessionState.CHECKING:
        return ()
    return (
        scene.say.say("board/link-there" if scene.session.link_ready else "board/link-missing"),
    )


def _settled_but(scene: Scene, codes: set[HoldCode]) -> str:
    """Say what the opening of a settled session still waits for: the link first, then the time."""
    if HoldCode.LINK_MISSING in codes:
        return scene.say.say("board/needs-link")
    session = scene.session
    window = scene.say.time(session.starts_at - session.rules.open_before)
    return scene.say.say("board/opens-from", time=window)


def _line(scene: Scene, check: Check) -> str:
    who, state = scene.named(check.person), _state_with_help(scene, check)
    by = scene.session.claimed_by(check.person)
    if by is None:
        return scene.say.say("board/row", who=who, state=state)
    return scene.say.say("board/row-claimed", who=who, state=state, by=scene.label(by))


def _state_with_help(scene: Scene, check: Check) -> str:
    """Return where somebody stands, and that it is by phone where staff enter the answers."""
    state = person_state(scene, check)
    if not check.assisted or check.state in (CheckState.TURNED_AWAY, CheckState.ABSENT):
        return state
    return scene.say.say("assisted/state", state=state)


def person_state(scene: Scene, check: Check) -> str:
    """Return where somebody stands, in a few words."""
    say, state = scene.say, check.state
    if scene.session.state is SessionState.PLANNED and state in BEFORE:
        return say.say(BEFORE[state])
    if state is CheckState.WAITING and not holds(scene.session, ToAsk(check.person), scene.now):
        return say.say("board/state/not-asked")
    if state is CheckState.ASKING:
        return _under_way(scene, check)
    if state is CheckState.READY and check.first_sign_off:
        return say.say("board/state/signed-once")
    if state is CheckState.TURNED_AWAY:
        where = check.sign_off.destination if check.sign_off else None
        return say.say(f"board/state/turned_away-{where or 'another_day'}")
    if check.checked_out_at is not None:
        return say.say("board/state/checked-out")
    if state is CheckState.ADMITTED and check.minted:
        lost = check.rejoin_asked_at is not None and check.rejoin_confirmed_at is None
        return say.say("board/state/line-lost" if lost else "board/state/joined")
    if state is CheckState.STOPPED and scene.session.state is SessionState.OPEN:
        return say.say("board/state/stopped-one")
    return say.say(f"board/state/{state}")


def _under_way(scene: Scene, check: Check) -> str:
    """Return how far the answers are, and first what a facilitator should notice."""
    say, run = scene.say, check.run
    missing = [item for item, answer in check.answers.items() if answer.value == "no"]
    if missing:
        return say.say("board/state/no", item=scene.item(missing[0]))
    step = run.revision.flow.steps[run.step] if run else None
    if step and step.rings:
        return say.say("board/state/help")
    if step and not step.item and step.id != _first_step(check):
        return say.say("board/state/later")
    counts = {"done": len(check.answers), "all": len(check.items)}
    asked_again = run is not None and run.repeat is not Repeat.NONE
    return say.say("board/state/asked-again" if asked_again else "board/state/asking", **counts)


def _first_step(check: Check) -> str:
    return check.run.revision.flow.start if check.run else ""


def expected(scene: Scene) -> list[Check]:
    """Return the checks of a session that takes place; nobody is expected at a cancelled one."""
    if scene.session.state is SessionState.CANCELLED:
        return []
    return [*scene.session.checks.values()]


def _left_behind(scene: Scene) -> tuple[str, ...]:
    if scene.session.state is not SessionState.CLOSED:
        return ()
    missing = [scene.named(person) for person in not_checked_out(scene)]
    if not missing:
        return ()
    return ("", scene.say.say("board/not-checked-out", names=scene.say.listing(missing)))


def not_checked_out(scene: Scene) -> list[PersonId]:
    """Return those who had a way in and have not said that they left."""
    checks = scene.session.checks.values()
    return [check.person for check in checks if check.entered_at is not None]


def waiting_for_anybody(scene: Scene) -> list[PersonId]:
    """Return who is ready for the viewer and on nobody's desk."""
    return [
        check.person
        for check in scene.session.checks.values()
        if check.state is CheckState.READY
        and not check.signed_first_by(scene.viewer.id)
        and scene.session.claimed_by(check.person) is None
    ]


def _people(scene: Scene) -> tuple[Row, ...]:
    if scene.session.state in (SessionState.PLANNED, *ENDED):
        return ()
    return pairs(*(tap(scene.label(p), "claim", scene.session.id, p) for p in scene.session.checks))


def _acts(scene: Scene) -> tuple[Button, ...]:
    say, session = scene.say, scene.session
    opening = session.opening.number if session.opening else 0
    start = tap(say.say("board/button/start"), "start", session.id, opening)
    again = tap(say.say("board/button/again"), "start", session.id, opening)
    why = tap(say.say("board/button/why"), "why", session.id, 0)
    stop = tap(say.say("board/button/stop"), "stop", session.id)
    cards = tap(say.say("board/button/cards"), "cards")
    ending = tap(say.say("board/button/ending"), "ending", session.id)
    match session.state:
        case SessionState.PLANNED:
            return (start, why)
        case SessionState.CHECKING if openable(scene):
            return (open_button(scene),)
        case SessionState.CHECKING:
            return (why,)
        case SessionState.OPEN:
            return (stop, cards, ending)
        case SessionState.STOPPED:
            return (again, cards, ending)
        case _:
            return ()
