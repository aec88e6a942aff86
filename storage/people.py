"""People: who they are to the bot, what is settled about them, and how they got in.

Chat and label are sealed under each person's own key; a chat is found by a blind index. Nothing
here is ever written to a log.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from flows.model import (
    Agreement,
    Clearance,
    ClearanceDecision,
    Instant,
    Instrument,
    PersonId,
    Programme,
    Standing,
)
from storage import chats
from storage.store import Tx

NOBODY = "\N{EM DASH}"
"""What stands in the place of the label of somebody who was erased."""
ARRIVAL_LASTS = 7 * 86400
"""Seconds that somebody invited has to read and agree to everything."""


class Role(StrEnum):
    """What a member of staff may be."""

    FACILITATOR = "facilitator"
    COORDINATOR = "coordinator"


@dataclass(frozen=True, slots=True)
class Person:
    """What the bot needs to know of somebody in order to talk to them."""

    id: PersonId
    status: str
    locale: str
    zone: str
    roles: frozenset[Role]
    reachable: bool

    @property
    def enrolled(self) -> bool:
        """Whether they may be written to and may act."""
        return self.status == "enrolled"

    @property
    def invited(self) -> bool:
        """Whether they have not agreed to everything yet; they act on their own arrival alone."""
        return self.status == "invited"

    @property
    def staff(self) -> bool:
        """Whether they hold any role at present."""
        return bool(self.roles)


def add(tx: Tx, *, locale: str, zone: str, label: str, now: Instant) -> PersonId:
    """Add somebody who is invited and has not come yet, under a number that nobody had before."""
    (person,) = tx.db.execute(
        # AUTOINCREMENT remembers the numbers of those who are gone: the record still names them.
        "SELECT 1 + coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'person'), 0)"
    ).fetchone()
    tx.keys.new_person(person)
    sealed = tx.keys.seal(person, "person", "label", person, label)
    tx.db.execute(
        "INSERT INTO person (id, status, locale, zone, label, created_at)"
        " VALUES (?, 'invited', ?, ?, ?, ?)",
        (person, locale, zone, sealed, now),
    )
    return PersonId(person)


def find(tx: Tx, person: PersonId) -> Person | None:
    """Return somebody by number, or None."""
    row = tx.db.execute("SELECT * FROM person WHERE id = ?", (person,)).fetchone()
    if row is None:
        return None
    roles = tx.db.execute(
        "SELECT role FROM staff_role WHERE person = ? AND ended_at IS NULL", (person,)
    )
    return Person(
        person,
        row["status"],
        row["locale"],
        row["zone"],
        frozenset(Role(role) for (role,) in roles),
        row["unreachable_at"] is None,
    )


def find_by_chat(tx: Tx, chat: int) -> Person | None:
    """Return whoever uses this private chat, or None for a stranger."""
    row = tx.db.execute(
        "SELECT id FROM person WHERE chat_index = ?", (chats.index(tx, chat),)
    ).fetchone()
    return find(tx, PersonId(row["id"])) if row else None


def chat_of(tx: Tx, person: PersonId) -> int | None:
    """Return the chat of somebody who is enrolled, who arrives, or whose last message is due.

    Nobody else is written to.
    """
    row = tx.db.execute(
        "SELECT chat FROM person WHERE id = ?1 AND (status = 'enrolled'"
        " OR (status = 'invited' AND id IN (SELECT person FROM arrival))"
        " OR (status = 'left' AND id IN (SELECT person FROM parting)))",
        (person,),
    ).fetchone()
    if row is None or row["chat"] is None:
        return None
    return int(tx.keys.open(person, "person", "chat", person, row["chat"]))


def chat_to_clear(tx: Tx, person: PersonId) -> int | None:
    """Return the chat of somebody enrolled or gone: what stands there may still be taken away."""
    row = tx.db.execute(
        "SELECT chat FROM person WHERE id = ? AND status IN ('enrolled', 'left')", (person,)
    ).fetchone()
    if row is None or row["chat"] is None:
        return None
    return int(tx.keys.open(person, "person", "chat", person, row["chat"]))


def label_of(tx: Tx, person: PersonId) -> str:
    """Return somebody's neutral label, the same in every language; a dash for who was erased."""
    row = tx.db.execute("SELECT label, status FROM person WHERE id = ?", (person,)).fetchone()
    if row["status"] == "erased":
        return NOBODY
    return tx.keys.open(person, "person", "label", person, row["label"])


def set_unreachable(tx: Tx, person: PersonId, since: Instant | None) -> bool:
    """Note that Telegram refuses this chat, or that it no longer does; say whether it is news."""
    changed = tx.db.execute(
        "UPDATE person SET unreachable_at = ? WHERE id = ? AND (unreachable_at IS NULL) = (? IS NOT"
        " NULL)",
        (since, person, since),
    )
    return changed.rowcount == 1


def give_role(tx: Tx, person: PersonId, role: Role, *, prepared_at: Instant | None) -> None:
    """Make somebody a member of staff; `prepared_at` says since when they are prepared."""
    tx.db.execute(
        "INSERT INTO staff_role (person, role, prepared_at) VALUES (?, ?, ?)",
        (person, role, prepared_at),
    )


def coordinators(tx: Tx) -> tuple[PersonId, ...]:
    """Return the coordinators who can be written to."""
    rows = tx.db.execute(
        "SELECT r.person FROM staff_role r JOIN person p ON p.id = r.person"
        " WHERE r.role = 'coordinator' AND r.ended_at IS NULL AND p.status = 'enrolled'"
        " ORDER BY r.person"
    )
    return tuple(PersonId(row["person"]) for row in rows)


def hash_token(token: str) -> bytes:
    """Return what is stored of an invitation's token."""
    return hashlib.sha256(token.encode()).digest()


def can_be_invited(tx: Tx, person: PersonId) -> bool:
    """Say whether somebody has not come yet, or has no chat and is in no session under way."""
    return tx.db.execute(
        "SELECT 1 FROM person p WHERE p.id = ? AND (p.status = 'invited'"
        " OR (p.status = 'enrolled' AND p.chat IS NULL AND NOT EXISTS ("
        ' SELECT 1 FROM "check" c JOIN session s ON s.id = c.session'
        " WHERE c.person = p.id AND s.state IN ('checking', 'open', 'stopped'))))",
        (person,),
    ).fetchone() is not None  # fmt: skip


def invite(tx: Tx, person: PersonId, token: str, *, expires_at: Instant) -> None:
    """Keep an invitation: single use, expiring, and only its token's hash."""
    tx.db.execute(
        "INSERT INTO invitation (token_hash, person, expires_at) VALUES (?, ?, ?)",
        (hash_token(token), person, expires_at),
    )


def renew_invitation(tx: Tx, person: PersonId, token: str, *, expires_at: Instant) -> None:
    """Keep an invitation in the place of every unused one of the same person."""
    tx.db.execute("DELETE FROM invitation WHERE person = ? AND used_at IS NULL", (person,))
    invite(tx, person, token, expires_at=expires_at)


def end_invitation(tx: Tx, person: PersonId, now: Instant) -> None:
    """End an invitation that was not used: it lets nobody in from now on."""
    tx.db.execute(
        "UPDATE invitation SET expires_at = ? WHERE person = ? AND used_at IS NULL"
        " AND expires_at > ?",
        (now, person, now),
    )


def redeem(tx: Tx, token: str, chat: int, now: Instant) -> PersonId | None:
    """Let in whoever opened a valid invitation from this chat; None for anything else.

    Staff are enrolled, and participants who have agreed to everything already; whoever was
    enrolled without a chat has one now. Any other stays invited and has some days to read and
    agree (`storage.arrivals`).
    """
    index = chats.index(tx, chat)
    if tx.db.execute(
        "SELECT 1 FROM person WHERE chat_index = ? AND status <> 'left'", (index,)
    ).fetchone():
        return None
    row = tx.db.execute(
        "SELECT i.person FROM invitation i JOIN person p ON p.id = i.person"
        " WHERE i.token_hash = ? AND i.used_at IS NULL AND i.expires_at > ?",
        (hash_token(token), now),
    ).fetchone()
    if row is None or not can_be_invited(tx, row["person"]):
        return None
    person = PersonId(row["person"])
    _release(tx, chat)
    tx.db.execute(
        "UPDATE invitation SET used_at = ? WHERE token_hash = ?", (now, hash_token(token))
    )
    tx.db.execute(
        "UPDATE person SET chat = ?, chat_index = ? WHERE id = ?",
        (tx.keys.seal(person, "person", "chat", person, str(chat)), index, person),
    )
    known = find(tx, person)
    agreed = standing_of(tx, person).agreements == frozenset(Agreement)
    if agreed or (known is not None and (known.staff or known.enrolled)):
        enrol(tx, person)
    else:
        begin_agreements(tx)
        tx.db.execute(
            "INSERT INTO arrival (person, step, until) VALUES (?, 'locale', ?)",
            (person, now + ARRIVAL_LASTS),
        )
    return person


def enrol(tx: Tx, person: PersonId) -> None:
    """Make somebody invited an enrolled person: they may be written to and may act."""
    tx.db.execute(
        "UPDATE person SET status = 'enrolled' WHERE id = ? AND status = 'invited'", (person,)
    )
    tx.db.execute("DELETE FROM arrival WHERE person = ?", (person,))


def set_locale(tx: Tx, person: PersonId, locale: str) -> None:
    """Keep somebody's language."""
    tx.db.execute("UPDATE person SET locale = ? WHERE id = ?", (locale, person))


def set_zone(tx: Tx, person: PersonId, zone: str) -> None:
    """Keep somebody's time zone."""
    tx.db.execute("UPDATE person SET zone = ? WHERE id = ?", (zone, person))


def _release(tx: Tx, chat: int) -> None:
    """Let a chat be used anew by somebody who left and comes back as another person."""
    tx.db.execute(
        "UPDATE person SET chat = NULL, chat_index = NULL WHERE chat_index = ? AND status = 'left'",
        (chats.index(tx, chat),),
    )


def standing_of(tx: Tx, person: PersonId) -> Standing:
    """Return what is settled about somebody before any session."""
    row = tx.db.execute(
        "SELECT p.status, k.decision, k.until, o.until AS oriented_until, i.at AS intake_at"
        " FROM person p LEFT JOIN clearance k ON k.person = p.id"
        " LEFT JOIN orientation o ON o.person = p.id LEFT JOIN intake i ON i.person = p.id"
        " WHERE p.id = ?",
        (person,),
    ).fetchone()
    agreements = tx.db.execute(
        "SELECT a.kind FROM agreement a JOIN agreement_version v"
        " ON v.kind = a.kind AND v.version = a.version WHERE a.person = ?",
        (person,),
    )
    clearance = (
        Clearance(ClearanceDecision(row["decision"]), row["until"]) if row["decision"] else None
    )
    return Standing(
        clearance,
        row["oriented_until"],
        frozenset(Agreement(kind) for (kind,) in agreements),
        row["intake_at"],
        row["status"] == "enrolled",
    )


def settle_clearance(
    tx: Tx,
    person: PersonId,
    clearance: Clearance,
    now: Instant,
    *,
    instrument: Instrument = Instrument.JUDGEMENT,
    by: PersonId | None = None,
) -> None:
    """Keep a clearance: the decision, its expiry, the instrument and who; never the reasons."""
    tx.db.execute(
        "INSERT INTO clearance (person, decision, until, instrument, decided_by, decided_at)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (person) DO UPDATE SET"
        " decision = excluded.decision, until = excluded.until, instrument = excluded.instrument,"
        " decided_by = excluded.decided_by, decided_at = excluded.decided_at, told_at = NULL",
        (person, clearance.decision, clearance.until, instrument, by, now),
    )


def settle_orientation(tx: Tx, person: PersonId, until: Instant, now: Instant) -> None:
    """Keep until when somebody counts as oriented."""
    tx.db.execute(
        "INSERT INTO orientation (person, until, signed_at) VALUES (?, ?, ?)"
        " ON CONFLICT (person)"
        " DO UPDATE SET until = excluded.until, signed_at = excluded.signed_at",
        (person, until, now),
    )


def settle_intake(tx: Tx, person: PersonId, at: Instant) -> None:
    """Keep when the individual intake took place."""
    tx.db.execute("INSERT OR REPLACE INTO intake (person, at) VALUES (?, ?)", (person, at))


def settle_agreement(
    tx: Tx,
    person: PersonId,
    agreement: Agreement,
    locale: str,
    now: Instant,
    revision: str | None = None,
) -> None:
    """Keep that somebody accepted the version of an agreement that is in force.

    `revision` is the edition that they read; None where nobody saw them read it.
    """
    tx.db.execute(
        "INSERT INTO agreement (person, kind, version, locale, accepted_at, revision)"
        " SELECT ?, kind, version, ?, ?, ? FROM agreement_version WHERE kind = ?",
        (person, locale, now, revision, agreement),
    )


def programme(tx: Tx) -> Programme:
    """Return the programme's state; a programme that was never set up holds everything."""
    row = tx.db.execute("SELECT * FROM programme WHERE id = 1").fetchone()
    if row is None:
        return Programme()
    return Programme(bool(row["suspended"]), row["ends_at"], row["safety_contact_until"])


def set_programme(tx: Tx, value: Programme) -> None:
    """Keep the programme's state."""
    tx.db.execute(
        "INSERT OR REPLACE INTO programme (id, suspended, ends_at, safety_contact_until)"
        " VALUES (1, ?, ?, ?)",
        (int(value.suspended), value.ends_at, value.safety_contact_until),
    )
    begin_agreements(tx)


def begin_agreements(tx: Tx) -> None:
    """Begin the first version of each agreement, where there is none."""
    for kind in Agreement:
        tx.db.execute(
            "INSERT OR IGNORE INTO agreement_version (kind, version) VALUES (?, 1)", (kind,)
        )


def raise_agreement(tx: Tx, kind: Agreement) -> None:
    """Begin another version of an agreement: whoever accepted an earlier one is asked again."""
    tx.db.execute("UPDATE agreement_version SET version = version + 1 WHERE kind = ?", (kind,))
