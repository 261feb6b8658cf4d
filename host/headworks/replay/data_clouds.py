"""Made-up clouds over measured generation, for data whose rows are too far apart to show any.

The passing clouds of the simulator's cloudy day, another sky for each date; seeded, so the same
seed gives the same clouds. They are invented: a report says so.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from headworks.replay.rows import Floats
from headworks.sim.plant.days import SHAPES, shade_points
from headworks.sim.plant.weather import DAY_S


class Cloud(NamedTuple):
    """One cloud from `from_s` until before `until_s`; takes `share` (0 to 1) of the generation."""

    from_s: float
    until_s: float
    share: float


def left(clouds: Iterable[Cloud], t_s: Floats) -> Floats:
    """Which share of the generation these clouds leave at each time."""
    found = np.ones(len(t_s))
    for cloud in clouds:
        found[(t_s >= cloud.from_s) & (t_s < cloud.until_s)] *= 1.0 - cloud.share
    return found


class Sky:
    """Which share of the light clouds leave at a time."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._days: dict[int, tuple[Floats, Floats]] = {}

    def share(self, t_s: Floats) -> Floats:
        """0 to 1 for each time in s since 1970."""
        days = np.floor(t_s / DAY_S).astype(np.int64)
        found = np.ones(len(t_s))
        for day in np.unique(days).tolist():
            here = days == day
            at, left = self._points(day)
            found[here] = np.interp(t_s[here] - day * DAY_S, at, left)
        return found

    def _points(self, day: int) -> tuple[Floats, Floats]:
        """A day's corners; only the day at work is kept."""
        if day not in self._days:
            points = np.array(shade_points(SHAPES["cloudy"].clouds, self._seed * 100_000 + day))
            self._days = {day: (points[:, 0], points[:, 1])}
        return self._days[day]
