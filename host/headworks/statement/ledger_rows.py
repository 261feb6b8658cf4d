"""Ledger and journal as a statement reads them: entries of the journal in, plain rows out.

Pure. Takes the bodies of journal entries as dicts. Several rows of one interval, as a restart
leaves them, become one that was measured in part. Energy of a row that runs on beyond its
interval cannot be placed, so it is not known; the meter's own counters still show it.
"""

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import Any, NamedTuple

from headworks.record.grid import begin_of
from headworks.record.stamp import WORST, Clock
from headworks.statement.model import Counter, Entry, Interval, Quality

Body = Mapping[str, Any]
_LATE_S = 60.0  # a row may end so long after its interval and still be one
_BROKEN = {"reset", "leap"}  # flags of a counter whose energy in between is not known
_UNSTEADY = {*_BROKEN, "rolled"}
_MIXED = "mixed"


class Rows(NamedTuple):
    """What a month's intervals are: rows, racks with how each was measured, rows without a time."""

    intervals: tuple[Interval, ...]
    racks: Mapping[str, str]
    unplaced: int
    counters: tuple[Counter, ...]


def rows_of(intervals: Iterable[Body], interval_s: int, zone: tzinfo, meter: str) -> Rows:
    """The rows of a month's `interval` values, in their order, on the grid of the site's zone.

    `meter` is the one at the connection.
    """
    found = list(intervals)
    racks = _racks(found)
    slots: dict[int, Interval] = {}
    unplaced = 0
    for values in found:
        if values.get("from_s") is None:
            unplaced += 1
            continue
        row = _row(values, interval_s, zone, tuple(racks))
        before = slots.get(row.start_s)
        slots[row.start_s] = row if before is None else _together(before, row, interval_s)
    counters = (_counter(found, meter),) if meter and slots else ()
    return Rows(tuple(slots.values()), racks, unplaced, counters)


def _racks(found: Iterable[Body]) -> dict[str, str]:
    """Every rack that a row names, in their order, and how it was measured."""
    racks: dict[str, str] = {}
    for values in found:
        for name, row in values["racks"].items():
            how = str(row["how"])
            racks[name] = how if racks.get(name, how) == how else _MIXED
    return racks


def _row(values: Body, interval_s: int, zone: tzinfo, names: tuple[str, ...]) -> Interval:
    start_s = int(begin_of(float(values["from_s"]), interval_s, zone))
    length_s = float(values["to_t_s"]) - float(values["from_t_s"])
    measured_s = max(0, min(interval_s, round(length_s - float(values["missing_s"]))))
    clock = Clock(values["clock_state"])
    if float(values["from_s"]) + length_s > start_s + interval_s + _LATE_S:
        return Interval(start_s, Quality.PARTIAL, clock)  # nobody knows when in all that time
    racks = [values["racks"].get(name, {"kwh": 0.0}) for name in names]
    racks_wh = tuple(_wh(row["kwh"]) for row in racks)
    whole = values["quality"] == "whole" and not _broken(values)
    imported = _wh(values["import"]["kwh"])
    drawn = sum(wh for wh in racks_wh if wh is not None) if None not in racks_wh else None
    baseline = _wh(values["baseline_kwh"]) if imported is not None else None
    return Interval(
        start_s=start_s,
        quality=Quality.GOOD if whole and imported is not None else Quality.PARTIAL,
        clock=clock,
        measured_s=measured_s,
        import_wh=imported,
        export_wh=_wh(values["export"]["kwh"]),
        drawn_wh=drawn,
        surplus_wh=_surplus(values, drawn),
        baseline_wh=None if baseline is None else min(baseline, imported or 0),
        incremental_wh=None if baseline is None else max(0, (imported or 0) - baseline),
        racks_wh=racks_wh,
    )


def _surplus(values: Body, drawn_wh: int | None) -> int | None:
    """The covered share, which is of power, of the energy that counters gave."""
    if drawn_wh is None:
        return None
    share = values["covered_share"]
    if share is None:
        return 0 if drawn_wh == 0 else None
    return min(drawn_wh, round(drawn_wh * float(share)))


def _wh(kwh: float | None) -> int | None:
    return None if kwh is None else round(kwh * 1000)


def _broken(values: Body) -> bool:
    told = (values["import"], values["export"], *values["racks"].values())
    return any(_BROKEN & set(row.get("flags", ())) for row in told)


def _together(one: Interval, other: Interval, interval_s: int) -> Interval:
    """Two rows of one interval: what is known of either. Whole only where both are whole."""
    sums = {
        name: _sum(getattr(one, name), getattr(other, name))
        for name in ("import_wh", "export_wh", "drawn_wh", "surplus_wh")
    }
    units = {name: _sum(getattr(one, name), getattr(other, name)) for name in _UNITS}
    if sum(units[name] or 0 for name in _UNITS) != sums["import_wh"]:
        units = dict.fromkeys(_UNITS)
    pairs = zip(one.racks_wh, other.racks_wh, strict=False)
    return Interval(
        one.start_s,
        Quality.GOOD if one.quality is other.quality is Quality.GOOD else Quality.PARTIAL,
        min(one.clock, other.clock, key=WORST.index),
        min(interval_s, one.measured_s + other.measured_s),
        **sums,
        **units,
        racks_wh=tuple(_sum(*pair) for pair in pairs) or one.racks_wh or other.racks_wh,
    )


_UNITS = ("baseline_wh", "incremental_wh")


def _sum(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else one + other


def _counter(found: list[Body], meter: str) -> Counter:
    """First and last reading of the connection's counters."""
    ways: dict[str, tuple[int | None, int | None]] = {}
    steady = True
    for way in ("import", "export"):
        told = [values[way] for values in found if values[way].get("first") is not None]
        ends = (told[0]["first"], told[-1]["last"]) if told else (None, None)
        ways[way] = _wh(ends[0]), _wh(ends[1])
        steady &= not any(_UNSTEADY & set(row.get("flags", ())) for row in told)
    return Counter(meter, ways["import"], ways["export"], steady)


def entries_of(bodies: Iterable[Body]) -> list[Entry]:
    """Journal entries that have a time."""
    return [
        Entry(
            at_s=int(body["wall_s"]),
            source=str(body.get("source", "")),
            kind=str(body["kind"]),
            code=str(body.get("code", "")),
            values=body.get("values", {}),
            note=str(body.get("note", "")),
        )
        for body in bodies
        if body.get("wall_s") is not None
    ]
