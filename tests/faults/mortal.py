"""A process that can end at any statement or suspension, inside the test's own process.

What ends does not unwind: its tasks freeze where they are and its connections refuse every further
statement, so that the files lie there as a SIGKILL at that moment would leave them. Nothing here
may help the code under test to tidy up before the files were looked at.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Generator
from contextvars import ContextVar, copy_context
from functools import partial
from typing import Any

_LIVED: ContextVar["Life | None"] = ContextVar("_LIVED", default=None)


class Died(BaseException):
    """The process ended before this statement."""


class Life:
    """Counts statements and suspensions, and ends (or is struck otherwise) at one of them."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_task_factory(mortal_tasks)
        self._tasks: set[asyncio.Task[Any]] = set()
        self.spare()

    def spare(self) -> None:
        """Let all that follows live."""
        self.statements = self.suspensions = 0
        self.dead = self._buried = False
        self._at_statement = self._at_suspension = 0
        self._strike: Callable[[], object] = self._die
        self._over = asyncio.Event()

    def end_at(self, *, statement: int = 0, suspension: int = 0) -> None:
        """End before this statement, or at this suspension, counted from 1 and from now."""
        self.spare()
        self._at_statement, self._at_suspension = statement, suspension

    async def cancelled_at(self, suspension: int, work: Coroutine[Any, Any, object]) -> bool:
        """Run a piece of work and cancel it at this suspension; say whether that came to pass."""
        self.spare()
        task = self._begin(work)
        self._at_suspension, self._strike = suspension, task.cancel
        await asyncio.wait([task])
        self._at_suspension = 0
        if task.cancelled():
            return True
        await task
        return self.suspensions >= suspension

    def _begin(self, work: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
        context = copy_context()
        context.run(_LIVED.set, self)
        return context.run(self._loop.create_task, work)

    async def live(self, work: Coroutine[Any, Any, object]) -> bool:
        """Run a piece of work; say whether it was lived through. What ended is frozen."""
        task = self._begin(work)
        over = asyncio.create_task(self._over.wait())
        await asyncio.wait([task, over], return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        if self.dead:
            return False
        self._at_statement = self._at_suspension = 0
        await task
        return True

    async def bury(self) -> None:
        """Take the frozen tasks out of the loop, after the files were looked at."""
        self._buried = True
        while left := [task for task in self._tasks if not task.done()]:
            for task in left:
                task.cancel()
            await asyncio.wait(left)
        for task in self._tasks:
            if not task.cancelled():
                task.exception()
        self._tasks.clear()

    # What the two wrappers call

    def statement(self) -> None:
        self.statements += 1
        if self.statements == self._at_statement:
            self._die()
        if self.dead:
            raise Died

    def _die(self) -> None:
        self.dead = True
        self._loop.call_soon_threadsafe(self._over.set)

    def suspended(self) -> None:
        self.suspensions += 1
        if self.suspensions == self._at_suspension:
            self._strike()

    @property
    def frozen(self) -> bool:
        return self.dead and not self._buried

    def adopt(self, task: asyncio.Task[Any]) -> None:
        self._tasks.add(task)


class _Lived:
    """Awaits a coroutine step by step, as long as the life lasts."""

    def __init__(self, work: Coroutine[Any, Any, Any], life: Life) -> None:
        self._work = work
        self._life = life

    def __await__(self) -> Generator[Any, None, Any]:
        work, life = self._work, self._life
        step: Callable[[], Any] = partial(work.send, None)
        waits_for = None
        while True:
            if life.frozen:
                _let_go(waits_for)
                waits_for = None
                step = yield from _frozen(work)
                continue
            try:
                waits_for = step()
            except StopIteration as done:
                return done.value
            life.suspended()
            if life.frozen:
                continue
            step = yield from _suspended(work, waits_for)


def _let_go(waits_for: Any) -> None:
    """Look at what comes in the place of whoever is frozen, so that nobody warns of it."""
    if isinstance(waits_for, asyncio.Future):
        waits_for.add_done_callback(lambda done: done.cancelled() or done.exception())


def _frozen(work: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Callable[[], Any]]:
    """Wait for what never comes; return how the work goes on once it is buried."""
    try:
        yield from asyncio.get_running_loop().create_future().__await__()
    except BaseException as error:  # noqa: BLE001 -- the work's own: it is cancelled
        return partial(work.throw, error)
    raise AssertionError("nobody ends this")


def _suspended(
    work: Coroutine[Any, Any, Any], waits_for: Any
) -> Generator[Any, Any, Callable[[], Any]]:
    """Suspend the task as the work wishes; return how the work goes on."""
    try:
        yield waits_for
    except BaseException as error:  # noqa: BLE001 -- the work's own, a cancellation mostly
        return partial(work.throw, error)
    return partial(work.send, None)


def mortal_tasks(
    loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **wishes: Any
) -> asyncio.Task[Any]:
    """Make a task of the loop; it shares the life of whoever made it (a loop's task factory)."""
    life = _LIVED.get()
    if life is None:
        return asyncio.Task(work, loop=loop, **wishes)

    async def lived() -> Any:
        return await _Lived(work, life)

    task = asyncio.Task(lived(), loop=loop, **wishes)
    life.adopt(task)
    return task


class MortalConnection:
    """A connection of a process with a life."""

    def __init__(self, db: sqlite3.Connection, life: Life) -> None:
        self._db = db
        self._life = life

    def execute(self, *statement: Any) -> sqlite3.Cursor:
        self._life.statement()
        return self._db.execute(*statement)

    def executemany(self, *statement: Any) -> sqlite3.Cursor:
        self._life.statement()
        return self._db.executemany(*statement)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)
