"""The copy of what is held about one participant: a page to read and print, in their own language.

Handed over outside the chat. It names nobody else, neither participants nor staff, and says no more
than what is held; whoever finds the paper reads of appointments alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from itertools import groupby
from sqlite3 import Row
from typing import Final

from bot.language.words import Words
from bot.office.tongue import own_name
from flows.flow import Flow
from flows.model import Instant
from storage.held import Held

_STYLE: Final = (
    "body{font:15px/1.45 sans-serif;margin:2em;max-width:46em}h2{margin-top:1.6em}"
    "li{break-inside:avoid;overflow-wrap:anywhere}p{white-space:pre-line}"
)
_STATUS: Final = {
    "invited": "home/copy/invited",
    "enrolled": "home/copy/enrolled",
    "left": "home/copy/left",
}
_AGREED: Final = {
    "consent": "home/copy/consent",
    "house_rules": "home/copy/house-rules",
    "confidentiality": "home/copy/confidentiality",
}
_DECISIONS: Final = {
    "online_group": "home/copy/online",
    "one_to_one_only": "home/copy/one-to-one-only",
    "in_person_only": "home/copy/in-person-only",
    "on_hold": "home/copy/not-now",
}
_INSTRUMENTS: Final = {
    "sara": "office/clearance/button/sara",
    "b-safer": "office/clearance/button/b-safer",
    "own": "office/clearance/button/own-tool",
    "judgement": "office/clearance/button/judgement",
}
_SESSION_STATES: Final = {
    "planned": "home/copy/planned",
    "checking": "home/copy/checking",
    "open": "home/copy/open",
    "stopped": "home/copy/stopped",
    "closed": "home/copy/closed",
    "cancelled": "home/copy/cancelled",
}
_CHECK_STATES: Final = {
    "waiting": "home/copy/waiting",
    "asking": "home/copy/asking",
    "ready": "home/copy/ready",
    "unmet": "home/copy/unmet",
    "admitted": "home/copy/admitted",
    "turned_away": "home/copy/turned-away",
    "absent": "home/copy/absent",
    "stopped": "home/copy/stopped",
}
_MOMENTS: Final = {
    "asked_at": "home/copy/asked-at",
    "ready_at": "home/copy/ready-at",
    "arrived_at": "home/copy/arrived-at",
    "entered_at": "home/copy/entered-at",
    "rejoin_asked_at": "home/copy/rejoin-asked-at",
    "rejoin_confirmed_at": "home/copy/rejoin-confirmed-at",
    "checked_out_at": "home/copy/checked-out-at",
}
"""The times that stand in a check, in the order in which they usually come."""
_DESTINATIONS: Final = {
    None: "home/copy/admitted",
    "one_to_one": "home/copy/one-to-one",
    "in_person": "home/copy/in-person",
    "another_day": "home/copy/another-day",
}
_VALUES: Final = {"yes": "home/copy/yes", "no": "home/copy/no"}
ENTRIES: Final[Mapping[str, tuple[str, ...]]] = {
    "home/copy/entry-coming": (
        *("seed/person", "seed/joined", "participant-add", "participant-invite", "invited"),
        *("enrolled", "arrival", "arrival-over", "invitation-over", "first-coordinator"),
    ),
    "home/copy/entry-settings": ("language", "time-zone", "language-chosen"),
    "home/copy/entry-ahead": (
        *("appointments", "reminders", "calendar-file"),
        *("absence-announced", "absence-taken-back"),
    ),
    "home/copy/entry-agreeing": ("agreed", "by-phone-agreed", "agreement-refused", "withdraw"),
    "home/copy/entry-going": (
        *("leave", "gone", "going", "erased", "erasure-ask", "erasure-back"),
        *("erasure-confirm", "erasure-decline", "erasure-lapsed"),
    ),
    "home/copy/entry-copy": ("export",),
    "home/copy/entry-place": (
        *("alias", "alias-away", "participant-intake", "participant-move", "participant-out"),
    ),
    "home/copy/entry-taking-part": (
        *("clearance", "clearance-begin", "clearance-tap", "clearance-back", "clearance-forget"),
        *("clearance-narrow", "clearance-idle", "clearance-told", "standing-narrowed"),
    ),
    "home/copy/entry-introduction": (
        *("orientation-begin", "orientation-answered", "orientation-told"),
        *("orientation-sign", "orientation"),
    ),
    "home/copy/entry-questions": (
        *("checks-started", "check-restarted", "step-answered", "step-timed-out"),
        *("question-taken-up", "arrived-late", "revision-recalled"),
    ),
    "home/copy/entry-looking": (
        *("person-claimed", "desk-left", "destinations-asked", "questions-asked"),
        *("item-observed", "called-in", "call-in-ran-out", "call-in-refused"),
    ),
    "home/copy/entry-signing": ("signed-off", "sign-off-taken-back", "marked-absent"),
    "home/copy/entry-door": (
        *("join-asked", "join-asked-for", "still-alone-answered", "still-alone-reported"),
        *("credential-ran-out", "line-lost"),
        *("checked-out", "check-out-missed"),
    ),
    "home/copy/entry-stopping": ("person-stopped", "self-stopped", "session-stopped"),
    "home/copy/entry-message": (
        *("message", "command", "tap", "update", "link-pasted", "unreachable"),
    ),
}
"""What an entry of the record is about, by its kind; its codes stand behind it in any case."""
_ENTRY_OF: Final = {kind: key for key, kinds in ENTRIES.items() for kind in kinds}


def page(held: Held, say: Words, now: Instant) -> str:
    """Return the whole copy as HTML, in the words of the person whom it is about."""
    title = say.say("home/copy/title")
    parts = (
        f"<h1>{escape(title)}</h1>",
        _paragraph(say.say("home/copy/intro", time=say.moment(now))),
        *_section(say.say("home/copy/you"), (*_you(held, say), *_coming_and_going(held, say))),
        *_section(say.say("home/copy/agreements"), _agreements(held, say)),
        *_section(say.say("home/copy/taking-part"), _taking_part(held, say)),
        *_section(say.say("home/copy/introduction"), _introduction(held, say)),
        *(line for check in held.rows["check"] for line in _appointment(held, say, check)),
        *_section(say.say("home/copy/messages"), _messages(held, say)),
        *_section(say.say("home/copy/record"), _record(held, say)),
        _paragraph(say.say("home/privacy")),
    )
    return (
        f'<!doctype html>\n<html lang="{say.locale}" dir="auto"><meta charset="utf-8">\n'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>\n"
        + "\n".join(parts)
        + "\n</html>\n"
    )


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _section(head: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield a heading and its lines; nothing where there is no line."""
    found = [f"<li>{escape(line)}</li>" for line in lines]
    if found:
        yield f"<h2>{escape(head)}</h2>"
        yield f"<ul>{''.join(found)}</ul>"


def _you(held: Held, say: Words) -> Iterator[str]:
    own = held.person
    yield say.say("home/copy/label", name=held.label)
    if held.alias:
        yield say.say("home/copy/alias", name=held.alias)
    if held.chat:
        yield say.say("home/copy/chat", name=held.chat)
    yield say.say("home/copy/language", name=own_name(own["locale"]))
    yield say.say("home/copy/zone", name=own["zone"])
    yield say.say("home/copy/since", time=say.moment(own["created_at"]))
    yield say.say(_STATUS[own["status"]])
    if own["left_at"] is not None:
        yield say.say("home/copy/left-at", time=say.moment(own["left_at"]))
    if own["unreachable_at"] is not None:
        yield say.say("home/copy/unreachable", time=say.moment(own["unreachable_at"]))


def _coming_and_going(held: Held, say: Words) -> Iterator[str]:
    for row in held.rows["invitation"]:
        yield say.say("home/copy/invitation", time=say.moment(row["expires_at"]))
        if row["used_at"] is not None:
            yield say.say("home/copy/invitation-used", time=say.moment(row["used_at"]))
    for row in held.rows["arrival"]:
        yield say.say("home/copy/arrival", time=say.moment(row["until"]))
    for row in held.rows["membership"]:
        yield say.say("home/copy/member", name=row["name"], day=say.day(row["since"]))
    for row in held.rows["erasure"]:
        yield say.say("home/copy/erasure", time=say.moment(row["asked_at"]))
    for row in held.rows["parting"]:
        yield say.say("home/copy/parting", time=say.moment(row["at"]))


def _agreements(held: Held, say: Words) -> Iterator[str]:
    for row in held.rows["agreement"]:
        yield say.say(
            "home/copy/agreed",
            item=say.say(_AGREED[row["kind"]]),
            n=row["version"],
            name=own_name(row["locale"]),
            time=say.moment(row["accepted_at"]),
        )


def _taking_part(held: Held, say: Words) -> Iterator[str]:
    for row in held.rows["clearance"]:
        yield say.say(
            "home/copy/decided" if row["decided_by"] else "home/copy/decision-noted",
            state=say.say(_DECISIONS[row["decision"]]),
            day=say.day(row["until"]),
            time=say.moment(row["decided_at"]),
        )
        yield say.say("home/copy/instrument", name=say.say(_INSTRUMENTS[row["instrument"]]))
        if row["told_at"] is not None:
            yield say.say("home/copy/reminded", time=say.moment(row["told_at"]))
    for row in held.rows["intake"]:
        yield say.say("home/copy/intake", day=say.day(row["at"]))


def _introduction(held: Held, say: Words) -> Iterator[str]:
    flow = next((held.flows[row["revision"]] for row in held.rows["orientation_run"]), None)
    for row in held.rows["orientation"]:
        until, at = say.moment(row["until"]), say.moment(row["signed_at"])
        yield say.say("home/copy/counts", time=at, day=until)
    for row in held.rows["orientation_run"]:
        yield say.say("home/copy/begun", n=row["number"], time=say.moment(row["began_at"]))
        if row["ready_at"] is not None:
            yield say.say("home/copy/ready-at", time=say.moment(row["ready_at"]))
    for row in held.rows["orientation_answer"]:
        yield _answered(say, flow, row)
    for row in held.rows["orientation_sign_off"]:
        until, number = say.moment(row["until"]), row["number"]
        yield say.say("home/copy/counts-signed", n=number, time=say.moment(row["at"]), day=until)


def _appointment(held: Held, say: Words, check: Row) -> Iterator[str]:
    """Yield one appointment as a section: what was answered, noted, signed, and when."""
    head = say.say("home/copy/appointment", name=check["name"], time=say.moment(check["starts_at"]))
    return _section(head, _of_appointment(held, say, check))


def _of_appointment(held: Held, say: Words, check: Row) -> Iterator[str]:
    flow = held.flows.get(check["revision"])
    yield say.say("home/copy/ends", time=say.moment(check["ends_at"]))
    yield say.say("home/copy/state", state=say.say(_SESSION_STATES[check["session_state"]]))
    yield say.say("home/copy/yours", state=say.say(_CHECK_STATES[check["state"]]))
    for column, key in _MOMENTS.items():
        if check[column] is not None:
            yield say.say(key, time=say.moment(check[column]))
    for round_, rows in groupby(_theirs(held, "answer", check), key=lambda row: row["epoch"]):
        yield say.say("home/copy/round", n=round_)
        yield from (_answered(say, flow, row) for row in rows)
    for row in _theirs(held, "observation", check):
        yield say.say(
            "home/copy/observed" if row["seen"] else "home/copy/unobserved",
            item=_title(flow, row["item"]),
            time=say.moment(row["at"]),
        )
    for row in _theirs(held, "sign_off", check):
        state = say.say(_DESTINATIONS[row["destination"]])
        yield say.say("home/copy/signed", state=state, time=say.moment(row["at"]))
    for row in _theirs(held, "call_in", check):
        ended = row["expires_at"] if row["ended_at"] is None else row["ended_at"]
        yield say.say("home/copy/way-in", time=say.moment(row["at"]), day=say.moment(ended))
    for row in _theirs(held, "credential", check):
        ended = row["expires_at"] if row["ended_at"] is None else row["ended_at"]
        yield say.say("home/copy/way-in", time=say.moment(row["minted_at"]), day=say.moment(ended))


def _theirs(held: Held, table: str, check: Row) -> Iterator[Row]:
    return (row for row in held.rows[table] if row["session"] == check["session"])


def _answered(say: Words, flow: Flow | None, row: Row) -> str:
    key = "home/copy/answered" if row["own"] else "home/copy/answered-for"
    item, state = _title(flow, row["item"]), say.say(_VALUES[row["value"]])
    return say.say(key, item=item, state=state, time=say.moment(row["at"]))


def _title(flow: Flow | None, item: str) -> str:
    titles = {one.id: one.title for one in flow.items} if flow else {}
    return titles.get(item, item)


def _messages(held: Held, say: Words) -> Iterator[str]:
    yield say.say("home/copy/screens", n=len(held.rows["screen"]))
    yield say.say("home/copy/sent", n=len(held.rows["sent"]))
    yield say.say("home/copy/outbox", n=len(held.rows["outbox"]))
    for row in held.rows["timer"]:
        yield say.say("home/copy/timer", time=say.moment(row["at"]))
    for row in held.rows["reminder"]:
        yield say.say("home/copy/reminder", time=say.moment(row["at"]))
    for row in held.rows["unwanted_reminder"]:
        yield say.say("home/copy/unwanted-reminder", span=say.length(row["offset"]))
    for row in held.rows["page"]:
        yield say.say("home/copy/page", name=row["name"])


def _record(held: Held, say: Words) -> Iterator[str]:
    for row in held.rows["audit"]:
        what = say.say(_ENTRY_OF.get(row["kind"], "home/copy/entry-other"))
        codes = ", ".join(filter(None, (row["kind"], row["outcome"], row["detail"])))
        yield say.say(_by(row), time=say.moment(row["at"]), item=what, name=codes)


def _by(row: Row) -> str:
    if row["own"]:
        return "home/copy/by-you"
    return "home/copy/by-itself" if row["actor"] is None else "home/copy/by-others"
