"""What the words that only look show: the station's state as plain lines. Pure."""

from collections.abc import Callable, Iterator

from headworks.faces.board_lines import board_lines
from headworks.faces.client import State
from headworks.faces.held import way_lines
from headworks.faces.lines import alarm_lines, flow, kw, past, plain, why, why_now
from headworks.faces.rows import aligned, meter_rows, rack_row, signal_rows
from headworks.faces.trips import trip_row, trips

Look = Callable[[State, str], list[str]]


def status(state: State, _: str = "") -> list[str]:
    """Power, envelope, racks, alarms and the way back."""
    racks, envelope = state["racks"], state["envelope"]
    on = sum(1 for rack in racks if rack["on"])
    binding = envelope["binding"]
    source = plain(binding["source"] or binding["code"])
    health = "healthy" if state["healthy"] else "NOT HEALTHY: its dead-man output stands still"
    return [
        f"{plain(state['site']['name'])}, {plain(state['time'] or 'time not set')}, {health}",
        *_feeders(state),
        f"envelope {kw(envelope['kw'])} kW, set by {source}: {why(binding, source)}",
        f"racks {on} of {len(racks)} on, {kw(state['drawn_kw'])} kW",
        *alarms(state),
    ]


def _feeders(state: State) -> Iterator[str]:
    for feeder in state["feeders"]:
        power = feeder["power_kw"]
        told = "? kW" if power is None else f"{kw(abs(power))} kW {flow(power)}"
        yield f"{plain(feeder['name'])} {told}, rated {kw(feeder['rating_kw'])} kW"


def why_rack(state: State, name: str) -> list[str]:
    """One rack: its sentence, and what else matters about it."""
    rack = next((one for one in state["racks"] if one["name"] == name), None)
    if rack is None:
        names = ", ".join(plain(one["name"]) for one in state["racks"])
        return [f"no rack here is called {plain(name)!r}; there are {names}"]
    shown = plain(name)
    return [
        f"{shown}: {why_now(state, rack, shown)}",
        f"{plain(rack['state'])}, {kw(rack['power_kw'])} of {kw(rack['rated_kw'])} kW, "
        f"starts in 24 h: {rack['starts_today']}, switchings in its life: {rack['switchings']}",
        *_held_by(rack),
    ]


def _held_by(rack: State) -> Iterator[str]:
    note = f" ({plain(rack['note'])})" if rack["note"] else ""
    if rack["locked_by"]:
        yield f"locked out by {plain(rack['locked_by'])}{note}"
    if rack["off_by"]:
        yield f"kept off by {plain(rack['off_by'])}"


def racks(state: State, _: str = "") -> list[str]:
    """Each rack in a line."""
    rows = (rack_row(state, rack) for rack in state["racks"])
    return aligned((name, state_, f"{power} kW", told) for name, _, state_, power, _, told in rows)


def meters(state: State, _: str = "") -> list[str]:
    """Each meter and each signal."""
    return [*aligned(meter_rows(state)), *aligned(signal_rows(state))]


def boards(state: State, _: str = "") -> list[str]:
    """Each sensor board."""
    return list(board_lines(state)) or ["this site has no sensor boards"]


def alarms(state: State, _: str = "") -> list[str]:
    """What lasts, and the way back."""
    lasting = [f"{severity} {text}" for severity, text in alarm_lines(state)]
    return [*lasting, *way_lines(state)] or ["no alarms"]


def tripped(state: State, _: str = "") -> list[str]:
    """What has tripped, latched or is locked out, and the way out."""
    rows = [trip_row(item) for item in trips(state)]
    lines = [
        f"{what} {word}: {told}{f' Way out: {out}' if out else ''}"
        for what, word, told, out in rows
    ]
    return [*lines, *way_lines(state)] or ["nothing has tripped, latched or is locked out"]


def log(state: State, _: str = "") -> list[str]:
    """The last events, each with its age."""
    return list(past(state)) or ["nothing has happened yet"]


LOOKS: dict[str, Look] = {
    "status": status, "why": why_rack, "racks": racks, "meters": meters, "boards": boards,
    "alarms": alarms, "trips": tripped, "log": log,
}  # fmt: skip
