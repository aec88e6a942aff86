"""Sealed fields open in their own place only, and never again once their key is destroyed."""

import base64
import random
import re
import sqlite3
from contextlib import closing

import pytest

from storage import crypto, errors, migrate
from storage.crypto import KeyRing
from tests.storage.conftest import MASTER_KEY

PLACE = ("person", "alias", 4)


@pytest.fixture
def ring_store(tmp_path):
    ring = KeyRing.create(tmp_path / "keys.db", MASTER_KEY)
    yield ring
    ring.close()


def wrapped_keys(ring):
    return dict(ring._db.execute("SELECT person, wrapped FROM person_key").fetchall())


def file_bytes(folder):
    return b"".join(file.read_bytes() for file in folder.glob("keys.db*"))


@pytest.mark.parametrize("text", ["", "Kestrel", "Ærø Straße 7", "x" * 10_000])
def test_round_trip(ring_store, text):
    """What was sealed for a person, or a session, opens as it was."""
    ring_store.new_person(1)
    ring_store.new_session(1)
    assert ring_store.open(1, *PLACE, ring_store.seal(1, *PLACE, text)) == text
    assert ring_store.open_session(1, *PLACE, ring_store.seal_session(1, *PLACE, text)) == text


def test_sealing_twice_differs(ring_store):
    """The same text sealed twice does not look the same."""
    ring_store.new_person(1)
    assert ring_store.seal(1, *PLACE, "x") != ring_store.seal(1, *PLACE, "x")


@pytest.mark.parametrize(
    ("owner", "place"),
    [
        (1, ("other", "alias", 4)),
        (1, ("person", "label", 4)),
        (1, ("person", "alias", 5)),
        (2, PLACE),
    ],
)
def test_moved(ring_store, owner, place):
    """A value moved to another table, column, row or person does not open."""
    ring_store.new_person(1)
    ring_store.new_person(2)
    sealed = ring_store.seal(1, *PLACE, "Kestrel")
    with pytest.raises(errors.Tampered):
        ring_store.open(owner, *place, sealed)


def test_altered(ring_store):
    """A value with any byte changed, or cut anywhere, does not open."""
    ring_store.new_person(1)
    sealed = ring_store.seal(1, *PLACE, "Kestrel")
    flipped = [sealed[:n] + bytes([sealed[n] ^ 1]) + sealed[n + 1 :] for n in range(len(sealed))]
    for wrong in flipped + [sealed[:n] for n in range(len(sealed))]:
        with pytest.raises(errors.Tampered):
            ring_store.open(1, *PLACE, wrong)


def test_a_person_is_no_session(ring_store):
    """A person's and a session's keys are apart, though their numbers are the same."""
    ring_store.new_person(1)
    ring_store.new_session(1)
    with pytest.raises(errors.Tampered):
        ring_store.open_session(1, *PLACE, ring_store.seal(1, *PLACE, "x"))


def test_swapped_keys(ring_store):
    """A wrapped key put in another person's row does not unwrap."""
    ring_store.new_person(1)
    ring_store.new_person(2)
    sealed = ring_store.seal(1, *PLACE, "x")
    ring_store._db.execute(
        "UPDATE person_key SET wrapped = (SELECT wrapped FROM person_key WHERE person = 1)"
    )
    with pytest.raises(errors.Tampered):
        ring_store.seal(2, *PLACE, "x")
    assert ring_store.open(1, *PLACE, sealed) == "x"


def test_erased(ring_store):
    """After erasing, nothing of that person opens or is sealed; others are untouched."""
    for person in (1, 2):
        ring_store.new_person(person)
    ring_store.new_session(1)
    mine, other = ring_store.seal(1, *PLACE, "a"), ring_store.seal(2, *PLACE, "b")
    link = ring_store.seal_session(1, *PLACE, "c")
    ring_store.erase_person(1)
    ring_store.erase_person(1)
    with pytest.raises(errors.Erased):
        ring_store.open(1, *PLACE, mine)
    with pytest.raises(errors.Erased):
        ring_store.seal(1, *PLACE, "again")
    assert ring_store.open(2, *PLACE, other) == "b"
    assert ring_store.open_session(1, *PLACE, link) == "c"
    ring_store.destroy_session(1)
    with pytest.raises(errors.Erased):
        ring_store.open_session(1, *PLACE, link)


def test_a_new_person_never_gets_an_old_key(ring_store):
    """A number that is used again gets a fresh key; what its old key sealed stays shut."""
    ring_store.new_person(1)
    old = ring_store.seal(1, *PLACE, "first")
    for again in (lambda: None, lambda: ring_store.erase_person(1)):
        again()
        ring_store.new_person(1)
        with pytest.raises(errors.Tampered):
            ring_store.open(1, *PLACE, old)
        assert ring_store.open(1, *PLACE, ring_store.seal(1, *PLACE, "second")) == "second"


def test_no_byte_is_left(ring_store, tmp_path):
    """The bytes of a destroyed or replaced key are in no file; those of the others are."""
    pick = random.Random(3)
    people = pick.sample(range(10_000), 300)
    for person in people:
        ring_store.new_person(person)
    before = wrapped_keys(ring_store)
    assert all(wrapped in file_bytes(tmp_path) for wrapped in before.values())
    erased, replaced = people[:20], people[20:25]
    for person in erased:
        ring_store.erase_person(person)
    for person in replaced:
        ring_store.new_person(person)
    content = file_bytes(tmp_path)
    for person, wrapped in before.items():
        assert (wrapped in content) is (person not in erased + replaced)
        assert (wrapped[:16] in content) is (person not in erased + replaced)


def test_no_copy_is_left(ring_store, tmp_path):
    """The copies that SQLite leaves when it moves rows between pages are gone as well.

    The order of these steps is one in which `secure_delete` alone leaves six of them.
    """
    pick, content, live, gone = random.Random(36), random.Random(1), {}, []
    db = ring_store._db
    db.execute("PRAGMA synchronous = OFF")
    for person in range(1500):
        if live and pick.random() < 0.3:
            erased = pick.choice(list(live))
            gone.append(live.pop(erased))
            db.execute(crypto._PERSON.drop, (erased,))
        else:
            live[person] = content.randbytes(60)
            db.execute(crypto._PERSON.put, (person, 1, live[person]))
    ring_store.scrub()
    found = file_bytes(tmp_path)
    assert not [wrapped for wrapped in gone if wrapped[:16] in found]
    assert all(wrapped in found for wrapped in live.values())


def test_deleting_overwrites(ring_store):
    """A deleted key is overwritten at once, also where the rewriting that follows is cut short."""
    assert ring_store._db.execute("PRAGMA secure_delete").fetchone() == (1,)
    assert ring_store._db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_no_key_in_clear(ring_store, tmp_path):
    """Neither a data key nor the master key stands in the file."""
    ring_store.new_person(1)
    secret = ring_store._find(crypto._PERSON, 1).secret
    assert secret not in file_bytes(tmp_path)
    assert MASTER_KEY not in file_bytes(tmp_path)


def test_a_reader_delays_erasing(ring_store, tmp_path):
    """When a reader keeps old bytes alive, erasing says so, and works when asked again."""
    ring_store.new_person(1)
    (wrapped,) = wrapped_keys(ring_store).values()
    ring_store._db.execute("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(tmp_path / "keys.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM person_key").fetchone()
        with pytest.raises(errors.KeysBusy):
            ring_store.erase_person(1)
    ring_store.erase_person(1)
    assert wrapped not in file_bytes(tmp_path)


def test_the_key_outlives_a_crash_that_the_row_does_not(ring_store, tmp_path):
    """A key is on disk when the call returns: another connection sees it at once."""
    ring_store.new_person(1)
    with closing(sqlite3.connect(tmp_path / "keys.db")) as other:
        assert other.execute("SELECT person FROM person_key").fetchall() == [(1,)]


async def test_a_rollback_leaves_a_harmless_key(notes_store):
    """The next person under a number whose insert was rolled back seals and opens as any other."""

    def enrol(tx):
        person = tx.db.execute("INSERT INTO note (text) VALUES ('p')").lastrowid
        tx.keys.new_person(person)
        return person, tx.keys.seal(person, *PLACE, "Kestrel")

    def fail(tx):
        enrol(tx)
        raise LookupError

    with pytest.raises(LookupError):
        await notes_store.transact(fail)
    person, sealed = await notes_store.transact(enrol)
    assert await notes_store.read(lambda tx: tx.keys.open(person, *PLACE, sealed)) == "Kestrel"


def test_blind_index(ring_store, tmp_path):
    """The same value has the same index on every start; kinds, values and keys differ."""
    other = KeyRing.create(tmp_path / "other.db", bytes(32))
    again = KeyRing.unlock(tmp_path / "keys.db", MASTER_KEY)
    index = ring_store.blind("chat", "77")
    assert len(index) == 32
    assert again.blind("chat", "77") == index
    others = {
        ring_store.blind("chat", "78"),
        ring_store.blind("link", "77"),
        ring_store.blind("chat:", "77"),
        ring_store.blind("cha", "t77"),
        other.blind("chat", "77"),
    }
    assert index not in others
    assert len(others) == 5
    other.close()
    again.close()


def test_wrong_master_key(ring_store, tmp_path):
    """Another master key is recognised before anything is opened with it."""
    with pytest.raises(errors.WrongMasterKey):
        KeyRing.unlock(tmp_path / "keys.db", bytes(32))
    assert migrate.exists(tmp_path / "keys.db", crypto.APPLICATION_ID)


def test_master_key_file(tmp_path):
    """A created master key is base64 text for its owner alone, and is never overwritten."""
    path = tmp_path / "master.key"
    key = crypto.create_master_key(path)
    assert len(key) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert base64.b64decode(path.read_text(encoding="ascii")) == key
    assert crypto.load_master_key(path) == key
    with pytest.raises(errors.MasterKeyExists):
        crypto.create_master_key(path)
    assert crypto.load_master_key(path) == key


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o602, 0o620, 0o601])
def test_exposed_master_key(tmp_path, mode):
    """A master key that others can reach is refused."""
    path = tmp_path / "master.key"
    crypto.create_master_key(path)
    path.chmod(mode)
    with pytest.raises(errors.MasterKeyExposed, match=re.escape(str(path))):
        crypto.load_master_key(path)


@pytest.mark.parametrize("text", ["", "no key", "AAAA", "é" * 44, base64.b64encode(b"x" * 33)])
def test_malformed_master_key(tmp_path, text):
    """What is not 32 bytes in base64 is refused, and not repeated in the message."""
    path = tmp_path / "master.key"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(0o600)
    with pytest.raises(errors.MasterKeyMalformed) as refusal:
        crypto.load_master_key(path)
    assert str(refusal.value) == "The master key is not 32 bytes, written as base64."
    assert refusal.value.__cause__ is None


def test_missing_master_key(tmp_path):
    """A missing master key, or a folder in its place, is told so."""
    with pytest.raises(errors.MasterKeyMissing):
        crypto.load_master_key(tmp_path / "none")
    with pytest.raises(errors.Unwritable):
        crypto.load_master_key(tmp_path)
    with pytest.raises(errors.Unwritable):
        crypto.create_master_key(tmp_path / "none" / "master.key")
