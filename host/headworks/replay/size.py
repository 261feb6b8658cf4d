"""How many racks does a feeder deserve? Sweeps number and size on the same rows.

Each further rack uses less of the surplus than the one before. The knee is where the curve of
energy used over racks' power bends most: the point furthest above the line from none to all.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from headworks.model.site import Site
from headworks.replay.backtest import Backtest
from headworks.replay.compare import with_racks
from headworks.replay.plant import PlantOptions
from headworks.replay.rows import Block
from headworks.replay.totals import Totals

BINS = 8  # counts of a sweep that nobody chose


class Point(NamedTuple):
    """One number and size of racks. Energies in kWh; shares 0 to 1, None where there is none.

    `last_utilisation`: what the power added since the point before is used.
    """

    racks: int
    rated_kw: float
    total_kw: float
    used_kwh: float
    imported_kwh: float
    used_share: float | None
    utilisation: float | None
    last_utilisation: float | None
    switchings_per_rack_day: float | None


class Sweep:
    """All sizes at once, so that the file is read once."""

    def __init__(
        self, site: Site, counts: Mapping[float, Sequence[int]], plant: PlantOptions
    ) -> None:
        """`counts`: the numbers of racks to try for each size in kW."""
        wanted = [(count, kw) for kw in sorted(counts) for count in sorted(set(counts[kw]))]
        self.runs = [(n, kw, Backtest(with_racks(site, n, kw), plant)) for n, kw in wanted]

    def play(self, blocks: Iterable[Block]) -> None:
        """Play all rows. Raises DataError and RowsError."""
        for block in blocks:
            for _, _, run in self.runs:
                run.play(block)

    def curves(self) -> dict[float, list[Point]]:
        """The points of each rack size, by number of racks."""
        found: dict[float, list[Point]] = {}
        for count, kw, run in self.runs:
            curve = found.setdefault(kw, [])
            curve.append(_point(count, kw, run.finish(), curve[-1] if curve else None))
        return found


def _point(count: int, kw: float, totals: Totals, before: Point | None) -> Point:
    used = totals.used_kwh - (before.used_kwh if before else 0.0)
    added_kw = kw * (count - (before.racks if before else 0))
    most = added_kw * totals.span_s / 3600.0
    return Point(
        count, kw, count * kw, totals.used_kwh, totals.imported_kwh, totals.used_share,
        totals.utilisation, used / most if most > 0.0 else None, totals.switchings_per_rack_day,
    )  # fmt: skip


def knee(curve: Sequence[Point]) -> Point:
    """Where the curve from (0, 0) to its last point is furthest above the straight line."""
    last = curve[-1]
    if last.used_kwh <= 0.0:
        return curve[0]
    return max(curve, key=lambda p: p.used_kwh / last.used_kwh - p.total_kw / last.total_kw)


def counts_for(peak_surplus_kw: float, rated_kw: float) -> list[int]:
    """Numbers of racks from one to a little more than the highest surplus could feed."""
    most = min(64, max(4, int(np.ceil(1.15 * peak_surplus_kw / rated_kw))))
    return sorted({max(1, round(most * (n + 1) / BINS)) for n in range(BINS)})
