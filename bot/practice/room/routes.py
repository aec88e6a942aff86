"""What the page asks of the room, over HTTP; nothing of it without the secret.

Bodies and answers are JSON, and a refusal is `{"error": "..."}`. What people do goes to the phones'
own routes (`bot/practice/botapi/user_side.py`).
"""

import asyncio
import io
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import segno
from aiohttp import web

from bot.errors import UserError
from bot.language import catalogues
from bot.language.shipped import shipped_revision
from bot.practice.botapi.phones import Phone, PhoneError
from bot.practice.botapi.schema import Json
from bot.practice.botapi.user_side import SECRET_HEADER
from bot.practice.installation import ZONE
from bot.practice.room import insight, serve
from bot.practice.room.beginning import begin, begin_with
from bot.practice.room.play import SPEEDS, is_scripts
from bot.practice.room.recording import ROOM_ACTS
from bot.practice.room.table import ROLES, TableError
from bot.practice.scripts import script as scripts
from bot.practice.scripts import shelf
from bot.practice.scripts.script import ScriptError
from bot.practice.scripts.times import moved
from flows.diagram import mermaid
from flows.model import MINUTE, Instant

if TYPE_CHECKING:
    from bot.practice.room.room import Room

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_LONGEST_WAIT = 25.0


def routes(room: "Room", secret: str) -> list[web.RouteDef]:
    """Return what the room serves to its page."""
    asked = _Asked(room)
    handlers: list[tuple[str, str, _Handler]] = [
        ("GET", "about", asked.about),
        ("GET", "qr", asked.qr),
        ("POST", "changes", asked.changes),
        ("POST", "clock", asked.clock),
        ("POST", "weather", asked.weather),
        ("POST", "bot", asked.bot),
        ("POST", "people", asked.people),
        ("POST", "away", asked.away),
        ("POST", "play", asked.play),
        ("POST", "over", asked.over),
        ("POST", "save", asked.save),
        ("POST", "open", asked.open),
        ("POST", "files", asked.files),
    ]
    return [
        web.route(verb, f"/practice/room/{path}", _guarded(_noted(room, path, handler), secret))
        for verb, path, handler in handlers
    ]


def _noted(room: "Room", path: str, handler: _Handler) -> _Handler:
    """Let the recording know of what is an act, once it is done."""
    if path not in ROOM_ACTS:
        return handler

    async def noted(request: web.Request) -> web.StreamResponse:
        before = room.clock.now()
        body = await request.json()
        answer = await handler(request)
        room.recording.room_did(path, body, before, by_script=is_scripts(request.headers))
        return answer

    return noted


def _guarded(handler: _Handler, secret: str) -> _Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        if not serve.is_secret(request.headers.get(SECRET_HEADER, ""), secret):
            return _error("the secret is missing or wrong", 403)
        try:
            return await handler(request)
        except (PhoneError, ScriptError, TableError, UserError) as error:
            return _error(str(error))
        except (KeyError, TypeError, ValueError) as error:
            return _error(f"this request can't be read: {error!r}")

    return guarded


class _Asked:
    """The page's questions and orders."""

    def __init__(self, room: "Room") -> None:
        self._room = room

    async def about(self, _: web.Request) -> web.Response:
        """Return what stays the same for the whole evening."""
        flow = shipped_revision("environment", insight.LANGUAGE).flow
        script = self._room.start.script
        return web.json_response(
            {
                "epoch": self._room.epoch,
                "title": self._room.start.title,
                "zone": ZONE,
                "bot": self._room.api.start_url(""),
                "roles": ROLES,
                "languages": catalogues.languages(),
                "steps": insight.steps(flow),
                "mermaid": mermaid(flow),
                "scripts": self._scripts(),
                "script": script.name,
                "lines": [line.text for line in script.lines],
            }
        )

    async def changes(self, request: web.Request) -> web.Response:
        """Return what a page has not seen yet, as soon as there is something; else wait."""
        room, body = self._room, await request.json()
        seen = {int(number): int(version) for number, version in body["phones"].items()}
        loop = asyncio.get_running_loop()
        deadline = loop.time() + min(float(body["wait"]), _LONGEST_WAIT)
        while not self._news(seen, body) and (left := deadline - loop.time()) > 0:
            await room.api.world.pulse.wait(left)
        # What the bot sends comes in bursts; one picture of them is enough.
        await asyncio.sleep(0.02)
        return web.json_response(
            {
                "epoch": room.epoch,
                "now": room.clock.now(),
                "revision": room.revision,
                "people": [asdict(person) for person in room.table.people],
                "room": room.shown if body["revision"] != room.revision else None,
                "phones": [phone.view() for phone in self._fresh_phones(seen)],
            }
        )

    def _news(self, seen: dict[int, int], body: Json) -> bool:
        room = self._room
        if body["epoch"] != room.epoch or body["revision"] != room.revision:
            return True
        return bool(self._fresh_phones(seen))

    def _fresh_phones(self, seen: dict[int, int]) -> list[Phone]:
        return [one for one in self._room.api.phones.all() if seen.get(one.id) != one.version]

    async def qr(self, request: web.Request) -> web.Response:
        """Return a QR code of the bot's deep link with this payload, as a picture."""
        link = self._room.api.start_url(request.query["payload"])
        picture = io.BytesIO()
        segno.make(link, error="m", micro=False).save(
            picture, kind="svg", light="#fff", omitsize=True
        )
        return web.Response(body=picture.getvalue(), content_type="image/svg+xml")

    def _scripts(self) -> list[Json]:
        shipped = {name: scripts.load(name).title for name in scripts.names()}
        saved = self._room.shelf.titles()
        return [
            {"name": name, "title": title, "saved": kind is saved}
            for kind in (shipped, saved)
            for name, title in kind.items()
        ]

    async def clock(self, request: web.Request) -> web.Response:
        """Move ahead: `{"minutes": 5}`, `{"to": "17:45"}` (of a day too), or `{"timer": true}`."""
        body = await request.json()
        if body.get("timer"):
            await self._room.look()
        await self._room.move_clock(self._instant(body))
        return web.json_response({"now": self._room.clock.now()})

    def _instant(self, body: Json) -> Instant:
        now = self._room.clock.now()
        if "minutes" in body:
            return now + int(body["minutes"]) * MINUTE
        if "to" in body:
            return _time_to_come(now, str(body["to"]))
        coming = [timer["at"] for timer in self._room.knows["timers"]]
        return int(min(coming, default=now))

    async def weather(self, request: web.Request) -> web.Response:
        """Switch bad weather on and off by its names."""
        self._room.set_weather(await request.json())
        return web.json_response(self._room.weather)

    async def bot(self, request: web.Request) -> web.Response:
        """Kill the bot, or start it again from the files: `{"on": true}`."""
        await self._room.switch_bot(on=bool((await request.json())["on"]))
        return web.json_response({"on": self._room.bot.wanted})

    async def people(self, request: web.Request) -> web.Response:
        """Add a phone: `{"role": "participant", "locale": "de"}`, with a `label` if wanted."""
        body = await request.json()
        person = await self._room.add(body["role"], body["locale"], body.get("label", ""))
        return web.json_response(asdict(person))

    async def away(self, request: web.Request) -> web.Response:
        """Put a phone away, or take it out again: `{"phone": 1003, "away": true}`."""
        body = await request.json()
        self._room.put_away(int(body["phone"]), away=bool(body["away"]))
        return web.json_response({})

    async def play(self, request: web.Request) -> web.Response:
        """Play, pause or step, or set the speed of the script that is on."""
        body, play = await request.json(), self._room.play
        if play is None:
            return _error("no script is on", 409)
        if body.get("speed") in SPEEDS:
            play.set_speed(body["speed"])
        if "act" in body:
            play.control(body["act"])
        return web.json_response(play.as_json())

    async def over(self, request: web.Request) -> web.Response:
        """Forget this evening, and begin another: a free one, or that of a script."""
        start = begin((await request.json()).get("script"), self._room.shelf)
        self._room.start_over(start)
        return web.json_response({"begins": start.title})

    async def save(self, request: web.Request) -> web.Response:
        """Save the evening so far as a script: `{"title": "Anna is late"}`."""
        title = " ".join(str((await request.json())["title"]).split())
        if not title or len(title) > shelf.LONGEST_TITLE:
            return _error(f"A title has 1 to {shelf.LONGEST_TITLE} characters.")
        text = self._room.recording.script(title)
        return self._put(title, text)

    async def open(self, request: web.Request) -> web.Response:
        """Take a script in from a file: `{"name": "late.script", "text": "..."}`."""
        body = await request.json()
        name, text = str(body["name"]), str(body["text"])
        begin_with(shelf.taken_in(name, text))
        return self._put(name.removesuffix(shelf.ENDING), text)

    async def files(self, request: web.Request) -> web.Response:
        """Look into the bot's files: `{}`, or for traces of `{"label": "H7", "phone": 1003}`."""
        body = await request.json()
        store = await self._room.store()
        return web.json_response(await store.read(partial(insight.files, about=body)))

    def _put(self, title: str, text: str) -> web.Response:
        name = self._room.shelf.put(title, text)
        return web.json_response({"name": name, "text": text, "scripts": self._scripts()})


def _time_to_come(now: Instant, written: str) -> Instant:
    """Return the instant of a date and time in the room's zone; of a time of day, the next one."""
    here = datetime.fromtimestamp(now, ZoneInfo(ZONE))
    if "-" in written:
        instant = moved(here, written.replace(" ", "T"))
        if instant < now:
            raise UserError(f"The clock never runs backwards, and {written} is past.")
        return instant
    hour, minute = (int(part) for part in written.split(":")[:2])
    then = here.replace(hour=hour, minute=minute, second=0)
    return int((then if then > here else then + timedelta(days=1)).timestamp())


def _error(words: str, status: int = 400) -> web.Response:
    return web.json_response({"error": words}, status=status)
