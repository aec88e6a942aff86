"""Drafts of plans: what a facilitator is planning for a group, one at a time, keys and numbers.

A draft plans nothing, and nobody else sees it.
"""

import json
from collections.abc import Mapping

from flows.model import PersonId
from storage.store import Tx


def find(tx: Tx, person: PersonId, group: int) -> Mapping[str, str | int] | None:
    """Return what somebody is planning for a group, or None."""
    row = tx.db.execute(
        'SELECT body FROM plan WHERE person = ? AND "group" = ?', (person, group)
    ).fetchone()
    return dict(json.loads(row["body"])) if row else None


def keep(tx: Tx, person: PersonId, group: int, body: Mapping[str, str | int]) -> None:
    """Keep what somebody is planning, in the place of what they planned before."""
    tx.db.execute(
        'INSERT INTO plan (person, "group", body) VALUES (?, ?, ?)'
        ' ON CONFLICT (person) DO UPDATE SET "group" = excluded."group", body = excluded.body',
        (person, group, json.dumps(dict(body))),
    )


def forget(tx: Tx, person: PersonId) -> None:
    """Forget what somebody was planning."""
    tx.db.execute("DELETE FROM plan WHERE person = ?", (person,))
