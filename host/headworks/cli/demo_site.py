"""Makes a training copy of a site file: same site, addresses of this machine, simulated pins.

Changes only the values of `connect`, `listen` and the [gpio] section, line by line, so that
comments and line numbers stay. Checks nothing; `headworks.site` does.
"""

import re
import socket
from collections.abc import Callable
from pathlib import Path

TEMPLATE = Path(__file__).with_name("demo_site.toml")

_ADDRESS = re.compile(r"""^(\s*(?:connect|listen)\s*=\s*)(["'])([^"']*)\2(.*)$""")
_HEADING = re.compile(r"^\s*\[+\s*([\w.-]+)\s*\]+")


def free_port() -> int:
    """A TCP port of this machine that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def training_copy(text: str, folder: Path, port: Callable[[], int] = free_port) -> str:
    """The site file `text` with everything outside replaced by places in `folder` or loopback.

    The same address gets the same place, so meters that share a bus still do.
    """
    places: dict[str, str] = {}
    section, lines = "", []
    for line in text.splitlines():
        heading = _HEADING.match(line)
        section = heading.group(1) if heading else section
        if section == "gpio":
            lines.append(f"# {line}")  # replaced below; the line numbers stay
        else:
            lines.append(_ADDRESS.sub(lambda found: _replace(found, places, folder, port), line))
    pins = folder / "pins.sock"
    lines += ["", "[gpio]", 'factory = "headworks-sim"', f'connect = "{pins}"']
    return "\n".join(lines) + "\n"


def _replace(
    found: re.Match[str], places: dict[str, str], folder: Path, port: Callable[[], int]
) -> str:
    """One line with the place that stands for its address."""
    before, _, address, after = found.groups()
    if address not in places:
        places[address] = _place(address, len(places), folder, port)
    return f'{before}"{places[address]}"{after}'


def _place(address: str, number: int, folder: Path, port: Callable[[], int]) -> str:
    """tcp and rtu+tcp get a port of their own, serial and usb a path; the rest stays as it is."""
    scheme, colon, _ = address.partition(":")
    if scheme in ("tcp", "rtu+tcp"):
        return f"{scheme}://127.0.0.1:{port()}"
    if scheme in ("serial", "usb") and colon:
        return f"serial:{folder / f'tty{number}'}"
    return address
