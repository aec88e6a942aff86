"""How a chat is found again without being stored: by a blind index under a pepper.

When somebody is erased, everybody else's index is made anew under a fresh pepper and the old one is
destroyed. So no backup of the database says any more, with whatever key, which row was whose.
"""

from flows.model import PersonId
from storage.store import Tx


def index(tx: Tx, chat: int) -> bytes:
    """Return the index of a chat under the pepper that the database uses."""
    found = tx.keys.peppered(_version(tx), str(chat))
    if found is None:
        raise LookupError("The key file has no pepper of this version; `mend` was not called.")
    return found


def renew(tx: Tx) -> None:
    """Index every chat anew under a fresh pepper; the old one goes by `drop_old`."""
    _index_all(tx, tx.keys.new_pepper())


def mend(tx: Tx) -> bool:
    """Index every chat anew where the database uses a pepper that is gone; say whether it did."""
    if tx.keys.peppered(_version(tx), "") is not None:
        return False
    _index_all(tx, tx.keys.newest_pepper())
    return True


def drop_old(tx: Tx) -> None:
    """Destroy the peppers that nothing uses; only after the commit that stopped using them."""
    if tx.keys.has_pepper_before(_version(tx)):
        tx.keys.drop_peppers_before(_version(tx))


def _version(tx: Tx) -> int:
    return int(tx.db.execute("SELECT version FROM pepper WHERE id = 1").fetchone()["version"])


def _index_all(tx: Tx, version: int) -> None:
    rows = tx.db.execute("SELECT id, chat FROM person WHERE chat IS NOT NULL").fetchall()
    tx.db.execute("UPDATE person SET chat_index = NULL")
    for row in rows:
        person = PersonId(row["id"])
        if not tx.keys.knows_person(person):
            continue
        chat = tx.keys.open(person, "person", "chat", person, row["chat"])
        tx.db.execute(
            "UPDATE person SET chat_index = ? WHERE id = ?",
            (tx.keys.peppered(version, chat), person),
        )
    tx.db.execute("UPDATE pepper SET version = ? WHERE id = 1", (version,))
