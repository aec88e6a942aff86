"""The weather on the line between the bot and Telegram, made to order.

Decides what happens to a call; it must never change what a call means. Rules are used up in
the order in which they were made.
"""

from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any


class Kind(StrEnum):
    """What can befall a call."""

    TOO_MANY = "too_many"  # 429 with retry_after = seconds
    BAD_GATEWAY = "bad_gateway"  # 502 with a proxy's HTML
    TIMEOUT_BEFORE = "timeout_before"  # no effect, silence for seconds, closed
    TIMEOUT_AFTER = "timeout_after"  # effect, silence for seconds, closed
    DROP_BEFORE = "drop_before"  # no effect, closed at once
    DROP_AFTER = "drop_after"  # effect, closed at once
    LATENCY = "latency"  # answered after seconds; no effect if the bot gives up before


@dataclass(frozen=True, slots=True)
class Rule:
    """What befalls the next `times` calls of the methods that match; None: all of them."""

    kind: Kind
    methods: str = "*"
    times: int | None = 1
    seconds: float = 1.0

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> "Rule":
        """Read a rule; raise `ValueError` or `TypeError` when it is none."""
        return cls(**{**body, "kind": Kind(body.get("kind", ""))})


@dataclass(slots=True)
class Weather:
    """The rules in force."""

    down: bool = False
    rules: list[Rule] = field(default_factory=list)

    def foretell(self, rule: Rule) -> None:
        """Add a rule behind those in force."""
        self.rules.append(rule)

    def clear(self) -> None:
        """Make the weather fine."""
        self.down = False
        self.rules.clear()

    def meet(self, method: str) -> Rule | None:
        """Return what befalls this call, and use it up."""
        for number, rule in enumerate(self.rules):
            if fnmatchcase(method, rule.methods):
                self._use(number)
                return rule
        return None

    def as_json(self) -> dict[str, Any]:
        """Return the rules in force."""
        return {"down": self.down, "rules": [asdict(rule) for rule in self.rules]}

    def _use(self, number: int) -> None:
        rule = self.rules[number]
        if rule.times is None:
            return
        if rule.times > 1:
            self.rules[number] = replace(rule, times=rule.times - 1)
        else:
            del self.rules[number]
