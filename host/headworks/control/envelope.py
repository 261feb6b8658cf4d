"""Limits to envelope: how much the racks may draw now, and which limit binds.

Every limit proposes a figure with a reason; the tightest one binds. None is no limit, 0.0 is
zero watts, and what is unknown, stale or expired is zero watts too. Starts and stops nothing.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from headworks.control import frequency
from headworks.control.compiled import Compiled
from headworks.control.view import BOUND, MeterView
from headworks.model.live import Quality, SignalValue
from headworks.model.memory import FrequencyMemory
from headworks.model.plan import Envelope, Limit, Reason, ReasonCode
from headworks.model.site import (
    ContactSignal,
    ScheduleSignal,
    SetpointSignal,
)

UNLIMITED = float("inf")
NOTHING_GRANTS = Limit("site", "", 0.0, Reason(ReasonCode.NO_SIGNAL), firm=True, trips=True)
MEASURED = frozenset({ReasonCode.EXPORT, ReasonCode.FEEDER})


class Caps(NamedTuple):
    """The envelope, and the tightest limit of each scope: all racks first, then feeders."""

    envelope: Envelope
    scopes: list[Limit]


def caps(
    c: Compiled,
    meters: MeterView,
    signals: Mapping[str, SignalValue],
    background_kw: list[float | None],
    *,
    frequencies: tuple[FrequencyMemory, ...],
    capacity_kw: list[float],
    now: float,
) -> Caps:
    """What every scope may draw. `capacity_kw` is the most each rack can draw by itself."""
    limits = _granted(c, meters, signals, background_kw, now)
    if not limits:
        limits = [NOTHING_GRANTS]
    for k, (spec, meter) in enumerate(c.frequencies):
        hertz = meters.frequency_hz[meter]
        limits.append(frequency.limit(spec, frequencies[k], hertz, c.rated_kw, now))
    site = tightest(limits)
    feeders = [feeder_limit(c, f, meters, background_kw) for f in range(len(c.feeders))]
    most, narrow = _together(c, feeders, capacity_kw)
    # What the racks can take by themselves is no limit; it stands in where there is none.
    loose = narrow.reason.code is ReasonCode.CAPACITY
    if site.kw is None or (site.kw > most and not loose):
        kw, binding = most, narrow
    else:
        kw, binding = site.kw, site
    by_name = {limit.scope: limit.kw or 0.0 for limit in feeders}
    envelope = Envelope(kw, binding, (*limits, *feeders), by_name)
    return Caps(envelope, [site, *feeders])


def _granted(
    c: Compiled,
    meters: MeterView,
    signals: Mapping[str, SignalValue],
    background_kw: list[float | None],
    now: float,
) -> list[Limit]:
    """The limits of the signals that can grant surplus; frequency and feeders only take it."""
    limits = []
    reserve = c.control.reserve_kw
    for export, k in c.exports:
        limits.append(
            export_limit(export.name, c.points[k].meter, meters, background_kw[k], reserve)
        )
    return limits + [signal_limit(spec, signals.get(spec.name), now) for spec in c.signals]


def export_limit(
    name: str, meter: int, meters: MeterView, background_kw: float | None, reserve_kw: float
) -> Limit:
    """Export with the racks' own share added back, less the reserve."""
    power = meters.power_kw[meter]
    if power is None or background_kw is None:
        return _unknown(name, "", meters.why[meter])
    kw = max(0.0, -background_kw - reserve_kw)
    values = ("export_kw", -power), ("own_kw", power - background_kw), ("reserve_kw", reserve_kw)
    return Limit(name, "", kw, Reason(ReasonCode.EXPORT, values))


def feeder_limit(
    c: Compiled, f: int, meters: MeterView, background_kw: list[float | None]
) -> Limit:
    """What a feeder's rating leaves for the racks at it and below it."""
    feeder = c.feeders[f]
    spec = feeder.spec
    background = 0.0
    if feeder.point is not None:
        meter = c.points[feeder.point].meter
        seen = background_kw[feeder.point]
        if seen is None:
            return _unknown(spec.name, spec.name, meters.why[meter])
        background = seen
    if type(background) is float:
        return _kept(spec.name, spec.rating_kw, background + 0.0)  # no minus zero
    return _rest(spec.name, spec.rating_kw, background)  # of a backtest's tape: has no hash


@lru_cache(maxsize=256)
def _kept(name: str, rating_kw: float, background_kw: float) -> Limit:
    """A feeder's limit; the same object while its meter shows the same, as a sample of another
    meter leaves most of them. Whoever keeps plans then sees at once that nothing has changed."""
    return _rest(name, rating_kw, background_kw)


def _rest(name: str, rating_kw: float, background_kw: float) -> Limit:
    values = ("rating_kw", rating_kw), ("other_kw", background_kw)
    kw = max(0.0, rating_kw - background_kw)
    return Limit(name, name, kw, Reason(ReasonCode.FEEDER, values))


def _unknown(name: str, scope: str, why: Reason | None) -> Limit:
    return Limit(name, scope, 0.0, why or Reason(ReasonCode.UNKNOWN), firm=True, trips=True)


def signal_limit(
    signal: SetpointSignal | ContactSignal | ScheduleSignal, value: SignalValue | None, now: float
) -> Limit:
    """What a setpoint, contact or schedule allows; anything but a good, valid value is zero."""
    name = signal.name
    if value is None or value.quality != Quality.GOOD:
        quality = "never" if value is None else str(value.quality)
        return _unknown(name, "", Reason(ReasonCode.UNKNOWN, (("quality", quality),)))
    if not now <= value.valid_until_s:
        return _unknown(
            name, "", Reason(ReasonCode.EXPIRED, (("ago_s", now - value.valid_until_s),))
        )
    kw = value.limit_kw
    if kw is not None and not -BOUND < kw < BOUND:
        return _unknown(name, "", Reason(ReasonCode.UNKNOWN, (("quality", "not-a-number"),)))
    code = _CODES[type(signal)]
    zero = kw is not None and kw <= 0.0
    reason = Reason(code, () if kw is None else (("limit_kw", kw),))
    trips = zero and code is ReasonCode.CONTACT
    return Limit(name, "", 0.0 if zero else kw, reason, zero, trips, value.valid_until_s)


_CODES = {
    SetpointSignal: ReasonCode.SETPOINT,
    ContactSignal: ReasonCode.CONTACT,
    ScheduleSignal: ReasonCode.SCHEDULE,
}


def tightest(limits: list[Limit]) -> Limit:
    """The smallest figure; between equals a tripping limit, then a firm one, then the first."""
    best = limits[0]
    least = UNLIMITED if best.kw is None else best.kw
    for limit in limits[1:]:
        kw = UNLIMITED if limit.kw is None else limit.kw
        if kw > least:
            continue
        if kw < least or (limit.trips, limit.firm) > (best.trips, best.firm):
            best, least = limit, kw
    return best


def _together(c: Compiled, feeders: list[Limit], capacity_kw: list[float]) -> tuple[float, Limit]:
    """What feeders and racks let through together, and the narrowest feeder of those that bind.

    A feeder lets through its own figure, or what its racks and child feeders can take, if that
    is less.
    """
    through = [0.0] * len(feeders)
    narrow: Limit | None = None
    for f in c.inner_first:
        feeder, cap = c.feeders[f], feeders[f].kw or 0.0
        wanted = sum([capacity_kw[i] for i in feeder.own]) + sum(
            [through[k] for k in feeder.children]
        )
        through[f] = min(cap, wanted)
        if cap < wanted and (narrow is None or cap < (narrow.kw or 0.0)):
            narrow = feeders[f]
    total = sum([capacity_kw[i] for i in c.loose]) + sum([through[f] for f in c.roots])
    if narrow is None:
        narrow = Limit("site", "", total, Reason(ReasonCode.CAPACITY, (("kw", total),)))
    return total, narrow
