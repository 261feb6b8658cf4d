"""Which part of a Memory must survive a restart, and what a stop makes of it.

Pure functions: no file, no clock. How it is written is `record.document`.
"""

from collections.abc import Iterable
from typing import TypeVar

from headworks.model.memory import Memory, RackMemory
from headworks.model.plan import RackState

NEVER = float("-inf")
_LIVE = (RackState.STARTING, RackState.RUNNING, RackState.STOPPING)
_T = TypeVar("_T")


def durable(rack: RackMemory) -> tuple[object, ...]:
    """The fields of a rack that must be on disk; the others are of this minute only."""
    r = rack
    return (
        *(r.state, r.since_s, r.on, r.told_s, r.off_since_s, r.starts_s, r.retries, r.latch),
        *(r.off_by, r.locked_by, r.lock_note, r.on_total_s, r.switchings),
    )


def changed(old: Memory, new: Memory) -> bool:
    """Whether anything that must survive differs. Cheap where the objects are the same."""
    return (
        old.last_step_s != new.last_step_s
        or any(a is not b and durable(a) != durable(b) for a, b in _pairs(old.racks, new.racks))
        or any(a[1:] != b[1:] for a, b in _pairs(old.interlocks, new.interlocks))
        or any(a.tripped != b.tripped for a, b in _pairs(old.frequency, new.frequency))
    )


def _pairs(old: Iterable[_T], new: Iterable[_T]) -> Iterable[tuple[_T, _T]]:
    return zip(old, new, strict=True)


def stopped(memory: Memory, t_s: float) -> Memory:
    """The memory with every rack off as of `t_s`: what is true once the outputs have let go.

    Latches and lock-outs stay. A rack that ran begins its minimum off time at `t_s`, the latest
    moment at which it can have stopped.
    """
    return memory._replace(racks=tuple(_rack_stopped(rack, t_s) for rack in memory.racks))


def _rack_stopped(rack: RackMemory, t_s: float) -> RackMemory:
    if rack.state in _LIVE:
        rack = rack._replace(state=RackState.OFF, since_s=t_s)
    if not rack.on:
        return rack
    ran_s = max(t_s - rack.told_s, 0.0) if rack.told_s > NEVER else 0.0
    return rack._replace(
        on=False,
        confirmed=False,
        told_s=t_s,
        off_since_s=t_s,
        on_total_s=rack.on_total_s + ran_s,
    )
