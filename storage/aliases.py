"""Aliases: what staff alone call a participant, beside the label; sealed under their key."""

from flows.model import PersonId
from storage.store import Tx


def find(tx: Tx, person: PersonId) -> str | None:
    """Return somebody's alias, or None."""
    row = tx.db.execute("SELECT alias FROM person WHERE id = ?", (person,)).fetchone()
    if row is None or row["alias"] is None:
        return None
    return tx.keys.open(person, "person", "alias", person, row["alias"])


def keep(tx: Tx, person: PersonId, alias: str | None) -> None:
    """Keep somebody's alias in the place of the one before; None takes it away."""
    sealed = None if alias is None else tx.keys.seal(person, "person", "alias", person, alias)
    tx.db.execute("UPDATE person SET alias = ? WHERE id = ?", (sealed, person))
