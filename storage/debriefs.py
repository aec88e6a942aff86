"""What facilitators answer after a session: yes or no, no free text, for counting only."""

from flows.model import PersonId, SessionId
from storage.store import Tx

QUESTIONS = ("with-colleague", "supervision")


def keep(tx: Tx, session: SessionId, person: PersonId, question: str, value: str) -> bool:
    """Keep an answer; say whether it is the first to this question."""
    added = tx.db.execute(
        "INSERT INTO debrief (session, person, question, value) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (session, person, question, value),
    )
    return added.rowcount == 1


def has_answered(tx: Tx, session: SessionId, person: PersonId) -> bool:
    """Say whether somebody has answered the first question already."""
    return tx.db.execute(
        "SELECT 1 FROM debrief WHERE session = ? AND person = ?", (session, person)
    ).fetchone() is not None  # fmt: skip
