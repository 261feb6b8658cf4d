"""What records cost: a scan beside the writing thread, a commit, bytes a point and a day."""

import math
import os
import random
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchlib import rig, scanning
from benchlib.rows import Row, spread, tell
from headworks.control.scan import first_memory, scan
from headworks.model.live import Snapshot
from headworks.model.memory import Memory
from headworks.model.plan import Plan
from headworks.model.site import RecordSpec, Site
from headworks.record.database import StorageError
from headworks.record.journal import JournalStore
from headworks.record.recorder import Recorder
from headworks.record.records import Records
from headworks.record.samples import COMMIT_S, SampleStore
from headworks.record.stamp import Clock, Entry, Stamp

POINTS = 100  # channels of one second, as in the layouts that ours are compared with
PACE_S = 0.005  # between two scans: the writing thread gets what a station leaves it
DAY_S = 86400
WALL_S = 1.8e9
US, MS = 1e6, 1e3
SWITCH_S = 0.0002  # as the station has it


def records(quick: bool) -> list[Row]:
    """Records: the scan beside them, a commit of one second, bytes a point and a day."""
    with _before_others():
        return [
            *_beside(quick), *_commits(quick), *_bytes(quick), *_durable(quick),
            *_recorded(quick), *_journal(quick),
        ]  # fmt: skip


@contextmanager
def _before_others() -> Iterator[None]:
    """This process as the measured ones of other cases are; then as it was."""
    rig.pin()
    rig.prefer(0, rig.MEASURED)
    try:
        yield
    finally:
        if hasattr(os, "sched_setscheduler"):
            with suppress(OSError):
                os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def _beside(quick: bool) -> Iterator[Row]:
    """The same scans with the writing thread and without, in turn."""
    sys.setswitchinterval(SWITCH_S)
    taken: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(1 if quick else 6):
        for kept in taken:
            taken[kept] += _scans(kept, 60 if quick else 600)
    with_us, without_us = spread(taken[True]), spread(taken[False])
    for name, ours, bare in (("median", with_us.median, without_us.median),
                             ("p99", with_us.p99, without_us.p99)):  # fmt: skip
        yield Row(f"records: a scan and its handing over, {name}", f"{ours:.0f} µs",
                  f"{bare:.0f} µs without records", ours / bare, "x", None)  # fmt: skip


def _scans(kept: bool, count: int) -> list[float]:
    site = scanning.bench_site()
    memory, plan, taken = first_memory(site, 0.0), None, []
    with _records(site, kept) as store:
        for second in range(count):
            dark = second // scanning.CLOUD_S % 2 == 1
            snapshot = scanning.snapshot_of(site, plan, float(second), 3.0 if dark else 30.0)
            time.sleep(PACE_S)
            begun = time.perf_counter_ns()
            before = memory
            plan, memory = scan(site, before, snapshot)
            if store is not None:
                stamp = Stamp("bench", snapshot.t_s, WALL_S + second, Clock.SYNCED)
                store.scanned(stamp, snapshot, plan, before)
            taken.append((time.perf_counter_ns() - begun) / 1e3)
    return taken


@contextmanager
def _records(site: object, kept: bool) -> Iterator[Records | None]:
    if not kept:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="headworks-bench-") as name:
        store = Records(Path(name), site)  # type: ignore[arg-type]
        store.start()
        yield store
        store.close(10.0)


def _commits(quick: bool) -> list[Row]:
    """One second of samples in one commit, as a share of the second."""
    taken = []
    with _store() as store:
        for stamp, values in _seconds(120 if quick else 1800):
            store.add(stamp, values)
            begun = time.perf_counter()
            store.commit((1, "bench"))
            taken.append((time.perf_counter() - begun) * US)
    seen = spread(taken)
    share = seen.p99 / US * 100
    return [Row("records: one-second commit, p99 as a share of the second", tell(seen, "µs"),
                "1 s", share, "%", 1.0)]  # fmt: skip


def _bytes(quick: bool) -> list[Row]:
    """What there is on disk per point, and what was written for it, extrapolated to a day."""
    count = 600 if quick else 7200
    with _store() as store:
        begun = _written_bytes()
        for stamp, values in _seconds(count):
            store.add(stamp, values)
            if int(stamp.t_s) % int(COMMIT_S) == 0:
                store.commit((1, "bench"))
        store.give_back()
        day_mb = (_written_bytes() - begun) / count * DAY_S / 1e6
        point = store.size_bytes() / store.points
    return [
        Row("records: bytes a point, all tiers and indexes", f"{point:.2f}", "", point,
            "bytes", 5.0),
        Row(f"records: samples written a day, {POINTS} points a second", f"{day_mb:.0f} MB", "",
            day_mb, "MB", 200.0),
    ]  # fmt: skip


def _durable(quick: bool) -> list[Row]:
    """From handing over an entry to its being on the disk."""
    taken = []
    with _records(scanning.bench_site(), True) as store:
        for n in range(20 if quick else 300):
            begun = time.perf_counter()
            try:
                store.journal(Stamp("bench", float(n)), Entry("bench")).result(10.0)  # type: ignore[union-attr]
            except StorageError as error:
                raise rig.BenchError(str(error)) from error
            taken.append((time.perf_counter() - begun) * MS)
    return [
        Row("records: a journal entry durable", tell(spread(taken), "ms", 2), "", None, "x", None)
    ]


def _recorded(quick: bool) -> Iterator[Row]:
    """What the recorder writes a day: a meter with eleven channels, twelve racks with contacts."""
    site, count = scanning.bench_site(), 120 if quick else 1200
    for per_s in (1, 4):
        with tempfile.TemporaryDirectory(prefix="headworks-bench-") as name:
            store = Recorder(Path(name), site, "", "bench")
            begun = _written_bytes()
            for turn, (snapshot, plan, before) in enumerate(_noisy(site, count, per_s)):
                t_s = snapshot.t_s
                store.add(Stamp("bench", t_s, WALL_S + t_s, Clock.SYNCED), before, snapshot, plan)
                if turn % per_s == 0:
                    store.flush()
            store.close()
            day_mb = (_written_bytes() - begun) / count * per_s * DAY_S / 1e6
        yield Row(f"records: recorder, written a day, {per_s} scans a second", f"{day_mb:.0f} MB",
                  "", day_mb, "MB", None)  # fmt: skip


def _noisy(site: Site, count: int, per_s: int) -> Iterator[tuple[Snapshot, Plan, Memory]]:
    """Scans of a living site: figures of 32 bits that never stand still, times that jitter."""
    noise = random.Random(7)
    memory, plan = first_memory(site, 0.0), None
    for n in range(count):
        bare = scanning.snapshot_of(site, plan, n / per_s, 40.0 + 30.0 * math.sin(n / 200.0))
        kw = _single(bare.readings["m0"].power_kw + noise.gauss(0.0, 1.0))  # type: ignore[operator]
        values = {f"v{k}": _single(230.0 + noise.gauss(0.0, 0.5)) for k in range(9)}
        t_s = bare.t_s - noise.uniform(1e-4, 5e-3)
        reading = bare.readings["m0"]._replace(
            t_s=t_s, power_kw=kw, values={"power_kw": kw, "frequency_hz": 50.0, **values}
        )
        feedback = {
            name: one._replace(t_s=t_s - k * noise.uniform(2e-6, 6e-6))
            for k, (name, one) in enumerate(bare.feedback.items())
        }
        snapshot = bare._replace(readings={"m0": reading}, feedback=feedback)
        before = memory
        plan, memory = scan(site, before, snapshot)
        yield snapshot, plan, before


def _single(value: float) -> float:
    """As a meter's register of 32 bits has it."""
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


def _journal(quick: bool) -> list[Row]:
    """How the journal grows: a usual day of a site of twelve racks, again and again."""
    days = 2 if quick else 30
    energy = {
        name: {"kwh": 8.75, "covered_kwh": 8.5, "how": "counter"} for name in map(str, range(15))
    }
    usual = [
        *(Entry("interval", "site", values=energy) for _ in range(96)),
        *(Entry("recording", "recorder", values={"file": "1.rec", "sha256": "0" * 64})
          for _ in range(288)),
        *(Entry("start", f"r{n % 12}", values={"power_kw": 0.0, "claim_kw": 36.0})
          for n in range(144)),
    ]  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="headworks-bench-") as name:
        store = JournalStore(Path(name) / "journal.db")
        for day in range(days):
            store.append([(Stamp("bench", float(day), WALL_S), entry) for entry in usual])
        store.database.close()
        year_mb = (Path(name) / "journal.db").stat().st_size / days * 365 / 1e6
    return [Row("records: journal, a year of 528 entries a day", f"{year_mb:.0f} MB", "",
                year_mb, "MB", None)]  # fmt: skip


@contextmanager
def _store() -> Iterator[SampleStore]:
    with tempfile.TemporaryDirectory(prefix="headworks-bench-") as name:
        store = SampleStore(Path(name) / "samples.db", RecordSpec())
        yield store
        store.database.close()


def _seconds(count: int) -> Iterator[tuple[Stamp, dict[str, float | None]]]:
    """Noisy powers and voltages, slow counters, contacts that stand still."""
    noise = random.Random(7)
    for second in range(count):
        stamp = Stamp("bench", float(second), WALL_S + second, Clock.SYNCED)
        values: dict[str, float | None] = {}
        for n in range(POINTS):
            values[f"meter-{n}"] = (
                400.0 * math.sin(second / 300.0 + n) + noise.gauss(0.0, 1.0),
                230.0 + noise.gauss(0.0, 0.5),
                12345.678 + second * 0.01 * n,
                float(n % 8 == 3),
            )[n % 4]
        yield stamp, values


def _written_bytes() -> int:
    """What this process has handed to the system for writing (Linux)."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("wchar:"))


CASES: dict[str, Callable[[bool], list[Row]]] = {"records": records}
