"""A small plant for generated histories: racks that ramp, meters that sample, things that break.

Knows nothing of `headworks.control`. Times in s, powers in kW. `Trouble` is what happens when.
"""

import random
from dataclasses import dataclass, field
from typing import NamedTuple

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
from headworks.model.plan import Plan
from headworks.model.site import Site


class Trouble(NamedTuple):
    """What goes wrong or changes, from scan `at` for `scans` scans."""

    at: int
    scans: int
    kind: str
    target: int


KINDS = (
    "silent", "error", "nan", "spike-up", "spike-down", "future", "frozen-time",
    "cloud", "sun", "small-dip", "weld", "no-close", "aux-lost", "aux-flap", "no-feedback",
    "setpoint-low", "setpoint-zero", "setpoint-expired", "setpoint-lost", "contact-open",
    "under-frequency", "frequency-lost", "hot", "sensor-lost", "off", "auto", "lock", "unlock",
    "reset", "ack", "nonsense", "pause", "back", "rack-meter-lost", "negative",
    "leak", "button", "board-lost", "relay-stuck", "damp",
)  # fmt: skip


@dataclass
class Load:
    """One rack as it really is."""

    rated_kw: float
    ramp_s: float
    closed: bool = False
    kw: float = 0.0

    def advance(self, told: bool, welded: bool, stuck_open: bool, dt: float) -> None:
        self.closed = (told or (welded and self.closed)) and not stuck_open
        goal = self.rated_kw if self.closed else 0.0
        if not self.closed:
            self.kw = 0.0
        else:
            self.kw = min(goal, self.kw + dt * self.rated_kw / self.ramp_s)


@dataclass
class Plant:
    """The site, its loads and what its meters last sampled."""

    site: Site
    troubles: list[Trouble]
    seed: int
    background_kw: float = -200.0
    t_s: float = 5000.0
    step: int = 0
    polls: dict[str, float] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)
    loads: dict[str, Load] = field(default_factory=dict)
    permits: frozenset[str] = frozenset()  # boards whose permissive relay was told to close

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        for spec in self.site.racks:
            self.loads[spec.name] = Load(spec.rated_kw, self.random.choice((0.1, 5.0, 40.0)))
        for meter in self.site.meters:
            self.polls[meter.name] = self.random.choice((0.25, 1.0, meter.max_age_s * 0.8))

    def _active(self, kind: str) -> list[int]:
        return [
            x.target for x in self.troubles if x.kind == kind and x.at <= self.step < x.at + x.scans
        ]

    def _begins(self, kind: str) -> list[int]:
        return [x.target for x in self.troubles if x.kind == kind and x.at == self.step]

    def _hits(self, kind: str, index: int, count: int) -> bool:
        return any(target % count == index for target in self._active(kind))

    def advance(self, plan: Plan | None) -> Snapshot:
        """Let time pass under a plan, and look."""
        self.step += 1
        dt = 45.0 if self._begins("pause") else self.random.choice((0.05, 0.5, 1.0, 1.0))
        self.t_s += -3.0 if self._begins("back") else dt
        told = {rack.name: rack.on for rack in plan.racks} if plan else {}
        count = len(self.site.racks)
        for i, (name, load) in enumerate(self.loads.items()):
            welded, stuck = self._hits("weld", i, count), self._hits("no-close", i, count)
            load.advance(told.get(name, False), welded, stuck, max(0.0, dt))
        self.background_kw += self.random.uniform(-0.5, 0.5)
        self.background_kw += 80.0 * len(self._begins("cloud")) - 80.0 * len(self._begins("sun"))
        self.background_kw = min(300.0, max(-500.0, self.background_kw))
        for k, meter in enumerate(self.site.meters):
            self._sample(k, meter.name)
        return Snapshot(
            self.t_s,
            dict(self.readings),
            self._signals(),
            self._feedback(),
            self._observations(),
            self._commands(),
        )

    def power_at(self, meter: str) -> float:
        """What a meter would show, in kW: its own rack's power, or all behind it."""
        for spec in self.site.racks:
            if spec.meter == meter:
                return self.loads[spec.name].kw
        feeders = {f.name for f in self.site.feeders if f.meter == meter}
        names = {f.name for f in self.site.feeders if f.parent in feeders} | feeders
        behind = [r.name for r in self.site.racks if r.feeder in names or not feeders]
        own = sum(self.loads[name].kw for name in behind)
        share = 1.0 if meter == "incomer" else 0.1
        dip = 12.0 if self._active("small-dip") and meter == "incomer" else 0.0
        return own + abs(share) * self.background_kw + dip

    def _sample(self, k: int, name: str) -> None:
        old = self.readings.get(name)
        count = len(self.site.meters)
        rack_meter = any(spec.meter == name for spec in self.site.racks)
        if self._hits("silent", k, count) or (rack_meter and self._active("rack-meter-lost")):
            return
        if old is not None and self.t_s - old.t_s < self.polls[name] and old.quality == "good":
            return
        seq = old.seq + 1 if old else 1
        power: float | None = self.power_at(name)
        hertz = 49.0 if self._active("under-frequency") else 50.0
        quality, t_s = Quality.GOOD, self.t_s
        if self._hits("error", k, count):
            quality, power = Quality.ERROR, None
        for kind, value in (("nan", float("nan")), ("spike-up", 900.0), ("spike-down", -900.0)):
            if self._begins(kind) and self._hits(kind, k, count):
                power = value
        if self._hits("negative", k, count) and rack_meter:
            power = -30.0
        if self._hits("future", k, count):
            t_s += 100.0
        frequency = None if self._active("frequency-lost") else hertz
        self.readings[name] = Reading(name, t_s, seq, quality, power, frequency)

    def _signals(self) -> dict[str, SignalValue]:
        t, found = self.t_s, {}
        limit = 60.0 if self._active("setpoint-low") else 400.0
        limit = 0.0 if self._active("setpoint-zero") else limit
        until = t - 1.0 if self._active("setpoint-expired") else t + 30.0
        if not self._active("setpoint-lost"):
            found["setpoint"] = SignalValue(t, Quality.GOOD, limit, until)
        closed = None if not self._active("contact-open") else 0.0
        found["contact"] = SignalValue(t, Quality.GOOD, closed, t + 30.0)
        return found

    def _feedback(self) -> dict[str, Feedback]:
        found, count = {}, len(self.site.racks)
        for i, (name, load) in enumerate(self.loads.items()):
            if self._hits("no-feedback", i, count):
                continue
            aux: bool | None = load.closed
            if self._hits("aux-flap", i, count):
                aux = self.random.random() < 0.5
            if self._hits("aux-lost", i, count):
                aux = None
            found[name] = Feedback(self.t_s, load.closed, aux)
        return found

    def _observations(self) -> dict[str, Observation]:
        hot = 60.0 if self._active("hot") else 20.0
        found = {"air.temperature_c": Observation(self.t_s, Quality.GOOD, hot)}
        if self._active("sensor-lost"):
            found = {}
        smoke = bool(self._active("hot")) and self.seed % 2 == 0
        found["air.smoke"] = Observation(self.t_s, Quality.GOOD, smoke)
        for board in self.site.boards:
            if not self._active("board-lost"):
                found |= self._of_board(board.name)
        return found

    def _of_board(self, board: str) -> dict[str, Observation]:
        closed = board in self.permits and not self._active("relay-stuck")
        values = {
            "permit": closed,
            "leak": bool(self._active("leak")),
            "reset": bool(self._active("button")),
            "surface_c": 20.0,
            "dew_c": 19.0 if self._active("damp") else 10.0,
        }
        return {
            f"{board}.{channel}": Observation(self.t_s, Quality.GOOD, value)
            for channel, value in values.items()
        }

    def _commands(self) -> tuple[Command, ...]:
        names = [*self.loads, "heat", "smoke"]
        found = [
            Command("1", "ayesha", "operator", action, names[target % len(names)], "note")
            for action in Action
            for target in self._begins(str(action))
        ]
        if self._begins("nonsense"):
            found.append(Command("2", "", "", Action.OFF, "no such rack"))
        return tuple(found)
