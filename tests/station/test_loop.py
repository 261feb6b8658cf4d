"""The scan loop: what starts a scan, in what order things are done, and how it fails."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from headworks.model.live import Action, Command, Quality, Snapshot
from headworks.model.memory import Memory
from headworks.model.plan import Plan
from headworks.model.site import Site
from station.parts import Bench, Thought, a_site, exporting, plan_of, reading


def run(work: Callable[[], Awaitable[None]]) -> None:
    """Run a test body in an event loop, for 10 s at most."""

    async def limited() -> None:
        await asyncio.wait_for(work(), 10.0)

    asyncio.run(limited())


def test_a_sample_switches_in_the_same_call() -> None:
    """From a meter's reply to the switch nothing waits for another turn of the event loop."""

    async def work() -> None:
        bench = Bench(a_site("a1"))
        bench.loop.start()
        await bench.result()
        bench.loop.on_reading(reading(-100.0))
        assert bench.switches.commands() == [("hat.1", True)]
        bench.loop.stop()

    run(work)


def test_the_report_comes_after_the_outputs() -> None:
    """A switch is told before plan and memory are made; where that fails, all is opened again."""
    seen = []

    async def work() -> None:
        def tell(thought: Thought) -> tuple[Plan, Memory]:
            seen.append(bench.switches.commands())
            if thought.on:
                raise BrokenScanError
            return thought.told

        bench = Bench(a_site("a1", deadman="hat.8"), tell=tell)
        bench.loop.start()
        await bench.result()
        bench.loop.on_reading(reading(-100.0))
        assert seen == [[], [("hat.1", True)]]
        assert isinstance(bench.failed.get_nowait(), BrokenScanError)
        assert bench.switches.told == ["reassert", "deadman", ("hat.1", True), ("hat.1", False)]

    run(work)


def test_publishing_comes_after_the_outputs() -> None:
    """Saving and publishing happen in a later turn, when the switches are told already."""

    async def work() -> None:
        bench = Bench(a_site("a1"))
        bench.loop.start()
        await bench.result()
        bench.loop.on_reading(reading(-100.0))
        assert bench.results.empty()
        result = await bench.result()
        assert result.plan.racks[0].on
        bench.loop.stop()

    run(work)


def test_samples_of_one_turn_share_a_scan() -> None:
    """Ten samples in one turn make two scans, the last of which has seen them all."""

    async def work() -> None:
        bench = Bench(a_site("a1"))
        bench.loop.start()
        await bench.result()
        for number in range(10):
            bench.loop.on_reading(reading(-100.0, seq=number))
        seen = [(await bench.result()).snapshot.readings["incomer"].seq for _ in range(2)]
        assert seen == [0, 9]
        assert bench.results.empty()
        assert bench.loop.timing.count == 3
        bench.loop.stop()

    run(work)


def test_a_meter_that_decides_nothing_starts_no_scan() -> None:
    """A meter that no feeder, signal, rack or interlock uses is only kept for the page."""

    async def work() -> None:
        bench = Bench(a_site("a1"))
        bench.loop.start()
        await bench.result()
        bench.loop.on_reading(reading(5.0, meter="office"))
        assert bench.loop.timing.count == 1
        bench.loop.on_reading(reading(5.0))
        result = await bench.result()
        assert result.snapshot.readings["office"].power_kw == 5.0
        bench.loop.stop()

    run(work)


def test_without_samples_time_starts_the_scan() -> None:
    """At the latest every scan period there is a scan, or staleness would go unseen."""

    async def work() -> None:
        bench = Bench(a_site("a1", scan_s=0.02))
        bench.loop.start()
        results = [await bench.result() for _ in range(5)]
        gaps = [b.plan.t_s - a.plan.t_s for a, b in pairwise(results)]
        assert all(gap >= 0.018 for gap in gaps)
        assert results[-1].snapshot.readings["incomer"].quality is Quality.NEVER
        bench.loop.stop()

    run(work)


def test_offs_come_before_ons() -> None:
    """When racks change places the one that stops is opened first, wherever it stands."""
    on = [{"a2"}, {"a1", "a3"}]

    def scan(site: Site, memory: Memory, snapshot: Snapshot) -> tuple[Plan, Memory]:
        return plan_of(site, snapshot, on.pop(0)), memory

    async def work() -> None:
        bench = Bench(a_site("a1", "a2", "a3"), scan)
        bench.loop.start()
        await bench.result()
        bench.loop.wake()
        assert bench.switches.commands() == [
            ("hat.2", True),
            ("hat.2", False),
            ("hat.1", True),
            ("hat.3", True),
        ]
        bench.loop.stop()

    run(work)


def test_what_was_told_is_told_again_every_scan_period() -> None:
    """A relay that lost its state gets it back, but not at every sample."""

    async def work() -> None:
        bench = Bench(a_site("a1", scan_s=30.0))
        bench.loop.start()
        for _ in range(20):
            await bench.result()
            bench.loop.wake()
        assert bench.switches.told.count("reassert") == 1
        bench.loop.stop()
        often = Bench(a_site("a1", scan_s=0.01))
        often.loop.start()
        for _ in range(5):
            await often.result()
        assert often.switches.told.count("reassert") == 5
        often.loop.stop()

    run(work)


def test_a_command_starts_a_scan_and_is_in_its_snapshot() -> None:
    """A person who presses a button does not wait for the next sample."""

    async def work() -> None:
        bench = Bench(a_site("a1"))
        bench.loop.start()
        await bench.result()
        command = Command("1", "ayesha", "operator", Action.OFF, "a1")
        bench.loop.submit(command)
        assert (await bench.result()).snapshot.commands == (command,)
        bench.loop.wake()
        assert (await bench.result()).snapshot.commands == ()
        bench.loop.stop()

    run(work)


class BrokenScanError(Exception):
    """What the broken scans of these tests raise."""


@pytest.mark.parametrize("path", ["sample", "time", "command"])
def test_a_scan_that_raises_opens_everything_and_ends_the_loop(path: str) -> None:
    """Whatever started it: all outputs off, the dead-man stands still, no scan follows."""
    broken = False

    def scan(site: Site, memory: Memory, snapshot: Snapshot) -> tuple[Plan, Memory]:
        if broken:
            raise BrokenScanError
        return plan_of(site, snapshot, {"a1", "a2"}), memory

    async def work() -> None:
        nonlocal broken
        site = a_site("a1", "a2", scan_s=0.02 if path == "time" else 30.0, deadman="hat.8")
        bench = Bench(site, scan)
        bench.loop.start()
        await bench.result()
        told = len(bench.switches.told)
        broken = True
        if path == "sample":
            bench.loop.on_reading(reading(-100.0))
        if path == "command":
            bench.loop.submit(Command("1", "a", "operator", Action.OFF, "a1"))
        error = await asyncio.wait_for(bench.failed.get(), 5.0)
        assert isinstance(error, BrokenScanError)
        assert bench.switches.told[told:] == [("hat.1", False), ("hat.2", False)]
        bench.loop.wake()
        bench.loop.on_reading(reading(-100.0))
        assert bench.failed.empty()
        assert bench.switches.told[told:] == [("hat.1", False), ("hat.2", False)]

    run(work)


def test_a_switch_that_raises_ends_the_loop_too() -> None:
    """An output that is not accepted is no healthy scan; the others are opened all the same."""

    async def work() -> None:
        bench = Bench(a_site("a1", "a2", "a3", deadman="hat.8"))
        bench.loop.start()
        await bench.result()
        bench.loop.on_reading(reading(-100.0))
        await bench.result()
        told: list[tuple[str, bool]] = []

        def command(outlet: str, on: bool) -> None:
            told.append((outlet, on))
            if outlet == "hat.2":
                raise OSError("the line has gone")

        bench.switches.command = command  # type: ignore[method-assign]
        bench.loop.on_reading(reading(+100.0))
        assert isinstance(bench.failed.get_nowait(), OSError)
        assert ("hat.3", False) in told
        assert ("hat.1", False) in told

    run(work)


def test_the_dead_man_moves_after_healthy_scans() -> None:
    """One toggle for each completed scan, after the outputs of that scan."""

    async def work() -> None:
        bench = Bench(a_site("a1", deadman="hat.8"))
        bench.loop.start()
        await bench.result()
        bench.loop.on_reading(reading(-100.0))
        assert bench.switches.told == ["reassert", "deadman", ("hat.1", True), "deadman"]
        bench.loop.stop()

    run(work)


def test_the_scan_after_a_pause_knows_that_the_dead_man_stood() -> None:
    """After a pause of two scans the racks have lost their power, and control is told so."""

    async def work() -> None:
        bench = Bench(a_site("a1", scan_s=0.05, deadman="hat.8"))
        bench.loop.start()
        assert not (await bench.result()).snapshot.deadman_held
        end_s = asyncio.get_running_loop().time() + 0.12
        while asyncio.get_running_loop().time() < end_s:  # the fault itself: the loop is blocked
            pass
        assert (await bench.result()).snapshot.deadman_held
        bench.loop.stop()

    run(work)


def test_a_scan_that_takes_too_long_is_not_healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decision that comes out after its period renews no dead-man."""
    slow = False

    def scan(site: Site, memory: Memory, snapshot: Snapshot) -> tuple[Plan, Memory]:
        loop = asyncio.get_running_loop()
        end_s = loop.time() + (0.04 if slow else 0.0)
        while loop.time() < end_s:  # the fault itself: a scan that blocks
            pass
        return exporting(site, memory, snapshot)

    async def work() -> None:
        nonlocal slow
        bench = Bench(a_site("a1", scan_s=0.02, deadman="hat.8"), scan)
        bench.loop.start()
        assert (await bench.result()).healthy
        slow, before = True, bench.switches.told.count("deadman")
        assert not (await bench.result()).healthy
        bench.loop.stop()
        assert bench.switches.told.count("deadman") == before
        assert bench.loop.timing.late >= 1

    run(work)


def test_racks_held_off_stay_off() -> None:
    """On the way out a rack that was opened is not closed again, whatever the plan says."""

    async def work() -> None:
        bench = Bench(a_site("a1", "a2"))
        bench.loop.start()
        await bench.result()
        bench.loop.on_reading(reading(-100.0))
        await bench.result()
        assert bench.outputs.closed() == ("a1", "a2")
        bench.outputs.hold_off("a1")
        bench.loop.on_reading(reading(-100.0))
        assert bench.outputs.closed() == ("a2",)
        assert bench.switches.commands()[-1] == ("hat.1", False)
        bench.loop.stop()

    run(work)
