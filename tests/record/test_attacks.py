"""Databases that are none of ours, or were changed by hand."""

import sqlite3
from pathlib import Path

import pytest

from headworks.record.memory import MemoryStore
from headworks.station.starts import Starts
from record.memories import a_site, first

SITE = a_site("a1", "a2")
_TABLE = "CREATE TABLE memory (id, boot_id, t_s, body)"
_DEEP = "[" * 50_000 + "]" * 50_000
_RACK = '{"racks": {"%s": {"state": "off", "on": false, "retries": 1e999}}}'


def write(path: Path, table: str, *row: object) -> None:
    connection = sqlite3.connect(path)
    connection.execute(table)
    if row:
        connection.execute("INSERT INTO memory VALUES (1, ?, ?, ?)", row)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("table", "row"),
    [
        (_TABLE, ("x", 1.0, _DEEP)),
        (_TABLE, ("x", "yesterday", "{}")),
        (_TABLE, ("x", None, "{}")),
        (_TABLE, ("x", 1.0, 5)),
        (_TABLE, (None, 1.0, None)),
        (_TABLE, ("x", 1.0, b"\xff\xfe")),
        (_TABLE, ("x", 1.0, _RACK % SITE.racks[0].name)),
        ("CREATE TABLE memory (a, b, c, d)", ()),
    ],
    ids=["deep", "text time", "no time", "number body", "nothing", "bytes", "infinite", "columns"],
)
def test_a_row_that_no_station_wrote_is_set_aside(
    tmp_path: Path, table: str, row: tuple[object, ...]
) -> None:
    """Catalogue row 19: whatever stands in the file, the station starts, and says so."""
    path = tmp_path / "memory.db"
    write(path, table, *row)
    loaded = MemoryStore(path, SITE, "boot-1").load(first(SITE, 1000.0))
    assert (loaded.found, loaded.memory) == (False, first(SITE, 1000.0))
    assert Path(loaded.set_aside).exists()


@pytest.mark.parametrize("text", [_DEEP, '{"boot": 1, "starts_s": [NaN, 1e999]}', "[]", "\0"])
def test_a_count_of_starts_that_makes_no_sense_counts_nothing(tmp_path: Path, text: str) -> None:
    """A damaged file must not keep the station from its start."""
    path = tmp_path / "starts.json"
    path.write_text(text)
    assert Starts(path, "boot-1").wait_s(1000.0) == 0.0
