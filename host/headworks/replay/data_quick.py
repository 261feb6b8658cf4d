"""Many clean rows at once. What is not quite clean is left to the row-by-row reading.

Never decides that a row is bad: it gives None, and the careful way finds what is wrong.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

from headworks.replay.columns import Column
from headworks.replay.data_times import Times
from headworks.replay.rows import Floats

HOUR_S = 3600
LENGTHS = ({16}, {19})  # 2017-06-21 13:40 and with seconds


def times(found: Times, cells: Sequence[Any]) -> Floats | None:
    """Seconds since 1970 of local times, rising; None where anything is unusual."""
    local = _local(found, cells)
    if local is None:
        return None
    hours, where = np.unique(local // HOUR_S, return_inverse=True)
    offsets = [found.offset_s(int(hour)) for hour in hours]
    if None in offsets:
        return None
    t_s: Floats = local - np.array(offsets, np.float64)[where]
    if t_s[0] <= found.before_s or not (np.diff(t_s) > 0.0).all():
        return None
    return t_s


def _local(found: Times, cells: Sequence[Any]) -> Floats | None:
    """Seconds since 1970 as the local clock counts them."""
    first = cells[0]
    if isinstance(first, datetime):
        if any(not isinstance(cell, datetime) or cell.tzinfo is not None for cell in cells):
            return None
    elif found.pattern or set(map(len, cells)) not in LENGTHS or not _iso(cells):
        return None
    try:
        local = np.array(cells, "datetime64[us]")
    except ValueError:
        return None
    return None if np.isnat(local).any() else local.astype(np.int64) / 1e6


def _iso(cells: Sequence[str]) -> bool:
    """Whether all stand like 2017-06-21 13:40, so that no word such as "now" is among them."""
    return all(cell[4] == "-" and cell[13] == ":" for cell in cells)


def values(column: Column, cells: Sequence[Any]) -> Floats | None:
    """A column in its channel's unit; None where a cell is no plain number."""
    try:
        found: Floats = np.fromiter(map(float, cells), np.float64, len(cells))
    except (ValueError, TypeError):
        return None
    return found * column.factor + column.offset if np.isfinite(found).all() else None
