"""Powers over time for charts, in at most so many bins however long a file is.

Bins begin at a minute and grow in round steps whenever there are too many. Energies stay exact.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headworks.replay.rows import Floats
from headworks.replay.tally import Played

SIZES_S = (60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 604_800)
NAMES = ("known_s", "surplus_kws", "used_kws", "imported_kws", "racks_kws", "racks_on_s")


class Sums(NamedTuple):
    """What every bin holds, by column of `NAMES`; `start_s` is when each bin begins."""

    start_s: Floats
    sums: Floats


class Series:
    """Sums over bins of `size_s`. Start and end are seconds since 1970."""

    def __init__(self, most: int = 3000) -> None:
        self.size_s: int = SIZES_S[0]
        self._most = most
        self._bins: dict[int, NDArray[np.float64]] = {}

    def add(self, played: Played) -> None:
        """One more block."""
        known = ~np.isnan(played.site_kw)
        dt_s = np.where(known, played.dt_s, 0.0)
        surplus = np.maximum(0.0, -np.where(known, played.site_kw, 0.0))
        used = np.minimum(played.racks_kw, surplus)
        columns = [
            dt_s,
            surplus * dt_s,
            used * dt_s,
            (played.racks_kw - used) * played.dt_s,
            played.racks_kw * played.dt_s,
            played.on.sum(axis=0) * played.dt_s,
        ]
        self._sum(np.floor(played.t_s / self.size_s).astype(np.int64), columns)
        while len(self._bins) > self._most and self.size_s < SIZES_S[-1]:
            self._grow()

    def _sum(self, places: NDArray[np.int64], columns: list[Floats]) -> None:
        found, where = np.unique(places, return_inverse=True)
        sums = np.stack([np.bincount(where, column, len(found)) for column in columns], axis=1)
        for place, row in zip(found.tolist(), sums, strict=True):
            have = self._bins.get(place)
            self._bins[place] = row if have is None else have + row

    def _grow(self) -> None:
        """Put the bins into larger ones."""
        larger = next(size for size in SIZES_S if size > self.size_s)
        bins: dict[int, NDArray[np.float64]] = {}
        for place, row in self._bins.items():
            new = place * self.size_s // larger
            bins[new] = bins[new] + row if new in bins else row
        self._bins, self.size_s = bins, larger

    def sums(self, size_s: int | None = None, offset_s: float = 0.0) -> Sums:
        """All bins in ascending time, or larger ones that begin at `offset_s` of a day."""
        bins: dict[float, NDArray[np.float64]] = {}
        for place, row in sorted(self._bins.items()):
            start = float(place * self.size_s)
            if size_s is not None and size_s > self.size_s:
                start = (start + offset_s) // size_s * size_s - offset_s
            bins[start] = bins[start] + row if start in bins else row
        rows = list(bins.values())
        return Sums(np.array(list(bins)), np.array(rows).reshape(-1, len(NAMES)))

    def mean_kw(self, name: str) -> tuple[Floats, Floats]:
        """Start of each bin and the mean power in it (or racks on); NaN where nothing is known."""
        found = self.sums()
        time_s = found.sums[:, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            mean: Floats = np.where(time_s > 0, found.sums[:, NAMES.index(name)] / time_s, np.nan)
        return found.start_s, mean
