"""A recorded year through a backtest, a second a row: reading, playing and adding up.

HEADWORKS_YEAR names the recording, with the columns of the example (Tetouan, 2017). The load is
scaled to the bench's peak; racks draw their rated power whatever the weather.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

from benchlib.rival_cases import MAPS, PEAK_KW, PV_KW
from headworks.model.site import Site
from headworks.replay.backtest import Backtest
from headworks.replay.columns import parse_map
from headworks.replay.data import DataWish, open_data, peak
from headworks.replay.data_blocks import Pace, Supply, blocks

TIMED_BLOCKS = 60  # after so many the machine is timed again


def recording() -> Path | None:
    """The year to play, or None."""
    found = os.environ.get("HEADWORKS_YEAR")
    return Path(found) if found else None


def played(
    site: Site, path: Path, loop_us: Callable[[], float], *, line: bool
) -> tuple[int, int, float, float]:
    """Rows, scans, processor seconds and mean µs of a plain loop (`loop_us` times one).

    `line`: values run from one recorded moment to the next; else they are held.
    """
    maps = dict(parse_map(text) for text in MAPS if not text.startswith("temperature"))
    wish = DataWish(path, maps, "UTC+01:00")
    wish = wish._replace(scale={"load_kw": PEAK_KW / peak(wish, "load_kw")})
    run, loops, taken_s = Backtest(site), [loop_us()], 0.0
    with open_data(wish) as opened:
        begun = time.process_time()
        for n, block in enumerate(blocks(opened, Pace(1.0, line), Supply(PV_KW))):
            run.play(block)
            if n % TIMED_BLOCKS == TIMED_BLOCKS - 1:
                taken_s += time.process_time() - begun
                loops.append(loop_us())
                begun = time.process_time()
        taken_s += time.process_time() - begun
    totals = run.finish()
    return totals.rows, totals.scans, taken_s, sum(loops) / len(loops)
