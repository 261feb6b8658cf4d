"""Sensor boards: rules for their ports, programs that would take them, boards that nobody means."""

from collections.abc import Iterator

from headworks.field.doctor.finding import Finding, ok, problem, warning
from headworks.field.doctor.machine import Machine
from headworks.field.doctor.ports import STOP, is_station
from headworks.field.doctor.udev import FOLDERS, INSTALL, NAME, rules
from headworks.model.site import Site

_BY_ID = "/dev/serial/by-id"
_LOOK = ("usb-MicroPython_", "usb-Espressif_")  # how boards name themselves there
_GRABBERS = {
    "ModemManager": "sudo systemctl mask --now ModemManager, unless a modem needs it",
    "brltty": "sudo systemctl mask --now brltty, unless a Braille display needs it",
}


def sensor_boards(machine: Machine, site: Site | None) -> Iterator[Finding]:
    """Rules, grabbers, and each board that is found by its USB serial number."""
    plugged = _plugged(machine)
    if not plugged and not (site and site.boards):
        return
    installed = _rules_current(machine)
    yield _rules(installed)
    for program, advice in _GRABBERS.items():
        if machine.ask(["systemctl", "is-active", program]) == "active":
            yield _grabber(program, advice, installed is True)
    for board in site.boards if site else ():
        if board.connect.startswith("usb:"):
            yield _by_serial(machine, board.name, board.connect.removeprefix("usb:"), plugged)
    if site:
        yield from _unknown(site, plugged)


def _plugged(machine: Machine) -> list[str]:
    folder = machine.path(_BY_ID)
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    return [name for name in names if name.startswith(_LOOK)]


def _rules_current(machine: Machine) -> bool | None:
    """True if the rules are installed and current, False if they differ, None without them."""
    for folder in FOLDERS:
        text = machine.text(f"{folder}/{NAME}")
        if text is not None:
            return text == rules().strip("\0 \n")
    return None


def _rules(installed: bool | None) -> Finding:
    check = "udev rules"
    if installed:
        return ok(check, f"{NAME} is installed and current")
    if installed is None:
        return warning(
            check, "are not installed: other programs may take the boards' ports", INSTALL
        )
    return warning(check, f"{NAME} is not the one of this version", INSTALL)


def _grabber(program: str, advice: str, has_rules: bool) -> Finding:
    if has_rules and program == "ModemManager":
        return ok(program, "runs, and the rules keep it off the boards' ports")
    return warning(program, "runs and may open a board's port and write into it", advice)


def _by_serial(machine: Machine, board: str, serial: str, plugged: list[str]) -> Finding:
    check = f"board {board}"
    name = next((name for name in plugged if serial.lower() in name.lower()), None)
    if name is not None:
        who = machine.holder(machine.path(f"{_BY_ID}/{name}"))
        if who and not is_station(who):
            return warning(check, f"its port is used by {who}", STOP)
        return ok(check, f"is plugged in (USB serial number {serial})")
    there = ", ".join(plugged) or "none"
    return problem(
        check,
        f"no USB device has the serial number {serial}",
        f"plug it in, or write the number of one that is there: {there}",
    )


def _unknown(site: Site, plugged: list[str]) -> Iterator[Finding]:
    """Boards that are plugged in and not in the site file."""
    texts = [text.lower() for board in site.boards for text in (board.connect, board.uid) if text]
    for name in plugged:
        serial = name.rpartition("-if")[0].rpartition("_")[2].lower()
        if not any(name.lower() in text or serial in text for text in texts):
            yield warning(
                "board", f"{name} is plugged in and not in the site file",
                "add a [[board]] for it, or unplug it",
            )  # fmt: skip
