"""One Modbus connection as others use it: open it, post or await requests, read its counters.

Several units may share it. The work is done in `exchange`; what a register means is not known.
"""

import asyncio
import time
from collections.abc import Sequence

from headworks.field.modbus.channel import Address, Channel, Line, parse_connect
from headworks.field.modbus.errors import (
    ConnectError,
    LinkDown,
    LinkError,
    LinkNoise,
    LinkTimeout,
    ModbusException,
)
from headworks.field.modbus.exchange import Exchange
from headworks.field.modbus.framing import Framing, RtuFraming, TcpFraming
from headworks.field.modbus.pending import Done, LinkCounters, Pending
from headworks.field.modbus.request import (
    Request,
    coil_request,
    coils_request,
    read_request,
    registers_request,
)
from headworks.field.modbus.serial_channel import SerialChannel
from headworks.field.modbus.tcp_channel import TcpChannel

__all__ = [
    "ConnectError",
    "Link",
    "LinkDown",
    "LinkError",
    "LinkNoise",
    "LinkTimeout",
    "ModbusException",
    "Request",
    "open_link",
    "read_request",
]

_CONNECT_S = 1.0  # a try to connect may take this long even where replies must be faster


class Link(Exchange):
    """A connection to one or several units. Make it with `open_link`, then start() it.

    `on_alive(unit)` is called when a unit shows that it lives by a late reply, `on_up()` when
    there is a connection again.
    """

    def start(self) -> None:
        """Begin to connect; call it in the event loop."""
        self._channel.start(self)

    async def stop(self) -> None:
        """Close; whatever still waits fails with LinkDown."""
        self.close_timers()
        await self._channel.stop()
        self._was_up = False
        self.closed("the link was closed")

    @property
    def up(self) -> bool:
        """Whether there is a connection now."""
        return self._channel.up

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is on its way."""
        return self._current is None and not self._waiting

    @property
    def contended(self) -> bool:
        """Whether another master was heard in the last seconds."""
        return time.monotonic() < self._contended_s

    @property
    def counters(self) -> LinkCounters:
        """The link's own counters."""
        self._counters.reconnects = max(0, self._channel.opens - 1)
        return self._counters

    def post(
        self,
        request: Request,
        done: Done,
        *,
        timeout_s: float | None = None,
        urgent: bool = False,
        off: bool = False,
    ) -> None:
        """Send a request as soon as its turn comes: now, if the link is idle and up. `done` is
        called exactly once. Urgent requests go first, in their own order; `off` (a relay opens)
        goes before them all."""
        wait_s = self.timeout_s if timeout_s is None else timeout_s
        pending = Pending(request, done, wait_s, self.unit(request.unit))
        self._waiting.add(pending, urgent, off)
        if self._current is None:
            self._pump()

    async def ask(
        self, request: Request, *, timeout_s: float | None = None, first: Done | None = None
    ) -> bytes:
        """The payload of the reply. Raises LinkError. `first` is told of the result, good or bad,
        in the turn of the event loop that reads it; the caller goes on in a later turn."""
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def done(result: bytes | LinkError, t_s: float) -> None:
            try:
                if first is not None:
                    first(result, t_s)
            finally:
                _settle(future, result)

        self.post(request, done, timeout_s=timeout_s)
        return await future

    async def read(self, unit: int, function: int, address: int, count: int) -> list[int]:
        """`count` words (functions 3, 4) or bits (1, 2). Raises LinkError."""
        request = read_request(unit, function, address, count)
        return request.values(await self.ask(request))

    async def write_coil(self, unit: int, address: int, on: bool) -> None:
        """Write one coil. Raises LinkError."""
        await self.ask(coil_request(unit, address, on))

    async def write_coils(self, unit: int, address: int, bits: Sequence[bool]) -> None:
        """Write several coils. Raises LinkError."""
        await self.ask(coils_request(unit, address, bits))

    async def write_registers(self, unit: int, address: int, values: Sequence[int]) -> None:
        """Write several registers. Raises LinkError."""
        await self.ask(registers_request(unit, address, values))


def _settle(future: asyncio.Future[bytes], result: bytes | LinkError) -> None:
    if future.done():
        return
    if isinstance(result, LinkError):
        future.set_exception(result)
    else:
        future.set_result(result)


def open_link(
    connect: str,
    *,
    timeout_s: float = 0.5,
    baud: int = 9600,
    parity: str = "N",
    stop_bits: int = 1,
    retry_s: float = 0.25,
) -> Link:
    """A link, not started yet. `timeout_s` is a request's deadline, from its last byte sent to
    the reply's last; `retry_s` about how often a lost connection is tried. Raises ConnectError."""
    address = parse_connect(connect)
    line = Line(baud, parity, stop_bits)
    channel = _channel(address, line, timeout_s, retry_s)
    framing: Framing = TcpFraming()
    if address.kind != "tcp":
        serial = address.kind == "serial"
        framing = RtuFraming(line.silence_s if serial else 0.0, over_tcp=not serial)
    return Link(channel, framing, timeout_s)


def _channel(address: Address, line: Line, timeout_s: float, retry_s: float) -> Channel:
    if address.kind == "serial":
        return SerialChannel(address.path, line, retry_s=retry_s)
    connect_s = max(timeout_s, _CONNECT_S)
    return TcpChannel(address.host, address.port, retry_s=retry_s, connect_s=connect_s)
