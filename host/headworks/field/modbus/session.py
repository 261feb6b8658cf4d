"""One client's connection to a Modbus server. Cuts its bytes into requests and hands them on.

Every buffer has an end: a client that does not read its replies is dropped, and one that floods
is answered a few requests at a time, so that the scans of the station come in between.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from headworks.field.modbus.wire import Frame, FrameError

GAP_S = 0.1  # half a request that stands this long is noise, not the start of the next one
MAX_UNREAD = 65536  # bytes of replies; a request and its reply have 260 at most
_A_TURN = 8  # requests in one turn of the event loop


class Server(Protocol):
    """What a session needs of its server."""

    rtu: bool

    def split(self, data: bytes) -> tuple[list[Frame], bytes]: ...
    def serve(self, frame: Frame, peer: str, write: Callable[[bytes], None]) -> None: ...
    def joined(self, session: "Session") -> None: ...
    def heard(self, session: "Session") -> None: ...
    def left(self, session: "Session") -> None: ...


class Session(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._rest = b""
        self._frames: deque[Frame] = deque()
        self._peer = ""
        self._heard_s = 0.0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a stream transport is needed")
        self._transport = transport
        name = transport.get_extra_info("peername")
        self._peer = str(name[0]) if name else ""
        self._server.joined(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._frames.clear()
        self._server.left(self)

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        if self._server.rtu and now - self._heard_s > GAP_S:
            self._rest = b""
        self._heard_s = now
        try:
            frames, self._rest = self._server.split(self._rest + data)
        except FrameError:
            self.close()
            return
        if frames:  # a slow drip of bytes is no sign of a master
            self._server.heard(self)
        self._frames.extend(frames)
        self._some()

    def _some(self) -> None:
        """A few requests now; the rest, and what comes after, in later turns."""
        for _ in range(min(_A_TURN, len(self._frames))):
            self._server.serve(self._frames.popleft(), self._peer, self._write)
        if self._transport.is_closing():
            self._frames.clear()
        elif self._frames:
            self._transport.pause_reading()
            asyncio.get_running_loop().call_soon(self._some)
        else:
            self._transport.resume_reading()

    def _write(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > MAX_UNREAD:
            self.close()

    def close(self) -> None:
        """Drop the client at once."""
        self._frames.clear()
        self._transport.abort()
