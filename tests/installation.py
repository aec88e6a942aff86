"""A new installation: made by the store itself once a process, then copied for each test.

Bringing a new file up to date takes ten times as long as opening one that is. Every language is
approved in it; a test about approval takes that back. Whatever is about the making itself
(migrations, a full disk, kills) makes its own.
"""

import atexit
import base64
import shutil
import tempfile
from functools import cache
from pathlib import Path

from bot import menus
from bot.language import catalogues
from storage import approvals, introduced
from storage.store import Store, Tx

KEY = bytes(range(32))
LONG_AHEAD = 4_000_000_000
DATABASE, KEYS, MASTER_KEY = "vestibule.sqlite3", "keys.sqlite3", "master.key"


@cache
def _original() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="vestibule-new-"))
    atexit.register(shutil.rmtree, folder)
    return folder


async def copy_new(database: Path, keys: Path, introduced_in: tuple[str, ...] = ()) -> None:
    """Put the two files of a new installation in their places; its master key is `KEY`.

    How the bot looks is seen to in it, for as long as it speaks the languages that are named: most
    tests are not about that, and each start would ask Telegram for it.
    """
    original = _original() / ("-".join(introduced_in) or "new")
    if not original.exists():
        original.mkdir()
        store = await Store.open(original / DATABASE, original / KEYS, KEY)
        await store.transact(_approve)
        if introduced_in:
            looks = menus.appearance(introduced_in)
            await store.transact(lambda tx: introduced.keep(tx, looks, LONG_AHEAD))
        await store.close()
    shutil.copyfile(original / DATABASE, database)
    shutil.copyfile(original / KEYS, keys)


def _approve(tx: Tx) -> None:
    """Approve every language, as the practice room does; nothing says what was read."""
    for language in catalogues.languages():
        approvals.approve(tx, language, {}, 0, by=None)


def write_master_key(file: Path) -> None:
    """Write `KEY` as an installation keeps its own."""
    file.touch(mode=0o600)
    file.write_bytes(base64.b64encode(KEY))
