"""The command `vestibule`, called as whoever sits at a terminal does: in a process and a folder."""

import asyncio
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
NURSERY = """
import json, os, signal, sys
from bot import cli

for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if child == 0:
        signal.alarm(10)
        os.chdir(asked["folder"])
        os.environ.update(asked["environment"])
        for number, name in ((1, asked["out"]), (2, asked["err"])):
            os.dup2(os.open(name, os.O_CREAT | os.O_WRONLY | os.O_TRUNC), number)
        sys.exit(cli.main(asked["arguments"]))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""A process that has imported the command and forks for each call: a second saved every time."""


def environment(**more):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("VESTIBULE")}
    return clean | more


class Terminal:
    """Calls of the command, each in a process of its own."""

    def __init__(self, nursery, told):
        self._nursery = nursery
        self._told = told

    async def call(self, folder, *arguments, **more):
        """Call it in a folder, with more in its environment; return code, output, complaint."""
        out, err = self._told / "out", self._told / "err"
        asked = {
            "folder": str(folder),
            "environment": more,
            "out": str(out),
            "err": str(err),
            "arguments": [str(one) for one in arguments],
        }
        return await asyncio.to_thread(self._ask, asked), out.read_text(), err.read_text()

    def _ask(self, asked):
        self._nursery.stdin.write(json.dumps(asked) + "\n")
        self._nursery.stdin.flush()
        return int(self._nursery.stdout.readline())


@contextmanager
def opened(told):
    """Open a terminal; what its calls say is kept in a folder until it was read."""
    with subprocess.Popen(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", NURSERY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
        cwd=ROOT,
    ) as process:
        yield Terminal(process, told)
        process.stdin.close()
