"""One scan: Snapshot and Memory in, Plan and Memory out. The same in gives the same out.

Puts the parts in order; the rules are in them. Never raises for anything a snapshot may hold:
what is missing or makes no sense is unknown, and unknown is zero surplus and unsafe.
"""

from typing import NamedTuple

from headworks.control import alarms, commands, envelope, frequency, interlock, report, visible
from headworks.control.boot import first_memory, resume
from headworks.control.compiled import Compiled, compile_site
from headworks.control.dispatch import Picture, Wish, decide
from headworks.control.interlock import Verdict
from headworks.control.rack import closed, draw, observe, opened, settled, state_of, welded
from headworks.control.start import recent
from headworks.control.view import MeterView, Sight, look_at_meters, look_at_racks
from headworks.model.live import Snapshot
from headworks.model.memory import FrequencyMemory, InterlockMemory, Memory, RackMemory
from headworks.model.plan import Alarm, Event, Plan, RackState
from headworks.model.site import Site

LAST_S = 1e12  # no clock gets here; NaN and infinity are not below it

__all__ = ["first_memory", "resume", "scan"]


class Seen(NamedTuple):
    """What the snapshot says, after feedback, interlocks and commands were taken in."""

    meters: MeterView
    sights: list[Sight]
    racks: list[RackMemory]
    interlocks: tuple[InterlockMemory, ...]
    verdict: Verdict
    events: list[Event]


class Measured(NamedTuple):
    """Limits and loads, in kW."""

    caps: envelope.Caps
    draws: list[tuple[float, float]]
    committed_kw: list[float]
    base_kw: tuple[float | None, ...]
    frequency: tuple[FrequencyMemory, ...]


def scan(site: Site, memory: Memory, snapshot: Snapshot) -> tuple[Plan, Memory]:
    """Decide what every rack shall do now, and what the next scan must know."""
    c = compile_site(site)
    now = _later(memory.t_s, snapshot.t_s)
    began_s = now if memory.began_s is None else memory.began_s
    seen = _look(c, memory, snapshot, now)
    measured = _measure(c, memory, seen, snapshot, now)
    booted = memory.booted or _all_off(seen.racks)
    wish = decide(_picture(c, memory, seen, measured, booted=booted, now=now))
    steps, last_step_s = _tell(c, memory, seen, wish, now)
    new = Memory(
        now,
        _kept(memory.racks, seen.racks),
        seen.interlocks,
        booted,
        wish.budgets,
        last_step_s,
        steps,
        wish.release_next_s,
        measured.base_kw,
        measured.frequency,
        _alarms(c, seen, measured, snapshot, past=memory.alarms, age_s=now - began_s),
        began_s,
    )
    plan = report.plan(
        c,
        memory,
        new,
        sights=seen.sights,
        draws=measured.draws,
        envelope=measured.caps.envelope,
        why=wish.why,
        events=seen.events,
    )
    return plan, new


def _later(past_s: float, t_s: float) -> float:
    """The snapshot's time; a time that makes no sense or goes back stands still instead."""
    return t_s if past_s < t_s < LAST_S else past_s


def _look(c: Compiled, memory: Memory, snapshot: Snapshot, now: float) -> Seen:
    meters = look_at_meters(c, snapshot, now)
    sights = look_at_racks(c, snapshot, meters, now)
    racks = [
        observe(c, i, rack, sight, now)
        for i, (rack, sight) in enumerate(zip(memory.racks, sights, strict=True))
    ]
    guards = [
        interlock.advance(guard.spec, past, interlock.value_of(guard, snapshot, now), now)
        for guard, past in zip(c.guards, memory.interlocks, strict=True)
    ]
    events: list[Event] = []
    if snapshot.commands:
        desk = commands.Desk(c, racks, guards, memory.alarms, sights, snapshot, now)
        events = commands.carry_out(desk)
    verdict = interlock.judge(c.guards, guards)
    open_for = welded(c, racks) if c.upstream else None
    if open_for is not None:
        verdict = interlock.all_out(verdict, len(racks), open_for)
    return Seen(meters, sights, racks, tuple(guards), verdict, events)


def _measure(c: Compiled, memory: Memory, seen: Seen, snapshot: Snapshot, now: float) -> Measured:
    stop_s = c.control.stop_s
    draws = [
        draw(spec, rack, sight, stop_s)
        for spec, rack, sight in zip(c.racks, seen.racks, seen.sights, strict=True)
    ]
    power = [kw for kw, _ in draws]
    shown = visible.look(
        c, seen.racks, seen.sights, power=power, meters=seen.meters, past=memory.background_kw
    )
    for i in shown.settled:
        seen.racks[i] = settled(seen.racks[i])
    committed = [
        kw + claim if rack.on or rack.latch or now - rack.told_s >= stop_s else 0.0
        for (kw, claim), rack in zip(draws, seen.racks, strict=True)
    ]
    capacity = [
        kw if kw > spec.rated_kw else spec.rated_kw
        for spec, kw in zip(c.racks, committed, strict=True)
    ]
    states = frequency.advance_all(c, memory.frequency, seen.meters, now)
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


def _all_off(racks: list[RackMemory]) -> bool:
    """Whether every output has been seen off; a locked-out or faulted rack does not hold up."""
    return all(
        not rack.on and (rack.confirmed or rack.locked_by or rack.latch is not None)
        for rack in racks
    )


def _picture(
    c: Compiled, memory: Memory, seen: Seen, measured: Measured, *, booted: bool, now: float
) -> Picture:
    return Picture(
        c,
        memory,
        seen.racks,
        seen.sights,
        seen.meters,
        seen.verdict,
        measured.caps.scopes,
        measured.committed_kw,
        booted,
        now,
        now - memory.t_s,
    )


def _tell(
    c: Compiled, memory: Memory, seen: Seen, wish: Wish, now: float
) -> tuple[tuple[tuple[float, float], ...], float]:
    """Put the wish into the racks' memories, past the interlocks; the steps it made."""
    was_on = frozenset([i for i, rack in enumerate(seen.racks) if rack.on])
    on = interlock.permit(was_on, wish.on, seen.verdict)
    racks = seen.racks
    for i in was_on - on:
        racks[i] = opened(racks[i], c.racks[i], seen.sights[i], now)
    for i in wish.notice & on:
        racks[i] = racks[i]._replace(notice_since_s=now)
    started = sorted(on - was_on)
    for i in started:
        racks[i] = closed(racks[i], now)
    _name(memory, racks, wish, seen.verdict, now)
    steps = memory.steps
    if started:
        new = tuple((now, c.racks[i].rated_kw) for i in started)
        steps = (*recent(steps, now, c.control.window_s), *new)
    return steps, now if _moved(memory, racks) else memory.last_step_s


def _name(
    memory: Memory, racks: list[RackMemory], wish: Wish, verdict: Verdict, now: float
) -> None:
    """Keep each rack's fit timer and the name of its state."""
    fits, latched = wish.fit_since_s, verdict.latched
    for i, (past, rack) in enumerate(zip(memory.racks, racks, strict=True)):
        fit = fits.get(i)
        tripped = i in latched
        same = rack is past and tripped is (rack.state == RackState.TRIPPED)
        state = rack.state if same else state_of(rack, tripped)
        if fit != rack.fit_since_s or state != rack.state:
            since = rack.since_s if state == rack.state else now
            racks[i] = rack._replace(fit_since_s=fit, state=state, since_s=since)


def _moved(memory: Memory, racks: list[RackMemory]) -> bool:
    """Whether any switch is told something else than before."""
    if memory.racks == tuple(racks):  # compares identities first, and mostly only those
        return False
    return any(a.on != b.on for a, b in zip(memory.racks, racks, strict=True))


def _kept(past: tuple[RackMemory, ...], racks: list[RackMemory]) -> tuple[RackMemory, ...]:
    new = tuple(racks)
    return past if new == past else new


def _alarms(
    c: Compiled,
    seen: Seen,
    measured: Measured,
    snapshot: Snapshot,
    *,
    past: tuple[Alarm, ...],
    age_s: float,
) -> tuple[Alarm, ...]:
    found = alarms.alarms(
        c,
        seen.racks,
        seen.sights,
        interlocks=seen.interlocks,
        meters=seen.meters,
        limits=measured.caps.envelope.limits,
        snapshot=snapshot,
        age_s=age_s,
    )
    return alarms.carry_on(found, past)
