"""When meters with lines of their own are read: in turn, not all at once."""

import asyncio
from itertools import pairwise
from statistics import median

import pytest

from field.meters.simulated import SimulatedMeters, Watched, spec
from field.modbus.peers import peer, run, until
from headworks.field.meters import meters

POLL_S, METERS = 0.4, 4


def test_meters_on_lines_of_their_own_are_read_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four meters of one period, one at a time: their polls stand a quarter of it apart."""
    monkeypatch.setattr(meters, "TOGETHER", 1)

    async def talk() -> list[float]:
        devices = [SimulatedMeters() for _ in range(METERS)]
        peers = [peer("tcp", device) for device in devices]
        specs = [
            spec((await entered.__aenter__())[1], f"m{n}", poll_s=POLL_S)
            for n, entered in enumerate(peers)
        ]
        async with Watched(*specs) as watched:
            await until(lambda: len(watched.readings) >= 4 * METERS)
            times_s = sorted(reading.t_s for reading in watched.readings)
        await asyncio.gather(*(entered.__aexit__(None, None, None) for entered in peers))
        return times_s

    gaps_s = [b - a for a, b in pairwise(run(talk()))]
    # Read all at once, three of four gaps would be next to none; one late read shortens only one.
    assert median(gaps_s[2 * METERS :]) > 0.5 * POLL_S / METERS


def test_the_first_read_waits_for_nothing() -> None:
    """Start to first read: a phase does not hold the first poll back."""

    async def talk() -> float:
        async with peer("tcp", SimulatedMeters()) as (_, connect):
            begun = asyncio.get_running_loop().time()
            async with Watched(spec(connect, poll_s=30.0)) as watched:
                await until(lambda: watched.readings)
                return watched.readings[0].t_s - begun

    assert run(talk()) < 1.0
