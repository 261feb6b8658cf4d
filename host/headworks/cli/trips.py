"""`headworks trips`: what has tripped, latched or is locked out, and what to do about it."""

import argparse
import json

from headworks.cli.station_client import add_socket, talk
from headworks.cli.table import show
from headworks.faces.client import State, StationClient

LEASE = "lease"  # a latch that the station clears itself, once the racks behind it are off


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `headworks trips`."""
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    add_socket(parser)


def run(args: argparse.Namespace) -> int:
    """0 when nothing is latched, 1 when something is, 3 when no station runs."""

    async def work(client: StationClient) -> int:
        state = await client.state()
        found = trips(state)
        if args.json:
            print(json.dumps(found))
        elif found:
            show(("what", "state", "why", "way out"), [_row(item) for item in found])
        else:
            print("nothing has tripped, latched or is locked out")
        return 1 if found else 0

    return talk(args.socket, work)


def trips(state: State) -> list[State]:
    """Racks that are latched or locked out, and every alarm and warning, as data."""
    racks = [
        {"what": rack["name"], "state": rack["state"], "code": rack["code"],
         "values": rack["values"], "note": rack["note"], "way_out": _way_out(rack)}
        for rack in state["racks"]
        if rack["state"] in ("faulted", "tripped", "locked-out")
    ]  # fmt: skip
    alarms = [
        {"what": alarm["source"], "state": alarm["severity"], "code": alarm["code"],
         "values": alarm["values"], "note": "", "way_out": ""}
        for alarm in state["alarms"]
        if alarm["severity"] != "info"
    ]  # fmt: skip
    return racks + _boards(state) + alarms


def _boards(state: State) -> list[State]:
    """Outputs that a sensor board has opened by itself, until a person resets the board."""
    return [
        {"what": board["name"], "state": "latched", "code": "board-latch",
         "values": {"output": output, "why": why}, "note": "",
         "way_out": f"headworks reset {board['name']}"}
        for board in state["boards"]
        for output, why in board["latches"].items()
        if why != LEASE
    ]  # fmt: skip


def _way_out(rack: State) -> str:
    if rack["locked_by"]:
        return f"headworks rack {rack['name']} unlock"
    if rack["latched"]:
        return f"headworks reset {rack['name']}"
    latched = rack["values"].get("interlock") if rack["state"] == "tripped" else None
    return f"headworks reset {latched}" if latched else ""


def _row(item: State) -> tuple[str, ...]:
    from headworks.faces.lines import plain, why

    text = why(item, plain(item["what"]))
    told = str(item["values"].get("note", ""))
    note = f" ({plain(item['note'])})" if item["note"] and item["note"] != told else ""
    return (plain(item["what"]), item["state"], text + note, plain(item["way_out"]))
