"""Ours against models of evcc, openWB and a plain threshold, on the same rows and racks.

HEADWORKS_YEAR names a recording with the columns of the example (Tetouan, 2017); without it the
example's week is played. Twice: with values in a line between its ten-minute rows, one row a
second, and with made-up passing clouds on top. HEADWORKS_SKIES, "line" or "clouds", plays one
of the two. Twelve racks of 36 kW take five minutes to full power. Ours plays twice: the example's
site on the default settings, and `example/metered.toml`, with a meter in each rack's supply, as
evcc has one for each load, and settings for no import. A ratio below 1 is in our favour.
"""

import os
from pathlib import Path
from typing import NamedTuple

from benchlib import rig
from benchlib.rows import Row

PEAK_KW, PV_KW = 450.0, 900.0
MAPS = ("time=Date", "load_kw=Zone1:kW", "irradiance_w_m2=general diffuse flows:W/m2",
        "temperature_c=Temperature:°C")  # fmt: skip
OURS = ("defaults", "site.toml"), ("racks metered", "metered.toml")
LEAST_KWH = 0.01  # less import than that is none
SEED = 1


class Did(NamedTuple):
    """What one controller did."""

    label: str
    used_share: float
    imported_kwh: float
    switchings: int


def figures(quick: bool) -> list[Row]:
    """Rows of the table."""
    try:
        import numpy  # noqa: F401
    except ImportError as error:
        raise rig.BenchError(
            "backtests want numpy; tools/check makes the whole environment"
        ) from error
    rows = []
    wanted = os.environ.get("HEADWORKS_SKIES", "line clouds").split()
    for word, name, seed in (("line", "in a line", None), ("clouds", "with clouds", SEED)):
        if word in wanted:
            *ours, evcc, openwb, threshold = _play(seed, quick)
            for mine in ours:
                for other in (evcc, openwb, threshold):
                    rows += _rows(f"11. {mine.label}: {other.label}, {name}", mine, other)
    return rows


def _rows(name: str, ours: Did, other: Did) -> list[Row]:
    imported = max(ours.imported_kwh, LEAST_KWH) / max(other.imported_kwh, LEAST_KWH)
    return [
        Row(f"{name}: surplus used", f"{ours.used_share:.1%}", f"{other.used_share:.1%}",
            other.used_share / ours.used_share, "x", 1.0),
        Row(f"{name}: imported", f"{ours.imported_kwh:.1f} kWh", f"{other.imported_kwh:.1f} kWh",
            imported, "x", 1.0),
        Row(f"{name}: switchings", str(ours.switchings), str(other.switchings),
            ours.switchings / other.switchings, "x", 1.0),
    ]  # fmt: skip


def _play(seed: int | None, quick: bool) -> list[Did]:
    """Ours first, then evcc, openWB and the threshold."""
    from headworks import replay
    from headworks.replay.columns import parse_map
    from headworks.replay.compare import case, play, rivals
    from headworks.replay.data import DataWish, open_data, peak
    from headworks.replay.data_blocks import Pace, Supply, blocks
    from headworks.replay.data_clouds import Sky
    from headworks.replay.plant import PlantOptions
    from headworks.site import check, read_text

    folder = Path(replay.__file__).with_name("example")
    year = os.environ.get("HEADWORKS_YEAR")
    data = Path(year) if year and not quick else folder / "tetouan-week.csv"
    sites = [check(read_text(folder / name), name)[0] for _, name in OURS]
    if None in sites:
        raise rig.BenchError("the example's sites have mistakes")
    wish = DataWish(data, dict(parse_map(text) for text in MAPS), "UTC+01:00")
    wish = wish._replace(scale={"load_kw": PEAK_KW / peak(wish, "load_kw")})
    plant = PlantOptions()
    cases = [case(label, site, plant) for (label, _), site in zip(OURS, sites, strict=True)]
    cases += rivals(sites[0], plant)
    with open_data(wish) as opened:
        rows = blocks(opened, Pace(1.0), Supply(PV_KW, None if seed is None else Sky(seed)))
        few = (block for n, block in enumerate(rows) if not quick or n < 4)
        play(few, cases)
    return [_did(one.label, one.run.finish()) for one in cases]


def _did(label: str, totals) -> Did:
    switchings = sum(rack.switchings for rack in totals.racks)
    return Did(label, totals.used_share or 0.0, totals.imported_kwh, switchings)
