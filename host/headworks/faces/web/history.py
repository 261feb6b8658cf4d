"""Power, surplus, envelope, racks, temperatures and frequency over time, from the samples.

Pure but for what `record` reads. Unknown stays null: a hole in a line is a hole in what was known.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, NamedTuple

from headworks.model.site import ExportSignal, Site
from headworks.record.covering import Value
from headworks.record.history import Lines, lines, names_between
from headworks.record.reading import Span

Json = dict[str, Any]
LEAST_SPANS, MOST_SPANS = 10, 1200
MOST_LINES = 24  # of a chart; more cannot be told apart
ENVELOPE, DRAWN, PLANNED = "envelope.kw", "racks.drawn_kw", "racks.planned_kw"
SURPLUS = "surplus.kw"
_DIGITS = 3


class Wanted(NamedTuple):
    """Which channels go into which chart."""

    power: tuple[str, ...]
    frequency: tuple[str, ...]
    temperature: tuple[str, ...]
    racks: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Every channel that is read."""
        return (*self.power, *self.frequency, *self.temperature, *self.racks)


def wanted(names: Sequence[str], site: Site | None, racks: Iterable[str]) -> Wanted:
    """The charts' channels out of those that there are; the meter at the connection comes first."""
    meters = _meters(site)
    of = {name.rpartition(".")[0] for name in names if name.endswith(".frequency_hz")}
    shown = [m for m in meters if m in of] or sorted(of - {*racks})
    there = {*names}
    power = [name for name in (ENVELOPE, DRAWN, PLANNED) if name in there]
    power += [f"{m}.power_kw" for m in shown if f"{m}.power_kw" in there]
    return Wanted(
        tuple(power[: MOST_LINES + 3]),
        tuple(f"{m}.frequency_hz" for m in shown[:1]),
        tuple(name for name in names if name.endswith("_c"))[:MOST_LINES],
        tuple(f"{rack}.on" for rack in racks if f"{rack}.on" in there),
    )


def _meters(site: Site | None) -> list[str]:
    """Meters of the connection and of feeders, not those of single racks."""
    if site is None:
        return []
    exports = [s.meter for s in site.signals if isinstance(s, ExportSignal)]
    feeders = [f.meter for f in site.feeders if f.meter]
    return list(dict.fromkeys([*exports, *feeders]))


def read(folder: Path, span: Span, spans: int, site: Site | None, racks: Sequence[str]) -> Json:
    """The charts of a span. Raises what `record.history.lines` does."""
    spans = min(max(spans, LEAST_SPANS), MOST_SPANS)
    want = wanted(names_between(folder, span), site, racks)
    found = lines(folder, want.all, span, spans)
    grid = next((s.meter for s in site.signals if isinstance(s, ExportSignal)), "") if site else ""
    power = [_line(name, found.values[name]) for name in want.power if name != PLANNED]
    return {
        "from_s": found.from_s,
        "step_s": found.step_s,
        "count": found.spans,
        "tier": found.tier,
        "grid": grid,
        "charts": {
            "power": power,
            "surplus": [{"name": SURPLUS, "mean": _surplus(found)}] if power else [],
            "temperature": [_line(name, found.values[name]) for name in want.temperature],
            "frequency": [_line(name, found.values[name]) for name in want.frequency],
        },
        "racks": [
            {"name": name.removesuffix(".on"), "on": [_mean(v) for v in found.values[name]]}
            for name in want.racks
        ],
    }


def _line(name: str, values: Iterable[Value]) -> Json:
    told = [*values]
    return {
        "name": name,
        "least": [None if v is None else round(v[0], _DIGITS) for v in told],
        "mean": [_mean(v) for v in told],
        "most": [None if v is None else round(v[2], _DIGITS) for v in told],
    }


def _mean(value: Value) -> float | None:
    return None if value is None else round(value[1], _DIGITS)


def _surplus(found: Lines) -> list[float | None]:
    """What was left for further racks: the envelope less what racks drew or had reserved."""
    none: list[Value] = []
    pairs = zip(found.values.get(ENVELOPE, none), found.values.get(PLANNED, none), strict=False)
    return [None if a is None or b is None else round(a[1] - b[1], _DIGITS) for a, b in pairs]


def as_csv(told: Json, zone: tzinfo) -> str:
    """The same as a table: a row for every step with its time and its Unix seconds."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    columns = [*_columns(told)]
    rows.writerow(["time", "unix_s", *(name for name, _ in columns)])
    for at in range(told["count"]):
        wall_s = told["from_s"] + at * told["step_s"]
        time = datetime.fromtimestamp(wall_s, UTC).astimezone(zone)
        figures = ["" if values[at] is None else values[at] for _, values in columns]
        rows.writerow([time.isoformat(timespec="seconds"), round(wall_s, 3), *figures])
    return out.getvalue()


def _columns(told: Json) -> Iterator[tuple[str, list[float | None]]]:
    for chart in told["charts"].values():
        for line in chart:
            if "least" not in line:
                yield line["name"], line["mean"]
                continue
            for what in ("least", "mean", "most"):
                yield f"{line['name']}.{what}", line[what]
    for rack in told["racks"]:
        yield f"{rack['name']}.on", rack["on"]
