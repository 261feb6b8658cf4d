"""Records of a real station: whatever is changed in a copy of them, `verify` names it.

Tables, columns and files are taken from what the station made, so that a new one without a guard
fails here. What carries no evidence is listed, and RECORDS.md says why.
"""

import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from headworks.record.verify import verify
from record.lived import live

DATABASES = {"records/journal.db": "journal", "records/samples.db": "samples"}  # how each is told
KEY = "records/seal.key"
NO_EVIDENCE = {"memory.db", "starts.json", "station.lock"}  # of the state folder
TABLES = {
    "journal": ["seq", "body", "hash", "kind", "wall_s"],
    "names": ["id", "body"],
    "block": ["id", "tier", "boot", "step", "t_s", "wall_s", "clock", "names"],
    "row": ["id", "data"],
    "head": ["id", "seq", "hash"],
}


class Column(NamedTuple):
    """One column of a table that the station made."""

    file: str
    table: str
    name: str


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder of a station that ran twice, with a trip; its records are good."""
    found = live(tmp_path_factory.mktemp("lived"))
    assert verify(found / "records").broken == ()
    return found


def columns(state: Path) -> list[Column]:
    """Every column of every table that the station made."""
    found = []
    for file in DATABASES:
        with closing(sqlite3.connect(state / file)) as connection:
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (table,) in tables.fetchall():
                names = connection.execute(f"SELECT name FROM pragma_table_xinfo('{table}')")
                found += [Column(file, table, name) for (name,) in names]
    return found


def recordings(state: Path) -> list[str]:
    return sorted(str(p.relative_to(state)) for p in (state / "records/recorder").rglob("*.rec"))


def test_every_file_and_column_is_known_here(state: Path) -> None:
    """What a station makes is looked at below: a new file, table or column fails until it is."""
    found = {str(path.relative_to(state)) for path in state.rglob("*") if path.is_file()}
    files = {name for name in found if not name.endswith(("-wal", "-shm"))}  # SQLite's own
    assert files == {*DATABASES, KEY, *NO_EVIDENCE, *recordings(state)}
    tables: dict[str, list[str]] = {}
    for _, table, name in columns(state):
        tables.setdefault(table, []).append(name)
    assert tables == TABLES


def test_what_carries_no_evidence_is_said_to_carry_none() -> None:
    """Each of these files stands in RECORDS.md with the reason."""
    page = Path(verify.__code__.co_filename).with_name("RECORDS.md").read_text(encoding="utf-8")
    told = page.partition("carry no evidence")[2].partition("\n\n")[0]
    assert all(f"`{name}`" in told for name in NO_EVIDENCE)


class Copy:
    """A copy of the station's records that is damaged, checked and mended again and again."""

    def __init__(self, state: Path, folder: Path) -> None:
        self._state, self._folder = state, folder
        shutil.copytree(state, folder)

    def mend(self, file: str) -> None:
        """Take a file from the original again."""
        shutil.copyfile(self._state / file, self._folder / file)

    def broken(self) -> str:
        """The first that `verify` finds; "" for nothing."""
        return next(iter(verify(self._folder / "records").broken), "")

    def after(self, file: str, statements: Iterable[tuple[str, tuple[Any, ...]]]) -> str:
        """What is found after some SQL, with the triggers out of the way meanwhile.

        Where SQLite itself refuses, which it does on every way there is, its own words.
        """
        try:
            with closing(sqlite3.connect(self._folder / file)) as connection, connection:
                asked = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
                guards = connection.execute(asked).fetchall()
                for guard, _ in guards:
                    connection.execute(f"DROP TRIGGER {guard}")
                for statement, values in statements:
                    connection.execute(statement, values)
                for _, sql in guards:
                    connection.execute(sql)
            return self.broken()
        except (sqlite3.IntegrityError, sqlite3.OperationalError) as error:
            return f"refused: {error}"
        finally:
            self.mend(file)


@pytest.fixture
def copy(state: Path, tmp_path: Path) -> Copy:
    """Of the whole state folder."""
    return Copy(state, tmp_path / "copy")


def values(state: Path, column: Column) -> dict[int, Any]:
    """Row numbers and values."""
    with closing(sqlite3.connect(state / column.file)) as connection:
        asked = f"SELECT rowid, {column.name} FROM {column.table} ORDER BY rowid"
        return dict(connection.execute(asked).fetchall())


def another(value: Any) -> Any:
    """A value of the same type that is not this one."""
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    if isinstance(value, str):
        return f"{'0' if value[:1] != '0' else '1'}{value[1:]}"
    return value + 1000


def put(column: Column, row: int, value: Any) -> tuple[str, tuple[Any, ...]]:
    return f"UPDATE {column.table} SET {column.name} = ? WHERE rowid = ?", (value, row)


def told(found: str) -> bool:
    """Whether it is found with where it is, or SQLite lets nobody change it."""
    return found.startswith((*DATABASES.values(), "refused: "))


def test_another_value_in_any_column_is_found(state: Path, copy: Copy) -> None:
    """In the first row of a table, and in the last."""
    missed = []
    for column in columns(state):
        held = values(state, column)
        for row in {min(held), max(held)}:
            found = copy.after(column.file, [put(column, row, another(held[row]))])
            if not told(found):
                missed.append((column, row, found))
    assert missed == []


def test_two_rows_that_change_places_are_found(state: Path, copy: Copy) -> None:
    """Column by column, the number of the row too."""
    missed, tried = [], 0
    for column in columns(state):
        held = values(state, column)
        first = min(held)
        other = next((row for row in sorted(held)[::-1] if held[row] != held[first]), first)
        if other == first:
            continue  # one row, or the same in all
        tried += 1
        free = -1 if held[first] == first else ""  # a key is free again, a text only once
        steps = [(first, free), (other, held[first]), (-1 if free == -1 else first, held[other])]
        if not isinstance(held[first], int | str):
            steps = steps[1:]
        found = copy.after(column.file, [put(column, row, value) for row, value in steps])
        if not told(found):
            missed.append((column, found))
    assert missed == []
    assert tried >= 9


def test_a_row_that_is_gone_is_found(state: Path, copy: Copy) -> None:
    """Each of each table, the last too."""
    missed = []
    for column in columns(state):
        if column.name == TABLES[column.table][0]:
            held = values(state, column)
            for row in held:
                gone = f"DELETE FROM {column.table} WHERE rowid = ?", (row,)
                found = copy.after(column.file, [gone])
                if not told(found):
                    missed.append((column.table, row, found))
    assert missed == []


def test_a_changed_key_or_recording_is_found(state: Path, copy: Copy) -> None:
    """A byte of it, its end, all of it; of a trip's recording too, when the ring has let it go."""
    missed = []
    for file in (KEY, *recordings(state)):
        data = (state / file).read_bytes()
        for at in (0, len(data) // 2, len(data) - 1):
            other = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            for made in (other, data[:at]):
                (copy._folder / file).write_bytes(made)
                if not copy.broken():
                    missed.append((file, at, len(made)))
        copy.mend(file)
        if file != KEY:
            (copy._folder / file).unlink()
            if not copy.broken().startswith("recording "):
                missed.append((file, 0, 0))
            copy.mend(file)
    assert missed == []


@pytest.mark.parametrize("file", DATABASES)
def test_any_byte_of_a_database_is_found(state: Path, copy: Copy, file: str) -> None:
    """All over its pages: it is found, or nothing that is read has changed."""
    data, found = (state / file).read_bytes(), 0
    before = [values(state, column) for column in columns(state) if column.file == file]
    for at in range(7, len(data), len(data) // 40):
        (copy._folder / file).write_bytes(data[:at] + bytes([data[at] ^ 0x41]) + data[at + 1 :])
        broken = copy.broken()
        found += bool(broken)
        if not broken:
            now = [values(copy._folder, column) for column in columns(state) if column.file == file]
            assert now == before, at
    assert found > 10
