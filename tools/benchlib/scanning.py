"""One pure scan, timed in this process: no socket, no event loop, time as an argument."""

import time
from typing import NamedTuple

from benchlib import rig, sites
from benchlib.loop import plain_loop
from benchlib.rows import Spread, spread
from headworks.control.scan import first_memory, scan
from headworks.model.live import Feedback, Quality, Reading, SignalValue, Snapshot
from headworks.model.plan import Plan
from headworks.model.site import Site
from headworks.site import check

RACKS = 12
SECONDS = 600  # of the replayed time, one scan a second
CLOUD_S = 60  # how long a cloud stays, and how long it stays away
SIGNALS = """
[[signal]]
name = "scada"
kind = "setpoint"
listen = "tcp://127.0.0.1:1502"

[[signal]]
name = "hz"
kind = "frequency"
meter = "m0"
"""


class Seen(NamedTuple):
    """Times of one scan by what happens, and of one run of the plain loop, in µs."""

    scans: dict[str, Spread]
    plain: Spread


def measure(rounds: int) -> Seen:
    """Replay ten minutes again and again, in turn with the plain loop."""
    rig.pin()
    site = bench_site()
    scans: dict[str, list[float]] = {"calm": [], "clouds": []}
    plain = []
    for _ in range(rounds):
        for name in scans:
            scans[name] += _replay(site, clouds=name == "clouds")
        plain += [_timed() for _ in range(20)]
    return Seen({name: spread(taken) for name, taken in scans.items()}, spread(plain))


def _timed() -> float:
    begun = time.perf_counter_ns()
    plain_loop()
    return (time.perf_counter_ns() - begun) / 1e3


def bench_site(racks: int = RACKS) -> Site:
    shape = sites.Shape(racks)
    ports = {"meters": [502], "boards": range(1502, 1502 + shape.boards)}
    site, problems = check(sites.site_file(shape, ports, SIGNALS), "bench.toml")
    if site is None:
        raise rig.BenchError("; ".join(problem.text for problem in problems))
    return site


def _replay(site: Site, *, clouds: bool) -> list[float]:
    """Ten minutes in which the racks follow the plan; the time of each scan in µs."""
    memory, plan, taken = first_memory(site, 0.0), None, []
    for second in range(SECONDS):
        dark = clouds and second // CLOUD_S % 2 == 1
        snapshot = snapshot_of(site, plan, float(second), 3.0 if dark else 30.0)
        begun = time.perf_counter_ns()
        plan, memory = scan(site, memory, snapshot)
        taken.append((time.perf_counter_ns() - begun) / 1e3)
    return taken


def snapshot_of(site: Site, plan: Plan | None, t_s: float, sun_kw: float) -> Snapshot:
    """What the field shows when every rack has followed the last plan."""
    on = [rack.on for rack in plan.racks] if plan else [False] * len(site.racks)
    load_kw = sum(rack.rated_kw for rack, is_on in zip(site.racks, on, strict=True) if is_on)
    power_kw = load_kw - sun_kw
    reading = Reading("m0", t_s, int(t_s) + 1, Quality.GOOD, power_kw, 50.0,
                      {"power_kw": power_kw, "frequency_hz": 50.0})  # fmt: skip
    order = SignalValue(t_s, Quality.GOOD, 500.0, t_s + 30)
    feedback = {
        rack.name: Feedback(t_s, readback=is_on) for rack, is_on in zip(site.racks, on, strict=True)
    }
    return Snapshot(t_s, {"m0": reading}, {"scada": order}, feedback, {})
