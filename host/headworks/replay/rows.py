"""What a backtest is fed with: rows of measured time, in blocks of columns.

Reads no file; whoever reads one makes blocks of it. NaN is unknown everywhere and is never
taken for a value.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NAN = float("nan")
BLOCK_ROWS = 16_384


class RowsError(Exception):
    """Rows cannot be played; the text names the row, the cause and the fix."""


class Row(NamedTuple):
    """One instant, for those who have few of them.

    `t_s`: seconds that only ever rise. `site_kw`: net import at the point of connection without
    our racks, negative where power is exported. `wall_s`: seconds since 1970 (UTC), NaN where no
    clock is known. `more`: other columns by name, as in `Block`.
    """

    t_s: float
    site_kw: float
    wall_s: float = NAN
    more: Mapping[str, float] = {}


class Block(NamedTuple):
    """Rows as columns of one length, float64. `more` holds the other columns by name:

    - `frequency_hz`, `temperature_c` (outside air)
    - `limit:NAME`: what the setpoint, contact or schedule signal NAME allows, in kW; inf is
      "no limit of its own", NaN unknown
    - `other:METER`: what else than racks a meter behind the point of connection shows, in kW
    - `seen:WHAT`: a channel that interlocks watch (`air.smoke`, `hat.in8`); contacts are 0 or 1

    A row is one sample of every meter and one scan. Rows should be as far apart as the station
    scans. A longer gap is a time without samples: the meters go stale in it.
    """

    t_s: Floats
    site_kw: Floats
    wall_s: Floats
    more: Mapping[str, Floats] = {}


def blocks(rows: Iterable[Row], size: int = BLOCK_ROWS) -> Iterator[Block]:
    """Rows in blocks; the first row says which other columns there are."""
    left = iter(rows)
    names: tuple[str, ...] | None = None
    while chunk := list(islice(left, size)):
        names = tuple(chunk[0].more) if names is None else names
        yield Block(
            np.array([row.t_s for row in chunk]),
            np.array([row.site_kw for row in chunk]),
            np.array([row.wall_s for row in chunk]),
            {name: np.array([row.more.get(name, NAN) for row in chunk]) for name in names},
        )


def checked(block: Block, after_s: float, first_row: int) -> Block:
    """The block with float64 columns. Raises RowsError for one that cannot be played."""
    columns = {"t_s": block.t_s, "site_kw": block.site_kw, "wall_s": block.wall_s, **block.more}
    found = {name: np.asarray(column, np.float64) for name, column in columns.items()}
    count = len(found["t_s"])
    for name, column in found.items():
        if column.shape != (count,):
            raise RowsError(
                f"row {first_row}: column {name} has {len(column)} rows and t_s has {count}"
            )
    times = np.concatenate(([after_s], found["t_s"]))
    bad = np.flatnonzero(~(np.diff(times) > 0.0) | ~np.isfinite(found["t_s"]))
    if len(bad):
        k = int(bad[0])
        raise RowsError(
            f"row {first_row + k}: time {times[k + 1]:g} s does not follow {times[k]:g} s; "
            "sort the rows and remove doubles"
        )
    more = {name: found[name] for name in block.more}
    return Block(found["t_s"], found["site_kw"], found["wall_s"], more)
