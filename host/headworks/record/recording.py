"""Reads a recording: the site, and memory, snapshot and plan of every scan, exactly as they were.

`read(path)` takes one .rec file; `Recording.rows()` may be walked again and again. Nothing here
decides; whether today's code makes the same plans is for a replay to say.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from headworks.model.live import Snapshot
from headworks.model.memory import Memory
from headworks.model.plan import Plan
from headworks.model.site import Site
from headworks.record.delta import Patcher
from headworks.record.frames import END, RecordingError, lines
from headworks.record.plain import PlainError, from_plain
from headworks.record.shapes import Shaped
from headworks.record.stamp import Stamp

__all__ = ["Recording", "RecordingError", "Row", "read"]


class Row(NamedTuple):
    """One scan: what it was given (`memory`, `snapshot`) and what it decided."""

    stamp: Stamp
    memory: Memory
    snapshot: Snapshot
    plan: Plan


class Recording:
    """One file. `site_text` and `version` say from which site file and program it is.

    `whole` is known after the rows were walked: False where the file has no end, as after a
    power cut or while it is still being written.
    """

    def __init__(self, path: Path, head: dict[str, Any]) -> None:
        self.path, self.whole = path, False
        self.site: Site = from_plain(Site, head["site"])
        self.site_text: str = head["site_text"]
        self.version: str = head["version"]

    def rows(self) -> Iterator[Row]:
        """Every scan in order. Raises RecordingError with the row that is damaged."""
        values = lines(self.path)
        next(values, None)
        plain: Any = None
        patcher, shapes = Patcher(), Shaped()
        self.whole = False
        for number, change in enumerate(values, 1):
            if change == END:
                self.whole = True
                return
            try:
                plain = patcher.patched(plain, shapes.change(change))
                row: Row = from_plain(Row, plain)
                patcher.next_row(row.stamp.t_s)
            except PlainError as error:
                raise RecordingError(
                    f"{self.path}, row {number}: {error}; it was written by another version, "
                    "take the one that is named in it"
                ) from error
            yield row

    def __iter__(self) -> Iterator[tuple[Site, Memory, Snapshot, Plan]]:
        for row in self.rows():
            yield self.site, row.memory, row.snapshot, row.plan


def read(path: Path) -> Recording:
    """Open a recording. Raises RecordingError where it is none."""
    head = next(lines(path), None)
    try:
        return Recording(path, head)  # type: ignore[arg-type]
    except (PlainError, KeyError, TypeError) as error:
        text = f"{path} has no readable head ({error}); choose another file"
        raise RecordingError(text) from error
