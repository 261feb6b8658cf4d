"""A backtest: rows in, decisions out, through the scan that runs live, in a closed loop.

Each row is one sample of every meter and one scan. What the scan tells the racks changes what
the meters show in the next row. Most rows need no scan of their own: `replay.hold` proves for
them that the scan would decide the same.

    run = Backtest(site)
    for block in blocks(rows):
        played = run.play(block)      # row by row: racks' power, who is on, which limit binds
    totals = run.finish()
"""

from collections.abc import Iterable, Mapping
from math import isnan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headworks.control.scan import first_memory, scan
from headworks.model.live import Reading
from headworks.model.memory import Memory
from headworks.model.plan import Event, Plan
from headworks.model.site import Site
from headworks.replay.faults import Acting, Injected, Troubled, resolve
from headworks.replay.inputs import Columns, Inputs, Values
from headworks.replay.plant import PlantOptions, Racks, heats
from headworks.replay.rows import Block, Floats, checked
from headworks.replay.tally import Played, Tally
from headworks.replay.totals import Totals
from headworks.sim.plant.contactor import FAILS_TO_CLOSE, WELD

STALE_S = 0.001  # so long after its greatest age a meter is looked at in a gap


class Out(NamedTuple):
    """What is found out about the rows of one block."""

    racks_kw: Floats
    energy_kws: Floats
    on: NDArray[np.bool_]
    envelope_kw: Floats
    binding: NDArray[np.int16]
    events: list[Event]


class Backtest:
    """One site, played through rows. Keeps the same memory however long they are.

    `jump` False scans every row; the decisions are the same. Raises FaultError for a fault
    that this site cannot have.
    """

    def __init__(
        self,
        site: Site,
        plant: PlantOptions = PlantOptions(),  # noqa: B008  a named tuple never changes
        faults: Iterable[Injected] = (),
        *,
        jump: bool = True,
    ) -> None:
        self.site, self.jump = site, jump
        self.inputs = Inputs(site)
        self.racks = Racks(site, plant)
        self.troubled = Troubled(site, self.inputs, resolve(site, faults))
        self.totals = Totals()
        self._tally = Tally(site, self.totals)
        self.memory: Memory | None = None
        self.plan: Plan | None = None
        self._limits: dict[tuple[str, str], int] = {}
        self._last_s = float("-inf")
        self._last_readings: Mapping[str, Reading] | None = None
        self._last_values: Values | None = None
        self._gap_s = max(
            2.0 * site.scan_s, min((meter.max_age_s for meter in site.meters), default=0.0)
        )
        self._stale_s = max((meter.max_age_s for meter in site.meters), default=0.0) + STALE_S
        self._scans = 0
        self.trouble_in_block = False

    def play(self, block: Block) -> Played:
        """The next rows. Raises RowsError, before any of them was played."""
        first = self.totals.rows
        block = self._moved_clock(checked(block, self._last_s, first + 1))
        columns = self.inputs.columns(block)
        if first == 0:
            self.totals.assumed = self.inputs.assumed(block.more)
        dt_s = np.diff(block.t_s, prepend=self._last_s if first else block.t_s[0])
        out = self._blank(len(block.t_s))
        gaps = np.flatnonzero(dt_s > self._gap_s).tolist()
        gap_s = float(dt_s[gaps].sum())
        dt_s[gaps] = 0.0
        scans = self._scans
        self._rows(columns, dt_s, out, gaps)
        played = Played(
            first, block.t_s, block.wall_s, block.site_kw, dt_s, out.racks_kw, out.energy_kws,
            out.on, out.envelope_kw, out.binding, tuple(self._limits), tuple(out.events),
            len(gaps), gap_s, self._scans - scans,
        )  # fmt: skip
        self._tally.add(played)
        return played

    def finish(self) -> Totals:
        """What it all adds up to."""
        return self.totals

    def _blank(self, count: int) -> Out:
        racks = len(self.site.racks)
        return Out(
            np.zeros(count),
            np.zeros(racks),
            np.zeros((racks, count), np.bool_),
            np.zeros(count),
            np.zeros(count, np.int16),
            [],
        )

    def _moved_clock(self, block: Block) -> Block:
        """The block as a machine sees it whose wall clock was stepped."""
        wall_s = block.wall_s
        for fault in self.troubled.faults:
            if jump := self.troubled.jump_s([fault]):
                hit = (block.t_s >= fault.from_s) & (block.t_s < fault.until_s)
                wall_s = np.where(hit, wall_s + jump, wall_s)
        return block._replace(wall_s=wall_s)

    def _rows(self, columns: Columns, dt_s: Floats, out: Out, gaps: list[int]) -> None:
        heat = heats(columns.temperature_c)
        gap_rows = frozenset(gaps)
        for row in range(len(dt_s)):
            if row in gap_rows:
                self._gap(out)
            self._row(columns, heat, dt_s, row, out)

    def _gap(self, out: Out) -> None:
        """Nothing was measured for a while: the station saw its meters go stale."""
        if self._last_values is None or self._last_readings is None:
            return
        t_s = self._last_s + self._stale_s
        self.racks.settle(t_s)
        values = self._last_values._replace(t_s=t_s)
        self._scan(values, self._last_readings, out)

    def _row(self, columns: Columns, heat: Floats, dt_s: Floats, row: int, out: Out) -> None:
        """One row with a scan of its own."""
        t_s = columns.t_s.item(row)
        acting = self.troubled.acting(t_s) if self.troubled.faults else []
        self._break(acting)
        self.racks.settle(t_s)
        warm = heat.item(row)
        powers = [self.racks.power_kw(i, t_s, warm) for i in range(len(self.site.racks))]
        values = self.values(columns, row, powers)
        readings = None
        if self.troubled.faults:
            values = self.troubled.values(values, acting)
            readings = self.troubled.readings(values, acting)
        plan = self._scan(values, readings, out)
        out.racks_kw[row] = sum(powers)
        np.add(out.energy_kws, np.multiply(powers, dt_s.item(row)), out=out.energy_kws)
        out.on[:, row] = [rack.on for rack in plan.racks]
        out.envelope_kw[row] = plan.envelope.kw
        out.binding[row] = self._binding(plan)

    def _scan(self, values: Values, readings: Mapping[str, Reading] | None, out: Out) -> Plan:
        """Scan once, and tell the racks."""
        racks = self.racks
        if readings is None:
            readings = self.inputs.readings(values)
        snapshot = self.inputs.snapshot(values, readings, coil=racks.coil, closed=racks.closed)
        memory = self.memory or first_memory(self.site, values.t_s)
        plan, self.memory = scan(self.site, memory, snapshot)
        self.plan = plan
        self._scans += 1
        racks.breaker_open |= plan.upstream_trip
        for i, rack in enumerate(plan.racks):
            if rack.on is not racks.coil[i]:
                racks.tell(i, rack.on, values.t_s)
        out.events.extend(plan.events)
        self._last_s, self._last_values, self._last_readings = values.t_s, values, readings
        return plan

    def values(self, columns: Columns, row: int, powers: list[float]) -> Values:
        """One row's numbers as the meters and signals have them."""
        return Values(
            columns.t_s.item(row),
            [
                known(base.item(row), sum([powers[i] for i in point.racks]))
                for base, point in zip(columns.base_kw, self.inputs.points, strict=True)
            ],
            known(columns.hertz.item(row)),
            [known(limit.item(row)) for limit in columns.limits],
            [known(seen.item(row)) for seen in columns.seen],
        )

    def _break(self, acting: list[Acting]) -> None:
        """Let racks have the faults that act now."""
        if self.troubled.faults:
            self.racks.welded = self.troubled.on_racks(acting, WELD)
            self.racks.stuck_open = self.troubled.on_racks(acting, FAILS_TO_CLOSE)

    def _binding(self, plan: Plan) -> int:
        limit = plan.envelope.binding
        key = limit.source, str(limit.reason.code)
        return self._limits.setdefault(key, len(self._limits))


def known(value: float, own: float = 0.0) -> float | None:
    """A measured value with the racks' own on top; None where it is NaN."""
    return None if isnan(value) else own + value
