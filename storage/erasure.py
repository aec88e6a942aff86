"""Erasing a person: what names them goes, what has to stay is nobody's.

Their key is destroyed after the commit and with it every sealed field, in every backup too. Every
chat's index is made anew (`storage.chats`), so that no backup says which number was theirs. The
record keeps numbers, and its chain stays whole.
"""

import sqlite3
from contextlib import suppress
from typing import Final

from flows.model import PersonId
from storage import chats, sessions
from storage.store import Tx

OWN: Final = (
    "invitation", "arrival", "membership", "agreement", "clearance", "orientation", "intake",
    "orientation_run", "orientation_answer", "screening", "pad", "page", "erasure", "parting",
    "sent", "screen", "outbox", "timer", "reminder", "unwanted_reminder", "plan",
)  # fmt: skip
"""Tables whose rows about a person go with them, by their column `person`."""
RECORDED: Final = (
    *("audit", "staff_role", "authenticator", "session_facilitator", "debrief", "doomed_person"),
    *("check", "answer", "observation", "sign_off", "credential", "orientation_sign_off"),
    "call_in",
)
"""Tables that keep theirs: the record, what only staff have, and signed acts. `check` loses its
rows of planned sessions, answers and observations go where their session is over for a day."""
NOTHING: Final = b"\0"
"""What stands in the place of a label that is gone."""


def erase(tx: Tx, person: PersonId) -> None:
    """Erase somebody; their key goes by `destroy_doomed_keys` after the commit."""
    _clear(tx, person)
    tx.db.execute("INSERT OR IGNORE INTO doomed_person (person) VALUES (?)", (person,))
    chats.renew(tx)


def mend(tx: Tx) -> None:
    """Erase again whoever came back with a database restored to an earlier day."""
    if not chats.mend(tx):
        return
    rows = tx.db.execute("SELECT id FROM person WHERE status <> 'erased'").fetchall()
    for row in rows:
        if not tx.keys.knows_person(row["id"]):
            _clear(tx, PersonId(row["id"]))


def _clear(tx: Tx, person: PersonId) -> None:
    sessions.strike(tx, person)
    _empty(tx, person)
    tx.db.execute("DELETE FROM outbox WHERE about = ?", (person,))
    tx.db.execute(
        "DELETE FROM answer WHERE person = ? AND session IN (SELECT session FROM over)", (person,)
    )
    tx.db.execute(
        "DELETE FROM observation WHERE person = ? AND session IN (SELECT session FROM over)",
        (person,),
    )
    tx.db.execute(
        "UPDATE person SET status = 'erased', chat = NULL, chat_index = NULL, alias = NULL,"
        " label = ?, locale = 'en', zone = 'UTC', unreachable_at = NULL, created_at = 0,"
        " left_at = NULL"
        " WHERE id = ?",
        (NOTHING, person),
    )


def _empty(tx: Tx, person: PersonId) -> None:
    for table in OWN:
        tx.db.execute(f"DELETE FROM {table} WHERE person = ?", (person,))  # noqa: S608 -- ours


def destroy_doomed_keys(tx: Tx) -> None:
    """Destroy the keys of those who were erased, and what their chats were looked up by.

    Not in the transaction that erased them: the key file is another file, and what is destroyed
    there does not come back when that transaction fails.
    """
    doomed = [row["person"] for row in tx.db.execute("SELECT person FROM doomed_person")]
    for person in doomed:
        tx.keys.erase_person(person)
        tx.db.execute("DELETE FROM doomed_person WHERE person = ?", (person,))
        # What was on its way to their phone meanwhile; whom a signed act names keeps a number.
        _empty(tx, person)
        with suppress(sqlite3.IntegrityError), tx.savepoint():
            tx.db.execute("DELETE FROM person WHERE id = ?", (person,))
    chats.drop_old(tx)
