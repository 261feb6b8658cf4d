"""Turns the times of a data file into seconds since 1970 (UTC), daylight saving included.

A time without an offset is of the named zone. Of the hour that comes twice in autumn the first
is taken until time would stand still, then the second. A time that spring skips does not exist:
its row is left out and counted. Both are told.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from headworks.replay.data_error import DataError, at, short

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001
_MILLIS = 1e11  # seconds since 1970 stay below this for 3,000 years; milliseconds do not
_FIX = "write 2017-06-21 13:40, 6/21/17 13:40 or 21.06.2017 13:40, or say --time-format"


def zone(name: str) -> tzinfo:
    """A zone by name ("Asia/Karachi"), or a fixed offset ("UTC+01:00"). Raises DataError."""
    fixed = re.fullmatch(r"UTC([+-])(\d{1,2}):?(\d{2})?", name)
    if fixed:
        minutes = int(fixed.group(2)) * 60 + int(fixed.group(3) or 0)
        if minutes < 24 * 60:
            return timezone(timedelta(minutes=-minutes if fixed.group(1) == "-" else minutes))
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise DataError(
            f"--timezone {name}: no such zone; write one such as Asia/Karachi or UTC+01:00"
        ) from error


@dataclass
class Times:
    """Reads the times of one file in their order. `pattern` is strptime's, or "" to know it."""

    path: Path
    zone: tzinfo
    pattern: str = ""
    before_s: float = float("-inf")
    twice: int = 0  # rows in an hour that comes twice
    skipped: int = 0  # rows whose time does not exist
    skipped_first: str = ""
    twice_first: str = ""
    offsets: int = 0  # rows that brought their own offset
    _hour: str = field(default="", repr=False)
    _hour_s: float = field(default=0.0, repr=False)

    def read(self, row: int, text: str) -> float | None:
        """Seconds since 1970, above the last; None where the time does not exist.

        Raises DataError.
        """
        if self._hour and text[:13] == self._hour and (quick := self._within(text)) is not None:
            return self._rising(row, text, quick)
        try:
            when = self._parse(text.strip())
        except (ValueError, OverflowError) as error:
            raise at(self.path, row, f"{short(text)} is not a time", _FIX) from error
        return self.take(row, text, when)

    def take(self, row: int, text: str, when: datetime | float) -> float | None:
        """The same for a time that is no text any more."""
        if isinstance(when, float):
            return self._rising(row, text, when)
        if when.tzinfo is not None:
            self.offsets += 1
            return self._rising(row, text, when.timestamp())
        return self._local(row, text, when)

    def _local(self, row: int, text: str, when: datetime) -> float | None:
        """A time of the zone's clocks."""
        first, second = (when.replace(tzinfo=self.zone, fold=n).utcoffset() for n in (0, 1))
        if first is None or second is None:
            raise at(self.path, row, f"{short(text)} has no place in time", "name a --timezone")
        base_s = (when - _EPOCH).total_seconds()
        if first == second:
            self._remember(text, when, base_s - first.total_seconds())
            return self._rising(row, text, base_s - first.total_seconds())
        if first < second:
            self.skipped += 1
            self.skipped_first = self.skipped_first or text.strip()
            return None
        self.twice += 1
        self.twice_first = self.twice_first or text.strip()
        early_s, late_s = base_s - first.total_seconds(), base_s - second.total_seconds()
        return self._rising(row, text, early_s if early_s > self.before_s else late_s)

    def offset_s(self, hour: int) -> float | None:
        """What the clocks are ahead of UTC all through an hour of theirs, counted since 1970.

        None where they change in it.
        """
        start = _EPOCH + timedelta(hours=hour)
        offset = start.replace(tzinfo=self.zone).utcoffset()
        if offset is None or not self._whole_hour(start):
            return None
        return offset.total_seconds()

    def _rising(self, row: int, text: str, now_s: float) -> float:
        """Raises DataError where time stands still or goes back."""
        if now_s > self.before_s:
            self.before_s = now_s
            return now_s
        how = "is the same as that of" if now_s == self.before_s else "goes back behind"
        before = datetime.fromtimestamp(self.before_s, UTC).astimezone(self.zone)
        cause = f"time {short(text.strip())} {how} the row before ({before:%Y-%m-%d %H:%M:%S})"
        raise at(self.path, row, cause, "sort the rows by time and remove doubles")

    def _remember(self, text: str, when: datetime, at_s: float) -> None:
        """Keep the hour of an ISO time, for the rows that follow share it."""
        iso = len(text) >= 16 and text[4:5] == "-" and text[13] == ":" and not self.pattern
        self._hour = text[:13] if iso and self._whole_hour(when) else ""
        self._hour_s = at_s - when.minute * 60.0 - when.second - when.microsecond / 1e6

    def _whole_hour(self, when: datetime) -> bool:
        """Whether nothing happens to the clocks in the hour of a time."""
        start = when.replace(minute=0, second=0, microsecond=0, tzinfo=self.zone)
        ends = (start, start.replace(minute=59, second=59))
        return len({one.replace(fold=n).utcoffset() for one in ends for n in (0, 1)}) == 1

    def _within(self, text: str) -> float | None:
        """A time of the remembered hour, or None where it wants a closer look."""
        minute, second = text[14:16], text[17:19]
        if not (minute.isdecimal() and minute < "60" and len(text) in (16, 19)):
            return None
        if not second:
            return self._hour_s + int(minute) * 60.0
        if not (second.isdecimal() and second < "60" and text[16] == ":"):
            return None
        return self._hour_s + int(minute) * 60.0 + int(second)

    def _parse(self, text: str) -> datetime | float:
        """Raises ValueError."""
        if self.pattern:
            return datetime.strptime(text, self.pattern)  # noqa: DTZ007
        if "/" in text:
            return _parts(text, "/")
        if text[:11].count(".") == 2:
            return _parts(text, ".")
        if text.replace(".", "", 1).isdecimal() and len(text) >= 9:
            return seconds(float(text))
        return datetime.fromisoformat(text)


def seconds(number: float) -> float:
    """Seconds since 1970 from seconds, or from milliseconds where the figure is too large."""
    return number / 1000.0 if number > _MILLIS else number


def _parts(text: str, mark: str) -> datetime:
    """A date of three numbers and a clock: m/d/y, y/m/d or d.m.y. Raises ValueError."""
    day, _, clock = text.partition(" ")
    one, two, three = (int(part) for part in day.split(mark))
    if mark == ".":
        year, month, date = three, two, one
    else:
        year, month, date = (one, two, three) if one > 31 else (three, one, two)
    hour, minute, second = [int(part) for part in f"{clock.strip() or '0:0'}:0".split(":")][:3]
    return datetime(year + 2000 if year < 100 else year, month, date, hour, minute, second)  # noqa: DTZ001
