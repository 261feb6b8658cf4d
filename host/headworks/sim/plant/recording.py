"""Plays one day of a recording: a CSV file, gzip allowed, columns chosen by name.

The load is scaled so that the peak of the whole file is the wanted peak; values between rows are
interpolated linearly, and `note` says so. Every mistake in a file is one line with its row.
"""

import csv
import gzip
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from headworks.sim.plant.weather import Weather, interpolate


class RecordingError(Exception):
    """A recording cannot be played; the text names file, row, cause and fix."""


class Columns(NamedTuple):
    """Which columns to play. Irradiance in W/m², temperature in °C, load in any linear unit."""

    load: str = "Zone1"
    irradiance: str = "general diffuse flows"
    temperature: str = "Temperature"
    date: str = "Date"


class Row(NamedTuple):
    """One row of the file, with its number for messages (the heading is row 1)."""

    number: int
    when: datetime
    load: float
    irradiance_w_m2: float
    temperature_c: float


@dataclass(frozen=True, slots=True)
class RecordedDay:
    """A day of a recording; each series is (second of the day, value) in ascending time."""

    name: str
    note: str
    load_kw: tuple[tuple[float, float], ...]
    irradiance_w_m2: tuple[tuple[float, float], ...]
    temperature_c: tuple[tuple[float, float], ...]
    start_s: float = 0.0

    def at(self, day_s: float) -> Weather:
        """The weather at a second of the day. Units as in Weather."""
        return Weather(
            interpolate(self.load_kw, day_s),
            interpolate(self.irradiance_w_m2, day_s),
            interpolate(self.temperature_c, day_s),
        )


def load_day(path: Path, day: date, peak_load_kw: float, columns: Columns) -> RecordedDay:
    """Read one day. Raises RecordingError."""
    rows = _ascending(path, _read(path, columns))
    chosen, peak, first, last = _choose(rows, day)
    if first is None or last is None:
        raise RecordingError(f"{path}: no rows below the heading")
    if not chosen:
        raise RecordingError(
            f"{path}: no rows of {day}; the file runs from {first.when:%Y-%m-%d} "
            f"to {last.when:%Y-%m-%d}"
        )
    if peak <= 0.0:
        raise RecordingError(f"{path}: column {columns.load!r} has no value above 0 to scale by")
    return _day(path, day, chosen, peak_load_kw / peak)


def _day(path: Path, day: date, rows: list[Row], factor: float) -> RecordedDay:
    """The chosen rows as series; `factor` turns the file's load into kW."""
    midnight = datetime.combine(day, datetime.min.time())
    at_s = [(row.when - midnight).total_seconds() for row in rows]
    every_s = (at_s[-1] - at_s[0]) / max(1, len(at_s) - 1)
    note = (
        f"{path.name}, {day}: {len(rows)} rows, one each {every_s / 60:.0f} min, "
        f"interpolated linearly; load × {factor:.5g}"
    )
    return RecordedDay(
        day.isoformat(),
        note,
        tuple((t, row.load * factor) for t, row in zip(at_s, rows, strict=True)),
        tuple((t, row.irradiance_w_m2) for t, row in zip(at_s, rows, strict=True)),
        tuple((t, row.temperature_c) for t, row in zip(at_s, rows, strict=True)),
    )


def _choose(rows: Iterable[Row], day: date) -> tuple[list[Row], float, Row | None, Row | None]:
    """The day's rows with the first of the next day, the file's peak, its first and last row."""
    end = datetime.combine(day, datetime.min.time()) + timedelta(days=1)
    chosen: list[Row] = []
    peak, first, last = 0.0, None, None
    for row in rows:
        first, last, peak = first or row, row, max(peak, row.load)
        if row.when.date() == day or (chosen and row.when == end):
            chosen.append(row)
    return chosen, peak, first, last


def _ascending(path: Path, rows: Iterator[Row]) -> Iterator[Row]:
    """The same rows; raises RecordingError where time stands still or goes back."""
    before: Row | None = None
    for row in rows:
        if before is not None and row.when <= before.when:
            raise RecordingError(
                f"{path}: row {row.number}: time {row.when} does not follow {before.when}; "
                "sort the rows and remove doubles"
            )
        before = row
        yield row


def _read(path: Path, columns: Columns) -> Iterator[Row]:
    """Every row of the file as numbers. Raises RecordingError."""
    try:
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            _check_columns(path, columns, list(reader.fieldnames or ()))
            for number, row in enumerate(reader, start=2):
                yield _row(path, columns, number, row)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise RecordingError(f"{path}: cannot be read: {error}") from error


def _check_columns(path: Path, columns: Columns, found: list[str]) -> None:
    """Raises RecordingError naming the columns that there are."""
    for option, name in columns._asdict().items():
        if name not in found:
            raise RecordingError(
                f"{path}: row 1: no column {name!r} for --{option}; "
                f"there are: {', '.join(found) or 'none'}"
            )


def _row(path: Path, columns: Columns, number: int, row: Mapping[str, str | None]) -> Row:
    """One row as numbers. Raises RecordingError."""
    when = _when(path, number, row[columns.date])
    names = (columns.load, columns.irradiance, columns.temperature)
    return Row(number, when, *(_number(path, number, name, row[name]) for name in names))


def _number(path: Path, number: int, column: str, text: str | None) -> float:
    """A finite number. Raises RecordingError."""
    try:
        value = float(text or "")
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise RecordingError(f"{path}: row {number}: {column!r} is {text!r}; a number is wanted")
    return value


def _when(path: Path, number: int, text: str | None) -> datetime:
    """A local time, `m/d/yy H:MM` or ISO 8601 without an offset. Raises RecordingError."""
    try:
        return _parse_time(text or "")
    except ValueError as error:
        raise RecordingError(
            f"{path}: row {number}: {text!r} is not a time; write 2017-06-21 13:40 or 6/21/17 13:40"
        ) from error


def _parse_time(text: str) -> datetime:
    """Raises ValueError. The usual form is taken apart by hand: strptime costs ten times more."""
    if "/" not in text:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=None)
    day, _, clock = text.strip().partition(" ")
    month, number, year = (int(part) for part in day.split("/"))
    hour, minute = (int(part) for part in clock.split(":"))
    return datetime(year + 2000 if year < 100 else year, month, number, hour, minute)  # noqa: DTZ001
