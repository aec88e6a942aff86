"""Serves the page's files, under a policy that lets the browser ask this machine alone.

The page itself needs the secret in its address. Nothing else of the package may be read here.
"""

import hmac
from importlib.resources import files

from aiohttp import web

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_PAGE = files("bot.practice.page")
_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_NO_ENTRY = (
    "This address lacks the secret, or it is an old one. "
    "Please open the address that `vestibule demo` printed.\n"
)


def routes(secret: str) -> list[web.RouteDef]:
    """Return the page behind its secret, and its style, script and icon."""

    async def page(request: web.Request) -> web.Response:
        if not is_secret(request.query.get("secret", ""), secret):
            return web.Response(status=403, text=_NO_ENTRY, headers=HEADERS)
        return web.Response(text=_read("index.html"), content_type="text/html", headers=HEADERS)

    async def asset(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        kind = _TYPES.get(name.rpartition(".")[2])
        if kind is None or name not in _names():
            raise web.HTTPNotFound
        return web.Response(text=_read(name), content_type=kind, headers=HEADERS)

    return [web.get("/", page), web.get("/page/{name}", asset)]


def is_secret(given: str, secret: str) -> bool:
    """Compare without telling by the time it takes how much is right."""
    return hmac.compare_digest(given.encode(), secret.encode())


def _names() -> set[str]:
    return {file.name for file in _PAGE.iterdir()}


def _read(name: str) -> str:
    return _PAGE.joinpath(name).read_text("utf-8")
