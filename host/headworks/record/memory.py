"""The memory of the scans in SQLite, so that latches and lock-outs outlive power cuts.

One thread writes; the newest memory wins; a scan never waits for the disk. `synchronous=FULL`:
with NORMAL a power cut loses rows that were already acknowledged (measured on a machine that
was killed while inserting). A disk that is full or read-only is told in `trouble` and tried
again; an unreadable file is set aside and a fresh one begun. What is in a memory is none of
this module's business, see `record.document`.
"""

import json
import shutil
import sqlite3
import tempfile
import threading
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from headworks.model.memory import Memory
from headworks.model.site import Site
from headworks.record.database import (
    StorageError,
    code_of,
    is_unreadable,
    promise,
    set_aside,
)
from headworks.record.document import BadMemoryError, document, restore

RETRY_S = 10.0  # between two tries to write to a disk that refused [ours]
_REFUSED = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR)


class Loaded(NamedTuple):
    """What was found at start.

    `found` False: nothing was stored, or it could not be read. `set_aside` is the new name of a
    file that could not be read, `dropped` what the site file no longer has.
    """

    memory: Memory
    found: bool
    dropped: tuple[str, ...] = ()
    set_aside: str = ""


def boot_id() -> str:
    """This boot's identity from the kernel; "" where there is none (every start is a new boot)."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


class MemoryStore:
    """One site's memory in one file. Call `load` once, then `start`, `save` and `close`."""

    def __init__(self, path: Path, site: Site, boot: str) -> None:
        self.trouble = ""  # why the disk does not take it now; "" = all is well
        self._path, self._site, self._boot = path, site, boot
        self._changed = threading.Condition()
        self._newest: Memory | None = None
        self._waiting: list[Future[None]] = []
        self._closing = False
        self._connection: sqlite3.Connection | None = None
        self._thread: threading.Thread | None = None

    def load(self, first: Memory) -> Loaded:
        """The stored memory moved to the clock of `first.t_s`; `first` where there is none."""
        try:
            return self._load(first)
        except (sqlite3.Error, ValueError, OSError, RecursionError) as error:
            if not is_unreadable(error):
                self.trouble = f"{self._path}: {error}"
                return Loaded(first, found=False)
        return Loaded(first, found=False, set_aside=self._set_aside())

    def start(self) -> None:
        """Start the thread that writes."""
        self._thread = threading.Thread(target=self._write_newest, name="memory", daemon=True)
        self._thread.start()

    def save(self, memory: Memory) -> "Future[None]":
        """Hand over the newest memory; the result comes when it, or a newer one, is on disk.

        The future raises StorageError where the disk refuses. The memory is then kept and
        tried again every RETRY_S.
        """
        done = promise()
        with self._changed:
            self._newest = memory
            self._waiting.append(done)
            self._changed.notify()
        return done

    def close(self, timeout_s: float = 5.0) -> bool:
        """Write what is left and end the thread; False where that took too long."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _load(self, first: Memory) -> Loaded:
        row = self._read_row() if self._path.exists() else None
        if row is None:
            return Loaded(first, found=False)
        match row:
            case (str() as boot, int() | float() as saved_s, str() as body):
                pass
            case _:
                raise BadMemoryError("the row is not one that a station wrote")
        same = boot == self._boot != "" and saved_s <= first.t_s
        restored = restore(
            self._site, first, json.loads(body), 0.0 if same else first.t_s - saved_s
        )
        return Loaded(restored.memory, found=True, dropped=restored.dropped)

    def _read_row(self) -> tuple[object, ...] | None:
        """The stored row. Where the disk is read-only a copy is read, its log included."""
        try:
            return _row(self._path)
        except sqlite3.OperationalError as error:
            if code_of(error) not in _REFUSED:
                raise
            self.trouble = f"{self._path}: {error}"
        with tempfile.TemporaryDirectory() as folder:
            for suffix in ("", "-wal"):
                source = Path(f"{self._path}{suffix}")
                if source.exists():
                    shutil.copyfile(source, Path(folder, f"copy{suffix}"))
            return _row(Path(folder, "copy"))

    def _set_aside(self) -> str:
        """Rename the file and its companions; the new name, or "" where even that failed."""
        try:
            return set_aside(self._path)
        except OSError as error:
            self.trouble = f"{self._path} is unreadable and cannot be set aside: {error}"
            return ""

    def _write_newest(self) -> None:
        """The thread: wait for a memory, write it, tell who waits."""
        while True:
            memory, waiting = self._take()
            if memory is None:
                break
            trouble = self._write(memory)
            self._tell(memory, waiting, trouble)
            if trouble and self._closing:
                break
        if self._connection is not None:
            self._connection.close()

    def _take(self) -> tuple[Memory | None, list["Future[None]"]]:
        """The newest memory and who waits for it; None when closed and nothing is left."""
        with self._changed:
            while not self._waiting and not self._closing:
                retry = self._newest is not None
                if not self._changed.wait(RETRY_S if retry else None) and retry:
                    break
            memory, self._newest = self._newest, None
            waiting, self._waiting = self._waiting, []
            return memory, waiting

    def _tell(self, memory: Memory, waiting: list["Future[None]"], trouble: str) -> None:
        self.trouble = trouble
        if trouble:
            with self._changed:
                self._newest = self._newest or memory
        for future in waiting:
            if trouble:
                future.set_exception(StorageError(trouble))
            else:
                future.set_result(None)

    def _write(self, memory: Memory) -> str:
        """Write one memory durably; "" or what went wrong."""
        body = json.dumps(document(self._site, memory), separators=(",", ":"))
        try:
            if self._connection is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._connection = _open(self._path)
            with self._connection:
                self._connection.execute(
                    "INSERT OR REPLACE INTO memory (id, boot_id, t_s, body) VALUES (1, ?, ?, ?)",
                    (self._boot, memory.t_s, body),
                )
        except (sqlite3.Error, ValueError, OSError) as error:
            self._forget_connection()
            if is_unreadable(error):
                self._set_aside()
            return f"{self._path}: {error}"
        return ""

    def _forget_connection(self) -> None:
        """Open anew at the next try: the disk may have been mounted again meanwhile."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _open(path: Path) -> sqlite3.Connection:
    """A connection with durable commits, its table made. Raises sqlite3.Error."""
    connection = sqlite3.connect(path, timeout=2.0)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS memory (id INTEGER PRIMARY KEY CHECK (id = 1),"
            " boot_id TEXT NOT NULL, t_s REAL NOT NULL, body TEXT NOT NULL) STRICT"
        )
        if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise BadMemoryError("the file fails SQLite's own check")
    except (sqlite3.Error, BadMemoryError):
        connection.close()
        raise
    return connection


def _row(path: Path) -> tuple[object, ...] | None:
    with closing(_open(path)) as connection:
        found: tuple[object, ...] | None = connection.execute(
            "SELECT boot_id, t_s, body FROM memory"
        ).fetchone()
        return found
