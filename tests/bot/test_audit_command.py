"""`vestibule audit`: a whole record is told to be whole, and every changed row is named."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot import cli, keeping
from bot.terminal import audit_command
from flows.events import LinkPasted
from storage import links, sessions, signed
from storage.reading import Reading
from tests.honest import START, Evening, open_store

LINK = "https://meet.example.org/one"
EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
ACTS = ("audit", "sign_off", "opening")


class KeptEvening(Evening):
    """An evening whose every act is kept as the bot keeps it, the record included."""

    async def happen(self, event):
        def apply(tx):
            before = sessions.load(tx, self.session_id)
            decision = keeping.happen(tx, before, event, self.now)
            if isinstance(event, LinkPasted):
                links.keep(tx, self.session_id, LINK, LINK)
            return decision

        return await self.store.transact(apply)


async def play(evening):
    await evening.prepare(participants=3)
    await evening.start()
    first, second, third = evening.people
    await evening.admit(evening.staff[0], first)
    await evening.admit(evening.staff[1], second)
    await evening.turn_away(evening.staff[0], third)
    await evening.paste(evening.staff[0])
    evening.now = START - 300
    await evening.open(evening.staff[0])
    await evening.join(first)


@pytest.fixture
async def database(tmp_path):
    """Play an evening, one turned away among them, and return its closed database."""
    store = await open_store(tmp_path)
    try:
        await play(KeptEvening(store))
    finally:
        await store.close()
    return tmp_path / "vestibule.sqlite3"


def unprotected(path):
    """Open the file as somebody who owns it can: without triggers, constraints unchecked."""
    db = sqlite3.connect(path, isolation_level=None)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA ignore_check_constraints = ON")
    for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        db.execute(f"DROP TRIGGER {row['name']}")
    return db


ABSENT = {"bound": bytes(32), "destination": "in_person"}
"""What stands in the place of nothing, where that is not a number."""


def changed(column, value):
    """Return a value that differs in one number, bit or letter, or is there at all."""
    if value is None:
        return ABSENT.get(column, 1)
    if isinstance(value, int):
        return value + 1_000_003
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    return ("y" if value.startswith("x") else "x") + value[1:]


def test_whole_record(database):
    """The record of an evening is whole; its head is told, and holds as an anchor."""
    said = []
    assert audit_command.verify(database, "", said.append) == 0
    assert re.fullmatch(
        r"The record is whole: \d+ rows, 3 sign-offs, 1 openings, 0 orientations\.", said[0]
    )
    anchor = said[1].removeprefix("Its head: ")
    assert audit_command.verify(database, anchor, said.append) == 0


def test_every_change_of_every_row_is_found_and_named(database):
    """Any value changed in any row of the record or of a signed act is found, and the row named."""
    with closing(unprotected(database)) as db:
        assert list(signed.flaws(Reading(db))) == []
        tried = 0
        for table in ACTS:
            for row in db.execute(f"SELECT * FROM {table}").fetchall():
                for column in dict(row):
                    tried += 1
                    found = flaws_after(db, table, row, column)
                    assert found, (table, dict(row), column)
                    assert names(found, table, row), (found, table, dict(row), column)
    assert tried > 300


def flaws_after(db, table, row, column):
    key = ("seq",) if table == "audit" else signed.KEYS[table]
    where = " AND ".join(f'"{name}" = ?' for name in key)
    db.execute("BEGIN")
    try:
        db.execute(
            f'UPDATE {table} SET "{column}" = ? WHERE {where}',
            (changed(column, row[column]), *(row[name] for name in key)),
        )
        return [str(flaw) for flaw in signed.flaws(Reading(db))]
    finally:
        db.execute("ROLLBACK")


def names(found, table, row):
    """Say whether the first flaw names the row: by its number, or by who and when it is about."""
    if table == "audit":
        return f"audit (seq {row['seq']})" in found
    return any(one.startswith(table) for one in found)


@pytest.mark.parametrize("table", ACTS)
def test_row_taken_away_is_found(database, table):
    """A row that is gone from the middle of the record, or a signed act, is missed."""
    with closing(unprotected(database)) as db:
        where = "seq = 5" if table == "audit" else "session = 1"
        db.execute(f"DELETE FROM {table} WHERE {where}")

        assert [str(flaw) for flaw in signed.flaws(Reading(db))]


def test_signature_that_nobody_recorded_is_found(database):
    """A sign-off that was written behind the bot's back has no row in the record."""
    with closing(unprotected(database)) as db:
        db.execute("CREATE TEMP TABLE forged AS SELECT * FROM sign_off LIMIT 1")
        db.execute("UPDATE forged SET epoch = 9")
        db.execute("INSERT INTO sign_off SELECT * FROM forged")

        (found,) = signed.flaws(Reading(db))

    assert found.table == "sign_off"
    assert dict(found.key)["epoch"] == 9


def test_cut_end_is_found_by_an_anchor(database):
    """A record whose end was cut off is whole in itself, and is missed by an anchor."""
    anchor = head_of(database)
    with closing(unprotected(database)) as db:
        db.execute("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)")
    said = []

    assert audit_command.verify(database, "", said.append) == 0
    assert audit_command.verify(database, anchor, said.append) == 1
    assert said[-1].startswith(f"audit (seq {anchor.partition(':')[0]})")


def head_of(database):
    said = []
    audit_command.head(database, said.append)
    return said[0]


def test_damaged_file_is_told(database):
    """A byte changed in the file itself, inside a row's hash, is found wherever it stands."""
    with closing(sqlite3.connect(database)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        hashes = [row[0] for row in db.execute("SELECT hash FROM audit")]
    whole = database.read_bytes()
    for each in hashes:
        place = whole.index(each)
        database.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert audit_command.verify(database, "", lambda _: None) == 1


def test_broken_file_is_told_in_a_sentence(database):
    """A file whose pages are broken is told to be damaged, and the exit code is 1."""
    whole = database.read_bytes()
    database.write_bytes(whole[:4096] + b"\xff" * 4096 + whole[8192:])
    said = []

    assert audit_command.verify(database, "", said.append) == 1
    assert "damaged" in said[0]


@pytest.fixture
def settings(tmp_path):
    """Return the name of settings whose database is not there."""
    text = EXAMPLE.read_text("utf-8").replace("vestibule.sqlite3", f"{tmp_path}/none")
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    return str(tmp_path / "config.toml")


@pytest.mark.parametrize("anchor", ["7", "7:ab", "x:" + "0" * 64, "1:" + "g" * 64])
def test_unreadable_anchor_is_refused(anchor, settings, capsys):
    """What is no anchor is refused in one sentence, with exit code 2."""
    assert cli.main(["audit", "verify", "--anchor", anchor, "--config", settings]) == 2

    assert "64 hexadecimal digits" in capsys.readouterr().err


def test_missing_database_is_told(settings, tmp_path, capsys):
    """Where there is no database, the command says so and makes none."""
    assert cli.main(["audit", "head", "--config", settings]) == 2

    assert "There is no database" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
