"""Sites and rows for the tests of backtests."""

from typing import Any

import numpy as np

from control.build import feeder, meter, rack, site
from headworks.model.site import Control, Site
from headworks.replay.rows import Block

CALM = Control(reserve_kw=5.0, start_delay_s=10.0, stagger_s=1.0, window_s=20.0)


def twelve(control: Control = CALM, **changes: Any) -> Site:
    """Twelve racks of 36 kW behind one meter at the point of connection."""
    times = {"min_on_s": 60.0, "min_off_s": 30.0, "settle_s": 120.0}
    racks = [rack(f"r{n}", feeder="tx", **times, **changes) for n in range(12)]
    return site(
        *racks,
        control=control,
        meters=(meter("incomer"),),
        feeders=(feeder("tx", 1000.0, "incomer"),),
    )


def block(site_kw: Any, start_s: float = 0.0, step_s: float = 1.0, **more: Any) -> Block:
    """Rows at one step; `site_kw` by row."""
    power = np.asarray(site_kw, float)
    t_s = start_s + step_s * np.arange(len(power))
    wide = {name: np.broadcast_to(np.asarray(v, float), t_s.shape) for name, v in more.items()}
    return Block(t_s, power, 1.75e9 + t_s, wide)


def swell(rows: int, deep_kw: float = 400.0) -> np.ndarray:
    """Import, then export up to `deep_kw`, then import again."""
    return 60.0 - (60.0 + deep_kw) * np.sin(np.linspace(0.0, np.pi, rows)) ** 2
