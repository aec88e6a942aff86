"""The `link` room: a fresh link that a facilitator pastes, the same for everybody admitted.

It never opens a link and never keeps one in clear.
"""

from urllib.parse import urlsplit

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
