"""Draws Mermaid texts as pictures (PNG), by a Chromium of this machine that asks nobody anything.

It gets a folder of its own, which goes with it; the page that it opens is a file in there, with the
Mermaid that comes with this package. It is spoken to through two pipes: no port is open, and it
ends with whoever started it. None of our environment's secrets reach it.
"""

import asyncio
import base64
import json
import os
import shutil
import signal
import tempfile
from asyncio import LimitOverrunError
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import Any, Final

from bot.errors import RendererMissing

VARIABLE: Final = "VESTIBULE_CHROMIUM"
SECONDS = 30.0
"""How long Chromium may take to start, and then to draw one picture."""
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PAGE: Final = "picture.html"
_BESIDE: Final = ("picture.js", "sheet.js", "style.css", "vendor/mermaid.tiny.js")
_SIDES: Final = 9_990
"""Pixels that width and height may have together: Telegram takes no photo with more than 10 000."""
_SCALE: Final = 2.0
"""How many pixels a point has where there is room: letters stay sharp when they are enlarged."""
_MOST_BYTES: Final = 32 * 1024 * 1024
_PASSED_ON: Final = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "FONTCONFIG_FILE")
_FLAGS: Final = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-quic",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
    "--password-store=basic",
    "about:blank",
)
# Chromium speaks on the descriptors 3 and 4; ours are the pipes that a child has anyway.
_SHELL: Final = 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1'


class NotDrawn(Exception):
    """The diagram could not be drawn."""


def find() -> str | None:
    """Return where Chromium is: as the variable says, or on the path; None where there is none."""
    named = os.environ.get(VARIABLE)
    names = (named,) if named else _NAMES
    return next(filter(None, map(shutil.which, names)), None)


def needed() -> str:
    """Return where Chromium is; `RendererMissing` where there is none."""
    program = find()
    if program is None:
        raise RendererMissing(variable=VARIABLE)
    return program


async def picture(program: str, diagram: str) -> bytes:
    """Return one diagram as a PNG; `NotDrawn` where that fails or takes too long."""
    return (await pictures(program, {"": diagram}))[""]


async def pictures(program: str, diagrams: Mapping[str, str]) -> dict[str, bytes]:
    """Return each diagram as a PNG, by one Chromium; all of them, or `NotDrawn`."""
    drawn = {}
    try:
        async with _folder() as folder, _launched(program, folder) as sheet:
            for name, diagram in diagrams.items():
                async with asyncio.timeout(SECONDS):
                    drawn[name] = await sheet.picture(diagram)
    except (OSError, EOFError, LookupError, TypeError, ValueError, LimitOverrunError) as error:
        raise NotDrawn(type(error).__name__) from None
    return drawn


@asynccontextmanager
async def _folder() -> AsyncIterator[Path]:
    """Make a folder with the page and what it loads, and delete it with all that came into it."""
    # A short name: Chromium makes a socket in it, and the path of one may have 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="vestibule-"))
    try:
        await asyncio.to_thread(_lay_out, folder)
        yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _lay_out(folder: Path) -> None:
    source = files("bot.practice.page")
    for name in (_PAGE, *_BESIDE):
        (folder / Path(name).name).write_bytes((source / name).read_bytes())


@asynccontextmanager
async def _launched(program: str, folder: Path) -> AsyncIterator["_Sheet"]:
    process = await asyncio.create_subprocess_exec(
        *("/bin/sh", "-c", _SHELL, "sh", program, *_flags(folder)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_MOST_BYTES,
        env=_environment(folder),
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(SECONDS):
            sheet = _Sheet(*_pipes(process))
            await sheet.open((folder / _PAGE).as_uri())
        yield sheet
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _pipes(
    process: asyncio.subprocess.Process,
) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
    if process.stdin is None or process.stdout is None:
        raise EOFError
    return process.stdin, process.stdout


def _flags(folder: Path) -> tuple[str, ...]:
    # As root Chromium starts without its sandbox or not at all.
    rooted = ("--no-sandbox",) if os.geteuid() == 0 else ()
    return (*_FLAGS, *rooted, f"--user-data-dir={folder / 'profile'}")


def _environment(folder: Path) -> dict[str, str]:
    own = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return own | {"HOME": str(folder), "TMPDIR": str(folder)}


class _Sheet:
    """The one page, and what is said to it."""

    def __init__(self, to: asyncio.StreamWriter, back: asyncio.StreamReader) -> None:
        self._to = to
        self._back = back
        self._loaded: set[str] = set()
        self._numbers = count(1)
        self._session: dict[str, str] = {}

    async def open(self, address: str) -> None:
        """Open the page and wait until all that it loads is there."""
        target = await self._send("Target.createTarget", url="about:blank")
        attached = await self._send(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        self._session = {"sessionId": attached["sessionId"]}
        await self._send("Page.enable")
        await self._send("Page.setLifecycleEventsEnabled", enabled=True)
        loading = (await self._send("Page.navigate", url=address))["loaderId"]
        while loading not in self._loaded:
            await self._told()

    async def picture(self, diagram: str) -> bytes:
        """Draw one diagram and return what is seen, as large as it is."""
        size = await self._run(f"draw({json.dumps(diagram)})")
        width, height = int(size["width"]), int(size["height"])
        await self._send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=min(_SCALE, _SIDES / (width + height)),
            mobile=False,
        )
        shot = await self._send("Page.captureScreenshot", format="png")
        return base64.b64decode(shot["data"])

    async def _run(self, expression: str) -> Any:
        found = await self._send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in found:
            raise NotDrawn("the page")
        return found["result"].get("value")

    async def _send(self, method: str, **params: Any) -> dict[str, Any]:
        """Send an order and return its answer."""
        number = next(self._numbers)
        order = {"id": number, "method": method, "params": params, **self._session}
        self._to.write(json.dumps(order).encode() + b"\0")
        await self._to.drain()
        while (told := await self._told()).get("id") != number:
            pass
        if "error" in told:
            raise NotDrawn(method)
        found: dict[str, Any] = told["result"]
        return found

    async def _told(self) -> dict[str, Any]:
        """Return the next thing that Chromium says; remember which pages have loaded."""
        told: dict[str, Any] = json.loads((await self._back.readuntil(b"\0"))[:-1])
        if told.get("method") == "Page.lifecycleEvent" and told["params"]["name"] == "load":
            self._loaded.add(told["params"]["loaderId"])
        return told
