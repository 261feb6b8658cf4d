"""Plays a rival's rule through rows, in a closed loop with the same racks as ours.

What it did is added up by the same tally, so that its figures mean the same.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headworks.model.site import Site
from headworks.replay.plant import PlantOptions, Racks, heats
from headworks.replay.rivals import Rule, Sight
from headworks.replay.rows import Block, Floats, checked
from headworks.replay.tally import Played, Tally
from headworks.replay.totals import Totals

AGAIN_S = 60.0  # after that calm is looked for again
CALM_ROWS = 600  # so many rows at once are taken where the rule cannot want anything


class _Rows(NamedTuple):
    """One block in the making; `kw` and `on` are by rack and row."""

    t_s: Floats
    site_kw: Floats
    heat: Floats
    kw: Floats
    on: NDArray[np.bool_]


class RivalRun:
    """One rule on one site's racks. Plays blocks as `backtest.Backtest` does."""

    def __init__(self, site: Site, rule: Rule, plant: PlantOptions) -> None:
        self.rule = rule
        self.racks = Racks(site, plant)
        self.totals = Totals()
        self._tally = Tally(site, self.totals)
        self._on = [False] * len(site.racks)
        self._last_s = float("-inf")
        self._next_s = self._calm_s = float("-inf")
        self._scans = 0

    def play(self, block: Block) -> Played:
        """The next rows. Raises RowsError."""
        first = self.totals.rows
        block = checked(block, self._last_s, first + 1)
        t_s = block.t_s
        dt_s = np.diff(t_s, prepend=self._last_s if first else t_s[0])
        site_kw = np.where(np.isnan(block.site_kw), 0.0, block.site_kw)  # unknown: neither way
        air_c = block.more.get("temperature_c", np.full(len(t_s), np.nan))
        heat = heats(air_c)
        count = len(self._on)
        kw = np.zeros((count, len(t_s)))
        on = np.zeros((count, len(t_s)), np.bool_)
        rows = _Rows(t_s, site_kw, heat, kw, on)
        scans, row = self._scans, 0
        while row < len(t_s):
            row = self._go(rows, row)
        self._last_s = float(t_s[-1])
        limits = ((self.rule.label, "own-rule"),)
        played = Played(
            first, t_s, block.wall_s, block.site_kw, dt_s, kw.sum(axis=0), kw @ dt_s, on,
            np.zeros(len(t_s)), np.zeros(len(t_s), np.int16), limits, (), 0, 0.0,
            self._scans - scans,
        )  # fmt: skip
        self._tally.add(played)
        return played

    def finish(self) -> Totals:
        """What it all adds up to."""
        return self.totals

    def _go(self, rows: _Rows, row: int) -> int:
        """Play from a row to the next cycle, or further where all is calm; the row after."""
        t_s, site_kw, heat, kw, on = rows
        now = float(t_s[row])
        self.racks.settle(now)
        if self.racks.still and now >= self._calm_s:
            end = min(row + CALM_ROWS, len(t_s))
            self._powers(t_s[row:end], heat[row:end], kw[:, row:end])
            grid = site_kw[row:end] + kw[:, row:end].sum(axis=0)
            if self.rule.rest((float(grid.min()), float(grid.max())), self._on):
                on[:, row:end] = np.array(self._on)[:, None]
                return end
            self._calm_s = now + AGAIN_S
        if now >= self._next_s:
            kw[:, row] = self._cycle(now, float(site_kw[row]), float(heat[row]))
            on[:, row] = self._on
            return row + 1
        end = min(max(row + 1, int(np.searchsorted(t_s, self._next_s))), len(t_s))
        if not self.racks.still:
            end = row + 1
        self._powers(t_s[row:end], heat[row:end], kw[:, row:end])
        on[:, row:end] = np.array(self._on)[:, None]
        return end

    def _cycle(self, now: float, site_kw: float, heat: float) -> list[float]:
        """Let the rule decide; what each rack draws now."""
        own = [self.racks.power_kw(i, now, heat) for i in range(len(self._on))]
        wanted = self.rule.decide(Sight(now, site_kw + sum(own), own), self._on)
        for i, (want, have) in enumerate(zip(wanted, self._on, strict=True)):
            if want is not have:
                self.racks.tell(i, want, now)
        self._on = wanted
        self._next_s = now + self.rule.cycle_s
        self._scans += 1
        return own

    def _powers(self, t_s: Floats, heat: Floats, out: Floats) -> None:
        """What each rack draws in some rows."""
        out[:] = 0.0
        for i, drawn_kw in self.racks.drawn_kw(t_s, heat).items():
            out[i] = drawn_kw


def rated(site: Site) -> Sequence[float]:
    """The loads as a rule knows them."""
    return [rack.rated_kw for rack in site.racks]
