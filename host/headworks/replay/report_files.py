"""Writes a report's files so that a part never looks like the whole.

Each is written under a name that ends in `.partial` and gets its own name at the end, after
all of them are whole; `report.json` comes last and says with which files it belongs together.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from headworks.replay.data_error import DataError

PARTIAL = ".partial"
LAST = "report.json"


class Files:
    """The files of one report in the making."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: list[str] = []

    def path(self, name: str) -> Path:
        """Where to write a file that will be called `name`."""
        if name not in self.names:
            self.names.append(name)
        return self.folder / (name + PARTIAL)

    def finish(self) -> None:
        """Give every file its own name; the one that says that all is there comes last."""
        with suppress(FileNotFoundError):
            (self.folder / LAST).unlink()
        for name in sorted(self.names, key=lambda name: name == LAST):
            part = self.folder / (name + PARTIAL)
            with part.open("rb") as file:
                os.fsync(file.fileno())
            part.replace(self.folder / name)

    def drop(self) -> None:
        """Remove what is only a part."""
        for name in self.names:
            with suppress(OSError):
                (self.folder / (name + PARTIAL)).unlink()


@contextmanager
def report_files(folder: Path) -> Iterator[Files]:
    """A folder for a report. An error leaves what was there before as it was."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"--out {folder}: {error.strerror or error}; name another folder"
        ) from error
    files = Files(folder)
    try:
        yield files
        files.finish()
    finally:
        files.drop()
