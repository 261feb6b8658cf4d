"""What the charts of a report show, as plain lists: the page and the picture draw the same."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

import numpy as np

from headworks.replay.compare import Case
from headworks.replay.report_series import NAMES

DAY_S = 86_400.0
USED, SURPLUS, UNSERVED, IMPORTED = "#0b7a75", "#d99a00", "#f2dca0", "#c0392b"
CASES = (USED, "#5b4b9a", "#1f6fb2", "#8a5a2b", "#4d4d4d", "#a03070")


class Lines(NamedTuple):
    """A quantity over time, one list of values a line."""

    x: list[str]
    lines: list[tuple[str, list[float | None]]]


def power(cases: Sequence[Case], zone: tzinfo) -> Lines:
    """Mean powers over time: the surplus, then what the racks of each case drew."""
    start_s, surplus = cases[0].series.mean_kw("surplus_kws")
    lines = [("Surplus", _list(surplus))]
    lines += [(_name(one, cases), _list(one.series.mean_kw("racks_kws")[1])) for one in cases]
    return Lines([_text(t_s, zone, "%Y-%m-%d %H:%M") for t_s in start_s.tolist()], lines)


def _name(one: Case, cases: Sequence[Case]) -> str:
    """What a line is called: the racks, and whose where there are several."""
    return f"Racks, {one.label}" if len(cases) > 1 else "Racks"


def energy(one: Case, zone: tzinfo) -> tuple[str, Lines]:
    """Used, unserved and imported energy in kWh by hour, day, week or month."""
    span_s = one.run.finish().span_s
    name, form = _period(span_s)
    found = one.series.sums()
    bins: dict[str, np.ndarray] = {}
    for t_s, row in zip(found.start_s.tolist(), found.sums, strict=True):
        key = _text(t_s, zone, form)
        bins[key] = bins[key] + row if key in bins else row
    table = np.array(list(bins.values())).reshape(-1, len(NAMES)) / 3600.0
    surplus, used, imported = (table[:, NAMES.index(n)] for n in NAMES[1:4])
    lines = [
        ("Used by racks", _list(used)),
        ("Not used", _list(np.maximum(0.0, surplus - used))),
        ("Imported", _list(imported)),
    ]
    return name, Lines(list(bins), lines)


def _period(span_s: float) -> tuple[str, str]:
    if span_s <= 3 * DAY_S:
        return "hour", "%Y-%m-%d %H:00"
    if span_s <= 62 * DAY_S:
        return "day", "%Y-%m-%d"
    return ("week", "%G-W%V") if span_s <= 200 * DAY_S else ("month", "%Y-%m")


def mean_day(cases: Sequence[Case], zone: tzinfo) -> Lines | None:
    """Mean power by hour of the day; None where bins are too coarse or there is no whole day."""
    if cases[0].series.size_s > 3600 or cases[0].run.finish().span_s < DAY_S:
        return None
    lines = [("Surplus", _hours(cases[0], "surplus_kws", zone))]
    lines += [(_name(one, cases), _hours(one, "racks_kws", zone)) for one in cases]
    return Lines([f"{hour:02d}:00" for hour in range(24)], lines)


def _hours(one: Case, name: str, zone: tzinfo) -> list[float | None]:
    found = one.series.sums()
    hours = [int(_text(t_s, zone, "%H")) for t_s in found.start_s.tolist()]
    time_s = np.bincount(hours, found.sums[:, 0], 24)
    total = np.bincount(hours, found.sums[:, NAMES.index(name)], 24)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _list(np.where(time_s > 0, total / time_s, np.nan))


def _list(values: np.ndarray) -> list[float | None]:
    """Rounded to what a chart can show; None breaks the line where nothing is known."""
    return [None if np.isnan(v) else round(float(v), 2) for v in values]


def _text(t_s: float, zone: tzinfo, form: str) -> str:
    return datetime.fromtimestamp(t_s, UTC).astimezone(zone).strftime(form)
