"""How many hours the recorder's ring holds: worked out for a site, and as it has been filled.

Pure but for a look at the sizes of files.
"""

import math
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

DAY_H = 24.0
# Readings a second and MB a day that they make, one meter and twelve racks in the first two
# (`tools/bench records`), thirteen meters in the last, whose readings share scans. Measured when a
# recording was half as large again as today's, so what is worked out is rather too few hours.
_MEASURED = ((1.0, 24.0), (4.0, 88.0), (52.0, 410.0))
_LEAST_HOURS = 1.0  # of a ring, before its rate is taken for the site's


def hours_held(polls_s: Iterable[float], most_mb: float) -> float:
    """About how many hours fit into `most_mb` with meters that are polled so often (seconds)."""
    readings = sum(1.0 / poll_s for poll_s in polls_s)
    return most_mb / _day_mb(max(readings, _MEASURED[0][0])) * DAY_H


def _day_mb(readings: float) -> float:
    """MB a day, on a line through what was measured (both axes logarithmic), and on beyond it."""
    pairs = [*pairwise(_MEASURED)]
    (n1, mb1), (n2, mb2) = next((pair for pair in pairs if readings <= pair[1][0]), pairs[-1])
    slope = math.log(mb2 / mb1) / math.log(n2 / n1)
    return float(mb1 * (readings / n1) ** slope)


def ring_hours(folder: Path, most_mb: float) -> tuple[float, float | None]:
    """Hours that are in a ring of recordings now, and that fit at its rate; None: not known yet.

    `folder` holds the records. Raises OSError.
    """
    files = [path.stat() for path in (folder / "recorder").glob("*.rec")]
    if not files:
        return 0.0, None
    times_s = [file.st_mtime for file in files]
    hours = (max(times_s) - min(times_s)) / 3600.0
    first_s = min(times_s)
    rest_mb = sum(file.st_size for file in files if file.st_mtime > first_s) / 1e6
    if hours < _LEAST_HOURS or not rest_mb:
        return hours, None
    return hours, most_mb / rest_mb * hours
