"""Runs mutants, each in a fork of this process, so that none leaves a trace in another.

A verdict is the fork's exit code. Whatever is neither killed nor survived is an error of the run.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

SURVIVED, KILLED, BROKEN = 0, 1, 2
PATIENCE = 300
"""Seconds after which a mutant that does not end counts as killed."""

Job = tuple[str, Callable[[], bool]]
"""A mutant's name, and what says whether it is killed."""


def verdicts(jobs: Sequence[Job], title: str) -> dict[str, int]:
    """Judge every mutant, as many at once as there are cores; return the verdicts by name."""
    found: dict[str, int] = {}
    for name, verdict in _forked(jobs):
        found[name] = verdict
        _progress(title, len(jobs), [*found.values()])
    return found


def _forked(jobs: Sequence[Job]) -> Iterator[tuple[str, int]]:
    running: dict[int, str] = {}
    for name, job in jobs:
        if len(running) >= (os.cpu_count() or 1):
            yield _ended(running)
        running[_fork(job)] = name
    while running:
        yield _ended(running)


def _fork(job: Callable[[], bool]) -> int:
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = BROKEN
    try:
        signal.alarm(PATIENCE)
        with Path(os.devnull).open("w") as sink, redirect_stdout(sink), redirect_stderr(sink):
            code = KILLED if job() else SURVIVED
    except BaseException:  # noqa: BLE001 (told to whoever runs it; the fork must end here)
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(code)


def _ended(running: dict[int, str]) -> tuple[str, int]:
    child, status = os.wait()
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGALRM:
        code = KILLED
    return running.pop(child), code if code in (SURVIVED, KILLED) else BROKEN


def _progress(title: str, total: int, verdicts: Sequence[int]) -> None:
    done = len(verdicts)
    counts = f"{verdicts.count(KILLED)} killed, {verdicts.count(SURVIVED)} survived"
    line = f"{title}: {done} of {total}, {counts}"
    if sys.stdout.isatty():
        say(f"\r{line}", end="\n" if done == total else "")
    elif done % 50 == 0 or done == total:
        say(line)


def say(*lines: str, end: str = "\n") -> None:
    """Print to whoever started the run."""
    print(*lines, sep="\n", end=end, flush=True)  # noqa: T201 -- the command line's own output
