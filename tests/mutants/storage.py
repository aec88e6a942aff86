"""The mutants of the schema after every migration, and what judges them: raw SQL alone.

The honest databases are built once, with the schema as it is; a mutant changes one object in a
copy in memory, where every forgery must still be refused and every honest act still be taken.
"""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from storage.migrate import read_migrations
from storage.store import MIGRATIONS
from tests.mutants.schema import Mutant, Statement, mutants
from tests.storage import test_around as around
from tests.storage import test_check_room as check_room
from tests.storage import test_constraints as constraints
from tests.storage import test_edges as edges
from tests.storage import test_forgeries as forgeries
from tests.storage import test_orientations as orientations
from tests.storage import test_time as time
from tests.storage.test_forgeries import SETTINGS, Forgery, attempt, take

Case = Forgery | tuple[str, tuple[str, ...]]
"""What must be refused; or where which statements must be taken."""
CASES: tuple[Case, ...] = (
    *forgeries.HONEST.values(),
    *edges.HONEST.values(),
    *check_room.HONEST.values(),
    *orientations.HONEST.values(),
    *around.HONEST.values(),
    *time.HONEST.values(),
    *constraints.TAKEN.values(),
    *forgeries.FORGERIES,
    *edges.FORGERIES,
    *check_room.FORGERIES,
    *orientations.FORGERIES,
    *around.FORGERIES,
    *time.FORGERIES,
    *constraints.REFUSED,
)


def found() -> list[Mutant]:
    return mutants(kept())


def kept() -> list[Statement]:
    """Return the whole schema as the database keeps it after every migration."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        for migration in read_migrations(MIGRATIONS):
            db.executescript(migration.sql)
        return kept_in(db)


def kept_in(db: sqlite3.Connection) -> list[Statement]:
    """Return the statements that made a database, as it keeps them."""
    rows = db.execute(
        "SELECT upper(type), name, sql FROM sqlite_schema WHERE sql IS NOT NULL"
        " AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
    )
    return [Statement(*row) for row in rows]


def unchanged() -> list[Mutant]:
    """Return what changes nothing: an object of each kind with its own statement."""
    kinds = {one.kind: one for one in kept()}
    return [Mutant(f"schema, {kind.lower()}", kind, one.name, one.sql)
            for kind, one in kinds.items()]  # fmt: skip


@cache
def places() -> dict[str, bytes]:
    """Build the honest databases and the bare one."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        asyncio.run(forgeries.build_places(folder))
        asyncio.run(orientations.build(folder))
        kept = (file for file in folder.iterdir() if ".sqlite3" not in file.name)
        built = {file.name: serialized(file) for file in kept}
    with closing(constraints.make_bare()) as bare:
        return {**built, constraints.BARE: bare.serialize()}


def serialized(file: Path) -> bytes:
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        # A database in memory has no log to write ahead.
        db.execute("PRAGMA journal_mode = DELETE")
        return db.serialize()


def is_killed(mutant: Mutant) -> bool:
    """Say whether a forgery is taken, or an honest act refused, in the mutant's schema."""
    databases: dict[tuple[str, str], sqlite3.Connection] = {}
    for case in sorted(CASES, key=lambda case: not is_about(case, mutant)):
        for setting in settings(case, mutant):
            key = (place_of(case), setting)
            if key not in databases:
                databases[key] = changed(places()[key[0]], mutant, setting)
            if fails(databases[key], case):
                return True
    return False


def prepare() -> None:
    """Build what every mutant is judged on, before the first of them."""
    places()


def is_about(case: Case, mutant: Mutant) -> bool:
    """Say whether a case is likely to judge a mutant: it is tried first."""
    if isinstance(case, Forgery):
        return case.refused in mutant.name or case.name.startswith(f"{mutant.object}.")
    return case[0] != constraints.BARE


def settings(case: Case, mutant: Mutant) -> Iterator[str]:
    """Yield the settings of the connection under which a case can judge a mutant at all."""
    if place_of(case) != constraints.BARE:
        yield from SETTINGS.values()
    elif mutant.kind in ("TABLE", "INDEX"):
        yield "OFF"


def place_of(case: Case) -> str:
    return case.place if isinstance(case, Forgery) else case[0]


def changed(database: bytes, mutant: Mutant, setting: str) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.deserialize(database)
    if mutant.sql is None or mutant.kind == "INDEX":
        db.execute(f"DROP {mutant.kind} {mutant.object}")
    if mutant.sql and mutant.kind == "INDEX":
        db.execute(mutant.sql)
    elif mutant.sql:
        # Not dropped and made anew: a table keeps its rows, and a trigger its turn.
        db.execute("PRAGMA writable_schema = ON")
        sql = "UPDATE sqlite_schema SET sql = ? WHERE name = ? AND type = ?"
        done = db.execute(sql, (mutant.sql, mutant.object, mutant.kind.lower()))
        assert done.rowcount == 1
        if "UNIQUE" not in mutant.sql and "WITHOUT ROWID" not in mutant.sql:
            db.execute(
                "DELETE FROM sqlite_schema WHERE tbl_name = ? AND type = 'index' AND sql IS NULL",
                (mutant.object,),
            )
        db.execute("PRAGMA writable_schema = RESET")
    db.execute(f"PRAGMA foreign_keys = {setting}")
    db.execute(f"PRAGMA recursive_triggers = {setting}")
    return db


def fails(db: sqlite3.Connection, case: Case) -> bool:
    db.execute("BEGIN")
    try:
        if isinstance(case, Forgery):
            # That a refusal changes nothing is SQLite's: no mutant makes a difference there.
            take(db, case.first)
            attempt(db, case)
        else:
            take(db, case[1])
    except (AssertionError, pytest.fail.Exception, sqlite3.IntegrityError):
        return True
    finally:
        db.execute("ROLLBACK")
    return False
