"""Which part of a Memory must survive a restart.

Pure functions: no file, no clock. How it is written is `record.document`.
"""

from collections.abc import Iterable
from typing import TypeVar

from headworks.model.memory import Memory, RackMemory

NEVER = float("-inf")
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
