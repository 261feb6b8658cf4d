"""The lists of `report_charts` as plotly's traces and layouts."""

from collections.abc import Sequence
from typing import Any

from headworks.replay.report_charts import CASES, IMPORTED, SURPLUS, UNSERVED, USED, Lines

Chart = tuple[list[dict[str, Any]], dict[str, Any]]


def power(found: Lines) -> Chart:
    """The surplus as an area, each case's racks as a line."""
    traces = []
    for n, (name, values) in enumerate(found.lines):
        one: dict[str, Any] = {"type": "scatter", "mode": "lines", "x": found.x, "y": values,
                               "name": name, "hovertemplate": "%{y:,.0f} kW"}  # fmt: skip
        if n == 0:
            one |= {
                "fill": "tozeroy",
                "fillcolor": UNSERVED,
                "line": {"color": SURPLUS, "width": 1},
            }
        else:
            one |= {"line": {"color": CASES[(n - 1) % len(CASES)], "width": 1.6}}
        traces.append(one)
    return traces, {"yaxis": _axis("kW"), "xaxis": {"showgrid": False, "type": "date"}}


def energy(found: Lines) -> Chart:
    """Stacked bars: used, not used, and what was imported on top in red."""
    colors = (USED, UNSERVED, IMPORTED)
    traces = [
        {"type": "bar", "x": found.x, "y": values, "name": name, "marker": {"color": color},
         "hovertemplate": "%{y:,.1f} kWh"}
        for (name, values), color in zip(found.lines, colors, strict=True)
    ]  # fmt: skip
    weeks = bool(found.x) and "W" in found.x[0]
    if found.x and len(found.x[0]) == len("2017-06"):
        traces = [{**one, "xperiod": "M1", "xperiodalignment": "middle"} for one in traces]
    layout = {"barmode": "stack", "bargap": 0.15, "yaxis": _axis("kWh"),
              "xaxis": {"type": "category" if weeks else "date", "nticks": 14,
                        "automargin": True}}  # fmt: skip
    return traces, layout


def mean_day(found: Lines) -> Chart:
    """As `power`, by hour."""
    traces, layout = power(found)
    return traces, {**layout, "xaxis": {"type": "category", "nticks": 9}, "low": True}


def limits(cases: Sequence[dict[str, Any]]) -> Chart:
    """How long each limit bound, as bars in hours."""
    names = list(dict.fromkeys(_limit(one) for case in cases for one in case["limits"]))
    traces = []
    for n, case in enumerate(cases):
        hours = {_limit(one): one["bound_s"] / 3600.0 for one in case["limits"]}
        traces.append({"type": "bar", "orientation": "h", "name": case["label"],
                       "y": names[::-1], "x": [hours.get(name, 0.0) for name in names[::-1]],
                       "marker": {"color": CASES[n % len(CASES)]},
                       "hovertemplate": "%{x:,.1f} h"})  # fmt: skip
    layout = {"xaxis": {"title": {"text": "hours"}}, "yaxis": {"automargin": True},
              "showlegend": len(cases) > 1, "hovermode": "closest", "low": True,
              "bargap": 0.45}  # fmt: skip
    return traces, layout


def _limit(one: dict[str, Any]) -> str:
    return f"{one['source']} ({one['reason'].replace('-', ' ')})"


def racks(cases: Sequence[dict[str, Any]]) -> Chart:
    """The energy of each rack."""
    traces = [
        {"type": "bar", "name": case["label"], "x": [rack["name"] for rack in case["racks"]],
         "y": [rack["energy_kwh"] for rack in case["racks"]],
         "customdata": [rack["starts"] for rack in case["racks"]],
         "marker": {"color": CASES[n % len(CASES)]},
         "hovertemplate": "%{y:,.0f} kWh, %{customdata:,} starts"}
        for n, case in enumerate(cases)
    ]  # fmt: skip
    layout = {"yaxis": _axis("kWh"), "xaxis": {"type": "category"}, "low": True,
              "showlegend": len(cases) > 1}  # fmt: skip
    return traces, layout


def _axis(unit: str) -> dict[str, Any]:
    return {"title": {"text": unit}, "gridcolor": "#e8eeec", "fixedrange": True,
            "rangemode": "tozero", "exponentformat": "none", "separatethousands": True}  # fmt: skip
