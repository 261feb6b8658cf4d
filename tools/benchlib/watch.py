"""Watching a process from outside: its memory, its processor share, its scans."""

import asyncio
import itertools
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchlib import rig
from benchlib.rows import Spread, spread
from headworks.faces.client import NotRunningError, StationClient

SETTLE_S = 2.0  # after a start, before a process counts as at rest


class Idle(NamedTuple):
    """A process at rest."""

    memory_mb: float
    share_percent: float


def at_rest(pids: Sequence[int], span_s: float) -> list[Idle]:
    """Memory of each at the end of the span and processor share over it."""
    time.sleep(SETTLE_S)
    used, begun = [rig.processor_s(pid) for pid in pids], time.monotonic()
    time.sleep(span_s)
    whole_s = time.monotonic() - begun
    shares = [(rig.processor_s(pid) - before) / whole_s
              for pid, before in zip(pids, used, strict=True)]  # fmt: skip
    return [Idle(rig.memory_mb(pid), share * 100)
            for pid, share in zip(pids, shares, strict=True)]  # fmt: skip


def scans(socket: Path, span_s: float) -> Spread:
    """The time between scans of a running station, as it tells its subscribers."""
    times = asyncio.run(_scan_times(socket, span_s))
    if len(times) < 3:
        raise rig.BenchError("the station made no scans")
    return spread([later - earlier for earlier, later in itertools.pairwise(times)])


async def _scan_times(socket: Path, span_s: float) -> list[float]:
    client = await _connected(socket)
    times: list[float] = []
    try:
        async for state in client.subscribe():
            times.append(state["t_s"])
            if times[-1] - times[0] > span_s:
                return times
    finally:
        await client.close()
    return times


async def _connected(socket: Path) -> StationClient:
    """A client, as soon as the station listens."""
    end = time.monotonic() + 20
    while True:
        client = StationClient(socket)
        try:
            await client.connect()
            return client
        except NotRunningError:
            if time.monotonic() > end:
                raise
            await asyncio.sleep(0.05)
