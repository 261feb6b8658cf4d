"""Several meters on one RS-485 line, in jumping time: dead ones cost the others nothing."""

import asyncio
import struct
import time
from collections import Counter

import pytest

from field.meters.simulated import SimulatedMeters, spec
from field.modbus.virtual import VirtualLine, run_virtual
from headworks.field.meters.bus import Bus
from headworks.field.meters.device import MeterDevice
from headworks.field.modbus.channel import Line
from headworks.field.modbus.framing import RtuFraming
from headworks.field.modbus.link import Link
from headworks.model.live import Quality, Reading

BAUD, TURN_S, POLL_S, TIMEOUT_S = 9600, 0.02, 1.5, 0.5
DRAIN_S = RtuFraming.drain_s
UNITS = (1, 2, 3, 4, 5, 6)


class Rs485(VirtualLine):
    """A line at 9600 baud with meters that take 20 ms to answer."""

    def __init__(self, device: SimulatedMeters) -> None:
        super().__init__(rtu=True, fates=[], confused=False)
        self.device = device
        self.slow_s: dict[int, float] = {}  # of units that need longer

    def _serve(self, tid: int, unit: int, pdu: bytes) -> None:
        if unit in self.device.silent:
            return
        address, count = struct.unpack(">HH", pdu[1:5])
        words = self.device.read(unit, pdu[0], address, count)
        reply = bytes((pdu[0], 2 * count)) + struct.pack(f">{count}H", *words)
        wait_s = self.slow_s.get(unit, TURN_S) + Line(BAUD).wire_s(8 + len(reply) + 3)
        asyncio.get_running_loop().call_later(wait_s, self._deliver, 1, 0, unit, reply)


class Timed(MeterDevice):
    """A meter that notes how long its polls hold the line, with the quiet after a timeout."""

    spent_s = 0.0

    async def poll(self, link: Link, timeout_s: float | None = None) -> None:
        start_s = time.monotonic()
        await super().poll(link, timeout_s)
        self.spent_s += time.monotonic() - start_s + (DRAIN_S if self.misses else 0.0)


class Station:
    """The meters of the line, read for as long as the test says."""

    def __init__(self, units: tuple[int, ...] = UNITS) -> None:
        self.device = SimulatedMeters("sdm630", units)
        self.line = Rs485(self.device)
        self.readings: list[Reading] = []
        self.link = Link(self.line, RtuFraming(Line(BAUD).silence_s, over_tcp=False), TIMEOUT_S)
        self.meters = [
            Timed(
                spec(
                    "serial:x", f"m{unit}", "sdm630", unit=unit, poll_s=POLL_S, timeout_s=TIMEOUT_S
                ),
                self.device.profile,
                self.readings.append,
                lambda meter, text: None,
            )
            for unit in units
        ]
        self.bus = Bus(self.link, self.meters)

    async def run_for(self, time_s: float) -> Counter[str]:
        """Good readings by meter in the next seconds."""
        start = len(self.readings)
        await asyncio.sleep(time_s)
        return Counter(r.meter for r in self.readings[start:] if r.quality is Quality.GOOD)

    async def __aenter__(self) -> "Station":
        self.link.start()
        self.bus.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.bus.stop()
        await self.link.stop()


@pytest.mark.parametrize("dead", [{2}, {2, 3}, {1, 2, 3, 4, 5}])
def test_dead_meters_take_at_most_a_tenth_and_the_others_keep_their_rate(
    monkeypatch: pytest.MonkeyPatch, dead: set[int]
) -> None:
    """Over two minutes, probing takes at most 10 % of the line and no live meter slows down."""

    async def talk() -> None:
        async with Station() as station:
            before = await station.run_for(60.0)
            station.device.silent |= dead
            await station.run_for(10.0)
            gone = [meter for meter in station.meters if meter.spec.unit in dead]
            before_s = sum(meter.spent_s for meter in gone)
            after = await station.run_for(120.0)
            assert 0.02 < (sum(meter.spent_s for meter in gone) - before_s) / 120.0 <= 0.10
            for unit in set(UNITS) - dead:
                assert after[f"m{unit}"] >= 2 * before[f"m{unit}"] * 0.97
            assert not any(after[f"m{unit}"] for unit in dead)

    run_virtual(monkeypatch, talk)


@pytest.mark.parametrize("gone_s", [3.0, 40.0, 600.0])
@pytest.mark.parametrize("dead", [{2}, {2, 3, 4}, {1, 2, 3, 4, 5}, set(UNITS)])
def test_a_meter_that_returns_is_read_within_5_s(
    monkeypatch: pytest.MonkeyPatch, dead: set[int], gone_s: float
) -> None:
    """However long and however many were gone, each gives a good reading within 5 s."""

    async def talk() -> None:
        async with Station() as station:
            await station.run_for(10.0)
            station.device.silent |= dead
            await station.run_for(gone_s)
            for unit in sorted(dead):
                station.device.silent.discard(unit)
                back = await station.run_for(5.0)
                assert back[f"m{unit}"] >= 1, unit

    run_virtual(monkeypatch, talk)


def test_one_lost_reply_does_not_make_a_meter_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a single timeout the meter is asked again at its next turn, with its full time."""

    async def talk() -> None:
        async with Station() as station:
            await station.run_for(10.0)
            station.device.silent.add(2)
            await asyncio.sleep(POLL_S * 0.9)
            station.device.silent.discard(2)
            assert (await station.run_for(2 * POLL_S))["m2"] >= 1

    run_virtual(monkeypatch, talk)


def test_a_late_sign_of_life_brings_a_meter_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A meter slower than a short probe allows is asked with its full time once it stirs."""

    async def talk() -> None:
        async with Station() as station:
            station.device.silent |= {2, 3, 4, 5}
            await station.run_for(30.0)
            station.line.slow_s[2] = 0.2
            station.device.silent.discard(2)
            assert (await station.run_for(5.0))["m2"] >= 1

    run_virtual(monkeypatch, talk)
