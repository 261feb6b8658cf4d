"""Figures: samples to medians and p99, figures to a table. Measures nothing."""

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Spread(NamedTuple):
    """Samples in short. `low` and `high` are the quartiles."""

    median: float
    low: float
    high: float
    p99: float
    count: int


class Row(NamedTuple):
    """One line of the table. `bound` is the most that `compared` may be, or None."""

    figure: str
    ours: str
    baseline: str
    compared: float | None  # the ratio, or the figure itself where the bound is absolute
    unit: str  # "x" for a ratio
    bound: float | None

    @property
    def met(self) -> bool | None:
        """Whether the bound holds; None where there is none."""
        if self.bound is None or self.compared is None:
            return None
        return self.compared <= self.bound


def spread(samples: Sequence[float]) -> Spread:
    """Median, quartiles and the 99th percentile (nearest rank)."""
    ordered = sorted(samples)
    rank = max(0, math.ceil(0.99 * len(ordered)) - 1)
    if len(ordered) < 2:
        return Spread(ordered[0], ordered[0], ordered[0], ordered[0], 1)
    low, _, high = statistics.quantiles(ordered, n=4)
    return Spread(statistics.median(ordered), low, high, ordered[rank], len(ordered))


def tell(seen: Spread, unit: str, digits: int = 0) -> str:
    """A spread in words: median (quartiles), p99."""
    figures = (f"{value:.{digits}f}" for value in (seen.median, seen.low, seen.high, seen.p99))
    return "{} ({}–{}, p99 {}) {}".format(*figures, unit)


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table that also reads well in a terminal."""
    head = ("figure", "ours", "baseline", "compared", "bound", "met?")
    cells = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[n]) for line in cells) for n in range(len(head))]
    lines = ["| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |"
             for line in cells]  # fmt: skip
    return "\n".join([lines[0], "| " + " | ".join("-" * w for w in widths) + " |", *lines[1:]])


def _cells(row: Row) -> tuple[str, ...]:
    met = {True: "yes", False: "NO", None: ""}[row.met]
    compared = "" if row.compared is None else _figure(row.compared, row.unit)
    bound = "" if row.bound is None else "≤ " + _figure(row.bound, row.unit)
    return row.figure, row.ours, row.baseline, compared, bound, met


def _figure(value: float, unit: str) -> str:
    return f"{value:.3g} ×" if unit == "x" else f"{value:.3g} {unit}"
