"""Plan and events from what was decided. Decides nothing."""

from collections.abc import Mapping

from headworks.control import alarms
from headworks.control.compiled import Compiled
from headworks.control.rack import draw
from headworks.control.view import Sight
from headworks.model.memory import Memory, RackMemory
from headworks.model.plan import Envelope, Event, Plan, RackPlan, Reason, ReasonCode


def plan(
    c: Compiled,
    past: Memory,
    new: Memory,
    *,
    sights: list[Sight],
    draws: list[tuple[float, float]],
    envelope: Envelope,
    why: Mapping[int, Reason],
    events: list[Event],
) -> Plan:
    """The plan of one scan, with what changed since the memory before it.

    `draws` are power and claim by rack, in kW, before anything was told in this scan.
    """
    if new.racks is not past.racks:
        draws = [
            draw(spec, rack, sight, c.control.stop_s)
            for spec, rack, sight in zip(c.racks, new.racks, sights, strict=True)
        ]
    racks = []
    drawn = planned = 0.0
    for i, (rack, (power, claim)) in enumerate(zip(new.racks, draws, strict=True)):
        reason = why.get(i) or _as_it_is(c, i, rack, power, claim)
        racks.append(RackPlan(c.racks[i].name, rack.on, rack.state, reason, power, claim))
        drawn += power
        if rack.on:
            planned += power + claim
    if new.racks is not past.racks:
        events += _rack_events(c, past, new, racks)
    if new.interlocks != past.interlocks:
        events += _interlock_events(c, past, new)
    events += alarms.changes(new.t_s, past.alarms, new.alarms)
    latches = [rack.latch.code for rack in new.racks if rack.latch is not None]
    welded = ReasonCode.WELDED in latches
    return Plan(new.t_s, envelope, tuple(racks), drawn, planned, welded, new.alarms, tuple(events))


def _as_it_is(c: Compiled, i: int, rack: RackMemory, power: float, claim: float) -> Reason:
    """The reason of a rack that nothing was decided about in this scan."""
    if rack.notice_since_s is not None:
        return Reason(ReasonCode.NOTICE, (("notice_s", c.racks[i].notice_s),))
    if rack.on and not rack.settled:
        return Reason(ReasonCode.STARTING, (("power_kw", power), ("claim_kw", claim)))
    code = ReasonCode.RUNNING if rack.on else ReasonCode.RELEASED
    return Reason(code, (("power_kw", power),))


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
