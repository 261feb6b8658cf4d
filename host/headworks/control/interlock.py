"""Cause and effect from the site file. Can only take power away.

An unknown observation is unsafe: the interlock acts as long as it lasts. Only a real cause
latches. `permit` gets what shall be on and returns a part of it, never more.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from headworks.control.compiled import Guard
from headworks.control.view import finite, fresh
from headworks.model.live import Quality, Snapshot
from headworks.model.memory import InterlockMemory
from headworks.model.plan import Reason, ReasonCode
from headworks.model.site import InterlockAction, InterlockSpec

Value = float | bool | None
NOBODY: frozenset[int] = frozenset()


class Verdict(NamedTuple):
    """What the interlocks take away now: racks by position, and why, the strongest first."""

    tripped: frozenset[int] = NOBODY  # off in this scan
    shed: frozenset[int] = NOBODY  # off by an ordinary stop
    blocked: frozenset[int] = NOBODY  # no start; holds all of the above too
    latched: frozenset[int] = NOBODY  # off until a reset
    why: Mapping[int, Reason] = {}


NOTHING = Verdict()


def value_of(guard: Guard, snapshot: Snapshot, now: float) -> Value:
    """What the interlock watches: a number, a contact's state, or None for unknown."""
    spec = guard.spec
    value: Value
    if guard.meter is not None:
        value = _channel(guard, guard.meter, snapshot, now)
    elif spec.minus:
        value = _difference(spec, snapshot, now)
    else:
        value = _observed(spec, spec.when, snapshot, now)
    wants_contact = spec.active is not None
    if wants_contact:
        return value if isinstance(value, bool) else None
    return value if finite(value) else None


def _observed(spec: InterlockSpec, channel: str, snapshot: Snapshot, now: float) -> Value:
    seen = snapshot.observations.get(channel)
    if seen is None or seen.quality != Quality.GOOD or not fresh(seen.t_s, now, spec.max_age_s):
        return None
    return seen.value


def _difference(spec: InterlockSpec, snapshot: Snapshot, now: float) -> float | None:
    """What `when` is above `minus`; None where either is no known number."""
    value = _observed(spec, spec.when, snapshot, now)
    minus = _observed(spec, spec.minus, snapshot, now)
    if not finite(value) or not finite(minus):
        return None
    return value - minus


def _channel(guard: Guard, meter: str, snapshot: Snapshot, now: float) -> float | None:
    reading = snapshot.readings.get(meter)
    if reading is None or reading.quality != Quality.GOOD:
        return None
    if not fresh(reading.t_s, now, guard.spec.max_age_s):
        return None
    if guard.channel == "power_kw":
        return reading.power_kw
    if guard.channel == "frequency_hz":
        return reading.frequency_hz
    return reading.values.get(guard.channel)


def condition(spec: InterlockSpec, value: float | bool, acting: bool) -> bool:
    """Whether a known value is a cause. While it acts, the hysteresis holds it."""
    hold = spec.hysteresis if acting else 0.0
    if spec.above is not None:
        return value > spec.above - hold
    if spec.below is not None:
        return value < spec.below + hold
    return value is spec.active


def advance(
    spec: InterlockSpec, past: InterlockMemory, value: Value, now: float
) -> InterlockMemory:
    """One interlock's memory after a look at its value; the same object if nothing changed."""
    new = _next(spec, past, value, now)
    return past if new == past else new


def _next(spec: InterlockSpec, past: InterlockMemory, value: Value, now: float) -> InterlockMemory:
    if value is None:
        # Time without sight is not time of a cause: it starts no delay and latches nothing.
        return InterlockMemory(
            None, True, past.latched, _cause(past, ReasonCode.UNKNOWN, spec, None)
        )
    acting = past.tripped and past.active_since_s is not None
    if not condition(spec, value, acting):
        cause = past.cause if past.latched else None
        return InterlockMemory(None, False, past.latched, cause, past.ready)
    since = now if past.active_since_s is None else past.active_since_s
    if now - since < spec.delay_s:
        return past._replace(active_since_s=since)
    reason = _cause(past, ReasonCode.INTERLOCK, spec, value)
    return InterlockMemory(since, True, past.latched or spec.latch, reason)


def _cause(past: InterlockMemory, code: ReasonCode, spec: InterlockSpec, value: Value) -> Reason:
    """Why it acts; the first value stands as long as the same cause lasts."""
    if past.cause is not None and (past.latched or past.cause.code == code):
        return past.cause
    what = f"{spec.when} minus {spec.minus}" if spec.minus else spec.when
    values: list[tuple[str, float | str]] = [("interlock", spec.name), ("when", what)]
    if isinstance(value, bool):
        values.append(("value", "active" if value else "inactive"))
    elif value is not None:
        values.append(("value", value))
    return Reason(code, tuple(values))


def attend(
    guard: Guard, memory: InterlockMemory, snapshot: Snapshot, now: float
) -> InterlockMemory:
    """The memory after a look at the reset contact, where only that one clears the latch.

    The contact must go from open to closed when the cause is gone: a button that is stuck, or
    was lost from sight meanwhile, resets nothing.
    """
    if not memory.latched:
        return memory
    spec = guard.spec
    gone = cleared(spec, value_of(guard, snapshot, now))
    pressed = _observed(spec, spec.local_reset, snapshot, now)
    if gone and pressed is True and memory.ready:
        return InterlockMemory()
    ready = gone and pressed is False
    return memory if ready is memory.ready else memory._replace(ready=ready)


def cleared(spec: InterlockSpec, value: Value) -> bool:
    """Whether a reset may take: the value is known, and beyond the hysteresis."""
    return value is not None and not condition(spec, value, acting=True)


def judge(guards: Sequence[Guard], memories: Sequence[InterlockMemory]) -> Verdict:
    """What all interlocks together take away now."""
    acting = [
        (guard, memory)
        for guard, memory in zip(guards, memories, strict=True)
        if memory.tripped or memory.latched
    ]
    return _verdict(acting) if acting else NOTHING


def _verdict(acting: list[tuple[Guard, InterlockMemory]]) -> Verdict:
    by_action: dict[InterlockAction, frozenset[int]] = dict.fromkeys(InterlockAction, NOBODY)
    latched = NOBODY
    why: dict[int, Reason] = {}
    for action in (InterlockAction.TRIP, InterlockAction.SHED, InterlockAction.BLOCK):
        for guard, memory in acting:
            if guard.spec.action == action:
                by_action[action] |= guard.racks
                latched |= guard.racks if memory.latched else NOBODY
                for i in guard.racks:
                    why.setdefault(i, memory.cause or Reason(ReasonCode.INTERLOCK))
    tripped, shed = by_action[InterlockAction.TRIP], by_action[InterlockAction.SHED]
    blocked = tripped | shed | by_action[InterlockAction.BLOCK]
    return Verdict(tripped, shed, blocked, latched, why)


def all_out(verdict: Verdict, count: int, reason: Reason) -> Verdict:
    """The verdict while no rack has power: the breaker above is open, or the dead-man stands.

    Racks that stayed on would all start at once when the power returns.
    """
    everyone = frozenset(range(count))
    why = {i: verdict.why[i] if i in verdict.tripped else reason for i in everyone}
    return Verdict(everyone, NOBODY, everyone, everyone, why)


def permit(on: frozenset[int], wanted: frozenset[int], verdict: Verdict) -> frozenset[int]:
    """What of the wanted racks may be on: no tripped one, and no blocked one that is not on yet."""
    return wanted - verdict.tripped - (verdict.blocked - on)
