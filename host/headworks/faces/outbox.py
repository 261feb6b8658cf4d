"""What waits on disk for somebody who is away: a queue with keys and an end.

Every message is on the disk before anybody believes it is sent, leaves in the order in which it
came, and stays until its receiver has confirmed it. A stop between the confirmation and the
deletion sends it again with the same key: at least once, and exactly once for whoever minds
keys. When there are too many the oldest are given up and counted. How far the station's events
were taken stands in the same commit as the events. Used by one thread at a time.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from headworks.record.database import Database, is_unreadable

SCHEMA = """
CREATE TABLE IF NOT EXISTS waiting (seq INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE, topic TEXT NOT NULL, body TEXT NOT NULL, since_s REAL NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""
_T = TypeVar("_T")


class OutboxError(Exception):
    """The disk does not take or give messages; the text says why."""


class Message(NamedTuple):
    """One message: its key, where it goes (a topic, or ""), and what it says."""

    key: str
    topic: str
    body: str


class Waiting(NamedTuple):
    """A message on the disk, since when (wall clock, s), and its place in the queue."""

    seq: int
    message: Message
    since_s: float


class Cursor(NamedTuple):
    """Up to which event of which run of the station everything was taken."""

    run: str
    n: int


class Outbox:
    """The queue in one file. Every call raises OutboxError where the disk refuses."""

    def __init__(self, path: Path, most: int, schema: str = "") -> None:
        self.path, self._most = path, most
        self.set_aside = ""  # an unreadable file that lies there now
        self._database = Database(path, SCHEMA + schema, full=True)

    def put(self, messages: Iterable[Message], cursor: Cursor | None = None) -> None:
        """Keep messages, those with a key that waits already once; and how far was read."""
        rows = [(*message, time.time()) for message in messages]

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "INSERT OR IGNORE INTO waiting (key, topic, body, since_s) VALUES (?, ?, ?, ?)",
                rows,
            )
            self._drop(connection)
            if cursor is not None:
                _set(connection, "run", cursor.run)
                _set(connection, "n", str(cursor.n))

        self.change(work)

    def first(self, after: int = 0) -> Waiting | None:
        """The oldest message that waits, of those behind a place in the queue."""
        row = self.ask(
            "SELECT seq, key, topic, body, since_s FROM waiting WHERE seq > ? ORDER BY seq LIMIT 1",
            (after,),
        )
        return Waiting(row[0], Message(*row[1:4]), row[4]) if row else None

    def done(self, seq: int) -> None:
        """This one has been confirmed."""
        self.change(lambda one: one.execute("DELETE FROM waiting WHERE seq = ?", (seq,)))

    def give_up(self, seq: int) -> None:
        """This one will not be sent any more, and is counted."""

        def work(connection: sqlite3.Connection) -> None:
            gone = connection.execute("DELETE FROM waiting WHERE seq = ?", (seq,)).rowcount
            _count(connection, gone)

        self.change(work)

    def waiting(self) -> int:
        """How many wait."""
        row = self.ask("SELECT count(*) FROM waiting")
        return int(row[0]) if row else 0

    def dropped(self) -> int:
        """How many were given up since this file was begun."""
        return int(self.fact("dropped") or 0)

    def cursor(self) -> Cursor | None:
        """How far the station's events were taken; None before the first."""
        run, n = self.fact("run"), self.fact("n")
        return None if run is None or n is None else Cursor(run, int(n))

    def fact(self, name: str) -> str | None:
        """A fact by its name."""
        row = self.ask("SELECT value FROM facts WHERE name = ?", (name,))
        return str(row[0]) if row else None

    def set_fact(self, name: str, value: str) -> None:
        """Keep a fact."""
        self.change(lambda connection: _set(connection, name, value))

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        self._database.close()

    def ask(self, question: str, values: tuple[object, ...] = ()) -> tuple[Any, ...] | None:
        """The first row of an answer."""

        def work(connection: sqlite3.Connection) -> tuple[Any, ...] | None:
            row: tuple[Any, ...] | None = connection.execute(question, values).fetchone()
            return row

        return self._on_disk(work)

    def change(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """Change something in one commit, on the disk when this returns."""

        def committed(connection: sqlite3.Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            try:
                work(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

        self._on_disk(committed)

    def _on_disk(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """With a connection; an unreadable file is set aside and begun anew."""
        try:
            return work(self._opened())
        except (sqlite3.Error, OSError) as error:
            self._database.close()
            raise OutboxError(f"{self.path}: {error}") from error

    def _opened(self) -> sqlite3.Connection:
        try:
            return self._database.open()
        except (sqlite3.Error, ValueError) as error:
            if not is_unreadable(error) or not self.path.exists():
                raise
            self.set_aside = self._database.set_aside()
            return self._database.open()

    def _drop(self, connection: sqlite3.Connection) -> None:
        """Give up the oldest of too many."""
        (count,) = connection.execute("SELECT count(*) FROM waiting").fetchone()
        over = count - self._most
        if over > 0:
            connection.execute(
                "DELETE FROM waiting WHERE seq IN (SELECT seq FROM waiting ORDER BY seq LIMIT ?)",
                (over,),
            )
            _count(connection, over)


def _set(connection: sqlite3.Connection, name: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)", (name, value))


def _count(connection: sqlite3.Connection, more: int) -> None:
    row = connection.execute("SELECT value FROM facts WHERE name = 'dropped'").fetchone()
    _set(connection, "dropped", str((int(row[0]) if row else 0) + more))
