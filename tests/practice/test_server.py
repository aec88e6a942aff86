"""The room as a server: its video page, its own process, its description of the Bot API."""

import asyncio
import re
import signal
import sys

from bot.clock import SystemClock
from bot.practice.botapi import methods, schema
from bot.practice.botapi.api import PracticeApi
from bot.practice.botapi.client import ControlClient, ControlError


async def test_video_page(api, session, ana):
    """The video page says who has come in."""
    api.phones.add(8, "<Ben>")
    url = api.room_url("blue")
    async with session.get(url, params={"phone": "7"}) as response:
        assert "1 in the room" in await response.text()
    async with session.get(url, params={"phone": "8"}) as response:
        page = await response.text()
    assert "<li>Ana</li>" in page
    assert "<li>&lt;Ben&gt;</li>" in page
    async with session.get(url, params={"format": "json"}) as response:
        inside = await response.json()
    assert inside == {
        "count": 2,
        "people": [{"user_id": 7, "name": "Ana"}, {"user_id": 8, "name": "<Ben>"}],
    }
    async with session.get(url, params={"phone": "99"}) as response:
        assert response.status == 404


async def test_own_process():
    """The server runs as a process of its own, on this machine's own address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot.practice.botapi.api", "--token", "1:t", "--secret", "s"),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        bot_side = (await process.stdout.readline()).decode()
        user_side = (await process.stdout.readline()).decode()
        assert re.fullmatch(r"bot side http://127\.0\.0\.1:\d+/bot\n", bot_side)
        async with ControlClient(user_side.split()[-1], "s") as room:
            phone = await room.add_phone(5, "Eva")
            assert await phone.type("/start") == 1
    finally:
        process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0


async def test_system_clock_stays():
    """The machine's own clock can't be moved from outside."""
    api = PracticeApi(SystemClock(), token="1:t")
    await api.start()
    try:
        async with ControlClient(api.control_url, api.secret) as room:
            reason = await _reason(room.move_by(60))
    finally:
        await api.stop()
    assert reason == "this clock can't be moved"


async def _reason(asked):
    try:
        await asked
    except ControlError as error:
        return str(error)
    return None


async def test_stop_ends_a_long_poll():
    """A room that closes lets nobody wait."""
    api = PracticeApi(SystemClock(), token="1:t")
    await api.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", int(api.address.split(":")[-1]))
    writer.write(b"GET /bot1:t/getUpdates?timeout=50 HTTP/1.1\r\nHost: x\r\n\r\n")
    await api.quiet(0)
    async with asyncio.timeout(5):
        await api.stop()
        assert b'"ok"' not in await reader.read()
    writer.close()
    await writer.wait_closed()


def test_every_described_method_exists():
    """The methods of the description and those of the room are the same."""
    assert {*methods._METHODS, "getUpdates"} == set(schema.METHODS)
    assert schema.VERSION == "Bot API 10.1"


def test_every_type_is_described():
    """Every type that a description names is a scalar or described."""
    known = {*schema._TYPES, *schema._SCALARS}
    fields = [f for method in schema.METHODS.values() for f in method.values()]
    for description in schema._TYPES.values():
        fields += description.get("fields", {}).values()
        assert set(description.get("subtypes", [])) <= known
    named = {re.sub(r"^(Array of )+", "", kind) for field in fields for kind in field["types"]}
    assert named <= known
