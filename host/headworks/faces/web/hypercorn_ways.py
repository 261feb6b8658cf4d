"""What the page wants of Hypercorn and no setting of it gives. `apply` it before serving.

Only HTTP/1.1; a client that has hung up is let go at once; a flood of connections is one line in
the log, and an end while somebody looks is none.
"""

import asyncio
from typing import Any

from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.protocol.h11 import H11Protocol

from headworks.faces.say import Say

_NO_ROOM = "socket.accept() out of system resource"  # as asyncio says it, many times a second
_read_to_the_end = TCPServer._read_data
_wait_for_the_next = TCPServer._idle_timeout


async def _only_http_1(_self: H11Protocol, _event: object) -> None:
    """In place of Hypercorn's look for HTTP/2, which it would speak to whoever begins with it.

    The bounds here (a header's time and size, one request at a time) are those of HTTP/1.1, and no
    browser speaks HTTP/2 where TLS does not offer it.
    """


async def _read_and_let_go(self: TCPServer) -> None:
    """Hypercorn keeps who has hung up until the time for a next request is over: with a few
    hundred clients in it, each come and gone, nobody else would get in."""
    await _read_to_the_end(self)
    await self.idle_task.stop()


async def _wait_for_who_is_there(self: TCPServer) -> None:
    """The same where somebody has hung up while the answer was made."""
    if self.reader.at_eof():
        await asyncio.shield(self._initiate_server_close())
    else:
        await _wait_for_the_next(self)


def apply(loop: asyncio.AbstractEventLoop, say: Say) -> None:
    """From now on, in this process and this loop."""
    H11Protocol._check_protocol = _only_http_1  # type: ignore[method-assign,assignment]
    TCPServer._read_data = _read_and_let_go  # type: ignore[method-assign]
    TCPServer._idle_timeout = _wait_for_who_is_there  # type: ignore[method-assign]

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if context.get("message") == _NO_ROOM:
            say("too many connections at once; whoever comes now waits until one ends")
        elif not isinstance(context.get("exception"), asyncio.CancelledError):
            loop.default_exception_handler(context)

    loop.set_exception_handler(handle)
