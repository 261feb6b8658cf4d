"""Serial ports: there, allowed, named so that they stay the same, and not the console."""

import os
from collections.abc import Iterator
from pathlib import Path

from headworks.field.doctor.finding import Finding, ok, problem, warning
from headworks.field.doctor.machine import Machine
from headworks.model.site import Site

PATTERNS = ("ttyUSB*", "ttyACM*", "ttyAMA*", "ttyS[0-9]", "ttySC*")
BY_ID = "/dev/serial/by-id"
STOP = "stop that program, unless it is the station"
GROUP = "sudo usermod -aG dialout $USER, then log in again"


def ports(machine: Machine, site: Site | None) -> Iterator[Finding]:
    """Every serial port of the site, or those that the machine has."""
    wanted = sorted(_wanted(site)) if site else []
    for port in wanted:
        yield _port(machine, port)
    if wanted:
        return
    found = _present(machine)
    if site:
        yield ok("serial ports", "the site uses none")
    elif found:
        yield ok("serial ports", f'{", ".join(found)} can be used in connect = "serial:…"')
    else:
        yield ok("serial ports", "none is plugged in")


def _wanted(site: Site) -> set[str]:
    connects = [m.connect for m in site.meters]
    connects += [s.connect for s in site.switches] + [b.connect for b in site.boards]
    return {text.removeprefix("serial:") for text in connects if text.startswith("serial:")}


def _present(machine: Machine) -> list[str]:
    """Stable names first; the bare ones of ports that have no stable name."""
    stable = _by_id(machine)
    bare = [
        f"/dev/{path.name}"
        for pattern in PATTERNS
        for path in sorted(machine.path("/dev").glob(pattern))
    ]
    return [*stable.values(), *(name for name in bare if Path(name).name not in stable)]


def _by_id(machine: Machine) -> dict[str, str]:
    """Name of the device → its stable path."""
    folder = machine.path(BY_ID)
    if not folder.is_dir():
        return {}
    return {p.readlink().name: f"{BY_ID}/{p.name}" for p in folder.iterdir() if p.is_symlink()}


def _port(machine: Machine, port: str) -> Finding:
    check = f"serial port {port}"
    path = machine.path(port)
    if not path.exists():
        there = ", ".join(_present(machine)) or "no port at all"
        return problem(check, "is not there", f"plug it in, or write one of: {there}")
    if not machine.access(path, os.R_OK | os.W_OK):
        return problem(check, "may not be opened by this user", GROUP)
    if _is_console(machine, path):
        advice = "take console=serial0,… out of /boot/firmware/cmdline.txt and reboot"
        return problem(check, "is the kernel's console, which would write into the bus", advice)
    who = machine.holder(path)
    if who and not is_station(who):
        return warning(check, f"is used by {who}", STOP)
    stable = _by_id(machine).get(path.name)
    if stable and not port.startswith("/dev/serial/"):
        return warning(check, "may get another number at the next start", f"write {stable}")
    return ok(check, f"is there and is used by {who}" if who else "is there and may be opened")


def is_station(holder: str) -> bool:
    """Whether it is most likely this project's own program."""
    return holder.startswith("headworks ")


def _is_console(machine: Machine, path: Path) -> bool:
    names = {path.name, path.readlink().name if path.is_symlink() else path.name}
    words = machine.command_line()
    consoles = {w[8:].partition(",")[0] for w in words if w.startswith("console=")}
    return bool(names & consoles)
