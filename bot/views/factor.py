"""What the second factor shows: the pad, the picture of a secret, and what is said about them.

The pad tells a stranger nothing, and nothing of what is typed on it but how much.
"""

import io

import segno
from pyotp import TOTP

from bot.language.words import Words
from bot.views.message import Message, column, tap
from flows.model import Instant, PersonId
from storage.authenticators import DIGITS, Pad

TYPED, MISSING = "\N{BLACK CIRCLE}", "\N{WHITE CIRCLE}"
KEYS = ("123", "456", "789")
_SCALE = 8


def pad(say: Words, shown: Pad) -> Message:
    """Draw the pad: ten keys, one to take a digit back, one to leave."""
    dots = " ".join(TYPED if place < shown.typed else MISSING for place in range(DIGITS))
    rows = [tuple(tap(key, "key", shown.number, key) for key in row) for row in KEYS]
    last = (
        tap(say.say("factor/button/back"), "pad-back", shown.number),
        tap("0", "key", shown.number, "0"),
        tap(say.say("factor/button/leave"), "pad-leave", shown.number),
    )
    return Message(say.say("factor/pad", dots=dots), (*rows, last))


def picture(say: Words, label: str, secret: str) -> Message:
    """Draw a secret as the QR code that authenticator apps read.

    The secret is not in the text: a notification may show that.
    """
    address = TOTP(secret).provisioning_uri(name=label, issuer_name=say.say("factor/issuer"))
    png = io.BytesIO()
    segno.make(address, error="m", micro=False).save(png, kind="png", scale=_SCALE)
    button = tap(say.say("factor/button/key"), "factor-key")
    return Message(say.say("factor/picture"), column(button), picture=png.getvalue())


def grouped(secret: str) -> str:
    """Return a secret as people read and type it: in groups of four."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def already(say: Words, confirmed_at: Instant) -> Message:
    """Say that an authenticator is set up, and offer what to do when it is lost."""
    lost = tap(say.say("factor/button/lost"), "factor-lost", confirmed_at)
    return Message(say.say("factor/already"), column(lost))


def locked_out(say: Words, key: str, who: str, person: PersonId, locked_at: Instant) -> Message:
    """Tell a coordinator whose authenticator is locked, with the reset or its confirmation."""
    verb = {"factor/locked-out": "reset-factor", "factor/reset-ask": "reset-factor-now"}[key]
    button = tap(say.say(f"factor/button/{verb}", who=who), verb, locked_at, person)
    return Message(say.say(key, who=who), column(button))
