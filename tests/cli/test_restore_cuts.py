"""`headworks restore` that fails or is cut off, and times of `export` in a zone."""

import os
import shutil
import sqlite3
from itertools import count
from pathlib import Path

import pytest

from headworks.cli.main import main
from headworks.record import backup as module
from headworks.record.verify import verify
from headworks.station.lock import StartError, must_be_whole
from record.kept import keep
from record.scans import a_site, scans
from record.test_memory import as_nobody


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `state`, records and memory in it, and `b.tar.gz`, its backup."""
    folder = tmp_path_factory.mktemp("kept")
    site = folder / "site.toml"
    site.write_text("[site]\n")
    keep(folder / "state" / "records", scans(40, every_s=10.0), a_site())
    with sqlite3.connect(folder / "state" / "memory.db") as connection:
        connection.execute("CREATE TABLE memory (id)")
    connection.close()
    module.backup(folder / "state", site, folder / "b.tar.gz", "1")
    return folder


class CutError(BaseException):
    """The power goes."""


def cut_at(monkeypatch: pytest.MonkeyPatch, last: int) -> None:
    """So many files are still renamed."""
    numbers, rename = count(), os.rename

    def renamed(source: Path, target: Path) -> None:
        if next(numbers) == last:
            raise CutError
        rename(source, target)

    monkeypatch.setattr(module.os, "rename", renamed)


def test_a_restore_cut_at_any_moment_lets_no_station_begin_with_half(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its memory it would begin without its latches. The same restore goes on."""
    for last in count():
        there = tmp_path / str(last)
        shutil.copytree(kept / "state", there)
        with monkeypatch.context() as patched:
            cut_at(patched, last)
            try:
                module.restore(kept / "b.tar.gz", there, None)
            except CutError:
                with pytest.raises(StartError, match="run headworks restore with the same file"):
                    must_be_whole(there)
            else:
                break
        module.restore(kept / "b.tar.gz", there, None)
        must_be_whole(there)
        assert verify(there / "records").broken == ()
        assert (there / "memory.db").exists()
        assert (there / "before-restore-1").is_dir()  # nothing is lost
    assert last >= 4
    must_be_whole(there)


def test_a_state_folder_that_nobody_may_look_into_is_no_cut_restore(tmp_path: Path) -> None:
    """The station starts there with its memory's alarm, as before."""
    (tmp_path / "state").mkdir(mode=0o000)
    with as_nobody():
        must_be_whole(tmp_path / "state")


def test_a_site_file_that_cannot_be_written_leaves_the_records_alone(
    kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1 says that nothing was changed."""
    words = ["restore", str(kept / "b.tar.gz"), "--state", str(tmp_path / "s")]
    assert main([*words, "--site", str(tmp_path / "none" / "site.toml")]) == 1
    assert "none" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "s").iterdir()] == ["station.lock"]


def test_a_span_is_in_the_zone_that_is_asked_for(
    kept: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From a time to a time of another zone are the rows of that zone; an empty span is a mistake."""
    monkeypatch.setenv("HEADWORKS_STATE", str(kept / "state"))
    words = ["export", "samples", "--timezone", "Asia/Karachi"]
    assert main(words) == 0
    rows = capsys.readouterr().out.splitlines()
    at = [row.partition(",")[0] for row in rows]
    assert at[1][10] == "T"
    span = ["--from", at[3][:19], "--to", at[6][:19]]
    assert main([*words, *span]) == 0
    assert capsys.readouterr().out.splitlines() == [rows[0], *rows[3:6]]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--from", at[6][:19], "--to", at[3][:19]])
    assert ended.value.code == 2
    assert "--to must be later than --from" in capsys.readouterr().err
