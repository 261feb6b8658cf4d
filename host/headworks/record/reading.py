"""Reads records back: journal entries, energy intervals with their gaps, samples.

Opens everything read-only and judges nothing; `verify` does. Times are Unix seconds; None in
`Span` is no bound. Rows without a wall time are in every span: nobody knows when they were.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from headworks.record.database import reading
from headworks.record.journal import INTERVAL
from headworks.record.packing import STEPS, unpack
from headworks.record.samples import ROWS, Block, rows_of
from headworks.record.tiers import tier_named

Json = dict[str, Any]
JOURNAL_FILE, SAMPLES_FILE = "journal.db", "samples.db"


class Span(NamedTuple):
    """From when to when, Unix seconds; the end is not in it."""

    from_s: float | None = None
    to_s: float | None = None

    def has(self, wall_s: float | None) -> bool:
        """Whether an instant is in it."""
        if wall_s is None:
            return True
        return (self.from_s or wall_s) <= wall_s and (self.to_s is None or wall_s < self.to_s)


ALWAYS = Span()


def entries(folder: Path, span: Span = ALWAYS, kind: str | None = None) -> Iterator[Json]:
    """Journal entries in their order, as they were written."""
    with closing(reading(folder / JOURNAL_FILE)) as connection:
        which = "" if kind is None else "WHERE kind = ?"
        found = connection.execute(
            f"SELECT body, hash FROM journal {which} ORDER BY seq", () if kind is None else (kind,)
        )
        for body, hash_ in found:
            entry = json.loads(body)
            if span.has(entry.get("wall_s")):
                yield {**entry, "hash": hash_}


def intervals(folder: Path, span: Span = ALWAYS) -> Iterator[Json]:
    """The ledger's intervals; where nothing was kept in between, a row of quality "gap"."""
    before: Json | None = None
    for entry in entries(folder, kind=INTERVAL):
        values: Json = {"seq": entry["seq"], "boot": entry["boot"], **entry["values"]}
        gap = before and _gap(before, values)
        for row in (gap, values):
            if row and span.has(row["from_s"]):
                yield row
        before = values


def _gap(before: Json, after: Json) -> Json | None:
    """What lies between two intervals, if anything does."""
    if before["boot"] == after["boot"] and before["to_t_s"] == after["from_t_s"]:
        return None
    known = {"seq": None, "boot": None, "from_s": before["to_s"], "to_s": after["from_s"]}
    return {**known, "quality": "gap", "clock_state": "", "missing_s": None}


class Sample(NamedTuple):
    """One row of a tier: value by channel, or (min, mean, max) of a coarse tier."""

    boot: str
    t_s: float
    wall_s: float | None
    clock: str
    values: dict[str, Any]


def samples(folder: Path, tier: str, span: Span = ALWAYS) -> Iterator[Sample]:
    """A tier's rows in their order. Raises PackingError where one is damaged."""
    with closing(reading(folder / SAMPLES_FILE)) as connection:
        for block in blocks(connection, tier, span):
            step_s = tier_named(tier).step_s
            for slot, row in decoded(connection, block):
                t_s = float((block.step + slot) * step_s)
                wall_s = None if block.wall_s is None else block.wall_s + t_s - block.t_s
                if span.has(wall_s):
                    yield Sample(block.boot, t_s, wall_s, block.clock, _told(block, row))


def channel_names(folder: Path, tier: str, span: Span = ALWAYS) -> list[str]:
    """The channels of a tier, in the order in which they first appear."""
    with closing(reading(folder / SAMPLES_FILE)) as connection:
        found = (block.names for block in blocks(connection, tier, span))
        return list(dict.fromkeys(name for names in found for name in names))


def blocks(connection: sqlite3.Connection, tier: str, span: Span = ALWAYS) -> Iterator[Block]:
    """The blocks of a tier that may have rows in the span."""
    found = connection.execute(
        "SELECT b.id, b.tier, b.boot, b.step, b.t_s, b.wall_s, b.clock, n.body FROM block b"
        " LEFT JOIN names n ON n.id = b.names WHERE b.tier = ? ORDER BY b.id",
        (tier,),
    ).fetchall()
    early_s = ROWS * tier_named(tier).step_s  # a block begins so long before its last row
    early = Span(None if span.from_s is None else span.from_s - early_s, span.to_s)
    for *given, names in found:
        if early.has(given[5]):
            yield Block._make([*given, tuple(json.loads(names or "[]"))])


def decoded(connection: sqlite3.Connection, block: Block) -> Iterator[tuple[int, list[int | None]]]:
    """Slot and figures of a block's rows. Raises PackingError."""
    last = [0] * (len(block.names) * tier_named(block.tier).figures)
    check, seed = b"", block.seeds()
    for slot, data in rows_of(connection, block):
        yield slot, unpack(data, last, seed(slot, check))
        check = data[-4:]


def _told(block: Block, row: list[int | None]) -> dict[str, Any]:
    if tier_named(block.tier).figures == 1:
        return {n: None if v is None else v / STEPS for n, v in zip(block.names, row, strict=True)}
    threes = zip(block.names, row[::3], row[1::3], row[2::3], strict=True)
    return {name: _three(least, mean, most) for name, least, mean, most in threes}


def _three(least: int | None, mean: int | None, most: int | None) -> tuple[float, ...] | None:
    """Minimum, mean and maximum; the last two are kept as what they are above the first."""
    if least is None or mean is None or most is None:
        return None
    return least / STEPS, (least + mean) / STEPS, (least + most) / STEPS
