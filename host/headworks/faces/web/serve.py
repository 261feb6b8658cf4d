"""Serves the page with Hypercorn, which cuts a connection whose header does not end in 5 s."""

import asyncio
import logging
import os
import resource
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple, cast

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config

from headworks.faces.say import Say
from headworks.faces.web import hypercorn_ways
from headworks.faces.web.app import make_app
from headworks.faces.web.certificate import Certificate
from headworks.faces.web.origins import reachable
from headworks.faces.web.page import Page

HEADER_S = 5.0  # for a header to arrive, and for a connection to be idle
LARGEST_HEADER = 16 * 1024
MOST_FILES = 512  # connections and all else that this process may have open
BACKLOG = 64
# The kernel's share of what a client has not read yet; left alone it grows to megabytes each, and
# it takes minutes to see that a client takes nothing.
UNREAD = 64 * 1024
UNREAD_MS = 15_000  # then the kernel ends a connection that takes nothing, also one being closed


class Address(NamedTuple):
    """Where to listen; port 0 takes a free one."""

    host: str
    port: int

    def url(self, tls: bool) -> str:
        """As a person types it."""
        name = reachable(self.host)
        host = f"[{name}]" if ":" in name else name
        return f"http{'s' * tls}://{host}:{self.port}/"


def bound(address: Address) -> socket.socket:
    """A listening socket. Raises OSError."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNREAD)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MS)
        found.bind(address)
        found.listen(BACKLOG)
    except OSError:
        found.close()
        raise
    return found


async def serve(
    page: Page,
    listening: socket.socket,
    names: frozenset[str],
    certificate: Certificate | None,
    ready: Callable[[], None],
) -> None:
    """Serve until SIGINT or SIGTERM."""
    _cap_files()
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    hypercorn_ways.apply(loop, Say("web"))
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end.set)
    app = make_app(page, names)
    ready()
    # Hypercorn types its messages one by one, the application's types are those of Starlette.
    await hypercorn_serve(
        cast("Any", app), _config(listening, certificate), shutdown_trigger=end.wait
    )


def _config(listening: socket.socket, certificate: Certificate | None) -> Config:
    config = Config()
    # a descriptor of its own: Hypercorn closes it at the end, and our caller closes his socket
    config.bind = [f"fd://{os.dup(listening.fileno())}"]
    config.keep_alive_timeout = HEADER_S
    config.h11_max_incomplete_size = LARGEST_HEADER
    config.graceful_timeout = 0.5
    config.shutdown_timeout = 2.0
    config.include_server_header = False
    config.alpn_protocols = ["http/1.1"]
    config.ssl_handshake_timeout = HEADER_S
    config.errorlog = logging.getLogger("headworks.web")
    if certificate is not None:
        config.certfile, config.keyfile = str(certificate.cert), str(certificate.key)
    return config


def _cap_files() -> None:
    """A flood of connections ends at this many; the others wait until one is cut."""
    with suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
