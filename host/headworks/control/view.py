"""What of a snapshot may be used: fresh, good and finite values; everything else is unknown.

Decides nothing about racks. Ages are taken by the snapshot's own monotonic time.
"""

from typing import NamedTuple, TypeGuard

from headworks.control.compiled import Compiled
from headworks.control.make import maker
from headworks.model.live import Quality, Reading, Snapshot
from headworks.model.plan import Reason, ReasonCode

FUTURE_S = 1.0  # a sample this far ahead of the scan has a wrong time: unknown
BOUND = 1e9  # no figure of a site is beyond this; infinities and NaN are not below it
NEVER_S = float("-inf")


class MeterView(NamedTuple):
    """All meters by position: usable values, the time of the sample, and why there is none."""

    power_kw: list[float | None]
    frequency_hz: list[float | None]
    t_s: list[float]  # -inf where the sample is not usable
    why: list[Reason | None]  # why `power_kw` is None


class Sight(NamedTuple):
    """What is known of one rack now. None is unknown."""

    power_kw: float | None  # of its own meter
    power_t_s: float
    aux: bool | None
    readback: bool | None
    lost: bool  # it has feedback, and the feedback is unknown
    seen_s: float = NEVER_S  # when contact and read-back were seen


_sight = maker(Sight)


def finite(value: float | None) -> TypeGuard[float]:
    """Whether a value is a number that can be reckoned with; a contact's True is not."""
    return value is not None and not isinstance(value, bool) and -BOUND < value < BOUND


def fresh(t_s: float, now: float, max_age_s: float) -> bool:
    """Whether a sample's time is neither too old nor from the future. NaN is neither."""
    return -FUTURE_S <= now - t_s <= max_age_s


def look_at_meters(c: Compiled, snapshot: Snapshot, now: float) -> MeterView:
    """What every meter of the site shows."""
    view = MeterView([], [], [], [])
    readings = snapshot.readings
    for name, max_age_s in c.meters:
        reading = readings.get(name)
        why = None
        power = hertz = None
        t_s = NEVER_S
        if (
            reading is not None
            and reading.quality == Quality.GOOD
            and -FUTURE_S <= now - reading.t_s <= max_age_s
        ):
            power, hertz, t_s = reading.power_kw, reading.frequency_hz, reading.t_s
            if power is None or not -BOUND < power < BOUND:
                power = None
            if hertz is None or not 0.0 < hertz < BOUND:
                hertz = None
        if power is None:
            why = _why(name, reading, now, max_age_s)
        view.power_kw.append(power)
        view.frequency_hz.append(hertz)
        view.t_s.append(t_s)
        view.why.append(why)
    return view


def _why(name: str, reading: Reading | None, now: float, max_age_s: float) -> Reason:
    if reading is None or reading.quality == Quality.NEVER:
        return Reason(ReasonCode.UNKNOWN, (("meter", name), ("quality", "never")))
    if reading.quality != Quality.GOOD:
        return Reason(ReasonCode.UNKNOWN, (("meter", name), ("quality", str(reading.quality))))
    if now - reading.t_s > max_age_s:
        values = ("meter", name), ("age_s", now - reading.t_s), ("max_age_s", max_age_s)
        return Reason(ReasonCode.STALE, values)
    return Reason(ReasonCode.UNKNOWN, (("meter", name), ("quality", "not-available")))


def look_at_racks(c: Compiled, snapshot: Snapshot, meters: MeterView, now: float) -> list[Sight]:
    """What is known of every rack, in the site's order."""
    feedback = snapshot.feedback
    sights = []
    for name, k, has_aux, has_readback, max_age_s, _ in c.watches:
        aux = readback = power = None
        power_t = seen_t = NEVER_S
        seen = feedback.get(name)
        if seen is not None and -FUTURE_S <= now - seen.t_s <= max_age_s:
            seen_t, readback, closed = seen
            if has_aux:
                aux = closed
        if k is not None:
            power, power_t = meters.power_kw[k], meters.t_s[k]
            if power is not None and power < 0.0:
                # A rack cannot export. A little below zero is noise; more is a wrong sign.
                power = 0.0 if power >= -c.control.weld_kw else None
        lost = (has_aux and aux is None) or (has_readback and readback is None)
        sights.append(_sight((power, power_t, aux, readback, lost, seen_t)))
    return sights
