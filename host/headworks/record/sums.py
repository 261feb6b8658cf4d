"""What the journal holds of samples: a sum of all rows of a tier that were kept since it last told.

So a row that is taken off an end, a block that is gone and a check that somebody worked out anew
are found (`sums_check`). Rows that a killed process had not told yet have no sum.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

from headworks.record.samples import SLOTS, Block, Written
from headworks.record.stamp import Entry

SUMS = "samples"  # kind of these entries
Json = dict[str, Any]


class Sum:
    """Of rows that follow each other in one tier, of one boot, the clock never set back."""

    def __init__(self, block: Block, slot: int) -> None:
        self.first = self.last = block.id * SLOTS + slot
        self.block = block
        self.rows = 0
        self._from_s = block.wall_s
        self._sum = hashlib.sha256()
        self._head(block)

    def _head(self, block: Block) -> None:
        self.block = block
        self._sum.update(f"{(*block,)!r}\n".encode())

    def add(self, block: Block, slot: int, data: bytes) -> None:
        """The next row."""
        if block.id != self.block.id:
            self._head(block)
        self.last = block.id * SLOTS + slot
        self.rows += 1
        self._sum.update(b"%d %d " % (slot, len(data)) + data)

    def goes_on(self, block: Block) -> bool:
        """Whether a block's rows may be added: what age lets go is then a begin of the whole."""
        one, other = self.block, block
        if one.id == other.id:
            return True
        if one.boot != other.boot or (one.wall_s is None) is not (other.wall_s is None):
            return False
        return (one.wall_s or 0.0) <= (other.wall_s or 0.0)

    def told(self) -> Json:
        """As the journal keeps it."""
        return {
            "tier": self.block.tier, "boot": self.block.boot, "from_s": self._from_s,
            "first": self.first, "last": self.last, "rows": self.rows,
            "sha256": self._sum.hexdigest(),
        }  # fmt: skip


class SampleSums:
    """Gathers the sums of what is committed, for the next entry."""

    def __init__(self) -> None:
        self._sums: list[Sum] = []
        self._open: dict[str, Sum] = {}

    def add(self, rows: Iterable[Written]) -> None:
        """Rows that are in the file now, in their order."""
        for block, slot, data in rows:
            one = self._open.get(block.tier)
            if one is None or not one.goes_on(block):
                one = self._open[block.tier] = Sum(block, slot)
                self._sums.append(one)
            one.add(block, slot, data)

    def take(self) -> Entry | None:
        """The entry that tells all of it; then nothing is left."""
        told = [one.told() for one in self._sums]
        self._sums, self._open = [], {}
        return Entry(SUMS, "samples", values={"sums": told}) if told else None
