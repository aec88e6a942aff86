"""Quiet means that the bot has done everything and waits."""

import asyncio

import pytest

from bot.practice.botapi.client import ControlError
from bot.practice.botapi.quiet import NotQuietError
from bot.practice.botapi.weather import Kind, Rule


async def test_nobody_polls(api):
    """Without a waiting bot there is no quiet."""
    with pytest.raises(NotQuietError, match="does not wait"):
        await api.quiet(0, within=0.05)


async def test_pending_update(api, call, ana):
    """An update that was delivered but not acknowledged keeps it from being quiet."""
    await call.result("getUpdates", timeout=30)
    with pytest.raises(NotQuietError, match="1 updates pending"):
        await api.quiet(0, within=0.05)


async def test_update_on_its_way(api, call, ana):
    """An update that the waiting bot has not even seen yet keeps it from being quiet."""
    offset = api.world.queue.pending()[-1]["update_id"] + 1
    polling = asyncio.create_task(call.result("getUpdates", offset=offset, timeout=30))
    await api.quiet(0)
    ana.type("now")
    with pytest.raises(NotQuietError, match="1 updates pending"):
        await api.quiet(0, within=0.05)
    assert len(await polling) == 1


async def test_running_call(api, call):
    """A running call keeps it from being quiet, until it has ended."""
    polling = asyncio.create_task(call("getUpdates", timeout=30))
    await api.quiet(0)
    api.weather.foretell(Rule(Kind.LATENCY, "getMe", seconds=30))
    running = asyncio.create_task(call.result("getMe"))
    while not api.counts["getMe"]:
        await api.world.pulse.wait(0.01)
    with pytest.raises(NotQuietError, match="1 calls running"):
        await api.quiet(0, within=0.05)
    running.cancel()
    await api.quiet(0.05)
    polling.cancel()


async def test_a_bot_at_work(api, call, ana, room):
    """Quiet returns after the bot has answered and rested, and not before."""

    async def answer_everything():
        offset = 0
        while True:
            for update in await call.result("getUpdates", offset=offset, timeout=30):
                offset = update["update_id"] + 1
                await call.result("sendMessage", chat_id=7, text=update["message"]["text"])

    working = asyncio.create_task(answer_everything())
    ana.type("one")
    await room.quiet(0.05)
    ana.type("two")
    await room.quiet(0.05)
    working.cancel()
    bot_said = [m["text"] for m in ana.view()["messages"] if m["from"] == "bot"]
    assert bot_said == ["/start", "one", "two"]


async def test_over_http(room):
    """The time-out is told over HTTP too."""
    with pytest.raises(ControlError, match="does not wait"):
        await room.quiet(0, within=0.05)
