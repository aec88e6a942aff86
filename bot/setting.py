"""What this installation is set to, as far as taps and drawings need it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.config import Config
from flows.model import Rules
from storage.retention import Periods


@dataclass(frozen=True, slots=True)
class Setting:
    """The bot's own name on Telegram, and what the configuration says."""

    username: str = ""
    languages: tuple[str, ...] = ("en",)
    zone: str = "UTC"
    rules: Rules = field(default_factory=Rules)
    cap: int = 6
    hosts: tuple[str, ...] = ()
    """Where a pasted link may lead; none named means anywhere."""
    crisis: Mapping[str, str] = field(default_factory=dict)
    """Whom somebody in need can call, by language."""
    periods: Periods = field(default_factory=Periods)
    """How long what is kept."""
    orientation_days: int = 182
    """For how many days a signed orientation counts."""
    clearance_days: int = 182
    """How many days a clearance may last."""
    readers: int = 1
    """How many coordinators have read a change of a flow before it is published."""
    one_to_one_weeks: int = 4
    """Weeks after which the next individual talk during a group is due; 0: none is."""
    chromium: str = ""
    """Where the Chromium is that draws pictures; empty: there is none, and nothing offers them."""

    @classmethod
    def of(cls, config: Config, username: str) -> "Setting":
        """Take it from a configuration."""
        return cls(
            username,
            config.programme.languages,
            config.programme.time_zone,
            config.limits.rules,
            config.limits.cap,
            config.rooms.link_hosts,
            {name: "\n".join(entry.lines) for name, entry in config.crisis.items()},
            config.retention.periods,
            config.limits.orientation_days,
            config.limits.clearance_days,
            config.limits.readers,
            config.limits.one_to_one_weeks,
        )
