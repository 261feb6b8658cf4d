"""How the box itself is: scans, records, disk, clock and versions. What is not known is null."""

import os
import platform
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from headworks import __version__
from headworks.record.ring import ring_hours

Json = dict[str, Any]
_PACKAGES = ("pymodbus", "starlette", "hypercorn", "cryptography")
_SYNCED = Path("/run/systemd/timesync/synchronized")
_HEAT = Path("/sys/class/thermal/thermal_zone0/temp")


def health(state: Mapping[str, Any], folder: Path) -> Json:
    """Everything; `state` is the station's last, `folder` holds its records."""
    records = state.get("records") or {}
    return {
        "scan": {**state.get("scan", {}), "scan_s": state.get("site", {}).get("scan_s")},
        "records": {**records, **_files(folder), "recorder": _ring(records, folder)},
        "disk": _disk(folder),
        "clock": _clock(state),
        "machine": _machine(),
        "versions": _versions(state),
    }


def _files(folder: Path) -> Json:
    """How large the records are, by kind."""
    sizes = {}
    for name in ("journal.db", "samples.db"):
        sizes[name] = _size(folder / f"{name}{end}" for end in ("", "-wal"))
    sizes["recorder"] = _size((folder / "recorder").rglob("*.rec"))
    return {"bytes": sizes}


def _ring(records: Mapping[str, Any], folder: Path) -> Json:
    """Hours of recordings: in the ring now, that fit at its rate, and that are asked for."""
    most_mb = records.get("recorder_mb")
    kept = fit = None
    if isinstance(most_mb, int | float):
        with suppress(OSError):
            kept, fit = ring_hours(folder, most_mb)
    return {"kept_hours": kept, "fit_hours": fit, "wanted_hours": records.get("recorder_hours")}


def _size(files: Iterable[Path]) -> int:
    """Bytes of these files; one that has several names, as the recordings of a trip, once."""
    sizes: dict[tuple[int, int], int] = {}
    with suppress(OSError):  # the ring goes on meanwhile
        for file in files:
            with suppress(OSError):
                found = file.stat()
                sizes[found.st_dev, found.st_ino] = found.st_size
    return sum(sizes.values())


def _disk(folder: Path) -> Json:
    try:
        found = shutil.disk_usage(folder)
    except OSError:
        return {"free_bytes": None, "total_bytes": None}
    return {"free_bytes": found.free, "total_bytes": found.total}


def _clock(state: Mapping[str, Any]) -> Json:
    """The station's clock, and whether a time service keeps this machine's."""
    synced = _SYNCED.exists() if _SYNCED.parent.exists() else None
    zone = state.get("site", {}).get("timezone")
    return {"time": state.get("time"), "timezone": zone, "synchronised": synced}


def _machine() -> Json:
    load = None
    with suppress(OSError):
        load = round(os.getloadavg()[0], 2)
    heat_c = None
    with suppress(OSError, ValueError):
        heat_c = round(int(_HEAT.read_text()) / 1000.0, 1)
    memory = _memory()
    uptime_s = round(time.clock_gettime(time.CLOCK_BOOTTIME)) if sys.platform == "linux" else None
    return {"load": load, "cores": os.cpu_count(), "temperature_c": heat_c, "up_s": uptime_s,
            "name": platform.node(), **memory}  # fmt: skip


def _memory() -> Json:
    found: dict[str, int] = {}
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            name, _, rest = line.partition(":")
            found[name] = int(rest.split()[0]) * 1024
    return {
        "memory_free_bytes": found.get("MemAvailable"),
        "memory_bytes": found.get("MemTotal"),
    }


def _versions(state: Mapping[str, Any]) -> Json:
    found = {"station": state.get("version"), "page": __version__}
    found |= {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    found |= {"system": f"{platform.system()} {platform.release()} {platform.machine()}"}
    for name in _PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
