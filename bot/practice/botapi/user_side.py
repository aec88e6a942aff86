"""The side that people and tests use: phones, weather, clock and quiet over HTTP.

Every request carries the secret, in the header `X-Practice-Secret` or as `?secret=`; bodies and
answers are JSON, and a refusal is `{"error": "..."}`. It must never be reachable without the
secret: it could speak for anybody.
"""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from aiohttp import web

from bot.clock import Clock, MovableClock
from bot.practice.botapi.bot_side import BotSide
from bot.practice.botapi.phones import ACTS, Phone, PhoneError, Phones
from bot.practice.botapi.quiet import NotQuietError, Quiet
from bot.practice.botapi.schema import Json
from bot.practice.botapi.weather import Rule, Weather
from bot.practice.botapi.world import World

SECRET_HEADER = "X-Practice-Secret"  # noqa: S105 -- the name of the header
_LONGEST_WAIT = 60.0

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Acted = Callable[[web.Request, Phone, Json], None]
"""Is told of everything that somebody has done on a phone, right after it."""


class UserSide:
    """Serves the phones and the room's controls."""

    def __init__(
        self,
        *,
        secret: str,
        clock: Clock,
        world: World,
        phones: Phones,
        weather: Weather,
        quiet: Quiet,
        bot_side: BotSide,
        acted: Acted | None,
    ) -> None:
        self._acted = acted
        self._secret = secret
        self._clock = clock
        self._world = world
        self._phones = phones
        self._weather = weather
        self._quiet = quiet
        self._bot_side = bot_side

    def routes(self) -> list[web.RouteDef]:
        """Return what to serve, all of it behind the secret."""
        handlers = [
            ("GET", "/practice/phones", self._list_phones),
            ("POST", "/practice/phones", self._add_phone),
            ("GET", "/practice/phones/{id}", self._view),
            ("GET", "/practice/phones/{id}/history", self._show_history),
            ("POST", "/practice/phones/{id}/{act}", self._act),
            ("GET", "/practice/phones/{id}/files/{message}", self._file),
            ("POST", "/practice/updates", self._push_update),
            ("GET", "/practice/weather", self._show_weather),
            ("POST", "/practice/weather", self._set_weather),
            ("DELETE", "/practice/weather", self._clear_weather),
            ("GET", "/practice/clock", self._show_clock),
            ("POST", "/practice/clock", self._move_clock),
            ("GET", "/practice/quiet", self._wait_for_quiet),
            ("GET", "/practice/calls", self._show_calls),
        ]
        return [web.route(verb, path, self._guard(handler)) for verb, path, handler in handlers]

    def _guard(self, handler: _Handler) -> _Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            given = request.headers.get(SECRET_HEADER) or request.query.get("secret", "")
            if not hmac.compare_digest(given.encode(), self._secret.encode()):
                return _error("the secret is missing or wrong", 403)
            try:
                return await handler(request)
            except PhoneError as error:
                return _error(str(error))
            except NotQuietError as error:
                return _error(str(error), 504)
            except (KeyError, TypeError, ValueError) as error:
                return _error(f"this request can't be read: {error!r}")

        return guarded

    async def _list_phones(self, _: web.Request) -> web.Response:
        shown = ("user_id", "first_name", "language_code", "version")
        views = [phone.view() for phone in self._phones.all()]
        return web.json_response([{name: view[name] for name in shown} for view in views])

    async def _add_phone(self, request: web.Request) -> web.Response:
        return web.json_response(self._phones.add(**await _body(request)).view())

    async def _view(self, request: web.Request) -> web.Response:
        phone = self._phone(request)
        after = int(request.query.get("after", 0))
        wait = min(float(request.query.get("wait", 0)), _LONGEST_WAIT)
        return web.json_response(await phone.view_after(after, wait))

    async def _show_history(self, request: web.Request) -> web.Response:
        return web.json_response(self._phone(request).history)

    async def _act(self, request: web.Request) -> web.Response:
        act = ACTS.get(request.match_info["act"])
        if act is None:
            raise PhoneError("a phone can't do that")
        phone, body = self._phone(request), await _body(request)
        result = act(phone, body)
        if self._acted:
            self._acted(request, phone, body)
        return web.json_response({"result": result})

    async def _file(self, request: web.Request) -> web.Response:
        message = self._phone(request).file(int(request.match_info["message"]))
        mime_type = message.media.get("document", {}).get("mime_type")
        headers = {"Content-Type": mime_type or "application/octet-stream"}
        return web.Response(body=message.content, headers=headers)

    async def _push_update(self, request: web.Request) -> web.Response:
        update_id = self._world.queue.push_raw(await _body(request))
        return web.json_response({"update_id": update_id})

    async def _show_weather(self, _: web.Request) -> web.Response:
        return web.json_response(self._weather.as_json())

    async def _set_weather(self, request: web.Request) -> web.Response:
        body = await _body(request)
        rules = [Rule.from_json(rule) for rule in body.get("rules", [])]
        self._weather.down = bool(body.get("down", self._weather.down))
        for rule in rules:
            self._weather.foretell(rule)
        return web.json_response(self._weather.as_json())

    async def _clear_weather(self, _: web.Request) -> web.Response:
        self._weather.clear()
        return web.json_response(self._weather.as_json())

    async def _show_clock(self, _: web.Request) -> web.Response:
        movable = isinstance(self._clock, MovableClock)
        return web.json_response({"now": self._clock.now(), "movable": movable})

    async def _move_clock(self, request: web.Request) -> web.Response:
        if not isinstance(self._clock, MovableClock):
            return _error("this clock can't be moved", 409)
        body = await _body(request)
        instant = body["to"] if "to" in body else self._clock.now() + body["by"]
        with self._quiet.call():
            await self._clock.move_to(int(instant))
        return await self._show_clock(request)

    async def _wait_for_quiet(self, request: web.Request) -> web.Response:
        for_seconds = float(request.query.get("for", "0.1"))
        timeout = min(float(request.query.get("timeout", "10")), _LONGEST_WAIT)
        await self._quiet.wait(for_seconds, timeout)
        return web.json_response({"quiet": True})

    async def _show_calls(self, _: web.Request) -> web.Response:
        journal = [asdict(call) for call in self._bot_side.journal]
        return web.json_response({"counts": dict(self._bot_side.counts), "journal": journal})

    def _phone(self, request: web.Request) -> Phone:
        return self._phones.get(int(request.match_info["id"]))


async def _body(request: web.Request) -> Json:
    body = await request.json() if request.can_read_body else {}
    if not isinstance(body, dict):
        raise TypeError("the body must be a JSON object")
    return body


def _error(words: str, status: int = 400) -> web.Response:
    return web.json_response({"error": words}, status=status)
