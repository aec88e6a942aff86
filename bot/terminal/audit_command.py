"""`vestibule audit`: is the record whole, and what is its head, to be kept elsewhere.

It only reads, beside a running bot too. A flaw is named by table and row, never by what is in it.
"""

import re
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from bot.errors import AnchorUnreadable
from storage import audit, reading, signed
from storage.audit import GENESIS, Anchor
from storage.errors import Damaged

_ANCHOR = re.compile(r"(\d{1,18}):([0-9a-f]{64})")
_MOST = 20
Say = Callable[[str], None]


def verify(database: Path, anchor: str, say: Say) -> int:
    """Say whether the record fits together, and whether it still holds `anchor` (or ""): 0 or 1."""
    since = read_anchor(anchor) if anchor else GENESIS
    try:
        with reading.opened(database) as tx:
            found = list(islice(signed.flaws(tx, since), _MOST))
            counts, head = signed.count(tx), audit.head(tx)
    except Damaged as error:
        say(str(error))
        return 1
    for flaw in found:
        say(f"{flaw}: this row is not as it was written, or it is missing.")
    if found:
        return 1
    say(
        f"The record is whole: {counts['audit']} rows, {counts['sign_off']} sign-offs,"
        f" {counts['opening']} openings, {counts['orientation_sign_off']} orientations."
    )
    say(f"Its head: {written(head)}")
    return 0


def head(database: Path, say: Say) -> int:
    """Print the head of the record, as `--anchor` takes it."""
    with reading.opened(database) as tx:
        say(written(audit.head(tx)))
    return 0


def written(anchor: Anchor) -> str:
    """Return an anchor as people keep it."""
    number, digest = anchor
    return f"{number}:{digest.hex()}"


def read_anchor(text: str) -> Anchor:
    """Read what `written` made."""
    found = _ANCHOR.fullmatch(text.strip().lower())
    if not found:
        raise AnchorUnreadable
    return int(found[1]), bytes.fromhex(found[2])
