"""Records that were kept in full, for tests that read, check or damage them."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from headworks.model.site import Site
from headworks.record.records import Records
from headworks.record.stamp import Entry, entry_of
from record.scans import Scan, a_site, scans

WAIT_S = 60.0


def keep(folder: Path, rows: Iterable[Scan], site: Site | None = None) -> Records:
    """Start records, hand them these scans and their events, and close."""
    records = Records(folder, site or a_site(), site_text="[site]\n", version="1.2.3")
    records.start()
    last = None
    for row in rows:
        records.scanned(row.stamp, row.snapshot, row.plan, row.before)
        if row.plan.events:
            last = records.journal(row.stamp, *map(entry_of, row.plan.events))
    if last is not None:
        last.result(WAIT_S)
    assert records.close(WAIT_S)
    return records


def day(folder: Path, **changes: Any) -> Records:
    """Two hours of scans, one every 10 s, with a trip in between."""
    return keep(folder, scans(720, every_s=10.0, smoke_at=400, on=a_site(scan_s=10.0), **changes))


def said(records: Records, stamp: Any, kind: str, **values: Any) -> None:
    """One entry, durable."""
    records.journal(stamp, Entry(kind, "test", values=values)).result(WAIT_S)


def ring(records: Path, files: int, *, size: int = 100_000, every_s: float = 600.0) -> list[Path]:
    """Recordings of a ring by size and age alone: what is in them is no recording."""
    folder = records / "recorder"
    folder.mkdir(parents=True, exist_ok=True)
    made = [folder / f"{n:08d}.rec" for n in range(1, files + 1)]
    for n, path in enumerate(made):
        path.write_bytes(b"x" * size)
        os.utime(path, (1000.0, 1000.0 + every_s * n))
    return made
