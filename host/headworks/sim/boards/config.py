"""Reads a board's configuration: what hangs on it, and so what a fault can be aimed at.

The configuration is the one that the firmware reads. Knows no process and no line.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from headworks.sim.faults.kinds import Aim

Config = Mapping[str, Any]

DS18B20, NTC = "ds18b20", "ntc"
CONTACTS = {Aim.SMOKE: "smoke", Aim.LEAK: "leak", Aim.DOOR: "door", Aim.RESET: "reset"}
_ON_I2C = ("sht31", "sht4x")


def sensors(config: Config) -> Iterator[tuple[str, Config]]:
    """Every sensor by name with its entry; a string of DS18B20 gives each of its names."""
    for entry in config.get("sensors", ()):
        if entry["kind"] == DS18B20:
            yield from ((name, entry) for name in entry["names"])
        elif entry["kind"] == NTC or entry["kind"] in _ON_I2C:
            yield entry["name"], entry


def aims(boards: Mapping[str, Config]) -> dict[Aim, tuple[str, ...]]:
    """What each kind of fault of sensor boards may aim at."""
    found: dict[Aim, list[str]] = {
        aim: [] for aim in (Aim.SENSOR, Aim.BUS_SENSOR, Aim.DS18B20, Aim.FAN)
    }
    for board, config in boards.items():
        for name, entry in sensors(config):
            found[Aim.SENSOR].append(f"{board}.{name}")
            if entry["kind"] != NTC:
                found[Aim.BUS_SENSOR].append(f"{board}.{name}")
            if entry["kind"] == DS18B20:
                found[Aim.DS18B20].append(f"{board}.{name}")
        found[Aim.FAN] += [f"{board}.{fan['name']}" for fan in config.get("tachs", ())]
    contacts = {aim: _with_contact(boards, name) for aim, name in CONTACTS.items()}
    return {
        Aim.BOARD: tuple(boards),
        **contacts,
        **{aim: tuple(names) for aim, names in found.items()},
    }


def _with_contact(boards: Mapping[str, Config], name: str) -> tuple[str, ...]:
    """The boards with a contact of this name."""
    return tuple(
        board
        for board, config in boards.items()
        if any(contact["name"] == name for contact in config.get("contacts", ()))
    )
