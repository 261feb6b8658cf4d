"""The station's state as plain lines, for pipes, logs and terminals that can do no more.

A client of the socket's JSON; decides nothing. Text from the site file is stripped of control
characters, since a name must not steer a terminal.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from headworks.faces.words import sentence
from headworks.model.text import clean

State = Mapping[str, Any]


def plain(text: object) -> str:
    """Text that cannot steer a terminal."""
    return clean(str(text))


def kw(value: float | None) -> str:
    """A power, or a question mark when it is unknown."""
    return "?" if value is None else f"{value:.0f}"


def why(item: State, subject: str) -> str:
    """One sentence for anything that carries `code` and `values`."""
    return plain(sentence(item["code"], item.get("values", {}), subject))


def overview(state: State, clock: str = "") -> str:
    """The whole station in one line."""
    racks = state["racks"]
    on = sum(1 for rack in racks if rack["on"])
    feeders = "  ".join(
        f"{plain(feeder['name'])} {kw(feeder['power_kw'])} kW" for feeder in state["feeders"]
    )
    envelope = state["envelope"]
    binding = plain(envelope["binding"]["source"] or envelope["binding"]["code"])
    parts = [
        feeders,
        f"envelope {kw(envelope['kw'])} kW ({binding})",
        f"racks {on}/{len(racks)} on, {kw(state['drawn_kw'])} kW",
        f"alarms {len(state['alarms'])}",
    ]
    return "  ".join([clock, " | ".join(parts)]).strip()


def happenings(state: State, clock: str = "") -> Iterator[str]:
    """One line for each new event."""
    for event in state["events"]:
        source = plain(event["source"])
        yield f"{clock}  {source} {plain(event['kind'])}: {why(event, source)}".strip()
