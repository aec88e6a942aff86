"""Drafts: texts and steps of a flow in one language that were changed and nobody published yet.

A draft touches no run and nothing that is published. Each text has a version of its own, so that
nobody overwrites what somebody else has written meanwhile.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from flows.flow import Revision, dump_revision, load_revision
from flows.model import Instant, PersonId
from storage import pictures, revisions
from storage import reading as beside
from storage.store import Tx


@dataclass(frozen=True, slots=True)
class Change:
    """One changed text: its words, which change of the draft it is, and who wrote it last."""

    words: str
    version: int
    by: PersonId
    at: Instant


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit of the steps: what was done, to which one, how it begins, why, and who did it."""

    what: str
    step: str
    words: str
    reason: str
    by: PersonId
    at: Instant


@dataclass(frozen=True, slots=True)
class Steps:
    """What a flow would become, its changed texts aside; `version` grows with each change of it."""

    revision: Revision
    version: int


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


def any_of(tx: Tx, flow: str, locale: str) -> bool:
    """Say whether anything of a flow in a language was changed and not published yet."""
    row = tx.db.execute(
        "SELECT EXISTS (SELECT 1 FROM draft WHERE flow = ?1 AND locale = ?2)"
        " OR EXISTS (SELECT 1 FROM draft_edit WHERE flow = ?1 AND locale = ?2) AS there",
        (flow, locale),
    ).fetchone()
    return bool(row["there"])


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
    now_there = changes(tx, flow, locale).get(text)
    if (now_there.version if now_there else 0) != seen:
        return False
    if now_there is not None and now_there.by != by:
        # Another comma does not make them somebody else's words.
        _note_writers(tx, flow, locale, {now_there.by})
    tx.db.execute(
        'INSERT INTO draft (flow, locale, text, words, version, "by", at)'
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (flow, locale, text) DO UPDATE SET"
        ' words = excluded.words, version = excluded.version, "by" = excluded."by",'
        " at = excluded.at",
        (flow, locale, text, words, _count(tx, flow, locale), by, now),
    )
    stop_reading(tx, flow, locale)
    return True


def _count(tx: Tx, flow: str, locale: str, *, steps: bool = False) -> int:
    """Count one more change, of the steps too or not, and return how many there were ever."""
    row = tx.db.execute(
        "INSERT INTO draft_count (flow, locale, changes, steps) VALUES (?1, ?2, 1, ?3)"
        " ON CONFLICT (flow, locale) DO UPDATE SET changes = changes + 1,"
        " steps = iif(?3, changes + 1, steps) RETURNING changes",
        (flow, locale, int(steps)),
    ).fetchone()
    return int(row["changes"])


def _seen(tx: Tx | beside.Reading, flow: str, locale: str) -> int:
    """Return what grows whenever the steps change, or what is published."""
    row = tx.db.execute(
        "SELECT coalesce((SELECT steps FROM draft_count WHERE flow = ?1 AND locale = ?2), 0)"
        " + coalesce((SELECT max(number) FROM publication WHERE flow = ?1 AND locale = ?2), 0)"
        " AS seen",
        (flow, locale),
    ).fetchone()
    return int(row["seen"])


def take_back(tx: Tx, flow: str, locale: str, text: str | None = None) -> int:
    """Forget one changed text, or all of the draft; return how many changed texts there were."""
    gone = tx.db.execute(
        "DELETE FROM draft WHERE flow = ?1 AND locale = ?2 AND (?3 IS NULL OR text = ?3)",
        (flow, locale, text),
    )
    if text is None:
        _count(tx, flow, locale, steps=True)
        tx.db.execute("DELETE FROM draft_steps WHERE flow = ? AND locale = ?", (flow, locale))
        tx.db.execute("DELETE FROM draft_edit WHERE flow = ? AND locale = ?", (flow, locale))
        tx.db.execute("DELETE FROM draft_writer WHERE flow = ? AND locale = ?", (flow, locale))
        pictures.forget_unused(tx)
    stop_reading(tx, flow, locale)
    return gone.rowcount


def fold_in(tx: Tx, flow: str, locale: str, texts: Collection[str]) -> None:
    """Forget changed texts that the draft's own steps say by now, but not whose words they are."""
    changed = changes(tx, flow, locale)
    _note_writers(tx, flow, locale, {changed[key].by for key in texts})
    for key in texts:
        take_back(tx, flow, locale, key)


def _note_writers(tx: Tx, flow: str, locale: str, people: Collection[PersonId]) -> None:
    tx.db.executemany(
        'INSERT INTO draft_writer (flow, locale, "by") VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
        [(flow, locale, person) for person in people],
    )


def writers(tx: Tx, flow: str, locale: str) -> frozenset[PersonId]:
    """Return everybody whose words or edits are in the draft."""
    rows = tx.db.execute(
        'SELECT "by" FROM draft WHERE flow = ?1 AND locale = ?2'
        ' UNION SELECT "by" FROM draft_edit WHERE flow = ?1 AND locale = ?2'
        ' UNION SELECT "by" FROM draft_writer WHERE flow = ?1 AND locale = ?2',
        (flow, locale),
    )
    return frozenset(PersonId(row["by"]) for row in rows)


def steps(tx: Tx | beside.Reading, flow: str, locale: str) -> Steps | None:
    """Return the draft's own steps; None where they are those of what is published."""
    row = tx.db.execute(
        "SELECT body FROM draft_steps WHERE flow = ? AND locale = ?", (flow, locale)
    ).fetchone()
    return Steps(load_revision(row["body"]), _seen(tx, flow, locale)) if row else None


def is_outdated(tx: Tx, flow: str, locale: str) -> bool:
    """Say whether publishing the draft would bring back what is not in use any more.

    Its own steps hold every word of what they were begun on. Changed texts alone are laid over what
    was published last; where that was recalled, one of them has to be changed after the recall.
    """
    row = tx.db.execute(
        "SELECT CASE WHEN EXISTS (SELECT 1 FROM draft_steps WHERE flow = ?1 AND locale = ?2)"
        " THEN NOT EXISTS (SELECT 1 FROM draft_steps d JOIN published p"
        "  ON p.flow = d.flow AND p.locale = d.locale AND p.revision = d.base"
        "  WHERE d.flow = ?1 AND d.locale = ?2)"
        " ELSE EXISTS (SELECT 1 FROM published p JOIN revision r ON r.id = p.revision"
        "  WHERE p.flow = ?1 AND p.locale = ?2 AND r.recalled_at IS NOT NULL)"
        " AND NOT EXISTS (SELECT 1 FROM draft d JOIN draft_count c USING (flow, locale)"
        "  WHERE d.flow = ?1 AND d.locale = ?2 AND d.version > c.recalled)"
        " END AS outdated",
        (flow, locale),
    ).fetchone()
    return bool(row["outdated"])


def base(tx: Tx | beside.Reading, flow: str, locale: str) -> Steps | None:
    """Return what the changed texts are laid over: the draft's own steps, or what is published."""
    own = steps(tx, flow, locale)
    published = None if own else revisions.latest(tx, flow, locale)
    return own or (Steps(published[0], _seen(tx, flow, locale)) if published else None)


def reshape(
    tx: Tx, revision: Revision, edit: Edit, *, seen: int, known: Collection[str]
) -> int | None:
    """Keep other steps and the edit that made them; return the edit's number.

    None where the steps are not those any more that were `seen`. Changed texts that are not `known`
    any more are forgotten. What a draft stands on is what was published when it was begun.
    """
    flow, locale = revision.flow.id, revision.locale
    if _seen(tx, flow, locale) != seen:
        return None
    _count(tx, flow, locale, steps=True)
    tx.db.execute(
        "INSERT INTO draft_steps (flow, locale, body, base) VALUES (?1, ?2, ?3,"
        " (SELECT revision FROM published WHERE flow = ?1 AND locale = ?2))"
        " ON CONFLICT (flow, locale) DO UPDATE SET body = excluded.body",
        (flow, locale, dump_revision(revision)),
    )
    number = len(edits(tx, flow, locale)) + 1
    tx.db.execute(
        'INSERT INTO draft_edit (flow, locale, number, what, step, words, reason, "by", at)'
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (flow, locale, number, edit.what, edit.step, edit.words, edit.reason, edit.by, edit.at),
    )
    for gone in changes(tx, flow, locale).keys() - known:
        take_back(tx, flow, locale, gone)
    pictures.forget_unused(tx)
    stop_reading(tx, flow, locale)
    return number


def edits(tx: Tx, flow: str, locale: str) -> tuple[Edit, ...]:
    """Return the edits of the draft's steps, in the order in which they were made."""
    rows = tx.db.execute(
        'SELECT what, step, words, reason, "by", at FROM draft_edit'
        " WHERE flow = ? AND locale = ? ORDER BY number",
        (flow, locale),
    )
    return tuple(Edit(**row) for row in rows)


def give_reason(tx: Tx, flow: str, locale: str, number: int, reason: str) -> bool:
    """Keep why an edit was made; False where there is no such edit, or it has its reason."""
    done = tx.db.execute(
        "UPDATE draft_edit SET reason = ?"
        " WHERE flow = ? AND locale = ? AND number = ? AND reason = ''",
        (reason, flow, locale, number),
    )
    if done.rowcount:
        stop_reading(tx, flow, locale)
    return done.rowcount == 1


def keep_edits(tx: Tx, flow: str, locale: str) -> None:
    """Keep the draft's edits with the latest publication of this flow and language."""
    tx.db.execute(
        "INSERT INTO publication_edit"
        ' (publication, number, what, step, words, reason, "by", at)'
        " SELECT (SELECT max(number) FROM publication WHERE flow = ?1 AND locale = ?2),"
        ' number, what, step, words, reason, "by", at FROM draft_edit'
        " WHERE flow = ?1 AND locale = ?2",
        (flow, locale),
    )


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
