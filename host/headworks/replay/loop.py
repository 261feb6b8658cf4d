"""The closed loop of a backtest, one row at a time: plant, meters, scan, switches.

Knows no totals and takes no short cut; `replay.jump` does.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import isnan
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from headworks.control.scan import first_memory, scan
from headworks.model.live import Reading, Snapshot
from headworks.model.memory import Memory
from headworks.model.plan import Event, Plan
from headworks.model.site import Site
from headworks.replay.fault_aims import AUX_STUCK
from headworks.replay.faults import Acting, Injected, Troubled, resolve
from headworks.replay.inputs import Columns, Inputs, Values
from headworks.replay.plant import PlantOptions, Racks
from headworks.replay.rows import Floats
from headworks.sim.plant.contactor import FAILS_TO_CLOSE, WELD

AFTER_EVENT, AFTER_JUMP = -2, -1  # so many scans until what was told has shown itself
STALE_S = 0.001  # so long after its greatest age a meter is looked at in a gap


class Stage(NamedTuple):
    """One block while it is played: what comes in, and what is found out row by row."""

    columns: Columns
    heat: Floats
    dt_s: Floats
    racks_kw: Floats
    energy_kws: Floats  # by rack
    on: NDArray[np.bool_]
    envelope_kw: Floats
    binding: NDArray[np.int16]
    events: list[Event]


class Loop:
    """A site's racks and its scan. Raises FaultError for a fault that it cannot have."""

    def __init__(self, site: Site, plant: PlantOptions, faults: Iterable[Injected]) -> None:
        self.site = site
        self.inputs = Inputs(site)
        self.racks = Racks(site, plant)
        self.troubled = Troubled(site, self.inputs, resolve(site, self.inputs, faults))
        self.memory: Memory | None = None
        self.calm = 0  # below 0 while the next scans will most likely find something new
        self.scans = 0
        self.limits: dict[tuple[str, str], int] = {}  # (source, reason) of what has bound: number
        self.quiet = False  # the last scan told no rack anything and nothing happened
        self._seen: tuple[Values, Mapping[str, Reading]] | None = None  # by the last scan
        self._last: tuple[Stage, int] | None = None  # the last row that was jumped over
        self._stale_s = max((meter.max_age_s for meter in site.meters), default=0.0) + STALE_S

    def row(self, stage: Stage, row: int) -> None:
        """One row with a scan of its own."""
        acting = self.settle(stage.columns.t_s.item(row))
        powers = self.powers(stage, row)
        values = self.values(stage.columns, row, powers)
        if self.troubled.faults:
            values = self.troubled.values(values, acting)
            readings = self.troubled.readings(values, acting)
        else:
            readings = self.inputs.readings(values)
        self._keep(stage, row, powers, self._scan(values, readings, stage))

    def decided(self, stage: Stage, row: int, values: Values, plan: Plan, memory: Memory) -> None:
        """One row whose scan was made by someone else, with this plan and this memory."""
        powers = self.powers(stage, row)  # before a breaker may open
        self._take(plan, memory, (values, self.inputs.readings(values)), stage)
        self._keep(stage, row, powers, plan)

    def settle(self, t_s: float) -> list[Acting]:
        """Let faults begin and end, and contacts arrive; the faults that act now."""
        acting = self._break(t_s)
        self.racks.settle(t_s)
        return acting

    def _keep(self, stage: Stage, row: int, powers: list[float], plan: Plan) -> None:
        """Write down what a row's scan has found."""
        stage.racks_kw[row] = sum(powers)
        np.add(stage.energy_kws, np.multiply(powers, stage.dt_s.item(row)), out=stage.energy_kws)
        stage.on[:, row] = [rack.on for rack in plan.racks]
        stage.envelope_kw[row] = plan.envelope.kw
        stage.binding[row] = self.binding(plan)

    def gap(self, stage: Stage) -> None:
        """Nothing was measured for a while: the station saw its meters go stale."""
        if self.memory is None:
            return
        values, readings = self._seen_last()
        t_s = values.t_s + self._stale_s
        self.racks.settle(t_s)
        self._scan(values._replace(t_s=t_s), readings, stage)

    def passed(self, stage: Stage, row: int, memory: Memory) -> None:
        """Rows were jumped over; this was the last one, and this is the memory after it."""
        self.memory = memory
        self.calm = AFTER_JUMP  # what ended it is most likely a change
        self._last = stage, row

    def row_values(self, stage: Stage, row: int) -> Values:
        """One row's numbers with the racks as they are now."""
        return self.values(stage.columns, row, self.powers(stage, row))

    def snapshot(self, values: Values, readings: Mapping[str, Reading] | None = None) -> Snapshot:
        """What the scan sees of a row."""
        if readings is None:
            readings = self.inputs.readings(values)
        return self.inputs.snapshot(values, readings, coil=self.racks.coil, closed=self.racks.aux)

    def values(self, columns: Columns, row: int, powers: Sequence[float]) -> Values:
        """One row's numbers as meters and signals have them, with racks that draw `powers`."""
        return Values(
            columns.t_s.item(row),
            [
                _known(base.item(row), sum([powers[i] for i in point.racks]))
                for base, point in zip(columns.base_kw, self.inputs.points, strict=True)
            ],
            _known(columns.hertz.item(row)),
            [_known(limit.item(row)) for limit in columns.limits],
            [_known(seen.item(row)) for seen in columns.seen],
        )

    def binding(self, plan: Plan) -> int:
        """The number of the limit that binds."""
        limit = plan.envelope.binding
        key = limit.source, str(limit.reason.code)
        return self.limits.setdefault(key, len(self.limits))

    def powers(self, stage: Stage, row: int) -> list[float]:
        """What every rack draws in a row."""
        t_s, warm = stage.columns.t_s.item(row), stage.heat.item(row)
        return [self.racks.power_kw(i, t_s, warm) for i in range(len(self.site.racks))]

    def _scan(self, values: Values, readings: Mapping[str, Reading], stage: Stage) -> Plan:
        """Scan once, and tell the racks."""
        past = self.memory or first_memory(self.site, values.t_s)
        plan, memory = scan(self.site, past, self.snapshot(values, readings))
        self._take(plan, memory, (values, readings), stage)
        return plan

    def _take(
        self, plan: Plan, memory: Memory, seen: tuple[Values, Mapping[str, Reading]], stage: Stage
    ) -> None:
        """Tell the racks what a scan has decided, and remember it."""
        racks, self.memory = self.racks, memory
        self.quiet = not plan.events
        self.calm = self.calm + 1 if self.quiet else AFTER_EVENT
        self.scans += 1
        racks.breaker_open |= plan.upstream_trip
        for i, rack in enumerate(plan.racks):
            if rack.on is not racks.coil[i]:
                racks.tell(i, rack.on, seen[0].t_s)
        stage.events.extend(plan.events)
        self._seen, self._last = seen, None

    def _seen_last(self) -> tuple[Values, Mapping[str, Reading]]:
        """What the last row showed, scanned or not."""
        if self._last is not None or self._seen is None:
            stage, row = cast(tuple[Stage, int], self._last)
            values = self.row_values(stage, row)
            return values, self.inputs.readings(values)
        return self._seen

    def _break(self, t_s: float) -> list[Acting]:
        """The faults that act now, those of racks put in."""
        if not self.troubled.faults:
            return []
        acting = self.troubled.acting(t_s)
        self.racks.welded = self.troubled.on_racks(acting, WELD)
        self.racks.stuck_open = self.troubled.on_racks(acting, FAILS_TO_CLOSE)
        self.racks.stick(self.troubled.on_racks(acting, AUX_STUCK))
        return acting


def _known(value: float, own: float = 0.0) -> float | None:
    """A measured value with the racks' own on top; None where it is NaN."""
    return None if isnan(value) else own + value
