"""Where the ledger's intervals begin: with each full hour of the site's clock, and on from there.

Pure. A utility's half hours are those of its clock. In a zone whose distance to UTC is no multiple
of half an hour (Nepal, the Chatham Islands) those of UTC would begin at a quarter past and to.
"""

from datetime import UTC, datetime, tzinfo


def begin_of(wall_s: float, length_s: float, zone: tzinfo) -> float:
    """The begin of the interval that an instant is in, both in Unix seconds.

    Hours that a clock shows twice have intervals of their own. Raises ValueError, OverflowError or
    OSError for an instant that no calendar has.
    """
    offset = datetime.fromtimestamp(wall_s, UTC).astimezone(zone).utcoffset()
    ahead_s = offset.total_seconds() if offset is not None else 0.0
    return (wall_s + ahead_s) // length_s * length_s - ahead_s
