"""What people see while a board is flashed: sentences, and a bar with the time left."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from headworks.flash.work import Show
from headworks.model.text import clean


@contextmanager
def shown(name: str, *, quiet: bool = False) -> Iterator[Show]:
    """A Show for one board; on a terminal with a bar, in a pipe with lines, or nothing at all."""
    if quiet:
        yield Show(lambda _: None, lambda _done, _total: None)
    elif not sys.stderr.isatty():
        yield Show(_line, lambda _done, _total: None)
    else:
        yield from _bar(name)


def _bar(name: str) -> Iterator[Show]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("time left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=None, visible=False)

        def move(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total, visible=done < total)

        yield Show(
            lambda text: progress.console.print(clean(text), markup=False, highlight=False), move
        )


def _line(text: str) -> None:
    print(clean(text), file=sys.stderr, flush=True)
