"""Which figures of a scan are kept as samples, by name.

Unknown is None, never a last or a healthy value. Yes and no are 1 and 0.
"""

from functools import lru_cache

from headworks.model.live import Quality, Reading, Snapshot
from headworks.model.plan import Plan

Values = dict[str, float | None]


def channels(snapshot: Snapshot, plan: Plan) -> Values:
    """Every channel of a scan: "incomer.power_kw", "air.smoke", "a1.on", "envelope.kw"."""
    values: Values = {
        "envelope.kw": plan.envelope.kw,
        "racks.drawn_kw": plan.drawn_kw,
        "racks.planned_kw": plan.planned_kw,
    }
    for name, reading in snapshot.readings.items():
        _meter(values, name, reading)
    for name, signal in snapshot.signals.items():
        good = signal.quality is Quality.GOOD
        values[f"{name}.limit_kw"] = signal.limit_kw if good else None
    for name, seen in snapshot.observations.items():
        good = seen.quality is Quality.GOOD and seen.value is not None
        values[name] = float(seen.value or 0.0) if good else None
    for rack in plan.racks:
        values[f"{rack.name}.on"] = float(rack.on)
        values[f"{rack.name}.power_kw"] = rack.power_kw
    return values


def _meter(values: Values, name: str, reading: Reading) -> None:
    good = reading.quality is Quality.GOOD
    values[f"{name}.power_kw"] = reading.power_kw if good else None
    values[f"{name}.frequency_hz"] = reading.frequency_hz if good else None
    if good:  # a channel that is not in a row is unknown
        held = reading.values
        values.update(zip(_named(name, tuple(held)), held.values(), strict=True))


@lru_cache(maxsize=1024)
def _named(meter: str, channels: tuple[str, ...]) -> tuple[str, ...]:
    """The same names from scan to scan."""
    return tuple([f"{meter}.{channel}" for channel in channels])
