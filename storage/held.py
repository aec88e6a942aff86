"""Everything that is held about one participant, read at once, to be handed over as a copy.

Nothing of anybody else is read: of whoever else had a hand in it only that it was somebody else.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flows.flow import Flow
from flows.model import PersonId
from storage import aliases, people, revisions
from storage.store import Tx

Rows = tuple[sqlite3.Row, ...]

QUERIES: Final[Mapping[str, str]] = {
    "invitation": "SELECT expires_at, used_at FROM invitation WHERE person = ?1"
    " ORDER BY expires_at",
    "arrival": "SELECT until FROM arrival WHERE person = ?1",
    "agreement": "SELECT kind, version, locale, accepted_at FROM agreement WHERE person = ?1"
    " ORDER BY accepted_at, kind",
    "clearance": "SELECT decision, until, instrument, decided_by, decided_at, told_at"
    " FROM clearance WHERE person = ?1",
    "orientation": "SELECT until, signed_by, signed_at FROM orientation WHERE person = ?1",
    "orientation_run": "SELECT number, state, revision, began_at, ready_at"
    " FROM orientation_run WHERE person = ?1",
    "orientation_answer": 'SELECT number, item, value, "by" = person AS own, at'
    " FROM orientation_answer WHERE person = ?1 ORDER BY number, at, item",
    "orientation_sign_off": "SELECT number, at, until FROM orientation_sign_off WHERE person = ?1"
    " ORDER BY number",
    "intake": "SELECT at FROM intake WHERE person = ?1",
    "membership": 'SELECT g.name, m.since FROM membership m JOIN "group" g ON g.id = m."group"'
    " WHERE m.person = ?1 ORDER BY m.since, g.id",
    "check": "SELECT s.name, s.starts_at, s.ends_at, s.state AS session_state, c.*"
    ' FROM "check" c JOIN session s ON s.id = c.session'
    " WHERE c.person = ?1 ORDER BY s.starts_at, s.id",
    "answer": 'SELECT session, epoch, item, value, "by" = person AS own, at, changed'
    " FROM answer WHERE person = ?1 ORDER BY session, epoch, at, item",
    "observation": "SELECT session, epoch, item, seen, at FROM observation WHERE person = ?1"
    " ORDER BY session, epoch, at, item, number",
    "sign_off": "SELECT session, epoch, outcome, destination, at FROM sign_off WHERE person = ?1"
    " ORDER BY session, epoch, place",
    "credential": "SELECT session, minted_at, expires_at, ended_at FROM credential"
    " WHERE person = ?1 ORDER BY session, minted_at",
    "call_in": "SELECT session, at, expires_at, ended_at FROM call_in"
    " WHERE person = ?1 ORDER BY session, number",
    "timer": "SELECT at FROM timer WHERE person = ?1 ORDER BY at",
    "reminder": "SELECT at FROM reminder WHERE person = ?1 ORDER BY at",
    "unwanted_reminder": 'SELECT "offset" FROM unwanted_reminder WHERE person = ?1'
    ' ORDER BY "offset" DESC',
    "screen": "SELECT message_id FROM screen WHERE person = ?1",
    "sent": "SELECT message_id, at FROM sent WHERE person = ?1 ORDER BY at",
    "outbox": "SELECT created_at FROM outbox WHERE person = ?1 OR about = ?1 ORDER BY id",
    "page": "SELECT name FROM page WHERE person = ?1",
    "erasure": "SELECT asked_at FROM erasure WHERE person = ?1",
    "parting": "SELECT at FROM parting WHERE person = ?1",
    "audit": "SELECT at, kind, outcome, detail, actor, actor = ?1 AS own"
    " FROM audit WHERE person = ?1 OR actor = ?1 ORDER BY seq",
}
"""What is read of each table; ?1 is the person."""


@dataclass(frozen=True, slots=True)
class Held:
    """One participant's own data; `rows` by table, `flows` by the revision that they went through.

    Of other people there is at most a number that says that it was not them.
    """

    label: str
    alias: str | None
    chat: str | None
    person: sqlite3.Row
    rows: Mapping[str, Rows]
    flows: Mapping[str, Flow]


def find(tx: Tx, label: str) -> PersonId | None:
    """Return the participant who has this label, or None; whoever is or was staff is none."""
    rows = tx.db.execute(
        "SELECT id FROM person p WHERE status <> 'erased'"
        " AND NOT EXISTS (SELECT 1 FROM staff_role r WHERE r.person = p.id) ORDER BY id"
    ).fetchall()
    wanted = label.strip().casefold()
    found = (PersonId(row["id"]) for row in rows)
    return next((one for one in found if people.label_of(tx, one).casefold() == wanted), None)


def is_screened(tx: Tx, person: PersonId) -> bool:
    """Say whether a screening is under way, whose taps are soon forgotten."""
    return tx.db.execute(
        "SELECT 1 FROM screening WHERE person = ?", (person,)
    ).fetchone() is not None  # fmt: skip


def of(tx: Tx, person: PersonId) -> Held:
    """Return everything that is held about somebody who is there."""
    row = tx.db.execute(
        "SELECT status, locale, zone, chat, created_at, unreachable_at, left_at FROM person"
        " WHERE id = ?",
        (person,),
    ).fetchone()
    chat = row["chat"] and tx.keys.open(person, "person", "chat", person, row["chat"])
    rows = {
        table: tuple(tx.db.execute(query, (person,)).fetchall()) for table, query in QUERIES.items()
    }
    seen = {one["revision"] for table in ("check", "orientation_run") for one in rows[table]}
    flows = {one: revisions.find(tx, one)[0].flow for one in seen if one}
    return Held(people.label_of(tx, person), aliases.find(tx, person), chat, row, rows, flows)
