"""The report of a sweep: energy used over racks' power, utilisation, and the knee."""

import csv
import json
from collections.abc import Sequence
from typing import Any

from headworks import __version__
from headworks.replay import report_html as html
from headworks.replay.report import MODEL, Source
from headworks.replay.report_charts import CASES
from headworks.replay.report_figures import Figures, data_figures
from headworks.replay.report_files import LAST, Files
from headworks.replay.report_rows import Table
from headworks.replay.report_words import energy, number, share
from headworks.replay.size import Point, knee

Curves = dict[float, list[Point]]


def collect(source: Source, site_name: str, curves: Curves) -> Figures:
    """All figures of a sweep."""
    return {
        "format": 1,
        "headworks": __version__,
        "site": site_name,
        "data": {"file": source.data.name, "sha256": source.sha256,
                 **data_figures(source.told, source.notes)},
        "curves": [
            {"rated_kw": kw, "knee_racks": knee(curve).racks,
             "points": [point._asdict() for point in curve]}
            for kw, curve in curves.items()
        ],
    }  # fmt: skip


def write(files: Files, found: Figures, curves: Curves) -> None:
    """Page, picture, CSV and JSON."""
    with files.path("sizes.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(Point._fields)
        rows.writerows(point for curve in curves.values() for point in curve)
    title = f"{found['site']}: how many racks does this feeder deserve?"
    data = found["data"]
    lead = f"{data['from'][:10]} to {data['to'][:10]} ({data['timezone']}), data {data['file']}"
    body = _body(found, curves)
    footer = f"{MODEL} Headworks {__version__}. Data sha256 {data['sha256'][:16]}…. Indicative."
    files.path("report.html").write_text(html.page(title, lead, body, footer), "utf-8")
    draw(files, title, lead, curves)
    files.path(LAST).write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _body(found: Figures, curves: Curves) -> list[str]:
    cards = [
        (f"{at.racks} × {kw:g} kW", f"at the knee: {share(at.used_share)} of the surplus used, "
         f"utilisation of racks {share(at.utilisation)}")
        for kw, curve in curves.items() for at in [knee(curve)]
    ]  # fmt: skip
    used, busy = _traces(curves)
    axis = {"title": {"text": "kW of racks"}, "rangemode": "tozero"}
    return [
        html.cards(cards),
        html.chart("Energy used", "What the racks drew within the surplus. The marked point is the "
                   "knee: beyond it a further rack brings much less than those before.", used,
                   {"xaxis": axis, "yaxis": {"title": {"text": "kWh"}, "rangemode": "tozero",
                              "exponentformat": "none", "separatethousands": True},
                    "hovermode": "closest"}),
        html.chart("Utilisation", "Line: all racks together. Dotted: the power added since the "
                   "point before.", busy,
                   {"xaxis": axis, "yaxis": {"title": {"text": "%"}, "rangemode": "tozero"},
                    "hovermode": "closest"}),
        html.table("All sizes", "Added power: utilisation of what the row adds. Switchings: a rack "
                   "and day.", table(curves)),
        html.notes("The data and how it was read", found["data"]["notes"]),
    ]  # fmt: skip


Traces = list[dict[str, Any]]


def _traces(curves: Curves) -> tuple[Traces, Traces]:
    used: Traces = []
    busy: Traces = []
    for n, (kw, curve) in enumerate(curves.items()):
        at, color = knee(curve), CASES[n % len(CASES)]
        x = [point.total_kw for point in curve]
        base = {"type": "scatter", "x": x, "text": [f"{p.racks} racks" for p in curve]}
        name = f"racks of {kw:g} kW"
        used.append({**base, "mode": "lines+markers", "y": [p.used_kwh for p in curve],
                     "name": name, "line": {"color": color},
                     "hovertemplate": "%{text}: %{y:,.0f} kWh"})  # fmt: skip
        used.append({"type": "scatter", "mode": "markers", "x": [at.total_kw], "y": [at.used_kwh],
                     "name": f"knee: {at.racks} × {kw:g} kW", "hoverinfo": "name",
                     "marker": {"size": 16, "color": color, "symbol": "circle-open",
                                "line": {"width": 3}}})  # fmt: skip
        for what, dash, values in (
            ("", "solid", [p.utilisation for p in curve]),
            (", added", "dot", [p.last_utilisation for p in curve]),
        ):
            busy.append({**base, "mode": "lines+markers", "name": name + what,
                         "y": [None if v is None else 100.0 * v for v in values],
                         "line": {"color": color, "dash": dash},
                         "hovertemplate": "%{text}: %{y:.1f} %"})  # fmt: skip
    return used, busy


def table(curves: Curves) -> Table:
    """A row for each number and size."""
    head = ["Racks", "Together", "Energy used", "Of the surplus", "Utilisation", "Added power",
            "Imported", "Switchings"]  # fmt: skip
    rows = [
        [
            f"{p.racks} × {p.rated_kw:g} kW" + (" ← knee" if p is knee(curve) else ""),
            f"{p.total_kw:,.0f} kW",
            energy(p.used_kwh),
            share(p.used_share),
            share(p.utilisation),
            share(p.last_utilisation),
            energy(p.imported_kwh),
            number(p.switchings_per_rack_day, 2),
        ]
        for curve in curves.values()
        for p in curve
    ]
    return head, rows


def draw(files: Files, title: str, lead: str, curves: Curves) -> None:
    """The picture: both charts side by side."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12.8, 6.4), dpi=100, facecolor="white", layout="constrained")
    figure.suptitle(f"{title}\n\n", fontsize=17, weight="bold", x=0.02, ha="left")
    figure.text(0.02, 0.915, lead, fontsize=10, color="#5d6d6b")
    left, right = figure.subplots(1, 2)
    for n, (kw, curve) in enumerate(curves.items()):
        at, color = knee(curve), CASES[n % len(CASES)]
        x = [point.total_kw for point in curve]
        left.plot(x, [p.used_kwh for p in curve], "o-", color=color, label=f"racks of {kw:g} kW")
        left.plot([at.total_kw], [at.used_kwh], "o", ms=15, mfc="none", mec=color, mew=2.5,
                  label=f"knee: {at.racks} × {kw:g} kW")  # fmt: skip
        right.plot(x, _percent([p.utilisation for p in curve]), "o-", color=color,
                   label=f"racks of {kw:g} kW")  # fmt: skip
        right.plot(x, _percent([p.last_utilisation for p in curve]), ":", color=color,
                   label="… the power added")  # fmt: skip
    for axes, name, unit in ((left, "Energy used", "kWh"), (right, "Utilisation", "%")):
        axes.set_title(name, loc="left", fontsize=12, weight="bold")
        axes.set_xlabel("kW of racks")
        axes.set_ylabel(unit)
        axes.set_ylim(bottom=0)
        axes.set_xlim(left=0)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color="#e8eeec")
        axes.legend(frameon=False)
    figure.savefig(files.path("report.png"), format="png")


def _percent(values: Sequence[float | None]) -> list[float]:
    return [float("nan") if value is None else 100.0 * value for value in values]
