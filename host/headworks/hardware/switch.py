"""Switch profiles: what each outlet and input of a relay board or PDU is, from boards/switch.

Reads and checks the files. Drives nothing; `headworks.field.switches` does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from headworks.hardware.facts import Fact, check_choice, check_keys, fact
from headworks.hardware.files import HardwareError, read

FAMILIES = ("gpio", "gpio-pulse", "coil")
PULLS = ("up", "down", "none")
LAST_GPIO = 27  # of the 40-pin header of a Raspberry Pi
LAST_COIL = 0xFFFF

_OPTIONAL: dict[str, type | tuple[type, ...]] = {
    "active_high": bool,
    "off_outlets": dict,
    "inputs": dict,
    "inputs_active_high": bool,
    "pull": str,
    "debounce_s": (int, float),
    "on_pulse_s": (int, float),
    "off_pulse_s": (int, float),
    "repeat_s": (int, float),
    "input_function": int,
    "notes": str,
}
_REQUIRED: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "family": str,
    "latching": bool,
    "outlets": dict,
    "fact": list,
}
_TIMES = (
    ("debounce_s", 0.0, 1.0),
    ("on_pulse_s", 0.01, 10.0),
    ("off_pulse_s", 0.01, 10.0),
    ("repeat_s", 1.0, 3600.0),
)


@dataclass(frozen=True, slots=True)
class SwitchProfile:
    """One model of relay board or PDU.

    Outlets are "1", "2", … → GPIO number (BCM) or coil address counted from 0; inputs are
    "in1", … → GPIO number or bit address. `off_outlets` are the pins of the off pulses of the
    family gpio-pulse. `latching` says that it stays on when the controller dies.
    """

    model: str
    name: str
    family: str
    latching: bool
    outlets: Mapping[str, int]
    provenance: tuple[Fact, ...]
    off_outlets: Mapping[str, int]
    inputs: Mapping[str, int]
    active_high: bool = True  # level that means on; a coil is always on at 1
    inputs_active_high: bool = False  # False: a contact to ground is active
    pull: str = "up"  # of the inputs: up, down or none
    debounce_s: float = 0.02
    on_pulse_s: float = 0.2
    off_pulse_s: float = 0.2
    repeat_s: float = 10.0  # a pulse is repeated this often to re-assert the state
    input_function: int = 2  # Modbus function that reads the inputs: 2, or 1 on some boards
    notes: str = ""

    @property
    def needs_connect(self) -> bool:
        """Whether a site file must say where the device is (tcp://…, serial:…)."""
        return self.family == "coil"

    def pins(self) -> dict[int, str]:
        """Every GPIO number of the board with its use; empty for a device behind a wire."""
        if self.needs_connect:
            return {}
        return {pin: use for use, pin in _uses(self.outlets, self.off_outlets, self.inputs)}


def load_switch(model: str) -> SwitchProfile:
    """The profile of one model. Raises HardwareError naming file, key and fix."""
    data = read("switch", model)
    try:
        return parse(model, data)
    except ValueError as error:
        raise HardwareError(f"boards/switch/{model}.toml: {error}") from error


def parse(model: str, data: Mapping[str, Any]) -> SwitchProfile:
    """A parsed file as a profile. Raises ValueError with what to write instead."""
    check_keys(data, _REQUIRED, _OPTIONAL)
    check_choice("family", data["family"], FAMILIES)
    check_choice("pull", data.get("pull", "up"), PULLS)
    last = LAST_COIL if data["family"] == "coil" else LAST_GPIO
    maps = {
        key: _addresses(key, data.get(key, {}), last)
        for key in ("outlets", "off_outlets", "inputs")
    }
    _check_family(data, maps)
    fields: dict[str, Any] = {**data, **maps, "provenance": tuple(map(fact, data["fact"]))}
    del fields["fact"]
    return SwitchProfile(model=model, **fields)


def _addresses(key: str, table: Mapping[str, Any], last: int) -> dict[str, int]:
    stem = "in" if key == "inputs" else ""
    wanted = [f"{stem}{n}" for n in range(1, len(table) + 1)]
    if list(table) != wanted:
        raise ValueError(f"[{key}] must name {', '.join(wanted)} in this order")
    for name, value in table.items():
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= last:
            raise ValueError(f"[{key}] {name} = {value!r}; write a number from 0 to {last}")
    return dict(table)


def _check_family(data: Mapping[str, Any], maps: Mapping[str, Mapping[str, int]]) -> None:
    family = data["family"]
    if not maps["outlets"]:
        raise ValueError("[outlets] is empty; name at least outlet 1")
    if family == "gpio-pulse" and list(maps["off_outlets"]) != list(maps["outlets"]):
        raise ValueError("[off_outlets] must give the off pin of every outlet")
    if family == "gpio-pulse" and not data["latching"]:
        raise ValueError("latching = false; a pulse-driven device stays on: write true")
    if family != "gpio-pulse" and maps["off_outlets"]:
        raise ValueError("[off_outlets] belongs to the family gpio-pulse only")
    if data.get("input_function", 2) not in (1, 2):
        raise ValueError("input_function must be 1 (coils) or 2 (discrete inputs)")
    for key, least, most in _TIMES:
        if not least <= data.get(key, most) <= most:
            raise ValueError(f"{key} must lie between {least} and {most} s")
    if family != "coil":
        _check_unique(maps)
    elif any(_has_gaps(maps[key]) for key in ("outlets", "inputs")):
        raise ValueError("coils and inputs must follow each other: they go in one request")


def _has_gaps(table: Mapping[str, int]) -> bool:
    numbers = list(table.values())
    return any(then != now + 1 for now, then in pairwise(numbers))


def _check_unique(maps: Mapping[str, Mapping[str, int]]) -> None:
    seen: dict[int, str] = {}
    for use, pin in _uses(maps["outlets"], maps["off_outlets"], maps["inputs"]):
        if pin in seen:
            raise ValueError(f"GPIO {pin} is both {seen[pin]} and {use}")
        seen[pin] = use


def _uses(
    outlets: Mapping[str, int], off_outlets: Mapping[str, int], inputs: Mapping[str, int]
) -> list[tuple[str, int]]:
    return [
        *((f"outlet {name}", pin) for name, pin in outlets.items()),
        *((f"outlet {name} off", pin) for name, pin in off_outlets.items()),
        *((f"input {name}", pin) for name, pin in inputs.items()),
    ]
