"""The sites that are measured, and the words that their meters show.

Timers are as short as the site file allows, so that a rack is back on soon after each trial.
Made for the bench only: no real site looks like this.
"""

from collections.abc import Sequence
from typing import NamedTuple

from headworks.hardware.meter import load_meter
from headworks.hardware.meter_encode import encode

METER = "pm5560"
POWER = (3, 3059)  # function and address of its power register, boards/meter/pm5xxx.toml
BOARD = "coil-16"
COILS = 16
SURPLUS_KW, DEFICIT_KW = -1000.0, 500.0  # import is positive
VARIANTS = 16  # a value that never changes would rightly be taken for frozen


class Shape(NamedTuple):
    """How large a site is and how fast it is read.

    Each meter has a feeder; racks hang on them in turn. `relays`: the racks (at most 7) are on
    the relay HAT and nothing but meters is on the network.
    """

    racks: int
    meters: int = 1
    poll_s: float = 0.25
    scan_s: float = 1.0
    relays: bool = False

    @property
    def boards(self) -> int:
        """Coil boards, with a coil for each rack."""
        return 0 if self.relays else -(-self.racks // COILS)

    @property
    def coils(self) -> list[tuple[int, int]]:
        """(board, coil) of each rack on a coil board."""
        return [] if self.relays else [divmod(rack, COILS) for rack in range(self.racks)]

    def outlet(self, rack: int) -> str:
        """The switch and outlet of a rack, as the site file names it."""
        if self.relays:
            return f"hat.{rack + 1}"
        board, coil = divmod(rack, COILS)
        return f"b{board}.{coil + 1}"


def config(shape: Shape) -> dict:
    """What the peer needs to serve this site."""
    return {
        "power": POWER,
        "meters": shape.meters,
        "boards": [COILS] * shape.boards,
        "racks": shape.coils,
        "images": {"surplus": _images(SURPLUS_KW), "deficit": _images(DEFICIT_KW)},
    }


def _images(power_kw: float) -> list[dict[int, dict[int, int]]]:
    """A row of registers that differ a little, as those of a living meter."""
    return [encode(load_meter(METER), _channels(power_kw + n * 0.01, n)) for n in range(VARIANTS)]


def _channels(power_kw: float, turn: int) -> dict[str, float]:
    volt = 230.0 + turn * 0.01
    channels = {"power_kw": power_kw, "frequency_hz": 50.0 + turn * 0.001}
    for phase in ("l1", "l2", "l3"):
        channels[f"voltage_{phase}_v"] = volt
        channels[f"power_{phase}_kw"] = power_kw / 3
        channels[f"current_{phase}_a"] = abs(power_kw) / 3 * 1000 / volt
    return channels | {"import_kwh": 1000.0, "export_kwh": 5000.0}


def site_file(shape: Shape, ports: dict[str, Sequence[int]], signals: str = "") -> str:
    """The site file of a shape, its meters and boards at these ports. `signals` is added."""
    parts = [_head(shape)]
    for n, port in enumerate(ports["meters"]):
        parts.append(_meter(f"m{n}", port, shape.poll_s))
        parts.append(_feeder(n))
    parts.append('[[signal]]\nname = "export"\nkind = "export"\nmeter = "m0"\n')
    parts.append(signals)
    for n, port in enumerate(ports["boards"]):
        connect = f'connect = "tcp://127.0.0.1:{port}"'
        parts.append(f'[[switch]]\nname = "b{n}"\nmodel = "{BOARD}"\n{connect}\nunit = 1\n')
    parts += [_rack(n, shape.outlet(n), n % shape.meters) for n in range(shape.racks)]
    return "\n".join(parts)


def _head(shape: Shape) -> str:
    return f"""# The dead-man relay is a mock of gpiozero: no wire is measured here, only software.
[site]
name = "bench"
timezone = "UTC"
scan_s = {shape.scan_s}

[control]
margin_kw = 1
trip_kw = 5
start_delay_s = 0
stagger_s = 0
window_s = 1
starts_per_window = 1000
stop_s = 1
close_s = 2

[gpio]
factory = "mock"

[[switch]]
name = "hat"
model = "relay-hat-8"

[outputs]
deadman = "hat.8"
"""


def _meter(name: str, port: int, poll_s: float) -> str:
    return f"""[[meter]]
name = "{name}"
model = "{METER}"
connect = "tcp://127.0.0.1:{port}"
unit = 1
sign = "import-positive"
poll_s = {poll_s}
"""


def _feeder(number: int) -> str:
    parent = 'parent = "f0"\n' if number else ""
    return f'[[feeder]]\nname = "f{number}"\nmeter = "m{number}"\nrating_kw = 2000\n{parent}'


def _rack(number: int, outlet: str, feeder: int) -> str:
    return f"""[[rack]]
name = "r{number}"
kind = "asic"
rated_kw = 1
feeder = "f{feeder}"
switch = "{outlet}"
min_on_s = 0
min_off_s = 0
starts_per_hour = 3600
starts_per_day = 86400
settle_s = 1
"""
