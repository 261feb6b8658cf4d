"""What the journal holds of recordings: which file ended whole, was kept with a trip, was let go.

So a recording that somebody deletes or exchanges is found. One that a killed process had not
ended is not in the journal.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from headworks.record.stamp import Entry

WHOLE, KEPT, GONE = "recording", "recording-kept", "recording-gone"  # kinds of entries
TRIPS = "trips"
_PIECE = 1 << 20
Json = dict[str, Any]


def whole(file: str, size: int, sha256: str) -> Entry:
    """A file has ended in order and is on the disk."""
    return Entry(WHOLE, "recorder", values={"file": file, "bytes": size, "sha256": sha256})


def kept(file: str) -> Entry:
    """A file stays with a trip: trips/LABEL/NAME."""
    return Entry(KEPT, "recorder", values={"file": file})


def gone(file: str) -> Entry:
    """A file of the ring, or the folder of a trip, was let go for a newer one."""
    return Entry(GONE, "recorder", values={"file": file})


class Segments:
    """Takes journal entries in order; then says which recording is not as it was."""

    def __init__(self) -> None:
        self._sums: dict[str, str] = {}
        self._there: dict[str, None] = {}
        self._twice = ""

    def take(self, body: Json) -> None:
        """One entry of any kind."""
        kind = body["kind"]
        if kind not in (WHOLE, KEPT, GONE):
            return
        values = body.get("values", {})
        file = str(values.get("file", ""))
        if kind == GONE:
            for name in [n for n in self._there if n == file or n.startswith(f"{file}/")]:
                del self._there[name]
            return
        if kind == WHOLE:
            if file in self._there and not self._twice:
                self._twice = f"{file}: one of this name was there before and is gone"
            self._sums[file] = str(values.get("sha256", ""))
        self._there[file] = None

    def first_wrong(self, recorder: Path) -> str:
        """The first that is gone or was changed; "" where all are as they were."""
        return next(self._wrong(recorder), self._twice)

    def _wrong(self, recorder: Path) -> Iterator[str]:
        for file in self._there:
            path, noted = recorder / file, self._sums.get(Path(file).name, "")
            try:
                found = _sum(path) if noted else path.is_file()
            except OSError:
                found = ""
            if not found:
                yield f"{path} is gone"
            elif noted and found != noted:
                yield f"{path} is not the one that the journal knows"


def _sum(path: Path) -> str:
    total = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            total.update(piece)
    return total.hexdigest()
