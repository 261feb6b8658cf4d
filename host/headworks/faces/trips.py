"""What has tripped, latched or is locked out, as data and as rows. Decides nothing."""

from headworks.faces.client import State
from headworks.faces.held import as_it_is, reset_of
from headworks.faces.lines import follows, plain, why


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


def trip_row(item: State) -> tuple[str, str, str, str]:
    """What, its state, one sentence why with its note, and the way out."""
    text = why(item, plain(item["what"]))
    told = str(item["values"].get("note", ""))
    note = f" ({plain(item['note'])})" if item["note"] and item["note"] != told else ""
    return (plain(item["what"]), item["state"], text + note, plain(item["way_out"]))
