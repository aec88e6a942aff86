"""Neutral labels for participants: made by the bot, the same in every language, nobody's twice.

A label says nothing about anybody: it is drawn by lot, never from a name, a number or a date.
"""

import secrets
from collections.abc import Iterator
from itertools import count, product
from typing import Final

from flows.model import PersonId
from storage import people
from storage.store import Tx

_LETTERS: Final = "ACDEFHJKLMNPRTUVWXY"
_DIGITS: Final = "34679"
"""None of these is taken for another one, read or heard."""


def used(tx: Tx) -> set[str]:
    """Return every label that somebody has, in lower case, as `casefold` makes it."""
    rows = tx.db.execute("SELECT id FROM person WHERE status <> 'erased'").fetchall()
    return {people.label_of(tx, PersonId(row["id"])).casefold() for row in rows}


def fresh(taken: set[str]) -> Iterator[str]:
    """Yield labels such as H7 that nobody has, in no order; longer ones once they run out.

    `taken` is in lower case, as `casefold` makes it.
    """
    for digits in count(1):
        labels = ["".join(parts) for parts in product(_LETTERS, *[_DIGITS] * digits)]
        free = [label for label in labels if label.casefold() not in taken]
        secrets.SystemRandom().shuffle(free)
        yield from free
