"""Peers to talk to: devices with registers of their own, behind TCP, RTU over TCP and a pty."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import terminals
import waiting
from headworks.field.modbus.server import (
    Mangle,
    ModbusFault,
    RtuServer,
    RtuTcpServer,
    SilentError,
    TcpServer,
)

T = TypeVar("T")
WAYS = ("tcp", "rtu+tcp", "serial")


def run(work: Awaitable[T], within_s: float = 40.0) -> T:
    """Run a test's coroutine; one that hangs fails."""

    async def bounded() -> T:
        return await asyncio.wait_for(work, within_s)

    return asyncio.run(bounded())


until = partial(waiting.until, within_s=5.0)


class AddressDevice:
    """Every register holds its own address. `units` answer; `refusals` maps address -> code."""

    def __init__(self, units: Sequence[int] = (1,)) -> None:
        self.units = set(units)
        self.refusals: dict[int, int] = {}
        self.asked: list[tuple[int, int, int, int]] = []
        self.written: list[tuple[int, int, list[int]]] = []

    def read(self, unit: int, function: int, address: int, count: int) -> Sequence[int]:
        if unit not in self.units:
            raise SilentError
        self.asked.append((unit, function, address, count))
        for place in range(address, address + count):
            if place in self.refusals:
                raise ModbusFault(self.refusals[place])
        return [place & 1 if function < 3 else place for place in range(address, address + count)]

    def write(self, unit: int, function: int, address: int, values: Sequence[int]) -> None:
        if unit not in self.units:
            raise SilentError
        self.written.append((function, address, list(values)))


class Spoiler:
    """A mangle whose next replies can be set: a delay, or bytes in place of the reply."""

    def __init__(self) -> None:
        self.delay_s = 0.0
        self.silent = False
        self.change: Callable[[bytes], list[tuple[float, bytes]]] | None = None

    async def __call__(self, unit: int, request: bytes, reply: bytes) -> list[tuple[float, bytes]]:
        if self.silent:
            return []
        if self.change is not None:
            return self.change(reply)
        return [(self.delay_s, reply)]


@asynccontextmanager
async def pty_pair() -> AsyncIterator[tuple[int, str]]:
    """A pty: descriptor of the device's side, path of the master's side."""
    pair = terminals.Pair()
    try:
        yield pair.ours, pair.path
    finally:
        pair.close()


@asynccontextmanager
async def peer(
    way: str, device: Any, mangle: Mangle | None = None
) -> AsyncIterator[tuple[Any, str]]:
    """A device behind one of WAYS: its server and how to connect."""
    if way == "serial":
        async with pty_pair() as (fd, path):
            line = RtuServer(device, fd, mangle=mangle)
            await line.start()
            try:
                yield line, f"serial:{path}"
            finally:
                await line.stop()
        return
    kind = TcpServer if way == "tcp" else RtuTcpServer
    server = kind(device, "127.0.0.1", 0, mangle=mangle)
    await server.start()
    try:
        yield server, f"{way}://127.0.0.1:{server.port}"
    finally:
        await server.stop()
