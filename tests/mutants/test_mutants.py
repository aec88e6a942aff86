"""The mutants themselves: what is found in a small sample, and that a run says what it must."""

import importlib
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.mutants import __main__ as run
from tests.mutants import flows, python, schema, storage
from tests.mutants.runner import BROKEN, KILLED, SURVIVED

ROOT = Path(__file__).parents[2]
MODULE = '''
"""A sample."""

LIMIT = 2
ROWS: Rows = (("open", "here"), ("shut", "there"))


def late(now: int, kind: Kind) -> bool:
    """Say something."""
    if kind is Kind.GROUP or not any(ROWS):
        yield now
    return now < LIMIT
'''
OF_THE_MODULE = {
    "sample.LIMIT: 2 -> 3",
    "sample.LIMIT: 2 -> 1",
    "sample.ROWS: ('open', 'here') -> nothing",
    "sample.ROWS: ('shut', 'there') -> nothing",
    "sample.ROWS: 'open' -> nothing",
    "sample.ROWS: 'here' -> nothing",
    "sample.ROWS: 'shut' -> nothing",
    "sample.ROWS: 'there' -> nothing",
    "sample.ROWS: 'open' -> 'openX'",
    "sample.ROWS: 'here' -> 'hereX'",
    "sample.ROWS: 'shut' -> 'shutX'",
    "sample.ROWS: 'there' -> 'thereX'",
    "sample.late: if kind is Kind.GROUP or not any(ROWS): ... -> if True: ...",
    "sample.late: if kind is Kind.GROUP or not any(ROWS): ... -> if False: ...",
    "sample.late: yield now -> yield from ()",
    "sample.late: kind is Kind.GROUP or not any(ROWS) -> kind is Kind.GROUP and (not any(ROWS))",
    "sample.late: kind is Kind.GROUP -> False",
    "sample.late: not any(ROWS) -> False",
    "sample.late: kind is Kind.GROUP -> kind is not Kind.GROUP",
    "sample.late: Kind.GROUP -> Kind.ALONE",
    "sample.late: not any(ROWS) -> not not any(ROWS)",
    "sample.late: any(ROWS) -> all(ROWS)",
    "sample.late: return now < LIMIT -> return None",
    "sample.late: now < LIMIT -> now <= LIMIT",
    "sample.late: now < LIMIT -> now >= LIMIT",
}
KINDS = {"Kind": {"GROUP": "group", "ALONE": "alone"}}

SCHEMA = """
CREATE TABLE seat (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('near', 'far')),  -- never 'elsewhere'; nor nowhere
    row INTEGER UNIQUE
) STRICT;
INSERT INTO seat VALUES (1, 'near', 1);
CREATE VIEW taken AS SELECT id FROM seat WHERE row IS NOT NULL;
CREATE TRIGGER seat_begins BEFORE INSERT ON seat WHEN NEW.kind = 'far' BEGIN
    SELECT RAISE(ABORT, 'seat: full') WHERE EXISTS (
        SELECT 1 FROM taken t WHERE t.id = NEW.id AND (NEW.id >= 5 OR NEW.row < 2));
    SELECT RAISE(ABORT, 'seat: in the aisle') WHERE NEW.row BETWEEN 4 AND 6;
END;
"""
OF_THE_SCHEMA = {
    "seat.kind: NOT NULL -> nothing",
    "seat.kind: (kind IN ('near', 'far')) -> (1)",
    "seat.kind: 'near', -> nothing",
    "seat.kind: , 'far' -> nothing",
    "seat.row: UNIQUE -> nothing",
    "seat: STRICT -> nothing",
    "taken: row IS NOT NULL -> 1",
    "seat_begins -> nothing",
    "seat_begins: NEW.kind = 'far' -> 1",
    "seat_begins[seat: full] -> nothing",
    "seat_begins[seat: full]: EXISTS ( SELECT 1 FROM taken ... NEW.id >= 5 OR NEW.row < 2)) -> 1",
    "seat_begins[seat: full]: t.id = NEW.id -> 1",
    "seat_begins[seat: full]: (NEW.id >= 5 OR NEW.row < 2) -> 1",
    "seat_begins[seat: full]: NEW.id >= 5 -> 0",
    "seat_begins[seat: full]: NEW.row < 2 -> 0",
    "seat_begins[seat: full]: t.id = NEW.id AND (NEW.id [>= -> >] 5 OR NEW.row < 2))",
    "seat_begins[seat: full]: t.id = NEW.id AND (NEW.id >= [5 -> 6] OR NEW.row < 2))",
    "seat_begins[seat: full]: t.id = NEW.id AND (NEW.id >= [5 -> 4] OR NEW.row < 2))",
    "seat_begins[seat: full]: AND (NEW.id >= 5 OR NEW.row [< -> <=] 2))",
    "seat_begins[seat: full]: AND (NEW.id >= 5 OR NEW.row < [2 -> 3] ))",
    "seat_begins[seat: full]: AND (NEW.id >= 5 OR NEW.row < [2 -> 1] ))",
    "seat_begins[seat: in the aisle] -> nothing",
    "seat_begins[seat: in the aisle]: NEW.row BETWEEN 4 AND 6 -> 1",
    "seat_begins[seat: in the aisle]: BETWEEN 4 AND 6 -> <= 6",
    "seat_begins[seat: in the aisle]: BETWEEN 4 AND 6 -> >= 4",
    "seat_begins[seat: in the aisle]: aisle') WHERE NEW.row BETWEEN [4 -> 5] AND 6",
    "seat_begins[seat: in the aisle]: aisle') WHERE NEW.row BETWEEN [4 -> 3] AND 6",
    "seat_begins[seat: in the aisle]: WHERE NEW.row BETWEEN 4 AND [6 -> 7]",
    "seat_begins[seat: in the aisle]: WHERE NEW.row BETWEEN 4 AND [6 -> 5]",
}


def names(found):
    return [mutant.name for mutant in found]


def test_mutants_of_a_module():
    """Each operator, constant, branch, row, member and statement of a module is changed once."""
    found = python.mutants("house.sample", MODULE, KINDS)
    assert sorted(names(found)) == sorted(OF_THE_MODULE)
    assert all(mutant.tree() for mutant in found)


def test_mutants_of_a_schema():
    """Each object, refusal, condition, edge, and each thing that a column insists on."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(SCHEMA)
        kept = storage.kept_in(db)
    assert sorted(names(schema.mutants(kept))) == sorted(OF_THE_SCHEMA)


@pytest.mark.parametrize("found", [flows.found(), storage.found()], ids=["flows", "schema"])
def test_names_are_unique(found):
    """A name means one mutant."""
    assert len(set(names(found))) == len(found) > 800


def test_every_migration_is_judged():
    """What any migration adds or makes anew is changed, as it stands after all of them."""
    found = {mutant.object for mutant in storage.found()}
    assert {"session_opens", "membership_begins", "publication_begins", "call_in_begins"} <= found
    assert {"publication_edit_begins", "approval_begins", "step_count", "call_in_proved"} <= found
    assert {"reminder_begins", "session_by_uid", "picture_begins", "recall_ends_drafts"} <= found
    kept = {one.name: one.sql for one in storage.kept()}
    assert "running epoch" in kept["answer_begins"]
    assert "epoch - 1" in kept["answer_begins"]


@pytest.mark.long
def test_mutant_of_the_schema_is_killed():
    """A clock that runs backwards is noticed, the schema as it is lives."""
    mutant = next(one for one in storage.found() if one.name == "clock_forward -> nothing")
    assert storage.is_killed(mutant)
    assert not storage.is_killed(storage.unchanged()[0])


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("gate._window: now >= session.ends_at -> now < ", "1 mutants, 1 killed, 0 survived"),
        pytest.param(
            "gate._settled_otherwise: case _",
            "1 mutants, 0 killed, 1 survived",
            marks=pytest.mark.long,
        ),
    ],
)
def test_mutant_of_a_module(wanted, said):
    """A gate that stays open after the end is noticed; what makes no difference lives."""
    command = [sys.executable, "-m", "tests.mutants", wanted]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert said in done.stdout, done.stderr
    assert done.returncode == 0, done.stdout


def test_what_is_imported_already_is_not_judged():
    """Where the module itself is imported, its mutant would not be what the tests try."""
    importlib.import_module("flows.gate")
    with pytest.raises(RuntimeError, match="imported already"):
        flows.is_killed(flows.unchanged()[0])


@pytest.mark.parametrize(
    ("found", "listed", "said"),
    [
        ({"one": KILLED, "two": SURVIVED}, {"two": "why"}, []),
        ({"one": SURVIVED}, {}, ["survived: one"]),
        ({"one": KILLED}, {"one": "why"}, ["listed, but killed: one"]),
        ({}, {"one": "why"}, ["listed, but unknown: one"]),
        ({"one": BROKEN}, {}, ["not judged: one"]),
        ({"one": BROKEN}, {"one": "why"}, ["not judged: one"]),
        ({f"{run.AS_IT_IS}schema": SURVIVED}, {}, []),
        ({f"{run.AS_IT_IS}schema": KILLED}, {}, [f"fails by itself: {run.AS_IT_IS}schema"]),
    ],
)
def test_what_makes_a_run_fail(found, listed, said):
    """A run fails on whatever lives unlisted, and on a list that is out of date."""
    assert [" ".join(line.split()) for line in run.problems(found, listed)] == said


def test_the_list_names_mutants_that_exist():
    """Every equivalent mutant exists, and stands under a sentence that says why."""
    listed = run.reasons()
    assert set(listed) <= {*names(flows.found()), *names(storage.found())}
    assert all(reason.endswith(".") and len(reason) > 30 for reason in listed.values())
