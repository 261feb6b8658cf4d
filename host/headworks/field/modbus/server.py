"""Modbus servers: over TCP, on a serial line or pty, and RTU frames over TCP.

Used by the setpoint signal and by the simulator. `mangle` lets the simulator spoil replies:
late, silent, broken. A request is answered in the same turn of the event loop that reads it.
"""

import asyncio
import os
import time
import tty
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from headworks.field.modbus.answer import Device, ModbusFault, SilentError, answer, refuse
from headworks.field.modbus.session import GAP_S, Session
from headworks.field.modbus.wire import (
    Frame,
    request_sizes,
    rtu_frame,
    split_rtu,
    split_tcp,
    tcp_frame,
)

__all__ = [
    "Device",
    "Mangle",
    "ModbusFault",
    "RtuServer",
    "RtuTcpServer",
    "SilentError",
    "TcpServer",
]

# (unit, request PDU, the reply as it would go on the wire) -> what to send instead, and when
Mangle = Callable[[int, bytes, bytes], Awaitable[list[tuple[float, bytes]]]]
Authorise = Callable[[str, int], bool]  # (address of the peer, function code)
Write = Callable[[bytes], None]

_CHUNK = 4096


class _Answering:
    """Turns requests into replies, spoiled on wish."""

    def __init__(self, device: Device, mangle: Mangle | None, authorise: Authorise | None) -> None:
        self._device = device
        self._mangle = mangle
        self._authorise = authorise
        self._tasks: set[asyncio.Task[None]] = set()

    def serve(self, frame: Frame, rtu: bool, peer: str, write: Write) -> None:
        """Answer one request; `write` is called now, or later if the reply is spoiled."""
        try:
            reply = self._reply(frame, peer)
        except SilentError:
            return
        adu = rtu_frame(frame.unit, reply) if rtu else tcp_frame(frame.tid, frame.unit, reply)
        if self._mangle is None:
            write(adu)
        else:
            self._spawn(self._spoil(self._mangle, frame, adu, write))

    def _reply(self, frame: Frame, peer: str) -> bytes:
        if self._authorise is not None and not self._authorise(peer, frame.pdu[0]):
            return refuse(frame.pdu)
        return answer(self._device, frame.unit, frame.pdu)

    async def _spoil(self, mangle: Mangle, frame: Frame, adu: bytes, write: Write) -> None:
        for delay_s, data in await mangle(frame.unit, frame.pdu, adu):
            if delay_s > 0:
                asyncio.get_running_loop().call_later(delay_s, write, data)
            else:
                write(data)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def cancel(self) -> None:
        """Forget the replies that are still being spoiled."""
        for task in self._tasks:
            task.cancel()


class TcpServer:
    """Modbus TCP. `port` 0 takes a free one; read `.port` after start().

    `authorise(peer, function)` False answers with exception 1. Above `max_clients` a client that
    never sent a whole request is dropped, else the one that was silent longest: a master that
    lost its power leaves connections behind, and they must not lock it out. start() raises OSError
    where the port is taken or not allowed.
    """

    rtu = False

    def __init__(
        self,
        device: Device,
        host: str,
        port: int,
        *,
        mangle: Mangle | None = None,
        authorise: Authorise | None = None,
        max_clients: int = 64,
    ) -> None:
        self.host = host
        self.port = port
        self._answering = _Answering(device, mangle, authorise)
        self._max_clients = max_clients
        self._sessions: dict[Session, None] = {}  # the one that was heard last is last
        self._mute: dict[Session, None] = {}  # those of them that have sent no whole request yet
        self._server: asyncio.Server | None = None

    @property
    def clients(self) -> int:
        """How many are connected now."""
        return len(self._sessions)

    async def start(self) -> None:
        """Listen. After stop() it may be started again, on the same port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(partial(Session, self), self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port and drop all clients."""
        if self._server is not None:
            self._server.close()
        self.drop()
        self._answering.cancel()
        if self._server is not None:
            await self._server.wait_closed()
        self._server = None

    def drop(self) -> None:
        """Cut all clients off, as a device that restarts."""
        for session in tuple(self._sessions):
            session.close()

    def split(self, data: bytes) -> tuple[list[Frame], bytes]:
        """Whole requests in a client's bytes, and the rest."""
        return split_tcp(data)

    def serve(self, frame: Frame, peer: str, write: Write) -> None:
        """Answer one request of a client."""
        self._answering.serve(frame, self.rtu, peer, write)

    def joined(self, session: Session) -> None:
        """A client came."""
        if len(self._sessions) >= self._max_clients:
            silent = next(iter(self._mute or self._sessions))
            self.left(silent)
            silent.close()
        self._sessions[session] = self._mute[session] = None

    def heard(self, session: Session) -> None:
        """A client has sent something."""
        self.left(session)
        self._sessions[session] = None

    def left(self, session: Session) -> None:
        """A client went."""
        self._sessions.pop(session, None)
        self._mute.pop(session, None)


class RtuTcpServer(TcpServer):
    """RTU frames, with their CRC, over TCP: what a transparent serial gateway speaks."""

    rtu = True

    def split(self, data: bytes) -> tuple[list[Frame], bytes]:
        """Whole requests with a right CRC in a client's bytes, and the rest."""
        frames, rest, _ = split_rtu(data, request_sizes)
        return frames, rest


class RtuServer:
    """Modbus RTU on a line: `line` is an open descriptor (a pty's master side) or a path.

    A descriptor that was given stays open at stop(); a path is opened raw and closed again.
    """

    def __init__(self, device: Device, line: int | str, *, mangle: Mangle | None = None) -> None:
        self._answering = _Answering(device, mangle, None)
        self._line = line
        self._fd = -1
        self._rest = b""
        self._heard_s = 0.0

    async def start(self) -> None:
        """Listen on the line. Raises OSError where it cannot be opened."""
        if isinstance(self._line, str):
            self._fd = os.open(self._line, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            tty.setraw(self._fd)
        else:
            self._fd = self._line
            os.set_blocking(self._fd, False)
        asyncio.get_running_loop().add_reader(self._fd, self._ready)

    async def stop(self) -> None:
        """Stop listening."""
        if self._fd < 0:
            return
        asyncio.get_running_loop().remove_reader(self._fd)
        self._answering.cancel()
        if isinstance(self._line, str):
            os.close(self._fd)
        self._fd = -1

    def send(self, data: bytes) -> None:
        """Put bytes on the line unasked, as a second master or noise would."""
        if self._fd < 0:
            return
        try:
            os.write(self._fd, data)
        except (BlockingIOError, OSError):
            return  # nobody reads the other side: on a real line these bits are lost too

    def _ready(self) -> None:
        try:
            data = os.read(self._fd, _CHUNK)
        except BlockingIOError:
            return
        except OSError:  # EIO: the other side of the pty is closed; it may come back
            self._pause()
            return
        now = time.monotonic()
        rest = self._rest if now - self._heard_s <= GAP_S else b""
        self._heard_s = now
        frames, self._rest, _ = split_rtu(rest + data, request_sizes)
        for frame in frames:
            self._answering.serve(frame, True, "", self.send)

    def _pause(self) -> None:
        """A hung-up pty is readable for ever; look again a little later."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._fd)
        loop.call_later(0.05, self._resume, self._fd)

    def _resume(self, fd: int) -> None:
        if fd == self._fd:
            asyncio.get_running_loop().add_reader(fd, self._ready)
