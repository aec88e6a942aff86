"""python-telegram-bot's client on one aiohttp session: small and quick.

It keeps the contract of the library's own `HTTPXRequest` but for one point: what was never sent
(no connection in time, no place in the pool) is a `NetworkError`, so that `TimedOut` always means
that nobody knows. An
address holds the bot token, so it must never come into a log or into the text of an error. One
instance serves one purpose: `getUpdates` holds a connection for long and has its own instance.
"""

import asyncio
import os
from io import BytesIO
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

_DEFAULT: Final = BaseRequest.DEFAULT_NONE
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_POOL_TIMEOUT: Final = (
    "Pool timeout: All connections in the connection pool are occupied. Request was *not* sent to"
    " Telegram. Consider adjusting the connection pool size or the pool timeout."
)


class AiohttpRequest(BaseRequest):
    """One pool of connections; time-outs in seconds, None for none.

    `connect_timeout` covers look-up, connection and TLS, `write_timeout` the whole request and
    `media_write_timeout` one with files, `read_timeout` each wait for more of the answer. Proxies
    that speak http are taken from the environment, as `HTTPXRequest` does.
    """

    __slots__ = (
        "_connect_timeout",
        "_media_write_timeout",
        "_pool",
        "_pool_timeout",
        "_proxies",
        "_read_timeout",
        "_session",
        "_write_timeout",
    )

    def __init__(
        self,
        connection_pool_size: int = 256,
        *,
        read_timeout: float | None = 5.0,
        write_timeout: float | None = 5.0,
        connect_timeout: float | None = 5.0,
        pool_timeout: float | None = 1.0,
        media_write_timeout: float | None = 20.0,
    ) -> None:
        self._read_timeout = read_timeout
        self._write_timeout = write_timeout
        self._connect_timeout = connect_timeout
        self._pool_timeout = pool_timeout
        self._media_write_timeout = media_write_timeout
        self._pool = asyncio.Semaphore(connection_pool_size)
        self._proxies: dict[tuple[str, str], str | None] = {}
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """The read time-out, in seconds, of a request that names none."""
        return self._read_timeout

    async def initialize(self) -> None:
        """Open the session; a second time does nothing."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
            )

    async def shutdown(self) -> None:
        """Close every connection; a second time does nothing."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = _DEFAULT,
        write_timeout: Any = _DEFAULT,
        connect_timeout: Any = _DEFAULT,
        pool_timeout: Any = _DEFAULT,
    ) -> tuple[int, bytes]:
        """Make one request; return its status and body, or raise `TimedOut` or `NetworkError`."""
        if self._session is None:
            raise RuntimeError("This AiohttpRequest is not initialized!")
        with_files = request_data is not None and request_data.contains_files
        usual_write = self._media_write_timeout if with_files else self._write_timeout
        connect = _chosen(connect_timeout, self._connect_timeout)
        write = _chosen(write_timeout, usual_write)
        read = _chosen(read_timeout, self._read_timeout)
        await self._take_connection(_chosen(pool_timeout, self._pool_timeout))
        try:
            # aiohttp knows no time-out for writing; this bounds all that comes before the answer.
            async with asyncio.timeout(_sum(connect, write, read)):
                response = await self._session.request(
                    method,
                    url,
                    timeout=aiohttp.ClientTimeout(total=None, connect=connect, sock_read=read),
                    allow_redirects=False,
                    proxy=self._proxy_for(url),
                    **_body(request_data),
                )
            async with response:
                return response.status, await response.read()
        except aiohttp.ConnectionTimeoutError:
            # Never sent: a time-out that is no doubt about delivery.
            raise NetworkError("no connection in time") from None
        except TimeoutError:
            raise TimedOut from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise NetworkError(_named(error)) from None
        finally:
            self._pool.release()

    async def _take_connection(self, within: float | None) -> None:
        try:
            async with asyncio.timeout(within):
                await self._pool.acquire()
        except TimeoutError:
            raise NetworkError(_POOL_TIMEOUT) from None

    def _proxy_for(self, url: str) -> str | None:
        # aiohttp's own `trust_env` asks the environment and ~/.netrc in a thread, at every request.
        parts = urlsplit(url)
        server = parts.scheme, parts.hostname or ""
        if server not in self._proxies:
            self._proxies[server] = _proxy_of(*server)
        return self._proxies[server]


def _proxy_of(scheme: str, host: str) -> str | None:
    proxies = getproxies_environment()
    proxy = proxies.get(scheme) or proxies.get("all")
    if proxy is None or proxy_bypass(host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _chosen(given: Any, usual: float | None) -> float | None:
    return usual if given is _DEFAULT else given


def _sum(*parts: float | None) -> float | None:
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None


def _body(request_data: RequestData | None) -> dict[str, Any]:
    if request_data is None:
        return {}
    if not request_data.contains_files:
        return {"data": request_data.url_encoded_parameters().encode(), "headers": _FORM}
    form = aiohttp.FormData()
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, mime_type) in request_data.multipart_data.items():
        # A file handle for bytes too: aiohttp warns of large ones.
        file = BytesIO(content) if isinstance(content, bytes) else content
        form.add_field(name, file, filename=filename, content_type=mime_type)
    return {"data": form}


def _named(error: Exception) -> str:
    """Name an error without its own text, which may hold the address."""
    number = getattr(error, "errno", None)
    reason = f": {os.strerror(number)}" if number and number > 0 else ""
    return f"aiohttp.{type(error).__name__}{reason}"
