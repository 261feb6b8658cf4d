"""A backtest's report: figures as JSON, a page with charts, a picture, and tables as CSV."""

import json
from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Any, NamedTuple

from headworks import __version__
from headworks.replay import report_charts as charts
from headworks.replay import report_html as html
from headworks.replay import report_rows as rows
from headworks.replay import report_traces as traces
from headworks.replay.compare import Case
from headworks.replay.data_error import DataError
from headworks.replay.data_told import Told
from headworks.replay.report_decisions import intervals_csv, racks_csv
from headworks.replay.report_figures import Figures, data_figures, figures
from headworks.replay.report_files import LAST, Files
from headworks.replay.report_png import draw
from headworks.replay.report_words import energy, number, share

FORMAT = 1
MODEL = (
    "The decisions are those of the program that runs on site; racks are modelled as the "
    "simulator models them, and what they draw is in the meter that the next decision sees."
)


class Source(NamedTuple):
    """Where a report comes from."""

    data: Path
    sha256: str
    told: Told
    notes: list[str]

    @property
    def zone(self) -> tzinfo:
        return self.told.zone


def wanted() -> None:
    """Raises DataError, before any work is done, where a library for reports is missing."""
    try:
        import matplotlib  # noqa: F401
        import plotly  # noqa: F401
    except ImportError as error:
        raise DataError(f"reports want {error.name}; pip install 'headworks[replay]'") from error


def collect(source: Source, cases: Sequence[Case], more: Figures | None = None) -> Figures:
    """All figures of a report."""
    return {
        "format": FORMAT,
        "headworks": __version__,
        "data": {"file": source.data.name, "sha256": source.sha256,
                 **data_figures(source.told, source.notes)},
        "cases": [figures(one) for one in cases],
        **(more or {}),
    }  # fmt: skip


def write(files: Files, source: Source, cases: Sequence[Case], found: Figures) -> None:
    """Every file of the report but the decisions, which are written while it is played."""
    zone = source.zone
    with files.path("racks.csv").open("w", newline="", encoding="utf-8") as file:
        racks_csv(file, found["cases"])
    with files.path("intervals.csv").open("w", newline="", encoding="utf-8") as file:
        for n, one in enumerate(cases):
            intervals_csv(file, one.label, one.series, zone, head=n == 0)
    shown = (charts.power(cases, zone), charts.energy(cases[0], zone),
             charts.mean_day(cases, zone))  # fmt: skip
    title, lead = _title(found), _lead(found)
    files.path("report.html").write_text(
        html.page(title, lead, _body(found, shown), _footer(found)), "utf-8"
    )
    draw(files.path("report.png"), title, lead, _main(found["cases"][0]), shown)
    files.path(LAST).write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")


Shown = tuple[charts.Lines, tuple[str, charts.Lines], charts.Lines | None]


def _title(found: Figures) -> str:
    first = found["cases"][0]["site"]["name"]
    others = len(found["cases"]) > 1
    return f"{first}: what Headworks would have done" + (", side by side" if others else "")


def _lead(found: Figures) -> str:
    data, case = found["data"], found["cases"][0]
    site = case["site"]
    return (
        f"{data['from'][:10]} to {data['to'][:10]} ({case['days']:,} days, {data['timezone']}), "
        f"{site['racks']} racks of {site['rated_kw']:,.0f} kW together, data from {data['file']}"
    )


def _main(case: Figures) -> list[tuple[str, str]]:
    """The figures that matter most, of one case."""
    imported = energy(case["imported_because_of_racks_kwh"])
    part = share(case["imported_share_of_racks"], 2)
    return [
        (share(case["used_share"]), "of the surplus used"),
        (energy(case["surplus_kwh"]), "surplus there was"),
        (energy(case["unserved_kwh"]), "surplus not used"),
        (imported, f"imported because of racks,\n{part} of their energy"),
        (share(case["utilisation"]), "utilisation of racks"),
        (number(case["switchings_per_rack_day"], 2), "switchings a rack and day"),
    ]


def _body(found: Figures, shown: Shown) -> list[str]:
    cases, (power, (period, by_period), day) = found["cases"], shown
    first = cases[0]["label"]
    many = len(cases) > 1
    body = [html.cards(_main(cases[0]))]
    if many:
        body.append(html.table("Side by side", f"The figures above are those of {first}.",
                               rows.comparison(cases)))  # fmt: skip
    hint = "Mean power. Drag to zoom in, double click for all, click a name to hide it."
    body.append(html.chart("Power over time", hint, *traces.power(power)))
    of = f" ({first})" if many else ""
    body.append(html.chart(f"Energy by {period}{of}", "The whole bar is the surplus; red is what "
                           "racks drew beyond it.", *traces.energy(by_period)))  # fmt: skip
    if day is not None:
        body.append(html.chart("A mean day", "Mean power by hour of the day.",
                               *traces.mean_day(day)))  # fmt: skip
    body.append(html.chart("Which limit bound", "How long each limit was the tightest one.",
                           *traces.limits(cases)))  # fmt: skip
    body.append(html.chart("Energy by rack", "Priority and wear decide who runs first.",
                           *traces.racks(cases)))  # fmt: skip
    return body + _tables(found, many)


def _tables(found: Figures, many: bool) -> list[str]:
    cases = found["cases"]
    body = [] if many else [html.table("All figures", "", rows.comparison(cases))]
    for case in cases:
        of = f" ({case['label']})" if many else ""
        body.append(html.table(f"Racks{of}", "", rows.racks(case)))
        body.append(html.table(f"Limits{of}", "", rows.limits(case), words=(1,)))
    body.append(html.notes("The data and how it was read", found["data"]["notes"]))
    taken = [f"{name}: {value}" for name, value in cases[0]["assumed"].items()]
    if taken:
        body.append(html.notes("Taken as given, for no column says it", taken))
    return body


def _footer(found: Figures) -> str:
    sites = "; ".join(f"{Path(c['site']['file']).name} sha256 {c['site']['sha256'][:16]}…"
                      for c in found["cases"])  # fmt: skip
    return (
        f"{MODEL} Headworks {found['headworks']}. Data {found['data']['file']} sha256 "
        f"{found['data']['sha256'][:16]}…. Site {sites}. Indicative, no billing evidence."
    )


def summary(found: Figures) -> list[list[str]]:
    """The comparison as lines for a terminal."""
    head, lines = rows.comparison(found["cases"])
    return [head, *lines]


__all__: list[Any] = ["Source", "collect", "summary", "wanted", "write"]
