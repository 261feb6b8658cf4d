"""Every fault there is, one row each: its name, what it aims at, and one sentence.

Adding a fault is a row here and its effect where the row's group acts: `values` and `frames` for
meters, `plant.contactor` for racks, `world` for the rest.
"""

from enum import StrEnum
from typing import NamedTuple


class Aim(StrEnum):
    """What a fault is aimed at."""

    METER = "meter"
    RACK = "rack"
    SWITCH = "switch"
    CONTACT = "contact signal"
    INPUT = "input"
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

_REST = (
    Kind("relay-board-deaf", Aim.SWITCH, "The board says ok and moves nothing."),
    Kind("board-silent", Aim.SWITCH, "The relay board does not answer (Modbus boards)."),
    Kind("contact-open", Aim.CONTACT, "The dry contact of a contact signal opens."),
    Kind("input-active", Aim.INPUT, "An input that nothing else drives becomes active."),
    Kind("under-frequency", Aim.SITE, "The grid's frequency falls to this.", 49.2, "Hz"),
    Kind("cloud", Aim.SITE, "A cloud takes this share of the photovoltaic output.", 0.8, "of 1"),
    Kind("load-step", Aim.SITE, "The feeder's other load rises by this.", 200.0, "kW"),
    Kind("export-lost", Aim.SITE, "The meters at the point of connection read no power."),
    Kind("persist-outputs", Aim.SITE, "GPIO outputs stay driven when the station's process ends."),
    Kind("deadman-stuck", Aim.SITE, "The dead-man contactor stays closed without being toggled."),
)

KINDS: dict[str, Kind] = {kind.name: kind for kind in (*_METER, *_RACK, *_REST)}
