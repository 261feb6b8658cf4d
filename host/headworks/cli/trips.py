"""`headworks trips`: what has tripped, latched or is locked out, and what to do about it."""

import argparse
import json
import sys

from headworks.cli.station_client import add_socket, talk
from headworks.cli.table import show
from headworks.faces.client import State, StationClient
from headworks.faces.held import as_it_is, reset_of, way_lines
from headworks.faces.lines import follows


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
            _show(state, found)
        else:
            print("nothing has tripped, latched or is locked out")
        return 1 if found else 0

    return talk(args.socket, work)


def trips(state: State) -> list[State]:
    """Racks that are latched or locked out, and every alarm and warning, as data.

    `way_out` is what frees this one thing; `headworks.faces.held.way_back` has the order of all.
    """
    racks = [
        {"what": rack["name"], "state": rack["state"], **_told(state, rack, dated=False),
         "note": rack["note"], "way_out": _way_out(state, rack)}
        for rack in state["racks"]
        if rack["state"] in ("faulted", "tripped", "locked-out")
    ]  # fmt: skip
    alarms = [
        {"what": alarm["source"], "state": alarm["severity"], **_told(state, alarm, dated=True),
         "note": "", "way_out": reset_of(state, alarm["source"])}
        for alarm in sorted(state["alarms"], key=follows)
        if alarm["severity"] != "info"
    ]  # fmt: skip
    return racks + _boards(state) + alarms


def _told(state: State, item: State, *, dated: bool) -> State:
    code, values = as_it_is(state, item, dated=dated)
    return {"code": str(code), "values": values}


def _boards(state: State) -> list[State]:
    """Outputs that a sensor board has opened by itself, until a person resets the board."""
    return [
        {"what": board["name"], "state": "latched", "code": "board-latch",
         "values": {"output": output, "why": why}, "note": "",
         "way_out": f"headworks reset {board['name']}"}
        for board in state["boards"]
        for output, why in board["latches"].items()
        if output in board["to_reset"]
    ]  # fmt: skip


def _way_out(state: State, rack: State) -> str:
    if rack["locked_by"]:
        return f"headworks rack {rack['name']} unlock"
    if rack["latched"]:
        return f"headworks reset {rack['name']}"
    by = rack["values"].get("interlock") if rack["state"] == "tripped" else None
    return reset_of(state, by) if by else ""


def _show(state: State, found: list[State]) -> None:
    """On a terminal those that say the same share a row, and the way back follows in order."""
    if not sys.stdout.isatty():
        show((), [_row(item) for item in found])
        return
    rows: dict[tuple[str, str], list[str]] = {}
    for item in found:
        what, word, why, _ = _row(item)
        rows.setdefault((word, why), []).append(what)
    show(("what", "state", "why"), [(", ".join(n), word, why) for (word, why), n in rows.items()])
    unlocks = [item["way_out"] for item in found if item["state"] == "locked-out"]
    for line in (*way_lines(state), *unlocks):
        print(line)


def _row(item: State) -> tuple[str, ...]:
    from headworks.faces.lines import plain, why

    text = why(item, plain(item["what"]))
    told = str(item["values"].get("note", ""))
    note = f" ({plain(item['note'])})" if item["note"] and item["note"] != told else ""
    return (plain(item["what"]), item["state"], text + note, plain(item["way_out"]))
