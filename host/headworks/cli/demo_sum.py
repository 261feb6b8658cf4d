"""Sums a run of the demo up, from what the simulator knows to be true."""

from collections.abc import Mapping
from typing import Any


def summary(truth: Mapping[str, Any]) -> dict[str, Any]:
    """Energies in kWh of the day that was played (real time times speed), shares 0 to 1.

    `truth` is the simulator's status. A share of nothing is null.
    """
    energy, speed = truth["energy"], truth["day"]["speed"]
    available, racks = energy["available_kwh"] * speed, energy["racks_kwh"] * speed
    used, imported = energy["used_kwh"] * speed, energy["imported_kwh"] * speed
    switchings = {rack["name"]: rack["switchings"] for rack in truth["racks"]}
    return {
        "day": truth["day"]["name"],
        "note": truth["day"]["note"],
        "real_s": round(truth["t_s"], 1),
        "day_h": round(truth["t_s"] * speed / 3600.0, 2),
        "available_kwh": round(available, 2),
        "used_kwh": round(used, 2),
        "used_share": round(used / available, 4) if available else None,
        "imported_kwh": round(imported, 2),
        "imported_share": round(imported / racks, 4) if racks else None,
        "switchings": switchings,
        "switchings_per_rack": round(sum(switchings.values()) / max(len(switchings), 1), 2),
        "closed_at_end": [rack["name"] for rack in truth["racks"] if rack["closed"]],
        "boards_run": truth["boards_run"],
        "faults": [f"{fault['name']} {fault['target']}".strip() for fault in truth["faults"]],
    }


def summary_text(found: Mapping[str, Any] | None) -> str:
    """The summary for people."""
    if found is None:
        return "the simulator gave no account of its day"
    share = found["used_share"]
    came = f"{found['available_kwh']:.0f} kWh"
    surplus = "none came" if share is None else f"{came}, {100 * share:.1f} % of it used by racks"
    each = ", ".join(f"{name} {count}" for name, count in found["switchings"].items())
    closed = ", ".join(found["closed_at_end"])
    return "\n".join(
        (
            f"{found['note']}; {found['day_h']:.1f} h of the day in {found['real_s']:.0f} s",
            f"surplus: {surplus}",
            f"imported because of racks: {found['imported_kwh']:.1f} kWh",
            f"switchings: {found['switchings_per_rack']:.1f} a rack ({each})",
            *([found["boards_run"]] if found["boards_run"] else []),
            f"STILL ON: {closed}" if closed else "all racks off",
        )
    )
