"""The under-frequency trip with its delay and its return, and the droop between two frequencies.

An unknown frequency is zero surplus, as an under-frequency is; it never counts as healthy.
"""

from headworks.control.compiled import Compiled
from headworks.control.view import MeterView
from headworks.model.memory import FrequencyMemory
from headworks.model.plan import Limit, Reason, ReasonCode
from headworks.model.site import FrequencySignal


def advance(
    spec: FrequencySignal, past: FrequencyMemory, hertz: float | None, now: float
) -> FrequencyMemory:
    """One frequency signal's memory after a look at the frequency, in Hz (None: unknown)."""
    if past.tripped:
        return _held(spec, past, hertz, now)
    if hertz is None or hertz > spec.trip_hz:
        return past if past.under_since_s is None else FrequencyMemory()
    since = now if past.under_since_s is None else past.under_since_s
    if now - since >= spec.trip_delay_s:
        return FrequencyMemory(under_since_s=since, tripped=True)
    return past if past.under_since_s is not None else FrequencyMemory(under_since_s=since)


def _held(
    spec: FrequencySignal, past: FrequencyMemory, hertz: float | None, now: float
) -> FrequencyMemory:
    """Tripped: until at or above the restore frequency for long enough, without a break."""
    if hertz is None or hertz < spec.restore_hz:
        return past if past.above_since_s is None else past._replace(above_since_s=None)
    since = now if past.above_since_s is None else past.above_since_s
    if now - since >= spec.restore_s:
        return FrequencyMemory()
    return past if past.above_since_s is not None else past._replace(above_since_s=since)


def advance_all(
    c: Compiled, past: tuple[FrequencyMemory, ...], meters: MeterView, *, now: float, dt: float
) -> tuple[FrequencyMemory, ...]:
    """The memories of all frequency signals, in the site's order, `dt` after the last look."""
    found = []
    for k, (spec, meter) in enumerate(c.frequencies):
        before = past[k] if k < len(past) else FrequencyMemory()
        if before.above_since_s is not None and dt > max(2.0 * c.scan_s, c.meters[meter][1]):
            before = before._replace(above_since_s=None)
        found.append(advance(spec, before, meters.frequency_hz[meter], now))
    return tuple(found)


def limit(
    spec: FrequencySignal, state: FrequencyMemory, hertz: float | None, rated_kw: float, now: float
) -> Limit:
    """What the frequency allows all racks together, rated `rated_kw`, to draw."""
    if hertz is None:
        reason = Reason(ReasonCode.UNKNOWN, (("meter", spec.meter), ("channel", "frequency_hz")))
        return Limit(spec.name, "", 0.0, reason, firm=True, trips=True)
    if state.tripped:
        values = (
            ("frequency_hz", hertz),
            ("trip_hz", spec.trip_hz),
            ("wait_s", _wait(spec, state, now)),
        )
        reason = Reason(ReasonCode.UNDER_FREQUENCY, values)
        return Limit(spec.name, "", 0.0, reason, firm=True, trips=True)
    share = droop(spec, hertz)
    reason = Reason(ReasonCode.DROOP, (("frequency_hz", hertz), ("share", share)))
    kw = None if share >= 1.0 else share * rated_kw
    return Limit(spec.name, "", kw, reason, firm=kw == 0.0)


def droop(spec: FrequencySignal, hertz: float) -> float:
    """The share of rated power that the droop leaves, 0.0 to 1.0; 1.0 where there is none."""
    top, bottom = spec.droop_from_hz, spec.droop_to_hz
    if top is None or bottom is None or hertz >= top:
        return 1.0
    return 0.0 if hertz <= bottom else (hertz - bottom) / (top - bottom)


def _wait(spec: FrequencySignal, state: FrequencyMemory, now: float) -> float:
    since = now if state.above_since_s is None else state.above_since_s
    return max(0.0, spec.restore_s - (now - since))
