"""Messages that are said once: rings, replies, protocol cards, the answer to *Why?*."""

from collections.abc import Mapping

from bot.scene import Scene
from bot.views.message import Message, Row, column, pairs, tap
from bot.words import Words
from flows.effects import ItemTitle, LabelOf, Param, TimeOf
from flows.gate import Hold, LiftedBy, ToAdmit, ToAsk, ToOpen, ToRelease, holds
from flows.model import CheckState, PersonId, SessionId, SessionState

CARDS = ("someone-came-in", "line-lost", "distress", "aggression", "recording")
CARD_AFTER = ("ring/stopped", "ring/stopped-one", "ring/someone-came-in", "ring/need-to-stop")


def plain(say: Words, key: str, params: Mapping[str, object]) -> Message:
    """Draw a text that needs no session."""
    return Message(say.say(key, **params))


def card(say: Words, name: str) -> Message:
    """Draw one protocol card."""
    return Message(say.say(f"card/{name}"), _cards(say, without=name))


def sessions_today(say: Words, found: Mapping[SessionId, str]) -> Message:
    """Draw the list of a facilitator's sessions."""
    rows = column(*(tap(name[:32], "board", session) for session, name in found.items()))
    return Message(say.say("reply/sessions"), rows)


def debrief(say: Words, key: str, session: SessionId) -> Message:
    """Draw one debrief question."""
    question = {"debrief/ask": "with-colleague", "debrief/supervision": "supervision"}[key]
    choices = (
        tap(say.say(f"debrief/button/{answer}"), "debrief", session, question, answer)
        for answer in ("yes", "no")
    )
    return Message(say.say(key), pairs(*choices))


def ring(scene: Scene, key: str, params: Mapping[str, Param], about: PersonId | None) -> Message:
    """Draw what staff must notice, with the way to the person and the protocol cards."""
    rows: tuple[Row, ...] = ()
    if about is not None:
        show = scene.say.say("desk/button/show", who=scene.label(about))
        rows = column(tap(show, "claim", scene.session.id, about))
    if key in CARD_AFTER:
        rows += _cards(scene.say, without="")
    return Message(scene.say.say(key, **_spoken(scene, params)), rows)


def why(scene: Scene, about: PersonId | None) -> Message:
    """Answer *Why?*: every hold in words, with who can lift it."""
    found = _holds(scene, about)
    who = scene.label(about) if about is not None else ""
    if not found:
        key = "why/none-open" if about is None else "why/none-person"
        return Message(scene.say.say(key, who=who))
    head = scene.say.say("why/session" if about is None else "why/person", who=who)
    return Message("\n".join((head, *(_hold(scene, hold) for hold in found))))


def _holds(scene: Scene, about: PersonId | None) -> tuple[Hold, ...]:
    session = scene.session
    if about is not None:
        check = session.checks[about]
        if check.state is CheckState.ADMITTED:
            return holds(session, ToRelease(about), scene.now)
        if check.state is CheckState.WAITING:
            return holds(session, ToAsk(about), scene.now)
        return holds(session, ToAdmit(about, scene.viewer.id), scene.now)
    if session.state is SessionState.OPEN:
        return ()
    return holds(session, ToOpen(scene.viewer.id), scene.now)


def _hold(scene: Scene, hold: Hold) -> str:
    who = scene.label(hold.person) if hold.person is not None else ""
    words = scene.say.say(f"hold/{hold.code}", who=who, item=scene.item(hold.item))
    by = scene.say.say(f"lifted/{LiftedBy(hold.lifted_by)}")
    return scene.say.say("why/line", hold=words, by=by)


def _spoken(scene: Scene, params: Mapping[str, Param]) -> dict[str, object]:
    spoken: dict[str, object] = {}
    for name, value in params.items():
        match value:
            case LabelOf(person):
                spoken[name] = scene.label(person)
            case TimeOf(at):
                spoken[name] = scene.say.time(at)
            case ItemTitle(item):
                spoken[name] = scene.item(item)
            case _:
                spoken[name] = value
    return spoken


def _cards(say: Words, *, without: str) -> tuple[Row, ...]:
    return pairs(
        *(tap(say.say(f"card/button/{name}"), "card", name) for name in CARDS if name != without)
    )
