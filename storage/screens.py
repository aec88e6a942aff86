"""Which messages are live on whose phone: one of a kind for each person and session."""

from dataclasses import dataclass

from flows.effects import ScreenKind
from flows.model import PersonId, SessionId
from storage.store import Tx


@dataclass(frozen=True, slots=True)
class Drawn:
    """A screen as it stands on a phone; `digest` is of its text and buttons.

    `behind` is the message that showed it before, while that one is still to be deleted.
    """

    message_id: int
    digest: str
    behind: int | None = None


def find(tx: Tx, person: PersonId, kind: ScreenKind, session: SessionId) -> Drawn | None:
    """Return the drawn screen, or None where it was never drawn."""
    row = tx.db.execute(
        "SELECT message_id, digest, behind FROM screen"
        " WHERE person = ? AND kind = ? AND session = ?",
        (person, kind, session),
    ).fetchone()
    return Drawn(row["message_id"], row["digest"], row["behind"]) if row else None


def keep(tx: Tx, person: PersonId, kind: ScreenKind, session: SessionId, drawn: Drawn) -> None:
    """Remember where a screen stands and what it shows."""
    tx.db.execute(
        "INSERT INTO screen (person, kind, session, message_id, digest, behind)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (person, kind, session) DO UPDATE"
        " SET message_id = excluded.message_id, digest = excluded.digest, behind = excluded.behind",
        (person, kind, session, drawn.message_id, drawn.digest, drawn.behind),
    )


def doubt(tx: Tx, person: PersonId, kind: ScreenKind, session: SessionId) -> None:
    """Note that nobody knows what a screen shows: an edit of it may have arrived or not."""
    tx.db.execute(
        "UPDATE screen SET digest = '' WHERE person = ? AND kind = ? AND session = ?",
        (person, kind, session),
    )


def forget(tx: Tx, person: PersonId, kind: ScreenKind, session: SessionId) -> None:
    """Forget a screen that is no longer on the phone."""
    tx.db.execute(
        "DELETE FROM screen WHERE person = ? AND kind = ? AND session = ?", (person, kind, session)
    )
