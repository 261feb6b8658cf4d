"""What each entry of a sensor board's file may hold, and which channels it gives.

A kind of sensor is a row of `KINDS` here and a driver of the same name in
`firmware/headworks_fw/sensors`. Knows no pins; `hardware.sensor_pins` does.
"""

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from headworks.hardware.facts import check_choice, check_keys

NUMBER = (int, float)
CONTACT_EVERY_S = 1.0  # contacts are told at every change, and this often at the least
LONGEST_NAME = 16
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")


class ChannelKind(StrEnum):
    """What a channel's value is."""

    NUMBER = "number"
    CONTACT = "contact"  # a bool; True = active
    OUTPUT = "output"  # a bool; True = on


class Channel(NamedTuple):
    """One channel of a board. `low` and `high` are what can be; a contact that latches says so."""

    name: str
    kind: ChannelKind
    every_s: float
    low: float = -math.inf
    high: float = math.inf
    latch: bool = False


class Kind(NamedTuple):
    """A kind of sensor: its own keys with types, and its channels by suffix.

    A channel's range is (low, high), or None for the entry's own `c`. `pins`: keys that name a
    pin. `many`: `names` instead of `name`.
    """

    keys: Mapping[str, Any]
    channels: Mapping[str, tuple[float, float] | None]
    optional: Mapping[str, Any] = {}
    many: bool = False
    adc: bool = False


_SHT = Kind(
    {"bus": int, "address": int, "c": list},
    {"_c": None, "_humidity_percent": (0.0, 100.0), "_dew_point_c": (-100.0, 100.0)},
    {"stuck_s": NUMBER},
)
KINDS: dict[str, Kind] = {
    "sht31": _SHT,
    "sht4x": _SHT,
    "ds18b20": Kind({"pin": int, "c": list}, {"_c": None}, {"stuck_s": NUMBER}, many=True),
    "ntc": Kind(
        {"pin": int, "beta_k": NUMBER, "r25_ohm": NUMBER, "series_ohm": NUMBER, "c": list},
        {"_c": None},
        adc=True,
    ),
    "dew-margin": Kind({"surface": str, "air": str}, {"_margin_k": (-200.0, 200.0)}),
}
CONTACT = {
    "name": str,
    "pin": int,
    "pull": str,
    "active_low": bool,
    "debounce_s": NUMBER,
    "latch": bool,
}
TACH = {"name": str, "pin": int, "pulses_per_rev": int, "nominal_rpm": NUMBER, "every_s": NUMBER}
OUTPUT = {"name": str, "pin": int, "active_high": bool, "lease_most_s": NUMBER, "trips": list}
FASTEST_RPM = 30_000.0  # above any fan; a tachometer beyond it counts noise
_TIMES = {
    "every_s": (0.2, 60.0),
    "debounce_s": (0.02, 1.0),
    "lease_most_s": (1.0, 60.0),
    "stuck_s": (10.0, 86400.0),
}


def sensor_channels(entry: Mapping[str, Any]) -> list[Channel]:
    """The channels of one [[sensor]]. Raises ValueError."""
    check_choice("kind", entry.get("kind", ""), tuple(KINDS))
    kind = KINDS[entry["kind"]]
    naming = {"names": list} if kind.many else {"name": str}
    required = {"kind": str, "every_s": NUMBER, **naming, **kind.keys}
    check_keys(entry, required, kind.optional)
    check_times(entry)
    names = entry["names"] if kind.many else [entry["name"]]
    own = _range(entry) if "c" in entry else (-math.inf, math.inf)
    return [
        Channel(check_name(name) + suffix, ChannelKind.NUMBER, entry["every_s"], *(span or own))
        for name in names
        for suffix, span in kind.channels.items()
    ]


def contact_channels(entry: Mapping[str, Any]) -> list[Channel]:
    """The channel of one [[contact]]. Raises ValueError."""
    check_keys(entry, CONTACT, {})
    check_times(entry)
    check_choice("pull", entry["pull"], ("up", "down", "none"))
    name = check_name(entry["name"])
    return [Channel(name, ChannelKind.CONTACT, CONTACT_EVERY_S, latch=entry["latch"])]


def tach_channels(entry: Mapping[str, Any]) -> list[Channel]:
    """Speed and share of the nominal speed of one [[tach]]. Raises ValueError."""
    check_keys(entry, TACH, {})
    check_times(entry)
    name, nominal, every_s = check_name(entry["name"]), entry["nominal_rpm"], entry["every_s"]
    if not 1 <= entry["pulses_per_rev"] <= 16 or not 60 <= nominal <= FASTEST_RPM:
        raise ValueError(f"{name}: pulses_per_rev is 1 to 16, nominal_rpm 60 to {FASTEST_RPM:.0f}")
    most_percent = 100.0 * FASTEST_RPM / nominal
    return [
        Channel(f"{name}_rpm", ChannelKind.NUMBER, every_s, 0.0, FASTEST_RPM),
        Channel(f"{name}_percent", ChannelKind.NUMBER, every_s, 0.0, most_percent),
    ]


def output_channels(entry: Mapping[str, Any]) -> list[Channel]:
    """The state of one [[output]]. Raises ValueError."""
    check_keys(entry, OUTPUT, {"reset": str})
    check_times(entry)
    return [Channel(check_name(entry["name"]), ChannelKind.OUTPUT, CONTACT_EVERY_S)]


def check_times(entry: Mapping[str, Any]) -> None:
    """Raises ValueError for a time that makes no sense."""
    for key, (least, most) in _TIMES.items():
        if key in entry and not least <= entry[key] <= most:
            raise ValueError(f"{key} = {entry[key]!r}; write {least:g} to {most:g} s")


def check_name(name: Any) -> str:
    """Raises ValueError for what cannot be a name at the board."""
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or set(name) - _LETTERS:
        raise ValueError(f"name {name!r}: write 1 to {LONGEST_NAME} of a-z, 0-9 and _")
    return name


def _range(entry: Mapping[str, Any]) -> tuple[float, float]:
    span = entry["c"]
    if len(span) != 2 or not all(isinstance(x, NUMBER) for x in span) or not span[0] < span[1]:
        raise ValueError(
            f"c = {span!r}; write the lowest and the highest temperature, as [-40, 85]"
        )
    return float(span[0]), float(span[1])
