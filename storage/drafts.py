"""Drafts: texts of a flow in one language that a coordinator has changed and nobody published yet.

A draft touches no run and nothing that is published. Each text has a version of its own, so that
nobody overwrites what somebody else has written meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flows.model import Instant, PersonId
from storage import reading as beside
from storage.store import Tx


@dataclass(frozen=True, slots=True)
class Change:
    """One changed text: its words, how often it was written, and who wrote it last."""

    words: str
    version: int
    by: PersonId
    at: Instant


@dataclass(frozen=True, slots=True)
class Reading:
    """Who asks a colleague to read a draft, and the revision that it would become."""

    revision: str
    by: PersonId


def changes(tx: Tx | beside.Reading, flow: str, locale: str) -> Mapping[str, Change]:
    """Return the changed texts by their ids; nothing where there is no draft."""
    rows = tx.db.execute(
        'SELECT text, words, version, "by", at FROM draft WHERE flow = ? AND locale = ?',
        (flow, locale),
    )
    return {row["text"]: Change(row["words"], row["version"], row["by"], row["at"]) for row in rows}


def write(
    tx: Tx,
    flow: str,
    locale: str,
    text: str,
    words: str,
    *,
    seen: int,
    by: PersonId,
    now: Instant,
) -> bool:
    """Keep a changed text; False where it is not the version any more that was `seen` (0: none)."""
    done = tx.db.execute(
        'INSERT INTO draft (flow, locale, text, words, version, "by", at)'
        " SELECT ?1, ?2, ?3, ?4, 1, ?6, ?7 WHERE ?5 = 0 OR EXISTS ("
        "  SELECT 1 FROM draft WHERE flow = ?1 AND locale = ?2 AND text = ?3)"
        " ON CONFLICT (flow, locale, text) DO UPDATE SET words = excluded.words,"
        ' version = version + 1, "by" = excluded."by", at = excluded.at WHERE version = ?5',
        (flow, locale, text, words, seen, by, now),
    )
    if done.rowcount != 1:
        return False
    stop_reading(tx, flow, locale)
    return True


def take_back(tx: Tx, flow: str, locale: str, text: str | None = None) -> int:
    """Forget one changed text, or all; return how many there were."""
    gone = tx.db.execute(
        "DELETE FROM draft WHERE flow = ?1 AND locale = ?2 AND (?3 IS NULL OR text = ?3)",
        (flow, locale, text),
    )
    stop_reading(tx, flow, locale)
    return gone.rowcount


def ask_to_read(tx: Tx, flow: str, locale: str, revision: str, by: PersonId) -> None:
    """Keep that somebody asks a colleague to read what the draft would become."""
    tx.db.execute(
        'INSERT INTO reading (flow, locale, revision, "by") VALUES (?, ?, ?, ?)'
        " ON CONFLICT (flow, locale) DO UPDATE SET revision = excluded.revision,"
        ' "by" = excluded."by"',
        (flow, locale, revision, by),
    )


def stop_reading(tx: Tx, flow: str, locale: str) -> None:
    """Forget that somebody asked: what was to be read is not there any more."""
    tx.db.execute("DELETE FROM reading WHERE flow = ? AND locale = ?", (flow, locale))


def reading(tx: Tx, flow: str, locale: str) -> Reading | None:
    """Return who asks a colleague to read a draft, or None."""
    row = tx.db.execute(
        'SELECT revision, "by" FROM reading WHERE flow = ? AND locale = ?', (flow, locale)
    ).fetchone()
    return Reading(row["revision"], row["by"]) if row else None
