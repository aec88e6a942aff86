"""Revisions: immutable editions of a flow in one language, and which one is published."""

from functools import lru_cache

from flows.flow import Revision, dump_revision, load_revision
from flows.model import Instant
from storage.store import Tx


@lru_cache(maxsize=256)
def _loaded(revision_id: str, body: str) -> Revision:
    revision = load_revision(body)
    if revision.id != revision_id:
        raise ValueError("A stored revision is not the one that its id names.")
    return revision


def publish(tx: Tx, revision: Revision, now: Instant) -> bool:
    """Store a revision and make it the one that new runs start on; say whether it is new."""
    known = tx.db.execute("SELECT 1 FROM revision WHERE id = ?", (revision.id,)).fetchone()
    if not known:
        tx.db.execute(
            "INSERT INTO revision (id, flow, locale, body, created_at) VALUES (?, ?, ?, ?, ?)",
            (revision.id, revision.flow.id, revision.locale, dump_revision(revision), now),
        )
        tx.db.executemany(
            "INSERT INTO revision_item (revision, item, observed) VALUES (?, ?, ?)",
            [(revision.id, item.id, int(item.observed)) for item in revision.flow.items],
        )
    tx.db.execute(
        "INSERT INTO published (flow, locale, revision) VALUES (?, ?, ?)"
        " ON CONFLICT (flow, locale) DO UPDATE SET revision = excluded.revision",
        (revision.flow.id, revision.locale, revision.id),
    )
    return not known


def published(tx: Tx, flow: str, locale: str) -> Revision | None:
    """Return the revision that a new run would start on; None holds whoever needs it."""
    row = tx.db.execute(
        "SELECT r.id, r.body FROM published p JOIN revision r ON r.id = p.revision"
        " WHERE p.flow = ? AND p.locale = ? AND r.recalled_at IS NULL",
        (flow, locale),
    ).fetchone()
    return _loaded(row["id"], row["body"]) if row else None


def find(tx: Tx, revision_id: str) -> tuple[Revision, bool]:
    """Return a stored revision and whether it has been recalled."""
    row = tx.db.execute(
        "SELECT id, body, recalled_at FROM revision WHERE id = ?", (revision_id,)
    ).fetchone()
    return _loaded(row["id"], row["body"]), row["recalled_at"] is not None
