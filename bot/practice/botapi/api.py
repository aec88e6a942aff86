"""The practice room's server: a strict local Bot API for the bot, and phones for people.

Started in a test, by the practice page, or as a process of its own:

    python -m bot.practice.botapi.api --port 8081 --token 1:practice --secret a-secret

Everything is in memory and outlives restarts of the bot. It must never listen anywhere but on
this machine's own address, and never be taken for Telegram by anything that holds real people.
"""

import argparse
import asyncio
import secrets
import signal
import sys
from collections.abc import Iterable

from aiohttp import web

from bot.clock import Clock, SystemClock
from bot.practice.botapi.bot_side import BotSide
from bot.practice.botapi.phones import Phones
from bot.practice.botapi.quiet import Quiet
from bot.practice.botapi.user_side import Acted, UserSide
from bot.practice.botapi.video_page import VideoPages
from bot.practice.botapi.weather import Weather
from bot.practice.botapi.world import World

_HOST = "127.0.0.1"
_LARGEST_BODY = 50 * 1024 * 1024


class PracticeApi:
    """One practice room; `phones`, `weather`, `world`, `journal` and `counts` are open to tests."""

    def __init__(
        self,
        clock: Clock,
        *,
        token: str,
        bot_username: str = "vestibule_practice_bot",
        first_name: str = "Appointments",
        secret: str | None = None,
        extra_routes: Iterable[web.AbstractRouteDef] = (),
        acted: Acted | None = None,
    ) -> None:
        number = token.partition(":")[0]
        self.token = token
        self.secret = secret or secrets.token_urlsafe(16)
        self.world = World(
            clock,
            {
                "id": int(number) if number.isdecimal() else 1,
                "is_bot": True,
                "first_name": first_name,
                "username": bot_username,
            },
        )
        self.phones = Phones(self.world)
        self.weather = Weather()
        self._quiet = Quiet(self.world.queue, self.world.pulse)
        self._bot_side = BotSide(self.world, self.weather, self._quiet, token)
        self.journal = self._bot_side.journal
        self.counts = self._bot_side.counts
        self._user_side = UserSide(
            secret=self.secret,
            clock=clock,
            world=self.world,
            phones=self.phones,
            weather=self.weather,
            quiet=self._quiet,
            bot_side=self._bot_side,
            acted=acted,
        )
        self._extra_routes = list(extra_routes)
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def address(self) -> str:
        """The server's address, without a path."""
        return f"http://{_HOST}:{self._port}"

    @property
    def base_url(self) -> str:
        """The address that python-telegram-bot calls base_url."""
        return f"{self.address}/bot"

    @property
    def control_url(self) -> str:
        """The address of the phones and controls."""
        return f"{self.address}/practice"

    def room_url(self, name: str) -> str:
        """Return the address of a video page."""
        return f"{self.address}/room/{name}"

    def start_url(self, payload: str) -> str:
        """Return the bot's deep link with this payload."""
        return f"https://t.me/{self.world.bot['username']}?start={payload}"

    async def start(self, port: int = 0) -> None:
        """Listen on this machine's own address; port 0 chooses a free one."""
        app = web.Application(client_max_size=_LARGEST_BODY)
        app.add_routes(self._bot_side.routes())
        app.add_routes(self._user_side.routes())
        app.add_routes(VideoPages(self.phones).routes())
        app.add_routes(self._extra_routes)
        # A long poll ends with the connection of whoever asked: a bot that was killed
        # must not seem to wait.
        runner = web.AppRunner(
            app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None
        )
        await runner.setup()
        self._runner = runner
        site = web.TCPSite(runner, _HOST, port)
        await site.start()
        self._port = runner.addresses[0][1]

    async def stop(self) -> None:
        """Close every connection and forget nothing."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def quiet(self, for_seconds: float = 0.1, within: float = 10.0) -> None:
        """Return after `for_seconds` of quiet; raise `NotQuietError` after `within`."""
        await self._quiet.wait(for_seconds, within)


async def _serve(port: int, token: str, secret: str | None) -> None:
    api = PracticeApi(SystemClock(), token=token, secret=secret)
    asked_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked_to_stop.set)
    await api.start(port)
    sys.stdout.write(f"bot side {api.base_url}\nuser side {api.control_url}\n")
    if secret is None:
        sys.stdout.write(f"secret {api.secret}\n")
    sys.stdout.flush()
    await asked_to_stop.wait()
    await api.stop()


def main() -> None:
    """Serve until asked to stop."""
    parser = argparse.ArgumentParser(description="A strict local Bot API with phones.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", required=True)
    parser.add_argument("--secret")
    given = parser.parse_args()
    asyncio.run(_serve(given.port, given.token, given.secret))


if __name__ == "__main__":
    main()
