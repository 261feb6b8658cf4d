"""Reading measured data: gaps, clocks, and every way in which a file can be bad."""

import gzip
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headworks.replay.columns import parse_map
from headworks.replay.data import DataWish, open_data, peak
from headworks.replay.data_error import DataError
from headworks.replay.data_times import Times, zone


def read(path, *maps, **wish):
    """All moments of a file, and what was told."""
    with open_data(DataWish(path, dict(map(parse_map, maps)), **wish)) as data:
        return list(data.moments()), data.told


def written(folder, text, name="a.csv"):
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def minutes(*pairs):
    """Rows of a file: (minute, kW)."""
    start = datetime(2017, 6, 1, tzinfo=UTC)
    rows = [f"{start + timedelta(minutes=m):%Y-%m-%d %H:%M},{kw}" for m, kw in pairs]
    return "time,grid_kw\n" + "\n".join(rows) + "\n"


GOOD = minutes((0, 1), (10, 2), (20, 3))


def test_rows_become_moments_with_their_row_number(tmp_path):
    """Times are seconds since 1970, values in the channel's unit, rows numbered from the heading."""
    found, told = read(written(tmp_path, GOOD))
    start = datetime(2017, 6, 1, tzinfo=UTC).timestamp()
    assert found == [(start, (1.0,), 2), (start + 600, (2.0,), 3), (start + 1200, (3.0,), 4)]
    assert (told.usual_s, told.rows, told.gaps) == (600.0, 3, 0)


def test_gzip_bom_semicolons_and_decimal_commas(tmp_path):
    """What spreadsheets write is read: a byte order mark, `;`, decimal commas, gzip."""
    text = "\ufefftime;grid (W)\r\n01.06.2017 00:00;1.234,5\r\n01.06.2017 00:10;-2,0\r\n"
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    found, _ = read(path, decimal_comma=True)
    assert [moment.values[0] for moment in found] == [1.2345, -0.002]


@pytest.mark.parametrize("text", ["2017-06-01 13:40", "6/1/17 13:40", "2017/06/01 13:40",
                                  "01.06.2017 13:40:00", "2017-06-01T13:40:00Z", "1496324400",
                                  "1496324400000", "2017-06-01T18:40:00+05:00"])  # fmt: skip
def test_every_usual_form_of_a_time_is_known(tmp_path, text):
    """ISO, American, German, with offset and seconds or milliseconds since 1970 mean the same."""
    found, _ = read(written(tmp_path, f"time,grid_kw\n{text},1\n"))
    assert found[0].t_s == 1496324400.0


def test_energy_of_an_interval_becomes_power(tmp_path):
    """5 kWh in ten minutes, as the rows are apart, are 30 kW; named intervals need no rows."""
    rows = GOOD.replace("grid_kw", "E").replace(",1\n", ",5\n")
    assert read(written(tmp_path, rows), "grid_kw=E:kWh")[0][0].values[0] == pytest.approx(30.0)
    found, _ = read(written(tmp_path, rows), "grid_kw=E:kWh/15min")
    assert found[0].values[0] == pytest.approx(20.0)


def test_a_gap_is_held_then_unknown_and_told(tmp_path):
    """After the hold time a value is unknown, never held on and never filled."""
    path = written(tmp_path, minutes((0, 1), (10, 2), (20, 3), (80, 4), (90, 5)))
    found, told = read(path, hold_s=900.0)
    assert [(m.t_s - found[0].t_s, m.values[0]) for m in found[2:4]] == [(1200, 3.0), (2100, None)]
    assert (told.gaps, told.longest_s, told.longest_row) == (1, 3600.0, 5)
    assert told.unknown_s == 2700.0
    assert "1 gap, the longest 1 h before row 5" in " ".join(told.sentences())


def test_an_empty_cell_is_held_no_longer_either(tmp_path):
    """A cell without a value takes the last one while that may be held; both are told."""
    path = written(tmp_path, minutes((0, 1), (10, ""), (20, "nan"), (30, "NA"), (40, 5)))
    found, told = read(path)
    assert [moment.values[0] for moment in found] == [1.0, 1.0, 1.0, None, 5.0]
    assert told.empty == {"grid_kw": 3}


def test_irregular_rows_are_counted(tmp_path):
    """Rows off the usual spacing are no error and no secret."""
    _, told = read(written(tmp_path, minutes((0, 1), (10, 2), (20, 3), (27, 4), (37, 5))))
    assert told.irregular == 1


AUTUMN = ["00:30", "01:30", "02:30", "02:30", "03:30"]


def test_the_hour_that_comes_twice(tmp_path):
    """In autumn the hour is taken first as summer, then as winter time, and told."""
    rows = "\n".join(f"2017-10-29 {clock},1" for clock in AUTUMN)
    found, told = read(written(tmp_path, f"time,grid_kw\n{rows}\n"), timezone="Europe/Berlin")
    steps = [b.t_s - a.t_s for a, b in pairwise(found)]
    assert steps == [3600.0] * 4
    assert told.twice == 2
    assert "hour that comes twice" in " ".join(told.sentences())


def test_the_hour_that_does_not_exist(tmp_path):
    """A time that spring skips is left out and told, with the way out."""
    rows = "\n".join(f"2017-03-26 0{h}:00,{h}" for h in range(5))
    found, told = read(written(tmp_path, f"time,grid_kw\n{rows}\n"), timezone="Europe/Berlin")
    assert [moment.values[0] for moment in found] == [0.0, 1.0, 3.0, 4.0]
    assert (told.skipped, told.skipped_first) == (1, "2017-03-26 02:00")
    assert "--timezone UTC+01:00" in " ".join(told.sentences())


@given(st.integers(0, 366 * 24 * 12), st.sampled_from(["Europe/Berlin", "Asia/Karachi", "UTC-03:30",
                                                       "Australia/Lord_Howe"]))  # fmt: skip
def test_local_times_agree_with_the_zone(five_minutes, name):
    """Two hours of local times, written as a logger does, come back as the instants they were."""
    start = datetime(2017, 1, 1, tzinfo=UTC) + timedelta(minutes=5 * five_minutes)
    instants = [start + timedelta(minutes=5 * n) for n in range(40)]
    times = Times(None, zone(name))
    said = [f"{when.astimezone(zone(name)):%Y-%m-%d %H:%M:%S}" for when in instants]
    doubled = len(set(said)) < len(said)
    first = times.read(2, said[0])
    if doubled or first != instants[0].timestamp():
        return  # begins within the hour that comes twice: nobody can know which
    assert [first, *(times.read(n, text) for n, text in enumerate(said[1:], 3))] == [
        when.timestamp() for when in instants
    ]


BAD = {
    "back": (minutes((0, 1), (10, 2), (5, 3)), "row 4: time '2017-06-01 00:05' goes back behind"),
    "double": (minutes((0, 1), (0, 2)), "row 3: time '2017-06-01 00:00' is the same as that of"),
    "no-time": ("time,grid_kw\nyesterday,1\n", "row 2: 'yesterday' is not a time; write 2017-06-21"),
    "text": (GOOD.replace(",2", ",oops"), "row 3: column 'grid_kw' is 'oops'; a number"),
    "mixed-units": (GOOD.replace(",2", ",2000 W"), "row 3: column 'grid_kw' is '2000 W'; cells with"),
    "comma": ('time,grid_kw\n2017-06-01 00:00,"1,5"\n', "a decimal comma? say --decimal-comma"),
    "infinite": (GOOD.replace(",2", ",inf"), "row 3: column 'grid_kw' is 'inf'; a finite number"),
    "short": (GOOD.replace(",2", ""), "row 3: it has 1 cells and the heading has 2; the row is damaged"),
    "long": (GOOD.replace(",2", ",2,7"), "row 3: it has 3 cells and the heading has 2"),
    "cut": (GOOD[:-8], "row 4: the file ends in the middle of a row"),
    "empty": ("", "row 1: the heading is empty"),
    "no-rows": ("time,grid_kw\n", "row 2: no rows below the heading"),
    "binary": (b"time,grid_kw\n\xff\xfe\x00\x01\n", "it is no UTF-8 text"),
    "nul": ("time,grid_kw\n2017-06-01 00:00,1\0\n", "row 2: column 'grid_kw' is '1\\x00'"),
    "quote": ('time,grid_kw\n2017-06-01 00:00,"1\n2017-06-01 00:10,2\n', "it is damaged"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_line_with_its_row(tmp_path, name):
    """Every damaged file ends in one line that names file, row, cause and fix."""
    text, words = BAD[name]
    path = written(tmp_path, text)
    with pytest.raises(DataError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("cut", [0, 1, 9, 40, 80])
def test_a_truncated_gzip_is_told(tmp_path, cut):
    """A compressed file that ends too early or is damaged is told as such."""
    whole = gzip.compress(minutes(*((10 * n, n * 7919 % 1000) for n in range(200))).encode())
    with pytest.raises(DataError) as caught:
        read(written(tmp_path, whole[: len(whole) - cut] if cut else b"no gzip at all", "a.csv.gz"))
    assert "copy" in str(caught.value)


def test_a_missing_file_and_a_strange_zone_are_told(tmp_path):
    """Names that do not exist are one line each."""
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read(tmp_path / "no.csv")
    with pytest.raises(DataError, match="no such zone; write one such as Asia/Karachi"):
        read(written(tmp_path, GOOD), timezone="Mars/Olympus")


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(tmp_path_factory, content):
    """Whatever a file holds, it is read or refused with a DataError."""
    path = written(tmp_path_factory.mktemp("any"), b"time,grid_kw\n" + content)
    with suppress(DataError):
        read(path)


@pytest.mark.needs("module:pyarrow")
def test_parquet_reads_as_csv_does(tmp_path):
    """The same rows as Parquet, times as timestamps with or without zone, give the same moments."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    wanted, _ = read(written(tmp_path, GOOD), timezone="Asia/Karachi")
    local = [datetime.fromisoformat(f"2017-06-01 00:{n}0") for n in range(3)]
    aware = [datetime.fromtimestamp(moment.t_s, UTC) for moment in wanted]
    for times in (pa.array(local, pa.timestamp("ns")), pa.array(aware, pa.timestamp("us", "UTC"))):
        path = tmp_path / "a.parquet"
        pq.write_table(pa.table({"time": times, "grid_kw": [1.0, 2.0, 3.0]}), path)
        assert read(path, timezone="Asia/Karachi")[0] == wanted
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match="damaged or truncated"):
        read(path)


def test_the_peak_of_a_file(tmp_path):
    """The highest value scales a load; a file without one is refused."""
    wish = DataWish(written(tmp_path, GOOD), {})
    assert peak(wish, "grid_kw") == 3.0
    with pytest.raises(DataError, match="no column gives load_kw"):
        peak(wish, "load_kw")
