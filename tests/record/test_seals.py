"""Seals when something goes wrong around them: power cuts, a clock that is set, days without power."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from headworks.record.reading import entries
from headworks.record.stamp import Entry, entry_of
from headworks.record.verify import verify
from headworks.record.writer import Writer
from record.kept import keep
from record.scans import WALL_S, Scan, a_site, scans

DAY_S = 86400.0
MIDNIGHT_S = WALL_S - WALL_S % DAY_S + DAY_S


def written(writer: Writer, rows: Iterable[Scan]) -> None:
    """Hand scans and their events on as the records' thread does."""
    for row in rows:
        writer.journal([(row.stamp, entry_of(event)) for event in row.plan.events])
        writer.scan(row.stamp, row.snapshot, row.plan, row.before)
        writer.settle(row.stamp)


def cut_off(folder: Path, rows: list[Scan], copy: Path) -> None:
    """A run that ends in the middle: what is on the disk then is in `copy`."""
    writer = Writer(folder, a_site(), "", "")
    writer.open()
    written(writer, rows)
    copied(folder, copy)
    writer.close(None)


def copied(folder: Path, copy: Path) -> None:
    """What a power cut leaves of a folder: all but what was in memory."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*-shm"))


def seals(folder: Path) -> list[tuple[int, int]]:
    """First and last entry of each, as they follow each other."""
    found = [(s["values"]["first"], s["values"]["last"]) for s in entries(folder, kind="seal")]
    assert [first for first, _ in found] == [1, *(last + 1 for _, last in found)][: len(found)]
    return found


def later(folder: Path, wall_s: float) -> None:
    """The station runs again and ends in order."""
    keep(folder, scans(40, t_s=5000.0, wall_s=wall_s, boot="boot-2"))


def test_a_power_cut_in_the_middle_of_the_daily_seal(tmp_path: Path) -> None:
    """Cut wherever it may be: the seal is there or not, what is there is good, and so it goes on."""
    rows = list(scans(21, wall_s=MIDNIGHT_S - 20.0))
    writer = Writer(tmp_path / "run", a_site(), "", "")
    day, cut = tmp_path / "day", tmp_path / "cut"
    writer.open()
    written(writer, rows[:20])
    copied(tmp_path / "run", day)
    written(writer, rows[20:])
    log = "journal.db-wal"
    data, least = (tmp_path / "run" / log).read_bytes(), (day / log).stat().st_size
    shutil.copyfile(tmp_path / "run" / "samples.db", tmp_path / "samples.db")  # what was synced
    writer.close(None)
    assert verify(day).broken == ()
    found = set()
    for size in range(least, len(data) + 1, (len(data) - least) // 12):
        copied(day, cut)
        (cut / log).write_bytes(data[:size])
        shutil.copyfile(tmp_path / "samples.db", cut / "samples.db")
        (cut / "samples.db-wal").unlink()
        report = verify(cut)
        assert report.broken == ()
        found.add(report.seals)
    assert found == {0, 1}
    later(cut, MIDNIGHT_S + 60.0)
    assert verify(cut).broken == ()
    assert len(seals(cut)) == 2


@pytest.mark.parametrize("step_s", [-DAY_S, -3 * DAY_S, 2 * DAY_S, -3600.0])
def test_a_clock_that_is_set_over_days(tmp_path: Path, step_s: float) -> None:
    """Back or on, over a day's change: seals go on where the last ended, and nothing is broken."""
    rows = list(scans(60, wall_s=MIDNIGHT_S - 10.0))
    rows[30:] = [
        row._replace(stamp=row.stamp._replace(wall_s=(row.stamp.wall_s or 0.0) + step_s))
        for row in rows[30:]
    ]
    keep(tmp_path, rows)
    report = verify(tmp_path)
    assert (report.broken, report.notes) == ((), ())
    assert len(seals(tmp_path)) >= 2
    assert report.sealed_to == report.entries


def test_days_without_power_are_no_days_without_a_seal(tmp_path: Path) -> None:
    """What a power cut left open is sealed by the next start, two days later; both are good."""
    folder = tmp_path / "records"
    cut_off(tmp_path / "run", list(scans(40)), folder)
    before = verify(folder)
    assert (before.broken, before.seals) == ((), 0)
    writer = Writer(folder, a_site(), "", "")
    writer.open()
    [row] = scans(1, t_s=50.0, wall_s=WALL_S + 2 * DAY_S, boot="boot-2")
    writer.journal([(row.stamp, Entry("station-start", "test"))])
    written(writer, [row])
    writer.close(None)
    after = verify(folder)
    assert (after.broken, after.seals) == ((), 1)
    assert seals(folder)[0][1] > before.entries
    later(folder, WALL_S + 2 * DAY_S + 60.0)
    assert verify(folder).broken == ()


def test_a_start_on_the_same_day_adds_no_seal(tmp_path: Path) -> None:
    """Starts that follow each other at once would fill the journal with seals."""
    folder = tmp_path / "records"
    cut_off(tmp_path / "run", list(scans(40)), folder)
    for n in range(3):
        cut_off(folder, list(scans(5, t_s=2000.0 + n, wall_s=WALL_S + 100.0 * (n + 1))),
                tmp_path / f"{n}")  # fmt: skip
    assert seals(folder) == []
