"""Real scans of a small site, for the tests of what is kept: the sun comes and goes."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from control.build import feeder, meter, rack, site
from headworks.control.scan import first_memory, scan
from headworks.model.live import Feedback, Observation, Quality, Reading, SignalValue, Snapshot
from headworks.model.memory import Memory
from headworks.model.plan import Plan
from headworks.model.site import (
    Control,
    ExportSignal,
    FrequencySignal,
    InterlockAction,
    InterlockSpec,
    RecordSpec,
    SetpointSignal,
    Site,
)
from headworks.record.stamp import Clock, Stamp

WALL_S = 1_800_000_000.0  # on a quarter of an hour
RACKS = ("a1", "a2", "a3")


class Scan(NamedTuple):
    stamp: Stamp
    snapshot: Snapshot
    plan: Plan
    before: Memory


def a_site(record: RecordSpec = RecordSpec(), **changes: Any) -> Site:  # noqa: B008
    """Three racks, of which the first has its own meter, behind a metered feeder."""
    smoke = InterlockSpec("smoke", "hat.in8", InterlockAction.TRIP, RACKS, active=True, latch=True)
    return site(
        rack("a1", feeder="tx1", meter="m1", feedback="hat.in1"),
        rack("a2", feeder="tx1"),
        rack("a3", feeder="tx1"),
        control=Control(start_delay_s=2.0, stagger_s=0.5),
        meters=(meter("incomer"), meter("m1")),
        feeders=(feeder("tx1", 630.0, "incomer"),),
        signals=(
            ExportSignal("export", "incomer"),
            FrequencySignal("hz", "incomer"),
            SetpointSignal("scada", "tcp://127.0.0.1:0"),
        ),
        interlocks=(smoke,),
        record=record,
        **changes,
    )


def scans(
    count: int,
    *,
    on: Site | None = None,
    t_s: float = 1000.0,
    wall_s: float | None = WALL_S,
    every_s: float = 1.0,
    boot: str = "boot-1",
    smoke_at: int = -1,
    clock: Clock = Clock.SYNCED,
) -> Iterator[Scan]:
    """Scans one after the other; racks follow the plan, counters count, smoke when asked."""
    where = on or a_site()
    memory, plan = first_memory(where, t_s), None
    kwh = {"import": 12345.6, "export": 98765.4, "m1": 555.5}
    for number in range(count):
        now_s = t_s + number * every_s
        sun_kw = 90.0 + 70.0 * math.sin(number * every_s / 40.0)
        snapshot = _snapshot(where, plan, now_s, sun_kw, kwh, every_s, number == smoke_at)
        before = memory
        plan, memory = scan(where, memory, snapshot)
        at_s = None if wall_s is None else wall_s + number * every_s
        stamp = Stamp(boot, now_s, at_s, clock if at_s is not None else Clock.UNTIMED)
        yield Scan(stamp, snapshot, plan, before)


def _snapshot(
    where: Site,
    plan: Plan | None,
    t_s: float,
    sun_kw: float,
    kwh: dict[str, float],
    every_s: float,
    smoke: bool,
) -> Snapshot:
    on = {r.name: r.on for r in plan.racks} if plan else dict.fromkeys(RACKS, False)
    load_kw = sum(r.rated_kw for r in where.racks if on[r.name])
    power_kw, m1_kw = load_kw - sun_kw, 36.0 if on["a1"] else 0.0
    kwh["import"] += max(power_kw, 0.0) * every_s / 3600
    kwh["export"] += max(-power_kw, 0.0) * every_s / 3600
    kwh["m1"] += m1_kw * every_s / 3600
    seq = int(t_s * 10)
    values = {
        "power_kw": power_kw, "frequency_hz": 50.01, "voltage_l1_v": 230.1 + math.sin(t_s),
        "import_kwh": kwh["import"], "export_kwh": kwh["export"],
    }  # fmt: skip
    own = {"power_kw": m1_kw, "import_kwh": kwh["m1"]}
    return Snapshot(
        t_s,
        {
            "incomer": Reading("incomer", t_s, seq, Quality.GOOD, power_kw, 50.01, values),
            "m1": Reading("m1", t_s, seq, Quality.GOOD, m1_kw, None, own),
        },
        {"scada": SignalValue(t_s, Quality.GOOD, None, t_s + 60.0, "open")},
        {r.name: Feedback(t_s, on[r.name], on[r.name]) for r in where.racks},
        {
            "hat.in8": Observation(t_s, Quality.GOOD, smoke),
            "air.dew_c": Observation(float("-inf"), Quality.NEVER),
        },
    )
