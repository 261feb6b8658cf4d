"""Records as flat rows for tables: one dict a row, times in ISO. A zone of None is this machine's.

Pure but for what `reading` reads. Gaps are rows of their own; unknown is empty, never zero.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from headworks.record.reading import Span, channel_names, entries, intervals, samples

Json = dict[str, Any]
_SPREAD = ("least", "mean", "most")


def journal_rows(folder: Path, span: Span, zone: tzinfo | None) -> Iterator[Json]:
    """A row for every entry; `values` stays one column of JSON."""
    for entry in entries(folder, span):
        told = {key: entry.get(key, "") for key in
                ("kind", "source", "code", "note", "who", "role", "origin")}  # fmt: skip
        times = {key: entry[key] for key in ("boot", "t_s", "clock")}
        at = _iso(entry["wall_s"], zone)
        values = entry.get("values", {})
        yield {"seq": entry["seq"], "time": at, **times, **told, "values": values,
               "hash": entry["hash"]}  # fmt: skip


def ledger_rows(folder: Path, span: Span, zone: tzinfo | None) -> Iterator[Json]:
    """A row for every interval and every gap between two."""
    for values in intervals(folder, span):
        row = {
            "from": _iso(values["from_s"], zone),
            "to": _iso(values["to_s"], zone),
            "quality": values["quality"],
            "clock": values["clock_state"],
            "missing_s": values["missing_s"],
            "seq": values["seq"],
        }
        yield row if values["quality"] == "gap" else row | _energies(values)


def _energies(values: Json) -> Json:
    """Every figure of an interval under a name of its own.

    A column of something that has a name begins with it and a dot, and no other column has one:
    a name has no dot, so whatever racks and feeders are called, no column is another's.
    """
    row = _meter("import_", values["import"]) | _meter("export_", values["export"])
    for name, ways in values["feeders"].items():
        for way, told in ways.items():
            row |= _meter(f"{name}.{way}_", told)
    for name, told in values["racks"].items():
        row |= _meter(f"{name}.", told)
    names = ("racks_kwh", "covered_kwh", "covered_share", "baseline_kwh", "incremental_kwh")
    return row | {name: values[name] for name in names}


def _meter(begin: str, told: Json) -> Json:
    """What is known of one meter's or one rack's energy."""
    return {
        f"{begin}kwh": told["kwh"],
        f"{begin}how": " ".join([told["how"], *told.get("flags", ())]),
        f"{begin}counter_kwh": told.get("last"),
    }


def sample_rows(folder: Path, span: Span, zone: tzinfo | None, tier: str) -> Iterator[Json]:
    """A row for every step of a tier; a coarse tier has three columns a channel."""
    for sample in samples(folder, tier, span):
        row: Json = {"time": _iso(sample.wall_s, zone), "boot": sample.boot, "t_s": sample.t_s,
                     "clock": sample.clock}  # fmt: skip
        for name, value in sample.values.items():
            if tier == "1s":
                row[name] = value
            else:
                three = value or (None, None, None)
                row |= {f"{name}.{what}": v for what, v in zip(_SPREAD, three, strict=True)}
        yield row


def sample_columns(folder: Path, span: Span, tier: str) -> list[str]:
    """The columns of `sample_rows`, without a look at every row."""
    names = channel_names(folder, tier, span)
    told = names if tier == "1s" else [f"{name}.{what}" for name in names for what in _SPREAD]
    return ["time", "boot", "t_s", "clock", *told]


def columns(rows: Callable[[], Iterator[Json]]) -> list[str]:
    """All names that occur, in the order in which they first do."""
    found: dict[str, None] = {}
    for row in rows():
        if not row.keys() <= found.keys():
            found.update(dict.fromkeys(row))
    return list(found)


def _iso(wall_s: float | None, zone: tzinfo | None) -> str | None:
    """The time of day; None where nobody knew it."""
    if wall_s is None:
        return None
    return datetime.fromtimestamp(wall_s, UTC).astimezone(zone).isoformat(timespec="milliseconds")
