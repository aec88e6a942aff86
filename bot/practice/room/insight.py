"""What the bot knows, in words for whoever looks on: sessions, holds, timers, the record.

Reads between two transactions, and only to be shown in the practice room: it names people by
their labels and must never be served anywhere else.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

from bot import scene
from bot.practice.botapi.schema import Json
from bot.scene import Scene
from bot.views import said
from bot.views.board import person_state
from flows.flow import Flow
from flows.model import Check, Instant, PersonId, SessionId, SessionState
from storage import people, signed
from storage.store import Tx

LANGUAGE = "en"
_ROWS = 80
_TIMERS = 6
_ENDED = (SessionState.CLOSED, SessionState.CANCELLED)
_DUE = {
    "step": "the question to {who} rings once more, if nobody answers",
    "credential": "the way in of {who} ends",
    "window": "the session may be opened, if nothing else holds it",
    "check_out": "whoever has not checked out is shown",
    "session_end": "the session closes by itself",
    "call": "the call of {who} into the check room ends",
    "checks": "the checks begin by themselves",
    "overdue": "staff are told, if the checks have not begun",
    "debrief": "whoever has not debriefed is reminded",
    "reminder": "a reminder goes to {who}",
}
_AHEAD = 2
"""Planned sessions that are shown, of all that are to come."""
_JUST_OVER = 12 * 3600
"""Seconds for which a session is shown that is over."""


def read(tx: Tx, now: Instant) -> Json:
    """Return everything that the side panel shows."""
    labels = _labels(tx)
    sessions = (_session(tx, session, labels, now) for session in _near(tx, now))
    return {
        "sessions": [shown for shown in sessions if shown],
        "timers": _timers(tx, labels),
        "record": _record(tx, labels),
    }


def files(tx: Tx, about: Json) -> Json:
    """Return what is broken in the record, and what is found of somebody whom all keys may name."""
    found = []
    if "label" in about and about["label"] in _labels(tx).values():
        found.append(f"somebody is called {about['label']}")
    if "phone" in about and people.find_by_chat(tx, int(about["phone"])):
        found.append(f"the chat {about['phone']} is somebody's")
    return {"broken": [str(flaw) for flaw in signed.flaws(tx)], "found": found}


def _labels(tx: Tx) -> dict[int, str]:
    rows = tx.db.execute("SELECT id FROM person WHERE status <> 'erased'").fetchall()
    return {row["id"]: people.label_of(tx, PersonId(row["id"])) for row in rows}


def _near(tx: Tx, now: Instant) -> list[SessionId]:
    """Return what runs, what was over lately, and the next of what is planned."""
    rows = tx.db.execute(
        "SELECT id FROM (SELECT id, starts_at FROM session WHERE state NOT IN ('planned', 'closed',"
        " 'cancelled') OR (state <> 'planned' AND ends_at > ?)"
        " UNION SELECT * FROM (SELECT id, starts_at FROM session WHERE state = 'planned'"
        " ORDER BY starts_at, id LIMIT ?)) ORDER BY starts_at, id",
        (now - _JUST_OVER, _AHEAD),
    )
    return [SessionId(row["id"]) for row in rows]


def _session(tx: Tx, session: SessionId, labels: Mapping[int, str], now: Instant) -> Json | None:
    row = tx.db.execute(
        "SELECT person FROM session_facilitator WHERE session = ? ORDER BY person", (session,)
    ).fetchone()
    viewer = people.find(tx, PersonId(row["person"])) if row else None
    if viewer is None:
        return None
    seen = scene.load(tx, replace(viewer, locale=LANGUAGE), session, now)
    return _shown(seen, labels) if seen else None


def _shown(seen: Scene, labels: Mapping[int, str]) -> Json:
    session = seen.session
    desks = {
        facilitator.desk.person: labels.get(by, "?")
        for by, facilitator in session.facilitators.items()
        if facilitator.desk
    }
    return {
        "id": session.id,
        "name": seen.name,
        "state": str(session.state),
        "starts_at": session.starts_at,
        "ends_at": session.ends_at,
        "opens_from": session.starts_at - session.rules.open_before,
        "link_ready": session.link_ready,
        "holds": [] if session.state in _ENDED else _why(seen, None),
        "checks": [
            {
                "who": labels.get(check.person, "?"),
                "person": check.person,
                "state": str(check.state),
                "words": person_state(seen, check),
                "step": check.run.step if check.run else "",
                "epoch": check.epoch,
                "with": desks.get(check.person, ""),
                "way_in": check.credential is not None,
                "joined": bool(check.minted),
                "handed_to": labels.get(check.handed_to, "?") if check.handed_to else "",
                "holds": _why(seen, check.person) if _is_held(seen, check) else [],
            }
            for check in session.checks.values()
        ],
    }


def _is_held(seen: Scene, check: Check) -> bool:
    """Say whether holds tell anything: not of somebody who has the way in, nor after the end."""
    return check.credential is None and seen.session.state not in _ENDED


def _why(seen: Scene, about: PersonId | None) -> list[str]:
    """Return the holds in words, as *Why?* gives them to a facilitator."""
    _, *lines = said.why(seen, about).text.splitlines()
    return [line.removeprefix("- ") for line in lines]


def _timers(tx: Tx, labels: Mapping[int, str]) -> list[Json]:
    # A timer that was overtaken does nothing when it rings, and is not shown.
    rows = tx.db.execute(
        "SELECT t.kind, t.person, t.at, 1 AS people FROM timer t JOIN session s ON s.id = t.session"
        ' LEFT JOIN "check" c ON c.session = t.session AND c.person = t.person'
        " WHERE CASE t.kind WHEN 'step' THEN c.state = 'asking'"
        " WHEN 'credential' THEN EXISTS (SELECT 1 FROM credential k WHERE k.session = t.session"
        " AND k.person = t.person AND k.ended_at IS NULL)"
        " WHEN 'overdue' THEN s.state = 'planned' WHEN 'checks' THEN s.state = 'planned'"
        " WHEN 'call' THEN EXISTS (SELECT 1 FROM call_in k WHERE k.session = t.session"
        " AND k.person = t.person AND k.ended_at IS NULL)"
        " WHEN 'check_out' THEN 1 WHEN 'debrief' THEN 1"
        " ELSE s.state NOT IN ('closed', 'cancelled') END"
        " UNION ALL SELECT 'reminder', min(person), at, count(*) FROM reminder GROUP BY session, at"
        " ORDER BY 3, 1, 2 LIMIT ?",
        (_TIMERS,),
    )
    return [
        {
            "at": row["at"],
            "what": _DUE.get(row["kind"], row["kind"]).format(who=_named(row, labels)),
        }
        for row in rows
    ]


def _named(row: Mapping[str, int], labels: Mapping[int, str]) -> str:
    """Return whom a timer is for, or how many."""
    people_at_once = row["people"]
    return labels.get(row["person"], "?") if people_at_once == 1 else f"{people_at_once} people"


def _record(tx: Tx, labels: Mapping[int, str]) -> list[Json]:
    """Return the newest audit rows, oldest first; people by their labels."""
    rows = tx.db.execute(
        "SELECT seq, at, kind, outcome, actor, person, detail FROM audit ORDER BY seq DESC LIMIT ?",
        (_ROWS,),
    ).fetchall()

    def label(person: int | None) -> str:
        return "" if person is None else labels.get(person, "?")

    return [
        {
            "seq": row["seq"],
            "at": row["at"],
            "kind": row["kind"],
            "outcome": row["outcome"],
            "actor": label(row["actor"]),
            "person": label(row["person"]),
            "detail": row["detail"],
        }
        for row in reversed(rows)
    ]


def steps(flow: Flow) -> list[dict[str, Any]]:
    """Return the flow as the panel lists it: a step, what it is called, the steps that belong."""
    titles = {item.id: item.title for item in flow.items}
    order = chain((flow.start,), titles, (step.id for step in flow.steps.values() if step.final))
    return [{"id": step, "title": titles.get(step, _spoken(step))} for step in order]


def _spoken(step: str) -> str:
    return step.replace("-", " ").replace("/", ", ").capitalize()
