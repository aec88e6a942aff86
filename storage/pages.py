"""Where somebody is: staff on a page of the office, a participant at what they asked for.

A page is what is drawn next; it allows nothing.
"""

from dataclasses import dataclass

from flows.model import PersonId
from storage.store import Tx


@dataclass(frozen=True, slots=True)
class Page:
    """An open page; `about` is the number of a group or a person, or 0.

    `notice` is what stands once above it: the key of a text, and perhaps what fills it, as JSON.
    """

    name: str
    about: int
    notice: str = ""


def find(tx: Tx, person: PersonId) -> Page | None:
    """Return the page that somebody has open."""
    row = tx.db.execute(
        "SELECT name, about, notice FROM page WHERE person = ?", (person,)
    ).fetchone()
    return Page(row["name"], row["about"], row["notice"]) if row else None


def keep(tx: Tx, person: PersonId, page: Page) -> None:
    """Keep which page somebody has open."""
    tx.db.execute(
        "INSERT INTO page (person, name, about, notice) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (person) DO UPDATE SET"
        " name = excluded.name, about = excluded.about, notice = excluded.notice",
        (person, page.name, page.about, page.notice),
    )


def close(tx: Tx, person: PersonId) -> None:
    """Forget what somebody has open."""
    tx.db.execute("DELETE FROM page WHERE person = ?", (person,))
