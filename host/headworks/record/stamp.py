"""When something was, and what is written down of it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from headworks.model.plan import Event


class Clock(StrEnum):
    """How far the wall clock can be trusted."""

    SYNCED = "synced"  # a time service keeps it
    FREE = "free"  # set, but nobody keeps it
    UNTIMED = "untimed"  # never set: there is no wall time


WORST = (Clock.UNTIMED, Clock.FREE, Clock.SYNCED)  # the state of a span is its worst
_STEPPED_S = 1.0  # a wall clock that moves more against the monotonic one was set


class Stamp(NamedTuple):
    """An instant: monotonic seconds of one boot, and the wall clock where there is one (Unix)."""

    boot: str
    t_s: float
    wall_s: float | None = None
    clock: Clock = Clock.UNTIMED

    def stepped(self, t_s: float, wall_s: float | None) -> bool:
        """Whether the wall clock was set between that instant of the same boot and this one."""
        if wall_s is None or self.wall_s is None:
            return wall_s is not self.wall_s
        return abs(self.wall_s - wall_s - (self.t_s - t_s)) > _STEPPED_S


class Entry(NamedTuple):
    """One thing for the journal. `who`, `role` and `origin` say by whom and from where."""

    kind: str
    source: str = ""
    code: str = ""
    values: Mapping[str, Any] = {}
    note: str = ""
    who: str = ""
    role: str = ""
    origin: str = ""


def entry_of(event: Event) -> Entry:
    """An event of a scan as an entry."""
    reason = event.reason
    return Entry(event.kind, event.source, reason.code.value, dict(reason.values), event.note)
