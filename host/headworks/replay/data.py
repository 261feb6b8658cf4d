"""Reads measured data for a backtest: a stream of moments with known and unknown values.

CSV, CSV in gzip or Parquet; columns by name with units; irregular and missing rows handled and
told; memory does not grow with the file. A value is held for `hold_s` at most, then it is
unknown. Raises DataError, one line with row and way out, for whatever is wrong with a file.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from itertools import islice, pairwise
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, Protocol

import numpy as np

from headworks.replay import columns, data_csv, data_parquet, data_quick
from headworks.replay.columns import Column, Wish
from headworks.replay.data_error import DataError, at
from headworks.replay.data_times import Times, seconds, zone
from headworks.replay.data_told import MORE_THAN, Told
from headworks.replay.rows import Floats

__all__ = ["Data", "DataError", "DataWish", "Moment", "open_data"]

PEEK = 101  # rows that tell the usual spacing
CHUNK = 4096  # rows that are taken at once where they are clean
RECENT = 40_000  # pieces of which the place is known, for messages
HOLD = 2.5  # of the usual spacing, where nobody says how long a value may be held
Values = tuple[float | None, ...]
RawRow = tuple[int, Sequence[Any]]


class DataWish(NamedTuple):
    """How to read a file. `hold_s` None: two and a half times the usual spacing of its rows."""

    path: Path
    wishes: dict[str, Wish]
    timezone: str = "UTC"
    time_format: str = ""
    decimal_comma: bool = False
    hold_s: float | None = None
    scale: Mapping[str, float] = {}  # further factors by channel


class Moment(NamedTuple):
    """Values from `t_s` (seconds since 1970) on, in the order of `Data.channels`; None unknown.

    `row` is the row of the file, or 0 where a value has only become too old.
    """

    t_s: float
    values: Values
    row: int


class Rows(Protocol):
    """An open file of any format."""

    heading: Sequence[str]

    def rows(self) -> Iterator[tuple[int, Sequence[Any]]]: ...
    def share(self) -> float: ...


class Data:
    """An open file. `channels` names the values of a moment; `told` fills while it is read."""

    def __init__(self, wish: DataWish, rows: Rows) -> None:
        self.wish = wish
        self.path = wish.path
        self._time, self._columns = columns.find(wish.path, rows.heading, wish.wishes)
        self.channels: tuple[str, ...] = tuple(column.channel for column in self._columns)
        self._times = Times(wish.path, zone(wish.timezone), wish.time_format)
        self.told = Told(self._times.zone)
        self._share: Callable[[], float] = rows.share
        self._span = (0.0, 0.0), (1.0, 0.0)  # time and share read, before a piece and after it
        raw = rows.rows()
        self._first = self._until_spaced(raw)
        self._raw = raw
        self._columns = [self._timed(column) for column in self._columns]
        self._known = [(float("-inf"), 0.0)] * len(self._columns)
        self._before_s: float | None = None
        self._recent: deque[tuple[Floats, Sequence[int]]] = deque(maxlen=RECENT)

    @property
    def energies(self) -> bool:
        """Whether a column gives an interval's energy, so that its power holds all along it."""
        return any(column.hours is not None for column in self._columns)

    def row_at(self, t_s: float) -> int:
        """The row of the file from which the values at a time come; of those read last."""
        for times, numbers in reversed(self._recent):
            if times[0] <= t_s:
                return numbers[int(np.searchsorted(times, t_s, "right")) - 1]
        return 2

    def _until_spaced(self, raw: Iterator[RawRow]) -> list[tuple[int, float, Sequence[Any]]]:
        """The first rows with their times, which tell the usual spacing."""
        first = list(islice(self._numbered(raw), PEEK))
        if not first:
            raise at(self.path, 2, "no rows below the heading", "is it the right file?")
        self._spacing([t_s for _, t_s, _ in first])
        self._span = (first[0][1], 0.0), (first[-1][1], self._share())
        return first

    def share_at(self, t_s: float) -> float:
        """How much of the file is done once the rows up to a time are, 0 to 1."""
        (from_s, before), (to_s, after) = self._span
        part = (t_s - from_s) / (to_s - from_s) if to_s > from_s else 1.0
        return before + (after - before) * min(1.0, max(0.0, part))

    def _numbered(self, rows: Iterable[RawRow]) -> Iterator[tuple[int, float, Sequence[Any]]]:
        """Rows with their time in s; those whose time does not exist are left out."""
        place, times = self._time, self._times
        for number, cells in rows:
            when = cells[place]
            if isinstance(when, str):
                t_s = times.read(number, when)
            else:
                t_s = times.take(number, str(when), _moment(self.path, number, when))
            if t_s is not None:
                yield number, t_s, cells

    def _spacing(self, first: list[float]) -> None:
        steps = [later - earlier for earlier, later in pairwise(first)]
        self.told.usual_s = median(steps) if steps else 1.0
        hold_s = self.wish.hold_s
        self.told.hold_s = HOLD * self.told.usual_s if hold_s is None else hold_s

    def _timed(self, column: Column) -> Column:
        """A column with its scale; energy per interval gives power, once that is known."""
        column = column._replace(factor=column.factor * self.wish.scale.get(column.channel, 1.0))
        if column.hours is None:
            return column
        hours = column.hours or self.told.usual_s / 3600.0
        return column._replace(factor=column.factor / hours)

    def moments(self) -> Iterator[Moment]:
        """Every row, and between rows the moment at which values become too old."""
        yield from self._careful(self._first)
        while chunk := list(islice(self._raw, CHUNK)):
            yield from self._careful(self._numbered(chunk))
        self._end()

    def pieces(self) -> Iterator[tuple[Floats, Floats]]:
        """The same as columns: times, and values by row and channel with NaN for unknown."""
        yield from _arrays(list(self._careful(self._first)), len(self._columns))
        while chunk := list(islice(self._raw, CHUNK)):
            before = self._span[1]
            clean = self._clean(chunk)
            careful = [] if clean else list(self._careful(self._numbered(chunk)))
            self._span = before, (self.told.last_s, self._share())
            if clean:
                yield clean
            yield from _arrays(careful, len(self._columns))
        self._end()

    def _clean(self, chunk: list[RawRow]) -> tuple[Floats, Floats] | None:
        """A chunk at once, if every row of it is clean and in its usual place."""
        numbers, rows = zip(*chunk, strict=True)
        t_s = data_quick.times(self._times, [row[self._time] for row in rows])
        if t_s is None or self._before_s is None:
            return None
        steps = np.diff(t_s, prepend=self._before_s) / self.told.usual_s
        if (np.abs(steps - 1.0) > MORE_THAN).any():
            return None
        columns = [
            data_quick.values(column, [row[column.place] for row in rows])
            for column in self._columns
        ]
        found = [column for column in columns if column is not None]
        if len(found) < len(columns):
            return None
        last_s = float(t_s[-1])
        self._known = [(last_s, float(column[-1])) for column in found]
        self._before_s = self._times.before_s = self.told.last_s = last_s
        self.told.rows += len(t_s)
        self._recent.append((t_s, numbers))
        return t_s, np.stack(found, axis=1)

    def _careful(self, rows: Iterable[tuple[int, float, Sequence[Any]]]) -> Iterator[Moment]:
        """Row by row, with everything that may be the matter."""
        told, hold_s = self.told, self.told.hold_s
        for number, t_s, cells in rows:
            if self._before_s is None:
                told.first_s = t_s
            else:
                step_s = t_s - self._before_s
                if step_s > told.usual_s * (1.0 + MORE_THAN) or step_s < told.usual_s * 0.99:
                    self._odd_step(number, step_s)
                    if step_s > hold_s:
                        unknown = (None,) * len(self._columns)
                        yield Moment(self._before_s + hold_s, unknown, 0)
            self._before_s = told.last_s = t_s
            told.rows += 1
            self._recent.append((np.array([t_s]), (number,)))
            yield Moment(t_s, self._values(number, t_s, cells, self._known), number)

    def _values(
        self, number: int, t_s: float, cells: Sequence[Any], known: list[tuple[float, float]]
    ) -> Values:
        """A row's values; an empty cell takes the last known value while that may be held."""
        found: list[float | None] = []
        for n, column in enumerate(self._columns):
            cell = cells[column.place]
            value = columns.value(column, self.path, number, cell, self.wish.decimal_comma)
            if value is not None:
                known[n] = t_s, value
            else:
                empty = self.told.empty
                empty[column.heading] = empty.get(column.heading, 0) + 1
                if t_s - known[n][0] < self.told.hold_s:
                    value = known[n][1]
            found.append(value)
        return tuple(found)

    def _odd_step(self, number: int, step_s: float) -> None:
        """Count a gap or an irregular spacing. Raises DataError where energies lose their sense."""
        told = self.told
        off = abs(step_s / told.usual_s - round(step_s / told.usual_s))
        if off > MORE_THAN or step_s < told.usual_s:
            told.irregular += 1
            unsaid = [column for column in self._columns if column.hours == 0.0]
            if unsaid:
                cause = f"{step_s:g} s after the row before, where {told.usual_s:g} s is usual"
                raise at(self.path, number, f"{cause}: the interval of {unsaid[0].heading!r} is "
                         "unclear", "name it in the map: kWh/15min")  # fmt: skip
        if step_s > told.usual_s * (1.0 + MORE_THAN):
            told.gaps += 1
            told.held_s += min(step_s, told.hold_s) - told.usual_s
            told.unknown_s += max(0.0, step_s - told.hold_s)
            if step_s > told.longest_s:
                told.longest_s, told.longest_row = step_s, number

    def _end(self) -> None:
        times, told = self._times, self.told
        told.twice, told.twice_first = times.twice, times.twice_first
        told.skipped, told.skipped_first = times.skipped, times.skipped_first


def _arrays(moments: list[Moment], wide: int) -> Iterator[tuple[Floats, Floats]]:
    """Moments as columns, or nothing where there are none."""
    if moments:
        values = np.array([moment.values for moment in moments], np.float64)
        yield np.array([moment.t_s for moment in moments]), values.reshape(-1, wide)


def _moment(path: Path, row: int, when: object) -> datetime | float:
    """The time of a Parquet row. Raises DataError."""
    if isinstance(when, datetime):
        return when
    if isinstance(when, int | float) and not isinstance(when, bool):
        return seconds(float(when))
    raise at(path, row, f"{str(when)[:40]!r} is not a time", "is it the right column?")


@contextmanager
def open_data(wish: DataWish) -> Iterator[Data]:
    """Open a file for one reading. Raises DataError."""
    parquet = wish.path.suffix in (".parquet", ".pq")
    opening: AbstractContextManager[Rows] = (
        data_parquet.opened(wish.path) if parquet else data_csv.opened(wish.path)
    )
    with opening as rows:
        yield Data(wish, rows)


def peak(wish: DataWish, channel: str) -> float:
    """The highest value of a channel in the whole file. Raises DataError."""
    with open_data(wish) as data:
        if channel not in data.channels:
            raise at(wish.path, 1, f"no column gives {channel}", f"name it: --map {channel}=COLUMN")
        place = data.channels.index(channel)
        found: Iterable[float] = (
            value for moment in data.moments() if (value := moment.values[place]) is not None
        )
        most = max(found, default=0.0)
    if most <= 0.0:
        raise at(wish.path, None, f"{channel} is never above 0", "it cannot be scaled to a peak")
    return most
