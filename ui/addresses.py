"""Where the page listens. Knows nothing of the page itself, so that a wrong address is said before anything loads."""

from __future__ import annotations

import contextlib
import socket

from beforehand import PageSettings
from store import ConfigError

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def check_free(host: str, port: int) -> None:
    """Raise ``ConfigError`` if something else answers at the address already."""
    with contextlib.closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigError(
                f"the page cannot be served there ({error.strerror})", value=f"{host}:{port}", advice="Use --port"
            ) from error


def shown_host(host: str) -> str:
    """The host as it goes into an address that a browser on this machine can open."""
    if host in {"", "0.0.0.0", "::"}:
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def page_address(page: PageSettings, host: str | None = None, port: int | None = None) -> str:
    """The address that people open: the public one where it is set, else host and port."""
    return page.address or f"http://{shown_host(host or page.host)}:{port or page.port}"
