"""Authenticators: what makes a member of staff's codes, how often they were wrong, and the pad.

The secret and what is typed are sealed under the person's own key. Which code is right is not
decided here.
"""

import secrets
from dataclasses import dataclass

from flows.model import Instant, PersonId, SessionId
from storage.store import Tx

WRONG_CODES = 5
"""So many wrong codes in a row lock an authenticator."""
DIGITS = 6
_NUMBERS = 10**9


@dataclass(frozen=True, slots=True)
class Authenticator:
    """How somebody's authenticator stands; its secret is never here.

    `last_step` is the time step of the latest right code: neither it nor an earlier one counts
    again (RFC 6238, 5.2).
    """

    shown_until: Instant | None
    confirmed_at: Instant | None
    locked_at: Instant | None
    last_step: int


@dataclass(frozen=True, slots=True)
class Pad:
    """Where somebody is entering a code: for which session, and how many digits there are.

    `number` is another one for each code, so that no key counts for a later code.
    """

    session: SessionId | None
    number: int
    typed: int
    until: Instant


def find(tx: Tx, person: PersonId) -> Authenticator | None:
    """Return how somebody's authenticator stands, or None where there is none."""
    row = tx.db.execute("SELECT * FROM authenticator WHERE person = ?", (person,)).fetchone()
    if row is None:
        return None
    return Authenticator(
        row["shown_until"], row["confirmed_at"], row["locked_at"], row["last_step"]
    )


def secret_of(tx: Tx, person: PersonId) -> str:
    """Return the secret of an authenticator that there is."""
    row = tx.db.execute("SELECT secret FROM authenticator WHERE person = ?", (person,)).fetchone()
    return tx.keys.open(person, "authenticator", "secret", person, row["secret"])


def offer(tx: Tx, person: PersonId, secret: str, shown_until: Instant) -> None:
    """Keep a new secret that is to be confirmed by a right code until then."""
    sealed = tx.keys.seal(person, "authenticator", "secret", person, secret)
    changed = tx.db.execute(
        "UPDATE authenticator SET secret = ?, shown_until = ? WHERE person = ?",
        (sealed, shown_until, person),
    )
    if changed.rowcount:
        return
    tx.db.execute(
        "INSERT INTO authenticator (person, secret, shown_until, wrong, last_step)"
        " VALUES (?, ?, ?, 0, 0)",
        (person, sealed, shown_until),
    )


def conceal(tx: Tx, person: PersonId) -> bool:
    """Let a secret be shown no more, worth nothing if unconfirmed; say whether it was shown."""
    changed = tx.db.execute(
        "UPDATE authenticator SET shown_until = NULL WHERE person = ? AND shown_until IS NOT NULL",
        (person,),
    )
    return changed.rowcount == 1


def accept(tx: Tx, person: PersonId, step: int, now: Instant) -> None:
    """Keep that a code was right, the first of which confirms the secret."""
    tx.db.execute(
        "UPDATE authenticator SET last_step = ?, wrong = 0, shown_until = NULL,"
        " confirmed_at = coalesce(confirmed_at, ?) WHERE person = ?",
        (step, now, person),
    )


def count_wrong(tx: Tx, person: PersonId, now: Instant) -> bool:
    """Count a wrong code; say whether it was the one that locks."""
    row = tx.db.execute("SELECT wrong FROM authenticator WHERE person = ?", (person,)).fetchone()
    if row["wrong"] + 1 >= WRONG_CODES:
        lock(tx, person, now)
        return True
    tx.db.execute("UPDATE authenticator SET wrong = wrong + 1 WHERE person = ?", (person,))
    return False


def lock(tx: Tx, person: PersonId, now: Instant) -> None:
    """Lock an authenticator until it is reset."""
    tx.db.execute(
        "UPDATE authenticator SET wrong = ?, locked_at = ? WHERE person = ?",
        (WRONG_CODES, now, person),
    )


def reset(tx: Tx, person: PersonId) -> None:
    """Take an authenticator away; the schema wants the record's newest row to say so."""
    tx.db.execute("DELETE FROM authenticator WHERE person = ?", (person,))


# Whom it concerns


def is_asked(tx: Tx, person: PersonId) -> bool:
    """Say whether somebody may be asked for a code: in any session of theirs that is not over."""
    row = tx.db.execute(
        "SELECT EXISTS (SELECT 1 FROM signer f JOIN session s ON s.id = f.session"
        " WHERE f.person = ? AND s.second_factor = 1 AND s.state NOT IN ('closed', 'cancelled'))"
        " AS asked",
        (person,),
    ).fetchone()
    return bool(row["asked"])


def proved_in(tx: Tx, person: PersonId) -> tuple[SessionId, ...]:
    """Return the sessions that are not over and in which somebody has entered a right code."""
    rows = tx.db.execute(
        "SELECT s.id FROM session_facilitator f JOIN session s ON s.id = f.session"
        " WHERE f.person = ? AND f.proved_at IS NOT NULL"
        " AND s.state NOT IN ('closed', 'cancelled') ORDER BY s.id",
        (person,),
    )
    return tuple(SessionId(row["id"]) for row in rows)


# The pad


def pad_of(tx: Tx, person: PersonId, now: Instant) -> Pad | None:
    """Return the pad on which somebody is entering a code, or None."""
    row = tx.db.execute(
        "SELECT session, number, until FROM pad WHERE person = ? AND until > ?", (person, now)
    ).fetchone()
    if row is None:
        return None
    return Pad(row["session"], row["number"], len(digits_of(tx, person)), row["until"])


def digits_of(tx: Tx, person: PersonId) -> str:
    """Return the digits typed so far on a pad that there is."""
    row = tx.db.execute("SELECT digits FROM pad WHERE person = ?", (person,)).fetchone()
    return tx.keys.open(person, "pad", "digits", person, row["digits"])


def open_pad(tx: Tx, person: PersonId, session: SessionId | None, until: Instant) -> None:
    """Begin a new code, without any digit yet."""
    tx.db.execute(
        "INSERT OR REPLACE INTO pad (person, session, number, digits, until)"
        " VALUES (?, ?, ?, ?, ?)",
        (person, session, secrets.randbelow(_NUMBERS), _sealed(tx, person, ""), until),
    )


def type_in(tx: Tx, person: PersonId, digits: str) -> None:
    """Keep the digits typed so far."""
    tx.db.execute(
        "UPDATE pad SET digits = ? WHERE person = ?", (_sealed(tx, person, digits), person)
    )


def close_pad(tx: Tx, person: PersonId) -> None:
    """Clear the pad."""
    tx.db.execute("DELETE FROM pad WHERE person = ?", (person,))


def _sealed(tx: Tx, person: PersonId, digits: str) -> bytes:
    return tx.keys.seal(person, "pad", "digits", person, digits)


# What has its time


def pads_over(tx: Tx, now: Instant) -> tuple[PersonId, ...]:
    """Return whose pad was not answered in time."""
    rows = tx.db.execute("SELECT person FROM pad WHERE until <= ? ORDER BY person", (now,))
    return tuple(PersonId(row["person"]) for row in rows)


def pictures_over(tx: Tx, now: Instant) -> tuple[PersonId, ...]:
    """Return whose secret was shown for as long as it may be."""
    rows = tx.db.execute(
        "SELECT person FROM authenticator WHERE shown_until <= ? ORDER BY person", (now,)
    )
    return tuple(PersonId(row["person"]) for row in rows)


def next_due(tx: Tx) -> Instant | None:
    """Return when the next pad or picture has had its time, or None."""
    row = tx.db.execute(
        "SELECT min(at) AS at FROM (SELECT until AS at FROM pad"
        " UNION ALL SELECT shown_until FROM authenticator)"
    ).fetchone()
    return row["at"] if row else None
