"""A unit on a line that is not there, in time that passes only when everybody waits.

Whole histories of delays run in milliseconds and come out the same every time.
"""

import asyncio
import selectors
import struct
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from headworks.field.modbus.channel import Owner
from headworks.field.modbus.wire import (
    request_sizes,
    rtu_frame,
    split_rtu,
    split_tcp,
    tcp_frame,
)


class _Jump(selectors.DefaultSelector):
    """A selector that moves the clock instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 1000.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout:
            self.now_s += timeout
        return super().select(0)


def run_virtual(patch: pytest.MonkeyPatch, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine in jumping time; `time.monotonic` jumps along."""
    selector = _Jump()
    with patch.context() as context:
        context.setattr(time, "monotonic", lambda: selector.now_s)
        loop = asyncio.SelectorEventLoop(selector)
        try:
            loop.run_until_complete(work())
        finally:
            loop.close()


def word(epoch: int, address: int) -> int:
    """A value that tells which request it was read for, and from where."""
    return epoch << 8 | address


class VirtualLine:
    """A channel with units on it that answer in order, late, or not at all.

    `fates` are (delay in s or None for lost, exception code or 0), one for each request; when they
    are used up, replies come at once. `epochs` notes for each request as it was sent which epoch
    it got. `confused`: a TCP gateway that hands every reply out under the newest transaction id,
    and goes on to do so on a new connection.
    """

    def __init__(self, rtu: bool, fates: list[tuple[float | None, int]], confused: bool) -> None:
        self.up = False
        self.opens = 0
        self.epoch = 0
        self._rtu = rtu
        self._fates = list(fates)
        self._confused = confused
        self._owner: Owner
        self._busy_until: dict[int, float] = {}
        self._connection = 0
        self._tid = 0

    def start(self, owner: Owner) -> None:
        self._owner = owner
        self._open()

    def _open(self) -> None:
        self.up = True
        self.opens += 1
        self._connection += 1
        self._owner.opened()

    def renew(self, cause: str) -> None:
        self.up = False
        asyncio.get_running_loop().call_later(0.05, self._open)
        self._owner.closed(cause)

    async def stop(self) -> None:
        self.up = False

    def inject(self, data: bytes) -> None:
        """Bytes from nowhere."""
        if self.up:
            self._owner.received(data)

    def send(self, data: bytes) -> None:
        frames = split_rtu(data, request_sizes)[0] if self._rtu else split_tcp(data)[0]
        for frame in frames:
            self._tid = frame.tid
            self._serve(frame.tid, frame.unit, frame.pdu)

    def _serve(self, tid: int, unit: int, pdu: bytes) -> None:
        self.epoch += 1
        delay_s, code = self._fates.pop(0) if self._fates else (0.0, 0)
        if delay_s is None:
            return
        loop = asyncio.get_running_loop()
        when = max(loop.time() + delay_s, self._busy_until.get(unit, 0.0)) + 0.001
        self._busy_until[unit] = when
        reply = bytes((pdu[0] | 0x80, code)) if code else self._reply(pdu)
        loop.call_at(when, self._deliver, self._connection, tid, unit, reply)

    def _reply(self, pdu: bytes) -> bytes:
        address, count = struct.unpack(">HH", pdu[1:5])
        if pdu[0] < 3:
            size = (count + 7) // 8
            return bytes((pdu[0], size)) + bytes((self.epoch % 256,) * size)
        words = [word(self.epoch, address + n) for n in range(count)]
        return bytes((pdu[0], 2 * count)) + struct.pack(f">{count}H", *words)

    def _deliver(self, connection: int, tid: int, unit: int, reply: bytes) -> None:
        if not self.up or (connection != self._connection and not self._confused):
            return
        shown = self._tid if self._confused else tid
        data = rtu_frame(unit, reply) if self._rtu else tcp_frame(shown, unit, reply)
        self._owner.received(data)
