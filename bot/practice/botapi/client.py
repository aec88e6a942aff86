"""Phones and controls of a practice room in another process, for scripts and tests.

Speaks the user side's HTTP and nothing else; it must never reach into the server.
"""

import base64
from types import TracebackType
from typing import Any, Self

import aiohttp

from bot.practice.botapi.schema import Json

_SECRET_HEADER = "X-Practice-Secret"  # noqa: S105 -- the name of the header


class ControlError(Exception):
    """The practice room refused; the text is its reason."""


class ControlClient:
    """The room's controls: `async with ControlClient(api.control_url, api.secret) as room`."""

    def __init__(self, control_url: str, secret: str) -> None:
        self._url = control_url.rstrip("/")
        self._secret = secret
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(headers={_SECRET_HEADER: self._secret})
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def ask(self, verb: str, path: str, body: Json | None = None, **query: Any) -> Any:
        """Make one request; raise `ControlError` with the room's reason."""
        if self._session is None:
            raise RuntimeError("use `async with`")
        url = f"{self._url}/{path}"
        async with self._session.request(verb, url, json=body, params=query) as response:
            answer = await response.json()
        if response.status >= 400:
            raise ControlError(answer["error"])
        return answer

    async def fetch(self, path: str) -> bytes:
        """Return a file's content."""
        if self._session is None:
            raise RuntimeError("use `async with`")
        async with self._session.get(f"{self._url}/{path}") as response:
            if response.status >= 400:
                raise ControlError((await response.json())["error"])
            return await response.read()

    async def add_phone(
        self, user_id: int, first_name: str, language_code: str = ""
    ) -> "PhoneClient":
        """Switch on a phone."""
        body = {"user_id": user_id, "first_name": first_name, "language_code": language_code}
        await self.ask("POST", "phones", body)
        return PhoneClient(self, user_id)

    async def phones(self) -> list[Json]:
        """List the phones."""
        return list(await self.ask("GET", "phones"))

    async def poison(self, update: Json) -> int:
        """Queue any object as an update; return its update_id."""
        return int((await self.ask("POST", "updates", update))["update_id"])

    async def foretell(self, kind: str, methods: str = "*", **details: Any) -> None:
        """Make weather: see `weather.Rule`."""
        await self.ask("POST", "weather", {"rules": [{"kind": kind, "methods": methods} | details]})

    async def go_down(self) -> None:
        """Answer everything with 502 from now on."""
        await self.ask("POST", "weather", {"down": True})

    async def fine_weather(self) -> None:
        """Clear the weather."""
        await self.ask("DELETE", "weather")

    async def now(self) -> int:
        """Return the room's time."""
        return int((await self.ask("GET", "clock"))["now"])

    async def move_to(self, instant: int) -> None:
        """Move the room's clock to `instant`."""
        await self.ask("POST", "clock", {"to": instant})

    async def move_by(self, seconds: int) -> None:
        """Move the room's clock forward by `seconds`."""
        await self.ask("POST", "clock", {"by": seconds})

    async def quiet(self, for_seconds: float = 0.1, within: float = 10.0) -> None:
        """Return once the bot has rested for `for_seconds`; raise `ControlError` after `within`."""
        query: dict[str, Any] = {"for": str(for_seconds), "timeout": str(within)}
        await self.ask("GET", "quiet", None, **query)

    async def calls(self) -> Json:
        """Return `counts` and `journal` of the bot's calls."""
        return dict(await self.ask("GET", "calls"))


class PhoneClient:
    """One phone."""

    def __init__(self, room: ControlClient, user_id: int) -> None:
        self._room = room
        self.user_id = user_id

    async def act(self, act: str, **body: Any) -> Any:
        """Do one of `phones.ACTS`."""
        path = f"phones/{self.user_id}/{act}"
        return (await self._room.ask("POST", path, body))["result"]

    async def state(self, after: int = 0, wait: float = 0) -> Json:
        """Return what the phone shows, waiting up to `wait` seconds for a version above `after`."""
        path = f"phones/{self.user_id}"
        return dict(await self._room.ask("GET", path, after=str(after), wait=str(wait)))

    async def history(self) -> list[Json]:
        """Return all that happened in the chat, in its order."""
        found: list[Json] = await self._room.ask("GET", f"phones/{self.user_id}/history")
        return found

    async def type(self, text: str) -> int:
        """Send a text; return the message's id."""
        return int(await self.act("type", text=text))

    async def open_link(self, payload: str) -> int:
        """Open the bot's deep link; return the message's id."""
        return int(await self.act("open_link", payload=payload))

    async def tap(self, message_id: int, data: str) -> Json:
        """Tap a button that is there now."""
        return dict(await self.act("tap", message_id=message_id, data=data))

    async def forge(self, message_id: int, data: str) -> Json:
        """Tap as a tampered client can."""
        return dict(await self.act("forge", message_id=message_id, data=data))

    async def tap_again(self) -> Json:
        """Send the last tap once more."""
        return dict(await self.act("tap_again"))

    async def send(self, kind: str) -> int:
        """Send a made-up photo, voice, sticker, contact, location or document."""
        return int(await self.act("send", kind=kind))

    async def send_document(self, name: str, content: bytes) -> int:
        """Send a file under this name; return the message's id."""
        body = {"name": name, "content": base64.b64encode(content).decode()}
        return int(await self.act("send_document", **body))

    async def edit(self, message_id: int, text: str) -> None:
        """Edit one of the person's own messages."""
        await self.act("edit", message_id=message_id, text=text)

    async def forward(self, text: str) -> int:
        """Forward somebody else's text to the bot."""
        return int(await self.act("forward", text=text))

    async def block(self) -> None:
        """Block the bot."""
        await self.act("block")

    async def unblock(self) -> None:
        """Unblock the bot."""
        await self.act("unblock")

    async def lose_line(self) -> None:
        """Lose the connection."""
        await self.act("lose_line")

    async def find_line(self) -> None:
        """Get the connection back."""
        await self.act("find_line")

    async def file(self, message_id: int) -> bytes:
        """Return the file in a message of the bot."""
        return await self._room.fetch(f"phones/{self.user_id}/files/{message_id}")
