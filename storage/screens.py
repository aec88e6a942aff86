"""Which messages are live on whose phone: one of a kind for each person and session, or none."""

from dataclasses import dataclass

from flows.effects import ScreenKind
from flows.model import Instant, PersonId, SessionId
from storage.store import Tx

NO_SESSION = 0
"""Stands in the key of a screen that belongs to no session."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A screen as it stands on a phone; `digest` is of its text and buttons.

    `picture` is the digest of a picture above its text, or empty.
    """

    message_id: int
    digest: str
    picture: str = ""


def find(tx: Tx, person: PersonId, kind: ScreenKind, session: SessionId | None) -> Drawn | None:
    """Return the drawn screen, or None where it was never drawn."""
    row = tx.db.execute(
        "SELECT message_id, digest, picture FROM screen"
        " WHERE person = ? AND kind = ? AND session = ?",
        (person, kind, session or NO_SESSION),
    ).fetchone()
    return Drawn(row["message_id"], row["digest"], row["picture"]) if row else None


def keep(
    tx: Tx, person: PersonId, kind: ScreenKind, session: SessionId | None, drawn: Drawn
) -> None:
    """Remember where a screen stands and what it shows; nothing of somebody who is gone."""
    tx.db.execute(
        "INSERT INTO screen (person, kind, session, message_id, digest, picture)"
        " SELECT id, ?2, ?3, ?4, ?5, ?6 FROM person WHERE id = ?1 AND status <> 'erased'"
        " ON CONFLICT (person, kind, session)"
        " DO UPDATE SET message_id = excluded.message_id, digest = excluded.digest,"
        " picture = excluded.picture",
        (person, kind, session or NO_SESSION, drawn.message_id, drawn.digest, drawn.picture),
    )


def forget(tx: Tx, person: PersonId, kind: ScreenKind, session: SessionId | None) -> None:
    """Forget a screen that is no longer on the phone."""
    tx.db.execute(
        "DELETE FROM screen WHERE person = ? AND kind = ? AND session = ?",
        (person, kind, session or NO_SESSION),
    )


def sessions_of(tx: Tx, person: PersonId, kind: ScreenKind) -> tuple[SessionId, ...]:
    """Return the sessions of which somebody has this screen on the phone."""
    rows = tx.db.execute(
        "SELECT session FROM screen WHERE person = ? AND kind = ? AND session <> ? ORDER BY 1",
        (person, kind, NO_SESSION),
    )
    return tuple(SessionId(row["session"]) for row in rows)


def of_person(tx: Tx, person: PersonId) -> tuple[tuple[ScreenKind, SessionId | None], ...]:
    """Return which screens stand on somebody's phone, each with its session."""
    rows = tx.db.execute(
        "SELECT kind, session FROM screen WHERE person = ? ORDER BY session, kind", (person,)
    )
    return tuple(
        (ScreenKind(row["kind"]), SessionId(row["session"]) if row["session"] else None)
        for row in rows
    )


def in_use(tx: Tx, now: Instant) -> tuple[tuple[PersonId, ScreenKind, SessionId | None], ...]:
    """Return the screens that may be waiting for a tap: boards first, nothing that is over.

    Those which are about to be drawn anew or taken away are left out. Whether somebody's own screen
    asks anything is not known here.
    """
    rows = tx.db.execute(
        "SELECT v.person, v.kind, v.session FROM screen v"
        " LEFT JOIN session s ON s.id = v.session"
        ' LEFT JOIN "check" c ON c.session = v.session AND c.person = v.person'
        " LEFT JOIN pad p ON p.person = v.person"
        " WHERE CASE WHEN v.kind IN ('board', 'desk', 'place') THEN"
        " s.state IN ('checking', 'open', 'stopped') AND s.ends_at > ?1"
        " AND coalesce(c.state, '') NOT IN ('absent', 'turned_away')"
        " WHEN v.kind = 'pad' THEN p.until > ?1 ELSE v.kind = 'home' END"
        " AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.person = v.person"
        " AND o.kind IN ('show', 'bring', 'hide') AND o.subject = v.kind"
        " AND coalesce(o.session, 0) = v.session)"
        # The desk below the board, and the pad below both: what is under the thumb is the newest.
        " ORDER BY v.kind = 'home', v.session, v.kind, v.person",
        (now,),
    )
    return tuple(
        (
            PersonId(row["person"]),
            ScreenKind(row["kind"]),
            SessionId(row["session"]) if row["session"] else None,
        )
        for row in rows
    )
