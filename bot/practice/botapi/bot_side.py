"""The side that the bot talks to: the Bot API over HTTP, in any weather.

Reads calls as Telegram does (GET or POST; query, form, multipart or JSON), asks `methods`, and
answers in Telegram's envelope. It must never answer a wrong token.
"""

import asyncio
import json
import re
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

from aiohttp import BodyPartReader, web

from bot.practice.botapi import methods
from bot.practice.botapi.quiet import Quiet
from bot.practice.botapi.schema import Json, RefusedError, Upload, method_name, read_parameters
from bot.practice.botapi.weather import Kind, Rule, Weather
from bot.practice.botapi.world import World

_JOURNAL = 10_000
_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]+")
_GATEWAY_PAGE = "<html><body><h1>502 Bad Gateway</h1></body></html>"
_BEFORE = (Kind.TIMEOUT_BEFORE, Kind.DROP_BEFORE)
_AFTER = (Kind.TIMEOUT_AFTER, Kind.DROP_AFTER)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the bot, as the journal keeps it; the description says why it failed."""

    instant: int
    method: str
    chat_id: int | str | None
    ok: bool
    description: str = ""


class BotSide:
    """Serves the Bot API."""

    def __init__(self, world: World, weather: Weather, quiet: Quiet, token: str) -> None:
        self._world = world
        self._weather = weather
        self._quiet = quiet
        self._token = token
        self.journal: deque[Call] = deque(maxlen=_JOURNAL)
        self.counts: Counter[str] = Counter()

    def routes(self) -> list[web.RouteDef]:
        """Return what to serve."""
        return [
            web.route("*", "/bot{token}/{method}", self._handle),
            web.get("/file/bot{token}/documents/{name}", self._file),
        ]

    async def _handle(self, request: web.Request) -> web.Response:
        if self._weather.down:
            self.counts[request.match_info["method"]] += 1
            self._note(request.match_info["method"], {}, "down")
            return _gateway()
        try:
            self._check_token(request.match_info["token"])
            method = method_name(request.match_info["method"])
        except RefusedError as refused:
            return _refusal(refused)
        self.counts[method] += 1
        if method == "getUpdates":
            return await self._answer(request, method)
        with self._quiet.call():
            return await self._answer(request, method)

    async def _file(self, request: web.Request) -> web.Response:
        """Hand out a file, under the address that `getFile` has named."""
        if self._weather.down:
            return _gateway()
        try:
            self._check_token(request.match_info["token"])
        except RefusedError as refused:
            return _refusal(refused)
        with self._quiet.call():
            rule = self._weather.meet("file")
            if rule is not None and (early := await self._stopped(request, rule)):
                return early
            content = self._world.files.get(request.match_info["name"])
            if content is None:
                return _refusal(RefusedError("Not Found", 404))
            return web.Response(body=content, content_type="application/octet-stream")

    def _check_token(self, token: str) -> None:
        if token == self._token:
            return
        if _TOKEN.fullmatch(token):
            raise RefusedError("Unauthorized", 401)
        raise RefusedError("Not Found", 404)

    async def _answer(self, request: web.Request, method: str) -> web.Response:
        given, uploads = await _read(request)
        rule = self._weather.meet(method)
        if rule is not None and (early := await self._stopped(request, rule)):
            self._note(method, given, rule.kind)
            return early
        answer = await self._carry_out(method, given, uploads)
        if rule is not None and rule.kind in _AFTER:
            return await _vanish(request, rule)
        return answer

    async def _stopped(self, request: web.Request, rule: Rule) -> web.Response | None:
        match rule.kind:
            case Kind.TOO_MANY:
                seconds = int(rule.seconds)
                words = f"Too Many Requests: retry after {seconds}"
                return _refusal(RefusedError(words, 429, retry_after=seconds))
            case Kind.BAD_GATEWAY:
                return _gateway()
            case Kind.LATENCY:
                await asyncio.sleep(rule.seconds)
            case kind if kind in _BEFORE:
                return await _vanish(request, rule)
        return None

    async def _carry_out(
        self, method: str, given: Json, uploads: dict[str, Upload]
    ) -> web.Response:
        try:
            result = await self._result(method, read_parameters(method, given, uploads))
        except RefusedError as refused:
            self._note(method, given, refused.description)
            return _refusal(refused)
        self._note(method, given, "")
        return web.json_response({"ok": True, "result": result})

    async def _result(self, method: str, parameters: Json) -> Any:
        if method != "getUpdates":
            return methods.call(self._world, method, parameters)
        queue = self._world.queue
        if "allowed_updates" in parameters:
            queue.allow(parameters["allowed_updates"])
        limit = min(max(parameters.get("limit", 100), 1), 100)
        seconds = max(parameters.get("timeout", 0), 0)
        return await queue.poll(parameters.get("offset", 0), limit, seconds)

    def _note(self, method: str, given: Json, why_not: str) -> None:
        instant = self._world.clock.now()
        call = Call(instant, method, _chat_id(given), not why_not, why_not)
        self.journal.append(call)


async def _read(request: web.Request) -> tuple[Json, dict[str, Upload]]:
    """Return what the call carries, still as text where it came as text."""
    given: Json = dict(request.query)
    uploads: dict[str, Upload] = {}
    if request.content_type == "application/json":
        given |= await _json_body(request)
    elif request.content_type == "multipart/form-data":
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader):
                await _read_part(part, given, uploads)
    else:
        given |= {name: str(value) for name, value in (await request.post()).items()}
    return given, uploads


async def _read_part(part: BodyPartReader, given: Json, uploads: dict[str, Upload]) -> None:
    name = part.name or ""
    if part.filename is None:
        given[name] = await part.text()
        return
    mime_type = part.headers.get("Content-Type", "application/octet-stream")
    uploads[name] = Upload(part.filename, mime_type, bytes(await part.read()))


async def _json_body(request: web.Request) -> Json:
    body = await request.read()
    # A body that can't be read is one unknown parameter: refused where parameters are.
    try:
        given = json.loads(body) if body else {}
    except ValueError:
        return {"(unreadable JSON)": ""}
    return given if isinstance(given, dict) else {"(JSON, but no object)": ""}


async def _vanish(request: web.Request, rule: Rule) -> web.Response:
    """Close the connection without an answer, after a silence if the rule says so."""
    if rule.kind in (Kind.TIMEOUT_BEFORE, Kind.TIMEOUT_AFTER):
        await asyncio.sleep(rule.seconds)
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _refusal(refused: RefusedError) -> web.Response:
    body: Json = {"ok": False, "error_code": refused.code, "description": refused.description}
    if refused.parameters:
        body["parameters"] = refused.parameters
    return web.json_response(body, status=refused.code)


def _gateway() -> web.Response:
    return web.Response(status=502, text=_GATEWAY_PAGE, content_type="text/html")


def _chat_id(given: Json) -> int | str | None:
    chat_id = given.get("chat_id")
    try:
        return int(str(chat_id))
    except ValueError:
        return None if chat_id is None else str(chat_id)
