"""A practice room, a raw caller of its Bot API, python-telegram-bot's own client, and phones."""

from dataclasses import dataclass

import aiohttp
import pytest
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.clock import MovableClock
from bot.practice.botapi.api import PracticeApi
from bot.practice.botapi.client import ControlClient

TOKEN = "4242:practice-token"
START = 1_900_000_000


@dataclass
class Caller:
    """Calls methods as plain HTTP and returns Telegram's envelope."""

    api: PracticeApi
    session: aiohttp.ClientSession

    async def __call__(self, method, /, **parameters):
        url = f"{self.api.base_url}{TOKEN}/{method}"
        async with self.session.post(url, json=parameters) as response:
            answer = await response.json()
        assert response.status == (200 if answer["ok"] else answer["error_code"])
        return answer

    async def refused(self, method, /, **parameters):
        """Return why a call is refused: (code, description)."""
        answer = await self(method, **parameters)
        assert not answer["ok"]
        return answer["error_code"], answer["description"]

    async def result(self, method, /, **parameters):
        answer = await self(method, **parameters)
        assert answer["ok"], answer
        return answer["result"]


@pytest.fixture
def clock():
    return MovableClock(START)


@pytest.fixture
async def api(clock):
    api = PracticeApi(clock, token=TOKEN)
    await api.start()
    yield api
    await api.stop()


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def call(api, session):
    return Caller(api, session)


@pytest.fixture
async def bot(api, monkeypatch):
    # The library's own way to opt in to what its deprecation warning announces.
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    request = HTTPXRequest(connection_pool_size=4)
    polling = HTTPXRequest(connection_pool_size=4)
    async with Bot(
        TOKEN, base_url=api.base_url, request=request, get_updates_request=polling
    ) as bot:
        yield bot


@pytest.fixture
def ana(api):
    """Switch on a phone whose owner has started the bot."""
    phone = api.phones.add(7, "Ana", "ro")
    phone.type("/start")
    return phone


@pytest.fixture
async def room(api):
    async with ControlClient(api.control_url, api.secret) as room:
        yield room


def buttons(*rows):
    """Return an inline keyboard of (text, callback data) pairs."""
    return {"inline_keyboard": [[{"text": t, "callback_data": d} for t, d in row] for row in rows]}
