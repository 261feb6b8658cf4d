"""Rows for people: a table on a terminal, tab-separated lines in a pipe."""

import sys
from collections.abc import Iterable, Sequence


def show(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    right: Sequence[str] = (),
    *,
    headed: bool = False,
) -> None:
    """Print rows under their columns; `right` names the columns of figures.

    In a pipe the columns' names come first only where `headed`, since scripts read the rows.
    """
    if not sys.stdout.isatty():
        if headed:
            print("\t".join(columns))
        for row in rows:
            print("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
