"""The links of sessions: sealed while they are needed, refused a second time, destroyed at the end.

A link is sealed under its session's own key. What is remembered for ever is a fingerprint.
"""

from contextlib import suppress

from flows.model import PersonId, SessionId
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
        "UPDATE session_facilitator SET wants_link = (session IS ?) WHERE person = ?",
        (session, person),
    )


def is_fresh(tx: Tx, identity: str) -> bool:
    """Say whether no session ever used the link of this identity; only a fingerprint is kept."""
    fingerprint = tx.keys.blind("link", identity)
    return not tx.db.execute(
        "SELECT 1 FROM used_link WHERE fingerprint = ?", (fingerprint,)
    ).fetchone()


def keep(tx: Tx, session: SessionId, link: str, identity: str) -> None:
    """Seal a session's link under its key, and remember its fingerprint.

    The key is a fresh one unless a link lies under it already: a fresh key is on disk before this
    transaction is, and the earlier link must outlive a crash in between.
    """
    if find(tx, session) is None:
        tx.keys.new_session(session)
    tx.db.execute("DELETE FROM doomed_key WHERE session = ?", (session,))
    sealed = tx.keys.seal_session(session, "session_link", "sealed", session, link)
    tx.db.execute(
        "INSERT INTO used_link (fingerprint) VALUES (?)", (tx.keys.blind("link", identity),)
    )
    tx.db.execute(
        "INSERT INTO session_link (session, sealed) VALUES (?, ?)"
        " ON CONFLICT (session) DO UPDATE SET sealed = excluded.sealed",
        (session, sealed),
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

    The key file is another file: what goes wrong there must not undo a stop.
    """
    tx.db.execute("DELETE FROM session_link WHERE session = ?", (session,))
    tx.db.execute("INSERT OR IGNORE INTO doomed_key (session) VALUES (?)", (session,))


def destroy_doomed_keys(tx: Tx) -> None:
    """Destroy the keys of links that were taken away; raise `StorageError` to be tried again."""
    for row in tx.db.execute("SELECT session FROM doomed_key").fetchall():
        tx.keys.destroy_session(row["session"])
        tx.db.execute("DELETE FROM doomed_key WHERE session = ?", (row["session"],))
