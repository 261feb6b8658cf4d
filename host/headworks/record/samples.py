"""The samples on disk: blocks of at most 60 rows, five tiers, bounded by age and by size.

NORMAL durability, said so: a power cut may take the last minutes, a killed process the last
COMMIT_S. A row is `packing`'s bytes. A block holds what its rows share: tier, boot, time and the
names of the channels; its first row stands alone, so reading may begin at any block.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from headworks.model.site import RecordSpec
from headworks.record.database import Database
from headworks.record.packing import pack, quantised
from headworks.record.stamp import Stamp
from headworks.record.tiers import LONG, SCANNED, TIERS, Row, Spans

ROWS = 60  # of a block
COMMIT_S = 5.0  # a commit costs whole pages, so a second alone would write many times its size
DAY_S = 86400.0
LEAST_BLOCKS = 60  # of a tier that are left alone even where the disk is full
VACUUM_PAGES = 20_000  # given back at once; more would hold up the journal
SLOTS = 64  # row numbers of a block
_PAGE_BYTES = 512  # a commit writes whole pages: with 1024 it is 40 % more a day
_LAST = "SELECT coalesce(max(id), 0) FROM block"
SCHEMA = """
CREATE TABLE IF NOT EXISTS names (id INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE IF NOT EXISTS block (id INTEGER PRIMARY KEY, tier TEXT NOT NULL, boot TEXT NOT NULL,
  step INTEGER NOT NULL, t_s REAL NOT NULL, wall_s REAL, clock TEXT NOT NULL,
  names INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS block_at ON block (tier, wall_s);
CREATE TABLE IF NOT EXISTS row (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS head (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL,
  hash TEXT NOT NULL) STRICT;
"""


class Block(NamedTuple):
    """What the rows of a block share. `wall_s` is of the block's first step, or None."""

    id: int
    tier: str
    boot: str
    step: int
    t_s: float
    wall_s: float | None
    clock: str
    names: tuple[str, ...]

    def seeds(self) -> Callable[[int, bytes], str]:
        """What the checks of rows are seeded with, by slot and the check of the row before.

        With that a row that was moved to another place or time is found.
        """
        begin = repr((*self,))[:-1]
        return lambda slot, check: f"{begin}, {slot!r}, {check!r})"


class Written(NamedTuple):
    """One row that is in the file."""

    block: Block
    slot: int
    data: bytes


class _Open(NamedTuple):
    block: Block
    figures: int
    last: list[int]
    check: bytearray  # of the row before
    names: frozenset[str]
    seed: Callable[[int, bytes], str]

    def takes(self, row: Row) -> bool:
        b, stamp = self.block, row.stamp
        return (
            0 <= row.step - b.step < ROWS
            and (b.boot, b.clock) == (stamp.boot, stamp.clock.value)
            and row.values.keys() <= self.names
            and not stamp.stepped(b.t_s, b.wall_s)
        )


class SampleStore:
    """Takes scans, commits rows. Used by one thread."""

    def __init__(
        self,
        path: Path,
        settings: RecordSpec,
        tell: Callable[[list[Written]], None] | None = None,
    ) -> None:
        self.database = Database(path, SCHEMA, full=False, page_bytes=_PAGE_BYTES)
        self._tell = tell  # hears of each row once it is committed
        self._written: list[Written] = []
        self._highest = 0  # number that a block ever had here: none is given twice
        self.points = 0  # of the finest tier, since the start
        self._settings = settings
        self._spans = [Spans(tier) for tier in SCANNED]
        self._long = [Spans(tier) for tier in LONG]
        self._rows: list[Row] = []
        self._open: dict[str, _Open] = {}
        self._head: tuple[int, str] | None = None  # that was committed last

    @property
    def waiting(self) -> int:
        """Rows that are not committed yet."""
        return len(self._rows)

    def add(self, stamp: Stamp, values: dict[str, float | None]) -> None:
        """Take one scan."""
        numbers = dict(zip(values, quantised(values.values()), strict=True))
        for spans in self._spans:
            self._take(spans.add(stamp, numbers))

    def finish(self) -> None:
        """The spans that are not full become rows too."""
        for spans in self._spans:
            self._take(spans.finish())
        for spans in self._long:
            self._rows.extend(spans.finish())

    def _take(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self._rows.append(row)
            if row.tier is SCANNED[-1]:
                for spans in self._long:
                    self._rows.extend(spans.merge(row))

    def forget_oldest(self, most: int) -> int:
        """Keep at most so many rows that wait for a disk; how many went."""
        gone = max(0, len(self._rows) - most)
        del self._rows[:gone]
        return gone

    def commit(self, head: tuple[int, str]) -> None:
        """Write what has gathered, and how far the journal had come. Raises sqlite3.Error."""
        if not self.database.is_open:
            self._open.clear()  # what comes may be another file, without these blocks
            self._head = None
        connection = self.database.open()
        connection.execute("BEGIN IMMEDIATE")
        try:
            for row in self._rows:
                self._write(connection, row)
            if head != self._head:  # a page of its own, and most commits have no news of it
                connection.execute("INSERT OR REPLACE INTO head VALUES (1, ?, ?)", head)
            connection.execute("COMMIT")
            self._head = head
        except sqlite3.Error:
            self._open.clear()
            self._written.clear()
            self._head = None
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        self._rows.clear()
        written, self._written = self._written, []
        if self._tell is not None:
            self._tell(written)

    def _write(self, connection: sqlite3.Connection, row: Row) -> None:
        opened = self._open.get(row.tier.name)
        if opened is None or not opened.takes(row):
            opened = self._open[row.tier.name] = _begin(connection, row, self._highest)
        block, figures, last, check, _, seed = opened
        slot = row.step - block.step
        flat = _flat(row, block.names, figures)
        data = pack(flat, last, seed(slot, bytes(check)))
        check[:] = data[-4:]
        connection.execute("INSERT INTO row VALUES (?, ?)", (block.id * SLOTS + slot, data))
        self._written.append(Written(block, slot, data))
        self.points += len(row.values) if figures == 1 else 0

    def trim(self, now_s: float | None) -> None:
        """Drop what is too old by the wall clock, and the oldest of what is too much."""
        connection = self.database.open()
        self._highest = max(self._highest, connection.execute(_LAST).fetchone()[0])
        if now_s is not None:
            for tier, kept in zip(TIERS, _days(self._settings), strict=True):
                old = "tier = ? AND wall_s < ?"
                _drop(connection, old, (tier.name, now_s - kept * DAY_S))
        while self.size_bytes() > self._settings.samples_mb * 1e6 and self.drop_oldest():
            pass
        self._leave_dropped(connection)

    def _leave_dropped(self, connection: sqlite3.Connection) -> None:
        """A block that is being filled and was dropped takes no more rows."""
        there = "SELECT 1 FROM block WHERE id = ?"
        for tier, opened in [*self._open.items()]:
            if not connection.execute(there, (opened.block.id,)).fetchone():
                del self._open[tier]

    def drop_oldest(self) -> bool:
        """Drop a twentieth of the finest tier that has any; whether there was something."""
        connection = self.database.open()
        for tier in TIERS:
            (count,) = connection.execute(
                "SELECT count(*) FROM block WHERE tier = ?", (tier.name,)
            ).fetchone()
            if count > LEAST_BLOCKS:
                limit = (tier.name, max(1, count // 20))
                _drop(connection, "id IN (SELECT id FROM block WHERE tier = ? ORDER BY id LIMIT ?)",
                      limit)  # fmt: skip
                self._leave_dropped(connection)
                return True
        return False

    def journal_head(self) -> tuple[int, str] | None:
        """How far the journal had come at the last commit. Raises sqlite3.Error."""
        found: tuple[int, str] | None = (
            self.database.open().execute("SELECT seq, hash FROM head").fetchone()
        )
        return found

    def size_bytes(self) -> int:
        """Bytes that are in use."""
        one = self.database.open().execute
        pages, free, size = (
            one(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def sync(self) -> bool:
        """Whether all that was committed is on the disk now. Raises sqlite3.Error."""
        told = self.database.open().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        return bool(told[0] == 0 and told[1] == told[2])

    def give_back(self) -> None:
        """Return free pages to the file system."""
        connection = self.database.open()
        connection.execute(f"PRAGMA incremental_vacuum({VACUUM_PAGES})").fetchall()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _days(settings: RecordSpec) -> tuple[float, ...]:
    """How many days each tier is kept."""
    s = settings
    return s.fine_days, s.middle_days, s.coarse_days, s.long_days, s.long_days


def _flat(row: Row, names: tuple[str, ...], figures: int) -> list[int | None]:
    """The figures in the order of the block's channels."""
    values: Mapping[str, Any] = row.values
    ordered = values.values() if tuple(values) == names else [values.get(name) for name in names]
    if figures == 1:
        return list(ordered)
    nothing = (None,) * figures
    return [part for told in ordered for part in told or nothing]


def _begin(connection: sqlite3.Connection, row: Row, highest: int) -> _Open:
    names = tuple(row.values)
    body = json.dumps(names, separators=(",", ":"))
    connection.execute("INSERT OR IGNORE INTO names (body) VALUES (?)", (body,))
    number = connection.execute("SELECT id FROM names WHERE body = ?", (body,)).fetchone()[0]
    s = row.stamp
    given = (row.tier.name, s.boot, row.step, s.t_s, s.wall_s, s.clock.value)
    cursor = connection.execute(
        "INSERT INTO block (id, tier, boot, step, t_s, wall_s, clock, names)"
        f" VALUES (max(?, ({_LAST})) + 1, ?, ?, ?, ?, ?, ?, ?)",
        (highest, *given, number),
    )
    block = Block(cursor.lastrowid or 0, *given, names)
    last = [0] * (len(names) * row.tier.figures)
    return _Open(block, row.tier.figures, last, bytearray(), frozenset(names), block.seeds())


def _drop(connection: sqlite3.Connection, which: str, values: tuple[object, ...]) -> None:
    """Delete blocks with their rows."""
    ids = [id for (id,) in connection.execute(f"SELECT id FROM block WHERE {which}", values)]
    connection.execute("BEGIN IMMEDIATE")
    try:
        for block in ids:
            first = block * SLOTS
            connection.execute("DELETE FROM row WHERE id BETWEEN ? AND ?", (first, first + ROWS))
            connection.execute("DELETE FROM block WHERE id = ?", (block,))
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def rows_of(connection: sqlite3.Connection, block: Block) -> Iterable[tuple[int, bytes]]:
    """Slot and bytes of a block's rows, in order."""
    first = block.id * SLOTS
    found: Iterator[tuple[int, bytes]] = connection.execute(
        "SELECT id - ?, data FROM row WHERE id BETWEEN ? AND ? ORDER BY id",
        (first, first, first + ROWS),
    )
    return found
