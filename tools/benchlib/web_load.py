"""Clients that a page must bear: event streams, clients slower than any, a flood of requests.

Talks plain HTTP to loopback; counts, and judges nothing. `python -m benchlib.web_load PORT SPAN_S`
prints the counts as JSON.
"""

import asyncio
import collections
import contextlib
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

STREAMS, SLOW, FLOOD = 50, 200, 8
_HEAD = "{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n"
_PACE_S = 1.0  # between two letters of a slow client
_AGAIN_S = 0.05


class Counts(NamedTuple):
    """What came back: pictures of each stream, answers of the flood by status, slow ones cut."""

    pictures: dict[int, int]
    answers: collections.Counter[str]
    cut: list[int]

    @property
    def plain(self) -> dict:
        """For JSON."""
        return {"pictures": sorted(self.pictures.values()), "answers": dict(self.answers),
                "cut": self.cut[0]}  # fmt: skip


async def load(
    port: int, enough: Callable[[Counts], bool], *, streams: int = STREAMS, slow: int = SLOW,
    flood: int = FLOOD,
) -> Counts:  # fmt: skip
    """All of them at once, until there is enough."""
    found = Counts(dict.fromkeys(range(streams), 0), collections.Counter(), [0])
    work = [
        *(_again(_stream, port, found, number) for number in range(streams)),
        *(_again(_slow, port, found, number) for number in range(slow)),
        *(_again(_one, port, found, number) for number in range(flood)),
    ]
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        while not enough(found):
            await asyncio.sleep(_AGAIN_S)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return found


Client = Callable[[int, Counts, int], Awaitable[None]]


async def _again(client: Client, port: int, found: Counts, number: int) -> None:
    while True:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await client(port, found, number)
            continue
        await asyncio.sleep(_AGAIN_S)


async def _stream(port: int, found: Counts, number: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write((_HEAD.format("GET", "/api/events", port) + "\r\n").encode())
        while line := await reader.readline():
            found.pictures[number] += line.startswith(b"data:")
    finally:
        writer.close()


async def _slow(port: int, found: Counts, _: int) -> None:
    """A header that never ends, a letter at a time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write((_HEAD.format("GET", "/", port) + "X: ").encode())
        while True:
            writer.write(b"x")
            await writer.drain()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_PACE_S):
                    if not await reader.read(1000):
                        found.cut[0] += 1
                        return
    finally:
        writer.close()


async def _one(port: int, found: Counts, _: int) -> None:
    """One request of the flood, on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = _HEAD.format("GET", "/api/state", port) + "Connection: close\r\n\r\n"
        writer.write(head.encode())
        answer = await reader.read()
        found.answers[answer[9:12].decode("latin-1")] += 1
    finally:
        writer.close()


def _main(port: str, span_s: str) -> None:
    end_s = time.monotonic() + float(span_s)
    found = asyncio.run(load(int(port), lambda _: time.monotonic() > end_s))
    print(json.dumps(found.plain))


if __name__ == "__main__":
    _main(*sys.argv[1:])
