"""`headworks verify`, `export`, `backup` and `restore`: for people, for tools, and after mistakes."""

import csv
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import count, islice
from pathlib import Path
from typing import Any

import pytest

from headworks.cli import export
from headworks.cli.main import main
from headworks.model.site import RecordSpec
from headworks.record import backup as module
from headworks.record.journal import JournalStore
from headworks.record.records import Records
from headworks.record.seal import load_key
from headworks.record.stamp import Clock, Entry, Stamp
from headworks.record.verify import verify
from headworks.record.writer import Writer
from headworks.station.lock import held
from record.kept import keep
from record.scans import a_site, scans
from record.test_memory import as_nobody

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with half an hour of records and a trip."""
    folder = tmp_path_factory.mktemp("state")
    site = a_site(RecordSpec(baseline_kwh=(100.0,) * 12), scan_s=10.0)
    keep(folder / "records", scans(200, every_s=10.0, smoke_at=100, on=site), site)
    with sqlite3.connect(folder / "memory.db") as connection:
        connection.execute("CREATE TABLE memory (id)")
    connection.close()
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], state: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command; code, output, errors."""
    monkeypatch.setenv("HEADWORKS_STATE", str(state))
    monkeypatch.setenv("TZ", "UTC")

    def call(*words: object) -> tuple[int, str, str]:
        try:
            code = main([str(word) for word in words])
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return call


def test_verify_says_what_is_good(run: Run, state: Path) -> None:
    """Counts, the head, the public key, and a last line that says it."""
    code, out, _ = run("verify")
    assert code == 0
    assert load_key(state / "records").public in out
    assert out.endswith("good: nothing was changed, nothing is missing\n")
    code, out, _ = run("verify", "--json")
    assert json.loads(out)["ok"] is True
    assert run("verify", "--key")[1] == load_key(state / "records").public + "\n"


def test_verify_names_what_is_broken(run: Run, state: Path, tmp_path: Path) -> None:
    """Exit code 1 and the first broken record; a key that was noted is held against the seals."""
    code, out, _ = run("verify", "--expect", "0" * 64)
    assert code == 1
    assert "BROKEN: journal entry" in out
    assert "another key" in out
    assert run("verify", "--expect", "abc")[0] == 2


def test_verify_claims_no_more_than_it_has_seen(run: Run, state: Path, tmp_path: Path) -> None:
    """The folder is named; without a seal nothing is sealed, and an empty span checks nothing."""
    assert f"records      {state / 'records'}\n" in run("verify")[1]
    code, out, _ = run("verify", "--from", "2036-01-01")
    assert code == 0
    assert "seals        none in this span\n" in out
    assert out.endswith("nothing was checked: no entry of the journal lies in this span\n")
    records = Records(tmp_path / "new", a_site())
    records.start()
    records.journal(Stamp("b", 1.0), Entry("x")).result(20)
    deadline_s = time.monotonic() + 20.0
    out = "begun"
    while "begun" in out and time.monotonic() < deadline_s:  # samples' file comes a moment later
        code, out, _ = run("verify", "--records", tmp_path / "new")
    assert records.close(20)
    assert code == 0, out
    assert "seals        none\n" in out
    assert "nothing is sealed yet; the chain is consistent in itself" in out
    assert "nothing was changed" not in out


def test_records_that_have_only_begun_are_not_called_broken(run: Run, tmp_path: Path) -> None:
    """A journal of the first moments has no samples beside it; an older one must have them."""
    store = JournalStore(tmp_path / "journal.db")
    store.append([(Stamp("b", 100.0), Entry("station-start"))])
    code, out, _ = run("verify", "--records", tmp_path)
    assert code == 0, out
    assert out.splitlines()[-1].startswith("has only begun: the first samples are not on the disk")
    (tmp_path / "samples.db").touch()
    assert "has only begun" in run("verify", "--records", tmp_path)[1]
    (tmp_path / "samples.db").unlink()
    store.append([(Stamp("b", 161.0), Entry("x"))])
    store.database.close()
    code, out, _ = run("verify", "--records", tmp_path)
    assert code == 1
    assert "samples.db is missing" in out


def test_export_and_backup_name_whose_records_they_read(
    run: Run, state: Path, tmp_path: Path
) -> None:
    """Beside the rows that a program reads, and with what a backup holds."""
    assert run("export", "ledger")[2] == f"headworks: records of {state / 'records'}\n"
    assert f"of the station in {state}\n" in run("backup", tmp_path / "b")[1]


@pytest.mark.parametrize("what", ["samples", "journal", "ledger"])
def test_an_export_without_rows_says_so(run: Run, what: str) -> None:
    """An empty span is no file with an empty line, and no riddle."""
    code, out, err = run("export", what, "--from", "2036-01-01")
    assert code == 0
    assert not table(out)
    assert f"headworks: no rows of {what} in this span\n" in err


@pytest.mark.parametrize("words", [["verify"], ["export", "ledger"], ["verify", "--key"]])
def test_without_records_it_is_one_line(run: Run, tmp_path: Path, words: list[str]) -> None:
    """Which folder, and what to do."""
    code, out, err = run(*words, "--records", tmp_path)
    assert (code, out) == (2, "")
    assert err.startswith(f"headworks: there are no records in {tmp_path}")
    assert err.count("\n") == 1


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_samples_as_csv_and_json(run: Run) -> None:
    """The same rows in both; unknown is empty, and a coarse tier has three columns a channel."""
    rows = table(run("export", "samples")[1])
    assert len(rows) == 200
    assert rows[0]["time"] == "2027-01-15T08:00:00.000+00:00"
    assert rows[0]["air.dew_c"] == ""
    lines = [json.loads(line) for line in run("export", "samples", "--json")[1].splitlines()]
    assert [float(r["incomer.power_kw"]) for r in rows] == [r["incomer.power_kw"] for r in lines]
    coarse = table(run("export", "samples", "--tier", "60s")[1])
    assert float(coarse[3]["incomer.power_kw.least"]) <= float(coarse[3]["incomer.power_kw.most"])


def test_a_span(run: Run) -> None:
    """From and to, the end not in it."""
    rows = table(
        run("export", "samples", "--from", "2027-01-15T08:10", "--to", "2027-01-15T08:11+00:00")[1]
    )
    assert [row["time"][11:19] for row in rows] == [f"08:10:{n}0" for n in range(6)]
    there = table(run("export", "samples", "--timezone", "Asia/Karachi")[1])
    assert there[0]["time"] == "2027-01-15T13:00:00.000+05:00"
    assert run("export", "samples", "--timezone", "Karachi")[0] == 2
    code, _, err = run("export", "samples", "--from", "yesterday")
    assert code == 2
    assert "2026-11-01" in err


def test_the_journal_and_the_ledger(run: Run) -> None:
    """Every entry with its hash; every interval with its figures, quality and clock."""
    kinds = [row["kind"] for row in table(run("export", "journal")[1])]
    assert {"trip", "interval", "seal"} <= set(kinds)
    rows = table(run("export", "ledger")[1])
    assert [row["quality"] for row in rows] == ["whole", "whole", "partial"]
    assert {row["clock"] for row in rows} == {"synced"}
    total = sum(float(rows[0][f"{name}.kwh"]) for name in ("a1", "a2", "a3"))
    assert total == pytest.approx(float(rows[0]["racks_kwh"]), abs=1e-5)
    units = float(rows[0]["baseline_kwh"]) + float(rows[0]["incremental_kwh"])
    assert units == pytest.approx(float(rows[0]["import_kwh"]), abs=1e-5)


def test_parquet_holds_the_same(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns of figures with their types."""
    from pyarrow import parquet

    monkeypatch.setattr(export, "PIECE_ROWS", 7)
    for what in ("samples", "journal", "ledger"):
        path = tmp_path / f"{what}.parquet"
        assert run("export", what, "--parquet", "--out", path)[0] == 0
        found = parquet.read_table(path)
        assert found.num_rows == len(table(run("export", what)[1]))
    values = parquet.read_table(tmp_path / "samples.parquet").column("a1.power_kw").to_pylist()
    assert max(values) == 36.0


HOSTILE = (
    *("import", "export", "racks", "covered", "baseline", "incremental", "quality", "clock"),
    *("from", "to", "seq", "missing_s", "start", "time", "kwh", "how", "counter", "import_counter"),
    *("a", "a_kwh", "a_counter", "a_import", "a_import_counter", "b-import", "covered_share"),
)


def intervals_of(names: Sequence[str]) -> list[Entry]:
    """Two intervals in which racks and feeders are called so, the other way round in the second."""
    half = len(names) // 2
    return [
        Entry("interval", "site", values=interval_of(racks, feeders))
        for racks, feeders in ((names[:half], names[half:]), (names[half:], names[:half]))
    ]


def interval_of(racks: Sequence[str], feeders: Sequence[str]) -> dict[str, Any]:
    """An interval whose every figure is another, from 1 on: what overwrites what can be seen."""
    figures = (float(n) for n in count(1))

    def told() -> dict[str, Any]:
        return {"kwh": next(figures), "how": "counter", "flags": [], "first": 0.0,
                "last": next(figures)}  # fmt: skip

    def both() -> dict[str, Any]:
        return {"import": told(), "export": told()}

    fixed = ("racks_kwh", "covered_kwh", "covered_share", "baseline_kwh", "incremental_kwh")
    return {
        "from_s": 1e9, "to_s": 1e9 + 900, "from_t_s": 0.0, "to_t_s": 900.0, "interval_s": 900.0,
        "missing_s": 0.0, "quality": "whole", "clock_state": "synced", **both(),
        "feeders": {name: both() for name in feeders}, "racks": {name: told() for name in racks},
        **{name: next(figures) for name in fixed},
    }  # fmt: skip


def test_no_name_takes_another_s_column_of_the_ledger(run: Run, tmp_path: Path) -> None:
    """Whatever racks and feeders are called: every figure is there, under a name of its own."""
    from pyarrow import parquet

    store = JournalStore(tmp_path / "journal.db")
    entries = intervals_of(HOSTILE)
    store.append([(Stamp("b", 900.0, 1e9 + 900, Clock.SYNCED), entry) for entry in entries])
    store.database.close()
    held = [[n + 1.0 for n in range(int(e.values["incremental_kwh"]))] for e in entries]
    where = ("--records", tmp_path)
    lines = [json.loads(li) for li in run("export", "ledger", "--json", *where)[1].splitlines()]
    lines = [line for line in lines if line["quality"] != "gap"]
    assert [
        sorted(v for v in line.values() if isinstance(v, float) and v) for line in lines
    ] == held
    assert [line["racks_kwh"] for line in lines] == [e.values["racks_kwh"] for e in entries]
    rows = [r for r in table(run("export", "ledger", *where)[1]) if r["quality"] != "gap"]
    run("export", "ledger", "--parquet", "--out", tmp_path / "x.parquet", *where)
    columns = parquet.read_table(tmp_path / "x.parquet").to_pylist()
    columns = [row for row in columns if row["quality"] != "gap"]
    for line, row, flat in zip(lines, rows, columns, strict=True):
        assert {n: v for n, v in flat.items() if v is not None} == line
        assert {n: v for n, v in row.items() if v} == {
            n: str(v) for n, v in line.items() if v not in (None, "")
        }


def test_parquet_that_is_not_installed_says_what_to_install(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line, and no file that looks whole."""
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    code, _, err = run("export", "ledger", "--parquet", "--out", tmp_path / "x.parquet")
    assert code == 2
    assert "pip install 'headworks[parquet]'" in err
    assert list(tmp_path.iterdir()) == []
    assert run("export", "ledger", "--parquet")[0] == 2


def test_an_export_overwrites_nothing(run: Run, tmp_path: Path) -> None:
    """A file that is there stays."""
    path = tmp_path / "x.csv"
    path.write_text("mine")
    code, _, err = run("export", "ledger", "--out", path)
    assert (code, path.read_text()) == (2, "mine")
    assert "name a new file" in err


def test_an_export_is_on_the_disk_before_it_has_its_name(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a power cut a file with that name is whole: nothing of it waits in memory any more."""
    steps: list[int] = []
    sync = os.fsync

    def seen(handle: int) -> None:
        assert list(tmp_path.glob("x*")) == [tmp_path / "x.csv.part"]
        steps.append(os.fstat(handle).st_size)
        sync(handle)

    monkeypatch.setattr(export.os, "fsync", seen)
    assert run("export", "samples", "--out", tmp_path / "x.csv")[0] == 0
    assert steps == [(tmp_path / "x.csv").stat().st_size]


def test_a_note_is_no_formula(run: Run, tmp_path: Path) -> None:
    """What a person wrote is not run by the spreadsheet of another."""
    assert [export._cell(text) for text in ("=1+1", "@x", "fine", 5.0)] == [
        "'=1+1",
        "'@x",
        "fine",
        5.0,
    ]


def test_a_backup_comes_back(run: Run, tmp_path: Path) -> None:
    """Elsewhere: the same journal, the same key, the site file, and all of it verified."""
    site, file, there = tmp_path / "site.toml", tmp_path / "b.tar.gz", tmp_path / "there"
    site.write_text("[site]\n")
    code, out, _ = run("backup", file, "--site", site)
    assert code == 0, out
    assert file.stat().st_mode & 0o077 == 0
    assert run("restore", file, "--check")[0] == 0
    code, out, _ = run("restore", file, "--state", there, "--site", tmp_path / "new.toml")
    assert code == 0
    assert (tmp_path / "new.toml").read_text() == "[site]\n"
    assert out.endswith(f"check it: headworks verify --records {there / 'records'}\n")
    assert (there / "records" / "seal.key").stat().st_mode & 0o777 == 0o600
    before, after = (
        json.loads(run("verify", "--json", "--records", folder)[1])
        for folder in (os.environ["HEADWORKS_STATE"] + "/records", there / "records")
    )
    assert {**after, "folder": ""} == {**before, "folder": ""}
    assert after["ok"]


def test_a_backup_beside_a_ring_that_goes_on_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recordings end, begin and go while it is made: what comes back still agrees with its journal."""
    state, there = tmp_path / "state", tmp_path / "there"
    site = a_site(RecordSpec(recorder_mb=0.07), scan_s=10.0)
    rows = scans(900, every_s=10.0, on=site)
    station = Writer(state / "records", site, "", "1")
    station.open()

    def go_on(count: int) -> None:
        for row in islice(rows, count):
            station.scan(row.stamp, row.snapshot, row.plan, row.before)
            station.settle(row.stamp)

    def meanwhile(source: Path, target: Path) -> None:
        go_on(65)  # a file is of sixty scans here, and the ring of five files
        copied(source, target)
        go_on(65)

    copied = module._copy
    go_on(400)
    monkeypatch.setattr(module, "_copy", meanwhile)
    module.backup(state, None, tmp_path / "b.tar.gz", "1")
    station.close(None)
    module.restore(tmp_path / "b.tar.gz", there, None)
    report = verify(there / "records")
    assert report.broken == ()
    assert report.recordings > 2


def test_a_restore_moves_aside_what_was_there(run: Run, tmp_path: Path) -> None:
    """Nothing is lost by a restore."""
    file, there = tmp_path / "b.tar.gz", tmp_path / "there"
    assert run("backup", file)[0] == 0
    (there / "records").mkdir(parents=True)
    (there / "records" / "journal.db").write_text("mine")
    assert run("restore", file, "--state", there)[0] == 0
    assert (there / "before-restore-1" / "records" / "journal.db").read_text() == "mine"


def test_a_running_station_is_not_restored_over(run: Run, tmp_path: Path) -> None:
    """One line, and nothing has changed."""
    file, there = tmp_path / "b.tar.gz", tmp_path / "there"
    assert run("backup", file)[0] == 0
    with held(there / "station.lock"):
        code, _, err = run("restore", file, "--state", there)
    assert code == 1
    assert "stop the station first" in err
    assert [path.name for path in there.iterdir()] == ["station.lock"]


def test_any_changed_byte_of_a_backup_is_found(run: Run, tmp_path: Path) -> None:
    """A backup that was damaged or cut is refused before anything is touched."""
    file, there = tmp_path / "b.tar.gz", tmp_path / "there"
    assert run("backup", file)[0] == 0
    data, found = file.read_bytes(), 0
    with tarfile.open(file) as good:
        members = [(m.name, m.size) for m in good]
    for at in range(10, len(data) - 8, len(data) // 40):
        file.write_bytes(data[:at] + bytes([data[at] ^ 0x20]) + data[at + 1 :])
        code, _, err = run("restore", file, "--state", there)
        if code == 0:  # a bit that gzip does not use
            with tarfile.open(file) as same:
                assert [(m.name, m.size) for m in same] == members
            shutil.rmtree(there)
            continue
        found += 1
        assert (code, err.count("\n")) == (1, 1), at
        assert not (there / "records").exists()
    assert found > 35
    for size in (0, 10, len(data) // 2, len(data) - 200):
        file.write_bytes(data[:size])
        assert run("restore", file, "--state", there)[0] == 1


@pytest.mark.parametrize(
    "name", ["../../evil", "/tmp/evil", "records/recorder/../../../x.rec", "records/other", "x"]
)
def test_no_file_leaves_the_folder(run: Run, tmp_path: Path, name: str) -> None:
    """A file made by somebody else cannot write anywhere (catalogue row 48)."""
    file = tmp_path / "b.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    code, _, err = run("restore", file, "--state", tmp_path / "there")
    assert code == 1
    assert "is no file of a backup" in err


def test_links_in_a_backup_are_refused(run: Run, tmp_path: Path) -> None:
    """Only plain files are taken."""
    file = tmp_path / "b.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        link = tarfile.TarInfo("site.toml")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    assert run("restore", file, "--state", tmp_path / "there")[0] == 1


def test_a_backup_overwrites_nothing_and_wants_records(run: Run, tmp_path: Path) -> None:
    """One line each, with what to do."""
    for words, text in (
        ([tmp_path / "x", "--state", tmp_path], "no records"),
        ([tmp_path], "is there already"),
        ([tmp_path / "none" / "x"], "none"),
    ):
        code, _, err = run("backup", *words)
        assert code == 1, words
        assert text in err
    code, _, err = run("restore", tmp_path / "missing", "--state", tmp_path / "s")
    assert code == 1
    assert "is not there" in err


@pytest.mark.parametrize("name", ["journal.db", "samples.db"])
@pytest.mark.parametrize(
    "data", [b"no database at all", b"\0" * 9000, b"SQLite format 3\0" + b"\7" * 999]
)
def test_a_file_that_is_no_database_is_named(
    run: Run, state: Path, tmp_path: Path, name: str, data: bytes
) -> None:
    """Every command that reads says so in a line, and never with a traceback."""
    there = tmp_path / "state"
    shutil.copytree(state, there)
    (there / "records" / name).write_bytes(data)
    code, out, err = run("verify", "--records", there / "records")
    assert (code, err) == (1, "") or code == 2
    assert name in out or "no records" in err
    for words in (
        ["export", "samples" if "samples" in name else "journal", "--records", there / "records"],
        ["backup", tmp_path / "b", "--state", there],
    ):
        code, _, err = run(*words)
        assert code in (1, 2)
        assert err.count("\n") == 1


def test_a_disk_that_is_read_only_after_a_crash_is_one_line(run: Run, tmp_path: Path) -> None:
    """The newest entries are in SQLite's log and cannot be merged there: no half truth."""
    folder = tmp_path / "records"
    records = Records(folder, a_site())
    records.start()
    records.journal(Stamp("b", 1.0), Entry("x")).result(20)
    with tempfile.TemporaryDirectory() as name:
        for file in ("journal.db", "journal.db-wal"):
            shutil.copyfile(folder / file, Path(name, file))
        Path(name).chmod(0o555)
        with as_nobody():
            code, _, err = run("verify", "--records", name)
        Path(name).chmod(0o755)
    assert records.close(20)
    assert code == 1
    assert "copy the folder to where you may write" in err
