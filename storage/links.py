"""The links of sessions: sealed while they are needed, refused a second time, destroyed at the end.

A link is sealed under its session's own key, that of a call into the check room beside the
session's own. What is remembered for ever is a fingerprint, of both alike.
"""

from contextlib import suppress
from dataclasses import dataclass

from flows.model import Instant, PersonId, SessionId
from storage.errors import Erased, Tampered
from storage.store import Tx


def wanted_for(tx: Tx, person: PersonId) -> SessionId | None:
    """Return the session for which a facilitator said that the next link is meant, or None."""
    row = tx.db.execute(
        "SELECT session FROM session_facilitator WHERE person = ? AND wants_link = 1", (person,)
    ).fetchone()
    return SessionId(row["session"]) if row else None


def want(tx: Tx, person: PersonId, session: SessionId | None) -> None:
    """Note for which session a facilitator's next link is meant; None: for no special one."""
    tx.db.execute(
        "UPDATE session_facilitator SET wants_link = (session IS ?), wants_call = NULL,"
        " wants_call_epoch = NULL, wants_call_until = NULL WHERE person = ?",
        (session, person),
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose call into the check room a facilitator's next link is meant for, and until when."""

    session: SessionId
    person: PersonId
    epoch: int
    until: Instant


def call_wanted(tx: Tx, person: PersonId) -> Wanted | None:
    """Return for whose call a facilitator said that the next link is meant, or None."""
    row = tx.db.execute(
        "SELECT session, wants_call, wants_call_epoch, coalesce(wants_call_until, 0)"
        " FROM session_facilitator WHERE person = ? AND wants_call IS NOT NULL",
        (person,),
    ).fetchone()
    return Wanted(*row) if row else None


def want_call(tx: Tx, person: PersonId, wanted: Wanted) -> None:
    """Note that a facilitator's next link is meant for a call, and for nothing else."""
    want(tx, person, None)
    tx.db.execute(
        "UPDATE session_facilitator SET wants_call = ?, wants_call_epoch = ?, wants_call_until = ?"
        " WHERE person = ? AND session = ?",
        (wanted.person, wanted.epoch, wanted.until, person, wanted.session),
    )


def is_fresh(tx: Tx, identity: str) -> bool:
    """Say whether no session and no call ever used the link of this identity.

    Only a fingerprint is kept.
    """
    fingerprint = tx.keys.blind("link", identity)
    return not tx.db.execute(
        "SELECT 1 FROM used_link WHERE fingerprint = ?", (fingerprint,)
    ).fetchone()


def keep(tx: Tx, session: SessionId, link: str, identity: str) -> None:
    """Seal a session's link under its key, and remember its fingerprint.

    The key is a fresh one unless a link lies under it already: a fresh key is on disk before this
    transaction is, and the earlier link must outlive a crash in between.
    """
    if find(tx, session) is None and _call_link(tx, session) is None:
        tx.keys.new_session(session)
    tx.db.execute("DELETE FROM doomed_key WHERE session = ?", (session,))
    sealed = tx.keys.seal_session(session, "session_link", "sealed", session, link)
    _remember(tx, identity)
    tx.db.execute(
        "INSERT INTO session_link (session, sealed) VALUES (?, ?)"
        " ON CONFLICT (session) DO UPDATE SET sealed = excluded.sealed",
        (session, sealed),
    )


def _remember(tx: Tx, identity: str) -> None:
    """Never take a link of this identity again, neither for a session nor for a call."""
    tx.db.execute(
        "INSERT INTO used_link (fingerprint) VALUES (?)", (tx.keys.blind("link", identity),)
    )


def find(tx: Tx, session: SessionId) -> str | None:
    """Return the session's link while it exists and can be read."""
    row = tx.db.execute("SELECT sealed FROM session_link WHERE session = ?", (session,)).fetchone()
    if row is None:
        return None
    with suppress(Erased, Tampered):
        return tx.keys.open_session(session, "session_link", "sealed", session, row["sealed"])
    return None


def forget(tx: Tx, session: SessionId) -> None:
    """Take a session's link away, and have its key destroyed after the commit.

    The key file is another file: what goes wrong there must not undo a stop. Under a link of a live
    call the key stays, and goes with that.
    """
    tx.db.execute("DELETE FROM session_link WHERE session = ?", (session,))
    _doom(tx, session)


def keep_call(tx: Tx, session: SessionId, number: int, link: str, identity: str) -> None:
    """Seal the link of a live call under the session's key, and remember its fingerprint.

    The key is a fresh one where the present one is to be destroyed, or was.
    """
    doomed = tx.db.execute("DELETE FROM doomed_key WHERE session = ?", (session,)).rowcount
    if doomed or not tx.keys.knows_session(session):
        tx.keys.new_session(session)
    sealed = tx.keys.seal_session(session, "call_link", "sealed", session, link)
    _remember(tx, identity)
    tx.db.execute(
        "INSERT INTO call_link (session, number, sealed) VALUES (?, ?, ?)",
        (session, number, sealed),
    )


def find_call(tx: Tx, session: SessionId, number: int) -> str | None:
    """Return the link of a session's live call while it exists and can be read."""
    found = _call_link(tx, session)
    return found[1] if found and found[0] == number else None


def _call_link(tx: Tx, session: SessionId) -> tuple[int, str] | None:
    row = tx.db.execute(
        "SELECT number, sealed FROM call_link WHERE session = ?", (session,)
    ).fetchone()
    if row is None:
        return None
    with suppress(Erased, Tampered):
        found = tx.keys.open_session(session, "call_link", "sealed", session, row["sealed"])
        return row["number"], found
    return None


def forget_call(tx: Tx, session: SessionId, *, for_another: bool = False) -> None:
    """Take the link of a call away; with its key, unless another call's is to lie under that."""
    tx.db.execute("DELETE FROM call_link WHERE session = ?", (session,))
    if not for_another:
        _doom(tx, session)


def _doom(tx: Tx, session: SessionId) -> None:
    """Have a session's key destroyed after the commit, unless a link lies under it still."""
    tx.db.execute(
        "INSERT OR IGNORE INTO doomed_key (session) SELECT ?1"
        " WHERE NOT EXISTS (SELECT 1 FROM session_link l WHERE l.session = ?1)"
        " AND NOT EXISTS (SELECT 1 FROM call_link l WHERE l.session = ?1)",
        (session,),
    )


def destroy_doomed_keys(tx: Tx) -> None:
    """Destroy the keys of links that were taken away; raise `StorageError` to be tried again."""
    for row in tx.db.execute("SELECT session FROM doomed_key").fetchall():
        tx.keys.destroy_session(row["session"])
        tx.db.execute("DELETE FROM doomed_key WHERE session = ?", (row["session"],))
