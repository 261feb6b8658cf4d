"""tools/days: a recording through simulator and station, as a table."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lib import days

ROOT = Path(__file__).resolve().parent.parent.parent

FOUND = {
    "day": "2017-06-18",
    "available_kwh": 3332.4,
    "used_share": 0.779,
    "imported_kwh": 64.3,
    "imported_share": 0.0242,
    "switchings": {"a1": 1, "a2": 3},
    "switchings_per_rack": 2.0,
}


def _recording(folder: Path) -> Path:
    """A day of sunshine over a small load, in the columns of the real recording."""
    rows = ["Date,Temperature,general diffuse flows,Zone1"]
    for slot in range(144):
        hour, minute = divmod(slot * 10, 60)
        rows.append(f"6/18/17 {hour}:{minute:02d},20,{900 if 6 <= hour < 18 else 0},30000")
    file = folder / "day.csv"
    file.write_text("\n".join(rows) + "\n")
    return file


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "tools/days"), *words],
        env={**os.environ, "HEADWORKS_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_day_becomes_a_row(tmp_path):
    """A recorded day is played in the given time and gives surplus, its use and switchings."""
    done = _run("--data", str(_recording(tmp_path)), "--dates", "2017-06-18", "--minutes", "0.2")
    assert done.returncode == 0, done.stderr
    row = [cell.strip() for cell in done.stdout.splitlines()[-1].strip("|").split("|")]
    assert row[0] == "2017-06-18"
    assert float(row[1]) > 1000
    assert 0 < float(row[2].removesuffix(" %")) <= 100
    assert row[3].endswith("of theirs)")


def test_a_day_that_is_not_there_is_said(tmp_path):
    """A date outside the recording ends in exit code 1 with the dates that there are."""
    done = _run("--data", str(_recording(tmp_path)), "--dates", "2018-01-01")
    assert done.returncode == 1
    assert "2017-06-18" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("more", "row"),
    [
        ({}, "| 2017-06-18 | 3332 | 77.9 % | 64.3 kWh (2.42 % of theirs) | 2.0 (3) |"),
        (
            {"used_share": None, "imported_share": None, "available_kwh": 0.0, "imported_kwh": 0.0},
            "| 2017-06-18 | 0 | none came | 0.0 kWh | 2.0 (3) |",
        ),
    ],
)
def test_row(more, row):
    """A row has the day, its surplus, the share used, what was imported, and the switchings."""
    assert days.row(FOUND | more) == row
