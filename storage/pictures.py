"""Pictures for steps, by the digest of their bytes: kept while a revision or a draft has them."""

from collections.abc import Collection
from hashlib import sha256

from flows.flow import Revision
from storage.audit import Readable
from storage.store import Tx


def keep(tx: Tx, picture: bytes) -> str:
    """Keep a picture and return its digest; one that is there already is the same."""
    digest = sha256(picture).hexdigest()
    if find(tx, digest) is None:
        tx.db.execute("INSERT INTO picture (digest, bytes) VALUES (?, ?)", (digest, picture))
    return digest


def find(tx: Readable, digest: str) -> bytes | None:
    """Return a picture, or None where it is not kept."""
    row = tx.db.execute("SELECT bytes FROM picture WHERE digest = ?", (digest,)).fetchone()
    return bytes(row["bytes"]) if row else None


def unknown(tx: Readable, digests: Collection[str]) -> tuple[str, ...]:
    """Return those digests of which no picture is kept."""
    return tuple(one for one in sorted(set(digests)) if find(tx, one) is None)


def keep_with(tx: Tx, revision: Revision) -> None:
    """Keep that a revision has its pictures, so that none of them is ever forgotten."""
    tx.db.executemany(
        "INSERT INTO revision_picture (revision, step, picture) VALUES (?, ?, ?)",
        [(revision.id, step, picture) for step, picture in revision.flow.pictures.items()],
    )


def forget_unused(tx: Tx) -> None:
    """Forget what stands in no revision and in no draft any more."""
    tx.db.execute(
        "DELETE FROM picture WHERE digest NOT IN (SELECT picture FROM revision_picture)"
        " AND NOT EXISTS (SELECT 1 FROM draft_steps WHERE instr(body, picture.digest))"
    )
