"""Stand-ins around the scan loop: switches that note what they are told, a scan to order."""

import asyncio
from collections.abc import Callable, Mapping
from typing import NamedTuple

from headworks.model.live import Feedback, Observation, Quality, Reading, SignalValue, Snapshot
from headworks.model.memory import Memory, RackMemory
from headworks.model.plan import (
    Envelope,
    Event,
    Limit,
    Plan,
    RackPlan,
    RackState,
    Reason,
    ReasonCode,
)
from headworks.model.site import (
    Control,
    ExportSignal,
    FeederSpec,
    MeterSpec,
    RackKind,
    RackSpec,
    Sign,
    Site,
)
from headworks.station.heart import Heart
from headworks.station.image import ProcessImage
from headworks.station.loop import Result, ScanLoop
from headworks.station.notify import Notify
from headworks.station.outputs import Outputs


class NoBoards:
    """A site without sensor boards."""

    def observations(self) -> Mapping[str, Observation]:
        return {}


REASON = Reason(ReasonCode.NO_SURPLUS, (("need_kw", 41.0), ("never_s", float("-inf"))))
LIMIT = Limit("export", "", 0.0, REASON)


def a_site(*racks: str, scan_s: float = 30.0, deadman: str | None = None) -> Site:
    """A site of two meters, of which only the incomer matters, and these racks."""
    meters = tuple(
        MeterSpec(name, "sdm630", "tcp://127.0.0.1:1", 1, Sign.IMPORT_POSITIVE)
        for name in ("incomer", "office")
    )
    return Site(
        "test",
        "Asia/Karachi",
        scan_s,
        Control(),
        meters,
        (FeederSpec("tx1", 630.0, "incomer"),),
        (ExportSignal("export", "incomer"),),
        (),
        tuple(
            RackSpec(name, RackKind.ASIC, 36.0, "tx1", f"hat.{number}")
            for number, name in enumerate(racks, 1)
        ),
        deadman=deadman,
        deadman_s=0.0,
    )


def reading(power_kw: float, meter: str = "incomer", seq: int = 1) -> Reading:
    """A good reading, taken now."""
    now_s = asyncio.get_running_loop().time()
    return Reading(meter, now_s, seq, Quality.GOOD, power_kw, 50.0)


class NotingSwitches:
    """Switches that write down what they are told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, bool] | str] = []

    def command(self, outlet: str, on: bool) -> None:
        self.told.append((outlet, on))

    def reassert(self) -> None:
        self.told.append("reassert")

    def feedback(self) -> Mapping[str, Feedback]:
        return {}

    def inputs(self) -> Mapping[str, Observation]:
        return {}

    def toggle_deadman(self) -> None:
        self.told.append("deadman")

    def commands(self) -> list[tuple[str, bool]]:
        return [item for item in self.told if not isinstance(item, str)]


class NoSignals:
    """A site without outside signals."""

    def values(self, t_s: float) -> Mapping[str, SignalValue]:
        return {}


def first(site: Site) -> Memory:
    return Memory(0.0, tuple(RackMemory() for _ in site.racks), ())


def plan_of(site: Site, snapshot: Snapshot, on: set[str], *events: Event) -> Plan:
    """A plan with these racks on."""
    racks = tuple(
        RackPlan(r.name, r.name in on, RackState.RUNNING if r.name in on else RackState.OFF, REASON, 0.0, 0.0)
        for r in site.racks
    )  # fmt: skip
    envelope = Envelope(0.0, LIMIT, (LIMIT,), {"tx1": 630.0})
    return Plan(snapshot.t_s, envelope, racks, 0.0, 0.0, False, (), events)


def exporting(site: Site, memory: Memory, snapshot: Snapshot) -> tuple[Plan, Memory]:
    """A scan to order: all racks on while the incomer exports."""
    power_kw = snapshot.readings["incomer"].power_kw
    on = {rack.name for rack in site.racks} if power_kw is not None and power_kw < 0 else set()
    return plan_of(site, snapshot, on), memory._replace(t_s=snapshot.t_s)


class Thought(NamedTuple):
    """What the loop wants of a thought, with what there is to tell."""

    on: frozenset[int]
    upstream_trip: bool
    permits: frozenset[str]
    told: tuple[Plan, Memory]


def _thought(plan: Plan, memory: Memory) -> Thought:
    on = frozenset(i for i, rack in enumerate(plan.racks) if rack.on)
    return Thought(on, plan.upstream_trip, frozenset(), (plan, memory))


class Bench:
    """A scan loop with stand-ins around it. Make it inside a running event loop."""

    def __init__(
        self,
        site: Site,
        scan: Callable[..., tuple[Plan, Memory]] = exporting,
        tell: Callable[[Thought], tuple[Plan, Memory]] = lambda thought: thought.told,
    ) -> None:
        self.switches = NotingSwitches()
        self.results: asyncio.Queue[Result] = asyncio.Queue()
        self.failed: asyncio.Queue[BaseException] = asyncio.Queue()
        now_s = asyncio.get_running_loop().time()
        self.outputs = Outputs(site, self.switches)
        self.loop = ScanLoop(
            site,
            first(site),
            image=ProcessImage(site, self.switches, NoSignals(), NoBoards(), now_s),
            outputs=self.outputs,
            heart=Heart(site, self.switches, Notify({})),
            think=lambda *seen: _thought(*scan(*seen)),
            tell=tell,
            after=self.results.put_nowait,
            failed=self.failed.put_nowait,
        )

    async def result(self) -> Result:
        """The next scan's result."""
        return await asyncio.wait_for(self.results.get(), 5.0)
