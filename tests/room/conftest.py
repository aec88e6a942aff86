"""The practice room in the test's process, and a person at a real Chromium in front of it."""

import asyncio
import json
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp
import pytest

from bot.practice.botapi.client import ControlClient
from bot.practice.room import room
from bot.practice.scripts.wording import pattern


@asynccontextmanager
async def open_room(keep=None):
    """Run a practice room; yield its address."""
    said = asyncio.get_running_loop().create_future()
    running = asyncio.create_task(room.run(keep, 0, open_browser=False, say=said.set_result))
    await asyncio.wait([running, said], return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        await running
    try:
        yield (await said).partition(": ")[2]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def address():
    async with open_room() as address:
        yield address


@pytest.fixture
async def sit_down(browser, address):
    """Open pages; whatever a test does, none of them may ask another machine or complain."""
    pages = []

    async def sit_down(width=1400, height=900, at=address, **wishes):
        page = await browser.open(at, width, height, **wishes)
        pages.append(page)
        await page.see(ENTERED, "four phones that are set up")
        return Person(page)

    yield sit_down
    for page in pages:
        asked = {urlsplit(one.removeprefix("blob:")).hostname for one in page.requests}
        assert asked == {"127.0.0.1"}
        assert page.complaints == []


@pytest.fixture
async def ask(address):
    """Ask the room as the page does."""
    parts = urlsplit(address)
    headers = {"X-Practice-Secret": parts.query.removeprefix("secret=")}
    async with aiohttp.ClientSession(f"http://{parts.netloc}", headers=headers) as session:

        async def ask(path, body):
            async with session.post(path, json=body) as answer:
                assert answer.status == 200, await answer.text()
                return await answer.json()

        yield ask


@pytest.fixture
async def ask_quiet(address):
    """Wait until the bot has nothing left to do."""
    parts = urlsplit(address)
    secret = parts.query.removeprefix("secret=")

    async def quiet():
        async with ControlClient(f"http://{parts.netloc}/practice", secret) as control:
            await control.quiet()

    return quiet


ENTERED = "document.querySelectorAll('.phone .chat .bot').length >= 4"
NEXT = """[document.querySelector('#hint').innerText,
  document.querySelector('.hinted')?.dataset.data ?? '']"""
PHONES = {"Anna": 0, "Bernd": 1, "H7": 2, "K2": 3}
LOCALES = {"Anna": "en", "Bernd": "de", "H7": "en", "K2": "de"}
FIRST = "environment/undisturbed/text"


def worded(name, key, *, whole=False):
    """Return a regular expression in JavaScript for what somebody reads in their language."""
    found = pattern(key, LOCALES[name]).pattern
    return f"new RegExp({json.dumps(f'^(?:{found})$' if whole else found)}, 's')"


class Person:
    """Somebody at the page, who clicks and reads; what the bot says is named by its key."""

    def __init__(self, page):
        self.page = page

    def phone(self, name, selector=""):
        return f"document.querySelectorAll('.phone')[{PHONES[name]}].querySelector('{selector}')"

    def key(self, name, key):
        """Find the newest button with this text on somebody's phone."""
        buttons = f"[...{self.phone(name, '.chat')}.querySelectorAll('.keys button, .command')]"
        return f"{buttons}.findLast((one) => {worded(name, key, whole=True)}.test(one.innerText))"

    def option(self, name, option):
        """Find an answer of the newest question by its id."""
        chat = self.phone(name, ".chat")
        return f"[...{chat}.querySelectorAll('[data-data^=answer][data-data$={option}]')].at(-1)"

    async def tap(self, name, key):
        await self.page.click(self.key(name, key), f"{key} on {name}'s phone")

    async def answer(self, name, option="yes"):
        await self.page.click(self.option(name, option), f"{option} on {name}'s phone")

    def shows(self, name, key):
        return f"{worded(name, key)}.test({self.phone(name, '.chat')}.innerText)"

    async def sees(self, name, key):
        await self.page.see(self.shows(name, key), f"{key} on {name}'s phone")

    async def is_asked(self, name, item):
        await self.sees(name, f"environment/{item}/ask")

    async def click(self, selector):
        await self.page.click(f"document.querySelector({selector!r})", selector)

    async def reads(self, selector, text):
        found = f"document.querySelector('{selector}').innerText.includes('{text}')"
        await self.page.see(found, f"{text} in {selector}")

    async def start_checks(self, seen_by="H7"):
        await self.tap("Anna", "=/today")
        await self.tap("Anna", "board/button/start")
        await self.sees(seen_by, FIRST)

    async def hint(self):
        """Return what to do next, and where: a button's data, or nothing once there is no more."""
        rest = "document.querySelector('#hint').innerText.includes('The session is open.')"
        await self.page.see(f"document.querySelector('.hinted') || {rest}", "a hint")
        return await self.page.run(NEXT)

    async def follow(self, hint):
        """Do what a hint says, and wait for the next one."""
        await self.click(".hinted")
        if "Fresh link" in hint[0]:
            await self.page.press("Enter")
        await self.page.see(f"String({NEXT}) !== String({hint})", f"another hint than {hint}")
