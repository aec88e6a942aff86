"""The real bot in the practice room: killed and started from disk at any time."""

import asyncio
from collections.abc import Callable

from bot import app
from bot.clock import RunningClock
from bot.config import Config
from bot.practice.installation import PACE, TOKEN
from storage.store import Store


class LiveBot:
    """The real bot on the room's files. It can be killed and started from disk at any time."""

    def __init__(
        self,
        config: Config,
        clock: RunningClock,
        changed: Callable[[], None],
        say: Callable[[str], None] | None = None,
        chromium: str | None = None,
    ) -> None:
        """Run on these files; `say` is told what it says at the terminal; `chromium` draws."""
        self._say = say
        self._chromium = chromium
        self._config = config
        self._clock = clock
        self._changed = changed
        self._task: asyncio.Task[None] | None = None
        self.store: Store | None = None
        self.problem = ""
        self.up = asyncio.Event()

    @property
    def wanted(self) -> bool:
        """Whether it runs, or is being started again."""
        return self._task is not None

    def start(self) -> None:
        """Start it, and start it again whenever it ends by itself."""
        if self._task is None:
            self._task = asyncio.create_task(self._keep_up())

    async def kill(self) -> None:
        """End it wherever it is; what is not on disk is gone."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        self._changed()

    async def _keep_up(self) -> None:
        while True:
            try:
                await app.serve(
                    self._config,
                    TOKEN,
                    self._clock,
                    pace=PACE,
                    until=self._hold,
                    say=self._say,
                    chromium=self._chromium,
                )
            except Exception as error:  # noqa: BLE001 -- shown on the page, as a service's log would
                self.problem = str(error) or type(error).__name__
            finally:
                self.store = None
                self.up.clear()
                self._changed()
            await asyncio.sleep(1)

    async def _hold(self, store: Store) -> None:
        self.store, self.problem = store, ""
        self.up.set()
        self._changed()
        await asyncio.Event().wait()
