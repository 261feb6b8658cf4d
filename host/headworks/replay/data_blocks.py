"""From measured moments to the rows that a backtest plays, as far apart as the station scans.

Between moments a value runs in a line or is held; what is unknown stays unknown (NaN) and is
never filled. Works in blocks, so that a file of any length fits.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headworks.replay.data import Data, Moment
from headworks.replay.rows import BLOCK_ROWS, Block, Floats

PARTS = ("grid_kw", "load_kw", "pv_kw", "irradiance_w_m2")
Places = NDArray[np.intp]
DAYLIGHT_C = 25.0  # of the air, for generation where no temperature is measured


class Pace(NamedTuple):
    """How rows are made. `step_s` 0.0 takes the file's own rows; `line` interpolates."""

    step_s: float = 1.0
    line: bool = True


class Supply(NamedTuple):
    """Where the power without racks comes from: `pv_kw` is what irradiance 1000 W/m² gives."""

    pv_kw: float = 0.0


def blocks(data: Data, pace: Pace, supply: Supply) -> Iterator[Block]:
    """Rows of the file. `t_s` and `wall_s` are seconds since 1970. Raises DataError."""
    for t_s, values in _steps(data.moments(), len(data.channels), pace):
        columns = dict(zip(data.channels, values, strict=True))
        site_kw = net_kw(columns, supply)
        more = {name: column for name, column in columns.items() if name not in PARTS}
        for start in range(0, len(t_s), BLOCK_ROWS):
            part = slice(start, start + BLOCK_ROWS)
            yield Block(t_s[part], site_kw[part], t_s[part], {n: c[part] for n, c in more.items()})


def net_kw(columns: dict[str, Floats], supply: Supply) -> Floats:
    """Power at the point of connection without racks, import positive; NaN where unknown."""
    if "grid_kw" in columns:
        return columns["grid_kw"]
    some = next(iter(columns.values()))
    net = np.array(columns.get("load_kw", np.zeros(len(some))))
    if "pv_kw" in columns:
        net = net - columns["pv_kw"]
    if "irradiance_w_m2" in columns and supply.pv_kw:
        air_c = columns.get("temperature_c", np.full(len(some), DAYLIGHT_C))
        net = net - generation_kw(supply.pv_kw, columns["irradiance_w_m2"], air_c)
    return net


def generation_kw(capacity_kw: float, irradiance_w_m2: Floats, temperature_c: Floats) -> Floats:
    """The simulator's photovoltaic output for many rows; NaN where the irradiance is unknown."""
    air_c = np.where(np.isnan(temperature_c), DAYLIGHT_C, temperature_c)
    share = np.clip(irradiance_w_m2 / 1000.0, 0.0, 1.0)
    cell_c = air_c + 0.03 * share * 1000.0
    derated: Floats = capacity_kw * share * np.clip(1.0 - 0.004 * (cell_c - 25.0), 0.0, 1.0)
    return derated


def _steps(
    moments: Iterable[Moment], wide: int, pace: Pace
) -> Iterator[tuple[Floats, list[Floats]]]:
    """Times and columns, a piece at a time; each piece begins with the last moment of the one
    before, as a line runs from there.
    """
    kept: list[Moment] = []
    most = BLOCK_ROWS if not pace.step_s else max(2, BLOCK_ROWS // 4)
    for moment in moments:
        kept.append(moment)
        span_s = moment.t_s - kept[0].t_s
        if len(kept) >= most or (pace.step_s and span_s > BLOCK_ROWS * pace.step_s):
            yield from _piece(kept, wide, pace, last=False)
            kept = kept[-1:]
    if kept:
        yield from _piece(kept, wide, pace, last=True)


def _piece(
    moments: list[Moment], wide: int, pace: Pace, *, last: bool
) -> Iterator[tuple[Floats, list[Floats]]]:
    """The rows from the first moment to just before the last one, or up to it at the end."""
    at_s = np.array([moment.t_s for moment in moments])
    known = np.array([moment.values for moment in moments], np.float64).reshape(-1, wide)
    if not pace.step_s:
        count = len(at_s) if last else len(at_s) - 1
        if count:
            yield at_s[:count], [known[:count, n] for n in range(wide)]
        return
    begin = np.ceil(at_s[0] / pace.step_s)
    end = np.ceil(at_s[-1] / pace.step_s)
    t_s = np.arange(begin, end + (1 if last and end * pace.step_s == at_s[-1] else 0)) * pace.step_s
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
