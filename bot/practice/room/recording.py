"""The recording: what people do in an evening, noted in its order, to be written as a script.

It is told of every act after it was done, by whatever way it came. It reads what the phones show
and must never change anything.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import ClassVar

from bot.language.shipped import shipped_revision
from bot.practice.botapi.phones import Phone
from bot.practice.botapi.schema import Json
from bot.practice.room.table import UNKNOWN, Person
from bot.practice.scripts.checking import WEATHER
from bot.practice.scripts.script import Line, quoted
from bot.practice.scripts.times import ahead
from bot.practice.scripts.wording import button_key, pattern
from bot.practice.scripts.writing import Kind, Noted, written
from flows.model import MINUTE, Instant

Words = tuple[str, Kind]
"""An act in the words of a script, without the name."""
Said = Words | None


def _unsaid(_: "Recording", __: Phone, body: Json) -> Said:
    return f"{body['act']} stands in no script", Kind.LOST


def _nothing(_: "Recording", __: Phone, ___: Json) -> Said:
    return None


def _always(does: str, kind: Kind) -> Callable[["Recording", Phone, Json], Said]:
    return lambda _, __, ___: (does, kind)


class Recording:
    """One evening's acts."""

    def __init__(
        self,
        seed: str,
        starts: Instant,
        limits: Mapping[str, str],
        *,
        now: Callable[[], Instant],
        address: Callable[[], str],
        kept: Json,
    ) -> None:
        """`kept` is what `as_json` returned before a pause, or nothing."""
        self._seed = str(kept.get("seed", seed))
        self._starts = int(kept.get("starts", starts))
        self.limits: Mapping[str, str] = dict(kept.get("limits", limits))
        self._now = now
        self._address = address
        notes = kept.get("notes", ())
        self._notes = [Noted(**{**one, "kind": Kind(one["kind"])}) for one in notes]
        self._links: list[str] = list(kept.get("links", ()))
        self._people: dict[int, Person] = {}
        self.invitations: dict[str, str] = dict(kept.get("invitations", {}))
        self._since = 0

    def as_json(self) -> Json:
        """Return what a pause must not lose."""
        return {
            "seed": self._seed,
            "starts": self._starts,
            "limits": dict(self.limits),
            "notes": [asdict(one) for one in self._notes],
            "links": self._links,
            "invitations": self.invitations,
        }

    def script(self, title: str) -> str:
        """Return the evening so far as a script."""
        return written(title, self._seed, self._starts, self._notes, self._now(), self.limits)

    # What it is told

    def meets(self, people: Sequence[Person]) -> None:
        """Learn who has a phone, and by which link they were invited."""
        for person in people:
            self._people[person.user_id] = person
            if person.link:
                self.invitations[person.label] = person.link

    def came_back(self) -> None:
        """Note that everybody asks anew where they stand, after a pause."""
        for person in self._people.values():
            if not person.link and person.role not in UNKNOWN:
                self._note(quoted(person.label), ("types /now", Kind.FREE), by_script=False)

    def acted(self, phone: Phone, act: str, body: Json, *, by_script: bool) -> None:
        """Note what somebody has just done on a phone."""
        person = self._people.get(phone.id)
        said = self._SAID.get(act, _unsaid)(self, phone, {**body, "act": act})
        if person and said:
            self._note(quoted(person.label), said, by_script=by_script)

    def room_did(self, what: str, body: Json, before: Instant, *, by_script: bool) -> None:
        """Note what was just done in the room; `before` is the clock before it."""
        for said in self._ROOM_SAID[what](self, body):
            self._note("", said, by_script=by_script, before=before)

    def begins(self) -> None:
        """Hear that a line of the script begins."""
        self._since = len(self._notes)

    def ends(self, line: Line) -> None:
        """Hear that a line of the script went as written: it stands for what it did."""
        by_hand = [one for one in self._notes[self._since :] if not one.by_script]
        written = Noted(self._now(), "", line.text, Kind.WRITTEN, by_script=True)
        self._notes[self._since :] = [written, *by_hand]

    def _note(
        self, who: str, said: Words, *, by_script: bool, before: Instant | None = None
    ) -> None:
        now = self._now()
        does, kind = said
        since = now if before is None else before
        self._notes.append(Noted(now, who, does, kind, by_script=by_script, before=since))

    # What each act is in the words of a script

    def _typed(self, phone: Phone, body: Json) -> Said:
        text = str(body["text"])
        if link := self._own_link(text):
            return self._pasted(link), Kind.FREE
        start, _, payload = text.partition(" ")
        if start == "/start" and (invited := self._invited_by(payload.strip())):
            return self._opening(phone, invited), Kind.FREE
        return f"types {_as_typed(text)}", Kind.FREE

    def _own_link(self, text: str) -> str:
        """Return the one link of the practice video room in a text."""
        found = re.findall(rf"{re.escape(self._address())}/room/\S+", text)
        return str(found[0]) if len(found) == 1 else ""

    def _pasted(self, link: str) -> str:
        if link not in self._links:
            self._links.append(link)
            return "pastes link"
        if link == self._links[-1]:
            return "pastes old-link"
        return f"pastes old-link {self._links.index(link) + 1}"

    def _opened(self, phone: Phone, body: Json) -> Said:
        payload = str(body["payload"])
        if invited := self._invited_by(payload):
            return self._opening(phone, invited), Kind.FREE
        payload = payload.rpartition("start=")[2]
        return f"types {_as_typed(f'/start {payload}')}", Kind.FREE

    def _invited_by(self, payload: str) -> str:
        """Return who was invited by a link, whole or its payload."""
        whole = ((label, link) for label, link in self.invitations.items() if payload)
        found = (label for label, link in whole if link == payload or link.endswith(f"={payload}"))
        return next(found, "")

    def _opening(self, phone: Phone, invited: str) -> str:
        own = invited == self._people[phone.id].label
        return "opens invitation" if own else f"opens invitation of={quoted(invited)}"

    def _sent(self, _: Phone, body: Json) -> Said:
        return f"sends {body['kind']}", Kind.FREE

    def _forwarded(self, _: Phone, body: Json) -> Said:
        return f"forwards {quoted(body['text'])}", Kind.FREE

    def _edited(self, phone: Phone, body: Json) -> Said:
        own = [one["message_id"] for one in phone.view()["messages"] if one["from"] == "user"]
        if own[-1:] != [body["message_id"]]:
            return _unsaid(self, phone, body)
        return f"edits {quoted(body['text'])}", Kind.FREE

    def _forged(self, _: Phone, body: Json) -> Said:
        return f"forges {quoted(body['data'])}", Kind.TAP

    def _tapped(self, phone: Phone, body: Json) -> Said:
        message = next(
            one for one in phone.view()["messages"] if one["message_id"] == body["message_id"]
        )
        buttons = (button for row in message["keyboard"] for button in row)
        data = body["data"]
        button = next(b for b in buttons if data in (b.get("callback_data"), b.get("url")))
        locale = self._people[phone.id].locale
        if data.startswith(f"{self._address()}/room/"):
            return "enters", Kind.OWN
        verb, *args = str(data).split(":")
        say = {
            "answer": _answers,
            "told": self._tells,
            "seen": self._observes,
            "claim": self._claims,
        }.get(verb)
        said = say(message, button["text"], locale, args) if say else ""
        kind = Kind.OWN if verb in _OWN else Kind.TAP
        return said or _taps(button["text"], locale, verb), kind

    def _claims(self, _: Json, text: str, locale: str, args: Sequence[str]) -> str:  # noqa: ARG002 -- one shape for all
        labels = [person.label for person in self._people.values()]
        return f"claims {quoted(text)}" if text in labels else ""

    def _headed(self, message: Json, key: str, locale: str) -> str:
        """Return whose label stands in the head of a desk; empty where nobody's does."""
        labels = sorted((p.label for p in self._people.values()), key=len, reverse=True)
        heads = ((label, pattern(key, locale, who=label)) for label in labels)
        return next((label for label, head in heads if head.match(message["text"])), "")

    def _tells(self, message: Json, text: str, locale: str, args: Sequence[str]) -> str:
        """Say whose answer was entered, where the question is one that ships."""
        who = self._headed(message, "assisted/head", locale)
        question = message["text"].rpartition("\n\n")[2]
        said = _answers({**message, "text": question}, text, locale, args) if who else ""
        return f"{said} for={quoted(who)}" if said else ""

    def _observes(self, message: Json, _: str, locale: str, args: Sequence[str]) -> str:
        who = self._headed(message, "desk/head", locale)
        item, seen = args[-2:]
        return f"observes {quoted(who)} {'' if seen == '1' else 'not '}{item}" if who else ""

    def _clock(self, body: Json) -> Iterator[Words]:
        if "minutes" in body:
            if int(body["minutes"]) > 0:
                yield f"clock {ahead(int(body['minutes']) * MINUTE)}", Kind.MOVED
        else:
            yield "clock" if "to" in body else "clock next", Kind.MOVED

    def _weather(self, body: Json) -> Iterator[Words]:
        for name in WEATHER:
            if name in body:
                yield f"weather {name} {'on' if body[name] else 'off'}", Kind.SHARP

    def _bot(self, body: Json) -> Iterator[Words]:
        yield f"bot {'started' if body['on'] else 'killed'}", Kind.SHARP

    def _added(self, body: Json) -> Iterator[Words]:
        label = next(reversed(self._people.values())).label
        yield f"add {quoted(label)} {body['role']} {body['locale']}", Kind.SHARP

    def _put_away(self, body: Json) -> Iterator[Words]:
        label = quoted(self._people[int(body["phone"])].label)
        yield f"{'put-away' if body['away'] else 'take-out'} {label}", Kind.FREE

    _SAID: ClassVar[Mapping[str, Callable[["Recording", Phone, Json], Said]]] = {
        "type": _typed,
        "open_link": _opened,
        "tap": _tapped,
        "tap_again": _always("taps-again", Kind.TAP),
        "forge": _forged,
        "send": _sent,
        "forward": _forwarded,
        "edit": _edited,
        "block": _always("blocks", Kind.SHARP),
        "unblock": _always("unblocks", Kind.SHARP),
        "lose_line": _always("loses-line", Kind.SHARP),
        "find_line": _always("finds-line", Kind.SHARP),
        "read": _nothing,
    }
    _ROOM_SAID: ClassVar[Mapping[str, Callable[["Recording", Json], Iterator[Words]]]] = {
        "clock": _clock,
        "weather": _weather,
        "bot": _bot,
        "people": _added,
        "away": _put_away,
    }


_OWN = ("answer", "go-on", "join", "alone", "lost", "here", "left", "halt", "debrief", "card")
"""Verbs of buttons that are about the person alone who taps."""
ROOM_ACTS = ("clock", "weather", "bot", "people", "away")
"""What of the room's own routes is an act."""


def _as_typed(text: str) -> str:
    """Write a text as bare as it may stand."""
    return text if re.fullmatch(r"/\w+( \w+)*", text) else quoted(text)


def _answers(message: Json, text: str, locale: str, args: Sequence[str]) -> str:
    """Say which question was answered, where it is one that ships."""
    flow = shipped_revision("environment", locale).flow
    *_, step, chosen = args
    option = flow.option(step, chosen)
    asked = step in flow.steps and flow.steps[step].text == message["text"]
    return f"answers {step} {chosen}" if asked and option and option.text == text else ""


def _taps(text: str, locale: str, verb: str) -> str:
    found = button_key(text, locale, verb)
    if found is None:
        return f"taps {quoted(f'={text}')}"
    key, params = found
    return " ".join((f"taps {key}", *(f"{name}={quoted(said)}" for name, said in params.items())))
