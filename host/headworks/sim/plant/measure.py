"""What a meter sees of the plant: every channel by its name with unit, always consistent.

Power is the sum of its phases, and each phase is voltage × current × power factor, as a real
meter's would be. Knows no registers; `hardware.meter` encodes.
"""

from zlib import crc32

from headworks.sim.plant import grid, noise
from headworks.sim.plant.plant import PlantSettings, PlantState

_SHARES = (0.338, 0.331, 0.331)  # a usual, slightly unequal split of load over phases


def channels(plant: PlantSettings, state: PlantState, point: int) -> dict[str, float]:
    """All channels of a meter at `plant.points[point]`, import positive, at `state.t_s`."""
    where = plant.points[point]
    stream = 1000 + crc32(where.meter.encode()) % 100_000 * 10
    jitter = noise.sample(plant.seed, stream, state.t_s, 2.0)
    kw = state.points_kw[point] * (1.0 + 0.0005 * jitter)
    factor = (0.94 if where.base else 0.985) + 0.002 * jitter
    export = -state.grid_kw / plant.rating_kw if plant.rating_kw > 0.0 else 0.0
    found = {"power_kw": kw, "frequency_hz": state.frequency_hz + 0.0005 * jitter}
    for phase, share in enumerate(_SHARES):
        volts = grid.voltage_v(plant.seed, phase, state.t_s, export)
        found |= _phase(phase + 1, kw * share, volts, factor)
    counters = state.counters[point]
    apparent = abs(kw) / factor
    return found | {
        "power_factor": factor,
        "apparent_kva": apparent,
        "reactive_kvar": apparent * (1.0 - factor * factor) ** 0.5,
        "import_kwh": counters.import_kwh,
        "export_kwh": counters.export_kwh,
    }


def _phase(number: int, kw: float, volts: float, factor: float) -> dict[str, float]:
    """One phase; currents are unsigned, as meters show them."""
    return {
        f"voltage_l{number}_v": volts,
        f"current_l{number}_a": abs(kw) * 1000.0 / (volts * factor),
        f"power_l{number}_kw": kw,
    }


def mirrored(found: dict[str, float]) -> dict[str, float]:
    """The same point seen by a meter that counts the other way round."""
    swapped = {
        n: -kw if n.startswith("power_") and n.endswith("_kw") else kw for n, kw in found.items()
    }
    return swapped | {"import_kwh": found["export_kwh"], "export_kwh": found["import_kwh"]}
