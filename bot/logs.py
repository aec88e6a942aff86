"""Logging: one plain line a record on the standard error, from which every bot token is taken out.

It is the last line of defence: nothing else may hand a token, a chat or a text of anybody to a log.
"""

import logging
import re
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import Final

REDACTED: Final = "<token>"
_TOKEN_FORM: Final = re.compile(r"(?<![0-9])[0-9]{3,20}(?::|%3A)[A-Za-z0-9_-]{20,}", re.IGNORECASE)
_QUIET: Final = (
    "aiohttp",
    "aiosqlite",
    "asyncio",
    "httpcore",
    "httpx",
    "telegram",
    "transitions",
)
_SHORTEST = 8
"""A shorter secret is not looked for: it would take ordinary words out of every line."""


class OneLine(logging.Formatter):
    """Formats a record, with its traceback, as one line without any token."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__("%(asctime)sZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime
        found = {part for secret in secrets for part in _parts(secret) if len(part) >= _SHORTEST}
        # The longest first: a part of a secret must not leave the rest of it standing.
        self._secrets = sorted(found, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's one line; the traceback's lines are parted by ` | `."""
        lines = super().format(record).splitlines()
        return self.redact(" | ".join(line.strip() for line in lines if line.strip()))

    def redact(self, text: str) -> str:
        """Take every known secret, and all that has the form of a token, out of a text."""
        for secret in self._secrets:
            text = text.replace(secret, REDACTED)
        return _TOKEN_FORM.sub(REDACTED, text)


class Terminal(logging.Handler):
    """Writes to the standard error; a record that can't be formatted is not shown raw."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record's line; a standard error that is gone stops nobody."""
        with suppress(OSError, ValueError):
            sys.stderr.write(f"{self._line(record)}\n")
            sys.stderr.flush()

    def _line(self, record: logging.LogRecord) -> str:
        try:
            return self.format(record)
        except Exception:  # noqa: BLE001 - whatever it is, the arguments must not be shown
            return f"A log record of {record.name}, line {record.lineno}, can't be formatted."


def set_up(level: str, secrets: Iterable[str]) -> None:
    """Log from `level` on, other people's libraries from WARNING on; a second call replaces."""
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, Terminal)]:
        root.removeHandler(handler)
    terminal = Terminal()
    terminal.setFormatter(OneLine(secrets))
    root.addHandler(terminal)
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # It writes down whole answers that it can't read, with a traceback, and raises besides.
    logging.getLogger("telegram.request").setLevel(logging.CRITICAL)
    sys.excepthook = _log_uncaught


def _parts(secret: str) -> tuple[str, ...]:
    """Return the secret and what follows its colon, which alone is enough to take over a bot."""
    return (secret, secret.partition(":")[2])


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("bot").critical("The program ended.", exc_info=(kind, error, trace))
