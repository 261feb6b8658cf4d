"""Microcontrollers of sensor boards: what each pin can do, from boards/mcu. Drives nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headworks.hardware.facts import check_keys, fact
from headworks.hardware.files import HardwareError, read

_REQUIRED: dict[str, Any] = {
    "name": str,
    "modules": list,
    "gpio": list,
    "adc": list,
    "i2c": list,
    "uart": list,
    "refused": dict,
    "mpy_arch": str,
    "uf2_families": list,
    "flash_start": int,
    "flash_bytes": int,
    "usb_bootloader": list,
    "wdt_most_ms": int,
    "fact": list,
}


@dataclass(frozen=True, slots=True)
class Bus:
    """An I2C or UART block: its id, and for each signal the pins it can use; empty = any."""

    id: int
    pins: Mapping[str, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Mcu:
    """One microcontroller. `refused` are pins, `refused_pull` pulls, that a board must not use."""

    model: str
    name: str
    modules: tuple[str, ...]
    gpio: frozenset[int]
    adc: frozenset[int]
    i2c: Mapping[int, Bus]
    uart: Mapping[int, Bus]
    refused: Mapping[int, str]
    refused_pull: Mapping[str, str]
    mpy_arch: str
    uf2_families: tuple[int, ...]
    flash_start: int  # address of its first byte
    flash_bytes: int  # of the smallest of its modules
    usb_bootloader: tuple[str, ...]
    wdt_most_ms: int


def load_mcu(model: str) -> Mcu:
    """The chip of one file. Raises HardwareError naming file, key and fix."""
    data = read("mcu", model)
    try:
        return parse(model, data)
    except (ValueError, TypeError, KeyError) as error:
        raise HardwareError(f"boards/mcu/{model}.toml: {error}") from error


def parse(model: str, data: Mapping[str, Any]) -> Mcu:
    """A parsed file as a chip. Raises ValueError with what to write instead."""
    check_keys(data, _REQUIRED, {"refused_pull": dict})
    for entry in data["fact"]:
        fact(entry)
    gpio = frozenset(pin for low, high in data["gpio"] for pin in range(low, high + 1))
    refused = {int(pin): str(why) for pin, why in data["refused"].items()}
    if both := sorted(gpio & set(refused)):
        raise ValueError(f"pin {both[0]} is in gpio and in refused; write it once")
    return Mcu(
        model=model,
        name=data["name"],
        modules=tuple(data["modules"]),
        gpio=gpio,
        adc=frozenset(data["adc"]),
        i2c=_buses(data["i2c"], ("sda", "scl")),
        uart=_buses(data["uart"], ("tx", "rx")),
        refused=refused,
        refused_pull=data.get("refused_pull", {}),
        mpy_arch=data["mpy_arch"],
        uf2_families=tuple(data["uf2_families"]),
        flash_start=data["flash_start"],
        flash_bytes=data["flash_bytes"],
        usb_bootloader=tuple(data["usb_bootloader"]),
        wdt_most_ms=data["wdt_most_ms"],
    )


def _buses(entries: list[dict[str, Any]], signals: tuple[str, ...]) -> dict[int, Bus]:
    return {
        entry["id"]: Bus(entry["id"], {s: frozenset(entry.get(s, ())) for s in signals})
        for entry in entries
    }
