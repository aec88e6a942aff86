"""Erased is erased: whoever holds the database, its backup and every key finds nobody any more."""

import hashlib
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot import planning
from bot.language.words import words
from flows.events import SessionClosed
from flows.model import RoomKind, SessionKind
from storage import arrivals, audit, erasure, people, reminders, signed, updates, wishes
from storage.crypto import KeyRing
from storage.errors import Erased, Tampered
from storage.sessions import Plan
from tests.bot.test_audit_command import KeptEvening
from tests.honest import END, open_store
from tests.installation import KEY

CHAT, LABEL = 200, "P0"
SEALED = (("person", "chat"), ("person", "label"), ("person", "alias"))
LOCALES = ("en", "de")


@dataclass
class Found:
    """What a probe found out about somebody whose chat it knows."""

    numbers: set = field(default_factory=set)
    words: set = field(default_factory=set)
    answers: list = field(default_factory=list)

    def __bool__(self):
        return bool(self.numbers or self.words or self.answers)


def probe(database, keys, label=LABEL):
    """Look for somebody in every way that the files and the master key allow."""
    found = Found()
    with closing(sqlite3.connect(database)) as db:
        db.row_factory = sqlite3.Row
        ring = KeyRing.unlock(keys, KEY)
        by_index(db, ring, found)
        by_sealed_fields(db, ring, found)
        by_hash(db, found, label)
        by_bytes(database, found)
        by_bytes(keys, found)
        for number in found.numbers:
            found.answers += db.execute(
                "SELECT item, value FROM answer WHERE person = ?", (number,)
            ).fetchall()
        ring.close()
    return found


def by_index(db, ring, found):
    """Make the index of the chat in every way that the keys allow."""
    indexes = [ring.blind("chat", str(CHAT))]
    indexes += [ring.peppered(version, str(CHAT)) for version in range(1, 20)]
    for index in filter(None, indexes):
        rows = db.execute("SELECT id FROM person WHERE chat_index = ?", (index,))
        found.numbers |= {row["id"] for row in rows}


def by_sealed_fields(db, ring, found):
    """Open whatever any person's key opens."""
    for table, column in SEALED:
        for row in db.execute(f'SELECT id, "{column}" AS sealed FROM "{table}"').fetchall():
            if row["sealed"] is None:
                continue
            try:
                text = ring.open(row["id"], table, column, row["id"], row["sealed"])
            except (Erased, Tampered):
                continue
            if text in (str(CHAT), LABEL, "Kestrel"):
                found.numbers.add(row["id"])
                found.words.add(text)


def by_hash(db, found, label):
    """Try the label in every sentence that may have been signed."""
    for locale in LOCALES:
        for key in ("sign/admit", "sign/turn_away"):
            sentence = words(locale, "UTC").say(key, who=label)
            digest = hashlib.sha256(sentence.encode()).hexdigest()
            rows = db.execute("SELECT person FROM sign_off WHERE meaning_sha256 = ?", (digest,))
            found.numbers |= {row["person"] for row in rows}


def by_bytes(path, found):
    """Read a file and its log as they lie on the disk."""
    for file in path.parent.glob(f"{path.name}*"):
        if b"Kestrel" in file.read_bytes():
            found.words.add("Kestrel")


def back_up(database, to):
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(to)) as copy:
        source.backup(copy)


@pytest.fixture
async def evening(tmp_path):
    store = await open_store(tmp_path)
    evening = await KeptEvening(store).prepare()
    await evening.until_open()
    alias = ("UPDATE person SET alias = ? WHERE id = ?",)

    def name(tx):
        person = evening.people[0]
        tx.db.execute(*alias, (tx.keys.seal(person, "person", "alias", person, "Kestrel"), person))

    await store.transact(name)
    yield evening
    await store.close()


async def erase(evening, person):
    await evening.store.transact(lambda tx: erasure.erase(tx, person))
    await evening.store.transact(erasure.destroy_doomed_keys)


@dataclass(frozen=True)
class Files:
    """What a probe may hold: both files, and the last backup of each."""

    database: Path
    keys: Path
    last_backup: Path
    last_key_backup: Path

    @classmethod
    def of(cls, folder):
        names = ("vestibule.sqlite3", "keys.sqlite3", "backup.sqlite3", "key-backup.sqlite3")
        files = cls(*(folder / name for name in names))
        back_up(files.database, files.last_backup)
        back_up(files.keys, files.last_key_backup)
        return files


def tells_all(found, person):
    """Say whether a probe has recovered chat, label, alias and answers."""
    words_found = found.words == {str(CHAT), LABEL, "Kestrel"}
    return found.numbers == {person} and words_found and len(found.answers) >= 10


async def test_probe_finds_everything_before_and_nothing_after(evening, tmp_path):
    """Database, last backup and master key: before, who it is and what they said; after, nothing.

    Afterwards nothing is told with the key file, nor with a backup of it that was made since.
    """
    person, files = evening.people[0], Files.of(tmp_path)
    for database in (files.database, files.last_backup):
        for keys in (files.keys, files.last_key_backup):
            assert tells_all(probe(database, keys), person)

    await erase(evening, person)
    # The key file's retention is over: its backup of that day is overwritten by a newer one.
    files.last_key_backup.unlink()
    back_up(files.keys, files.last_key_backup)

    for database in (files.database, files.last_backup):
        for keys in (files.keys, files.last_key_backup):
            assert not probe(database, keys)
    assert (await evening.store.read(audit.head))[0] > 30
    assert await evening.store.read(lambda tx: list(signed.flaws(tx))) == []


async def test_key_files_backup_keeps_the_erased_until_it_is_gone(evening, tmp_path):
    """A backup of the key file from before still opens the last backup: hence its short retention.

    With the database as it is after the erasure even that backup of the keys opens nothing.
    """
    person, files = evening.people[0], Files.of(tmp_path)
    await erase(evening, person)
    assert tells_all(probe(files.last_backup, files.last_key_backup), person)
    assert not probe(files.database, files.last_key_backup)


async def test_two_who_confirm_leave_nothing_for_the_probe(evening, tmp_path):
    """What two members of staff have confirmed ends as the probe wants it, the wish included."""
    person, files = evening.people[0], Files.of(tmp_path)

    def close(tx):
        tx.db.execute("DELETE FROM outbox")
        wishes.ask(tx, person, evening.staff[0], evening.now)
        wishes.confirm(tx, person, evening.staff[1])
        arrivals.part(tx, person, evening.now)
        assert arrivals.gone(tx, evening.now) == (person,)
        arrivals.let_go(tx, person)
        return wishes.find(tx, person, evening.now)

    assert await evening.store.transact(close) is None
    await evening.store.transact(erasure.destroy_doomed_keys)
    assert not probe(files.database, files.keys)
    assert not probe(files.last_backup, files.keys)


async def test_reminders_and_choices_go_too(evening):
    """Nothing is left of when somebody was to be reminded, nor of what they did not want."""
    person = evening.people[0]

    def plan_another(tx):
        row = tx.db.execute("SELECT * FROM session").fetchone()
        later = Plan(
            *("Tuesday", SessionKind.GROUP, RoomKind.LINK, END + 9 * 86400, END + 9 * 86400 + 5400),
            *(row["cap"], tuple(evening.staff), tuple(evening.people), evening.rules),
        )
        planning.add(tx, later, evening.now)
        for one in evening.people:
            reminders.want(tx, one, 3600, wanted=False, now=evening.now)

    def left(tx):
        return {
            (table, one): tx.db.execute(
                f"SELECT count(*) FROM {table} WHERE person = ?", (one,)
            ).fetchone()[0]
            for table in ("reminder", "unwanted_reminder")
            for one in evening.people
        }

    await evening.store.transact(plan_another)
    before = await evening.store.read(left)
    assert all(before.values())
    await erase(evening, person)
    mine = {("reminder", person): 0, ("unwanted_reminder", person): 0}
    assert await evening.store.read(left) == before | mine


async def test_answers_of_a_session_that_is_over_go_too(evening):
    """Whoever is erased a day after a session leaves no answer; the signature of it stays."""
    person = evening.people[0]
    later = END + 2 * 86400
    await evening.happen(SessionClosed(evening.staff[0]))
    await evening.store.transact(lambda tx: updates.advance_clock(tx, later))
    await erase(evening, person)

    def left(tx):
        return {
            table: tx.db.execute(
                f"SELECT count(*) FROM {table} WHERE person = ?",
                (person,),
            ).fetchone()[0]
            for table in ("answer", "observation", "sign_off")
        }

    assert await evening.store.read(left) == {"answer": 0, "observation": 0, "sign_off": 1}
    assert await evening.store.read(lambda tx: list(signed.flaws(tx))) == []


async def test_everybody_else_is_found_as_before(evening):
    """Nobody else's chat is lost, and the record is whole."""
    other = evening.people[1]
    await erase(evening, evening.people[0])
    found = await evening.store.read(
        lambda tx: (people.find_by_chat(tx, CHAT + 1), people.find_by_chat(tx, CHAT))
    )
    assert found[0].id == other
    assert found[1] is None
    assert await evening.store.read(audit.verify) is None
    label = await evening.store.read(lambda tx: people.label_of(tx, evening.people[0]))
    assert label == people.NOBODY


async def test_key_goes_after_the_commit(evening):
    """An erasure that is not committed destroys nothing, and one that is can be finished later."""
    person = evening.people[0]

    def fail(tx):
        erasure.erase(tx, person)
        raise LookupError

    with pytest.raises(LookupError):
        await evening.store.transact(fail)
    await evening.store.transact(erasure.destroy_doomed_keys)
    label = await evening.store.read(lambda tx: people.label_of(tx, person))
    assert label == LABEL
    found = await evening.store.read(lambda tx: people.find_by_chat(tx, CHAT))
    assert found.id == person


async def test_database_from_before_an_erasure_is_mended(evening, tmp_path):
    """After a restored backup everybody is found again but those who were erased meanwhile."""
    backup = tmp_path / "backup.sqlite3"
    back_up(tmp_path / "vestibule.sqlite3", backup)
    await erase(evening, evening.people[0])
    await evening.store.close()
    for file in tmp_path.glob("vestibule.sqlite3*"):
        file.unlink()
    backup.rename(tmp_path / "vestibule.sqlite3")

    store = await open_store(tmp_path)
    await store.transact(erasure.mend)

    found = await store.read(
        lambda tx: [people.find_by_chat(tx, chat) for chat in (CHAT, CHAT + 1)]
    )
    assert found[0] is None
    assert found[1].id == evening.people[1]
    again = await store.read(lambda tx: people.find(tx, evening.people[0]))
    assert again.status == "erased"
    await store.close()


async def test_erased_stays_out_of_what_runs(evening):
    """Nobody who was erased is let in, and the others' evening goes on."""
    await erase(evening, evening.people[0])
    refused = await evening.join(evening.people[0])
    assert refused.refusal is not None
    assert (await evening.join(evening.people[1])).refusal is None
