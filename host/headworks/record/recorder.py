"""The flight recorder: every scan in full, in a ring of files, and copies around every trip.

Rows are changes to the row before (`delta`), in files that stand alone (`frames`). A file is
synced when it ends: a killed process loses less than a second, a power cut what the system had not
written. Files around a trip are linked into a folder of their own and so outlive the ring.
"""

import hashlib
import os
import shutil
import zlib
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from headworks.model.live import Snapshot
from headworks.model.memory import Memory
from headworks.model.plan import Plan
from headworks.model.site import Site
from headworks.record.delta import Differ
from headworks.record.frames import END, MAGIC, line
from headworks.record.plain import to_plain
from headworks.record.recording import Row
from headworks.record.segments import TRIPS, gone, kept, whole
from headworks.record.stamp import Entry, Stamp

FILE_S = 600.0  # of one file
FILE_BYTES = 8_000_000
BEFORE_FILES = 2  # that stay with a trip: the one before may have ended a second ago
LEAST_FILES = 6  # that are left alone even where the disk is full
AFTER_S = 300.0  # that stay after a trip
KEPT = ("trip", "fault", "latch")  # kinds of events that freeze
_LEVEL = 6
_SNAPSHOT = Row._fields.index("snapshot")


class Recorder:
    """Writes scans. Used by one thread; every method may raise OSError."""

    def __init__(self, folder: Path, site: Site, site_text: str, version: str) -> None:
        self._folder, self._settings = folder, site.record
        self._head = {
            "version": version, "site_text": site_text, "site": to_plain(site),
        }  # fmt: skip
        self._file: BinaryIO | None = None
        self._path: Path | None = None
        self._last: Row | None = None
        self._differ = Differ()
        self._flushed = False
        self._began_s = self._bytes = 0.0
        self._packer = zlib.compressobj(_LEVEL)
        self._recent: deque[Path] = deque(maxlen=BEFORE_FILES)
        self._frozen: Path | None = None
        self._frozen_until_s = float("-inf")
        self._sum = hashlib.sha256()
        self._news: list[Entry] = []

    def add(self, stamp: Stamp, memory: Memory, snapshot: Snapshot, plan: Plan) -> None:
        """Take one scan."""
        row = Row(stamp, memory, snapshot, plan)
        if self._file is None or self._full(stamp):
            self.close()
            self._begin(stamp)
        self._put(self._packer.compress(line(self._change(row))))
        self._last = row
        kinds = [event.kind for event in plan.events]
        if any(kind in KEPT for kind in kinds):
            self._freeze(stamp)

    def _change(self, row: Row) -> Any:
        if self._last is None:
            self._differ.next_row(row.stamp.t_s)
            return [row]
        return self._differ.row(self._last, row, row.stamp.t_s, _SNAPSHOT)

    def flush(self) -> None:
        """Hand what was taken to the system."""
        if self._file is not None:
            self._put(self._packer.flush(zlib.Z_SYNC_FLUSH))
            try:
                self._file.flush()
            except OSError:
                self.forget()
                raise
            self._flushed = True

    def close(self) -> None:
        """End the file in order."""
        if self._file is None or self._path is None:
            return
        file, self._file, self._last = self._file, None, None
        data = self._packer.compress(line(END)) + self._packer.flush()
        with file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        self._sum.update(data)
        self._news.append(whole(self._path.name, size, self._sum.hexdigest()))

    def take_news(self) -> list[Entry]:
        """What the journal must know of files, since the last call."""
        news, self._news = self._news, []
        return news

    def forget(self) -> None:
        """Leave the file as it is after an error; the next scan begins another."""
        file, self._file, self._last = self._file, None, None
        if file is not None:
            with suppress(OSError):
                file.close()
            if not self._flushed and self._path is not None:
                with suppress(OSError):
                    self._path.unlink()  # a full disk would gather empty files

    def trim(self, tell: Callable[[list[Entry]], None]) -> None:
        """Keep the ring and the trips within their bounds; `tell` hears of it before."""
        most = self._settings
        ring = _beyond(self._folder.glob("*.rec"), most.recorder_hours, most.recorder_mb)
        trips = _beyond((self._folder / TRIPS).glob("*"), float("inf"), most.trips_mb)
        files = [path for path in ring if path != self._path]
        folders = [folder for folder in trips if folder != self._frozen]
        if files or folders:
            tell([gone(str(path.relative_to(self._folder))) for path in (*files, *folders)])
        for path in files:
            path.unlink(missing_ok=True)
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)

    def drop_oldest(self) -> bool:
        """Remove the oldest file of the ring, to make room; whether there was one."""
        files = sorted(self._folder.glob("*.rec"))
        for path in files[:-LEAST_FILES]:
            path.unlink(missing_ok=True)
            self._news.append(gone(path.name))
            return True
        return False

    def _full(self, stamp: Stamp) -> bool:
        last = self._last
        other = last is not None and last.stamp.boot != stamp.boot
        return other or stamp.t_s - self._began_s >= FILE_S or self._bytes >= FILE_BYTES

    def _begin(self, stamp: Stamp) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        numbers = [int(p.stem) for p in self._folder.glob("*.rec") if p.stem.isdigit()]
        path = self._folder / f"{max(numbers, default=0) + 1:08d}.rec"
        self._file = path.open("xb")
        self._path, self._began_s, self._bytes = path, stamp.t_s, 0.0
        self._packer, self._last, self._flushed = zlib.compressobj(_LEVEL), None, False
        self._differ = Differ()
        self._sum = hashlib.sha256()
        self._put(MAGIC)
        self._put(self._packer.compress(line(self._head)))
        self._recent.append(path)
        if stamp.t_s <= self._frozen_until_s:
            self._keep(path)

    def _put(self, data: bytes) -> None:
        if data and self._file is not None:
            try:
                self._file.write(data)
            except OSError:
                self.forget()  # what follows a hole could not be read
                raise
            self._sum.update(data)
            self._bytes += len(data)

    def _freeze(self, stamp: Stamp) -> None:
        if stamp.t_s >= self._frozen_until_s:
            self._frozen = self._folder / TRIPS / _label(stamp)
            self._frozen.mkdir(parents=True, exist_ok=True, mode=0o750)
            for path in self._recent:
                self._keep(path)
        self._frozen_until_s = stamp.t_s + AFTER_S

    def _keep(self, path: Path) -> None:
        """Link a file into the folder of the trip. It goes on growing there too."""
        if self._frozen is None or not path.exists():
            return
        target = self._frozen / path.name
        if not target.exists():
            target.hardlink_to(path)
            self._news.append(kept(str(target.relative_to(self._folder))))


def _label(stamp: Stamp) -> str:
    if stamp.wall_s is None:
        return f"untimed-{stamp.boot[:8]}-{int(stamp.t_s)}"
    return datetime.fromtimestamp(stamp.wall_s, UTC).strftime("%Y-%m-%dT%H-%M-%SZ")


def _beyond(paths: Iterable[Path], most_hours: float, most_mb: float) -> list[Path]:
    """Those that are beyond an age or a size, the oldest first; never the newest.

    Ages are against the newest: a wall clock that was wrong for a while empties no ring.
    """
    found = sorted(((path.stat().st_mtime, path) for path in paths), reverse=True)
    beyond, total = [], 0
    for modified_s, path in found:
        files: Iterable[Path] = path.glob("*") if path.is_dir() else (path,)
        total += sum(file.stat().st_size for file in files)
        old = found[0][0] - modified_s > most_hours * 3600.0
        if path != found[0][1] and (old or total > most_mb * 1e6):
            beyond.append(path)
    return beyond[::-1]
