"""The board itself: its supply, its hardware watchdog, its clock chip."""

import re
from collections.abc import Iterator

from headworks.field.doctor.finding import Finding, ok, problem, warning
from headworks.field.doctor.machine import Machine

LIMIT_S = 14.0  # the Pi counts to about 16 s; more was wrapped silently (raspberrypi/linux#7432)
DROP_IN = "/etc/systemd/system.conf.d/watchdog.conf"
_UNITS = {"": 1.0, "s": 1.0, "sec": 1.0, "ms": 0.001, "m": 60.0, "min": 60.0, "h": 3600.0}
NOT_A_PI = "not a Raspberry Pi: {}"


def board(machine: Machine) -> Iterator[Finding]:
    """Model, supply, watchdog, clock chip."""
    model = machine.pi
    yield ok("machine", model or NOT_A_PI.format("fine for trying things out"))
    yield _supply(machine)
    yield _watchdog(machine)
    yield _clock_chip(machine)


def _supply(machine: Machine) -> Finding:
    """Bits of `vcgencmd get_throttled`: 0 under-voltage now, 16 since the start."""
    check = "supply"
    if machine.pi is None:
        return ok(check, NOT_A_PI.format("its supply is not looked at"))
    said = re.search(
        r"throttled=(0x[0-9a-fA-F]+)", machine.ask(["vcgencmd", "get_throttled"]) or ""
    )
    if said is None:
        return ok(check, "vcgencmd is not there: under-voltage cannot be seen")
    bits = int(said.group(1), 16)
    advice = "use the supply and the cable that the Pi's maker names; 5.1 V at the header"
    if bits & 1:
        return problem(check, "under-voltage now", advice)
    if bits & 1 << 16:
        return warning(check, "under-voltage since the last start", advice)
    return ok(check, "no under-voltage since the last start")


def _watchdog(machine: Machine) -> Finding:
    check = "watchdog"
    if not machine.path("/dev/watchdog").exists():
        if machine.pi is None:
            return ok(check, NOT_A_PI.format("no hardware watchdog is wanted here"))
        return problem(
            check, "there is no /dev/watchdog", "write dtparam=watchdog=on into config.txt"
        )
    set_s = _runtime_watchdog_s(machine)
    if machine.pi is None:
        return ok(check, NOT_A_PI.format("its watchdog is not looked at"))
    advice = f"write [Manager] RuntimeWatchdogSec={LIMIT_S:g} into {DROP_IN} and reboot"
    if not set_s:
        return warning(check, "is there, and nothing feeds it: a hung kernel stays hung", advice)
    if set_s > LIMIT_S:
        return problem(check, f"is set to {set_s:g} s; this chip counts to about 16 s only", advice)
    return ok(check, f"restarts a hung kernel after {set_s:g} s")


def _runtime_watchdog_s(machine: Machine) -> float | None:
    """RuntimeWatchdogSec of systemd, drop-ins last; None where it is not set."""
    texts = [machine.text("/etc/systemd/system.conf") or ""]
    folder = machine.path("/etc/systemd/system.conf.d")
    names = sorted(path.name for path in folder.glob("*.conf"))
    texts += [machine.text(f"/etc/systemd/system.conf.d/{name}") or "" for name in names]
    found = None
    for line in "\n".join(texts).splitlines():
        name, _, value = line.partition("=")
        if name.strip() == "RuntimeWatchdogSec":
            found = _seconds(value.strip())
    return found


def _seconds(text: str) -> float | None:
    """A time as systemd writes it: 14, 14s, 1min 30s. None for off or what is not a time."""
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([a-z]*)", text)
    if not parts or any(unit not in _UNITS for _, unit in parts):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _clock_chip(machine: Machine) -> Finding:
    check = "clock chip"
    if machine.path("/sys/class/rtc/rtc0").exists():
        return ok(check, "there is one: the time of day survives a power cut")
    if machine.pi is None:
        return ok(check, NOT_A_PI.format("no clock chip is wanted here"))
    return warning(
        check,
        "there is none: after a power cut the time of day is wrong until the network sets it",
        "fit one (dtoverlay=i2c-rtc,ds3231), or a battery on a Pi 5",
    )
