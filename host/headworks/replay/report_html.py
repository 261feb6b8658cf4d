"""The report as one page that works offline: its charts' library (plotly.js) is inside.

Wants plotly, which `pip install 'headworks[replay]'` brings. A page is about 5 MB for that.
"""

import json
from collections.abc import Sequence
from html import escape
from importlib import resources
from string import Template
from typing import Any

from headworks.replay.report_rows import Table

_FONT = {"family": "system-ui, Segoe UI, Roboto, DejaVu Sans, sans-serif", "size": 13}
_CONFIG = {"displayModeBar": False, "responsive": True}


def page(title: str, lead: str, body: Sequence[str], footer: str) -> str:
    """The whole page. `body` are parts made by the functions below; other text is plain."""
    from plotly.offline import get_plotlyjs

    text = resources.files("headworks.replay").joinpath("report_page.html").read_text("utf-8")
    return Template(text).substitute(
        title=escape(title),
        lead=escape(lead),
        body="\n".join(body),
        footer=escape(footer),
        library=get_plotlyjs(),
    )


def cards(found: Sequence[tuple[str, str]]) -> str:
    """The figures that matter most: (figure, what it is)."""
    parts = [
        f'<div class="card{" first" if n == 0 else ""}"><b>{escape(figure)}</b>'
        f"<span>{escape(name)}</span></div>"
        for n, (figure, name) in enumerate(found)
    ]
    return f'<div class="cards">{"".join(parts)}</div>'


def chart(title: str, hint: str, traces: list[dict[str, Any]], layout: dict[str, Any]) -> str:
    """A chart with its heading. `traces` and `layout` are plotly's own."""
    import plotly.graph_objects as go

    low = " low" if layout.pop("low", False) else ""
    figure = go.Figure(traces, {**_layout(), **layout})
    spec = json.loads(figure.to_json())
    name = "c" + "".join(c for c in title.lower() if c.isalnum())
    parts = (json.dumps(spec[part]).replace("</", "<\\/") for part in ("data", "layout"))
    call = f'draw("{name}", {", ".join(parts)}, {json.dumps(_CONFIG)})'
    return (
        f'<section><h2>{escape(title)}</h2><p class="hint">{escape(hint)}</p>'
        f'<div id="{name}" class="chart{low}" role="img" aria-label="{escape(title)}"></div>'
        f"<script>{call}</script></section>"
    )


def _layout() -> dict[str, Any]:
    return {
        "template": "none",
        "font": _FONT,
        "margin": {"l": 58, "r": 14, "t": 8, "b": 44},
        "legend": {
            "orientation": "h",
            "y": 1.02,
            "yanchor": "bottom",
            "x": 0,
            "traceorder": "normal",
        },
        "hovermode": "x unified",
        "dragmode": "zoom",
        "xaxis": {"showgrid": False, "linecolor": "#9aa8a6", "automargin": True},
        "yaxis": {"gridcolor": "#e8eeec", "zerolinecolor": "#9aa8a6", "fixedrange": True},
    }


def table(title: str, hint: str, found: Table, words: Sequence[int] = ()) -> str:
    """A table with its heading; the columns `words` hold sentences."""
    head, rows = found
    top = _cells(head, words, "th")
    body = "".join(f"<tr>{_cells(row, words)}</tr>" for row in rows)
    return (
        f'<section><h2>{escape(title)}</h2><p class="hint">{escape(hint)}</p><div class="scroll">'
        f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div></section>"
    )


def _cells(row: Sequence[str], words: Sequence[int], kind: str = "td") -> str:
    return "".join(
        f"<{kind}{' class=words' if n in words else ''}>{escape(cell)}</{kind}>"
        for n, cell in enumerate(row)
    )


def notes(title: str, found: Sequence[str]) -> str:
    """A list of sentences with its heading."""
    items = "".join(f"<li>{escape(one)}</li>" for one in found)
    return f"<section><h2>{escape(title)}</h2><ul>{items}</ul></section>"
