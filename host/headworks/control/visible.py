"""What of our own racks a meter already shows, and so what else it shows: the background.

A rack that was just closed is not in the meter's sample yet, one that was just opened still is.
Taking either wrongly counts a load twice or not at all. Racks in transit therefore have a span
of what they may be in a sample; the meter's own step since the last clear moment says where in
that span they are. The background then gives every measured limit:
export = -background - reserve, feeder = rating - background.
"""

from typing import NamedTuple

from headworks.control.compiled import Compiled
from headworks.control.layout import Point
from headworks.control.view import MeterView, Sight
from headworks.model.memory import RackMemory


class Shown(NamedTuple):
    """By metering point: the background, the base to remember, and what transit racks show."""

    background_kw: list[float | None]
    base_kw: tuple[float | None, ...]
    settled: list[int]  # unmetered racks whose step a meter has shown


def look(
    c: Compiled,
    racks: list[RackMemory],
    sights: list[Sight],
    *,
    power: list[float],
    meters: MeterView,
    past: tuple[float | None, ...],
) -> Shown:
    """The background at every metering point, in kW; None where the meter is unknown."""
    transit = _in_transit(c, racks, meters)
    background: list[float | None] = []
    base: list[float | None] = []
    shown: list[int] = []
    for k, point in enumerate(c.points):
        metered = meters.power_kw[point.meter]
        before = past[k] if past else None
        if metered is None:
            background.append(None)
            base.append(before)
        elif not transit:
            rest = metered - sum([power[i] for i in point.racks])
            background.append(rest)
            base.append(rest)
        else:
            found = _Moving(
                c,
                racks,
                sights,
                power=power,
                point=point,
                transit=transit,
                t_s=meters.t_s[point.meter],
            )
            rest, exact = found.background(metered, before)
            background.append(rest)
            base.append(rest if exact or before is None else before)
            shown += found.settled(k, metered - rest)
    return Shown(background, tuple(base), shown)


def _in_transit(c: Compiled, racks: list[RackMemory], meters: MeterView) -> frozenset[int]:
    """Racks that the oldest usable sample may show otherwise than they are."""
    times = [t for point in c.points if (t := meters.t_s[point.meter]) > float("-inf")]
    if not times:
        return frozenset()
    oldest = min(times) - c.control.stop_s
    moving = [
        i
        for i, rack in enumerate(racks)
        if rack.told_s >= oldest or not (rack.settled if rack.on else rack.confirmed)
    ]
    return frozenset(moving)


class _Moving:
    """The racks behind one point while some of them are in transit."""

    def __init__(
        self,
        c: Compiled,
        racks: list[RackMemory],
        sights: list[Sight],
        *,
        power: list[float],
        point: Point,
        transit: frozenset[int],
        t_s: float,
    ) -> None:
        self.c, self.racks, self.sights, self.power, self.t_s = c, racks, sights, power, t_s
        self.lag_s = point.lag_s
        self.certain = sum(power[i] for i in point.racks if i not in transit)
        self.spans = {i: self._span(i) for i in point.racks if i in transit}
        self.low = sum(low for low, _ in self.spans.values())
        self.high = sum(high for _, high in self.spans.values())

    def _span(self, i: int) -> tuple[float, float]:
        """The least and the most that a rack can be in this sample, in kW."""
        return self._span_on(i) if self.racks[i].on else self._span_off(i)

    def _span_on(self, i: int) -> tuple[float, float]:
        rack, sight, power = self.racks[i], self.sights[i], self.power[i]
        if self.t_s <= rack.told_s:
            return 0.0, 0.0
        if rack.settled or (sight.power_kw is not None and sight.power_t_s >= self.t_s):
            return power, power
        return power, max(power, self.c.racks[i].rated_kw)

    def _span_off(self, i: int) -> tuple[float, float]:
        rack, power = self.racks[i], self.power[i]
        leaving = rack.leaving_kw
        metered = self.sights[i].power_kw is not None
        if rack.open_s is not None and self.t_s > rack.open_s + self.lag_s:
            return power, power
        if self.t_s <= rack.told_s and (rack.settled or metered):
            return leaving, leaving
        if self.t_s < rack.told_s + self.c.control.stop_s or not (rack.confirmed or metered):
            return 0.0, max(power, leaving)
        return power, power

    def background(self, metered: float, base: float | None) -> tuple[float, bool]:
        """What else the meter shows, and whether that is exact."""
        rest = metered - self.certain
        exact = self.high - self.low < 1e-9
        if exact or base is None:
            return rest - self.low, exact
        return rest - min(max(rest - base, self.low), self.high), False

    def settled(self, k: int, own: float) -> list[int]:
        """Unmetered starting racks that this point shows, the first started first."""
        claims = [i for i in self.spans if self._claims(i, k)]
        left = own - self.certain
        left -= sum(high for i, (_, high) in self.spans.items() if i not in claims)
        found = []
        for i in sorted(claims, key=lambda i: self.racks[i].told_s):
            spec = self.c.racks[i]
            if left >= spec.settle_share * spec.rated_kw:
                found.append(i)
            left -= spec.rated_kw
        return found

    def _claims(self, i: int, k: int) -> bool:
        """Whether this rack waits for this point to show it."""
        rack = self.racks[i]
        waiting = rack.on and not rack.settled and self.t_s > rack.told_s
        return waiting and self.c.witness[i] == k and self.c.racks[i].meter is None
