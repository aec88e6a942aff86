"""Opening an invitation, and what keeps anybody from guessing one.

Of a chat that sends wrong invitations only a blind index is kept, beside a number and a time, and
for an hour.
"""

import secrets

from flows.model import Instant, PersonId
from storage import approvals, people, staff
from storage.people import Role
from storage.store import Tx

WRONG_ONES = 5
"""So many wrong invitations may come from one chat in an hour."""
PAUSE = 3600
"""Seconds for which wrong ones are counted together, and for which none is looked up after that."""
FIRST_LASTS = 86400


def open_with(tx: Tx, token: str, chat: int, now: Instant) -> PersonId | None:
    """Return whom a token lets in from this chat; None also where too many wrong ones came.

    A participant's waits, unused, until a language is approved: nobody could be spoken to.
    """
    index = tx.keys.blind("attempt", str(chat))
    if _pauses(tx, index, now) or _waits(tx, token):
        return None
    person = people.redeem(tx, token, chat, now)
    if person is None:
        _count(tx, index, now)
    else:
        tx.db.execute("DELETE FROM attempt WHERE chat_index = ?", (index,))
    return person


def _waits(tx: Tx, token: str) -> bool:
    """Say whether it is a participant's, who could be spoken to in no approved language yet."""
    found = tx.db.execute(
        "SELECT 1 FROM invitation i WHERE i.token_hash = ? AND NOT EXISTS ("
        " SELECT 1 FROM staff_role r WHERE r.person = i.person AND r.ended_at IS NULL)",
        (people.hash_token(token),),
    ).fetchone()
    return found is not None and not approvals.all_of(tx)


def _pauses(tx: Tx, index: bytes, now: Instant) -> bool:
    found = tx.db.execute(
        "SELECT 1 FROM attempt WHERE chat_index = ? AND count >= ? AND since > ?",
        (index, WRONG_ONES, now - PAUSE),
    ).fetchone()
    return found is not None


def _count(tx: Tx, index: bytes, now: Instant) -> None:
    """Count a wrong one; the last of the allowed ones begins the pause."""
    tx.db.execute("DELETE FROM attempt WHERE chat_index = ? AND since <= ?", (index, now - PAUSE))
    tx.db.execute(
        "INSERT INTO attempt (chat_index, count, since) VALUES (?, 1, ?)"
        " ON CONFLICT (chat_index) DO UPDATE SET count = count + 1,"
        " since = CASE WHEN count + 1 = ? THEN excluded.since ELSE since END",
        (index, now, WRONG_ONES),
    )


def forget_attempts(tx: Tx, now: Instant) -> None:
    """Forget the wrong ones that count no more."""
    tx.db.execute("DELETE FROM attempt WHERE since <= ?", (now - PAUSE,))


def first_coordinator(
    tx: Tx, *, label: str, locale: str, zone: str, now: Instant
) -> tuple[PersonId, str] | None:
    """Return whoever shall be the first coordinator, and a fresh token; an earlier one ends.

    None where a coordinator is there. The token is the caller's alone: only its hash is kept.
    """
    if people.coordinators(tx):
        return None
    invited = (one.id for one in staff.everybody(tx) if Role.COORDINATOR in one.roles)
    person = next(invited, None)
    if person is None:
        person = people.add(tx, locale=locale, zone=zone, label=label, now=now)
        staff.give_role(tx, person, Role.COORDINATOR)
    token = secrets.token_urlsafe(24)
    people.renew_invitation(tx, person, token, expires_at=now + FIRST_LASTS)
    return person, token
