"""How many people came to each step of an edition, left there, or asked for help: numbers alone.

A person counts in their first run on an edition and never again; who it was can't be read here.
What tells a second time from a first is a blind index, kept for some days, or as long as somebody's
first orientation goes on.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, get_args

from flows.flow import Revision
from flows.model import Check, CheckState, Instant, Orientation, PersonId, Session, SessionState
from storage import revisions
from storage.audit import Readable
from storage.store import Tx

What = Literal["reached", "left", "help"]
Seen = tuple[str, What]
"""A step, and what somebody did there."""
FORGOTTEN: Final = 7 * 86400
"""Seconds after which it is not known any more that somebody's step was counted; see `forget`."""
_GONE: Final = (CheckState.STOPPED, CheckState.TURNED_AWAY, CheckState.ABSENT)
_OVER: Final = (SessionState.CLOSED, SessionState.CANCELLED)


def note(tx: Tx, before: Session, after: Session, now: Instant) -> None:
    """Count what a change of a session means for the steps that people are at."""
    is_over = after.state in _OVER and before.state not in _OVER
    for person, check in after.checks.items():
        earlier = before.checks[person]
        run = check.run or earlier.run
        if run is None or (earlier == check and not is_over):
            continue
        found = [*_of_check(earlier, check), *_left_at_the_end(check, is_over=is_over)]
        if found and not _was_asked_before(tx, after, person, run.revision):
            _count(tx, run.revision, f"check/{after.id}/{person}", found, now)


def note_orientation(tx: Tx, before: Orientation | None, after: Orientation, now: Instant) -> None:
    """Count what a change of somebody's first orientation means."""
    if after.number == 1:
        earlier = before.step if before else ""
        found = [*_moved(after.revision, earlier, after.step)]
        _count(tx, after.revision, f"orientation/{after.person}", found, now)
    elif before is not None and before.number == 1 and before.state == "asking":
        run: list[Seen] = [(before.step, "left")]
        _count(tx, before.revision, f"orientation/{after.person}", run, now)


def _of_check(before: Check, after: Check) -> Iterator[Seen]:
    if after.run is not None:
        same = before.run is not None and before.run.revision.id == after.run.revision.id
        earlier = before.run.step if before.run is not None and same else ""
        yield from _moved(after.run.revision, earlier, after.run.step)
    if before.run is not None and before.running and after.state in _GONE:
        yield before.run.step, "left"


def _left_at_the_end(check: Check, *, is_over: bool) -> Iterator[Seen]:
    """Whoever is still asked when a session is over has left where they are."""
    if is_over and check.run is not None and check.running:
        yield check.run.step, "left"


def _moved(revision: Revision, before: str, after: str) -> Iterator[Seen]:
    if before == after:
        return
    yield after, "reached"
    step = revision.flow.steps.get(before)
    if step and any(one.to == after and "help" in (one.id, one.value) for one in step.options):
        yield before, "help"


def _was_asked_before(tx: Tx, session: Session, person: PersonId, revision: Revision) -> bool:
    """Say whether somebody has been asked by this edition for another session."""
    return tx.db.execute(
        'SELECT 1 FROM "check" WHERE person = ? AND revision = ? AND session <> ?',
        (person, revision.id, session.id),
    ).fetchone() is not None  # fmt: skip


def _count(tx: Tx, revision: Revision, whose: str, found: list[Seen], now: Instant) -> None:
    for step, what in found:
        token = _token(tx, whose, revision, step, what)
        new = tx.db.execute(
            "INSERT INTO step_seen (token, at) VALUES (?, ?) ON CONFLICT (token) DO NOTHING",
            (token, now),
        )
        if new.rowcount == 1:
            tx.db.execute(
                "INSERT INTO step_count (revision, step, what, n) VALUES (?, ?, ?, 1)"
                " ON CONFLICT (revision, step, what) DO UPDATE SET n = n + 1",
                (revision.id, step, what),
            )


def forget(tx: Tx, now: Instant) -> None:
    """Forget whose steps were counted some time ago, unless their first orientation goes on."""
    before = now - FORGOTTEN
    if not tx.db.execute("SELECT 1 FROM step_seen WHERE at <= ? LIMIT 1", (before,)).fetchone():
        return
    tx.db.executemany(
        "UPDATE step_seen SET at = ? WHERE token = ? AND at <= ?",
        [(now, token, before) for token in _of_orientations(tx)],
    )
    tx.db.execute("DELETE FROM step_seen WHERE at <= ?", (before,))


def _of_orientations(tx: Tx) -> Iterator[bytes]:
    """Return what is, or may be, kept of whoever is still at their first orientation."""
    runs = tx.db.execute(
        "SELECT person, revision FROM orientation_run WHERE number = 1 AND state <> 'signed'"
    ).fetchall()
    for run in runs:
        revision, _ = revisions.find(tx, run["revision"])
        for step in revision.flow.steps:
            for what in get_args(What):
                yield _token(tx, f"orientation/{run['person']}", revision, step, what)


def _token(tx: Tx, whose: str, revision: Revision, step: str, what: str) -> bytes:
    return tx.keys.blind("step", f"{whose}/{revision.id}/{step}/{what}")


def of(tx: Readable, revision: str) -> Mapping[Seen, int]:
    """Return the numbers of an edition; nothing where an older version kept none."""
    there = tx.db.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'step_count'"
    ).fetchone()
    if there is None:
        return {}
    rows = tx.db.execute("SELECT step, what, n FROM step_count WHERE revision = ?", (revision,))
    return {(row["step"], row["what"]): row["n"] for row in rows}
