"""Samples as lines to draw: least, mean and most of a channel in each of some equal spans of time.

Read-only. The tier follows from how long the whole is; a span in which nothing is known is None.
Rows that nobody knows the time of day of cannot be placed and are left out.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from headworks.record.database import reading
from headworks.record.packing import STEPS, picked
from headworks.record.reading import SAMPLES_FILE, Span
from headworks.record.samples import Block, rows_of, tier_named

Value = tuple[float, float, float] | None
MOST_ROWS = 4_000  # of a tier before a coarser one is taken; the coarsest takes what it must
LONGEST_S = 400 * 86400.0
_BLOCK_S = 3600.0  # a block lasts no longer
_EDGE_S = 1e-6
_TIERS = ("1s", "10s", "60s")


class Lines(NamedTuple):
    """`values[name][i]` is least, mean and most from `from_s + i * step_s` on, or None."""

    tier: str
    from_s: float
    step_s: float
    spans: int
    values: dict[str, list[Value]]


class _Sums:
    """What gathers of one channel, span by span."""

    def __init__(self, spans: int) -> None:
        self.count, self.total = [0] * spans, [0] * spans
        self.least: list[int] = [0] * spans
        self.most: list[int] = [0] * spans

    def add(self, at: int, least: int, mean: int, most: int) -> None:
        if not self.count[at]:
            self.least[at], self.most[at] = least, most
        elif least < self.least[at]:
            self.least[at] = least
        self.most[at] = max(self.most[at], most)
        self.count[at] += 1
        self.total[at] += mean

    def told(self) -> list[Value]:
        return [
            (least / STEPS, total / count / STEPS, most / STEPS) if count else None
            for count, total, least, most in zip(
                self.count, self.total, self.least, self.most, strict=True
            )
        ]


def tier_for(length_s: float) -> str:
    """The finest tier that has not too many rows in so long a time."""
    fits = (name for name in _TIERS if length_s / tier_named(name).step_s <= MOST_ROWS)
    return next(fits, _TIERS[-1])


def lines(folder: Path, names: Sequence[str], span: Span, spans: int) -> Lines:
    """These channels, in at most `spans` steps, none shorter than a row of its tier.

    Raises FileNotFoundError, PermissionError, sqlite3.Error, PackingError, and ValueError for a
    span without an end, one that ends before it begins, or one longer than LONGEST_S.
    """
    if span.from_s is None or span.to_s is None or not 0 < span.to_s - span.from_s <= LONGEST_S:
        raise ValueError("from and to must be Unix seconds, at most 400 days apart")
    tier = tier_for(span.to_s - span.from_s)
    step_s = max((span.to_s - span.from_s) / spans, float(tier_named(tier).step_s))
    count = max(1, round((span.to_s - span.from_s) / step_s))
    found = {name: _Sums(count) for name in names}
    with closing(reading(folder / SAMPLES_FILE)) as connection:
        for block in _blocks(connection, tier, span):
            _take(connection, block, span.from_s, step_s, found)
    told = {name: sums.told() for name, sums in found.items()}
    return Lines(tier, span.from_s, step_s, count, told)


def _take(
    connection: sqlite3.Connection,
    block: Block,
    from_s: float,
    step_s: float,
    found: dict[str, _Sums],
) -> None:
    """Add a block's rows."""
    tier = tier_named(block.tier)
    width = tier.figures
    # a row on the very edge of a span must not fall before it for want of a binary digit
    begin_s = (block.wall_s or 0.0) + block.step * tier.step_s - block.t_s + _EDGE_S
    wanted = [(found[n], i * width) for i, n in enumerate(block.names) if n in found]
    columns = [column + k for _, column in wanted for k in range(width)]
    last = [0] * (len(block.names) * width)
    check = b""
    for slot, data in rows_of(connection, block):
        row = picked(data, last, block.seed(slot, check), columns)
        check = data[-4:]
        at = int((begin_s + slot * tier.step_s - from_s) // step_s)
        for sums, column in wanted:
            least = row.get(column)
            if least is None or not 0 <= at < len(sums.count):
                continue
            if width == 1:
                sums.add(at, least, least, least)
            else:  # the other two are kept as what they are above the first
                sums.add(at, least, least + (row[column + 1] or 0), least + (row[column + 2] or 0))


def _blocks(connection: sqlite3.Connection, tier: str, span: Span) -> Iterator[Block]:
    """The tier's blocks that may have rows in the span."""
    found = connection.execute(
        "SELECT b.id, b.tier, b.boot, b.step, b.t_s, b.wall_s, b.clock, n.body FROM block b"
        " JOIN names n ON n.id = b.names WHERE b.tier = ? AND b.wall_s >= ? AND b.wall_s < ?"
        " ORDER BY b.wall_s",
        (tier, (span.from_s or 0.0) - _BLOCK_S, span.to_s),
    ).fetchall()
    known: dict[str, tuple[str, ...]] = {}
    for *given, body in found:
        names = known.get(body) or known.setdefault(body, tuple(json.loads(body)))
        yield Block._make([*given, names])


def names_between(folder: Path, span: Span) -> list[str]:
    """The channels that have blocks of the span's tier there, in the order of their blocks."""
    tier = tier_for((span.to_s or 0.0) - (span.from_s or 0.0))
    with closing(reading(folder / SAMPLES_FILE)) as connection:
        rows = connection.execute(
            "SELECT DISTINCT n.body FROM block b JOIN names n ON n.id = b.names"
            " WHERE b.tier = ? AND b.wall_s >= ? AND b.wall_s < ?",
            (tier, (span.from_s or 0.0) - _BLOCK_S, span.to_s),
        )
        bodies = [json.loads(body) for (body,) in rows]
    return list(dict.fromkeys(name for names in bodies for name in names))
