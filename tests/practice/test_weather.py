"""The line misbehaves as told, and only so."""

import asyncio

import aiohttp
import pytest
from telegram.error import NetworkError, RetryAfter, TimedOut

from bot.practice.botapi.weather import Kind, Rule


def texts(phone):
    return [m["text"] for m in phone.view()["messages"] if m["from"] == "bot"]


async def test_too_many(api, call, bot, ana):
    """A flood is answered with 429 and the seconds to wait."""
    api.weather.foretell(Rule(Kind.TOO_MANY, "sendMessage", times=2, seconds=7))
    assert await call("sendMessage", chat_id=ana.id, text="x") == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 7",
        "parameters": {"retry_after": 7},
    }
    with pytest.raises(RetryAfter):
        await bot.send_message(ana.id, "x")
    await bot.send_message(ana.id, "third")
    assert texts(ana) == ["third"]


async def test_bad_gateway(api, bot, ana):
    """A proxy's 502 is HTML."""
    api.weather.foretell(Rule(Kind.BAD_GATEWAY, "send*"))
    with pytest.raises(NetworkError, match=r"Bad Gateway"):
        await bot.send_message(ana.id, "x")
    await bot.send_message(ana.id, "second")
    assert texts(ana) == ["second"]


@pytest.mark.parametrize(
    ("kind", "effect"),
    [
        (Kind.DROP_BEFORE, []),
        (Kind.DROP_AFTER, ["x"]),
        (Kind.TIMEOUT_BEFORE, []),
        (Kind.TIMEOUT_AFTER, ["x"]),
    ],
)
async def test_no_answer(api, call, ana, kind, effect):
    """A connection is closed without an answer, before or after the effect."""
    api.weather.foretell(Rule(kind, "sendMessage", seconds=0.05))
    with pytest.raises(aiohttp.ClientError):
        await call("sendMessage", chat_id=ana.id, text="x")
    assert texts(ana) == effect


async def test_client_gives_up_first(api, bot, ana):
    """A client that times out sees a time-out, and the message is there."""
    api.weather.foretell(Rule(Kind.TIMEOUT_AFTER, "sendMessage", seconds=30))
    with pytest.raises(TimedOut):
        await bot.send_message(ana.id, "x", read_timeout=0.1)
    assert texts(ana) == ["x"]


async def test_latency(api, call, ana):
    """A slow line answers late."""
    api.weather.foretell(Rule(Kind.LATENCY, "getMe", seconds=0.1))
    started = asyncio.get_running_loop().time()
    await call.result("getMe")
    assert asyncio.get_running_loop().time() - started >= 0.1


async def test_rules_are_used_up_in_order(api, call):
    """Each rule serves its count and its methods, then the next; without a count it stays."""
    api.weather.foretell(Rule(Kind.TOO_MANY, "getMe", seconds=1))
    api.weather.foretell(Rule(Kind.TOO_MANY, "*", times=None, seconds=2))
    codes = [(await call(m))["parameters"]["retry_after"] for m in ("getWebhookInfo", "getMe")]
    codes += [(await call("getMe"))["parameters"]["retry_after"] for _ in range(2)]
    assert codes == [2, 1, 2, 2]


async def test_down(api, bot, ana, room):
    """While Telegram is down everything is 502, and the phones can still write."""
    await room.go_down()
    with pytest.raises(NetworkError):
        await bot.get_me()
    assert [(c.method, c.description) for c in api.journal][-1] == ("getMe", "down")
    ana.type("anybody?")
    await room.fine_weather()
    updates = await bot.get_updates()
    assert [update.message.text for update in updates] == ["/start", "anybody?"]


async def test_weather_over_http(call, room):
    """Rules can be made, seen and cleared from outside."""
    await room.foretell("too_many", "getMe", seconds=3, times=5)
    shown = await room.ask("GET", "weather")
    assert shown["rules"] == [{"kind": "too_many", "methods": "getMe", "times": 5, "seconds": 3}]
    assert await call.refused("getMe") == (429, "Too Many Requests: retry after 3")
    await room.fine_weather()
    await call.result("getMe")


async def test_journal(api, call, ana, clock):
    """The journal keeps every call: when, what, to whom, and why it failed."""
    await call("sendMessage", chat_id=ana.id, text="x")
    await call("sendMessage", chat_id=99, text="x")
    api.weather.foretell(Rule(Kind.BAD_GATEWAY, "getMe"))
    with pytest.raises(aiohttp.ContentTypeError):
        await call("getMe")
    kept = [(c.instant, c.method, c.chat_id, c.ok, c.description) for c in api.journal]
    now = clock.now()
    assert kept == [
        (now, "sendMessage", 7, True, ""),
        (now, "sendMessage", 99, False, "Bad Request: chat not found"),
        (now, "getMe", None, False, "bad_gateway"),
    ]
    assert api.counts == {"sendMessage": 2, "getMe": 1}
