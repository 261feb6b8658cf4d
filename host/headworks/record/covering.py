"""Covers a piece of time with rows of samples: of one tier, and of others where it has none."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from headworks.record.packing import STEPS, picked
from headworks.record.samples import ROWS, Block, rows_of
from headworks.record.tiers import TIERS, Tier, tier_named

Value = tuple[float, float, float] | None
# A row on the very edge of a span must not fall before it for want of a binary digit.
_EDGE_S = 1e-6


class Piece(NamedTuple):
    """A piece of time, Unix seconds; the end is not in it."""

    from_s: float
    to_s: float


class Tally:
    """What gathers of one channel, span by span; a row counts for as long as it is."""

    def __init__(self, spans: int) -> None:
        self._weight, self._total = [0] * spans, [0] * spans
        self._least: list[int] = [0] * spans
        self._most: list[int] = [0] * spans

    def add(self, at: int, weight: int, least: int, mean: int, most: int) -> None:
        """Take a row's figures into a span."""
        known = self._weight[at]
        if not known or least < self._least[at]:
            self._least[at] = least
        if not known or most > self._most[at]:
            self._most[at] = most
        self._weight[at] += weight
        self._total[at] += mean * weight

    def told(self) -> list[Value]:
        """Least, mean and most of every span, in units."""
        figures = zip(self._weight, self._total, self._least, self._most, strict=True)
        return [
            (least / STEPS, total / weight / STEPS, most / STEPS) if weight else None
            for weight, total, least, most in figures
        ]


class Grid(NamedTuple):
    """The spans that are filled, equal ones from `from_s` on, and what gathers in them."""

    from_s: float
    step_s: float
    spans: int
    tallies: Mapping[str, Tally]

    def of(self, row: Piece, *, lasting: bool) -> range:
        """The span that a row begins in; or all that it lasts for, where rows are the longer."""
        first = last = int((row.from_s + _EDGE_S - self.from_s) // self.step_s)
        if lasting:
            last = int((row.to_s - _EDGE_S - self.from_s) // self.step_s)
        return range(max(first, 0), min(last + 1, self.spans))


def cover(connection: sqlite3.Connection, tier: Tier, grid: Grid) -> None:
    """Fill the grid. Raises sqlite3.Error and PackingError.

    Coarser rows are taken before the tier's first alone: where it has others around, a hole is a
    time in which nothing was kept, and a long row would hide it.
    """
    at = TIERS.index(tier)
    whole = Piece(grid.from_s, grid.from_s + grid.spans * grid.step_s)
    holes = _fill(connection, tier, [whole], grid)
    for one in reversed(TIERS[:at]):
        short = [hole for hole in holes if hole.to_s - hole.from_s < 2 * one.step_s]
        rest = [hole for hole in holes if hole not in short]
        holes = short + _fill(connection, one, rest, grid)
    for finer, one in enumerate(TIERS[at + 1 :], at + 1):
        first_s = _first_s(connection, TIERS[:finer])
        older = [Piece(hole.from_s, min(hole.to_s, first_s)) for hole in holes]
        holes = _fill(connection, one, [hole for hole in older if hole.from_s < hole.to_s], grid)


def names_of(connection: sqlite3.Connection, tier: Tier, piece: Piece) -> list[str]:
    """The channels that there are in the tier or a coarser one; without any, in a finer one."""
    at = TIERS.index(tier)
    for tiers in (TIERS[at:], TIERS[:at]):
        found = [names for one in tiers for names in _bodies(connection, one, piece)]
        if found:
            return list(dict.fromkeys(name for names in found for name in names))
    return []


def _fill(
    connection: sqlite3.Connection, tier: Tier, holes: Sequence[Piece], grid: Grid
) -> list[Piece]:
    """Fill holes with a tier's rows; what is left of them."""
    left: list[Piece] = []
    for hole in holes:
        found = [_take(connection, block, hole, grid) for block in _blocks(connection, tier, hole)]
        left.extend(_without(hole, found))
    return left


def _without(hole: Piece, taken: Iterable[Piece]) -> Iterator[Piece]:
    """The parts of a hole that are still open."""
    at_s = hole.from_s
    for from_s, to_s in sorted(taken):
        if at_s < from_s:
            yield Piece(at_s, min(from_s, hole.to_s))
        at_s = max(at_s, to_s)
        if at_s >= hole.to_s:
            return
    yield Piece(at_s, hole.to_s)


def _take(connection: sqlite3.Connection, block: Block, hole: Piece, grid: Grid) -> Piece:
    """Add what a block's rows have in a hole; from when to when the block has rows.

    Its first row begins with its first scan: a long row's span may have begun before the start of
    the station, when nothing was kept.
    """
    step_s, width = tier_named(block.tier).step_s, tier_named(block.tier).figures
    wall_s = block.wall_s or 0.0
    begin_s = wall_s + block.step * step_s - block.t_s
    wanted = [(grid.tallies[n], i * width) for i, n in enumerate(block.names) if n in grid.tallies]
    columns = [column + k for _, column in wanted for k in range(width)]
    tallies = [tally for tally, _ in wanted]
    last, check, seed, end_s = [0] * (len(block.names) * width), b"", block.seeds(), wall_s
    for slot, data in rows_of(connection, block):
        row = picked(data, last, seed(slot, check), columns)
        check = data[-4:]
        end_s = begin_s + (slot + 1) * step_s
        piece = Piece(max(wall_s, end_s - step_s, hole.from_s), min(end_s, hole.to_s))
        if piece.to_s - piece.from_s > _EDGE_S:
            _add(tallies, row, grid.of(piece, lasting=step_s > grid.step_s), step_s, width)
    return Piece(wall_s, end_s)


def _add(
    tallies: Sequence[Tally], row: Sequence[int | None], spans: range, weight: int, width: int
) -> None:
    least, mean, most = row[::width], row[1::width], row[2::width]
    for at in spans:
        if width == 1:
            for tally, value in zip(tallies, row, strict=True):
                if value is not None:
                    tally.add(at, weight, value, value, value)
            continue
        # the other two are kept as what they are above the first
        for tally, low, middle, high in zip(tallies, least, mean, most, strict=True):
            if low is not None:
                tally.add(at, weight, low, low + (middle or 0), low + (high or 0))


def _first_s(connection: sqlite3.Connection, tiers: Iterable[Tier]) -> float:
    """When the oldest block of these tiers begins; endless where there is none."""
    asked = "SELECT min(wall_s) FROM block WHERE tier = ? AND wall_s IS NOT NULL"
    found = [connection.execute(asked, (tier.name,)).fetchone()[0] for tier in tiers]
    return min((first_s for first_s in found if first_s is not None), default=float("inf"))


_IN = (
    " FROM block b JOIN names n ON n.id = b.names"
    " WHERE b.tier = ? AND b.wall_s >= ? AND b.wall_s < ?"
)


def _asked(tier: Tier, piece: Piece) -> tuple[str, float, float]:
    """A tier's blocks that may have rows in the piece."""
    return tier.name, piece.from_s - ROWS * tier.step_s, piece.to_s


def _blocks(connection: sqlite3.Connection, tier: Tier, piece: Piece) -> Iterator[Block]:
    columns = "SELECT b.id, b.tier, b.boot, b.step, b.t_s, b.wall_s, b.clock, n.body"
    found = connection.execute(f"{columns}{_IN} ORDER BY b.wall_s", _asked(tier, piece)).fetchall()
    known: dict[str, tuple[str, ...]] = {}
    for *given, body in found:
        names = known.get(body) or known.setdefault(body, tuple(json.loads(body)))
        yield Block._make([*given, names])


def _bodies(connection: sqlite3.Connection, tier: Tier, piece: Piece) -> Iterator[list[str]]:
    for (body,) in connection.execute(f"SELECT DISTINCT n.body{_IN}", _asked(tier, piece)):
        yield json.loads(body)
