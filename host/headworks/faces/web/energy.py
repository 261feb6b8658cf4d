"""The ledger of a month, day by day. Adds what is known; what is not is counted, not guessed."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]
_SUMS = ("import_kwh", "export_kwh", "racks_kwh", "covered_kwh", "baseline_kwh", "incremental_kwh")


def days(entries: Iterable[Mapping[str, Any]], zone: ZoneInfo, month: str) -> Json:
    """Sums of each day and of the month, from the ledger's entries in any order."""
    found: dict[str, Json] = {}
    racks: dict[str, float] = {}
    for entry in entries:
        values = entry["values"]
        if values["from_s"] is None:
            continue
        date = datetime.fromtimestamp(values["from_s"], zone).date().isoformat()
        if date.startswith(month):
            _add(found.setdefault(date, _empty(date)), values)
            for name, told in values["racks"].items():
                racks[name] = racks.get(name, 0.0) + (told["kwh"] or 0.0)
    rows = [found[date] for date in sorted(found)]
    return {
        "days": [_rounded(row) for row in rows],
        "total": _rounded(_total(rows)),
        "racks": [{"name": name, "kwh": round(kwh, 3)} for name, kwh in racks.items()],
    }


def _empty(date: str) -> Json:
    return {"date": date, "intervals": 0, "partial": 0, "unknown": 0, **dict.fromkeys(_SUMS)}


def _add(row: Json, values: Mapping[str, Any]) -> None:
    row["intervals"] += 1
    row["partial"] += values["quality"] != "whole"
    told = {
        **{name: values[name] for name in _SUMS if name in values},
        "import_kwh": values["import"]["kwh"],
        "export_kwh": values["export"]["kwh"],
    }
    row["unknown"] += told["import_kwh"] is None or told["export_kwh"] is None
    for name in _SUMS:
        if told.get(name) is not None:
            row[name] = (row[name] or 0.0) + told[name]


def _total(rows: Iterable[Json]) -> Json:
    total = _empty("")
    for row in rows:
        for name in ("intervals", "partial", "unknown"):
            total[name] += row[name]
        for name in _SUMS:
            if row[name] is not None:
                total[name] = (total[name] or 0.0) + row[name]
    return total


def _rounded(row: Json) -> Json:
    return {k: round(v, 3) if isinstance(v, float) else v for k, v in row.items()}
