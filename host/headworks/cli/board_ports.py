"""Which ports may hold a sensor board, and which board of the site is meant. Sends nothing."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from headworks.cli.check import DEFAULT_SITE
from headworks.field.boards.port import find_usb
from headworks.flash.errors import AGAIN, FlashError
from headworks.hardware.files import models
from headworks.hardware.mcu import load_mcu
from headworks.hardware.sensor import load_sensor
from headworks.model.site import BoardSpec, Site
from headworks.site import load_site

_BY_ID = "/dev/serial/by-id"


class SerialPort(NamedTuple):
    """A serial port. `usb` is "2e8a:0005" or empty; `waits` that its chip is in its own loader."""

    device: str
    stable: str
    usb: str
    serial: str
    waits: bool = False


def site_or_none(path: Path | None) -> Site | None:
    """The site file that was named, else site.toml where there is one. Raises as load_site."""
    if path is None and not DEFAULT_SITE.exists():
        return None
    return load_site(path or DEFAULT_SITE)


def candidates() -> list[SerialPort]:
    """Ports whose USB ids are those of a board, by name."""
    from serial.tools.list_ports import comports

    ours = {usb for model in models("sensor") for usb in load_sensor(model).usb}
    loaders = {usb for model in models("mcu") for usb in load_mcu(model).usb_bootloader}
    found = []
    for port in sorted(comports()):
        usb = f"{port.vid:04x}:{port.pid:04x}" if port.vid is not None else ""
        if usb in ours | loaders:
            serial = port.serial_number or ""
            found.append(
                SerialPort(port.device, _stable(port.device), usb, serial, usb not in ours)
            )
    return found


def _stable(device: str) -> str:
    """Its by-id name, where it has one."""
    links = Path(_BY_ID).glob("*") if os.path.isdir(_BY_ID) else ()
    return next((str(link) for link in links if os.path.realpath(link) == device), device)


def port_again(path: str, serial: str, name: str = "") -> str:
    """A port that was there, or where its device with this USB serial is now. Raises FlashError."""
    if os.path.exists(path):
        return path
    if serial:
        return _on_usb(f"usb:{serial}", f"{name}: " if name else "")
    raise FlashError(f"{path or '--port'} is not there; {AGAIN}, or see: headworks board list")


def _on_usb(connect: str, who: str = "") -> str:
    try:
        return find_usb(connect)
    except FileNotFoundError as error:
        raise FlashError(f"{who}{error.strerror}; {AGAIN}") from error


def port_of(spec: BoardSpec) -> str:
    """Where a board of the site is now. Raises FlashError."""
    if spec.connect.startswith("usb:"):
        return _on_usb(spec.connect, f"{spec.name}: ")
    path = spec.connect.removeprefix("serial:")
    if not os.path.exists(path):
        raise FlashError(f"{spec.name}: {path} is not there; {AGAIN}, or name its port with --port")
    return path


def spec_of(site: Site, name: str) -> BoardSpec:
    """A board of the site by name. Raises FlashError with the nearest."""
    found = next((board for board in site.boards if board.name == name), None)
    if found is None:
        raise FlashError(f"no board is called {name!r}{near(name, [b.name for b in site.boards])}")
    return found


def near(name: str, names: Iterable[str]) -> str:
    """What was meant, as the end of a sentence."""
    from difflib import get_close_matches

    known = list(names)
    match = get_close_matches(name, known, 1)
    if match:
        return f"; did you mean {match[0]}?"
    return f"; there are: {', '.join(known)}" if known else "; the site has none"
