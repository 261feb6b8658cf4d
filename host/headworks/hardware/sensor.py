"""Sensor boards: what each measures and switches, from boards/sensor, and its configuration.

Reads and checks the files. Talks to no board; `headworks.field.boards` does.
"""

import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from headworks.hardware.facts import Fact, check_choice, check_keys, fact
from headworks.hardware.files import HardwareError, models, read
from headworks.hardware.mcu import load_mcu
from headworks.hardware.sensor_kinds import (
    Channel,
    ChannelKind,
    contact_channels,
    output_channels,
    sensor_channels,
    tach_channels,
)
from headworks.hardware.sensor_pins import check_pins

__all__ = [
    "Channel",
    "ChannelKind",
    "SensorProfile",
    "check_name",
    "config_bytes",
    "config_crc",
    "load_sensor",
    "parse",
]

LINKS = ("usb", "rs485")
BAUDS = (9600, 19200, 38400, 57600, 115200, 230400)
OWN_LATCHES = ("lease", "flash")  # what a board calls a latch that no contact has made
LONGEST_NAME = 16  # of a board, as its firmware has it
_NAME = re.compile(rf"[a-z0-9_-]{{1,{LONGEST_NAME}}}")
_WATCHDOG_MS = 8000
_REQUIRED: dict[str, Any] = {"name": str, "mcus": list, "usb": list, "link": str, "fact": list}
_LISTS: dict[str, Callable[[Mapping[str, Any]], list[Channel]]] = {
    "sensor": sensor_channels,
    "contact": contact_channels,
    "tach": tach_channels,
    "output": output_channels,
}
_OPTIONAL: dict[str, Any] = {
    "led": (str, int),
    "notes": str,
    "baud": int,
    "i2c": list,
    "uart": dict,
    **dict.fromkeys(_LISTS, list),
}
_I2C = {"id": int, "sda": int, "scl": int, "hz": int}
_UART = {"id": int, "tx": int, "rx": int, "de": int}


@dataclass(frozen=True, slots=True)
class SensorProfile:
    """One model of sensor board.

    `usb` are the ids under which its port shows while MicroPython runs, "2e8a:0005". `data` is
    the file, with what it takes from another by `like`.
    """

    model: str
    name: str
    mcus: tuple[str, ...]
    usb: tuple[str, ...]
    link: str
    baud: int
    channels: Mapping[str, Channel]
    outputs: tuple[str, ...]
    provenance: tuple[Fact, ...]
    notes: str
    data: Mapping[str, Any]


def load_sensor(model: str) -> SensorProfile:
    """The profile of one model. Raises HardwareError naming file, key and fix."""
    data = _with_base(model, read("sensor", model))
    try:
        return parse(model, data)
    except (ValueError, TypeError, KeyError) as error:
        raise HardwareError(f"boards/sensor/{model}.toml: {error}") from error


def parse(model: str, data: Mapping[str, Any]) -> SensorProfile:
    """A parsed file, without `like`, as a profile. Raises ValueError with what to write instead."""
    check_keys(data, _REQUIRED, _OPTIONAL)
    check_choice("link", data["link"], LINKS)
    for bus in data.get("i2c", ()):
        check_keys(bus, _I2C, {})
    _check_link(data)
    channels = _channels(data)
    _check_references(data, channels)
    for mcu in data["mcus"]:
        check_choice("mcus", mcu, tuple(models("mcu")))
        check_pins(data, load_mcu(mcu))
    return SensorProfile(
        model=model,
        name=data["name"],
        mcus=tuple(data["mcus"]),
        usb=tuple(data["usb"]),
        link=data["link"],
        baud=data.get("baud", BAUDS[4]),
        channels=channels,
        outputs=tuple(output["name"] for output in data.get("output", ())),
        provenance=tuple(map(fact, data["fact"])),
        notes=data.get("notes", ""),
        data=data,
    )


def _with_base(model: str, data: dict[str, Any]) -> dict[str, Any]:
    """The file on top of the one it is `like`; facts of what it says itself are its own."""
    if "like" not in data:
        return data
    base = read("sensor", data["like"])
    if "like" in base:
        raise HardwareError(
            f"boards/sensor/{model}.toml: like = {data['like']!r} is itself like another; "
            f"write like = {base['like']!r}"
        )
    own = {key: value for key, value in data.items() if key not in ("like", "fact")}
    facts = [
        {**entry, "about": [key for key in entry["about"] if key not in own]}
        for entry in base["fact"]
    ]
    kept = [entry for entry in facts if entry["about"]]
    return {**base, **own, "fact": [*kept, *data.get("fact", [])]}


def _check_link(data: Mapping[str, Any]) -> None:
    if data["link"] == "usb":
        for key in ("uart", "baud"):
            if key in data:
                raise ValueError(f'{key} belongs to link = "rs485"; remove it')
        return
    if "uart" not in data or "baud" not in data:
        raise ValueError('link = "rs485" wants [uart] with id, tx, rx, de, and baud')
    check_keys(data["uart"], _UART, {})
    if data["baud"] not in BAUDS:
        raise ValueError(f"baud = {data['baud']}; write one of {', '.join(map(str, BAUDS))}")


def _channels(data: Mapping[str, Any]) -> dict[str, Channel]:
    found: dict[str, Channel] = {}
    for section, channels_of in _LISTS.items():
        for entry in data.get(section, ()):
            for channel in channels_of(entry):
                if channel.name in found:
                    raise ValueError(f"the channel {channel.name} is there twice; rename one")
                found[channel.name] = channel
    if not found:
        raise ValueError("the board has no sensor, contact, tach or output; write one")
    return found


def _check_references(data: Mapping[str, Any], channels: Mapping[str, Channel]) -> None:
    """What one entry says of another is there."""
    buses = {bus["id"] for bus in data.get("i2c", ())}
    for entry in data.get("sensor", ()):
        if "bus" in entry and entry["bus"] not in buses:
            raise ValueError(f"{entry['name']}: there is no [[i2c]] with id = {entry['bus']}")
        if entry["kind"] == "dew-margin":
            for channel in (entry["surface"], f"{entry['air']}_dew_point_c"):
                if channel not in channels:
                    raise ValueError(f"{entry['name']}: no sensor here gives {channel}")
    contacts = {contact["name"] for contact in data.get("contact", ())}
    for name in sorted(contacts.intersection(OWN_LATCHES)):
        raise ValueError(f"no contact may be called {name!r}: boards call latches so")
    for output in data.get("output", ()):
        for trip in output["trips"]:
            if trip not in contacts:
                raise ValueError(f"{output['name']}: there is no contact {trip!r} to trip it")
        if "reset" in output and output["reset"] not in contacts:
            raise ValueError(f"{output['name']}: there is no contact {output['reset']!r}")


def check_name(name: str) -> None:
    """Whether a board's firmware takes this name. Raises HardwareError with one that it takes."""
    if not _NAME.fullmatch(name):
        fix = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_")[:LONGEST_NAME].rstrip("-_")
        raise HardwareError(
            f"name = {json.dumps(name)} is no name of a board (a-z, 0-9, - and _; {LONGEST_NAME} "
            f'letters at most); write name = "{fix or "air"}"'
        )


def config_bytes(profile: SensorProfile, name: str, address: int = 0) -> bytes:
    """config.json of a board of this model: what its firmware reads at the start.

    Raises HardwareError for a name that it would refuse.
    """
    check_name(name)
    data = profile.data
    config = {
        "model": profile.model,
        "name": name,
        "address": address,
        "link": _link(profile),
        "led": data.get("led") or None,
        "wdt_ms": min(_WATCHDOG_MS, *(load_mcu(mcu).wdt_most_ms for mcu in profile.mcus)),
        "i2c": data.get("i2c", []),
        "sensors": [_in_ms(entry) for entry in data.get("sensor", ())],
        "contacts": [_contact(entry) for entry in data.get("contact", ())],
        "tachs": [_in_ms(entry) for entry in data.get("tach", ())],
        "outputs": [_output(entry) for entry in data.get("output", ())],
    }
    return json.dumps(config, separators=(",", ":")).encode("ascii")


def config_crc(profile: SensorProfile, name: str, address: int = 0) -> str:
    """What a board with this configuration tells as `cfg`: CRC32, eight hex digits."""
    return f"{zlib.crc32(config_bytes(profile, name, address)):08x}"


def _link(profile: SensorProfile) -> dict[str, Any]:
    if profile.link == "usb":
        return {"kind": "usb"}
    uart = profile.data["uart"]
    pins = {signal: uart[signal] for signal in ("tx", "rx", "de")}
    return {"kind": "rs485", "uart": uart["id"], **pins, "baud": profile.baud}


def _contact(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {**_in_ms(entry), "active_low": int(entry["active_low"]), "latch": int(entry["latch"])}


def _output(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {**_in_ms(entry), "active_high": int(entry["active_high"])}


def _in_ms(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Times as the firmware has them, in whole milliseconds; everything else as it stands."""
    return dict(_timed(entry))


def _timed(entry: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    names = {"every_s": "every_ms", "debounce_s": "debounce_ms", "lease_most_s": "max_ms"}
    for key, value in entry.items():
        yield (names[key], round(value * 1000)) if key in names else (key, value)
