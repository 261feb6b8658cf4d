"""The true state of the plant as plain data, for demonstrations and tests.

It is told by the plant, not by meters or the station, so a wrong station cannot colour it.
"""

from typing import Any

from headworks.sim.faults.active import Active
from headworks.sim.world import World


def status(world: World, started_s: float) -> dict[str, Any]:
    """Everything true now. Powers in kW, energies in kWh, `t_s` seconds since the start.

    `started_s` is the start on the monotonic clock, so that `told_s` of a rack (when its outlet
    was last told something else) can be held against another process's times.
    """
    state, plant = world.state, world.settings
    day_s = plant.clock.day_s(state.t_s)
    return {
        "t_s": state.t_s,
        "started_s": started_s,
        "day": {
            "name": plant.day.name,
            "note": plant.day.note,
            "time": clock(day_s),
            "day_s": day_s,
            "speed": plant.clock.speed,
            "days_played": state.t_s * plant.clock.speed / 86400.0,
        },
        "grid_kw": state.grid_kw,
        "load_kw": state.load_kw,
        "pv_kw": state.pv_kw,
        "other_kw": state.other_kw,
        "loss_kw": state.loss_kw,
        "racks_kw": state.racks_kw,
        "surplus_kw": state.surplus_kw,
        "frequency_hz": state.frequency_hz,
        "temperature_c": state.weather.temperature_c,
        "rating_kw": plant.rating_kw,
        "master_closed": world.master_closed(state.t_s),
        "breaker_open": state.breaker_open,
        "air": world.air._asdict(),
        "racks": _racks(world, started_s),
        "boards_run": world.boards_run,
        "boards": [board.row() for board in world.boards.values()],
        "meters": _meters(world),
        "energy": energy(world),
        "faults": [fault_row(fault) for fault in world.faults.all()],
    }


def energy(world: World) -> dict[str, float]:
    """The books since the start, in kWh of real time and as shares.

    With the weather sped up, a day's worth is these times the speed; shares are the same.
    """
    books = world.state.books
    return {
        **books._asdict(),
        "used_share": books.used_kwh / books.available_kwh if books.available_kwh else 0.0,
        "imported_share": books.imported_kwh / books.racks_kwh if books.racks_kwh else 0.0,
        "switchings": sum(rack.contactor.closings for rack in world.state.racks),
        "day_factor": world.settings.clock.speed,
    }


def fault_row(fault: Active) -> dict[str, Any]:
    """An acting fault as plain data."""
    return {
        "name": fault.kind.name,
        "target": fault.target,
        "value": fault.value if fault.kind.value is not None else None,
        "unit": fault.kind.unit,
        "since_s": fault.since_s,
        "until_s": fault.until_s,
    }


def clock(day_s: float) -> str:
    """A second of the day as 13:05:07."""
    whole = int(day_s)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _racks(world: World, started_s: float) -> list[dict[str, Any]]:
    found = []
    rows = zip(world.site.racks, world.state.racks, strict=True)
    for place, (spec, state) in enumerate(rows):
        told_s = world.told_s.get(spec.switch)
        found.append(
            {
                "name": spec.name,
                "rated_kw": spec.rated_kw,
                "power_kw": state.power_kw,
                "energy_kwh": state.energy_kwh,
                "told": world.told.get(spec.switch, False),
                "told_s": None if told_s is None else started_s + told_s,
                "closed": state.contactor.closed,
                "permitted": world.permitted(place),
                "aux_closed": state.contactor.aux_closed,
                "switchings": state.contactor.closings,
            }
        )
    return found


def _meters(world: World) -> list[dict[str, Any]]:
    """What each meter's point truly carries, import positive, whatever the meter says."""
    rows = zip(world.settings.points, world.state.points_kw, world.state.counters, strict=True)
    return [
        {"name": p.meter, "power_kw": kw, "import_kwh": c.import_kwh, "export_kwh": c.export_kwh}
        for p, kw, c in rows
    ]
