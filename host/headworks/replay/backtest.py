"""A backtest: rows in, decisions out, through the scan that runs live, in a closed loop.

Each row is one sample of every meter and one scan. What the scan tells the racks changes what
the meters show in the next row. Most rows need no scan of their own: `replay.hold` proves for
them that the scan would decide the same.

    run = Backtest(site)
    for block in blocks(rows):
        played = run.play(block)      # row by row: racks' power, who is on, which limit binds
    totals = run.finish()
"""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np

from headworks.model.site import Site
from headworks.replay.faults import Injected
from headworks.replay.inputs import Columns
from headworks.replay.jump import Jumper, breaks_of
from headworks.replay.loop import Loop, Stage
from headworks.replay.plant import PlantOptions, heats
from headworks.replay.rows import Block, Floats, checked
from headworks.replay.tally import Played, Tally
from headworks.replay.totals import Totals


class Backtest:
    """One site, played through rows. Takes the same memory however many there are.

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
        self.loop = Loop(site, plant, faults)
        self._jumper = Jumper(self.loop) if jump else None
        self._totals = Totals()
        self._tally = Tally(site, self._totals)
        self._last_s = float("-inf")
        ages = [meter.max_age_s for meter in site.meters]
        self._gap_s = max(2.0 * site.scan_s, min(ages, default=0.0))

    def play(self, block: Block) -> Played:
        """The next rows. Raises RowsError, before any of them was played."""
        first = self._totals.rows
        block = self._moved_clock(checked(block, self._last_s, first + 1))
        columns = self.loop.inputs.columns(block)
        if not first:
            self._totals.assumed = self.loop.inputs.assumed(block.more)
        dt_s = np.diff(block.t_s, prepend=self._last_s if first else block.t_s[0])
        gaps: list[int] = np.flatnonzero(dt_s > self._gap_s).tolist()
        gap_s = float(dt_s[gaps].sum())
        dt_s[gaps] = 0.0
        stage = self._blank(columns, dt_s)
        scans = self.loop.scans
        with _no_collecting():
            self._rows(stage, gaps)
        self._last_s = block.t_s.item(-1)
        played = Played(
            first, block.t_s, block.wall_s, block.site_kw, dt_s, stage.racks_kw,
            stage.energy_kws, stage.on, stage.envelope_kw, stage.binding,
            tuple(self.loop.limits), tuple(stage.events), len(gaps), gap_s,
            self.loop.scans - scans,
        )  # fmt: skip
        self._tally.add(played)
        return played

    def finish(self) -> Totals:
        """What all rows until now add up to."""
        return self._totals

    def _rows(self, stage: Stage, gaps: list[int]) -> None:
        loop, row, gap_rows = self.loop, 0, frozenset(gaps)
        breaks = breaks_of(stage.columns, gaps) if self._jumper else []
        while row < len(stage.dt_s):
            if row in gap_rows:
                loop.gap(stage)
            held = self._jumper.jump(stage, row, breaks) if self._jumper else 0
            if not held:
                loop.row(stage, row)
            row += held or 1

    def _blank(self, columns: Columns, dt_s: Floats) -> Stage:
        count, racks = len(dt_s), len(self.loop.site.racks)
        return Stage(
            columns,
            heats(columns.temperature_c),
            dt_s,
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
        for fault in self.loop.troubled.faults:
            if jump_s := self.loop.troubled.jump_s([fault]):
                hit = (block.t_s >= fault.from_s) & (block.t_s < fault.until_s)
                wall_s = np.where(hit, wall_s + jump_s, wall_s)
        return block._replace(wall_s=wall_s)


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Cycles wait until the rows are through: a search for them costs a quarter of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
