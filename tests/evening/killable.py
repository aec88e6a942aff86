"""The bot as a process of its own, to be killed: production code on a clock that the test moves.

    python -m tests.evening.killable FOLDER BASE_URL

Only the clock and the pace are handed in, as `serve` takes them from anybody who starts the bot.
"""

import asyncio
import sys
from pathlib import Path

from bot import app, logs
from bot.clock import MovableClock
from bot.practice.installation import PACE, TOKEN, practice_config

_LOOK = 0.02
"""Seconds of real time after which a clock that stands still is looked at again."""


def clock_file(folder: Path) -> Path:
    """Return the file that holds the instant of the evening."""
    return folder / "clock"


class ReadClock:
    """The evening's clock, as the bot's process sees it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._least = 0

    def now(self) -> int:
        return max(self._least, int(self._file.read_text("ascii")))

    async def sleep_until(self, instant: int) -> None:
        while self.now() < instant:  # noqa: ASYNC110 -- no event tells of another process's file
            await asyncio.sleep(_LOOK)

    def catch_up(self, instant: int) -> None:
        self._least = max(self._least, instant)


class WrittenClock(MovableClock):
    """The evening's clock, as the test moves it."""

    def __init__(self, start: int, file: Path) -> None:
        super().__init__(start)
        self._file = file
        self._write(start)

    async def move_to(self, instant: int) -> None:
        self._write(max(instant, self.now()))
        await super().move_to(instant)

    def _write(self, instant: int) -> None:
        part = self._file.with_suffix(".part")
        part.write_text(str(instant), "ascii")
        part.replace(self._file)


def main() -> None:
    folder, base_url = Path(sys.argv[1]), sys.argv[2]
    logs.set_up("WARNING", [TOKEN])
    clock = ReadClock(clock_file(folder))
    asyncio.run(app.serve(practice_config(folder, base_url), TOKEN, clock, pace=PACE))


if __name__ == "__main__":
    main()
