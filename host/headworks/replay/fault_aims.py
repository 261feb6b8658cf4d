"""Which faults of the simulator's catalogue a backtest has, what they aim at, and why not others.

A row is a sample of every meter and channel, with nothing between one row and the next: what
happens on a wire, inside a second or to the station's process does not show in it.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from headworks.model.site import Site
from headworks.sim.faults.active import FaultError
from headworks.sim.faults.kinds import KINDS, Aim

CLOCK_JUMP, CLOUD, AUX_STUCK = "clock-jump", "cloud", "aux-stuck"

# Channels by the name that a board gives them; None is unknown, "" the fault's own value.
CHANNELS: dict[str, tuple[str, float | str | None]] = {
    "smoke": ("smoke*", 1.0),
    "leak": ("leak*", 1.0),
    "door": ("door*", 1.0),
    "reset-pressed": ("reset*", 1.0),
    "fan-stopped": ("fan*_percent", 0.0),
    "sensor-absent": ("*", None),
    "sensor-crc": ("*", None),
    "hot-intake": ("intake_c", ""),
    "humid": ("intake_humidity_percent", ""),
    "input-active": ("*", 1.0),
}

_WIRE = "is about bytes on a wire, and a backtest has none"
_STATION = "is about the station's process and its outputs, and a backtest has only its decisions"
_NOT = {
    "chatter": "happens five times a second, between the rows of a backtest",
    "relay-board-deaf": _STATION,
    "board-silent": _STATION,
    "persist-outputs": _STATION,
    "deadman-stuck": _STATION,
    "board-crash": "is over before the next row",
    "sensor-stuck": "is found by the board's firmware, which a backtest does not run",
    "sensor-por85": "is found by the board's firmware; in rows it is sensor-absent",
}


def refused(name: str, supported: Iterable[str]) -> FaultError:
    """Why a fault of the catalogue is none of a backtest."""
    return FaultError(
        f"{name} {_NOT.get(name, _WIRE)}; `tools/demo` and `headworks sim fault {name}` play it. "
        f"In a backtest there are: {', '.join(supported)}"
    )


def unknown(name: str, supported: Iterable[str]) -> FaultError:
    """That there is no such fault, and which there are."""
    return FaultError(f"no fault {name!r}; in a backtest there are: {', '.join(supported)}")


def aims(
    site: Site, channels: Iterable[str], contacts: Iterable[str]
) -> dict[Aim, tuple[str, ...]]:
    """What a fault may aim at by name, as far as an interlock watches it."""
    boards = tuple(board.name for board in site.boards)
    of_boards = [name for name in channels if name.partition(".")[0] in boards]
    kinds = {
        Aim.SMOKE: "smoke", Aim.LEAK: "leak", Aim.DOOR: "door", Aim.RESET: "reset-pressed",
    }  # fmt: skip
    with_contact = {
        aim: tuple(board for board in boards if _matching(of_boards, board, CHANNELS[name][0]))
        for aim, name in kinds.items()
    }
    sensors = tuple(name for name in of_boards if name not in contacts)
    return {
        Aim.BOARD: boards,
        **with_contact,
        Aim.SENSOR: sensors,
        Aim.BUS_SENSOR: sensors,
        Aim.FAN: tuple(name for name in sensors if fnmatchcase(name, "*.fan*_percent")),
        Aim.INPUT: tuple(name for name in channels if name in contacts and name not in of_boards),
    }


def hit(name: str, target: str, channels: Iterable[str]) -> list[str]:
    """The channels that a fault of `CHANNELS` changes; its target is a board or one channel."""
    pattern = CHANNELS[name][0]
    if KINDS[name].aim is Aim.SITE:
        return [one for one in channels if fnmatchcase(one.partition(".")[2], pattern)]
    found = list(channels)
    return [target] if target in found else _matching(found, target, pattern)


def _matching(channels: Iterable[str], board: str, pattern: str) -> list[str]:
    return [name for name in channels if fnmatchcase(name, f"{board}.{pattern}")]
