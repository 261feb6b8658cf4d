"""Samples as lines: least, mean and most of equal spans, from the tier that fits; journal pages."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from headworks.model.site import RecordSpec
from headworks.record.history import lines, names_between, tier_for
from headworks.record.journal import JournalStore
from headworks.record.packing import PackingError, pack, picked, unpack
from headworks.record.pages import Asked, newest
from headworks.record.reading import Span
from headworks.record.samples import SampleStore
from headworks.record.stamp import Clock, Entry, Stamp

WALL_S = 1_790_000_000.0


def keep(folder: Path, seconds: int, *, unknown: range = range(0)) -> None:
    """A channel that counts the seconds, one that is always 5, both of every second."""
    store = SampleStore(folder / "samples.db", RecordSpec())
    for n in range(seconds):
        count = None if n in unknown else float(n)
        stamp = Stamp("boot", float(n), WALL_S + n, Clock.SYNCED)
        store.add(stamp, {"m.count": count, "m.five": 5.0})
    store.finish()
    store.commit((0, ""))
    store.database.close()


def test_each_span_has_least_mean_and_most(tmp_path: Path) -> None:
    """Ten minutes in spans of a minute: exactly the figures of the seconds in each."""
    keep(tmp_path, 600)
    found = lines(tmp_path, ["m.count"], Span(WALL_S, WALL_S + 600), 10)
    assert (found.tier, found.step_s) == ("1s", 60.0)
    assert found.values["m.count"] == [
        (60.0 * n, 60.0 * n + 29.5, 60.0 * n + 59.0) for n in range(10)
    ]


def test_a_coarse_tier_gives_the_same_extremes(tmp_path: Path) -> None:
    """A day is drawn from the minutes, and no peak of a second is lost by it."""
    keep(tmp_path, 1200)
    day = Span(WALL_S + 1200 - 86400, WALL_S + 1200)
    found = lines(tmp_path, ["m.count"], day, 72)
    assert (found.tier, tier_for(3600.0), tier_for(30000.0)) == ("60s", "1s", "10s")
    known = [value for value in found.values["m.count"] if value is not None]
    assert (known[0][0], known[-1][2]) == (0.0, 1199.0)


def hours(folder: Path, first_s: int, last_s: int, *, killed: bool = False) -> None:
    """A process that keeps how many hours it is since WALL_S, every half a minute."""
    store = SampleStore(folder / "samples.db", RecordSpec())
    for n in range(first_s, last_s, 30):
        stamp = Stamp(f"from {first_s}", float(n), WALL_S + n, Clock.SYNCED)
        store.add(stamp, {"m.hours": n / 3600.0})
    if not killed:
        store.finish()
    store.commit((0, ""))
    store.database.close()


def drawn(folder: Path, first_h: float, last_h: float, spans: int) -> list[int | None]:
    """Least of each span in hours, rounded down."""
    span = Span(WALL_S + first_h * 3600, WALL_S + last_h * 3600)
    found = lines(folder, ["m.hours"], span, spans).values["m.hours"]
    return [None if value is None else int(value[0] + 1e-3) for value in found]


def test_what_a_long_row_lost_is_taken_from_shorter_ones(tmp_path: Path) -> None:
    """A killed process takes its hour along, not its minutes: a month shows both of these days."""
    hours(tmp_path, 0, 20 * 3600 + 1800, killed=True)
    hours(tmp_path, 25 * 3600, 30 * 3600 + 1200, killed=True)
    month = Span(WALL_S, WALL_S + 30 * 86400)
    assert names_between(tmp_path, month) == ["m.hours"]
    assert drawn(tmp_path, 0, 30 * 24, 720)[:40] == [
        *range(21), *[None] * 4, *range(25, 31), *[None] * 9
    ]  # fmt: skip


def test_records_without_long_rows_are_drawn_from_minutes(tmp_path: Path) -> None:
    """Those of an older version, which the newer one went on with."""
    hours(tmp_path, 0, 10 * 3600)
    with closing(sqlite3.connect(tmp_path / "samples.db")) as connection, connection:
        connection.execute("DELETE FROM block WHERE tier IN ('600s', '3600s')")
    hours(tmp_path, 10 * 3600, 12 * 3600)
    assert drawn(tmp_path, 0, 30 * 24, 720)[:13] == [*range(12), None]


def test_where_seconds_are_gone_longer_rows_are_drawn(tmp_path: Path) -> None:
    """Of an hour of two weeks ago there are tens of seconds yet; each fills all of its time."""
    hours(tmp_path, 0, 3 * 3600)
    with closing(sqlite3.connect(tmp_path / "samples.db")) as connection, connection:
        connection.execute(
            "DELETE FROM block WHERE tier = '1s' AND wall_s < ?", (WALL_S + 7200 - 1,)
        )
    hour = drawn(tmp_path, 0.5, 1.5, 1200)
    assert hour.count(None) <= 1200 * 2 / 3 + 3  # a scan in 30 s is in one row of 10 s of three
    assert {*hour} == {0, 1, None}
    assert names_between(tmp_path, Span(WALL_S + 1800, WALL_S + 5400)) == ["m.hours"]


def test_no_long_row_hides_a_gap(tmp_path: Path) -> None:
    """The hours of a stop and of a start reach beyond both; nothing was kept in between."""
    hours(tmp_path, 0, 3000)
    hours(tmp_path, 3600 + 1830, 2 * 3600 + 1830)
    seen = drawn(tmp_path, 0.75, 1.75, 60)
    assert seen == [0] * 5 + [None] * 40 + [1] * 15


def test_what_is_not_known_is_a_hole(tmp_path: Path) -> None:
    """Unknown and never kept are None, not zero and not the value before."""
    keep(tmp_path, 300, unknown=range(120, 180))
    found = lines(tmp_path, ["m.count", "m.other"], Span(WALL_S, WALL_S + 600), 10)
    holes = [value is None for value in found.values["m.count"]]
    assert holes == [False, False, True, False, False, True, True, True, True, True]
    assert found.values["m.other"] == [None] * 10
    assert lines(tmp_path, [], Span(WALL_S, WALL_S + 600), 10).spans == 10


def test_no_span_is_finer_than_its_rows(tmp_path: Path) -> None:
    """Asked for more points than there are seconds, every second has its own and none is empty."""
    keep(tmp_path, 100)
    found = lines(tmp_path, ["m.five"], Span(WALL_S, WALL_S + 100), 1200)
    assert found.values["m.five"] == [(5.0, 5.0, 5.0)] * 100
    assert names_between(tmp_path, Span(WALL_S, WALL_S + 100)) == ["m.count", "m.five"]


@pytest.mark.parametrize(
    "span", [Span(), Span(5.0, 5.0), Span(9.0, 5.0), Span(0.0, 4e9), Span(None, 5.0)]
)
def test_a_span_that_is_none_is_refused(tmp_path: Path, span: Span) -> None:
    """Without an end, backwards or longer than 400 days: told, before anything is read."""
    with pytest.raises(ValueError, match="400 days"):
        lines(tmp_path, [], span, 10)


def test_picked_columns_are_those_of_the_whole_row() -> None:
    """Reading some columns gives what reading all of them gives, and finds damage as well."""
    rows = [[5, None, -70_000, 0, 10**12], [6, 3, None, 1, 10**12 + 1], [6, 4, 70_000, None, 0]]
    last, one, other = [0] * 5, [0] * 5, [0] * 5
    for row in rows:
        data = pack(row, last, "seed")
        assert picked(data, one, "seed", range(5)) == unpack(data, other, "seed")
    with pytest.raises(PackingError):
        picked(data[:3] + b"\x00" + data[4:], one, "seed", (0,))
    with pytest.raises(PackingError):
        picked(pack([1], [0], "s"), [0, 0], "s", (0,))


def journal(folder: Path) -> None:
    """Six entries of three kinds, one without a time of day, one with words of another script."""
    store = JournalStore(folder / "journal.db")
    for n, (kind, note) in enumerate(
        [("start", ""), ("trip", "100% smoke"), ("start", ""), ("asked", "پنکھا"), ("stop", "x")]
    ):
        stamp = Stamp("boot", float(n), WALL_S + n, Clock.SYNCED)
        store.append([(stamp, Entry(kind, f"a{n}", note=note))])
    store.append([(Stamp("boot", 9.0), Entry("trip", "untimed"))])
    store.database.close()


@pytest.mark.parametrize(
    ("asked", "seqs"),
    [
        (Asked(), [6, 5, 4, 3, 2, 1]),
        (Asked(kinds=("start", "stop")), [5, 3, 1]),
        (Asked(not_kinds=("start", "trip")), [5, 4]),
        (Asked(span=Span(WALL_S + 1, WALL_S + 3)), [3, 2]),
        (Asked(before=3), [2, 1]),
        (Asked(most=2), [6, 5]),
        (Asked(words="SMOKE"), [2]),
        (Asked(words="100% smoke"), [2]),
        (Asked(words="%"), [2]),
        (Asked(words="_"), [6, 5, 4, 3, 2, 1]),  # stands in the name of a field
        (Asked(words="پنکھا"), [4]),
        (Asked(words="\"'; DROP"), []),
    ],
)
def test_the_journal_is_paged_and_filtered(tmp_path: Path, asked: Asked, seqs: list[int]) -> None:
    """The newest first, by kind, time, number and words; signs that SQL would read are letters."""
    journal(tmp_path)
    assert [entry["seq"] for entry in newest(tmp_path, asked)] == seqs


def test_nothing_is_written_while_reading(tmp_path: Path) -> None:
    """A reader opens the files so that it could not change them."""
    journal(tmp_path)
    keep(tmp_path, 60)
    before = [(tmp_path / name).read_bytes() for name in ("journal.db", "samples.db")]
    newest(tmp_path, Asked())
    lines(tmp_path, ["m.five"], Span(WALL_S, WALL_S + 60), 10)
    assert [(tmp_path / name).read_bytes() for name in ("journal.db", "samples.db")] == before
    with pytest.raises(FileNotFoundError):
        newest(tmp_path / "none", Asked())
    (tmp_path / "journal.db").write_bytes(b"no database" * 100)
    with pytest.raises(sqlite3.Error):
        newest(tmp_path, Asked())
