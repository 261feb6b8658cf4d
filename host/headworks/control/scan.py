"""One scan: Snapshot and Memory in, Plan and Memory out. The same in gives the same out.

Puts the parts in order; the rules are in them. Never raises for anything a snapshot may hold:
what is missing or makes no sense is unknown, and unknown is zero surplus and unsafe.

A scan has two halves, so that a switch need not wait for the report: `think` decides what is
on, `tell` makes plan and memory of it.
"""

from typing import NamedTuple

from headworks.control import alarms, interlock, outcome, report
from headworks.control.boot import first_memory, resume
from headworks.control.compiled import Compiled, compile_site
from headworks.control.dispatch import Picture, Wish, decide
from headworks.control.look import Measured, Seen, look, measure
from headworks.model.live import Snapshot
from headworks.model.memory import Memory, RackMemory
from headworks.model.plan import Plan
from headworks.model.site import Site

LAST_S = 1e12  # no clock gets here; NaN and infinity are not below it

__all__ = ["Thought", "first_memory", "resume", "scan", "tell", "think"]


class Thought(NamedTuple):
    """What was decided: `on`, `upstream_trip`, `permits` for the switches, the rest for `tell`."""

    on: frozenset[int]  # racks by position that shall be on; all others shall be off
    upstream_trip: bool  # the breaker above shall open
    was_on: frozenset[int]
    c: Compiled
    memory: Memory
    snapshot: Snapshot
    seen: Seen
    measured: Measured
    wish: Wish
    booted: bool
    now: float
    permits: frozenset[str]  # boards whose permissive relay may be closed


def scan(site: Site, memory: Memory, snapshot: Snapshot) -> tuple[Plan, Memory]:
    """Decide what every rack shall do now, and what the next scan must know."""
    return tell(think(site, memory, snapshot))


def think(site: Site, memory: Memory, snapshot: Snapshot) -> Thought:
    """Decide what every rack shall do now."""
    c = compile_site(site)
    now = _later(memory.t_s, snapshot.t_s)
    seen = look(c, memory, snapshot, now)
    measured = measure(c, memory, seen, snapshot, now)
    booted = memory.booted or _all_off(seen.racks)
    was_on = frozenset([i for i, rack in enumerate(seen.racks) if rack.on])
    picture = Picture(
        c,
        memory,
        seen.racks,
        seen.sights,
        seen.meters,
        seen.verdict,
        measured.caps.scopes,
        measured.committed_kw,
        was_on,
        booted,
        now,
        now - memory.t_s,
    )
    wish = decide(picture)
    on = interlock.permit(was_on, wish.on, seen.verdict)
    trip = seen.welded is not None
    was = was_on, c, memory, snapshot
    return Thought(on, trip, *was, seen, measured, wish, booted, now, seen.permits)


def tell(thought: Thought) -> tuple[Plan, Memory]:
    """The plan of what was decided, and what the next scan must know."""
    on, _, was_on, c, past, snapshot, seen, measured, wish, booted, now, _ = thought
    racks, steps, last_step_s = outcome.remember(c, past, seen, wish, was_on=was_on, on=on, now=now)
    began_s = now if past.began_s is None else past.began_s
    found = alarms.alarms(
        c,
        racks,
        seen.sights,
        interlocks=seen.interlocks,
        meters=seen.meters,
        limits=measured.caps.envelope.limits,
        snapshot=snapshot,
        age_s=now - began_s,
    )
    new = Memory(
        now,
        racks,
        seen.interlocks,
        booted,
        wish.budgets,
        last_step_s,
        steps,
        wish.release_next_s,
        measured.base_kw,
        measured.frequency,
        alarms.carry_on(found, past.alarms),
        began_s,
    )
    return report.plan(c, past, new, seen=seen, measured=measured, why=wish.why), new


def _later(past_s: float, t_s: float) -> float:
    """The snapshot's time; a time that makes no sense or goes back stands still instead."""
    return t_s if past_s < t_s < LAST_S else past_s


def _all_off(racks: list[RackMemory]) -> bool:
    """Whether every output has been seen off; a locked-out or faulted rack does not hold up."""
    return all(
        not rack.on and (rack.confirmed or rack.locked_by or rack.latch is not None)
        for rack in racks
    )
