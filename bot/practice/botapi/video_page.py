"""A page that stands in for a video room behind a pasted link.

It only says who has come in. It must never be taken for a guarded room: whoever has the
address is in, which is just what makes a pasted link need guarding.
"""

import html

from aiohttp import web

from bot.practice.botapi.phones import PhoneError, Phones

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Practice room</title></head>
<body><h1>Practice room</h1><p id="count">{count} in the room</p><ul>{people}</ul></body></html>
"""


class VideoPages:
    """The rooms and who is in them."""

    def __init__(self, phones: Phones) -> None:
        self._phones = phones
        self._inside: dict[str, dict[int, str]] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return what to serve."""
        return [web.get("/room/{name}", self._enter)]

    async def _enter(self, request: web.Request) -> web.Response:
        inside = self._inside.setdefault(request.match_info["name"], {})
        if visitor := request.query.get("phone"):
            try:
                phone = self._phones.get(int(visitor))
            except (ValueError, PhoneError):
                raise web.HTTPNotFound(text="there is no such phone") from None
            inside[phone.id] = phone.user["first_name"]
        if request.query.get("format") == "json":
            people = [{"user_id": number, "name": name} for number, name in inside.items()]
            return web.json_response({"count": len(people), "people": people})
        items = "".join(f"<li>{html.escape(name)}</li>" for name in inside.values())
        page = _PAGE.format(count=len(inside), people=items)
        return web.Response(text=page, content_type="text/html")
