"""The station's state as plain lines, for pipes, logs and terminals that can do no more.

A client of the socket's JSON; decides nothing. Text from the site file is stripped of control
characters, since a name must not steer a terminal.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from headworks.faces.held import as_it_is
from headworks.faces.words import duration, sentence
from headworks.model.plan import ReasonCode
from headworks.model.text import clean

State = Mapping[str, Any]
START_S = 10.0  # of uptime, within which "not heard yet" is nothing to look into
_GRAVE = ("alarm", "warning", "info")


def plain(text: object) -> str:
    """Text that cannot steer a terminal."""
    return clean(str(text))


def kw(value: float | None) -> str:
    """A power, or a question mark when it is unknown."""
    return "?" if value is None else f"{value:.0f}"


def flow(power_kw: float) -> str:
    """Which way the power of a feeder goes."""
    return "export" if power_kw < 0 else "import"


def why(item: State, subject: str) -> str:
    """One sentence for anything that carries `code` and `values`."""
    return plain(sentence(item["code"], item.get("values", {}), subject))


def why_now(state: State, item: State, subject: str, *, dated: bool = True) -> str:
    """The same of something that lasts: how it stands now, not how it began."""
    return plain(sentence(*as_it_is(state, item, dated=dated), subject))


def overview(state: State, clock: str = "") -> str:
    """The whole station in one line."""
    racks = state["racks"]
    on = sum(1 for rack in racks if rack["on"])
    envelope = state["envelope"]
    binding = plain(envelope["binding"]["source"] or envelope["binding"]["code"])
    parts = [
        "  ".join(_feeder(feeder) for feeder in state["feeders"]),
        f"envelope {kw(envelope['kw'])} kW ({binding})",
        f"racks {on}/{len(racks)} on, {kw(state['drawn_kw'])} kW",
        f"alarms {len(state['alarms'])}",
    ]
    return "  ".join([clock, " | ".join(parts)]).strip()


def _feeder(feeder: State) -> str:
    name, power = plain(feeder["name"]), feeder["power_kw"]
    if power is None:
        return f"{name} ? kW"
    return f"{name} {kw(abs(power))} kW {flow(power)}"


def alarm_lines(state: State) -> list[tuple[str, str]]:
    """Severity and text of each lasting alarm; those that say the same share one line."""
    told: dict[str, list[State]] = {}
    for alarm in sorted(state["alarms"], key=follows):
        told.setdefault(why_now(state, alarm, plain(alarm["source"])), []).append(alarm)
    lines = [(_gravest(alarms), f"{_names(alarms)}: {text}") for text, alarms in told.items()]
    return sorted(lines, key=lambda line: _rank(line[0]))


def follows(alarm: State) -> bool:
    """A board that is not heard is named before what follows from that."""
    return str(alarm["code"]) != ReasonCode.BOARD_UNKNOWN


def happenings(state: State, clock: str = "") -> Iterator[str]:
    """One line for each new event; those in a row that say the same share one."""
    early = state["uptime_s"] < START_S
    for (before, after), events in groupby(state["events"], lambda event: _telling(event, early)):
        yield f"{clock}  {before}{_names(list(events))}{after}".strip()


def past(state: State) -> Iterator[str]:
    """The same for events of the past, each line with its age."""
    for t_s, events in groupby(state["events"], lambda event: event["t_s"]):
        ago_s = state["t_s"] - t_s
        then = {**state, "events": list(events), "uptime_s": state["uptime_s"] - ago_s}
        for line in happenings(then):
            yield f"{duration(ago_s):>11} ago  {line}"


def _telling(event: State, early: bool) -> tuple[str, str]:
    """What stands before and after the name of the one whom an event is about."""
    kind = event["kind"]
    if early and kind in _FIRST and unheard(event):
        return _FIRST[kind], ""
    note = f" ({plain(event['note'])})" if event.get("note") else ""
    held_back = event.get("values", {}).get("held_back")
    if isinstance(held_back, int | float) and held_back:
        note += f" (and {held_back:.0f} more)"
    text = why(event, plain(event["source"]))
    if kind == "alarm-end":  # its sentence is the one with which it began
        return _BEFORE[kind], f" (it was: {text.removesuffix('.')}){note}"
    return _BEFORE.get(kind, ""), f": {text}{note}"


_BEFORE = {"alarm": "ALARM ", "alarm-end": "alarm over, ", "refused": "refused, "}
_FIRST = {"alarm": "not heard yet: ", "trip": "not heard yet: ", "alarm-end": "heard now: "}


def unheard(event: State) -> bool:
    """Something that a station meets at every start, until each device has spoken once."""
    values = event.get("values", {})
    first = values.get("quality") == "never" or "channel" in values or "interlock" in values
    return event["code"] == ReasonCode.FEEDBACK_LOST or (
        event["code"] == ReasonCode.UNKNOWN and first
    )


def _names(items: list[State]) -> str:
    return ", ".join(dict.fromkeys(plain(item["source"]) for item in items))


def _gravest(alarms: list[State]) -> str:
    return min((str(alarm["severity"]) for alarm in alarms), key=_rank)


def _rank(severity: str) -> int:
    """An unknown severity counts as the gravest."""
    return _GRAVE.index(severity) if severity in _GRAVE else -1
