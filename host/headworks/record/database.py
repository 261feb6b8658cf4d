"""One SQLite file of the records: opened when it is first needed, set aside when unreadable.

WAL always. FULL commits are on the disk when they return; NORMAL ones may be lost in a power cut,
back to the last checkpoint, and never leave a damaged file. What is FULL is checked when it is
opened; of gigabytes of samples that would take minutes, and each of their rows has a check of its
own. What stands in a file is none of this module's business.
"""

import errno
import os
import sqlite3
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

_UNREADABLE = (  # the last three: tables or columns that are not ours
    *(sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB),
    *(sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH),
)


class StorageError(Exception):
    """The disk did not take what was to be kept; the text says why."""


def promise() -> "Future[None]":
    """What a writing thread will answer. Whoever waits for it may go; he cannot call it off.

    A future that was cancelled takes no answer any more, and would end the thread that gives one.
    """
    done: Future[None] = Future()
    done.set_running_or_notify_cancel()
    return done


class Database:
    """A file with its schema (statements that may be run again and again)."""

    def __init__(self, path: Path, schema: str, *, full: bool, page_bytes: int = 4096) -> None:
        self.path = path
        self._schema, self._full, self._page_bytes = schema, full, page_bytes
        self._connection: sqlite3.Connection | None = None

    def open(self) -> sqlite3.Connection:
        """The connection. Raises sqlite3.Error or OSError."""
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
            self._connection = self._opened()
        return self._connection

    @property
    def is_open(self) -> bool:
        """Whether there is a connection."""
        return self._connection is not None

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=2.0, isolation_level=None)
        try:
            connection.execute(f"PRAGMA page_size={self._page_bytes}")
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={'FULL' if self._full else 'NORMAL'}")
            connection.executescript(f"BEGIN;{self._schema};COMMIT;")
            checked = not self._full or connection.execute("PRAGMA quick_check(1)").fetchone()
            if checked not in (True, ("ok",)):
                raise sqlite3.DatabaseError("the file fails SQLite's own check")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Forget the connection; the next use opens anew: a disk may have been mounted again."""
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def set_aside(self) -> str:
        """Rename the file and its companions; the new name. Raises OSError."""
        self.close()
        return set_aside(self.path)


def set_aside(path: Path) -> str:
    """Rename a database and its companions to a free name, which is returned. Raises OSError."""
    free = (Path(f"{path}.unreadable-{n}") for n in range(1, 1000))
    target = next(spot for spot in free if not spot.exists())
    for suffix in ("-wal", "-shm"):
        companion = Path(f"{path}{suffix}")
        if companion.exists():
            companion.rename(f"{target}{suffix}")
    path.rename(target)
    return str(target)


def code_of(error: sqlite3.Error) -> int:
    """SQLite's primary result code; 0 where Python gives none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def is_unreadable(error: Exception) -> bool:
    """Whether the file itself is bad, not the disk or its rights."""
    if isinstance(error, sqlite3.Error):
        text = str(error)
        return code_of(error) in _UNREADABLE or "SQLite's own check" in text
    return isinstance(error, ValueError | RecursionError)


def reading(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing, beside a station that runs or on a read-only disk.

    Raises sqlite3.Error, FileNotFoundError where there is no such file, or one that was begun and
    has no table yet, and PermissionError where it cannot be read without writing.
    """
    if not path.exists():
        raise _missing(path)
    place = path.resolve().as_uri()
    connection = sqlite3.connect(f"{place}?mode=ro", uri=True, timeout=5.0)
    tables = "SELECT count(*) FROM sqlite_master"
    try:
        (count,) = connection.execute(tables).fetchone()
    except sqlite3.OperationalError:
        connection.close()
        log = Path(f"{path}-wal")
        if log.exists() and log.stat().st_size:  # its newest entries are in there
            text = "its log must be merged first; copy the folder to where you may write"
            raise PermissionError(errno.EROFS, text, str(path)) from None
        connection = sqlite3.connect(f"{place}?mode=ro&immutable=1", uri=True)
        (count,) = connection.execute(tables).fetchone()
    if count == 0:
        connection.close()
        raise _missing(path)
    return connection


def _missing(path: Path) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
