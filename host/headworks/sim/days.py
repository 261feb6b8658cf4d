"""Chooses the day that a simulator plays: a built-in one by name, or one of a recording."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from headworks.sim.plant.days import SHAPES, built_in
from headworks.sim.plant.recording import Columns, RecordingError, load_day
from headworks.sim.plant.weather import Day

DAYS = tuple(SHAPES)
COLUMNS = Columns()


class DayError(Exception):
    """A day cannot be played; the text says what to write instead."""


@dataclass(frozen=True, slots=True)
class DayWish:
    """What was asked for: a built-in day, or a file with a date and its columns."""

    day: str = "cloudy"
    seed: int = 1
    data: Path | None = None
    date: str | None = None
    columns: Columns = COLUMNS
    start: str | None = None


def choose(wish: DayWish, peak_load_kw: float, pv_kw: float) -> Day:
    """The day, sized in kW. Raises DayError."""
    if wish.data is None:
        if wish.date is not None:
            raise DayError("--date needs --data FILE, the recording that has this date")
        return built_in(wish.day, wish.seed, peak_load_kw, pv_kw)
    try:
        return load_day(wish.data, _date(wish.date), peak_load_kw, wish.columns)
    except RecordingError as error:
        raise DayError(str(error)) from error


def start_s(wish: DayWish, day: Day) -> float:
    """Second of the day to begin at: --start HH:MM, else the day's own. Raises DayError."""
    if wish.start is None:
        return day.start_s
    hour, _, minute = wish.start.partition(":")
    if not (hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60):
        raise DayError(f"--start {wish.start}: write a time of day such as 06:30")
    return int(hour) * 3600.0 + int(minute) * 60.0


def _date(text: str | None) -> date:
    """Raises DayError."""
    if text is None:
        raise DayError("--data needs --date YYYY-MM-DD, the day to play")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise DayError(f"--date {text}: write it as 2017-06-21") from error
