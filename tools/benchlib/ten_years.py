"""A file of ten years through `headworks replay`: memory and processor seconds, report included.

HEADWORKS_YEAR names the recording that is written ten times over into one file, each time with the
dates that follow, so that there is no gap; HEADWORKS_TIMES, another number of times. The rows are
a second apart and hold their values; two racks on the example's site. It takes minutes, so it
runs by name only. Quick: two days of the example's week, twice.
"""

import csv
import gzip
import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchlib import rig, year
from benchlib.rows import Row
from headworks import replay

TIMES = 10
NO_HASTE = 0  # of processor seconds others take nothing, so it need not hold them up for minutes
FORM = "%m/%d/%y %H:%M"  # of the recording's dates
RACKS = "2"
QUICK_ROWS = 288
EXAMPLE = Path(replay.__file__).with_name("example")


def figures(quick: bool) -> list[Row]:
    """Rows of the table."""
    source = EXAMPLE / "tetouan-week.csv" if quick else year.recording()
    if source is None:
        raise rig.BenchError("name the year to be played: HEADWORKS_YEAR=year.csv.gz")
    times = 2 if quick else int(os.environ.get("HEADWORKS_TIMES", TIMES))
    with rig.folder() as here:
        data, log = here.path / "long.csv", here.path / "errors"
        days = _write(source, data, times, QUICK_ROWS if quick else None)
        words = ["-m", "benchlib.weigh", "-m", "headworks", "replay"]
        words += _words(data, here.path / "report")
        with rig.process(words, log, NO_HASTE, stdout=subprocess.PIPE) as child:
            told = child.communicate()[0]
        if child.returncode:
            raise rig.BenchError(log.read_text(errors="replace").strip()[-300:])
    used = json.loads(told)
    name = f"12. {days:,} days in one file, {RACKS} racks, values held"
    return [
        Row(f"{name}: processor", f"{used['processor_s']:.0f} s", "", None, "s", None),
        Row(f"{name}: memory at most", f"{used['memory_mb']:.0f} MB", "", None, "MB", None),
    ]


def _words(data: Path, out: Path) -> Iterator[str]:
    """The command's options: the example's, with another file."""
    from headworks.cli.replay_args import EXAMPLE as MAPS

    yield from ("--site", str(EXAMPLE / "site.toml"), "--data", str(data), "--out", str(out))
    for text in MAPS:
        yield from ("--map", text)
    yield from ("--peak-load-kw", "450", "--pv-kw", "900", "--timezone", "UTC+01:00")
    yield from ("--between", "hold", "--racks", RACKS, "--json")


def _write(source: Path, target: Path, times: int, most: int | None) -> int:
    """The recording again and again, each time so many whole days later; how many days that is."""
    opened = gzip.open if source.suffix == ".gz" else open
    with opened(source, "rt", encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    at = head.index("Date")
    moments = [datetime.strptime(row[at], FORM).replace(tzinfo=UTC) for row in rows[:most]]
    days = (moments[-1].date() - moments[0].date()).days + 1
    with target.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(head)
        for n in range(times):
            later = timedelta(days=days * n)
            for moment, row in zip(moments, rows, strict=False):
                row[at] = (moment + later).strftime(FORM)
                out.writerow(row)
    return days * times
