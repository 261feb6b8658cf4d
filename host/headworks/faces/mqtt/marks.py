"""Which commands were taken: each sender's highest counter, on the disk before it acts.

In the file of the outbox. Where that file had to be begun anew, commands that were issued before
are refused: they may have been taken. Used by the outbox's thread.
"""

import sqlite3
import time

from headworks.faces.outbox import Outbox

SCHEMA = """
CREATE TABLE IF NOT EXISTS marks (sender TEXT PRIMARY KEY, counter INTEGER NOT NULL) STRICT;
"""
_SINCE = "marks_since_s"


class Marks:
    """The marks in an outbox that was made with SCHEMA. Calls raise OutboxError."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def begin(self) -> None:
        """Say since when marks are kept, once."""
        if self._outbox.fact(_SINCE) is None:
            self._outbox.set_fact(_SINCE, repr(time.time()))

    def since_s(self) -> float:
        """Since when marks are kept (wall clock)."""
        return float(self._outbox.fact(_SINCE) or "inf")

    def of(self, sender: str) -> int:
        """The highest counter so far; 0 before any."""
        row = self._outbox.ask("SELECT counter FROM marks WHERE sender = ?", (sender,))
        return int(row[0]) if row else 0

    def take(self, sender: str, counter: int) -> bool:
        """Whether this counter is new; then it is on the disk when this returns."""
        taken = []

        def work(connection: sqlite3.Connection) -> None:
            changed = connection.execute(
                "INSERT INTO marks (sender, counter) VALUES (?, ?) ON CONFLICT (sender)"
                " DO UPDATE SET counter = excluded.counter WHERE excluded.counter > counter",
                (sender, counter),
            )
            taken.append(changed.rowcount)

        self._outbox.change(work)
        return taken == [1]
