"""After a silence: Telegram has dropped the taps of meanwhile, so open screens are shown anew.

Once a person and screen, at the end of the chat, and quietly: it is no news. Nothing of a session
that is over. What a screen shows is made when it is sent, so a way in only as the gate allows.
"""

from bot.home import home
from bot.setting import Setting
from flows.effects import ScreenKind
from flows.model import Instant
from storage import outbox, people, screens
from storage.outbox import Kind
from storage.store import Tx

GAP = 150
"""Seconds for which Telegram keeps a tap at most."""


def show_again(tx: Tx, setting: Setting, now: Instant) -> None:
    """Show every screen on which somebody may have tapped in vain."""
    for person, kind, session in screens.in_use(tx, now):
        viewer = people.find(tx, person)
        if viewer is None or (
            kind is ScreenKind.HOME and home.draw(tx, viewer, now, setting) is None
        ):
            continue
        outbox.add(
            *(tx, person, Kind.SHOW),
            now=now,
            session=session,
            subject=kind,
            params={"quiet": 1},
        )
