"""The records as a whole: durable when told so, never waiting, and through every bad disk."""

import os
import resource
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from headworks.model.site import RecordSpec
from headworks.record import records as module
from headworks.record import writer
from headworks.record.channels import channels
from headworks.record.database import StorageError
from headworks.record.reading import entries, intervals, samples
from headworks.record.recorder import Recorder
from headworks.record.recording import read
from headworks.record.records import Records
from headworks.record.samples import SampleStore
from headworks.record.stamp import Entry, Stamp
from headworks.record.verify import verify
from record.kept import WAIT_S, keep, said
from record.scans import a_site, scans
from waiting import until_blocking

STAMP = Stamp("boot-1", 1000.0)
until = partial(until_blocking, within_s=WAIT_S)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that failed is tried again soon."""
    monkeypatch.setattr(writer, "RETRY_S", 0.05)
    monkeypatch.setattr(module, "PASS_S", 0.05)


def begun(folder: Path) -> Records:
    records = Records(folder, a_site(), site_text="[site]\n", version="1.2.3")
    records.start()
    return records


def test_all_stores_hold_what_was_handed_over(tmp_path: Path) -> None:
    """Samples, journal, ledger and recording of the same scans."""
    rows = list(scans(950, smoke_at=500))
    records = keep(tmp_path, rows)
    assert (records.dropped, records.trouble, records.set_aside) == (0, "", ())
    assert sum(1 for _ in samples(tmp_path, "1s")) == 950
    assert len(list(intervals(tmp_path))) == 2
    kinds = [entry["kind"] for entry in entries(tmp_path)]
    assert {"start", "trip", "interval", "seal"} <= set(kinds)
    files = sorted((tmp_path / "recorder").glob("*.rec"))
    assert [row.stamp for path in files for row in read(path).rows()] == [r.stamp for r in rows]
    assert records.head.seq == len(kinds)


def test_an_entry_is_durable_when_its_future_is_done(tmp_path: Path) -> None:
    """Another connection sees it at once, in full, with who and from where."""
    records = begun(tmp_path)
    entry = Entry(
        "command", "a1", "lock", {"until_s": 5.0}, "fan", "ayesha", "operator", "uid 1000"
    )
    records.journal(STAMP, entry).result(WAIT_S)
    [found] = [e for e in entries(tmp_path) if e["kind"] == "command"]
    assert (found["who"], found["role"], found["origin"]) == ("ayesha", "operator", "uid 1000")
    assert (found["boot"], found["t_s"], found["wall_s"]) == ("boot-1", 1000.0, None)
    assert records.close(WAIT_S)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), "\ud800 \x1b[31m", "گھر"])
def test_any_value_can_be_journalled(tmp_path: Path, value: object) -> None:
    """No figure and no text of a person ends the records."""
    records = begun(tmp_path)
    said(records, STAMP, "alarm", value=value)
    assert records.close(WAIT_S)
    assert verify(tmp_path).broken == ()


def test_a_disk_that_hangs_holds_up_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Handing over returns at once; what is too much is dropped and counted."""
    stuck, go = threading.Event(), threading.Event()

    def hang(*_: object) -> str:
        stuck.set()
        go.wait(WAIT_S)
        return ""

    monkeypatch.setattr(writer.Writer, "journal", hang)
    monkeypatch.setattr(module, "SCANS", 50)
    records = begun(tmp_path)
    records.journal(STAMP, Entry("x"))
    assert stuck.wait(WAIT_S)
    for row in scans(80):
        records.scanned(row.stamp, row.snapshot, row.plan, row.before)
    assert records.dropped == 30
    assert not records.close(0.01)
    go.set()
    assert records.close(WAIT_S)


def test_whoever_goes_before_the_answer_ends_no_thread(tmp_path: Path) -> None:
    """A client whose wait was called off: its entry is kept, and so is the next one."""
    records = Records(tmp_path, a_site(RecordSpec()))
    gone = records.journal(STAMP, Entry("first"))
    assert not gone.cancel()
    records.start()
    records.journal(STAMP, Entry("second")).result(WAIT_S)
    assert records.close(WAIT_S)
    assert [entry["kind"] for entry in entries(tmp_path)][:2] == ["first", "second"]


def test_after_its_end_nothing_is_promised(tmp_path: Path) -> None:
    """An entry after the end fails at once instead of being waited for."""
    records = begun(tmp_path)
    assert records.close(WAIT_S)
    with pytest.raises(StorageError, match="ended"):
        records.journal(STAMP, Entry("x")).result(WAIT_S)


def test_an_error_of_our_own_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the writing thread ends by a defect, that is trouble and no silence."""
    monkeypatch.setattr(threading, "excepthook", lambda args: None)
    monkeypatch.setattr(writer.Writer, "journal", lambda *_: 1 / 0)
    records = begun(tmp_path)
    with pytest.raises(StorageError, match="ended"):
        records.journal(STAMP, Entry("x")).result(WAIT_S)
    assert "ended" in records.trouble


@pytest.mark.parametrize("store", ["journal", "samples"])
@pytest.mark.parametrize("damage", [b"\0" * 4096, b"no database", b""])
def test_a_corrupt_database_is_set_aside(tmp_path: Path, store: str, damage: bytes) -> None:
    """Catalogue row 19: kept under another name, a new one begun, and the journal says so."""
    keep(tmp_path, scans(60))
    path = tmp_path / f"{store}.db"
    path.write_bytes(damage * 2 or b"SQLite format 3\0" + b"\xff" * 2000)
    records = keep(tmp_path, scans(60, t_s=2000.0))
    [aside] = records.set_aside
    assert Path(aside).exists()
    assert records.trouble == ""
    told = [e for e in entries(tmp_path) if e["kind"] == "begin"]
    assert [(e["source"], e["values"]["set_aside"]) for e in told] == [(store, aside)]
    if store == "journal":
        assert told[0]["seq"] == 1
        assert told[0]["values"]["after_seq"] > 0  # how far the lost one had come
    assert verify(tmp_path).broken == ()


def test_a_folder_that_cannot_be_made_is_trouble_and_no_end(tmp_path: Path) -> None:
    """The station goes on; entries wait in memory and are written when there is a disk again."""
    (tmp_path / "records").write_text("a file")
    records = begun(tmp_path / "records")
    with pytest.raises(StorageError):
        records.journal(STAMP, Entry("one")).result(WAIT_S)
    assert "journal" in records.trouble
    (tmp_path / "records").unlink()
    rows = scans(100_000)

    def well_again() -> bool:
        row = next(rows)  # scans go on, and a store that rests is tried again with the next one
        records.scanned(row.stamp, row.snapshot, row.plan, row.before)
        return records.trouble == ""

    until(well_again)
    until(lambda: records.head.seq >= 1)
    assert records.close(WAIT_S)
    assert next(entries(tmp_path / "records"))["kind"] == "one"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2.5 MB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2560k", "tmpfs", str(folder)]
    subprocess.run(command, capture_output=True, check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.needs("tmpfs")  # the limit on file sizes stands in elsewhere
def test_a_full_disk_costs_history_and_no_control(small_disk: Path) -> None:
    """Catalogue row 17: told as trouble, nothing waits, and when there is room all goes on."""
    folder = small_disk / "records"
    records = begun(folder)
    said(records, STAMP, "before")
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    failed = ""
    for n in range(400):
        try:
            records.journal(STAMP, Entry("during", values={"n": n, "text": "x" * 2000})).result(
                WAIT_S
            )
        except StorageError as error:
            failed = str(error)
            break
    assert "full" in failed or "No space" in failed, failed
    assert records.trouble
    filler.unlink()
    until(lambda: _written(records))
    assert records.close(WAIT_S)
    kinds = [e["kind"] for e in entries(folder)]
    assert (kinds[0], "after" in kinds) == ("before", True)
    assert verify(folder).broken == () or "is missing" in verify(folder).broken[0]


def _written(records: Records) -> bool:
    try:
        records.journal(STAMP, Entry("after")).result(WAIT_S)
    except StorageError:
        return False
    return True


@pytest.mark.needs("tmpfs")  # the limit on file sizes stands in elsewhere
def test_on_a_full_disk_the_oldest_goes_and_the_journal_stays(small_disk: Path) -> None:
    """Recordings and samples make room; no entry of the journal is lost."""
    folder = small_disk / "records"
    keep(folder, scans(300, every_s=120.0))
    before = sorted((folder / "recorder").glob("*.rec"))
    (small_disk / "filler").write_bytes(b"x" * 150_000)
    records = begun(folder)
    written = 0
    for n in range(3000):
        try:
            records.journal(STAMP, Entry("during", values={"n": n, "text": "x" * 500})).result(
                WAIT_S
            )
        except StorageError:
            break
        written += 1
    assert records.close(WAIT_S)
    after = sorted((folder / "recorder").glob("*.rec"))
    assert len(after) < len(before)
    assert after[-1] == before[-1]
    kept = sum(e["kind"] == "during" for e in entries(folder))
    assert kept >= written > 20


LIMITED = """
import resource, signal, sys
from pathlib import Path
from record.test_records import LIMIT
resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from headworks.record.recorder import Recorder
from headworks.record.records import Records
from headworks.record.samples import SampleStore
from headworks.record.stamp import Entry, Stamp
from record.scans import a_site, scans
records = Records(Path(sys.argv[1]), a_site())
records.start()
failed = 0
for n, row in enumerate(scans(300)):
    records.scanned(row.stamp, row.snapshot, row.plan, row.before)
    done = records.journal(row.stamp, Entry("x", values={"n": n, "text": "y" * 3000}))
    try:
        done.result(20)
    except Exception as error:
        failed += 1
print(failed, bool(records.trouble), records.close(20))
"""
LIMIT = 400_000


@pytest.mark.timeout(320)
def test_a_limit_on_file_sizes_is_no_end(tmp_path: Path) -> None:
    """Where no small disk can be made: files that may not grow are trouble, and no crash."""
    here = Path(__file__).parents[1]
    environ = {**os.environ, "PYTHONPATH": f"{here}:{here.parent / 'host'}"}
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)],
        capture_output=True, text=True, env=environ, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    failed, trouble, closed = done.stdout.split()
    assert int(failed) > 0
    assert (trouble, closed) == ("True", "True")
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != LIMIT  # ours is as it was


@pytest.mark.needs("tmpfs")  # the limit on file sizes stands in elsewhere
def test_a_read_only_disk_is_told(small_disk: Path) -> None:
    """Catalogue row 18: an alarm, entries in memory, and all is written when it can be again."""
    folder = small_disk / "records"
    keep(folder, scans(30))
    remount = ["mount", "-o", "remount,ro", str(small_disk)]
    assert subprocess.run(remount, check=False).returncode == 0
    records = begun(folder)
    with pytest.raises(StorageError):
        records.journal(STAMP, Entry("one")).result(WAIT_S)
    assert "read" in records.trouble
    assert next(entries(folder))["kind"]  # reading goes on
    subprocess.run([*remount[:2], "remount,rw", str(small_disk)], check=True)
    until(lambda: _written(records))
    assert records.close(WAIT_S)
    assert "one" in {e["kind"] for e in entries(folder)}


def test_another_writer_cannot_slip_in(tmp_path: Path) -> None:
    """Entries that another program added in between are not overwritten and not forked."""
    records = begun(tmp_path)
    said(records, STAMP, "one")
    assert records.close(WAIT_S)
    with sqlite3.connect(tmp_path / "journal.db") as connection:
        connection.execute("INSERT INTO journal (seq, body, hash) VALUES (2, '{}', 'x')")
    connection.close()
    assert any("journal entry 2" in text for text in verify(tmp_path).broken)


def test_a_full_disk_gathers_no_empty_recordings(small_disk: Path) -> None:
    """However often it is tried, no file stays in which nothing is."""
    recorder = Recorder(small_disk / "recorder", a_site(), "", "1.2.3")
    with (small_disk / "filler").open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    for row in scans(5):
        with suppress(OSError):
            recorder.add(row.stamp, row.before, row.snapshot, row.plan)
            recorder.flush()
    assert list((small_disk / "recorder").glob("*.rec")) == []


def test_samples_that_vanish_are_begun_anew(tmp_path: Path) -> None:
    """A file that somebody has taken away: what comes later stands on its own."""
    store = SampleStore(tmp_path / "samples.db", RecordSpec())
    for n, row in enumerate(scans(20)):
        store.add(row.stamp, channels(row.snapshot, row.plan))
        store.commit((0, ""))
        if n == 9:
            store.database.close()
            (tmp_path / "samples.db").unlink()
    assert sum(1 for _ in samples(tmp_path, "1s")) == 10
