"""The memory on disk: durable, tried again, set aside; and never in the way of a scan."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from pathlib import Path

import pytest

from headworks.model.memory import Memory
from headworks.record import memory as module
from headworks.record.database import StorageError
from headworks.record.memory import MemoryStore, boot_id
from record.memories import WELDED, a_site, eventful, first

SITE = a_site("a1", "a2", "a3")


def kept(path: Path, memory: Memory, boot: str = "boot-1") -> None:
    """Write one memory and close."""
    store = MemoryStore(path, SITE, boot)
    store.start()
    store.save(memory).result(10)
    assert store.close()


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    """A saved memory comes back in the same boot with its times."""
    kept(tmp_path / "memory.db", eventful(SITE, 990.0))
    loaded = MemoryStore(tmp_path / "memory.db", SITE, "boot-1").load(first(SITE, 1000.0))
    assert loaded.found
    assert loaded.memory.racks[0].locked_by == "ayesha"
    assert loaded.memory.racks[0].off_since_s == 979.0


@pytest.mark.parametrize(
    ("boot", "now_s"),
    [
        pytest.param("boot-2", 1000.0, id="another boot"),
        pytest.param("boot-1", 500.0, id="a clock that went back"),
        pytest.param("", 1000.0, id="no boot identity"),
    ],
)
def test_another_boot_keeps_ages(tmp_path: Path, boot: str, now_s: float) -> None:
    """Where the clocks cannot be compared, ages are kept and the gap is nothing."""
    kept(tmp_path / "memory.db", eventful(SITE, 990.0), boot="boot-1" if boot else "")
    loaded = MemoryStore(tmp_path / "memory.db", SITE, boot).load(first(SITE, now_s))
    assert loaded.memory.racks[0].off_since_s == pytest.approx(now_s - 11.0)


def test_whoever_goes_before_the_answer_ends_no_thread(tmp_path: Path) -> None:
    """A wait that was called off does not keep the next memory from the disk."""
    store = MemoryStore(tmp_path / "memory.db", SITE, "b")
    assert not store.save(eventful(SITE, 980.0)).cancel()
    store.start()
    store.save(eventful(SITE, 990.0)).result(10)
    store.save(eventful(SITE, 995.0)).result(10)
    assert store.close()


def test_nothing_is_found_where_nothing_was_kept(tmp_path: Path) -> None:
    """A first start is not an error."""
    store = MemoryStore(tmp_path / "none" / "memory.db", SITE, "b")
    loaded = store.load(first(SITE, 5.0))
    assert (loaded.found, loaded.set_aside, store.trouble) == (False, "", "")
    assert loaded.memory == first(SITE, 5.0)


def test_the_newest_wins_and_all_who_wait_are_told(tmp_path: Path) -> None:
    """Many memories handed over at once cost few writes, and none is acknowledged too early."""
    store = MemoryStore(tmp_path / "memory.db", SITE, "boot-1")
    futures: list[Future[None]] = [
        store.save(eventful(SITE, 900.0 + n)._replace(last_step_s=800.0 + n)) for n in range(50)
    ]
    store.start()
    done, _ = wait(futures, 10)
    assert len(done) == 50
    assert store.close()
    loaded = MemoryStore(tmp_path / "memory.db", SITE, "boot-1").load(first(SITE, 1000.0))
    assert loaded.memory.last_step_s == 849.0


def damage_header(path: Path) -> None:
    path.write_bytes(b"\0" * 4096)


def damage_text(path: Path) -> None:
    path.write_text("this is no database\n" * 100)


def damage_body(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE memory SET body = '{\"racks\": 3}'")
    connection.close()


def damage_pages(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[100:] = random.Random(3).randbytes(len(data) - 100)
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [damage_header, damage_text, damage_body, damage_pages])
def test_a_damaged_file_is_set_aside_and_a_fresh_one_begun(tmp_path: Path, damage: object) -> None:
    """Catalogue row 19: control goes on, and the bad file is kept for people."""
    path = tmp_path / "memory.db"
    kept(path, eventful(SITE, 990.0))
    damage(path)  # type: ignore[operator]
    loaded = MemoryStore(path, SITE, "boot-1").load(first(SITE, 1000.0))
    assert (loaded.found, loaded.memory) == (False, first(SITE, 1000.0))
    assert loaded.set_aside == str(tmp_path / "memory.db.unreadable-1")
    assert Path(loaded.set_aside).exists()
    kept(path, eventful(SITE, 1001.0))
    assert MemoryStore(path, SITE, "boot-1").load(first(SITE, 1002.0)).found


def test_an_empty_file_is_a_fresh_one(tmp_path: Path) -> None:
    """A file of no bytes, as some power cuts leave it, is used and not complained about."""
    path = tmp_path / "memory.db"
    path.touch()
    loaded = MemoryStore(path, SITE, "boot-1").load(first(SITE, 1000.0))
    assert (loaded.found, loaded.set_aside) == (False, "")


def test_a_disk_that_refuses_is_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catalogue rows 17 and 18: saving fails with its cause, and goes on by itself later."""
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    folder = tmp_path / "state"
    folder.write_text("a file where the folder should be")
    store = MemoryStore(folder / "memory.db", SITE, "boot-1")
    store.start()
    with pytest.raises(StorageError, match="state"):
        store.save(eventful(SITE, 990.0)).result(10)
    assert store.trouble
    folder.unlink()
    folder.mkdir()
    store.save(eventful(SITE, 991.0)).result(10)
    assert store.trouble == ""
    assert store.close()


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catalogue row 17, by SQLite's own limit, which gives the error code of a full disk."""
    path, big = tmp_path / "memory.db", a_site(*(f"rack-{n}" for n in range(400)))
    kept(path, eventful(SITE, 980.0))
    opened = module._open

    def full(where: Path) -> sqlite3.Connection:
        connection = opened(where)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")
        return connection

    store = MemoryStore(path, big, "boot-1")
    store.start()
    with monkeypatch.context() as patch:
        patch.setattr(module, "_open", full)
        with pytest.raises(StorageError, match="full"):
            store.save(eventful(big, 990.0)).result(10)
        assert "full" in store.trouble
    store.save(eventful(big, 991.0)).result(10)
    assert store.trouble == ""
    assert store.close()


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without root's right to write everywhere."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_read_only_folder_is_still_read() -> None:
    """Catalogue row 18: what cannot be written can still be known, lock-outs above all."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "memory.db")
        kept(path, eventful(SITE, 990.0))
        path.chmod(0o444)
        Path(folder).chmod(0o555)
        with as_nobody():
            store = MemoryStore(path, SITE, "boot-1")
            loaded = store.load(first(SITE, 1000.0))
            store.start()
            with pytest.raises(StorageError):
                store.save(eventful(SITE, 1001.0)).result(10)
            store.close()
        Path(folder).chmod(0o755)
    assert loaded.memory.racks[0].locked_by == "ayesha"
    assert store.trouble


WRITER = """
import sys
from pathlib import Path
from headworks.record.memory import MemoryStore
from record.memories import a_site, eventful
site = a_site("a1", "a2", "a3")
store = MemoryStore(Path(sys.argv[1]), site, "boot-1")
store.start()
n = int(sys.argv[2])
while True:
    n += 1
    memory = eventful(site, 1000.0)
    locked = memory.racks[0]._replace(locked_by=f"person-{n}")
    store.save(memory._replace(racks=(locked, *memory.racks[1:]))).result()
    print(n, flush=True)
"""


def kill_while_writing(path: Path, begin: int, wait_for: int, spin: int) -> int:
    """Let a process write, kill it at a random point; the last number it acknowledged."""
    here = Path(__file__).parents[1]
    environ = {**os.environ, "PYTHONPATH": f"{here}:{here.parent / 'host'}"}
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(begin)],
        stdout=subprocess.PIPE, text=True, env=environ,
    )  # fmt: skip
    assert process.stdout is not None
    for _ in range(wait_for):
        process.stdout.readline()
    for _ in range(spin):  # a point in time that no acknowledgement gives
        pass
    os.kill(process.pid, signal.SIGKILL)
    rest = process.stdout.read().split()
    process.stdout.close()
    process.wait(10)
    return int(rest[-1]) if rest else begin + wait_for


def test_no_kill_loses_what_was_acknowledged(tmp_path: Path) -> None:
    """Catalogue row 20: fifty kills at random points, no lock-out lost, no file unreadable."""
    path, random_source, last = tmp_path / "memory.db", random.Random(20), 0
    for _ in range(50):
        last = kill_while_writing(
            path, last, random_source.randint(1, 12), random_source.randint(0, 40_000)
        )
        loaded = MemoryStore(path, SITE, "boot-1").load(first(SITE, 2000.0))
        assert loaded.found, loaded
        found = int(loaded.memory.racks[0].locked_by.removeprefix("person-"))
        assert found >= last  # one more may have reached the disk before its acknowledgement
        assert loaded.memory.racks[1].latch == WELDED
        last = found


def test_there_is_a_boot_identity_on_linux() -> None:
    """The kernel gives one, and it does not change while it runs."""
    assert boot_id() == boot_id() != ""
