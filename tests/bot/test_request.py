"""The client for the Bot API: python-telegram-bot on aiohttp, over real HTTP on loopback."""

import asyncio
import json
import socket
import traceback

import pytest
from aiohttp import web
from telegram import Bot, InputMediaDocument
from telegram.error import BadRequest, InvalidToken, NetworkError, RetryAfter, TimedOut
from telegram.request import HTTPXRequest

from bot.request import AiohttpRequest

TOKEN = "4242:" + "Ab3_-" * 7
ME = {"id": 4242, "is_bot": True, "first_name": "Appointments", "username": "a_bot"}


class Server:
    """Answers what it is told to, and keeps what it was asked."""

    def __init__(self):
        self.asked = []
        self.answers = {"getMe": lambda _: web.json_response({"ok": True, "result": ME})}
        self.arrived = asyncio.Event()
        self.release = asyncio.Event()

    async def answer(self, request):
        method = request.match_info["method"]
        form = {
            name: (value.filename, value.file.read()) if hasattr(value, "file") else value
            for name, value in (await request.post()).items()
        }
        self.asked.append((method, form, request))
        self.arrived.set()
        found = self.answers.get(method, lambda _: web.json_response({"ok": True, "result": True}))
        answer = found(request)
        return await answer if asyncio.iscoroutine(answer) else answer

    def say(self, method, status, body):
        self.answers[method] = lambda _: web.json_response(body, status=status)

    async def hang(self, _):
        await self.release.wait()
        return web.json_response({"ok": True, "result": True})

    async def drop(self, request):
        request.transport.abort()
        return web.Response()

    async def go_silent(self, request):
        """Begin the answer and never end it."""
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"ok": tr')
        await self.release.wait()
        return response


@pytest.fixture
async def server():
    server = Server()
    app = web.Application()
    app.router.add_route("*", "/bot{token}/{method}", server.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/bot"
    yield server
    server.release.set()
    await runner.cleanup()


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    # The library's own way to opt in to what its deprecation warning announces.
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
async def bot(server):
    async with Bot(
        TOKEN,
        base_url=server.base_url,
        request=AiohttpRequest(),
        get_updates_request=AiohttpRequest(1),
    ) as bot:
        yield bot


@pytest.fixture(params=[AiohttpRequest, HTTPXRequest])
async def either(request):
    """Yield our client and the library's own, for what must be the same with both."""
    async with request.param(
        connection_pool_size=1, read_timeout=0.2, connect_timeout=2.0, pool_timeout=0.1
    ) as client:
        yield client


def url_of(server, method):
    return f"{server.base_url}{TOKEN}/{method}"


async def test_parameters(bot, server):
    """Parameters arrive as the library encodes them: texts as they are, the rest as JSON."""
    await bot.set_my_commands([("help", "Hilfe & mehr: ä")], language_code="de")
    method, form, request = server.asked[-1]
    assert method == "setMyCommands"
    assert form["language_code"] == "de"
    assert json.loads(form["commands"]) == [{"command": "help", "description": "Hilfe & mehr: ä"}]
    assert request.content_type == "application/x-www-form-urlencoded"
    assert request.headers["User-Agent"].startswith("python-telegram-bot")


async def test_files(bot, server):
    """Files arrive whole, with their names, beside the other parameters."""
    sent = {"message_id": 1, "date": 1, "chat": {"id": 7, "type": "private"}}
    server.say("sendDocument", 200, {"ok": True, "result": sent})
    await bot.send_document(7, b"BEGIN:VCALENDAR", filename="a.ics", caption="Wann? ä")
    _, form, request = server.asked[-1]
    assert request.content_type == "multipart/form-data"
    assert (form["chat_id"], form["caption"]) == ("7", "Wann? ä")
    assert form["document"] == ("a.ics", b"BEGIN:VCALENDAR")
    server.say("sendMediaGroup", 200, {"ok": True, "result": [sent, sent]})
    media = [InputMediaDocument(b"one", filename="1"), InputMediaDocument(b"two", filename="2")]
    await bot.send_media_group(7, media)
    files = [value for value in server.asked[-1][1].values() if isinstance(value, tuple)]
    assert files == [("1", b"one"), ("2", b"two")]


async def test_refusals(bot, server):
    """Telegram's refusals arrive as the library's own errors."""
    server.say("logOut", 400, {"ok": False, "error_code": 400, "description": "Bad Request: no"})
    with pytest.raises(BadRequest, match="No"):
        await bot.log_out()
    server.say("logOut", 401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
    with pytest.raises(InvalidToken):
        await bot.log_out()
    server.say("logOut", 429, {"ok": False, "description": "x", "parameters": {"retry_after": 3}})
    with pytest.raises(RetryAfter):
        await bot.log_out()
    server.answers["logOut"] = lambda _: web.Response(status=502, text="<html>")
    with pytest.raises(NetworkError, match="Bad Gateway"):
        await bot.log_out()


@pytest.mark.parametrize("misdeed", ["hang", "go_silent"])
async def test_no_answer_in_time(either, server, misdeed):
    """An answer that does not come, or does not end, within the read time-out is TimedOut."""
    server.answers["logOut"] = getattr(server, misdeed)
    with pytest.raises(TimedOut):
        await either.do_request(url_of(server, "logOut"), "POST")


async def test_named_time_out(either, server):
    """A read time-out that is given for one request comes before the usual one."""
    server.answers["logOut"] = server.hang
    slow = asyncio.create_task(
        either.do_request(url_of(server, "logOut"), "POST", read_timeout=30.0)
    )
    done, _ = await asyncio.wait([slow], timeout=0.5)
    assert not done
    server.release.set()
    assert (await slow)[0] == 200


async def test_dropped_connection(either, server):
    """A connection that breaks is a NetworkError, and no TimedOut."""
    server.answers["logOut"] = server.drop
    with pytest.raises(NetworkError) as caught:
        await either.do_request(url_of(server, "logOut"), "POST")
    assert type(caught.value) is NetworkError


async def test_nobody_there(either):
    """A server that is not there is a NetworkError, and no TimedOut."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/bot{TOKEN}/getMe"
        with pytest.raises(NetworkError) as caught:
            await either.do_request(url, "POST")
    assert type(caught.value) is NetworkError


async def test_full_pool(either, server):
    """Who finds no free connection in time is told that nothing was sent."""
    server.answers["logOut"] = server.hang
    url = url_of(server, "logOut")
    first = asyncio.create_task(either.do_request(url, "POST", read_timeout=30.0))
    await server.arrived.wait()
    with pytest.raises(NetworkError, match=r"not\* sent"):
        await either.do_request(url, "POST")
    assert len(server.asked) == 1
    server.release.set()
    assert (await first)[0] == 200
    assert (await either.do_request(url, "POST"))[0] == 200


async def test_cancelled_request_frees_its_connection(server):
    """A request that is cancelled gives its place in the pool back."""
    server.answers["logOut"] = server.hang
    async with AiohttpRequest(1) as client:
        task = asyncio.create_task(client.do_request(url_of(server, "logOut"), "POST"))
        await server.arrived.wait()
        task.cancel()
        await asyncio.wait([task])
        assert (await client.do_request(url_of(server, "getMe"), "POST"))[0] == 200


async def test_write_time_out():
    """A server that takes nothing in does not hold the bot for ever."""
    accepted = []

    def take_nothing(reader, writer):
        writer.transport.pause_reading()
        accepted.append(writer)

    server = await asyncio.start_server(take_nothing, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/bot"
    async with (
        server,
        AiohttpRequest(read_timeout=0.1, connect_timeout=0.1, media_write_timeout=0.1) as client,
    ):
        stuck = Bot(TOKEN, base_url=address, request=client)
        with pytest.raises(TimedOut):
            await stuck.send_document(7, bytes(32 * 1024 * 1024), filename="a")
        for writer in accepted:
            writer.transport.abort()


async def test_redirect(server):
    """A redirect is not followed: the token goes to nobody else."""
    server.answers["logOut"] = lambda _: web.Response(
        status=307, headers={"Location": url_of(server, "getMe")}
    )
    async with AiohttpRequest() as client:
        assert (await client.do_request(url_of(server, "logOut"), "POST"))[0] == 307
    assert [method for method, _, _ in server.asked] == ["logOut"]


@pytest.mark.parametrize("misdeed", ["hang", "go_silent", "drop", "nobody", "address", "proxy"])
async def test_no_token_in_errors(server, misdeed, monkeypatch, caplog):
    """Neither an error, nor what caused it, nor a log shows the address and its token."""
    caplog.set_level("DEBUG")
    url = url_of(server, "logOut")
    if misdeed == "nobody":
        url = f"http://127.0.0.1:1/bot{TOKEN}/logOut"
    elif misdeed == "address":
        url = f"http://127.0.0.1:99999/bot{TOKEN}/logOut"
    elif misdeed == "proxy":
        monkeypatch.setenv("http_proxy", f"socks5://u:{TOKEN}@127.0.0.1:1")
    else:
        server.answers["logOut"] = getattr(server, misdeed)
    async with AiohttpRequest(read_timeout=0.1) as client:
        with pytest.raises(NetworkError) as caught:
            await client.post(url)
    shown = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert TOKEN not in shown
    assert TOKEN[5:] not in shown


async def test_proxy(server, monkeypatch):
    """Requests go through the proxy that the environment names, but not where it says so."""
    port = server.base_url.rpartition(":")[2].removesuffix("/bot")
    monkeypatch.setenv("http_proxy", f"127.0.0.1:{port}")
    monkeypatch.setenv("no_proxy", "direct.invalid")
    async with AiohttpRequest() as client:
        status, _ = await client.do_request(f"http://telegram.invalid/bot{TOKEN}/getMe", "POST")
        assert status == 200
        assert server.asked[-1][2].headers["Host"] == "telegram.invalid"
        with pytest.raises(NetworkError):
            await client.do_request(f"http://direct.invalid/bot{TOKEN}/getMe", "POST")


async def test_life(server):
    """It works between initialize and shutdown, again after both, and twice does no harm."""
    client = AiohttpRequest(read_timeout=7.0)
    url = url_of(server, "getMe")
    assert client.read_timeout == 7.0
    with pytest.raises(RuntimeError, match="not initialized"):
        await client.do_request(url, "POST")
    for _ in range(2):
        await client.initialize()
        await client.initialize()
        assert (await client.do_request(url, "GET"))[0] == 200
        await client.shutdown()
        await client.shutdown()
    with pytest.raises(RuntimeError, match="not initialized"):
        await client.do_request(url, "POST")
