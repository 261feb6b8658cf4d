"""Playing a recording: scaling, interpolation, and one clear line for every mistake."""

import gzip
from datetime import date

import pytest

from headworks.sim.plant.recording import Columns, RecordingError, load_day

DAY = date(2017, 6, 21)
HEAD = "Date,Temperature,general diffuse flows,Zone1\r\n"
ROWS = [
    "6/20/17 23:50,20,0,100",
    "6/21/17 0:00,20,0,50",
    "6/21/17 0:10,22,100,70",
    "6/21/17 23:50,24,0,80",
    "6/22/17 0:00,26,0,90",
]


def write(tmp_path, rows=ROWS, head=HEAD, name="r.csv"):
    path = tmp_path / name
    data = (head + "\r\n".join(rows) + "\r\n").encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


@pytest.mark.parametrize("name", ["r.csv", "r.csv.gz"])
def test_a_day_is_scaled_and_interpolated(tmp_path, name):
    """The file's peak becomes the wanted peak; between rows values are linear, and it says so."""
    day = load_day(write(tmp_path, name=name), DAY, 1000.0, Columns())
    assert day.at(0).load_kw == 500.0
    assert day.at(300) == (600.0, 50.0, 21.0, 0.0)
    assert day.at(86399.9).load_kw == pytest.approx(900.0, abs=0.1)
    assert "interpolated linearly" in day.note
    assert day.name == "2017-06-21"


def test_iso_times_are_read(tmp_path):
    """ISO 8601 times do as well as m/d/yy."""
    rows = ["2017-06-21T00:00,20,0,50", "2017-06-21 00:10,20,0,60"]
    assert load_day(write(tmp_path, rows), DAY, 60.0, Columns()).at(300).load_kw == 55.0


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"head": "Date,Temp,general diffuse flows,Zone1\r\n"}, "row 1: no column 'Temperature' for --temperature; there are: Date, Temp, general diffuse flows, Zone1"),
        ({"rows": [*ROWS[:2], "6/21/17 0:10,22,100,"]}, "row 4: 'Zone1' is ''; a number is wanted"),
        ({"rows": [*ROWS[:2], "6/21/17 0:10,22,100"]}, "row 4: 'Zone1' is None; a number is wanted"),
        ({"rows": [*ROWS[:2], "6/21/17 0:10,22,nan,5"]}, "row 4: 'general diffuse flows' is 'nan'; a number is wanted"),
        ({"rows": [*ROWS[:2], "noon,22,1,5"]}, "row 4: 'noon' is not a time; write 2017-06-21 13:40 or 6/21/17 13:40"),
        ({"rows": [*ROWS[:2], "6/31/17 0:10,22,1,5"]}, "row 4: '6/31/17 0:10' is not a time"),
        ({"rows": [*ROWS[:3], ROWS[1]]}, "row 5: time 2017-06-21 00:00:00 does not follow 2017-06-21 00:10:00; sort the rows"),
        ({"rows": [ROWS[0], ROWS[0]]}, "row 3: time 2017-06-20 23:50:00 does not follow"),
        ({"rows": ROWS[:1]}, "no rows of 2017-06-21; the file runs from 2017-06-20 to 2017-06-20"),
        ({"rows": []}, "no rows below the heading"),
        ({"rows": ["6/21/17 0:00,20,0,0"]}, "column 'Zone1' has no value above 0 to scale by"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line_with_the_row(tmp_path, change, text):
    """A mistake in a recording is told in one line that names file, row, cause and fix."""
    path = write(tmp_path, **change)
    with pytest.raises(RecordingError) as caught:
        load_day(path, DAY, 100.0, Columns())
    assert str(caught.value).startswith(f"{path}: ")
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unreadable_files_are_one_line(tmp_path):
    """A missing file and a damaged gzip file are told as such."""
    bad = tmp_path / "bad.csv.gz"
    bad.write_bytes(b"not gzip")
    for path in (tmp_path / "none.csv", bad):
        with pytest.raises(RecordingError, match="cannot be read"):
            load_day(path, DAY, 100.0, Columns())
