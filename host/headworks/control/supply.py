"""Whether running racks still have power: a dead-man contactor, a breaker or a fuse may have gone.

A rack without power is told off, so that it comes back by the rules and not in the instant in
which the supply returns, together with all others. Starts nothing.
"""

from collections.abc import Sequence

from headworks.control.compiled import Compiled
from headworks.control.rack import opened
from headworks.control.view import MeterView, Sight
from headworks.model.memory import RackMemory


def look(
    c: Compiled,
    racks: list[RackMemory],
    sights: list[Sight],
    *,
    meters: MeterView,
    background_kw: Sequence[float | None],
    now: float,
) -> None:
    """Open racks that draw nothing on two samples that are `close_s` apart.

    `background_kw` is what each metering point showed beside the racks before, in kW.
    """
    weld_kw = c.control.weld_kw
    still = {
        k
        for k, point in enumerate(c.points)
        if (kw := meters.power_kw[point.meter]) is not None and -weld_kw <= kw <= weld_kw
    }
    for i, (rack, sight) in enumerate(zip(racks, sights, strict=True)):
        power, seen_s = sight.power_kw, None
        fed = power is None or power > weld_kw  # unknown is no evidence
        if (fed and not still and rack.dark_since_s is None) or not (rack.on and rack.settled):
            continue
        if not fed:
            seen_s = sight.power_t_s
        elif power is None:
            seen_s = _by_feeder(c, i, rack, still, meters=meters, background_kw=background_kw)
        if seen_s is not None:
            racks[i] = _dark(c, i, rack, sight, seen_s=seen_s, now=now)
        elif rack.dark_since_s is not None:
            racks[i] = rack._replace(dark_since_s=None)


def _by_feeder(
    c: Compiled,
    i: int,
    rack: RackMemory,
    still: set[int],
    *,
    meters: MeterView,
    background_kw: Sequence[float | None],
) -> float | None:
    """When a feeder that feeds nothing but racks showed nothing; for racks without a meter."""
    k = c.witness[i]
    if k is None or k not in still or c.racks[i].meter is not None:
        return None
    before = background_kw[k] if background_kw else None
    alone = before is not None and abs(before) <= c.control.weld_kw
    return meters.t_s[c.points[k].meter] if alone or rack.dark_since_s is not None else None


def _dark(
    c: Compiled, i: int, rack: RackMemory, sight: Sight, *, seen_s: float, now: float
) -> RackMemory:
    since = rack.dark_since_s
    if since is None:
        return rack._replace(dark_since_s=seen_s)
    if seen_s <= since or seen_s - since < c.control.close_s:
        return rack
    return opened(rack, c.racks[i], sight, now)._replace(leaving_kw=0.0, lost_s=now)
