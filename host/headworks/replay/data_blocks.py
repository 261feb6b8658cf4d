"""From measured moments to the rows that a backtest plays, as far apart as the station scans.

Between moments a value runs in a line or is held; what is unknown stays unknown (NaN) and is
never filled. Works in blocks, so that a file of any length fits.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headworks.replay.data import Data
from headworks.replay.data_clouds import Cloud, Sky, left
from headworks.replay.rows import BLOCK_ROWS, Block, Floats

PARTS = ("grid_kw", "load_kw", "pv_kw", "irradiance_w_m2")
Places = NDArray[np.intp]
DAYLIGHT_C = 25.0  # of the air, for generation where no temperature is measured


class Pace(NamedTuple):
    """How rows are made. `step_s` 0.0 takes the file's own rows; `line` interpolates."""

    step_s: float = 1.0
    line: bool = True


class Supply(NamedTuple):
    """Where the power without racks comes from: `pv_kw` is what irradiance 1000 W/m² gives.

    `sky` puts made-up clouds over all generation, `clouds` single ones.
    """

    pv_kw: float = 0.0
    sky: Sky | None = None
    clouds: tuple[Cloud, ...] = ()


def blocks(data: Data, pace: Pace, supply: Supply) -> Iterator[Block]:
    """Rows of the file. `t_s` and `wall_s` are seconds since 1970. Raises DataError."""
    for t_s, values in _steps(data.pieces(), pace):
        columns = dict(zip(data.channels, values, strict=True))
        site_kw = net_kw(t_s, columns, supply)
        more = {name: column for name, column in columns.items() if name not in PARTS}
        for start in range(0, len(t_s), BLOCK_ROWS):
            part = slice(start, start + BLOCK_ROWS)
            yield Block(t_s[part], site_kw[part], t_s[part], {n: c[part] for n, c in more.items()})


def net_kw(t_s: Floats, columns: dict[str, Floats], supply: Supply) -> Floats:
    """Power at the point of connection without racks, import positive; NaN where unknown."""
    if "grid_kw" in columns:
        return columns["grid_kw"]
    made = np.array(columns.get("pv_kw", np.zeros(len(t_s))))
    if "irradiance_w_m2" in columns and supply.pv_kw:
        air_c = columns.get("temperature_c", np.full(len(t_s), DAYLIGHT_C))
        made = made + generation_kw(supply.pv_kw, columns["irradiance_w_m2"], air_c)
    if supply.sky is not None:
        made = made * supply.sky.share(t_s)
    if supply.clouds:
        made = made * left(supply.clouds, t_s)
    net: Floats = columns.get("load_kw", np.zeros(len(t_s))) - made
    return net


def generation_kw(capacity_kw: float, irradiance_w_m2: Floats, temperature_c: Floats) -> Floats:
    """The simulator's photovoltaic output for many rows; NaN where the irradiance is unknown."""
    air_c = np.where(np.isnan(temperature_c), DAYLIGHT_C, temperature_c)
    share = np.clip(irradiance_w_m2 / 1000.0, 0.0, 1.0)
    cell_c = air_c + 0.03 * share * 1000.0
    derated: Floats = capacity_kw * share * np.clip(1.0 - 0.004 * (cell_c - 25.0), 0.0, 1.0)
    return derated


def _steps(
    pieces: Iterable[tuple[Floats, Floats]], pace: Pace
) -> Iterator[tuple[Floats, list[Floats]]]:
    """Times and columns, a piece at a time. A line runs from the last moment of a piece to the
    first of the next, so that one is kept back.
    """
    kept: tuple[Floats, Floats] | None = None
    for piece in pieces:
        at_s, known = piece
        if kept is not None:
            at_s, known = np.concatenate((kept[0], at_s)), np.vstack((kept[1], known))
        for a, b in _parts(at_s, pace):
            yield from _piece(at_s[a : b + 1], known[a : b + 1], pace, last=False)
        kept = at_s[-1:], known[-1:]
    if kept is not None:
        yield from _piece(*kept, pace, last=True)


def _parts(at_s: Floats, pace: Pace) -> Iterator[tuple[int, int]]:
    """Pieces of the moments, each from one place to another, which make up to one block."""
    if not pace.step_s:
        if len(at_s) > 1:
            yield 0, len(at_s) - 1
        return
    start = 0
    while start < len(at_s) - 1:
        far = int(np.searchsorted(at_s, at_s[start] + BLOCK_ROWS * pace.step_s, "right")) - 1
        end = min(max(start + 1, far), len(at_s) - 1)
        yield start, end
        start = end


def _piece(
    at_s: Floats, known: Floats, pace: Pace, *, last: bool
) -> Iterator[tuple[Floats, list[Floats]]]:
    """The rows from the first moment to just before the last one, or the very last moment."""
    wide = known.shape[1]
    if not pace.step_s:
        count = len(at_s) if last else len(at_s) - 1
        if count:
            yield at_s[:count], [known[:count, n] for n in range(wide)]
        return
    begin = np.ceil(at_s[0] / pace.step_s)
    end = np.ceil(at_s[-1] / pace.step_s) + (last and at_s[-1] % pace.step_s == 0.0)
    t_s = np.arange(begin, end) * pace.step_s
    if not len(t_s):
        return
    where: Places = np.searchsorted(at_s, t_s, "right").astype(np.intp) - 1
    yield t_s, [_column(at_s, known[:, n], t_s, where, line=pace.line) for n in range(wide)]


def _column(at_s: Floats, known: Floats, t_s: Floats, index: Places, *, line: bool) -> Floats:
    """One channel at the wanted times: in a line to the next known value, else held."""
    held: Floats = known[index]
    if not line:
        return held
    ahead = np.minimum(index + 1, len(at_s) - 1)
    step_s = np.where(ahead > index, at_s[ahead] - at_s[index], 1.0)
    rise = known[ahead] - held
    sloped: Floats = held + np.where(np.isnan(rise), 0.0, rise) * (t_s - at_s[index]) / step_s
    return sloped
