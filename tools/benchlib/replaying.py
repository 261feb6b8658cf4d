"""A backtest, timed in this process: rows a second, with jumps and with a scan for every row.

The days are the simulator's built-in ones, a second a row: held for ten minutes, as data of ten
minutes often is played; sloping in between; and with the noise of a living feeder.
"""

import time
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from benchlib import rig, sites, year
from benchlib.loop import plain_loop
from benchlib.rows import Row
from headworks.model.site import Control, RackSpec, Site
from headworks.replay.backtest import Backtest
from headworks.replay.rows import BLOCK_ROWS, Block
from headworks.sim.plant.days import built_in
from headworks.sim.plant.weather import DAY_S, pv_kw
from headworks.site import check

RACKS, RACK_KW = 12, 36.0
PEAK_KW, PV_KW = 450.0, 900.0
DAYS = ("clear", "cloudy", "evening", "cloudy", "clear", "cloudy", "cloudy")
STEP_S = 600.0
NOISE = 0.01, 60.0, 0.002  # of the load: share and memory in s of its wander, share of the meter's
YEAR_ROWS = 31_536_000
YEAR_LOOPS = 60.0 / 40e-6 / YEAR_ROWS  # a year in a minute, where a plain loop takes 40 µs
PLAIN_ROWS = 3600  # that are scanned one by one, from eight in the morning of a cloudy day


class Timed(NamedTuple):
    """Seconds that rows took, and the share of them that had a scan of its own."""

    rows: int
    taken_s: float
    scans: int

    @property
    def row_us(self) -> float:
        """Time of one row in µs."""
        return self.taken_s / self.rows * 1e6


def figures(quick: bool) -> list[Row]:
    """Rows of the table."""
    rig.pin()
    site = _site()
    days = DAYS[:1] if quick else DAYS
    rows = []
    for kind in ("held", "sloping", "noisy"):
        blocks = [block for n, day in enumerate(days) for block in _day(day, n, kind)]
        loop_us = _loop_us()
        seen = _play(site, blocks, jump=True)
        loop_us = (loop_us + _loop_us()) / 2.0
        one_by_one = _play(site, _morning(kind, 300 if quick else PLAIN_ROWS), jump=False)
        name = f"10. a row of a backtest, 12 racks, {kind}"
        ours = f"{seen.row_us:.2f} µs ({1e6 / seen.row_us:,.0f} rows/s, {seen.scans} scans)"
        scanned = f"{one_by_one.row_us:.0f} µs with a scan for every row"
        year_s = seen.row_us * YEAR_ROWS / 1e6
        rows += [
            Row(name, ours, scanned, seen.row_us / one_by_one.row_us, "x", None),
            Row(f"{name}: to a plain loop of 1,000", f"a year in {year_s:.0f} s",
                f"{loop_us:.0f} µs", seen.row_us / loop_us, "x", YEAR_LOOPS),
        ]  # fmt: skip
    return rows if quick else rows + _years(site)


def _years(site: Site) -> list[Row]:
    """A recorded year, where there is one."""
    path, rows = year.recording(), []
    for kind in ("held", "in a line") if path is not None else ():
        count, scans, taken_s, loop_us = year.played(site, path, _loop_us, line=kind != "held")
        ours = f"{taken_s:.0f} s ({count:,} rows, {scans} scans)"
        row_us = taken_s / count * 1e6
        rows.append(Row(f"10. a recorded year, 12 racks, {kind}: a row to a plain loop of 1,000",
                        ours, f"{loop_us:.0f} µs", row_us / loop_us, "x", YEAR_LOOPS))  # fmt: skip
    return rows


def _loop_us() -> float:
    begun = time.process_time()
    for _ in range(200):
        plain_loop()
    return (time.process_time() - begun) / 200 * 1e6


def _play(site: Site, blocks: list[Block], *, jump: bool) -> Timed:
    run = Backtest(site, jump=jump)
    begun = time.process_time()
    for block in blocks:
        run.play(block)
    taken_s = time.process_time() - begun
    totals = run.finish()
    return Timed(totals.rows, taken_s, totals.scans)


def _site() -> Site:
    """The bench's site with racks of a real size and the default times."""
    shape = sites.Shape(RACKS)
    ports = {"meters": [502], "boards": range(1502, 1502 + shape.boards)}
    site, problems = check(sites.site_file(shape, ports), "bench.toml")
    if site is None:
        raise rig.BenchError("; ".join(problem.text for problem in problems))
    racks = tuple(
        RackSpec(rack.name, rack.kind, RACK_KW, rack.feeder, rack.switch) for rack in site.racks
    )
    return replace(site, racks=racks, control=Control(reserve_kw=10.0))


def _morning(kind: str, rows: int) -> list[Block]:
    first = 8 * 3600
    whole = [np.concatenate(columns) for columns in zip(*(b[:3] for b in _day("cloudy", 1, kind)),
                                                        strict=True)]  # fmt: skip
    return [Block(*(column[first : first + rows] for column in whole))]


def _day(name: str, number: int, kind: str) -> list[Block]:
    """A day's rows; `number` is its place and its seed."""
    day = built_in(name, number + 1, PEAK_KW, PV_KW)
    marks = np.arange(0.0, DAY_S + STEP_S, STEP_S if kind == "held" else 60.0)
    found = [day.at(min(mark, DAY_S - 1.0)) for mark in marks.tolist()]
    load = np.array([weather.load_kw for weather in found])
    sun = [pv_kw(PV_KW, weather.irradiance_w_m2, weather.temperature_c) for weather in found]
    second = np.arange(DAY_S)
    if kind == "held":
        rows = (second // STEP_S).astype(int)
        load_kw, site_kw = load[rows], (load - sun)[rows]
    else:
        load_kw, site_kw = np.interp(second, marks, load), np.interp(second, marks, load - sun)
    if kind == "noisy":
        site_kw = site_kw + load_kw * _noise(len(second), number)
    t_s = second + number * DAY_S
    cuts = range(BLOCK_ROWS, len(second), BLOCK_ROWS)
    parts = [np.split(column, cuts) for column in (t_s, site_kw, 1.75e9 + t_s)]
    return [Block(*columns) for columns in zip(*parts, strict=True)]


def _noise(rows: int, seed: int) -> np.ndarray:
    """Shares of the load: a wander that forgets itself in a minute, and the meter's grain."""
    wander, memory_s, grain = NOISE
    random = np.random.default_rng(seed)
    keep = float(np.exp(-1.0 / memory_s))
    at, found = 0.0, []
    for push in (random.standard_normal(rows) * (1.0 - keep * keep) ** 0.5).tolist():
        at = keep * at + push
        found.append(at)
    return wander * np.array(found) + grain * random.standard_normal(rows)
