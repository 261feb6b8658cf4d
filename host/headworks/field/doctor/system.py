"""What runs on the board: Python, the service, the time of day, the disk."""

import os
from collections.abc import Iterator
from pathlib import Path

from headworks.field.doctor.finding import Finding, ok, problem, warning
from headworks.field.doctor.machine import Machine
from headworks.model.site import ScheduleSignal, Site
from headworks.paths import runtime_dir, state_dir

UNITS = ("/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system")
SERVICE = "headworks.service"
LEAST, LOW = 100e6, 500e6  # bytes free: a problem, a warning
WORN, SPENT = 9, 11  # eMMC life time in tenths, JEDEC 5.0: 9 is 80 to 90 %, 11 is over


def system(machine: Machine, site: Site | None) -> Iterator[Finding]:
    """Python, service, clock, time zone, disk, wear, runtime folder."""
    yield _python(machine)
    yield _service(machine)
    yield _clock(machine, site)
    yield _zone(machine, site)
    yield _disk(machine)
    yield _wear(machine)
    yield _runtime(machine)


def _python(machine: Machine) -> Finding:
    version = ".".join(map(str, machine.python))
    if machine.python < (3, 11):
        return problem("python", f"is {version}", "install Python 3.11 or newer")
    return ok("python", f"is {version}")


def _service(machine: Machine) -> Finding:
    check = "service"
    if not machine.path("/run/systemd/system").is_dir():
        return ok(check, "systemd does not run here: start the station by hand")
    for folder in UNITS:
        text = machine.text(f"{folder}/{SERVICE}")
        if text is not None:
            return _unit(check, f"{folder}/{SERVICE}", text)
    return warning(
        check,
        "the station is not installed as a service: it does not start with the machine",
        "copy host/systemd/headworks.service to /etc/systemd/system and enable it",
    )


def _unit(check: str, name: str, text: str) -> Finding:
    keys = {line.partition("=")[0].strip() for line in text.splitlines()}
    missing = [key for key in ("WatchdogSec", "Restart", "RuntimeDirectory") if key not in keys]
    if missing:
        advice = "take them over from host/systemd/headworks.service"
        return warning(check, f"{name} lacks {', '.join(missing)}", advice)
    return ok(check, f"{name} is installed")


def _clock(machine: Machine, site: Site | None) -> Finding:
    """Control does not need the time of day; schedules and records do."""
    check = "clock"
    if machine.synchronised():
        return ok(check, "the time of day is kept by a time service")
    advice = "sudo timedatectl set-ntp true, and let the machine reach a time server"
    waits = [s for s in site.signals if isinstance(s, ScheduleSignal)] if site else []
    held = next((signal.name for signal in waits if not signal.unsynced_ok), None)
    if held is not None:
        text = f"no time service keeps the time of day: schedule {held!r} allows nothing"
        return problem(check, text, advice)
    return warning(check, "no time service keeps the time of day: records are untimed", advice)


def _zone(machine: Machine, site: Site | None) -> Finding:
    check = "time zone"
    local = machine.path("/etc/localtime")
    named = machine.text("/etc/timezone")
    if local.is_symlink():
        named = str(local.readlink()).partition("zoneinfo/")[2] or named
    named = named or "unknown"
    if site is None or site.timezone == named:
        return ok(check, f"is {named}")
    return ok(check, f"is {named}; schedules follow the site's, {site.timezone}")


def _disk(machine: Machine) -> Finding:
    check = "disk"
    folder = _nearest(machine, state_dir())
    free, read_only = machine.space(folder)
    if read_only:
        advice = "find out why (dmesg); latches and lock-outs would not survive a restart"
        return problem(check, f"{state_dir()} is on a file system that is read-only", advice)
    text = f"{free / 1e6:.0f} MB are free for {state_dir()}"
    advice = "make room; the station goes on without, but keeps no records"
    if free < LEAST:
        return problem(check, text, advice)
    return warning(check, text, advice) if free < LOW else ok(check, text)


def _wear(machine: Machine) -> Finding:
    """eMMC tells its wear; SD cards do not."""
    check = "flash wear"
    disks = sorted(machine.path("/sys/block").glob("mmcblk[0-9]"))
    if not disks:
        return ok(check, "no flash card is used")
    told = machine.text(f"/sys/block/{disks[0].name}/device/life_time")
    if not told:
        return ok(check, f"{disks[0].name} does not tell its wear: keep a spare, made for writing")
    worst = max(int(part, 16) for part in told.split())
    if worst >= SPENT:
        return problem(check, f"{disks[0].name} is past its life", "replace it now")
    if worst >= WORN:
        return warning(
            check, f"{disks[0].name} has used {(worst - 1) * 10} % of its life", "order a new one"
        )
    return ok(check, f"{disks[0].name} has used at most {worst * 10} % of its life")


def _runtime(machine: Machine) -> Finding:
    check = "runtime folder"
    folder = _nearest(machine, runtime_dir())
    if machine.access(folder, os.W_OK | os.X_OK):
        return ok(check, f"{runtime_dir()} can be written")
    advice = "set HEADWORKS_RUNTIME, or run the station as a service: it gets one there"
    return warning(check, f"{runtime_dir()} cannot be written by this user", advice)


def _nearest(machine: Machine, folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    path = machine.path(str(folder))
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
