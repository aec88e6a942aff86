"""Seal personal fields so that destroying one key erases one person, or one session.

It never stores a data key in clear, never writes a key into the main file, and never brings a key
back: a value whose key is gone stays unread.
"""

import base64
import binascii
import hmac
import os
import secrets
import sqlite3
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storage import migrate
from storage.errors import (
    Erased,
    KeysBusy,
    MasterKeyExists,
    MasterKeyExposed,
    MasterKeyMalformed,
    MasterKeyMissing,
    NewerSchema,
    Tampered,
    Unwritable,
    WrongMasterKey,
)

APPLICATION_ID = 0x5645_534B  # "VESK" in the file's header
KEY_BYTES = 32
_NONCE_BYTES = 12  # NIST SP 800-38D, 8.2
_SCHEMA = 1
_TABLES = (
    """CREATE TABLE key_file (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        master_version INTEGER NOT NULL,
        check_value BLOB NOT NULL CHECK (length(check_value) = 32)
    ) STRICT""",
    """CREATE TABLE person_key (
        person INTEGER PRIMARY KEY,
        version INTEGER NOT NULL,
        wrapped BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE session_key (
        session INTEGER PRIMARY KEY,
        version INTEGER NOT NULL,
        wrapped BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE pepper (
        version INTEGER PRIMARY KEY,
        wrapped BLOB NOT NULL
    ) STRICT""",
)


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Where the keys of one kind of owner lie."""

    kind: str
    find: str
    put: str
    drop: str


_PERSON = _Shelf(
    kind="person",
    find="SELECT version, wrapped FROM person_key WHERE person = ?",
    put="INSERT OR REPLACE INTO person_key (person, version, wrapped) VALUES (?, ?, ?)",
    drop="DELETE FROM person_key WHERE person = ?",
)
_SESSION = _Shelf(
    kind="session",
    find="SELECT version, wrapped FROM session_key WHERE session = ?",
    put="INSERT OR REPLACE INTO session_key (session, version, wrapped) VALUES (?, ?, ?)",
    drop="DELETE FROM session_key WHERE session = ?",
)


@dataclass(frozen=True, slots=True)
class _DataKey:
    version: int
    secret: bytes


class KeyRing:
    """The key file, unlocked by the master key of 32 bytes; used on the store's thread alone.

    Every change is on disk when the call returns, before and apart from the caller's own
    transaction. So a rollback may leave a key that nothing uses, which is harmless, or fields that
    nobody can read any more, but never a field whose key is missing by accident.
    """

    def __init__(self, path: Path, db: sqlite3.Connection, master_key: bytes) -> None:
        self._path = path
        self._db = db
        self._wrapping = AESGCM(_derive(master_key, "wrap"))
        self._blinding = _derive(master_key, "blind index")

    @classmethod
    def create(cls, path: Path, master_key: bytes) -> "KeyRing":
        """Make a new key file, whole or not at all."""
        check_value = _check_value(master_key)
        pepper = _new_pepper(AESGCM(_derive(master_key, "wrap")), 1)
        migrate.make(path, lambda db: _lay_out(db, check_value, pepper))
        return cls.unlock(path, master_key)

    @classmethod
    def unlock(cls, path: Path, master_key: bytes) -> "KeyRing":
        """Open a key file that `storage.migrate.exists` has found; refuse another's master key."""
        check_value = _check_value(master_key)
        db = _connect(path)
        try:
            _compare(path, db, check_value)
            return cls._use(path, db, master_key)
        except BaseException:
            db.close()
            raise

    @classmethod
    def _use(cls, path: Path, db: sqlite3.Connection, master_key: bytes) -> "KeyRing":
        (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise Unwritable(path=path, reason="no write-ahead log here")
        db.execute("PRAGMA synchronous = FULL")
        return cls(path, db, master_key)

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        self._db.close()

    def is_empty(self) -> bool:
        """Say whether no key at all is kept."""
        row = self._db.execute(
            "SELECT EXISTS (SELECT 1 FROM person_key) OR EXISTS (SELECT 1 FROM session_key)"
        ).fetchone()
        return not row[0]

    def new_person(self, person_id: int) -> None:
        """Give a fresh key to a person whose row was inserted in this very transaction.

        A key found under that number is left from an insert that was rolled back, or from a
        database restored to an earlier day: it is replaced, so that two people never share one.
        """
        self._renew(_PERSON, person_id)

    def new_session(self, session_id: int) -> None:
        """Give a fresh key to a session whose row was inserted in this very transaction."""
        self._renew(_SESSION, session_id)

    def knows_person(self, person_id: int) -> bool:
        """Say whether there is a key for a person."""
        return self._db.execute(_PERSON.find, (person_id,)).fetchone() is not None

    def knows_session(self, session_id: int) -> bool:
        """Say whether there is a key for a session."""
        return self._db.execute(_SESSION.find, (session_id,)).fetchone() is not None

    def erase_person(self, person_id: int) -> None:
        """Destroy a person's key, at once and for good; a second time does nothing."""
        self._destroy(_PERSON, person_id)

    def destroy_session(self, session_id: int) -> None:
        """Destroy a session's key, at once and for good; a second time does nothing."""
        self._destroy(_SESSION, session_id)

    def seal(self, person_id: int, table: str, column: str, row: int, plaintext: str) -> bytes:
        """Encrypt one field of a person, bound to its place; raise `Erased` without a key."""
        return _seal(self._find(_PERSON, person_id), f"{table}|{column}|{row}", plaintext)

    def open(self, person_id: int, table: str, column: str, row: int, sealed: bytes) -> str:
        """Decrypt one field of a person; raise `Erased` or `Tampered` instead of guessing."""
        return _open(self._find(_PERSON, person_id), f"{table}|{column}|{row}", sealed)

    def seal_session(
        self, session_id: int, table: str, column: str, row: int, plaintext: str
    ) -> bytes:
        """Encrypt one field of a session, bound to its place; raise `Erased` without a key."""
        return _seal(self._find(_SESSION, session_id), f"{table}|{column}|{row}", plaintext)

    def open_session(
        self, session_id: int, table: str, column: str, row: int, sealed: bytes
    ) -> str:
        """Decrypt one field of a session; raise `Erased` or `Tampered` instead of guessing."""
        return _open(self._find(_SESSION, session_id), f"{table}|{column}|{row}", sealed)

    def blind(self, kind: str, value: str) -> bytes:
        """Return the 32 bytes by which a value is looked up without being stored."""
        message = f"{len(kind)}:{kind}:{value}".encode()
        return hmac.digest(self._blinding, message, "sha256")

    def newest_pepper(self) -> int:
        """Return the version of the newest pepper: what chats are looked up by, see `pepper`."""
        (found,) = self._db.execute("SELECT max(version) FROM pepper").fetchone()
        return int(found)

    def new_pepper(self) -> int:
        """Make another pepper beside the ones there are; return its version."""
        with migrate.failures_named(self._path):
            version = self.newest_pepper() + 1
            wrapped = _new_pepper(self._wrapping, version)
            self._db.execute("INSERT INTO pepper VALUES (?, ?)", (version, wrapped))
            return version

    def peppered(self, version: int, value: str) -> bytes | None:
        """Return the 32 bytes by which a value is looked up; None where that pepper is gone.

        Unlike `blind`, what was kept under a pepper can't be found again once it is destroyed, not
        even by somebody who holds the master key and tries every value.
        """
        row = self._db.execute(
            "SELECT wrapped FROM pepper WHERE version = ?", (version,)
        ).fetchone()
        if row is None:
            return None
        secret = self._unwrap(_pepper_place(version), row[0])
        return hmac.digest(secret, value.encode(), "sha256")

    def has_pepper_before(self, version: int) -> bool:
        """Say whether there is an older pepper than this one."""
        row = self._db.execute("SELECT 1 FROM pepper WHERE version < ?", (version,)).fetchone()
        return row is not None

    def drop_peppers_before(self, version: int) -> None:
        """Destroy every pepper older than this one, at once and for good."""
        with migrate.failures_named(self._path):
            self._db.execute("DELETE FROM pepper WHERE version < ?", (version,))
            self.scrub()

    def scrub(self) -> None:
        """Leave no byte of a deleted key in the file or its log.

        `secure_delete` misses some of the copies that SQLite makes when it moves rows between
        pages, hence the rewriting; the log keeps old pages until it is cut to nothing.
        """
        self._db.execute("VACUUM")
        (busy, *_) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise KeysBusy(path=self._path)

    def _find(self, shelf: _Shelf, owner: int) -> _DataKey:
        row = self._db.execute(shelf.find, (owner,)).fetchone()
        if row is None:
            raise Erased(kind=shelf.kind, owner=owner)
        version, wrapped = row
        return _DataKey(version, self._unwrap(_wrap_place(shelf, owner, version), wrapped))

    def _renew(self, shelf: _Shelf, owner: int) -> None:
        with migrate.failures_named(self._path):
            row = self._db.execute(shelf.find, (owner,)).fetchone()
            if row is None:
                self._put(shelf, owner, 1)
                return
            self._put(shelf, owner, row[0] + 1)
            self.scrub()

    def _put(self, shelf: _Shelf, owner: int, version: int) -> None:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        secret = AESGCM.generate_key(8 * KEY_BYTES)
        wrapped = self._wrapping.encrypt(nonce, secret, _wrap_place(shelf, owner, version))
        self._db.execute(shelf.put, (owner, version, nonce + wrapped))

    def _unwrap(self, place: bytes, wrapped: bytes) -> bytes:
        try:
            return self._wrapping.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], place)
        except (InvalidTag, ValueError) as error:
            raise Tampered(place=place.decode()) from error

    def _destroy(self, shelf: _Shelf, owner: int) -> None:
        with migrate.failures_named(self._path):
            self._db.execute(shelf.drop, (owner,))
            # Also where nothing was deleted: an earlier attempt may have stopped before this line.
            self.scrub()


def load_master_key(path: Path) -> bytes:
    """Read the master key; refuse a file that others could read, or its group change."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read(1024)
    except FileNotFoundError as error:
        raise MasterKeyMissing(path=path) from error
    except OSError as error:
        raise Unwritable(path=path, reason=error.strerror) from error
    if mode & 0o027:
        raise MasterKeyExposed(path=path)
    return _decoded(text)


def _decoded(text: bytes) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        # Without its cause: the text might stand in it.
        raise MasterKeyMalformed(size=KEY_BYTES) from None
    _require_length(key)
    return key


def create_master_key(path: Path) -> bytes:
    """Make a new master key, readable by its owner alone; never overwrite one.

    The file appears whole or not at all: it is written beside its place and linked into it.
    """
    key = secrets.token_bytes(KEY_BYTES)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            _fill(handle, base64.b64encode(key) + b"\n")
            os.link(part, path)
        finally:
            part.unlink()
        migrate.sync(path.parent)
    except FileExistsError as error:
        raise MasterKeyExists(path=path) from error
    except OSError as error:
        raise Unwritable(path=path, reason=error.strerror) from error
    return key


def _fill(handle: int, content: bytes) -> None:
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _require_length(master_key: bytes) -> None:
    if len(master_key) != KEY_BYTES:
        raise MasterKeyMalformed(size=KEY_BYTES)


def _derive(master_key: bytes, purpose: str) -> bytes:
    _require_length(master_key)
    info = f"vestibule/1/{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(master_key)


def _check_value(master_key: bytes) -> bytes:
    return _derive(master_key, "check value")


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA busy_timeout = 5000")
    db.execute("PRAGMA trusted_schema = OFF")
    db.execute("PRAGMA secure_delete = ON")
    # Rewriting the file would otherwise leave the wrapped keys in a temporary one.
    db.execute("PRAGMA temp_store = MEMORY")
    return db


def _lay_out(db: sqlite3.Connection, check_value: bytes, pepper: bytes) -> None:
    # Before the log is switched on, so that the file itself, not its log, says whose it is.
    db.execute("BEGIN IMMEDIATE")
    db.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
    db.execute(f"PRAGMA user_version = {_SCHEMA:d}")
    for table in _TABLES:
        db.execute(table)
    db.execute("INSERT INTO key_file VALUES (1, 1, ?)", (check_value,))
    db.execute("INSERT INTO pepper VALUES (1, ?)", (pepper,))
    db.execute("COMMIT")


def _compare(path: Path, db: sqlite3.Connection, check_value: bytes) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > _SCHEMA:
        raise NewerSchema(path=path, found=version, known=_SCHEMA)
    (kept,) = db.execute("SELECT check_value FROM key_file").fetchone()
    if not hmac.compare_digest(kept, check_value):
        raise WrongMasterKey(path=path)


def _wrap_place(shelf: _Shelf, owner: int, version: int) -> bytes:
    return f"{shelf.kind}|{owner}|{version}".encode()


def _new_pepper(wrapping: AESGCM, version: int) -> bytes:
    nonce, secret = secrets.token_bytes(_NONCE_BYTES), secrets.token_bytes(KEY_BYTES)
    return nonce + wrapping.encrypt(nonce, secret, _pepper_place(version))


def _pepper_place(version: int) -> bytes:
    return f"pepper|{version}".encode()


def _seal(key: _DataKey, place: str, plaintext: str) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    aad = f"{place}|{key.version}".encode()
    return nonce + AESGCM(key.secret).encrypt(nonce, plaintext.encode(), aad)


def _open(key: _DataKey, place: str, sealed: bytes) -> str:
    aad = f"{place}|{key.version}".encode()
    try:
        text = AESGCM(key.secret).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], aad)
    except (InvalidTag, ValueError) as error:
        raise Tampered(place=place) from error
    return text.decode()
