"""Months of a site in its own time zone, as seconds since 1970; daylight saving included."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from headworks.statement.model import StatementError

_MONTH = re.compile(r"(\d{4})-(\d\d)")
FIRST_YEAR, LAST_YEAR = 2000, 2199


def bounds(month: str, timezone: str) -> tuple[int, int]:
    """First second of the month and of the next. Raises StatementError for no month."""
    found = _MONTH.fullmatch(month)
    year, number = (int(found[1]), int(found[2])) if found and month.isascii() else (0, 0)
    if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= number <= 12):
        raise StatementError(f"{month!r} is no month; write it as 2026-11")
    zone = ZoneInfo(timezone)
    after = (year + 1, 1) if number == 12 else (year, number + 1)
    return _first(year, number, zone), _first(*after, zone)


def _first(year: int, month: int, zone: ZoneInfo) -> int:
    return round(datetime(year, month, 1, tzinfo=zone).timestamp())


def grid(month: str, timezone: str, interval_s: int) -> range:
    """The start of every interval of a month, from its first midnight on the site's clock on.

    Raises StatementError where they do not fit into the month.
    """
    start_s, end_s = bounds(month, timezone)
    if interval_s <= 0 or (end_s - start_s) % interval_s:
        raise StatementError(
            f"intervals of {interval_s} s do not fit into {month} in {timezone}; "
            "keep the ledger in intervals of 900 s"
        )
    return range(start_s, end_s, interval_s)


def local(at_s: int, zone: ZoneInfo) -> datetime:
    """A time on the site's clock."""
    return datetime.fromtimestamp(at_s, UTC).astimezone(zone)


def local_text(at_s: int, zone: ZoneInfo, form: str = "%Y-%m-%d %H:%M") -> str:
    """A time on the site's clock, as 2026-11-05 18:30."""
    return local(at_s, zone).strftime(form)


def offset_text(at_s: int, zone: ZoneInfo) -> str:
    """The distance to UTC, as +05:00."""
    return local(at_s, zone).isoformat()[-6:]


def by_day(starts_s: Iterator[int] | range, zone: ZoneInfo) -> Iterator[tuple[str, int]]:
    """The day of each interval, as 2026-11-05, with its start."""
    for start_s in starts_s:
        yield local(start_s, zone).date().isoformat(), start_s
