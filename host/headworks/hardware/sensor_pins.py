"""Checks the pins of a sensor board against each of its microcontrollers."""

from collections.abc import Iterator, Mapping
from typing import Any

from headworks.hardware.mcu import Bus, Mcu
from headworks.hardware.sensor_kinds import KINDS


def check_pins(data: Mapping[str, Any], mcu: Mcu) -> None:
    """Every pin is there, is allowed, can do it, and has one use. Raises ValueError."""
    seen: dict[int, str] = {}
    for pin, use in uses(data):
        if pin in mcu.refused:
            raise ValueError(
                f"GPIO {pin} ({use}) must not be used on {mcu.name}: {mcu.refused[pin]}"
            )
        if pin not in mcu.gpio:
            raise ValueError(f"{mcu.name} has no GPIO {pin} ({use})")
        if pin in seen:
            raise ValueError(f"GPIO {pin} is both {seen[pin]} and {use}; write another pin for one")
        seen[pin] = use
    for bus in data.get("i2c", ()):
        _check_bus("i2c", bus, ("sda", "scl"), mcu.i2c, mcu)
    if "uart" in data:
        _check_bus("uart", data["uart"], ("tx", "rx"), mcu.uart, mcu)
    _check_adc(data, mcu)
    _check_pulls(data, mcu)


def uses(data: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """Every pin with its use."""
    for bus in data.get("i2c", ()):
        yield from ((bus[signal], f"{signal} of i2c {bus['id']}") for signal in ("sda", "scl"))
    if "uart" in data:
        yield from (
            (data["uart"][signal], f"{signal} of the uart") for signal in ("tx", "rx", "de")
        )
    for section in ("sensor", "contact", "tach", "output"):
        for entry in data.get(section, ()):
            if "pin" in entry:
                name = entry.get("name") or ", ".join(entry.get("names", ()))
                yield entry["pin"], f"{section} {name}"


def _check_bus(
    what: str,
    entry: Mapping[str, Any],
    signals: tuple[str, str],
    known: Mapping[int, Bus],
    mcu: Mcu,
) -> None:
    bus = known.get(entry["id"])
    if bus is None:
        there = ", ".join(map(str, known))
        raise ValueError(f"{mcu.name} has no {what} {entry['id']} for a board; write id = {there}")
    for signal in signals:
        pins = bus.pins[signal]
        if pins and entry[signal] not in pins:
            there = ", ".join(map(str, sorted(pins)))
            raise ValueError(
                f"GPIO {entry[signal]} cannot be {signal} of {what} {bus.id} on {mcu.name}; "
                f"write one of {there}"
            )


def _check_adc(data: Mapping[str, Any], mcu: Mcu) -> None:
    for entry in data.get("sensor", ()):
        if KINDS[entry["kind"]].adc and entry["pin"] not in mcu.adc:
            there = ", ".join(map(str, sorted(mcu.adc)))
            raise ValueError(
                f"GPIO {entry['pin']} cannot read the voltage of {entry['name']} on {mcu.name}; "
                f"write one of {there}"
            )


def _check_pulls(data: Mapping[str, Any], mcu: Mcu) -> None:
    for entry in data.get("contact", ()):
        if entry["pull"] in mcu.refused_pull:
            raise ValueError(
                f"{entry['name']}: pull = {entry['pull']!r} must not be used on {mcu.name}: "
                f"{mcu.refused_pull[entry['pull']]}; wire the contact to ground with pull = 'up'"
            )
