"""The room's own promises, without a browser: who may ask, and what is kept."""

from urllib.parse import urlsplit

import aiohttp
import pytest

from bot.practice.room import room
from bot.practice.scripts.script import ScriptError
from tests.room.conftest import open_room

PRIVATE = [
    ("GET", "/"),
    ("GET", "/practice/room/about"),
    ("POST", "/practice/room/changes"),
    ("POST", "/practice/room/clock"),
    ("POST", "/practice/room/weather"),
    ("POST", "/practice/room/bot"),
    ("POST", "/practice/room/play"),
    ("POST", "/practice/room/over"),
]


async def test_secret_keeps_others_out(address):
    """Without the secret, or with a wrong one, nothing of the room is shown or done."""
    origin = address.partition("/?")[0]
    async with aiohttp.ClientSession(headers={"X-Practice-Secret": "wrong"}) as session:
        for verb, path in PRIVATE:
            async with session.request(verb, f"{origin}{path}?secret=wrong") as answer:
                assert answer.status == 403, path


async def test_policy_lets_the_page_ask_its_own_machine_only(address):
    """The page and its files carry a policy without inline code and without other origins."""
    origin = address.partition("/?")[0]
    async with aiohttp.ClientSession() as session:
        for path in (address, f"{origin}/page/page.js", f"{origin}/page/style.css"):
            async with session.get(path) as answer:
                assert answer.status == 200
                policy = answer.headers["Content-Security-Policy"]
                assert policy.startswith("default-src 'self';")
                assert "unsafe" not in policy
                assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_only_the_page_s_own_files_are_served(address):
    """No other file of the package can be asked for."""
    origin = address.partition("/?")[0]
    async with aiohttp.ClientSession() as session:
        for name in ("__init__.py", "..%2Froom%2Fserve.py", "index.html"):
            async with session.get(f"{origin}/page/{name}") as answer:
                assert answer.status == 404, name


async def test_kept_room_goes_on(tmp_path):
    """With a folder to keep, a session that was being checked still is, and its clock goes on."""
    async with open_room(tmp_path) as address:
        person = Asking(address)
        await person.has("sessions")
        await person.has_heard(1001)
        await person.post("clock", {"minutes": 5})
        await person.act(1001, "type", {"text": "/today"})
        start = await person.has_button(1001, "start:")
        await person.act(1001, "tap", start)
        await person.has_button(1003, "answer:")

    async with open_room(tmp_path) as address:
        person = Asking(address)
        await person.has_button(1003, "answer:")
        found = await person.changes()

    assert found["room"]["knows"]["sessions"][0]["state"] == "checking"
    assert found["now"] >= room.begin(None).clock + 300


def test_unknown_script_is_refused():
    """A script that is not shipped is refused with the names of those that are."""
    with pytest.raises(ScriptError, match="There is no script nothing"):
        room.begin("nothing")


class Asking:
    """The page's requests, without a page."""

    def __init__(self, address):
        parts = urlsplit(address)
        self._origin = f"http://{parts.netloc}"
        self._headers = {"X-Practice-Secret": parts.query.removeprefix("secret=")}

    async def _ask(self, path, body):
        async with (
            aiohttp.ClientSession(self._origin, headers=self._headers) as session,
            session.post(path, json=body) as answer,
        ):
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def post(self, name, body):
        return await self._ask(f"/practice/room/{name}", body)

    async def act(self, phone, act, body):
        return await self._ask(f"/practice/phones/{phone}/{act}", body)

    async def changes(self):
        body = {"epoch": "", "revision": -1, "phones": {}, "wait": 0}
        return await self.post("changes", body)

    async def has(self, known):
        while not (await self.changes())["room"]["knows"][known]:
            """Asked anew until the bot has it: each answer takes a moment of its own."""

    async def begins_anew(self, body):
        """Start over, and wait until it is another evening."""
        before = await self._epoch()
        await self.post("over", body)
        while await self._epoch() in (before, None):
            """Asked anew until the earlier evening is gone and the next one is there."""

    async def _epoch(self):
        try:
            return (await self.changes())["epoch"]
        except aiohttp.ClientConnectionError:
            return None  # between two evenings nobody answers

    async def has_heard(self, phone):
        while not self._heard(await self.changes(), phone):
            """Asked anew until the bot has greeted them: whoever writes earlier is a stranger."""

    def _heard(self, found, phone):
        views = (one for one in found["phones"] if one["user_id"] == phone)
        return any(message["from"] == "bot" for one in views for message in one["messages"])

    async def has_button(self, phone, verb):
        """Return what taps the button with this verb, once it is there."""
        while not (found := self._button(await self.changes(), phone, verb)):
            """Asked anew until it is there: each answer takes a moment of its own."""
        return found

    def _button(self, found, phone, verb):
        view = next((one for one in found["phones"] if one["user_id"] == phone), {"messages": []})
        for message in view["messages"]:
            for button in (one for row in message["keyboard"] for one in row):
                if button["callback_data"].startswith(verb):
                    return {"message_id": message["message_id"], "data": button["callback_data"]}
        return None
