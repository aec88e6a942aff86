"""Revisions: immutable editions of a flow in one language, and which one is published."""

from dataclasses import dataclass
from functools import lru_cache

from flows.flow import Revision, dump_revision, load_revision
from flows.model import Instant, PersonId
from storage import pictures
from storage.audit import Readable
from storage.store import Tx


@dataclass(frozen=True, slots=True)
class Publication:
    """When a revision was published, and by whom; `by` None: it came with the program."""

    number: int
    revision: str
    by: PersonId | None
    read_by: PersonId | None
    at: Instant
    recalled: bool


@lru_cache(maxsize=256)
def _loaded(revision_id: str, body: str) -> Revision:
    revision = load_revision(body)
    if revision.id != revision_id:
        raise ValueError("A stored revision is not the one that its id names.")
    return revision


def publish(
    tx: Tx,
    revision: Revision,
    now: Instant,
    *,
    by: PersonId | None = None,
    read_by: PersonId | None = None,
) -> bool:
    """Store a revision and make it the one that new runs start on; say whether it is new."""
    flow, locale = revision.flow.id, revision.locale
    known = tx.db.execute("SELECT 1 FROM revision WHERE id = ?", (revision.id,)).fetchone()
    if not known:
        tx.db.execute(
            "INSERT INTO revision (id, flow, locale, body, created_at) VALUES (?, ?, ?, ?, ?)",
            (revision.id, flow, locale, dump_revision(revision), now),
        )
        tx.db.executemany(
            "INSERT INTO revision_item (revision, item, observed) VALUES (?, ?, ?)",
            [(revision.id, item.id, int(item.observed)) for item in revision.flow.items],
        )
        pictures.keep_with(tx, revision)
    changed = tx.db.execute(
        "INSERT INTO published (flow, locale, revision) VALUES (?, ?, ?)"
        " ON CONFLICT (flow, locale) DO UPDATE SET revision = excluded.revision"
        " WHERE revision <> excluded.revision",
        (flow, locale, revision.id),
    )
    if changed.rowcount:
        tx.db.execute(
            'INSERT INTO publication (flow, locale, revision, "by", read_by, at)'
            " VALUES (?, ?, ?, ?, ?, ?)",
            (flow, locale, revision.id, by, read_by, now),
        )
    return not known


def published(tx: Readable, flow: str, locale: str) -> Revision | None:
    """Return the revision that a new run would start on; None holds whoever needs it."""
    found = latest(tx, flow, locale)
    return found[0] if found and not found[1] else None


def latest(tx: Readable, flow: str, locale: str) -> tuple[Revision, bool] | None:
    """Return the revision that was published last, and whether it has been recalled since."""
    row = tx.db.execute(
        "SELECT r.id, r.body, r.recalled_at FROM published p JOIN revision r ON r.id = p.revision"
        " WHERE p.flow = ? AND p.locale = ?",
        (flow, locale),
    ).fetchone()
    return (_loaded(row["id"], row["body"]), row["recalled_at"] is not None) if row else None


def find(tx: Tx, revision_id: str) -> tuple[Revision, bool]:
    """Return a stored revision and whether it has been recalled."""
    row = tx.db.execute(
        "SELECT id, body, recalled_at FROM revision WHERE id = ?", (revision_id,)
    ).fetchone()
    return _loaded(row["id"], row["body"]), row["recalled_at"] is not None


def is_recalled(tx: Tx, revision_id: str) -> bool:
    """Say whether a revision is stored and has been recalled."""
    return tx.db.execute(
        "SELECT 1 FROM revision WHERE id = ? AND recalled_at IS NOT NULL", (revision_id,)
    ).fetchone() is not None  # fmt: skip


def recall(tx: Tx, revision_id: str, now: Instant) -> None:
    """Let nobody begin or go on with a revision any more; it can't be taken back."""
    tx.db.execute(
        "UPDATE revision SET recalled_at = ? WHERE id = ? AND recalled_at IS NULL",
        (now, revision_id),
    )


def publications(tx: Tx, flow: str, locale: str, limit: int) -> tuple[Publication, ...]:
    """Return what was published of a flow in a language, the latest first."""
    rows = tx.db.execute(
        'SELECT p.number, p.revision, p."by", p.read_by, p.at, r.recalled_at FROM publication p'
        " JOIN revision r ON r.id = p.revision WHERE p.flow = ? AND p.locale = ?"
        " ORDER BY p.number DESC LIMIT ?",
        (flow, locale, limit),
    )
    return tuple(
        Publication(
            row["number"],
            row["revision"],
            row["by"],
            row["read_by"],
            row["at"],
            row["recalled_at"] is not None,
        )
        for row in rows
    )


def under_way(tx: Tx, revision_id: str) -> int:
    """Return how many people are at the questions of a revision now."""
    row = tx.db.execute(
        'SELECT (SELECT count(*) FROM "check" c JOIN session s ON s.id = c.session'
        "  WHERE c.revision = ?1 AND c.state IN ('asking', 'ready', 'unmet')"
        "  AND s.state IN ('checking', 'open'))"
        " + (SELECT count(*) FROM orientation_run"
        "  WHERE revision = ?1 AND state IN ('asking', 'ready', 'unmet')) AS people",
        (revision_id,),
    ).fetchone()
    return int(row["people"])
