"""Serves the page's files, under a policy that lets the browser ask this machine alone.

The page itself needs the secret in its address. Nothing else of the package may be read here. The
frame in which the diagram is drawn has a policy of its own: Mermaid writes its style into the
picture. It may load the page's own script and style, and nothing else; the page itself never may
hold inline code or style.
"""

import hmac
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

from aiohttp import web

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
FRAME_HEADERS = HEADERS | {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
}
_PAGE = files("bot.practice.page")
_VENDOR = _PAGE / "vendor"
_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_NO_ENTRY = (
    "This address lacks the secret, or it is an old one. "
    "Please open the address that `vestibule demo` printed.\n"
)


def routes(secret: str) -> list[web.RouteDef]:
    """Return the page behind its secret, and what it loads: style, scripts, icons, the frame."""

    async def page(request: web.Request) -> web.Response:
        if not is_secret(request.query.get("secret", ""), secret):
            return web.Response(status=403, text=_NO_ENTRY, headers=HEADERS)
        return _html("index.html", HEADERS)

    async def frame(_: web.Request) -> web.Response:
        return _html("diagram.html", FRAME_HEADERS)

    async def asset(request: web.Request) -> web.Response:
        return _file(_PAGE, request.match_info["name"])

    async def vendored(request: web.Request) -> web.Response:
        return _file(_VENDOR, request.match_info["name"])

    return [
        web.get("/", page),
        web.get("/page/diagram.html", frame),
        web.get("/page/{name}", asset),
        web.get("/page/vendor/{name}", vendored),
    ]


def is_secret(given: str, secret: str) -> bool:
    """Compare without telling by the time it takes how much is right."""
    return hmac.compare_digest(given.encode(), secret.encode())


def _html(name: str, headers: Mapping[str, str]) -> web.Response:
    text = (_PAGE / name).read_text("utf-8")
    return web.Response(text=text, content_type="text/html", headers=headers)


def _file(folder: Traversable, name: str) -> web.Response:
    """Answer with a file that lies in this very folder and is of a kind that the page loads."""
    kind = _TYPES.get(name.rpartition(".")[2])
    file = next((file for file in folder.iterdir() if file.name == name), None)
    if kind is None or file is None:
        raise web.HTTPNotFound
    return web.Response(text=file.read_text("utf-8"), content_type=kind, headers=HEADERS)
