"""The GPIO chip of the site, its lines, and what becomes of outputs when the station dies."""

import os
from collections.abc import Iterator
from pathlib import Path

from headworks.field.doctor.finding import Finding, ok, problem, warning
from headworks.field.doctor.machine import Machine
from headworks.hardware.files import HardwareError
from headworks.hardware.switch import SwitchProfile, load_switch
from headworks.model.site import GpioSpec, Site

DRIVERS = ("pinctrl_bcm2835", "pinctrl_rp1")
OURS = "lg"  # the name under which lgpio holds lines
STRICT = "write dtparam=strict_gpiod into /boot/firmware/config.txt and reboot"


def pins(machine: Machine, site: Site | None) -> Iterator[Finding]:
    """Chip and lines; and, on a Pi, whether outputs fall when their process dies."""
    boards = dict(_gpio_boards(site)) if site else {}
    if site and boards and site.gpio.factory != "lgpio":
        yield ok("gpio", f"the site's pins are those of {site.gpio.factory!r}, not of this machine")
        return
    if machine.pi is None and not boards:
        yield ok("gpio", "not a Raspberry Pi: its pins are not looked at")
        return
    if site and not boards:
        yield ok("gpio", "the site drives no GPIO line")
    else:
        yield from _chip(machine, site.gpio if site else GpioSpec(), boards)
    if machine.pi is not None:
        bare = bool(boards) and site is not None and site.deadman is None
        yield _outputs_fall(machine, bare)


def _gpio_boards(site: Site) -> Iterator[tuple[str, SwitchProfile]]:
    for spec in site.switches:
        try:
            profile = load_switch(spec.model)
        except HardwareError:
            continue  # `headworks check` says so
        if not profile.needs_connect:
            yield spec.name, profile


def _chip(machine: Machine, gpio: GpioSpec, boards: dict[str, SwitchProfile]) -> Iterator[Finding]:
    check = f"gpio chip {gpio.chip}"
    device = Path(f"/dev/gpiochip{gpio.chip}")
    path = machine.path(str(device))
    if not path.exists():
        yield problem(check, f"{device} is not there", _which(machine))
        return
    if not machine.access(path, os.R_OK | os.W_OK):
        advice = "sudo usermod -aG gpio $USER, then log in again"
        yield problem(check, f"{device} may not be opened by this user", advice)
        return
    label = machine.chip_label(path)
    if not label.startswith("pinctrl-"):
        text = f"{device} is {label!r}, not the header"
        yield problem(check, text, _which(machine))
        return
    yield ok(check, f"{device} is {label!r} and may be opened")
    if boards:
        yield _lines(machine, path, boards)


def _which(machine: Machine) -> str:
    """The chips that there are with their labels, as advice."""
    found = []
    for path in sorted(machine.path("/dev").glob("gpiochip*")):
        try:
            found.append(f"{path.name} is {machine.chip_label(path)!r}")
        except OSError as error:
            found.append(f"{path.name}: {error.strerror}")
    if not found:
        return "this machine has no GPIO chip: run the site on its Raspberry Pi"
    return f"write the right one, [gpio] chip = N: {', '.join(found)}"


def _lines(machine: Machine, path: Path, boards: dict[str, SwitchProfile]) -> Finding:
    held = [
        (f"GPIO {pin} ({name} {use})", holder)
        for name, profile in boards.items()
        for pin, use in profile.pins().items()
        if (holder := machine.consumer(path, pin)) is not None
    ]
    if not held:
        return ok("gpio lines", "all lines of the site are free")
    if {holder for _, holder in held} == {OURS}:
        text = f"{len(held)} lines are held by a program that uses lgpio"
        return warning("gpio lines", text, "this is right if the station runs; else stop it")
    line, holder = next(pair for pair in held if pair[1] != OURS)
    return problem(
        "gpio lines",
        f"{line} is held by {holder!r}",
        "stop that program, or take its dtoverlay out of /boot/firmware/config.txt",
    )


def _outputs_fall(machine: Machine, bare: bool) -> Finding:
    """Raspberry Pi OS keeps outputs driven after a crash (raspberrypi/linux#6117).

    `bare`: the site's racks have no dead-man contactor in series that would open them then.
    """
    check = "gpio after a crash"
    keeps = _keeps(machine)
    if keeps is False:
        return ok(check, "the kernel lets outputs go when the station dies")
    grade = problem if bare else warning
    if keeps:
        return grade(check, "the kernel keeps outputs driven when the station dies", STRICT)
    return grade(check, "nothing says whether outputs fall when the station dies", STRICT)


def _keeps(machine: Machine) -> bool | None:
    """What the running driver says; where it says nothing, what the next start was told."""
    for driver in DRIVERS:
        value = machine.text(f"/sys/module/{driver}/parameters/persist_gpio_outputs")
        if value is not None:
            return value.upper() in ("Y", "1")
    for word in machine.command_line():
        name, _, value = word.partition("=")
        if name in [f"{driver}.persist_gpio_outputs" for driver in DRIVERS]:
            return value.lower() in ("y", "1", "")
    told = [line.replace(" ", "") for line in machine.config_lines()]
    if any(line in ("dtparam=strict_gpiod", "dtparam=strict_gpiod=on") for line in told):
        return False
    return None
