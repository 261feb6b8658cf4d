"""The journal's sums of samples: what somebody forged or took away is found, what age took is not."""

import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headworks.model.site import RecordSpec
from headworks.record.packing import pack, unpack
from headworks.record.reading import blocks, entries
from headworks.record.samples import ROWS, SLOTS, SampleStore, rows_of
from headworks.record.stamp import Clock, Stamp
from headworks.record.sums import SUMS, SampleSums
from headworks.record.sums_check import SumsCheck
from headworks.record.tiers import tier_named
from headworks.record.verify import verify
from headworks.record.writer import Writer
from record.scans import WALL_S, Scan, a_site, scans
from record.test_seals import copied, written

DAY_S = 86400.0


def kept(folder: Path, rows: Iterable[Scan], **record: Any) -> None:
    """A run that ends in order."""
    site = a_site(RecordSpec(**record), scan_s=10.0)
    writer, last = Writer(folder, site, "", ""), None
    writer.open()
    for row in rows:
        written(writer, [row])
        last = row.stamp
    writer.close(last)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs of some minutes."""
    folder = tmp_path_factory.mktemp("sums") / "records"
    kept(folder, scans(130))
    kept(folder, scans(130, t_s=5000.0, wall_s=WALL_S + 4000.0))
    assert verify(folder).broken == ()
    return folder


def changed(good: Path, folder: Path, *statements: str) -> str:
    """What `verify` finds first after some SQL on the samples."""
    copied(good, folder)
    with closing(sqlite3.connect(folder / "samples.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    return next(iter(verify(folder).broken), "")


@pytest.mark.parametrize("tier", ["1s", "10s", "60s", "600s", "3600s"])
def test_a_block_that_is_gone_with_its_rows_is_found(good: Path, tmp_path: Path, tier: str) -> None:
    """The last of a tier, and one in between where there is one; nothing else would tell."""
    with closing(sqlite3.connect(good / "samples.db")) as connection:
        numbers = [block.id for block in blocks(connection, tier)]
    assert len(numbers) >= 2
    for number in numbers[1:]:
        found = changed(
            good, tmp_path / "r",
            f"DELETE FROM row WHERE id BETWEEN {number * SLOTS} AND {number * SLOTS + ROWS}",
            f"DELETE FROM block WHERE id = {number}",
        )  # fmt: skip
        assert found.startswith(f"samples {tier}: of the "), found


def test_a_check_that_was_worked_out_anew_is_found(good: Path, tmp_path: Path) -> None:
    """A forger who knows the form: every row of the block fits, and the sum does not."""
    folder = tmp_path / "forged"
    copied(good, folder)
    with closing(sqlite3.connect(folder / "samples.db")) as connection, connection:
        block = next(iter(blocks(connection, "1s")))
        last, new = ([0] * (len(block.names) * tier_named(block.tier).figures) for _ in range(2))
        seed, check, other = block.seeds(), b"", b""
        for slot, data in [*rows_of(connection, block)]:
            row = unpack(data, last, seed(slot, check))
            check = data[-4:]
            forged = pack([v if v is None else v + 1 for v in row], new, seed(slot, other))
            other = forged[-4:]
            asked = "UPDATE row SET data = ? WHERE id = ?"
            connection.execute(asked, (forged, block.id * SLOTS + slot))
    [found] = verify(folder).broken
    assert found.startswith("samples 1s: of the ")


def test_what_age_and_size_let_go_is_not_missed(tmp_path: Path) -> None:
    """Day after day the oldest goes, and what is left is good; a hole in it would be found."""
    rows = list(scans(150, every_s=2400.0, on=a_site(scan_s=10.0)))
    kept(tmp_path / "aged", rows, fine_days=1.0, middle_days=2.0)
    kept(tmp_path / "small", rows, samples_mb=0.03)
    for name in ("aged", "small"):
        with closing(sqlite3.connect(tmp_path / name / "samples.db")) as connection:
            assert connection.execute("SELECT count(*) FROM block").fetchone()[0] < 1000
            left = [block.id for block in blocks(connection, "60s")]
        assert len([*entries(tmp_path / name, kind=SUMS)]) == 5
        assert verify(tmp_path / name).broken == ()
        middle = left[len(left) // 2]
        found = changed(
            tmp_path / name, tmp_path / "r",
            f"DELETE FROM row WHERE id / {SLOTS} = {middle}", f"DELETE FROM block WHERE id = {middle}",
        )  # fmt: skip
        assert found.startswith("samples 60s: of the "), found


def test_all_that_a_set_clock_lets_go_is_not_missed(tmp_path: Path) -> None:
    """A clock that was years behind is set: everything is too old at once, and numbers go on."""
    rows = list(scans(200, wall_s=1e9, clock=Clock.FREE))
    rows[100:] = [
        row._replace(
            stamp=row.stamp._replace(wall_s=(row.stamp.wall_s or 0.0) + 8e8, t_s=row.stamp.t_s)
        )
        for row in rows[100:]
    ]
    site = a_site(scan_s=10.0)
    writer = Writer(tmp_path, site, "", "")
    writer.open()
    for at, row in enumerate(rows):
        if at == 101:
            writer._trim_s = float("-inf")
        written(writer, [row])
        if at in (50, 101, 150):
            writer._tell_samples(row.stamp)
    writer.close(rows[-1].stamp)
    assert len([*entries(tmp_path, kind=SUMS)]) == 5  # the new day's seal tells them too
    assert verify(tmp_path).broken == ()


def test_samples_that_are_older_than_the_newest_sum_are_no_fault(
    good: Path, tmp_path: Path
) -> None:
    """A backup copies samples before the journal, which may have got a sum meanwhile."""
    folder, before = tmp_path / "records", tmp_path / "before"
    copied(good, folder)
    copied(good, before)
    kept(folder, scans(20, t_s=9000.0, wall_s=WALL_S + 9000.0))
    shutil.copyfile(before / "samples.db", folder / "samples.db")
    assert verify(folder).broken == ()
    kept(folder, scans(20, t_s=9900.0, wall_s=WALL_S + 9900.0))
    assert verify(folder).broken != ()  # by then they should have been there


def test_a_file_that_was_set_aside_is_no_fault(good: Path, tmp_path: Path) -> None:
    """Its sums went with it; the journal says that another was begun."""
    folder = tmp_path / "records"
    copied(good, folder)
    (folder / "samples.db").write_bytes(b"\\0" * 5000)
    kept(folder, scans(20, t_s=9000.0, wall_s=WALL_S + 9000.0))
    report = verify(folder)
    assert report.broken == ()
    assert any("could not be read once" in note for note in report.notes)


def test_a_file_that_is_damaged_while_the_station_runs_is_no_fault(tmp_path: Path) -> None:
    """What was kept in it and not told yet is not told as of the one that comes after it."""
    writer, rows = Writer(tmp_path, a_site(), "", ""), list(scans(60))
    writer.open()
    written(writer, rows[:30])
    writer._samples.database.close()
    (tmp_path / "samples.db").write_bytes(b"\0" * 5000)
    written(writer, rows[30:])
    writer.close(rows[-1].stamp)
    assert [*entries(tmp_path, kind="begin")]
    [told] = entries(tmp_path, kind=SUMS)
    assert {one["tier"] for one in told["values"]["sums"]} >= {"1s", "10s", "60s"}
    assert verify(tmp_path).broken == ()


DAYS = RecordSpec(fine_days=1.0, middle_days=1.5, coarse_days=1.0, long_days=2.0)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 200), st.floats(-3 * DAY_S, 3 * DAY_S),
                          st.sampled_from(["tell", "trim", "both", "drop"])), min_size=1, max_size=8))  # fmt: skip
def test_no_order_of_sums_trims_and_set_clocks_is_a_fault(
    steps: list[tuple[int, float, str]],
) -> None:
    """Whatever is kept, told, let go and set in between: what is left is what was told."""
    sums, check = SampleSums(), SumsCheck()
    store = SampleStore(Path(":memory:"), DAYS, sums.add)
    wall_s, t_s, seq = WALL_S, 0.0, 0
    for count, jump_s, act in steps:
        wall_s += jump_s
        for _ in range(count):
            t_s, wall_s = t_s + 20.0, wall_s + 20.0
            store.add(Stamp("b", t_s, wall_s, Clock.SYNCED), {"a.kw": t_s})
        store.commit((seq, ""))
        if act in ("trim", "both"):
            store.trim(wall_s)
        if act == "drop":
            store.drop_oldest()
        entry = sums.take() if act in ("tell", "both") else None
        if entry is not None:
            seq += 1
            check.take({"kind": SUMS, "seq": seq, "values": dict(entry.values)})
    store.commit((seq, ""))
    assert check.first_wrong(store.database.open()) == ""
    store.database.close()
