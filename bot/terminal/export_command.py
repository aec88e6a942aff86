"""`vestibule export`: the copy of what is held about one participant, to be handed over on paper.

It works beside a running bot. That a copy was made is on record before anything of it is written;
nothing of anybody is printed or logged.
"""

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from bot import config as settings
from bot.errors import CopyExists, CopyNotNow, CopyNotWritten, LabelUnknown, LanguageUnusable
from bot.language.words import missing, words
from bot.views import copy
from flows.model import Instant, PersonId
from storage import audit, beside, crypto, held, updates
from storage.audit import AuditRow
from storage.store import Tx

Say = Callable[[str], None]


def run(file: Path, label: str, target: Path, now: Instant, say: Say) -> int:
    """Write the copy of one participant's data to a new file, or into a folder; return 0.

    `UserError` and `StorageError` say why there is none.
    """
    place = settings.load(file).storage
    master_key = crypto.load_master_key(place.master_key_file)
    with ExitStack() as undo:
        with beside.transaction(place.database, place.keys, master_key) as tx:
            person = _find(tx, label)
            text = _text(tx, person, updates.advance_clock(tx, now))
            row = _record(tx, person)
            path, handle = _reserve(target, f"copy-{row}")
            undo.callback(_discard, path, handle)
        undo.pop_all()
    # Only now, with the record on disk, is anything of it written.
    _write(path, handle, text)
    say(f"The copy is in {path}, in the person's own language. Only you can read the file.")
    say("Hand it over outside the chat, where nobody else reads it. Then delete the file.")
    return 0


def _find(tx: Tx, label: str) -> PersonId:
    person = held.find(tx, label)
    if person is None:
        raise LabelUnknown
    if held.is_screened(tx, person):
        raise CopyNotNow
    return person


def _record(tx: Tx, person: PersonId) -> int:
    row = AuditRow(at=updates.latest(tx), kind="export", outcome="done", person=person)
    return audit.append(tx, row)


def _text(tx: Tx, person: PersonId, now: Instant) -> str:
    """Draw the copy as it stands before this one is on record."""
    found = held.of(tx, person)
    locale, zone = found.person["locale"], found.person["zone"]
    if missing(locale):
        raise LanguageUnusable(language=locale)
    return copy.page(found, words(locale, zone), now)


def _reserve(target: Path, name: str) -> tuple[Path, int]:
    """Make an empty file that only its owner can read; never touch one that is there."""
    path = target / f"{name}.html" if target.is_dir() else target
    try:
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW
        return path, os.open(path, flags, 0o600)
    except FileExistsError:
        raise CopyExists(file=path) from None
    except OSError as error:
        raise CopyNotWritten(file=path, reason=error.strerror) from None


def _discard(path: Path, handle: int) -> None:
    os.close(handle)
    path.unlink()


def _write(path: Path, handle: int, text: str) -> None:
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, 0o600)
            file.write(text.encode())
            file.flush()
            os.fsync(handle)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise CopyNotWritten(file=path, reason=error.strerror) from None
