"""The report as one picture, for a slide or a message: figures on top, three charts below.

Wants matplotlib, which `pip install 'headworks[replay]'` brings. No window is opened.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headworks.replay.report_charts import CASES, IMPORTED, SURPLUS, UNSERVED, USED, Lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, SOFT = "#1d2b2a", "#5d6d6b"


def draw(
    path: Path,
    title: str,
    lead: str,
    found: Sequence[tuple[str, str]],
    charts: tuple[Lines, tuple[str, Lines], Lines | None],
) -> None:
    """Write the picture. `found`: (figure, what it is), the same as on the page."""
    from matplotlib.figure import Figure

    power, (period, energy), day = charts
    figure = Figure(figsize=(12.8, 9.6), dpi=100, facecolor="white", layout="constrained")
    rows = figure.add_gridspec(3, 2, height_ratios=(0.62, 1.5, 1.3))
    _top(figure.add_subplot(rows[0, :]), title, lead, found)
    _power(figure.add_subplot(rows[1, :]), power)
    wide = rows[2, 0] if day else rows[2, :]
    _energy(figure.add_subplot(wide), period, energy)
    if day:
        _day(figure.add_subplot(rows[2, 1]), day)
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.set(w_pad=0.2, h_pad=0.16)  # type: ignore[call-arg]
    figure.savefig(path, format="png")


def _top(axes: "Axes", title: str, lead: str, found: Sequence[tuple[str, str]]) -> None:
    axes.axis("off")
    axes.text(0, 1.0, title, fontsize=19, weight="bold", color=INK, va="top")
    axes.text(0, 0.66, lead, fontsize=10.5, color=SOFT, va="top", wrap=True)
    for n, (figure, name) in enumerate(found):
        x = n / len(found)
        axes.text(x, 0.34, figure, fontsize=16.5, weight="bold", color=USED, va="top")
        axes.text(x, 0.08, name, fontsize=9.5, color=SOFT, va="top", linespacing=1.3)


def _style(axes: "Axes", title: str, unit: str) -> None:
    axes.set_title(title, loc="left", fontsize=12, weight="bold", color=INK)
    axes.set_ylabel(unit, color=SOFT)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=SOFT)
    axes.grid(axis="y", color="#e8eeec")
    axes.set_axisbelow(True)
    axes.set_ylim(bottom=0)


def _legend(axes: "Axes") -> None:
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=6, frameon=False, fontsize=9,
                handlelength=1.2, columnspacing=1.1, handletextpad=0.5)  # fmt: skip


def _filled(axes: "Axes", x: list[Any], lines: list[tuple[str, list[float | None]]]) -> None:
    """The surplus as an area, the others as lines; a gap stays a gap."""
    for n, (name, values) in enumerate(lines):
        known = [float("nan") if value is None else value for value in values]
        if n == 0:
            axes.fill_between(x, known, color=UNSERVED, linewidth=0, label=name)
            axes.plot(x, known, color=SURPLUS, linewidth=0.7)
        else:
            axes.plot(x, known, color=CASES[(n - 1) % len(CASES)], linewidth=1.2, label=name)


def _power(axes: "Axes", found: Lines) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    x = [datetime.strptime(text, "%Y-%m-%d %H:%M") for text in found.x]  # noqa: DTZ007
    _filled(axes, x, found.lines)
    _style(axes, "Surplus and racks", "kW")
    places = AutoDateLocator()
    axes.xaxis.set_major_locator(places)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(places))
    axes.margins(x=0.005)
    _legend(axes)


def _energy(axes: "Axes", period: str, found: Lines) -> None:
    bottom = [0.0] * len(found.x)
    for (name, values), color in zip(found.lines, (USED, UNSERVED, IMPORTED), strict=True):
        heights = [value or 0.0 for value in values]
        axes.bar(range(len(heights)), heights, bottom=bottom, color=color, label=name, width=0.8)
        bottom = [have + more for have, more in zip(bottom, heights, strict=True)]
    _style(axes, f"Energy by {period}", "kWh")
    every = max(1, -(-len(found.x) // 8))
    axes.set_xticks(range(0, len(found.x), every), [_short(x) for x in found.x[::every]])
    _legend(axes)


def _short(text: str) -> str:
    """A period without its century and, of an hour, without its date."""
    return text[11:] if len(text) > 11 else text[2:]


def _day(axes: "Axes", found: Lines) -> None:
    _filled(axes, list(range(24)), found.lines)
    _style(axes, "A mean day", "kW")
    axes.set_xticks(range(0, 24, 4), found.x[::4])
    axes.margins(x=0.01)
