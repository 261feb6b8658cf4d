"""Short ways to write sites, snapshots and runs of scans for the tables of tests/control."""

from dataclasses import replace
from typing import Any

from headworks.control.scan import first_memory, scan
from headworks.model.live import (
    Action,
    Command,
    Feedback,
    Observation,
    Quality,
    Reading,
    SignalValue,
    Snapshot,
)
from headworks.model.memory import Memory
from headworks.model.plan import Event, Plan, RackPlan
from headworks.model.site import (
    Control,
    ExportSignal,
    FeederSpec,
    MeterSpec,
    RackKind,
    RackSpec,
    Sign,
    Site,
    SwitchSpec,
)

QUICK = Control(
    reserve_kw=0.0,
    margin_kw=5.0,
    trip_kw=20.0,
    deficit_kws=60.0,
    start_delay_s=5.0,
    stagger_s=0.0,
    window_s=10.0,
    starts_per_window=100,
    retry_s=5.0,
)


def meter(name: str, max_age_s: float = 3.0) -> MeterSpec:
    return MeterSpec(name, "any", "tcp://h:1", 1, Sign.IMPORT_POSITIVE, max_age_s=max_age_s)


def rack(name: str, **changes: Any) -> RackSpec:
    """A 36 kW miner without feeder, meter or feedback, with short times."""
    base = RackSpec(
        name,
        RackKind.ASIC,
        36.0,
        feeder=None,
        switch=f"hat.{name[1:]}",
        min_on_s=0.0,
        min_off_s=0.0,
        starts_per_hour=1000,
        starts_per_day=1000,
        settle_s=60.0,
    )
    return replace(base, **changes)


def site(*racks: RackSpec, control: Control = QUICK, **changes: Any) -> Site:
    """A site with an incomer whose export grants surplus, unless `changes` say otherwise."""
    base = Site(
        name="test",
        timezone="UTC",
        scan_s=1.0,
        control=control,
        meters=(meter("incomer"),),
        feeders=(),
        signals=(ExportSignal("export", "incomer"),),
        switches=(SwitchSpec("hat", "any"),),
        racks=racks,
    )
    return replace(base, **changes)


def feeder(
    name: str, rating_kw: float, meter: str | None = None, parent: str | None = None
) -> FeederSpec:
    return FeederSpec(name, rating_kw, meter, parent)


def good(name: str, t_s: float, power_kw: float | None, **more: Any) -> Reading:
    return Reading(name, t_s, int(t_s * 1000), Quality.GOOD, power_kw, **more)


def seen(t_s: float, value: float | bool | None, quality: Quality = Quality.GOOD) -> Observation:
    return Observation(t_s, quality, value)


def allows(t_s: float, limit_kw: float | None, valid_s: float = 60.0) -> SignalValue:
    return SignalValue(t_s, Quality.GOOD, limit_kw, t_s + valid_s)


def ask(action: Action, target: str, note: str = "") -> Command:
    return Command("1", "ayesha", "operator", action, target, note)


class Run:
    """Scans one after the other; what is set stays until it is set again.

    `power` maps meters to kW (None: silent), `feedback` racks to (readback, aux), and so on.
    Every meter's sample is taken at the scan, unless `hold` names it.
    """

    def __init__(self, site: Site, t_s: float = 1000.0, memory: Memory | None = None) -> None:
        self.site, self.t_s = site, t_s
        self.memory = memory or first_memory(site, t_s)
        self.power: dict[str, float | None] = {}
        self.hertz: dict[str, float] = {}
        self.hold: set[str] = set()
        self.follow: dict[str, tuple[str, float]] = {}  # meter: (rack, kW when it is on)
        self.looked_s: float | None = None  # when feedback was seen; None: at the scan
        self.obeys: set[str] = set()  # racks whose switch and contact do what they are told
        self.signals: dict[str, SignalValue] = {}
        self.feedback: dict[str, tuple[bool | None, bool | None]] = {}
        self.observations: dict[str, Observation] = {}
        self.readings: dict[str, Reading] = {}
        self.events: list[Event] = []
        self.plan: Plan | None = None

    def snapshot(self, *commands: Command) -> Snapshot:
        for name, (rack, kw) in self.follow.items():
            on = any(plan.name == rack and plan.on for plan in self.plan.racks) if self.plan else 0
            self.power[name] = kw if on else 0.0
        for name, power in self.power.items():
            if name not in self.hold and power is not None:
                hertz = self.hertz.get(name)
                self.readings[name] = good(name, self.t_s, power, frequency_hz=hertz)
        for name in self.obeys:
            on = self.plan is not None and self.of(name).on
            self.feedback[name] = (on, on)
        looked_s = self.t_s if self.looked_s is None else self.looked_s
        feedback = {name: Feedback(looked_s, *pair) for name, pair in self.feedback.items()}
        return Snapshot(
            self.t_s, dict(self.readings), self.signals, feedback, self.observations, commands
        )

    def step(self, *commands: Command, dt: float = 1.0) -> Plan:
        self.t_s += dt
        self.plan, self.memory = scan(self.site, self.memory, self.snapshot(*commands))
        self.events += self.plan.events
        return self.plan

    def until(self, t_s: float, dt: float = 1.0) -> Plan:
        """Scan for `t_s` more seconds."""
        end = self.t_s + t_s
        while self.t_s < end - 1e-9:
            self.step(dt=dt)
        return self.plan

    def of(self, name: str) -> RackPlan:
        return next(rack for rack in self.plan.racks if rack.name == name)

    def on(self) -> list[str]:
        return [rack.name for rack in self.plan.racks if rack.on]

    def kinds(self, source: str) -> list[str]:
        return [event.kind for event in self.events if event.source == source]
