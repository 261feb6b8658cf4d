"""Plain text for `headworks sim`: what is served, the faults, the true state."""

from typing import Any


def text(asked: str, shown: Any, cleared: bool) -> str:
    """The answer to one subcommand."""
    if asked == "status":
        return status(shown)
    if asked == "faults":
        return faults(shown)
    if asked == "fault":
        return "\n".join(_fault(fault, cleared) for fault in shown) or "nothing was acting"
    return "the breaker is closed"


def serves(told: dict[str, Any]) -> str:
    """What a simulator serves, one line each."""
    ports = [f"  {port['where']}: {', '.join(port['units'])}" for port in told["ports"]]
    ports += [f"  {one['connect']}: {one['name']} ({one['model']})" for one in told["boards"]]
    return "\n".join(
        [
            f"simulating {told['site']}, {told['note']}, speed {told['speed']:g}",
            *ports,
            *([f"  {told['boards_run']}"] if told["boards"] else []),
            f"  pins {told['pins']}",
            f"  commands {told['commands']}",
        ]
    )


def faults(rows: list[dict[str, Any]]) -> str:
    """The catalogue: each fault with its sentence and targets."""
    lines = []
    for row in rows:
        value = "" if row["value"] is None else f" Default {row['value']:g} {row['unit']}."
        lines.append(f"{row['name']:18}{row['says']}{value}")
        if row["targets"]:
            lines.append(f"{'':18}{row['aim']}: {', '.join(row['targets'])}")
        elif row["targets"] is None and row["aim"] != "site":
            lines.append(f"{'':18}at a {row['aim']}")
        elif row["aim"] != "site":
            lines.append(f"{'':18}this site has no {row['aim']}")
    return "\n".join(lines)


def status(true: dict[str, Any]) -> str:
    """The true state in a few lines."""
    day, energy = true["day"], true["energy"]
    flow = "imports" if true["grid_kw"] >= 0 else "exports"
    lines = [
        f"{day['time']} of {day['name']} at speed {day['speed']:g}, "
        f"{true['temperature_c']:.1f} °C, {true['frequency_hz']:.3f} Hz",
        f"{flow} {abs(true['grid_kw']):.1f} kW: load {true['load_kw']:.1f}, "
        f"photovoltaics {true['pv_kw']:.1f}, other {true['other_kw']:.1f}, "
        f"racks {true['racks_kw']:.1f}, losses {true['loss_kw']:.1f}",
        f"surplus used {energy['used_kwh']:.2f} of {energy['available_kwh']:.2f} kWh "
        f"({energy['used_share']:.1%}), imported for racks {energy['imported_kwh']:.2f} kWh, "
        f"{energy['switchings']} switchings",
    ]
    lines += [f"  {_rack(rack)}" for rack in true["racks"]]
    lines += [f"  {_board(board)}" for board in true["boards"]]
    if not true["master_closed"]:
        lines.append("the dead-man contactor is open")
    if true["breaker_open"]:
        lines.append("the breaker above the racks is open; `headworks sim reset-breaker`")
    return "\n".join([*lines, *(f"fault {_fault(fault, False)}" for fault in true["faults"])])


def _rack(rack: dict[str, Any]) -> str:
    told = "told on" if rack["told"] else "told off"
    contact = "closed" if rack["closed"] else "open"
    aux = "" if rack["aux_closed"] == rack["closed"] else ", auxiliary contact disagrees"
    held = "" if rack["permitted"] else ", its permissive relay is open"
    return (
        f"{rack['name']:12}{told}, {contact}{aux}{held}, {rack['power_kw']:.1f} of "
        f"{rack['rated_kw']:g} kW, {rack['switchings']} switchings"
    )


def _board(board: dict[str, Any]) -> str:
    outputs = [f", {name} {'on' if on else 'off'}" for name, on in board["on"].items()]
    ends = ", ".join(f"{why} {count}" for why, count in board["ends"].items())
    return (
        f"{board['name']:12}{board['state']}{''.join(outputs)}, {board['starts']} starts"
        f"{f' ({ends})' if ends else ''}"
    )


def _fault(fault: dict[str, Any], cleared: bool) -> str:
    value = "" if fault["value"] is None else f" {fault['value']:g} {fault['unit']}"
    if cleared:
        return f"{fault['name']} {fault['target']}".strip() + ": ended"
    name = f"{fault['name']} {fault['target']}".strip()
    if fault["until_s"] is None:
        return f"{name}{value}: acts until: headworks sim fault {name} --clear"
    return f"{name}{value}: acts for {fault['until_s'] - fault['since_s']:g} s"
