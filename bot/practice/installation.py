"""The practice room's installation: its token, its zone, and a configuration for any folder.

Nothing here is of use anywhere else: the token opens no door but the practice room's own, and a
language that it approves for itself nobody has read.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from bot import seed
from bot.config import Config, Crisis, Limits, Programme, Storage, Telegram
from bot.language import catalogues, coverage
from bot.pen import Pace
from flows.model import Instant
from storage import approvals
from storage.store import Tx

TOKEN = "1234567:practice-practice-practice-practice"  # noqa: S105 -- of the practice room only
ZONE = "Europe/Berlin"
PACE = Pace(per_second=2000, burst_per_chat=200)
"""As fast as the practice room can read; the loopback knows no limits."""
_CRISIS = Crisis(("112", "116 123"), confirmed=True)


def practice_limits(written: Mapping[str, str]) -> Limits:
    """Return the limits, some of them as written; raise ValueError where one can't be so."""
    return msgspec.convert(dict(written), Limits, strict=False)


def practice_config(folder: Path, base_url: str, limits: Mapping[str, str] | None = None) -> Config:
    """Return the configuration of the practice room: every language that has a catalogue."""
    languages = catalogues.languages()
    return Config(
        telegram=Telegram(base_url=base_url),
        storage=Storage(folder / "v.sqlite3", folder / "keys.sqlite3", folder / "master.key"),
        programme=Programme(languages, ZONE),
        crisis=dict.fromkeys(languages, _CRISIS),
        limits=practice_limits(limits or {}),
    )


def approve(tx: Tx, languages: Iterable[str], now: Instant) -> None:
    """Approve languages for the practice room alone, under nobody's name."""
    for language in languages:
        texts = coverage.flat(coverage.parts(tx, language))
        approvals.approve(tx, language, texts, now, by=None)


def defaults(config: Config) -> seed.Defaults:
    """Return what a seed takes from the configuration."""
    return seed.Defaults.of(config)
