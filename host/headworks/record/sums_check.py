"""Checks samples against the sums that the journal holds of them (`sums`).

What age and size let go is always the oldest: a sum's rows may be gone from its begin on, and only
where nothing older is left of that tier.
"""

import json
import sqlite3
from collections.abc import Iterator
from typing import Any, NamedTuple

from headworks.record.journal import BEGIN
from headworks.record.samples import SLOTS, Block, rows_of
from headworks.record.sums import SUMS, Sum

_STORE = "samples"  # how the journal calls the file where the station had to begin another
Json = dict[str, Any]


class _Told(NamedTuple):
    seq: int
    sums: list[Json]


class SumsCheck:
    """Takes journal entries in order; then says where the samples are not those."""

    def __init__(self) -> None:
        self._told: list[_Told] = []

    def take(self, body: Json) -> None:
        """One entry of any kind."""
        if body["kind"] == SUMS:
            self._told.append(_Told(body["seq"], body["values"]["sums"]))
        if body["kind"] == BEGIN and body.get("source") == _STORE:
            self._told = []  # the file could not be read and lies aside

    def first_wrong(self, connection: sqlite3.Connection) -> str:
        """The first sum that is another; "". Raises sqlite3.Error, KeyError, TypeError, ValueError.

        The newest entry is not held against a file that is older, as a backup's may be.
        """
        (seq,) = connection.execute("SELECT seq FROM head").fetchone() or (0,)
        newest = self._told[-1:] if self._told and self._told[-1].seq <= seq else []
        for told in (*self._told[:-1], *newest):
            for noted in told.sums:
                if not _same(connection, noted) and not _let_go(connection, noted):
                    return (
                        f"samples {noted['tier']}: of the {noted['rows']} rows that journal entry "
                        f"{told.seq} tells of, some are others or gone"
                    )
        return ""


def _same(connection: sqlite3.Connection, noted: Json) -> bool:
    """Whether all rows of a sum are there as they were."""
    found: Sum | None = None
    for block in _blocks(connection, noted):
        for slot, data in rows_of(connection, block):
            if noted["first"] <= block.id * SLOTS + slot <= noted["last"]:
                found = found or Sum(block, slot)
                found.add(block, slot, data)
    return found is not None and found.told() == noted


def _blocks(connection: sqlite3.Connection, noted: Json) -> Iterator[Block]:
    asked = (
        "SELECT b.id, b.tier, b.boot, b.step, b.t_s, b.wall_s, b.clock, n.body FROM block b"
        " JOIN names n ON n.id = b.names WHERE b.tier = ? AND b.id BETWEEN ? AND ? ORDER BY b.id"
    )
    ends = noted["first"] // SLOTS, noted["last"] // SLOTS
    for *given, names in connection.execute(asked, (noted["tier"], *ends)).fetchall():
        yield Block._make([*given, tuple(json.loads(names))])


def _let_go(connection: sqlite3.Connection, noted: Json) -> bool:
    """Whether the sum's begin is gone, and nothing that would have gone before it is left."""
    first, from_s = noted["first"] // SLOTS, noted["from_s"]
    older = (
        "SELECT 1 FROM block WHERE tier = ? AND id <= ? AND (id = ? OR ? IS NULL OR wall_s <= ?)"
    )
    given = (noted["tier"], first, first, from_s, from_s)
    return connection.execute(older, given).fetchone() is None
