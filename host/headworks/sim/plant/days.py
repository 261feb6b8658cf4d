"""The built-in days: clear, cloudy, overnight surplus, evening ramp. Seeded, invented by us.

They are shaped to teach, not to forecast; `recording` plays what was measured.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sin
from typing import NamedTuple

from headworks.sim.plant import noise
from headworks.sim.plant.weather import DAY_S, Weather, interpolate

_HOUR_S = 3600.0
Points = tuple[tuple[float, float], ...]


class Clouds(NamedTuple):
    """How clouds come: mean lengths, the share of light they leave, how long an edge takes."""

    clear_s: float
    cloud_s: float
    leaves: tuple[float, float]
    edge_s: float


class Shape(NamedTuple):
    """A day as data. Load and other generation are (hour, share) points."""

    says: str
    start_h: float
    load: Points
    sun: float
    cool_c: float
    hot_c: float
    other: Points = ((0.0, 0.0),)
    clouds: Clouds | None = None


_EVERYDAY: Points = (
    (0, 0.45), (4, 0.40), (6, 0.48), (8, 0.62), (12, 0.55), (15, 0.56),
    (17, 0.70), (19.5, 1.0), (21, 0.92), (23, 0.60), (24, 0.45),
)  # fmt: skip
_STEEP: Points = (
    (0, 0.45), (5, 0.38), (8, 0.55), (12, 0.42), (15, 0.40), (16, 0.48),
    (18, 0.90), (19.5, 1.0), (22, 0.80), (24, 0.45),
)  # fmt: skip
_NIGHT_GENERATION: Points = (
    (0, 0.85), (4, 0.90), (6, 0.60), (7, 0.10), (9, 0.0), (20, 0.0), (22, 0.55), (24, 0.85),
)  # fmt: skip

SHAPES: dict[str, Shape] = {
    "clear": Shape("a clear day, surplus from morning to afternoon", 6.0, _EVERYDAY, 980, 18, 34),
    "cloudy": Shape(
        "clouds with fast edges, surplus comes and goes", 7.0, _EVERYDAY, 1020, 17, 30,
        clouds=Clouds(2400.0, 1500.0, (0.15, 0.55), 75.0),
    ),
    "overnight": Shape(
        "cheap generation exports at night, overcast by day", 20.0, _EVERYDAY, 260, 14, 24,
        other=_NIGHT_GENERATION,
    ),
    "evening": Shape("sun goes as the evening load rises steeply", 12.0, _STEEP, 1000, 22, 38),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BuiltInDay:
    """A built-in day sized for one site. `shade` is the light left by clouds, (s, share)."""

    name: str
    shape: Shape
    seed: int
    peak_load_kw: float
    other_kw: float
    shade: Points

    @property
    def note(self) -> str:
        return f"built-in day, seed {self.seed}: {self.shape.says}"

    @property
    def start_s(self) -> float:
        return self.shape.start_h * _HOUR_S

    def at(self, day_s: float) -> Weather:
        """The weather at a second of the day. Units as in Weather."""
        hour = day_s / _HOUR_S
        ripple = 0.03 * noise.smooth(self.seed, 11, day_s, 900.0)
        warm = 0.5 - 0.5 * sin(2 * pi * (hour - 9.0) / 24.0 + pi)
        return Weather(
            self.peak_load_kw * max(0.0, interpolate(self.shape.load, hour) + ripple),
            sunlight(hour) * self.shape.sun * interpolate(self.shade, day_s),
            self.shape.cool_c + (self.shape.hot_c - self.shape.cool_c) * warm,
            self.other_kw * interpolate(self.shape.other, hour),
        )


def sunlight(hour: float) -> float:
    """Share of the noon light under a clear sky, sunrise at 6:00 and sunset at 18:30."""
    return float(max(0.0, sin(pi * (hour - 6.0) / 12.5)) ** 1.15)


def shade_points(clouds: Clouds | None, seed: int) -> Points:
    """A day's passing clouds as (second, share of light left) corners."""
    if clouds is None:
        return ((0.0, 1.0),)
    draw = random.Random(seed)
    points = [(0.0, 1.0)]
    while points[-1][0] < DAY_S:
        points += _one_cloud(points[-1][0], clouds, draw.expovariate, draw.uniform)
    return tuple(points)


def _one_cloud(
    after_s: float,
    clouds: Clouds,
    length: Callable[[float], float],
    between: Callable[[float, float], float],
) -> list[tuple[float, float]]:
    """The four corners of the next cloud, in ascending time."""
    start = after_s + clouds.edge_s + length(1.0 / clouds.clear_s)
    left = between(*clouds.leaves)
    dark = start + clouds.edge_s
    end = dark + length(1.0 / clouds.cloud_s)
    return [(start, 1.0), (dark, left), (end, left), (end + clouds.edge_s, 1.0)]


def built_in(name: str, seed: int, peak_load_kw: float, pv_kw: float) -> BuiltInDay:
    """A built-in day by name (a key of SHAPES), sized by its peak load and generation in kW."""
    shape = SHAPES[name]
    return BuiltInDay(name, shape, seed, peak_load_kw, pv_kw, shade_points(shape.clouds, seed))
