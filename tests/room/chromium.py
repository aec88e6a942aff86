"""A real headless Chromium, driven over the DevTools protocol by aiohttp's websocket.

It waits for what a page shows; it must never wait for time to pass.
"""

import asyncio
import base64
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import aiohttp
import pytest

from bot.graphics import renderer

LOUD = (
    "\n*** NOTHING WAS TESTED IN A BROWSER: no Chromium was found. Install one, or name it in "
    f"{renderer.VARIABLE}. ***\n"
)
_SAID = []
PATIENCE = 20.0
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--remote-debugging-port=0",
)


ONE_CHROMIUM = pytest.mark.xdist_group("a Chromium of the bot's own")
"""Tests in which the bot starts a Chromium: several at once would take each other's time."""


def needed(request):
    """Return where Chromium is; without one fail in CI, and elsewhere say so loudly, once."""
    program = renderer.find()
    if program is not None:
        return program
    if os.environ.get("CI"):
        pytest.fail(LOUD)
    if not _SAID:
        _SAID.append(LOUD)
        with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            sys.stderr.write(LOUD)
    pytest.skip(LOUD)


class PageError(Exception):
    """The page did not do what was expected of it."""


class Browser:
    """One Chromium with one websocket; every page is a session on it."""

    def __init__(self, socket):
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers = {}
        self.pages = {}

    async def listen(self):
        async for message in self._socket:
            told = json.loads(message.data)
            if "id" in told:
                answer = self._answers.pop(told["id"])
                # Whoever asked may have lost patience.
                if not answer.done():
                    answer.set_result(told)
            elif page := self.pages.get(told.get("sessionId")):
                page.told(told["method"], told["params"])

    async def send(self, method, session=None, **params):
        number = next(self._numbers)
        self._answers[number] = answer = asyncio.get_running_loop().create_future()
        order = {"id": number, "method": method, "params": params}
        await self._socket.send_json(order | ({"sessionId": session} if session else {}))
        async with asyncio.timeout(PATIENCE):
            found = await answer
        if "error" in found:
            raise PageError(f"{method}: {found['error']['message']}")
        return found["result"]

    async def open(self, address, width=1400, height=900, *, dark=False):
        """Open a page in a context of its own and wait until it has loaded."""
        context = (await self.send("Target.createBrowserContext"))["browserContextId"]
        target = await self.send("Target.createTarget", url="about:blank", browserContextId=context)
        attached = await self.send(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        page = self.pages[attached["sessionId"]] = Page(self, attached["sessionId"], context)
        for domain in ("Page", "Runtime", "Network", "Log"):
            await page.send(f"{domain}.enable")
        await page.size(width, height)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        await page.send("Emulation.setEmulatedMedia", features=scheme)
        await page.send("Page.navigate", url=address)
        return page


class Page:
    """One page: what it asked for, what it complained of, and a person's hands on it."""

    def __init__(self, browser, session, context):
        self._browser = browser
        self._session = session
        self._context = context
        self.requests = []
        self.complaints = []

    def told(self, method, params):
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(params["exceptionDetails"]["exception"].get("description"))
        elif method == "Log.entryAdded" and params["entry"]["source"] == "security":
            self.complaints.append(params["entry"]["text"])

    async def send(self, method, **params):
        return await self._browser.send(method, self._session, **params)

    async def close(self):
        await self._browser.send("Target.disposeBrowserContext", browserContextId=self._context)

    async def size(self, width, height):
        await self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip

    async def run(self, expression):
        """Return what a piece of JavaScript says."""
        found = await self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if details := found.get("exceptionDetails"):
            raise PageError(f"{expression}: {details['exception'].get('description')}")
        return found["result"].get("value")

    async def see(self, expression, what=""):
        """Wait until a piece of JavaScript says something true, and return it."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._next_true(expression)
        except TimeoutError:
            shown = await self.run("document.body.innerText")
            raise PageError(f"never seen: {what or expression}\n{shown}") from None

    async def _next_true(self, expression):
        # A frame at a time: the page says by itself when it may have changed.
        while not (found := await self._maybe(expression)):
            await self._maybe("new Promise((then) => setTimeout(then, 20))")
        return found

    async def _maybe(self, expression):
        # Whatever was asked of a page that is just being loaded anew has no answer.
        with suppress(PageError):
            return await self.run(f"({_PLAIN})(() => {expression})")
        return None

    async def click(self, expression, what=""):
        """Click the middle of the element that a piece of JavaScript finds, as a mouse does.

        What moved away between the look and the click is aimed at again.
        """
        missed = True
        while missed:
            spot = await self.see(f"({_SPOT})({expression})", what or expression)
            for kind in ("mousePressed", "mouseReleased"):
                await self.send(
                    "Input.dispatchMouseEvent",
                    type=kind, x=spot["x"], y=spot["y"], button="left", clickCount=1,
                )  # fmt: skip
            missed = await self._maybe("window.missed()")

    async def press(self, key, *, shift=False):
        """Press a key, such as Tab, Enter or ArrowRight."""
        code, text = _KEYS.get(key, (0, ""))
        common = {"key": key, "code": key, "windowsVirtualKeyCode": code,
                  "modifiers": 8 if shift else 0}  # fmt: skip
        await self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        await self.send("Input.dispatchKeyEvent", type="keyUp", **common)

    async def write(self, text):
        """Write into whatever has the focus."""
        await self.send("Input.insertText", text=text)

    async def picture(self, file):
        """Write what the page looks like to a PNG file."""
        found = await self.send("Page.captureScreenshot", format="png")
        await asyncio.to_thread(Path(file).write_bytes, base64.b64decode(found["data"]))


# What can't be said as JSON, such as an element, is there or not; what is not there yet is nothing.
_PLAIN = """(find) => {
  try {
    const found = find();
    return found instanceof Node ? true : found;
  } catch {
    return null;
  }
}"""
# An element that is covered, moving or outside of the window can't be clicked by anybody. A click
# that lands on anything else is kept from it, and said to have missed.
_SPOT = """(element) => {
  if (!element || element.disabled) return null;
  const meets = (top) => top && (element.contains(top) || top.contains(element));
  element.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
  const box = element.getBoundingClientRect();
  const spot = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const top = document.elementFromPoint(spot.x, spot.y);
  if (!meets(top)) return null;
  const events = ["pointerdown", "mousedown", "pointerup", "mouseup", "click"];
  let pressed = null;
  let landed = false;
  const guard = (event) => {
    if (landed) return;
    if (event.type === "pointerdown") pressed = meets(event.target) ? event.target : null;
    const own = event.target === pressed || element.contains(event.target);
    if (pressed && own) {
      landed = event.type === "click";
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  for (const name of events) addEventListener(name, guard, true);
  window.missed = () => {
    for (const name of events) removeEventListener(name, guard, true);
    return !landed;
  };
  return spot;
}"""
_KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), " ": (32, " "), "Escape": (27, ""),
         "ArrowRight": (39, ""), "ArrowLeft": (37, "")}  # fmt: skip


@contextmanager
def started(program, profile):
    """Start Chromium with a profile of its own; yield the address of its websocket; end it."""
    with subprocess.Popen(  # noqa: S603 -- found by the renderer, or named by whoever runs this
        [program, *_FLAGS, f"--user-data-dir={profile}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        # It must not wait until somebody reads all that it says.
        reading = threading.Thread(target=process.stderr.read)
        try:
            address = _address(process.stderr)
            reading.start()
            yield address
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            if reading.ident:
                reading.join()


@asynccontextmanager
async def visited(address):
    """Open a websocket to a Chromium that runs; whatever was opened on it is closed again."""
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(address, max_msg_size=0) as socket,
    ):
        browser = Browser(socket)
        listening = asyncio.create_task(browser.listen())
        try:
            yield browser
            for page in browser.pages.values():
                await page.close()
        finally:
            listening.cancel()


def _address(stderr):
    for line in stderr:
        if line.startswith("DevTools listening on "):
            return line.removeprefix("DevTools listening on ").strip()
    raise PageError("Chromium did not start")
