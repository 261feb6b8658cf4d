"""Kills a writing process again and again and looks at the records each time; prints a sum.

Run as a program of its own: each round is a fork of it, so that none costs a start of Python.
"""

import json
import os
import random
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from headworks.record import records, samples, writer
from headworks.record.frames import RecordingError
from headworks.record.reading import entries
from headworks.record.reading import samples as kept_samples
from headworks.record.recording import read
from headworks.record.records import Records
from headworks.record.stamp import Entry
from headworks.record.verify import verify
from record.scans import Scan, a_site, scans


def write(folder: Path, rows: list[Scan], number: int, told: int) -> None:
    """In the fork: write entries one after the other and tell each that is durable."""
    records = Records(folder, a_site())
    records.start()
    for row in rows:
        stamp = row.stamp._replace(t_s=row.stamp.t_s + number * 1000.0)
        records.scanned(stamp, row.snapshot, row.plan, row.before)
        number += 1
        records.journal(stamp, Entry("event", values={"n": number})).result()
        os.write(told, b"%d\n" % number)
    os._exit(0)


def one_round(folder: Path, rows: list[Scan], number: int, pause_s: float) -> int:
    """Let a fork write, kill it after its first word and a pause; the last number it told."""
    listen, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(listen)
        write(folder, rows, number, tell)
    os.close(tell)
    said = os.read(listen, 64)
    time.sleep(pause_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(listen, "rb") as rest:
        said += rest.read()
    return int(said.split()[-1]) if said.split() else number


def check(folder: Path, last: int) -> str:
    """What was lost or damaged; "" if nothing."""
    numbers = [e["values"]["n"] for e in entries(folder, kind="event")]
    if not numbers or numbers[-1] < last or sorted(set(numbers)) != numbers:
        return f"told {last}, kept {numbers[-3:]}"
    with suppress(FileNotFoundError):  # killed before the samples were begun
        for tier in ("1s", "10s", "60s"):
            sum(1 for _ in kept_samples(folder, tier))
    for path in sorted((folder / "recorder").glob("*.rec"))[-2:]:
        try:
            sum(1 for _ in read(path).rows())
        except RecordingError as error:
            if "readable head" not in str(error):  # killed before the first flush
                return str(error)
    return ""


def main(folder: Path, rounds: int) -> None:
    """Kill so many times."""
    # Every pass hands on and commits, so that kills fall into it.
    samples.COMMIT_S = writer.COMMIT_S = records.PASS_S = 0.0
    rows, source, number = list(scans(400)), random.Random(20), 0
    key = ""
    for count in range(1, rounds + 1):
        number = one_round(folder, rows, number, source.random() * 0.02)
        wrong = check(folder, number)
        if not wrong and (count % 20 == 0 or count == rounds):
            report = verify(folder, key=key)
            wrong, key = "; ".join(report.broken), report.key
        if wrong:
            break
        number = max(e["values"]["n"] for e in entries(folder, kind="event"))
    aside = [path.name for path in folder.glob("*.unreadable*")]
    print(json.dumps({"rounds": count, "entries": number, "wrong": wrong, "aside": aside}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
