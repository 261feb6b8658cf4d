"""Coil boards on a disturbed line, on a shared one, and boards that lie."""

import asyncio
import os
import time
from dataclasses import replace

from field.meters.simulated import SimulatedMeters
from field.meters.simulated import spec as meter_spec
from field.modbus.peers import peer
from field.switches.coil_peers import Relays, RtuPeer
from field.switches.helpers import rack, site, until
from headworks.field.meters import Meters
from headworks.field.modbus.links import Links
from headworks.field.switches import Switches
from headworks.model.live import Quality
from headworks.model.site import SwitchSpec

RACKS = [rack(f"a{n}", f"relay.{n}") for n in range(1, 9)]


def spec(connect: str, name: str = "relay", **other: object) -> SwitchSpec:
    """A board of 8 on its line."""
    settings = {"unit": 1, "poll_s": 0.05, "timeout_s": 0.2, "baud": 115200, **other}
    return SwitchSpec(name, "coil-8", connect, **settings)


class LossyPeer(RtuPeer):
    """A line on which the next frames to the board are lost on wish."""

    lose = 0

    def _carry(self, source: int, target: int) -> None:
        if self.lose and source == self._pairs[0].ours:
            self.lose -= 1
            os.read(source, 4096)
        else:
            super()._carry(source, target)


def test_an_off_that_the_line_lost_is_said_again_at_once():
    """One disturbed frame on RS-485 delays an off by its timeout, not by a probe's waiting time."""
    board = Relays()

    async def run():
        peer = LossyPeer(board)
        await peer.start()
        switches = Switches(site([spec(peer.connect)], RACKS), lambda: None)
        await switches.start()
        switches.command("relay.1", True)
        await until(lambda: switches.feedback()["a1"].readback)
        peer.lose = 1
        begun = time.monotonic()
        switches.command("relay.1", False)
        await until(lambda: not board.coils[0])
        took_s = time.monotonic() - begun
        await switches.stop()
        await peer.stop()
        return took_s

    assert asyncio.run(run()) < 0.8, "timeout 0.2 s, one try 0.1 s later, and slack"


def test_all_off_is_two_requests_whatever_the_board_has():
    """The first off leaves at once, all others together behind it, and ons only after them."""
    board = Relays(unit=1)
    racks = [rack(f"a{n}", f"relay.{n}") for n in range(1, 9)]

    async def run():
        peer_ = RtuPeer(board)
        await peer_.start()
        switches = Switches(site([spec(peer_.connect, poll_s=60.0)], racks), lambda: None)
        await switches.start()
        for number in range(1, 8):
            switches.command(f"relay.{number}", True)
        ons = [True] * 7 + [False]
        await until(lambda: [one.readback for one in switches.feedback().values()] == ons)
        board.writes.clear()  # read back, so no write is under way any more
        for number in range(1, 8):
            switches.command(f"relay.{number}", False)
        switches.command("relay.8", True)
        await until(lambda: board.coils[7])
        writes = list(board.writes)
        await switches.stop()
        await peer_.stop()
        return writes

    assert asyncio.run(run()) == [(5, 0, [False]), (15, 0, [False] * 8), (5, 7, [True])]


class Shared:
    """One line with a meter at unit 1 and a relay board at unit 2; notes who was asked."""

    def __init__(self) -> None:
        self.meter, self.coils = SimulatedMeters("sdm630", (1,)), [0] * 8

    def read(self, unit, function, address, count):
        if unit == 2:
            return (self.coils + [0] * 8)[address : address + count]
        return self.meter.read(unit, function, address, count)

    def write(self, unit, _function, address, values):
        assert unit == 2
        self.coils[address : address + len(values)] = values


def test_a_meter_and_a_relay_board_share_their_serial_line():
    """One port, opened once: both work, and neither takes the line from the other."""
    shared = Shared()

    async def run():
        async with peer("serial", shared) as (_, connect):
            links, good = Links(), []
            meter = meter_spec(connect, model="sdm630", parity="N", timeout_s=0.3)
            board = spec(connect, unit=2)
            place = replace(site([board], RACKS), meters=(meter,))
            meters = Meters(place, lambda r: good.append(r.quality is Quality.GOOD), links=links)
            switches = Switches(place, lambda: None, links=links)
            meters.start()
            await switches.start()
            await until(lambda: any(good) and switches.feedback()["a1"].readback is False)
            switches.command("relay.1", True)
            seen = len(good)
            await until(lambda: switches.feedback()["a1"].readback and sum(good[seen:]) > 2)
            await switches.stop()
            await meters.stop()
        return shared.coils, len(links._links)

    assert asyncio.run(run()) == ([0] * 8, 0)


def test_reads_do_not_gather_on_a_busy_line():
    """A read that has not had its turn yet is not asked for again, however often is written."""
    board = Relays()

    async def run():
        peer = LossyPeer(board)
        await peer.start()
        switches = Switches(site([spec(peer.connect, timeout_s=1.0)], RACKS), lambda: None)
        await switches.start()
        await until(lambda: switches.feedback()["a1"].readback is False)
        link = switches._boards["relay"]._link
        urgent = link._waiting.add
        most = 0

        def counted(pending, is_urgent, off=False):
            nonlocal most
            urgent(pending, is_urgent, off)
            most = max(most, len(link._waiting._usual))

        link._waiting.add = counted
        for turn in range(200):
            for name in ("relay.1", "relay.2"):
                switches.command(name, turn % 2 == 0)
            switches._boards["relay"]._again(0.0)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        await switches.stop()
        await peer.stop()
        return most

    assert asyncio.run(run()) <= 1
