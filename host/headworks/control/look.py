"""From snapshot to what is seen and measured: feedback, interlocks, commands, limits and loads.

Decides nothing about racks; what it finds out about each one goes into that rack's memory.
"""

from typing import NamedTuple

from headworks.control import (
    commands,
    envelope,
    frequency,
    interlock,
    permissive,
    supply,
    visible,
)
from headworks.control.compiled import Compiled
from headworks.control.interlock import Verdict
from headworks.control.rack import draw, observe, settled, welded
from headworks.control.view import MeterView, Sight, look_at_meters, look_at_racks
from headworks.model.live import Snapshot
from headworks.model.memory import FrequencyMemory, InterlockMemory, Memory, RackMemory
from headworks.model.plan import Event, Reason, ReasonCode


class Seen(NamedTuple):
    """What the snapshot says, after feedback, interlocks and commands were taken in."""

    meters: MeterView
    sights: list[Sight]
    racks: list[RackMemory]
    interlocks: tuple[InterlockMemory, ...]
    verdict: Verdict
    events: list[Event]
    welded: str | None  # the first rack that is latched as welded
    permits: frozenset[str]  # boards whose permissive relay may be closed


class Measured(NamedTuple):
    """Limits and loads, in kW."""

    caps: envelope.Caps
    draws: list[tuple[float, float]]  # power and claim by rack
    committed_kw: list[float]
    base_kw: tuple[float | None, ...]
    frequency: tuple[FrequencyMemory, ...]


def look(c: Compiled, memory: Memory, snapshot: Snapshot, now: float) -> Seen:
    """What the snapshot says of every meter, rack and interlock."""
    meters = look_at_meters(c, snapshot, now)
    sights = look_at_racks(c, snapshot, meters, now)
    racks = [
        observe(c, i, rack, sight, now)
        for i, (rack, sight) in enumerate(zip(memory.racks, sights, strict=True))
    ]
    supply.look(c, racks, sights, meters=meters, background_kw=memory.background_kw, now=now)
    guards = [
        interlock.advance(guard.spec, past, interlock.value_of(guard, snapshot, now), now)
        for guard, past in zip(c.guards, memory.interlocks, strict=True)
    ]
    events = _press(c, guards, snapshot, now) if c.buttons else []
    if snapshot.commands:
        desk = commands.Desk(c, racks, guards, memory.alarms, sights, snapshot, now)
        events += commands.carry_out(desk)
    verdict, permits = interlock.judge(c.guards, guards), permissive.permits(c, guards)
    stuck = welded(c, racks)
    if stuck is not None and c.upstream:
        reason = Reason(ReasonCode.UPSTREAM_TRIPPED, (("rack", stuck),))
        verdict, permits = interlock.all_out(verdict, len(racks), reason), permissive.NONE
    elif snapshot.deadman_held:
        reason = Reason(ReasonCode.DEADMAN_HELD)
        verdict, permits = interlock.all_out(verdict, len(racks), reason), permissive.NONE
    return Seen(meters, sights, racks, tuple(guards), verdict, events, stuck, permits)


def _press(
    c: Compiled, guards: list[InterlockMemory], snapshot: Snapshot, now: float
) -> list[Event]:
    """Look at the reset contacts; an event for each latch that one has cleared."""
    events = []
    for k in c.buttons:
        guard, before = c.guards[k], guards[k]
        guards[k] = interlock.attend(guard, before, snapshot, now)
        if before.latched and not guards[k].latched:
            values = ("interlock", guard.spec.name), ("contact", guard.spec.local_reset)
            reason = Reason(ReasonCode.LOCAL_RESET, values)
            events.append(Event(now, guard.spec.name, "reset", reason))
    return events


def measure(c: Compiled, memory: Memory, seen: Seen, snapshot: Snapshot, now: float) -> Measured:
    """What every rack draws and is committed to, and what every limit allows."""
    draws, committed, capacity = _loads(c, seen, now)
    shown = visible.look(
        c,
        seen.racks,
        seen.sights,
        power=[kw for kw, _ in draws],
        meters=seen.meters,
        past=memory.background_kw,
    )
    for i in shown.settled:
        seen.racks[i] = settled(seen.racks[i])
    states = frequency.advance_all(c, memory.frequency, seen.meters, now=now, dt=now - memory.t_s)
    found = envelope.caps(
        c,
        seen.meters,
        snapshot.signals,
        shown.background_kw,
        frequencies=states,
        capacity_kw=capacity,
        now=now,
    )
    return Measured(found, draws, committed, shown.base_kw, states)


def _loads(
    c: Compiled, seen: Seen, now: float
) -> tuple[list[tuple[float, float]], list[float], list[float]]:
    """By rack: power and claim, what is committed, and the most it can draw by itself."""
    stop_s = c.control.stop_s
    draws, committed, capacity = [], [], []
    for spec, rack, sight in zip(c.racks, seen.racks, seen.sights, strict=True):
        found = power, claim = draw(spec, rack, sight, stop_s)
        counts = rack.on or now - rack.told_s >= stop_s or rack.latch is not None
        total = power + claim if counts else 0.0
        draws.append(found)
        committed.append(total)
        capacity.append(total if total > spec.rated_kw else spec.rated_kw)
    return draws, committed, capacity
