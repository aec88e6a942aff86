"""The first coordinator's invitation, shown at the terminal while no coordinator has come.

The link goes to the terminal alone, never to a log; each start ends the one before.
"""

import io
import sys
from collections.abc import Callable

import segno

from bot.language.words import words
from bot.setting import Setting
from flows.model import Instant
from storage import audit, invitations
from storage.audit import AuditRow
from storage.store import Store, Tx

SENTENCE = (
    "No coordinator has come yet: open this link, or scan the code, with the coordinator's phone"
    " within a day. It works once, and the next start makes another one."
)


async def invite(store: Store, setting: Setting, now: Instant, say: Callable[[str], None]) -> None:
    """Say a fresh link and its QR code, unless a coordinator is there."""
    locale = setting.languages[0]
    label = words(locale, setting.zone).say("office/team/first")

    def renew(tx: Tx) -> str | None:
        found = invitations.first_coordinator(
            tx, label=label, locale=locale, zone=setting.zone, now=now
        )
        if found is None:
            return None
        person, token = found
        row = AuditRow(at=now, kind="first-coordinator", outcome="invited", person=person)
        audit.append(tx, row)
        return token

    token = await store.transact(renew)
    if token is not None:
        link = f"https://t.me/{setting.username}?start={token}"
        say(f"{SENTENCE}\n{link}\n{_drawn(link)}")


def _drawn(link: str) -> str:
    """Return the link's code in half blocks; as terminal colours where there are none."""
    drawing = io.StringIO()
    compact = _has_blocks(sys.stdout.encoding)
    segno.make(link, error="m", micro=False).terminal(out=drawing, border=2, compact=compact)
    return drawing.getvalue().rstrip("\n")


def _has_blocks(encoding: str | None) -> bool:
    try:
        "\N{FULL BLOCK}\N{UPPER HALF BLOCK}\N{LOWER HALF BLOCK}".encode(encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True
