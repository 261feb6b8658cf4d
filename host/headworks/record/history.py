"""Samples as lines to draw: least, mean and most of a channel in each of some equal spans of time.

Read-only. The tier follows from how long the whole is. Where it has nothing (a row that is not
full yet, one that a killed process took along, records of before the tier) the next finer one is
read, and before its first row, where it was trimmed, the coarser ones: what is kept is shown. A
span in which nothing is known is None. Rows that nobody knows the time of day of cannot be placed
and are left out.
"""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from headworks.record.covering import Grid, Piece, Tally, Value, cover, names_of
from headworks.record.database import reading
from headworks.record.reading import SAMPLES_FILE, Span
from headworks.record.tiers import TIERS, tier_named

MOST_ROWS = 4_000  # of a tier before a coarser one is taken; the coarsest takes what it must
LONGEST_S = 400 * 86400.0


class Lines(NamedTuple):
    """`values[name][i]` is least, mean and most from `from_s + i * step_s` on, or None."""

    tier: str
    from_s: float
    step_s: float
    spans: int
    values: dict[str, list[Value]]


def tier_for(length_s: float) -> str:
    """The finest tier that has not too many rows in so long a time."""
    fits = (tier.name for tier in TIERS if length_s / tier.step_s <= MOST_ROWS)
    return next(fits, TIERS[-1].name)


def lines(folder: Path, names: Sequence[str], span: Span, spans: int) -> Lines:
    """These channels, in at most `spans` steps, none shorter than a row of its tier.

    Raises FileNotFoundError, PermissionError, sqlite3.Error, PackingError, and ValueError for a
    span without an end, one that ends before it begins, or one longer than LONGEST_S.
    """
    if span.from_s is None or span.to_s is None or not 0 < span.to_s - span.from_s <= LONGEST_S:
        raise ValueError("from and to must be Unix seconds, at most 400 days apart")
    tier = tier_named(tier_for(span.to_s - span.from_s))
    step_s = max((span.to_s - span.from_s) / spans, float(tier.step_s))
    count = max(1, round((span.to_s - span.from_s) / step_s))
    tallies = {name: Tally(count) for name in names}
    with closing(reading(folder / SAMPLES_FILE)) as connection:
        cover(connection, tier, Grid(span.from_s, step_s, count, tallies))
    told = {name: tally.told() for name, tally in tallies.items()}
    return Lines(tier.name, span.from_s, step_s, count, told)


def names_between(folder: Path, span: Span) -> list[str]:
    """The channels that there are in the span, in the order of their blocks."""
    tier = tier_named(tier_for((span.to_s or 0.0) - (span.from_s or 0.0)))
    with closing(reading(folder / SAMPLES_FILE)) as connection:
        return names_of(connection, tier, Piece(span.from_s or 0.0, span.to_s or 0.0))
