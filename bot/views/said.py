"""Messages that are said once: rings, replies, protocol cards, the answer to *Why?*."""

from collections.abc import Mapping

from bot.language.words import Words
from bot.scene import Scene
from bot.views.board import not_checked_out
from bot.views.message import Message, Row, column, pairs, tap
from flows.effects import ItemTitle, LabelOf, Param, TimeOf
from flows.gate import Hold, HoldCode, LiftedBy, ToAdmit, ToAsk, ToOpen, ToRelease, ToRestart, holds
from flows.model import Check, CheckState, PersonId, SessionId, SessionState

CARDS = ("someone-came-in", "line-lost", "distress", "aggression", "recording")
CARDS_AFTER = ("ring/stopped", "ring/stopped-one", "ring/need-to-stop")
AHEAD = (
    *("ring/cant-come", "ring/can-come", "ring/checks-overdue", "ring/reminders-missed"),
    *("ring/planned", "ring/planned-many", "ring/moved", "ring/moved-many"),
    *("ring/cancelled", "ring/cancelled-many"),
)
"""Rings about a session that is still to come, or about another time of it."""
EVER = ("ring/unreachable",)
"""Rings about a person before a session as well as in it: before it there is nobody to claim."""
CARD_WITH = {
    "ring/someone-came-in": "someone-came-in",
    "ring/not-alone": "someone-came-in",
    "ring/line-lost": "line-lost",
}
"""Rings whose reason is known show its protocol card at once."""


def plain(say: Words, key: str, params: Mapping[str, object]) -> Message:
    """Draw a text that needs no session."""
    return Message(say.say(key, **params))


def card(say: Words, name: str) -> Message:
    """Draw one protocol card, or the question which one."""
    return Message(say.say(f"card/{name}"), _cards(say, without=name))


def sessions_today(say: Words, found: Mapping[SessionId, str]) -> Message:
    """Draw the list of a facilitator's sessions."""
    rows = column(*(tap(name[:32], "board", session) for session, name in found.items()))
    return Message(say.say("reply/sessions"), rows)


def debrief(say: Words, key: str, session: SessionId, **params: object) -> Message:
    """Draw one debrief question."""
    question = "supervision" if key == "debrief/supervision" else "with-colleague"
    choices = (
        tap(say.say(f"debrief/button/{answer}"), "debrief", session, question, answer)
        for answer in ("yes", "no")
    )
    return Message(say.say(key, **params), pairs(*choices))


def link_which(say: Words, found: Mapping[SessionId, str]) -> Message:
    """Ask for which of several sessions a link is meant."""
    rows = column(*(tap(name[:32], "link-for", session) for session, name in found.items()))
    return Message(say.say("reply/link-which"), rows)


def ask_ending(say: Words, session: SessionId) -> Message:
    """Ask once before a session is closed for good."""
    close = tap(say.say("board/button/close"), "close", session)
    return Message(say.say("ask/ending"), column(close))


def ring(scene: Scene, key: str, params: Mapping[str, Param], about: PersonId | None) -> Message:
    """Draw what staff must notice, with the way to the person and the protocol cards."""
    say, session = scene.say, scene.session
    left_behind = [scene.label(person) for person in not_checked_out(scene)]
    spoken = _spoken(scene, params) | {"names": say.listing(left_behind)}
    if key in AHEAD or (key in EVER and session.state is SessionState.PLANNED):
        return _ahead(scene, key, spoken, params)
    text = say.say(key, **spoken)
    if known := CARD_WITH.get(key):
        text = f"{text}\n\n{say.say(f'card/{known}')}"
    rows: tuple[Row, ...] = ()
    if about is not None:
        show = say.say("desk/button/show", who=scene.label(about))
        rows = column(tap(show, "claim", session.id, about))
    if key in CARDS_AFTER:
        rows += _cards(say, without="")
    if session.state is SessionState.OPEN:
        rows += column(tap(say.say("board/button/stop"), "stop", session.id))
    return Message(text, rows)


def _ahead(
    scene: Scene, key: str, spoken: Mapping[str, object], params: Mapping[str, Param]
) -> Message:
    """Draw what staff are told of a session that is still to come, with the way to its board."""
    say, session = scene.say, scene.session
    days = {name: say.appointment(at.at) for name, at in params.items() if isinstance(at, TimeOf)}
    when = say.appointment(session.starts_at)
    text = say.say(key, **{**spoken, **days, "name": scene.name, "when": when})
    return Message(text, column(tap(say.say("ring/button/board"), "board", session.id)))


def why(scene: Scene, about: PersonId | None) -> Message:
    """Answer *Why?*: the holds in words, each with who can lift it."""
    if about is None:
        return _why_session(scene)
    found = _person_holds(scene, about)
    who = scene.label(about)
    if not found:
        return Message(scene.say.say("why/none-person", who=who))
    head = scene.say.say("why/person", who=who)
    return Message("\n".join((head, *_lines(scene, found))))


def _why_session(scene: Scene) -> Message:
    """Say what holds the session: one line a person, with their first reason."""
    if scene.session.state is SessionState.OPEN:
        return Message(scene.say.say("why/open"))
    found: list[Hold] = []
    for hold in holds(scene.session, ToOpen(scene.viewer.id), scene.now):
        if hold.code is HoldCode.UNDECIDED and hold.person is not None:
            first = next(iter(_person_holds(scene, hold.person)), hold)
            found.append(first if first.code not in ROUTINE else hold)
        else:
            found.append(hold)
    if not found:
        return Message(scene.say.say("why/none-open"))
    return Message("\n".join((scene.say.say("why/session"), *_lines(scene, tuple(found)))))


ROUTINE = (HoldCode.UNANSWERED, HoldCode.UNOBSERVED, HoldCode.NOT_STARTED)
"""Holds that only say that a check is still under way."""


def _person_holds(scene: Scene, about: PersonId) -> tuple[Hold, ...]:
    session = scene.session
    check = session.checks[about]
    if check.state is CheckState.ADMITTED:
        found = holds(session, ToRelease(about), scene.now)
        return _without_rejoin(found) if _is_in(check) else found
    if check.state is CheckState.WAITING:
        return holds(session, ToAsk(about), scene.now)
    if check.state in (CheckState.ABSENT, CheckState.TURNED_AWAY):
        return holds(session, ToRestart(about), scene.now) or _settled(scene, about)
    found = holds(session, ToAdmit(about, scene.viewer.id), scene.now)
    if check.state is CheckState.STOPPED:
        return tuple(hold for hold in found if hold.code not in ROUTINE)
    return found


def _is_in(check: Check) -> bool:
    """Say whether somebody got their way in and has not lost it: nobody asks them to come back."""
    return bool(check.minted) and check.rejoin_asked_at is None


def _without_rejoin(found: tuple[Hold, ...]) -> tuple[Hold, ...]:
    return tuple(hold for hold in found if hold.code is not HoldCode.REJOIN_UNCONFIRMED)


def _settled(scene: Scene, about: PersonId) -> tuple[Hold, ...]:
    """Return the one reason that a decision was made for somebody, which can be taken up again."""
    found = holds(scene.session, ToAdmit(about, scene.viewer.id), scene.now)
    codes = (HoldCode.ABSENT, HoldCode.TURNED_AWAY)
    return tuple(hold for hold in found if hold.code in codes)


def _lines(scene: Scene, found: tuple[Hold, ...]) -> list[str]:
    """Return one line a reason; a person's items of the same kind share one."""
    grouped: dict[tuple[HoldCode, PersonId | None], list[Hold]] = {}
    for hold in found:
        grouped.setdefault((hold.code, hold.person), []).append(hold)
    return list(dict.fromkeys(_line(scene, same) for same in grouped.values()))


def _line(scene: Scene, same: list[Hold]) -> str:
    first = same[0]
    who = scene.label(first.person) if first.person is not None else ""
    items = scene.say.listing([scene.item(hold.item) for hold in same])
    words = scene.say.say(f"hold/{first.code}", who=who, item=items)
    by = scene.say.say(f"lifted/{LiftedBy(first.lifted_by)}")
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
