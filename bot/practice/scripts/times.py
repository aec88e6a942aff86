"""How a script writes a time: `+20m`, `+2h`, `17:45` on its day, or a whole date and time."""

import re
from datetime import datetime

from flows.model import MINUTE, Instant

_AHEAD = re.compile(r"\+(\d{1,5})([smhd])")
_SECONDS = {"s": 1, "m": MINUTE, "h": 60 * MINUTE, "d": 24 * 60 * MINUTE}


def moved(now: datetime, word: str) -> Instant:
    """Return the instant that `word` means at `now`; raise ValueError where it means none."""
    if ahead := _AHEAD.fullmatch(word):
        return int(now.timestamp()) + int(ahead[1]) * _SECONDS[ahead[2]]
    if "T" in word:
        return int(datetime.fromisoformat(word).replace(tzinfo=now.tzinfo).timestamp())
    hour, minute, *more = word.split(":")
    second = int(more[0]) if more else 0
    then = now.replace(hour=int(hour), minute=int(minute), second=second, microsecond=0)
    return int(then.timestamp())


def ahead(seconds: int) -> str:
    """Write a stretch of time, in the largest unit that it fills."""
    unit = next(name for name in "dhms" if seconds % _SECONDS[name] == 0)
    return f"+{seconds // _SECONDS[unit]}{unit}"


def on_day(now: datetime, then: datetime) -> str:
    """Write an instant as short as `moved` reads it at `now`."""
    if then.date() != now.date():
        return f"{then:%Y-%m-%dT%H:%M:%S}"
    return f"{then:%H:%M:%S}" if then.second else f"{then:%H:%M}"
