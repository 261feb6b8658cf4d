"""Every fault there is, one row each: its name, what it aims at, and one sentence.

Adding a fault is a row here and its effect where the row's group acts: `values` and `frames` for
meters, `plant.contactor` for racks, `boards` for sensor boards, `world` for the rest.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple


class Aim(StrEnum):
    """What a fault is aimed at."""

    METER = "meter"
    RACK = "rack"
    SWITCH = "switch"
    CONTACT = "contact signal"
    INPUT = "input"
    BOARD = "sensor board"
    SMOKE = "board with a smoke contact"
    LEAK = "board with a leak contact"
    DOOR = "board with a door contact"
    RESET = "board with a reset button"
    SENSOR = "sensor of a board"
    BUS_SENSOR = "sensor with a checksum"
    DS18B20 = "DS18B20"
    FAN = "fan with a tachometer"
    SITE = "site"


class Kind(NamedTuple):
    """One fault. `value` is the default of --value, None where it takes none."""

    name: str
    aim: Aim
    says: str
    value: float | None = None
    unit: str = ""


_EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    5: "acknowledge: still working",
    6: "device busy",
    7: "negative acknowledge",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target failed to respond",
}

_METER = (
    Kind("meter-silent", Aim.METER, "The meter does not answer."),
    Kind("slow", Aim.METER, "Every reply takes this long, still within the timeout.", 0.3, "s"),
    Kind("late-reply", Aim.METER, "Every reply comes this long after the timeout.", 0.06, "s"),
    Kind("bad-crc", Aim.METER, "Replies carry a wrong checksum; on TCP a broken header."),
    Kind("partial-frame", Aim.METER, "Replies stop halfway."),
    Kind("joined-frames", Aim.METER, "Replies come twice, joined together."),
    Kind("two-masters", Aim.METER, "Another master's request and reply stand before each reply."),
    Kind("half-open", Aim.METER, "The meter's connection stays open and nothing comes back."),
    Kind("refuse", Aim.METER, "The meter's port is closed, for all units behind it."),
    *(
        Kind(
            f"exception-{code}",
            Aim.METER,
            f"Every request is answered by exception {code}, {text}.",
        )
        for code, text in _EXCEPTIONS.items()
    ),
    Kind("frozen", Aim.METER, "All registers keep the words they have now."),
    Kind("stale", Aim.METER, "The values are this old, and still change.", 30.0, "s"),
    Kind("sign-flip", Aim.METER, "Powers have the wrong sign."),
    Kind("word-swap", Aim.METER, "The words of every longer value stand in the wrong order."),
    Kind("nan", Aim.METER, "The power is not a number, where its type allows that."),
    Kind("infinite", Aim.METER, "The power is infinite, where its type allows that."),
    Kind("sentinel", Aim.METER, "The power reads as the meter's own mark for not available."),
    Kind("spike", Aim.METER, "One reading in five is this many times the power.", 10.0, "times"),
    Kind("frequency-lost", Aim.METER, "The frequency reads as not available."),
)

_RACK = (
    Kind("weld", Aim.RACK, "The contactor's main contacts weld as soon as they are closed."),
    Kind("fails-to-close", Aim.RACK, "The contactor does not close."),
    Kind("chatter", Aim.RACK, "The contactor opens and closes five times a second while told on."),
    Kind("aux-stuck", Aim.RACK, "The auxiliary contact stays where it is."),
)

_SENSOR_BOARD = (
    Kind("board-unplugged", Aim.BOARD,
         "The sensor board has no power and no port; it comes back under another port's name."),
    Kind("board-mute", Aim.BOARD, "The sensor board runs and nothing comes from it."),
    Kind("board-crash", Aim.BOARD, "The program of the sensor board fails once and restarts."),
    Kind("board-boot-loop", Aim.BOARD, "The program of the sensor board fails at every start."),
    Kind("board-hang", Aim.BOARD, "The program stands still once, until its watchdog bites."),
    Kind("board-noise", Aim.BOARD, "This share of the bytes on the line is garbage.", 0.5, "%"),
    Kind("board-lost-frames", Aim.BOARD, "This share of the board's lines is lost.", 20.0, "%"),
    Kind("wrong-config", Aim.BOARD, "The sensor board was flashed with another configuration."),
    Kind("smoke", Aim.SMOKE, "The smoke contact becomes active."),
    Kind("leak", Aim.LEAK, "The leak contact becomes active."),
    Kind("door", Aim.DOOR, "The door is open."),
    Kind("reset-pressed", Aim.RESET, "The reset button at the racks is held down."),
    Kind("sensor-absent", Aim.SENSOR, "The sensor is not connected."),
    Kind("sensor-crc", Aim.BUS_SENSOR, "The sensor answers with a wrong checksum."),
    Kind("sensor-por85", Aim.DS18B20, "The sensor gives its power-on value of 85 °C."),
    Kind("sensor-stuck", Aim.SENSOR, "The sensor repeats the value it has now, bit for bit."),
    Kind("fan-stopped", Aim.FAN, "The fan stands still."),
)  # fmt: skip

_REST = (
    Kind("relay-board-deaf", Aim.SWITCH, "The board says ok and moves nothing."),
    Kind("board-silent", Aim.SWITCH, "The relay board does not answer (Modbus boards)."),
    Kind("contact-open", Aim.CONTACT, "The dry contact of a contact signal opens."),
    Kind("input-active", Aim.INPUT, "An input that nothing else drives becomes active."),
    Kind("under-frequency", Aim.SITE, "The grid's frequency falls to this.", 49.2, "Hz"),
    Kind("cloud", Aim.SITE, "A cloud takes this share of the photovoltaic output.", 0.8, "of 1"),
    Kind("load-step", Aim.SITE, "The feeder's other load rises by this.", 200.0, "kW"),
    Kind("export-lost", Aim.SITE, "The meters at the point of connection read no power."),
    Kind("hot-intake", Aim.SITE, "The air that comes in is this warm.", 47.0, "°C"),
    Kind("humid", Aim.SITE, "The air that comes in is this humid.", 95.0, "%RH"),
    Kind("persist-outputs", Aim.SITE, "GPIO outputs stay driven when the station's process ends."),
    Kind("deadman-stuck", Aim.SITE, "The dead-man contactor stays closed without being toggled."),
)

KINDS: dict[str, Kind] = {kind.name: kind for kind in (*_METER, *_RACK, *_SENSOR_BOARD, *_REST)}


def catalogue(known: Mapping[Aim, Sequence[str]] | None = None) -> list[dict[str, Any]]:
    """Every fault with its sentence, and the targets that a site has for it.

    `targets` is None where no site is known.
    """
    return [
        {
            "name": kind.name,
            "aim": str(kind.aim),
            "says": kind.says,
            "value": kind.value,
            "unit": kind.unit,
            "targets": None if known is None else [name for name in known[kind.aim] if name],
        }
        for kind in KINDS.values()
    ]
