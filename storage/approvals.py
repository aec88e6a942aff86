"""Approval of languages: who has read one, when, and what exactly; and what newcomers may choose.

It takes no language from anybody who speaks it already, and it never changes what it has written.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flows.model import Instant, PersonId
from storage.audit import Readable
from storage.store import Tx


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved a language, and the digest of each text; `by` None: the practice room did."""

    locale: str
    by: PersonId | None
    at: Instant
    texts: Mapping[str, str]


def approve(
    tx: Tx, locale: str, texts: Mapping[str, str], now: Instant, *, by: PersonId | None
) -> None:
    """Keep that a language was read and approved; `texts` are digests by text id."""
    _add(tx, locale, "approved", texts, now, by)


def keep_valid(
    tx: Tx, locale: str, texts: Mapping[str, str], now: Instant, *, by: PersonId
) -> None:
    """Keep that what was changed of these texts is a slip: they stay approved."""
    _add(tx, locale, "slip", texts, now, by)


def take_back(tx: Tx, locale: str, now: Instant, *, by: PersonId) -> None:
    """Keep that nobody new may choose a language any more."""
    _add(tx, locale, "taken-back", {}, now, by)


def _add(
    tx: Tx, locale: str, act: str, texts: Mapping[str, str], now: Instant, by: PersonId | None
) -> None:
    tx.db.execute(
        'INSERT INTO approval (locale, act, texts, "by", at) VALUES (?, ?, ?, ?, ?)',
        (locale, act, json.dumps(texts, sort_keys=True, separators=(",", ":")), by, now),
    )


def of(tx: Readable, locale: str) -> Approval | None:
    """Return the approval of a language, with the slips since; None: it is not approved."""
    if not _is_there(tx):
        return None
    row = tx.db.execute(
        "SELECT * FROM approval WHERE locale = ? AND act <> 'slip' ORDER BY number DESC LIMIT 1",
        (locale,),
    ).fetchone()
    if row is None or row["act"] != "approved":
        return None
    slips = tx.db.execute(
        "SELECT texts FROM approval WHERE locale = ? AND act = 'slip' AND number > ?"
        " ORDER BY number",
        (locale, row["number"]),
    )
    texts = json.loads(row["texts"])
    for slip in slips:
        texts |= json.loads(slip["texts"])
    return Approval(locale, row["by"], row["at"], texts)


def among(tx: Readable, locales: Sequence[str]) -> tuple[str, ...]:
    """Return those of these languages that are approved, in the same order."""
    return tuple(locale for locale in locales if is_approved(tx, locale))


def is_approved(tx: Readable, locale: str) -> bool:
    """Say whether newcomers may choose a language."""
    if not _is_there(tx):
        return False
    row = tx.db.execute(
        "SELECT act FROM approval WHERE locale = ? AND act <> 'slip' ORDER BY number DESC LIMIT 1",
        (locale,),
    ).fetchone()
    return row is not None and row["act"] == "approved"


def all_of(tx: Readable) -> tuple[str, ...]:
    """Return the approved languages, by their codes."""
    if not _is_there(tx):
        return ()
    rows = tx.db.execute("SELECT DISTINCT locale FROM approval ORDER BY locale").fetchall()
    return among(tx, [row["locale"] for row in rows])


def speakers(tx: Tx, locale: str) -> int:
    """Return how many participants have a language now."""
    row = tx.db.execute(
        "SELECT count(*) AS people FROM person p WHERE p.locale = ?"
        " AND (p.status = 'enrolled' OR (p.status = 'invited' AND p.chat_index IS NOT NULL))"
        " AND NOT EXISTS (SELECT 1 FROM staff_role r WHERE r.person = p.id AND r.ended_at IS NULL)",
        (locale,),
    ).fetchone()
    return int(row["people"])


def _is_there(tx: Readable) -> bool:
    """Say whether the database has approvals: beside the bot it may be one of an older version."""
    return tx.db.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'approval'"
    ).fetchone() is not None  # fmt: skip
