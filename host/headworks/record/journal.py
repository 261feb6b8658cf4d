"""The journal on disk: every entry durable before it is acknowledged, and never changed.

FULL durability. Triggers refuse every update, every delete and every insert that is not the
next entry; nothing here would ask for one. Interval energies (the ledger) and seals are entries
like all others, so one chain holds all of it.
"""

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from headworks.record.chain import NOTHING, body_of, canonical, digest
from headworks.record.database import Database
from headworks.record.stamp import Entry, Stamp

SCHEMA = """
CREATE TABLE IF NOT EXISTS journal (seq INTEGER PRIMARY KEY, body TEXT NOT NULL,
  hash TEXT NOT NULL,
  kind TEXT GENERATED ALWAYS AS (json_extract(body, '$.kind')) VIRTUAL,
  wall_s REAL GENERATED ALWAYS AS (json_extract(body, '$.wall_s')) VIRTUAL) STRICT;
CREATE INDEX IF NOT EXISTS journal_kind ON journal (kind, wall_s);
CREATE INDEX IF NOT EXISTS journal_wall ON journal (wall_s);
CREATE TRIGGER IF NOT EXISTS journal_no_update BEFORE UPDATE ON journal
  BEGIN SELECT RAISE(ABORT, 'the journal is never changed'); END;
CREATE TRIGGER IF NOT EXISTS journal_no_delete BEFORE DELETE ON journal
  BEGIN SELECT RAISE(ABORT, 'the journal is never changed'); END;
CREATE TRIGGER IF NOT EXISTS journal_next_only BEFORE INSERT ON journal
  WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM journal)
  BEGIN SELECT RAISE(ABORT, 'only the next entry can be added'); END;
"""
BEGIN, SEAL, INTERVAL = "begin", "seal", "interval"  # kinds that this package writes itself


class Head(NamedTuple):
    """How far the chain has come."""

    seq: int
    hash: str


class JournalStore:
    """Appends entries. Used by one thread."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path, SCHEMA, full=True)
        self._head: Head | None = None

    def head(self) -> Head:
        """The last entry's number and hash. Raises sqlite3.Error or OSError."""
        if self._head is None:
            row = self.database.open().execute(
                "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1"
            )
            self._head = Head(*(row.fetchone() or (0, NOTHING)))
        return self._head

    def last_of(self, kind: str) -> dict[str, Any] | None:
        """The last entry of a kind, or None. Raises sqlite3.Error."""
        return self._one("WHERE kind = ? ORDER BY seq DESC LIMIT 1", kind)

    def first(self) -> dict[str, Any] | None:
        """The entry with which it begins, or None. Raises sqlite3.Error."""
        return self._one("ORDER BY seq LIMIT 1")

    def _one(self, which: str, *given: object) -> dict[str, Any] | None:
        found = self.database.open().execute(f"SELECT body FROM journal {which}", given).fetchone()
        body: dict[str, Any] | None = json.loads(found[0]) if found else None
        return body

    def append(self, entries: Iterable[tuple[Stamp, Entry]]) -> Head:
        """Add entries in one commit; on the disk when this returns. Raises sqlite3.Error."""
        seq, last = self.head()
        connection = self.database.open()
        connection.execute("BEGIN IMMEDIATE")
        try:
            for stamp, entry in entries:
                seq += 1
                text = canonical(body_of(seq, stamp, entry))
                last = digest(last, text)
                connection.execute(
                    "INSERT INTO journal (seq, body, hash) VALUES (?, ?, ?)", (seq, text, last)
                )
            connection.execute("COMMIT")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        self._head = Head(seq, last)
        return self._head

    def forget(self) -> None:
        """Open anew at the next use, after an error."""
        self._head = None
        self.database.close()
