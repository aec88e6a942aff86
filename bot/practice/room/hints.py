"""One line for a newcomer: what to do next, and where.

Looks at the phones as a person would, and at what the panel shows anyway. It only points; it must
never tap.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from bot.practice.botapi.schema import Json
from bot.practice.room.table import UNKNOWN

STAFF = ("facilitator", "co-facilitator")
_LATE = 15 * 60
_SETTLED = ("admitted", "turned_away", "absent")


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody, what their phone shows, which of its buttons were tapped, and a link not opened."""

    user_id: int
    label: str
    role: str
    view: Json
    tapped: frozenset[str] = frozenset()
    invited: bool = False


@dataclass(frozen=True, slots=True)
class Hint:
    """What to do next; words between asterisks stand out. The rest says where it is."""

    text: str
    phone: int | None = None
    message: int | None = None
    data: str = ""
    control: str = ""


@dataclass(frozen=True, slots=True)
class _Button:
    who: Seen
    message: int
    text: str
    data: str
    args: tuple[str, ...] = field(default=())

    def hint(self, text: str) -> Hint:
        words = text.format(button=self.text, who=self.who.label)
        return Hint(words, self.who.user_id, self.message, self.data)


def next_step(people: Sequence[Seen], session: Json | None, now: int) -> Hint:
    """Return what a newcomer should do next in this session."""
    if not people:
        return Hint("Every phone is put away. Take one out again, or *add a phone*.")
    if session is None:
        return Hint("Everybody is opening their invitation …")
    for one in people:
        if one.invited and not one.view["started"]:
            return Hint(
                f"*Open the invitation* on {one.label}'s phone.", one.user_id, control="invited"
            )
    if not all(one.view["started"] for one in people if one.role not in UNKNOWN):
        return Hint("Everybody is opening their invitation …")
    if not any(one.role in STAFF for one in people):
        return Hint("No facilitator is at the table. Take a phone out again, or *add a phone*.")
    # Who has lost the line or has blocked the bot can't do anything now.
    people = [one for one in people if one.view["line"] and not one.view["blocked"]]
    if not people:
        return Hint(
            "Every phone has lost the line, or has blocked the bot. Give one its line back."
        )
    rules: dict[str, Callable[[Sequence[Seen], Json, int], Hint | None]] = {
        "planned": _planned,
        "checking": _checking,
        "open": _open,
        "stopped": _stopped,
    }
    rule = rules.get(session["state"], _ended)
    return rule(people, session, now) or Hint("Look around: every button on the phones works.")


def _planned(people: Sequence[Seen], _: Json, now: int) -> Hint | None:  # noqa: ARG001 -- one shape for every state
    if start := _first(people, "start"):
        return start.hint("Tap *{button}* on {who}'s phone.")
    staff = _staff(people)
    return Hint(
        f"Tap */today* in {staff.label}'s chat, or write it: it shows the session.",
        staff.user_id,
        data="/today",
    )


def _checking(people: Sequence[Seen], session: Json, now: int) -> Hint | None:
    return (
        _finish_desk(people, session)
        or _answer(people)
        or _take_next(people, session)
        or _settle(people, session, now)
    )


def _finish_desk(people: Sequence[Seen], session: Json) -> Hint | None:
    """Point at what is left to do for somebody whom a facilitator has claimed."""
    names = {str(check["person"]): check["who"] for check in session["checks"]}
    for sign in _buttons(people, "sign"):
        if sign.args[3] == "admit":
            return sign.hint("Read what signing means, then tap *{button}* on {who}'s phone.")
        return sign.hint("Choose where the person is turned to, on {who}'s phone: *{button}*.")
    for box in _buttons(people, "seen"):
        if box.args[4] == "1":
            name = names.get(box.args[1], "?")
            return box.hint(
                f"Imagine {name} on video. Tap each point that {{who}} has seen: *{{button}}*."
            )
    return None


def _answer(people: Sequence[Seen]) -> Hint | None:
    for option in _buttons(people, "answer"):
        if option.args[3] in ("yes", "now"):
            return option.hint(
                "Answer for {who}: tap *{button}*. *Yes to all*, below the phone, saves time."
            )
    if still_open := _first(people, "go-on"):
        return still_open.hint("A question is still open for {who}: tap *{button}*.")
    return None


def _take_next(people: Sequence[Seen], session: Json) -> Hint | None:
    words = {
        "ready": "{0} is ready. Tap *{0}* in {{who}}'s chat, to look at {0} on video.",
        "unmet": "{0} says that something is missing. Tap *{0}* in {{who}}'s chat.",
        "asking": "Tap *{0}* in {{who}}'s chat to see how far {0} is.",
        "stopped": "{0} is stopped, the others go on. Tap *{0}* in {{who}}'s chat.",
        "waiting": "{0} has not been asked, or is held. Tap *{0}* in {{who}}'s chat.",
    }
    for check in session["checks"]:
        text = words.get(check["state"])
        if text is None:
            continue
        if check["with"]:
            return _at_desk(people, check)
        for claim in _buttons(people, "claim"):
            if claim.text == check["who"]:
                return claim.hint(text.format(check["who"]))
    return None


def _at_desk(people: Sequence[Seen], check: Json) -> Hint:
    """Point at the way on for somebody who is claimed and can't be signed in as things are."""
    for again in _buttons(people, "again"):
        if again.args[1] == str(check["person"]) and check["state"] in ("waiting", "stopped"):
            return again.hint(f"Tap *{{button}}*: {check['who']} is asked anew.")
    for away in _buttons(people, "where"):
        if away.args[1] == str(check["person"]) and check["state"] != "ready":
            return away.hint(f"{check['who']} can't be signed in. Tap *{{button}}*, or help first.")
    return Hint(f"{check['with']} looks at {check['who']} …")


def _settle(people: Sequence[Seen], session: Json, now: int) -> Hint | None:
    if any(check["state"] not in _SETTLED for check in session["checks"]):
        return None
    staff = _staff(people)
    if not session["link_ready"]:
        return Hint(
            f"Everybody is settled. Tap *Fresh link* below {staff.label}'s phone and send it.",
            staff.user_id,
            control="link",
        )
    if now < session["opens_from"]:
        return Hint(
            "It is too early to open. Move the clock to the *next timer*.",
            control="timer",
        )
    found = _first(people, "open")
    return found.hint("Tap *{button}* on {who}'s phone.") if found else Hint("One moment …")


def _open(people: Sequence[Seen], session: Json, now: int) -> Hint | None:
    if door := _first(people, "join"):
        return door.hint("Only now is there a way in. Tap *{button}* on {who}'s phone.")
    for one in people:
        for message, button in _shown(one):
            if "url" in button and button["text"] not in one.tapped:
                text = f"Tap *{button['text']}* on {one.label}'s phone."
                return Hint(text, one.user_id, message, button["url"])
    if handed := _hand_out(people, session):
        return handed
    if any(_waits_for_a_button(people, check) for check in session["checks"]):
        return Hint("One moment …")
    close = _first(people, "close") or _first(people, "ending")
    if close and now >= session["ends_at"] - 60:
        return close.hint("Tap *{button}* on {who}'s phone.")
    if meanwhile := _checked_meanwhile(people, session, now):
        return meanwhile
    stop, ending = _first(people, "stop"), _first(people, "ending")
    tried = f"*{stop.text}*, " if stop else ""
    end = f" To end it: *{ending.text}* on {ending.who.label}'s phone." if ending else ""
    return Hint(
        f"The session is open. Try {tried}the participants' own buttons, Telegram *slow* or *down*,"
        f" or *Kill the bot*.{end}"
    )


def _checked_meanwhile(people: Sequence[Seen], session: Json, now: int) -> Hint | None:
    """Point at whoever was stopped, or came late, while the session goes on for the others."""
    checks = [check for check in session["checks"] if check["state"] not in _SETTLED]
    late = now > session["starts_at"] + _LATE
    if not checks or (late and all(check["state"] == "waiting" for check in checks)):
        return None
    return _finish_desk(people, session) or _answer(people) or _take_next(people, session)


def _hand_out(people: Sequence[Seen], session: Json) -> Hint | None:
    """Point at the way in of somebody helped: whoever signed them in passes it on."""
    for check in session["checks"]:
        if not check["handed_to"] or check["joined"]:
            continue
        for let_in in _buttons(people, "let-in"):
            if let_in.args[1] == str(check["person"]):
                return let_in.hint("{who} passes this way in on: tap *{button}*.")
        for claim in _buttons(people, "claim"):
            if (claim.who.label, claim.text) == (check["handed_to"], check["who"]):
                return claim.hint("{who} gets the way in for *{button}*: tap the name.")
    return None


def _waits_for_a_button(people: Sequence[Seen], check: Json) -> bool:
    """Say whether the bot is still drawing somebody's door or way in."""
    one = next((one for one in people if one.label == check["who"]), None)
    if one is None or not one.view["line"] or one.view["blocked"] or check["handed_to"]:
        return False
    if check["way_in"]:
        return not any("url" in button for _, button in _shown(one))
    return check["state"] == "admitted" and not check["joined"]


def _stopped(people: Sequence[Seen], _: Json, now: int) -> Hint | None:  # noqa: ARG001 -- one shape for every state
    again = _first(people, "start")
    return again.hint("Nobody can join now. Tap *{button}* on {who}'s phone.") if again else None


def _ended(people: Sequence[Seen], _: Json, now: int) -> Hint | None:  # noqa: ARG001 -- one shape for every state
    if left := _first(people, "left"):
        return left.hint("Tap *{button}* on {who}'s phone.")
    if debrief := _first(people, "debrief"):
        return debrief.hint("The debrief: answer on {who}'s phone.")
    return Hint("That was the evening. *Start over* for another one.", control="over")


def _staff(people: Sequence[Seen]) -> Seen:
    return next((one for one in people if one.role in STAFF), people[0])


def _first(people: Sequence[Seen], verb: str) -> _Button | None:
    return next(_buttons(people, verb), None)


def _buttons(people: Sequence[Seen], verb: str) -> Iterator[_Button]:
    """Yield the buttons with this verb, phone by phone, newest message first."""
    for one in people:
        for message, button in _shown(one):
            found, *args = button.get("callback_data", "").split(":")
            if found == verb:
                data = button["callback_data"]
                yield _Button(one, message, button["text"], data, tuple(args))


def _shown(one: Seen) -> Iterator[tuple[int, Json]]:
    for message in reversed(one.view["messages"]):
        for row in message["keyboard"]:
            for button in row:
                yield message["message_id"], button
