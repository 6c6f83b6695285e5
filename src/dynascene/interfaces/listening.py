"""Where a page of this package is served, and who can reach it."""

import socket

from dynascene.errors import InputError

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


def listen(host: str, port: int) -> socket.socket:
    """A socket to serve on; port 0 takes a free one. Raises InputError where it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"`host` {host} `port` {port}: {reason}; choose another") from None


def check_host(host: str, secret: str | None, name: str) -> None:
    """Raises InputError when others could reach the page and no secret keeps them out.

    name: of the parameter that would be the secret.
    """
    if secret is None and host not in LOCAL_HOSTS:
        raise InputError(
            f"`host` {host}: others could reach the page; give `{name}` WORD, or leave `host` out"
        )
