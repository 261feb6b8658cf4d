"""What the outside does: load, irradiance, temperature, and the photovoltaic output from them.

A day is a function of its own time, so the same second always gives the same weather.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple, Protocol

DAY_S = 86400.0


class Weather(NamedTuple):
    """One instant outside. `other_kw` is must-take generation that is not photovoltaic."""

    load_kw: float
    irradiance_w_m2: float
    temperature_c: float
    other_kw: float = 0.0


class Day(Protocol):
    """A day to play: its name, a note on where it comes from, and when it is best begun."""

    @property
    def name(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def start_s(self) -> float: ...
    def at(self, day_s: float) -> Weather:
        """The weather at a second of the day, 0 to 86400."""
        ...


class DayClock(NamedTuple):
    """Turns real seconds into seconds of the day: only the weather runs faster."""

    start_s: float = 0.0
    speed: float = 1.0

    def day_s(self, t_s: float) -> float:
        """Second of the day; after midnight the same day begins again."""
        return (self.start_s + t_s * self.speed) % DAY_S


def interpolate(points: Sequence[tuple[float, float]], x: float) -> float:
    """Linear between (x, y) points in ascending x; flat beyond both ends."""
    right = bisect_right(points, (x, float("inf")))
    if right == 0:
        return points[0][1]
    if right == len(points):
        return points[-1][1]
    (x0, y0), (x1, y1) = points[right - 1], points[right]
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)


def pv_kw(capacity_kw: float, irradiance_w_m2: float, temperature_c: float) -> float:
    """Photovoltaic output: capacity times irradiance over 1000, clipped to 0..1, derated.

    -0.4 % per kelvin of cell temperature above 25 °C, cells 0.03 K per W/m² above the air:
    common figures of crystalline modules; ours.
    """
    share = min(1.0, max(0.0, irradiance_w_m2 / 1000.0))
    cell_c = temperature_c + 0.03 * share * 1000.0
    return capacity_kw * share * min(1.0, max(0.0, 1.0 - 0.004 * (cell_c - 25.0)))
