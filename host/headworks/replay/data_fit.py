"""Does the file belong to this site? Found by its columns and by the size of its figures."""

from collections.abc import Iterable, Iterator

import numpy as np

from headworks.model.site import Site
from headworks.replay.data import Data
from headworks.replay.data_blocks import PARTS
from headworks.replay.data_error import DataError, at
from headworks.replay.inputs import Inputs
from headworks.replay.rows import Block

TIMES = 3.0  # of the rating: no feeder carries that for longer than its protection allows


def fitting(site: Site, rows: Iterable[Block], data: Data) -> Iterator[Block]:
    """The same blocks. Raises DataError where they cannot be this site's."""
    known = Inputs(site).names()
    strange = sorted(set(data.channels) - known - set(PARTS))
    if strange:
        own = ", ".join(sorted(known - {"frequency_hz", "temperature_c"}))
        raise at(
            data.path,
            1,
            f"site {site.name!r} has nothing for column {strange[0]!r}",
            f"a file of another site? this one knows {own or 'no further columns'}",
        )
    most_kw = sum(f.rating_kw for f in site.feeders if f.parent is None) or float("inf")
    for block in rows:
        large = np.flatnonzero(np.abs(np.nan_to_num(block.site_kw)) > TIMES * most_kw)
        if len(large):
            place = int(large[0])
            raise _too_large(site, data, float(block.t_s[place]), float(block.site_kw[place]))
        yield block


def _too_large(site: Site, data: Data, t_s: float, kw: float) -> DataError:
    rated_kw = sum(f.rating_kw for f in site.feeders if f.parent is None)
    times = f"{abs(kw) / rated_kw:.0f} times what the feeders of site {site.name!r} are rated"
    return at(
        data.path,
        data.row_at(t_s),
        f"{kw:,.0f} kW without racks, {times}",
        "wrong or mixed units, or a file of another site? see --map and --peak-load-kw",
    )
