"""The queue of updates behaves as Telegram's does."""

import asyncio

import pytest
from telegram.error import Conflict

from tests.practice.conftest import buttons


def texts(updates):
    return [update["message"]["text"] for update in updates]


async def test_unacknowledged_comes_again(call, ana):
    """An update is delivered until a higher offset acknowledges it."""
    first = await call.result("getUpdates")
    assert await call.result("getUpdates", offset=first[0]["update_id"]) == first
    assert await call.result("getUpdates", offset=first[0]["update_id"] + 1) == []
    assert await call.result("getUpdates") == []


async def test_sequence_and_limit(call, ana):
    """Ids are consecutive, and no more come than asked for."""
    for text in "abc":
        ana.type(text)
    updates = await call.result("getUpdates")
    start = updates[0]["update_id"]
    assert [update["update_id"] for update in updates] == list(range(start, start + 4))
    assert texts(await call.result("getUpdates", offset=start + 1, limit=2)) == ["a", "b"]


async def test_negative_offset(call, ana):
    """A negative offset forgets all but the newest."""
    for text in "abc":
        ana.type(text)
    assert texts(await call.result("getUpdates", offset=-2)) == ["b", "c"]
    assert texts(await call.result("getUpdates")) == ["b", "c"]


async def test_offset_far_ahead(call, ana):
    """An offset far ahead of the queue acknowledges nothing."""
    assert texts(await call.result("getUpdates", offset=2_000_000_000)) == ["/start"]


async def test_kept_a_day(call, ana, clock):
    """Updates wait for 24 hours."""
    await clock.move_to(clock.now() + 86_399)
    assert texts(await call.result("getUpdates")) == ["/start"]
    await clock.move_to(clock.now() + 1)
    assert await call.result("getUpdates") == []


async def test_taps_kept_150_seconds(call, ana, clock):
    """A tap that waits for 150 seconds is never delivered."""
    sent = await call.result(
        "sendMessage", chat_id=ana.id, text="?", reply_markup=buttons([("Yes", "y")])
    )
    ana.tap(sent["message_id"], "y")
    await clock.move_to(clock.now() + 149)
    assert "callback_query" in (await call.result("getUpdates"))[-1]
    await clock.move_to(clock.now() + 1)
    assert texts(await call.result("getUpdates")) == ["/start"]


async def test_allowed_updates(call, ana):
    """Only kinds asked for are queued from then on; asking for none brings the usual back."""
    await call.result("getUpdates", allowed_updates=["message"])
    mine = ana.type("one")
    ana.edit(mine, "uno")
    assert texts(await call.result("getUpdates")) == ["/start", "one"]
    info = await call.result("getWebhookInfo")
    assert info["allowed_updates"] == ["message"]
    await call.result("getUpdates", allowed_updates=[])
    ana.edit(mine, "ein")
    assert "edited_message" in (await call.result("getUpdates"))[-1]


async def test_long_poll_is_woken(api, call, ana):
    """A waiting poll returns as soon as there is an update."""
    last = (await call.result("getUpdates"))[-1]["update_id"]
    polling = asyncio.create_task(call.result("getUpdates", offset=last + 1, timeout=30))
    await api.quiet(0)
    ana.type("now")
    assert texts(await polling) == ["now"]


async def test_long_poll_ends_empty(call):
    """A poll that nothing wakes returns empty after its time-out."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    assert await call.result("getUpdates", timeout=1) == []
    assert loop.time() - started >= 1


async def test_conflict(api, bot, ana):
    """A second poll ends the first with 409."""
    await bot.get_updates(offset=-1)
    last = api.world.queue.pending()[-1]["update_id"]
    first = asyncio.create_task(bot.get_updates(offset=last + 1, timeout=30))
    await api.quiet(0)
    second = asyncio.create_task(bot.get_updates(offset=last + 1, timeout=30))
    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await first
    ana.type("now")
    assert [update.message.text for update in await second] == ["now"]


async def test_killed_bot_does_not_wait(api, call):
    """A poll ends with the connection of whoever asked."""
    polling = asyncio.create_task(call("getUpdates", timeout=30))
    await api.quiet(0)
    polling.cancel()
    async with asyncio.timeout(5):
        while api.world.queue.bot_waits:
            await api.world.pulse.wait(0.01)
    assert not api.world.queue.bot_waits


async def test_delete_webhook_keeps_updates(call, ana):
    """Pending updates are dropped only when the bot says so."""
    assert await call.result("deleteWebhook")
    assert (await call.result("getWebhookInfo"))["pending_update_count"] == 1
    assert await call.result("deleteWebhook", drop_pending_updates=True)
    assert (await call.result("getWebhookInfo"))["pending_update_count"] == 0


async def test_poison(call, room):
    """Any object can be put into the queue as an update."""
    number = await room.poison({"message": {"bogus": True}})
    assert await call.result("getUpdates") == [{"message": {"bogus": True}, "update_id": number}]


async def test_state_outlives_the_bot(api, call, session, ana):
    """A bot that comes back finds its updates."""
    before = await call.result("getUpdates")
    await session.close()
    assert api.world.queue.pending() == before
