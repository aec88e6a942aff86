"""The `link` room: a fresh link that a facilitator pastes, the same for everybody admitted.

It never opens a link and never keeps one in clear.
"""

import re
from urllib.parse import unquote, urlsplit, urlunsplit

_DEFAULT_PORTS = {"https": 443, "http": 80}
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
    slashes, a fragment and an empty query make no other room. Takes what `acceptable` took.
    """
    parts = urlsplit(link)
    scheme, host = parts.scheme.lower(), (parts.hostname or "").rstrip(".").lower()
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(scheme)) else f":{parts.port}"
    path = re.sub("/+", "/", unquote(parts.path)).rstrip("/").casefold()
    return urlunsplit((scheme, host + port, path, parts.query, ""))
