"""The `link` room: a fresh link that a facilitator pastes, the same for everybody admitted.

It never opens a link and never keeps one in clear.
"""

import re
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

_DEFAULT_PORTS = {"https": 443, "http": 80}
_ROOM_NAMES = {
    *("room", "roomid", "roomname", "meeting", "meetingid", "meetingname", "mtid", "mid"),
    *("conf", "confno", "confid", "conference", "conferenceid", "call", "callid", "id"),
}
"""What a parameter is called that names a room."""
_NO_ROOM = re.compile(r"j|join|meet|meeting|room|call|conf|conference|video|start|.*\.\w{2,5}")
"""A part of a path that is the same for every room: a general word, or a file like `j.php`."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def acceptable(link: str, hosts: tuple[str, ...]) -> bool:
    """Say whether this may be a session's link: https, and one of `hosts` where some are set.

    Plain http is taken on loopback only, where the practice room is. Telegram shows no button for
    a host without a dot or with an impossible port.
    """
    try:
        parts = urlsplit(link)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.username or parts.password or not ("." in host or ":" in host):
        return False
    if hosts and host not in hosts:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)


def identity(link: str) -> str:
    """Return the form in which two links to the same room are equal.

    Case, a dot behind the host, a default port, signs written as numbers, doubled and trailing
    slashes make no other room. Of what follows the path that counts which names a room: parameters
    called after one; the rest, such as a password, only where the path names none. In doubt two
    links are one room: to refuse a fresh one is a nuisance. Takes what `acceptable` took.
    """
    parts = urlsplit(link)
    scheme, host = parts.scheme.lower(), (parts.hostname or "").rstrip(".").lower()
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(scheme)) else f":{parts.port}"
    path = re.sub("/+", "/", unquote(parts.path)).rstrip("/").casefold()
    query, fragment = _beyond_the_path(path, parts.query, parts.fragment)
    return urlunsplit((scheme, host + port, path, query, fragment))


def _beyond_the_path(path: str, query: str, fragment: str) -> tuple[str, str]:
    """Return what of a query and a fragment tells two rooms apart."""
    asked = sorted((name.casefold(), value) for name, value in parse_qsl(query))
    rooms = [one for one in asked if re.sub("[-_]", "", one[0]) in _ROOM_NAMES]
    if rooms:
        return urlencode(rooms), ""
    if any(not _NO_ROOM.fullmatch(part) for part in path.split("/") if part):
        return "", ""
    return urlencode(asked), "" if asked else fragment
