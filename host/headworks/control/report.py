"""Plan and events from what was decided. Decides nothing."""

from collections.abc import Mapping
from functools import lru_cache

from headworks.control import alarms
from headworks.control.compiled import Compiled
from headworks.control.look import Measured, Seen
from headworks.control.make import maker
from headworks.control.rack import draw
from headworks.model.memory import Memory, RackMemory
from headworks.model.plan import Event, Plan, RackPlan, RackState, Reason, ReasonCode

_reason, _rack_plan = maker(Reason), maker(RackPlan)
_RUNNING, _RELEASED = ReasonCode.RUNNING, ReasonCode.RELEASED  # an enum's look-up is slow


def plan(
    c: Compiled,
    past: Memory,
    new: Memory,
    *,
    seen: Seen,
    measured: Measured,
    why: Mapping[int, Reason],
) -> Plan:
    """The plan of one scan, with what changed since the memory before it."""
    changed = new.racks is not past.racks
    draws = _draws(c, past, new, seen, measured) if changed else measured.draws
    racks = []
    drawn = planned = 0.0
    for i, (spec, rack, (power, claim)) in enumerate(zip(c.racks, new.racks, draws, strict=True)):
        reason = why.get(i)
        if reason is not None or rack.notice_since_s is not None:
            reason = reason or Reason(ReasonCode.NOTICE, (("notice_s", spec.notice_s),))
            racks.append(_rack_plan((spec.name, rack.on, rack.state, reason, power, claim)))
        else:
            starts = rack.on and not rack.settled
            draw_kw = power + 0.0, claim + 0.0  # no minus zero: it is equal, and shown otherwise
            # Numbers of a backtest's tape have no hash, so nothing can be kept by them.
            made = _kept if type(draw_kw[0]) is float is type(draw_kw[1]) else _as_it_is
            racks.append(made(spec.name, rack.on, rack.state, starts, draw_kw))
        drawn += power
        if rack.on:
            planned += power + claim
    events = list(seen.events)
    if changed:
        events += _rack_events(c, past, new, racks)
    if new.interlocks != past.interlocks:
        events += _interlock_events(c, past, new)
    if new.alarms is not past.alarms:
        events += alarms.changes(new.t_s, past.alarms, new.alarms)
    envelope, welded = measured.caps.envelope, seen.welded is not None
    return Plan(new.t_s, envelope, tuple(racks), drawn, planned, welded, new.alarms, tuple(events))


def _draws(
    c: Compiled, past: Memory, new: Memory, seen: Seen, measured: Measured
) -> list[tuple[float, float]]:
    """Power and claim by rack, as they are once the racks were told."""
    draws, stop_s = list(measured.draws), c.control.stop_s
    for i, (before, after) in enumerate(zip(past.racks, new.racks, strict=True)):
        if after is not before:
            draws[i] = draw(c.racks[i], after, seen.sights[i], stop_s)
    return draws


@lru_cache(maxsize=512)
def _kept(
    name: str, on: bool, state: RackState, starts: bool, draws: tuple[float, float]
) -> RackPlan:
    """The same object while a rack stays as it is."""
    return _as_it_is(name, on, state, starts, draws)


def _as_it_is(
    name: str, on: bool, state: RackState, starts: bool, draws: tuple[float, float]
) -> RackPlan:
    """A rack that nothing was decided about in this scan."""
    power, claim = draws
    if starts:
        reason = Reason(ReasonCode.STARTING, (("power_kw", power), ("claim_kw", claim)))
    else:
        reason = _reason((_RUNNING if on else _RELEASED, (("power_kw", power),)))
    return _rack_plan((name, on, state, reason, power, claim))


def _rack_events(c: Compiled, past: Memory, new: Memory, plans: list[RackPlan]) -> list[Event]:
    found = []
    for i, (before, after) in enumerate(zip(past.racks, new.racks, strict=True)):
        if after is before:
            continue
        name, reason = c.racks[i].name, plans[i].reason
        if after.latch is not None and (
            before.latch is None or before.latch.code != after.latch.code
        ):
            found.append(Event(new.t_s, name, "latch", after.latch))
        if after.retries > before.retries:
            values = (("tries", float(after.retries)),)
            found.append(Event(new.t_s, name, "fault", Reason(ReasonCode.FAILS_TO_CLOSE, values)))
        if after.on and not before.on:
            found.append(Event(new.t_s, name, "start", reason))
        elif (before.on and not after.on) or _given_notice(before, after):
            found.append(Event(new.t_s, name, "stop", reason))
    return found


def _given_notice(before: RackMemory, after: RackMemory) -> bool:
    return after.notice_since_s is not None and before.notice_since_s is None


def _interlock_events(c: Compiled, past: Memory, new: Memory) -> list[Event]:
    found = []
    for guard, before, after in zip(c.guards, past.interlocks, new.interlocks, strict=True):
        name = guard.spec.name
        cause = after.cause or before.cause or Reason(ReasonCode.INTERLOCK)
        if after.tripped and not before.tripped:
            found.append(Event(new.t_s, name, "trip", cause))
        if after.latched and not before.latched:
            found.append(Event(new.t_s, name, "latch", cause))
    return found
