"""A picture that somebody sent, drawn anew: the same to look at, and nothing else of it is kept.

What a camera writes beside it (place, time, owner) goes, and so does whatever is no picture.
"""

import warnings
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps

FORMATS: Final = ("JPEG", "PNG", "WEBP")
SUFFIXES: Final = frozenset({"photo", "jpg", "jpeg", "png", "webp"})
MOST_PIXELS: Final = 16_000_000
"""What a picture may have when it comes; a photo of a phone has some 12 million.

Unpacked, so many take up to some 270 MB for a moment: a small machine must not fall over.
"""
MOST_RATIO: Final = 20
"""How many times as long as wide Telegram lets a photo be."""
SIDE: Final = 1280
"""Pixels of the longer side that is kept."""
MOST_BYTES: Final = 400_000
_QUALITIES: Final = (85, 70, 55, 40, 25)


def drawn_anew(data: bytes) -> bytes | None:
    """Return the picture as a JPEG without anything beside it; None for what can't be taken."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _drawn(data)
    except Exception:  # noqa: BLE001 -- a decoder may raise anything on what is damaged
        return None


def _drawn(data: bytes) -> bytes | None:
    with Image.open(BytesIO(data), formats=FORMATS) as sent:
        if sent.width * sent.height > MOST_PIXELS or _moves(sent):
            return None
        # First made small: a JPEG is then never unpacked whole.
        sent.thumbnail((SIDE, SIDE))
        seen = ImageOps.exif_transpose(sent).convert("RGBA")
    if max(seen.size) > MOST_RATIO * min(seen.size):
        return None
    bare = Image.new("RGB", seen.size, "white")
    bare.paste(seen, mask=seen.getchannel("A"))
    return next((found for one in _QUALITIES if len(found := _jpeg(bare, one)) <= MOST_BYTES), None)


def _moves(sent: Image.Image) -> bool:
    """Say whether there is more than one frame; a phone's photo may hide others behind its own."""
    return sent.format != "MPO" and getattr(sent, "is_animated", False)


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    written = BytesIO()
    picture.save(written, "JPEG", quality=quality, optimize=True)
    return written.getvalue()
