"""The record can only grow, and shows every change inside it."""

import sqlite3
from contextlib import closing

import pytest

from storage import audit
from storage.audit import AuditRow

COLUMNS = "seq, at, kind, outcome, actor, person, session, epoch, detail, bound, prev, hash"
ROW = AuditRow(at=1_700_000_000, kind="sign-off", outcome="done", actor=1, person=2, epoch=0)
ATTACKS = {
    "update": "UPDATE audit SET outcome = 'refused' WHERE seq = 2",
    "update-replace": "UPDATE OR REPLACE audit SET seq = 1 WHERE seq = 2",
    "update-ignore": "UPDATE OR IGNORE audit SET detail = 'x'",
    "delete-last": "DELETE FROM audit WHERE seq = 3",
    "delete-all": "DELETE FROM audit",
    "replace": "INSERT OR REPLACE INTO audit SELECT 2, at, kind, 'x', actor, person, session,"
    " epoch, detail, bound, prev, hash FROM audit WHERE seq = 2",
    "replace-last": "REPLACE INTO audit SELECT * FROM audit WHERE seq = 3",
    "replace-next": "REPLACE INTO audit SELECT 4, at, kind, outcome, actor, person, session,"
    " epoch, detail, bound, prev, hash FROM audit WHERE seq = 3",
    "upsert": "INSERT INTO audit SELECT * FROM audit WHERE seq = 3"
    " ON CONFLICT DO UPDATE SET at = 0",
    "ignore": "INSERT OR IGNORE INTO audit SELECT * FROM audit WHERE seq = 1",
    "unnumbered": "INSERT INTO audit (at, kind, outcome, prev, hash)"
    " SELECT 0, 'k', 'done', hash, hash FROM audit WHERE seq = 3",
    "gap": "INSERT INTO audit (seq, at, kind, outcome, prev, hash)"
    " SELECT 5, 0, 'k', 'done', hash, hash FROM audit WHERE seq = 3",
    "below": "INSERT INTO audit (seq, at, kind, outcome, prev, hash)"
    " SELECT 0, 0, 'k', 'done', hash, hash FROM audit WHERE seq = 3",
    "short-hash": "INSERT INTO audit (seq, at, kind, outcome, prev, hash)"
    " SELECT 4, 0, 'k', 'done', hash, x'00' FROM audit WHERE seq = 3",
    "text-hash": "INSERT INTO audit (seq, at, kind, outcome, prev, hash)"
    " SELECT 4, 0, 'k', 'done', hash, hex(zeroblob(16)) FROM audit WHERE seq = 3",
    "null-prev": "INSERT INTO audit (seq, at, kind, outcome, prev, hash)"
    " SELECT 4, 0, 'k', 'done', NULL, hash FROM audit WHERE seq = 3",
}


def three(tx):
    return [audit.append(tx, ROW) for _ in range(3)]


def forge(sql, *parameters):
    """Change what the triggers protect, as somebody with the file could."""

    def fn(tx):
        triggers = tx.db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        kept = triggers.fetchall()
        for trigger in kept:
            tx.db.execute(f"DROP TRIGGER {trigger['name']}")
        tx.db.execute(sql, parameters)
        for trigger in kept:
            tx.db.execute(trigger["sql"])

    return fn


async def test_gapless(audit_store):
    """Rows are numbered from 1 without a gap, also after a rollback in between."""

    def fail(tx):
        three(tx)
        raise LookupError

    assert await audit_store.read(audit.head) == (0, bytes(32))
    assert await audit_store.transact(three) == [1, 2, 3]
    with pytest.raises(LookupError):
        await audit_store.transact(fail)
    assert await audit_store.transact(three) == [4, 5, 6]
    assert await audit_store.read(audit.verify) is None
    assert (await audit_store.read(audit.head))[0] == 6


async def test_known_hash(audit_store):
    """The chain's form does not change: the first row of this one has this hash for ever."""
    await audit_store.transact(lambda tx: audit.append(tx, ROW))
    _, digest = await audit_store.read(audit.head)
    assert digest.hex() == "986f356e35bcf5ae81caf02b39ceb7a1115378c1a6ed57137a317cca140b4512"


@pytest.mark.parametrize("recursive", ["ON", "OFF"])
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
async def test_append_only(audit_store, place_store, attack, recursive):
    """Raw SQL on any connection, whatever its settings, changes no row and adds no loose one."""
    await audit_store.transact(three)
    before = await audit_store.read(lambda tx: [*map(tuple, tx.db.execute("SELECT * FROM audit"))])
    with closing(sqlite3.connect(place_store.path, isolation_level=None)) as other:
        other.execute(f"PRAGMA recursive_triggers = {recursive}")
        with pytest.raises(sqlite3.IntegrityError):
            other.execute(attack)
        assert other.execute("SELECT * FROM audit").fetchall() == before


@pytest.mark.parametrize("detail", ["two words", "Ann", "ä", "x" * 65, "a_b", "a\nb", "a,b", "+49"])
@pytest.mark.parametrize("column", ["kind", "outcome", "detail"])
async def test_codes_only(audit_store, column, detail):
    """Kind, outcome and detail take short codes, never text."""
    values = {"at": 0, "kind": "k", "outcome": "done", column: detail}
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        await audit_store.transact(lambda tx: audit.append(tx, AuditRow(**values)))


@pytest.mark.parametrize("detail", ["", "hold:no-sign-off", "environment/headphones", "v1.2", "-"])
async def test_codes(audit_store, detail):
    """A code of ours is taken as it is."""
    row = AuditRow(at=0, kind="refusal", outcome="hold/late", detail=detail)
    assert await audit_store.transact(lambda tx: audit.append(tx, row)) == 1
    assert await audit_store.read(audit.verify) is None


@pytest.mark.parametrize(
    "change",
    [
        "at = 7",
        "kind = 'other'",
        "outcome = 'refused'",
        "actor = 9",
        "actor = NULL",
        "person = 9",
        "session = 9",
        "epoch = 9",
        "detail = 'x'",
        "bound = randomblob(32)",
        "prev = zeroblob(32)",
        "hash = zeroblob(32)",
    ],
)
async def test_a_change_is_found(audit_store, change):
    """A change to any column of a row is found, and its number told."""
    await audit_store.transact(three)
    await audit_store.transact(forge(f"UPDATE audit SET {change} WHERE seq = 2"))
    assert await audit_store.read(audit.verify) == 2


async def test_a_missing_row_is_found(audit_store):
    """A row taken from the middle is found; one taken from the end only by an anchor."""
    await audit_store.transact(three)
    anchor = await audit_store.read(audit.head)
    await audit_store.transact(forge("DELETE FROM audit WHERE seq = 3"))
    assert await audit_store.read(audit.verify) is None
    assert await audit_store.read(lambda tx: audit.verify(tx, anchor)) == 3
    await audit_store.transact(forge("DELETE FROM audit WHERE seq = 1"))
    assert await audit_store.read(audit.verify) == 1


async def test_a_chain_written_anew_is_found(audit_store):
    """A whole chain written anew is found by an anchor that was kept elsewhere."""
    await audit_store.transact(three)
    anchor = await audit_store.read(audit.head)
    assert await audit_store.read(lambda tx: audit.verify(tx, anchor)) is None
    await audit_store.transact(forge("DELETE FROM audit"))
    other = AuditRow(at=0, kind="sign-off", outcome="done")
    await audit_store.transact(lambda tx: [audit.append(tx, other) for _ in range(4)])
    assert await audit_store.read(audit.verify) is None
    assert await audit_store.read(lambda tx: audit.verify(tx, anchor)) == 3


async def test_an_old_anchor_holds(audit_store):
    """An anchor goes on holding while the record grows."""
    await audit_store.transact(three)
    anchor = await audit_store.read(audit.head)
    await audit_store.transact(three)
    assert await audit_store.read(lambda tx: audit.verify(tx, anchor)) is None


async def test_exported_rows(audit_store):
    """Rows read back from an export are verified without the database."""
    await audit_store.transact(three)
    rows = await audit_store.read(lambda tx: [*map(dict, tx.db.execute("SELECT * FROM audit"))])
    assert audit.verify_rows(rows) is None
    rows[1]["person"] = 3
    assert audit.verify_rows(rows) == 2


async def test_cost_does_not_grow(audit_store):
    """Adding the two-thousandth row takes SQLite no more steps than adding the tenth."""

    def steps(tx):
        count = [0]

        def tick():
            count[0] += 1
            return 0

        tx.db.set_progress_handler(tick, 1)
        audit.append(tx, ROW)
        tx.db.set_progress_handler(None, 1)
        return count[0]

    await audit_store.transact(lambda tx: [audit.append(tx, ROW) for _ in range(10)])
    early = await audit_store.transact(steps)
    await audit_store.transact(lambda tx: [audit.append(tx, ROW) for _ in range(2000)])
    assert await audit_store.transact(steps) == early > 0
