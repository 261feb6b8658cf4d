"""What one scan hands to the next, and what must survive a restart.

All times are monotonic seconds of the boot they were taken in. `record.memory` moves them to
another boot's clock so that ages are kept and the gap counts as no time at all.
"""

from typing import NamedTuple

from headworks.model.plan import Alarm, RackState, Reason


class RackMemory(NamedTuple):
    """One rack's past. `-inf` stands for "never"; a time that is None is not running.

    Times, not counters, so that a rack with which nothing happens keeps the same object.
    """

    state: RackState = RackState.OFF
    since_s: float = float("-inf")  # in this state since
    on: bool = False  # what the switch was last told
    told_s: float = float("-inf")  # when that changed
    confirmed: bool = True  # told to be off, and has been seen off
    leaving_kw: float = 0.0  # what it drew when it was last told to be off
    off_since_s: float = float("-inf")  # for the minimum off time
    starts_s: tuple[float, ...] = ()  # of the last 24 h, oldest first
    fit_since_s: float | None = None  # its need has been met since
    retries: int = 0  # closings that failed in a row
    settled: bool = False  # a meter has shown it; the claim has ended
    notice_since_s: float | None = None  # its graceful stop has run since
    mismatch_since_s: float | None = None  # feedback disagrees since
    changes_s: tuple[float, ...] = ()  # unasked changes of the auxiliary contact (chatter)
    aux_closed: bool | None = None  # as last seen
    latch: Reason | None = None  # why faulted
    off_by: str = ""  # who wanted it off ("" = auto)
    locked_by: str = ""  # who locked it out ("" = nobody)
    lock_note: str = ""
    on_total_s: float = 0.0  # time on in its life, counted when it stops
    switchings: int = 0  # closings in its life
    open_s: float | None = None  # told to be off, and first seen open at this time
    dark_since_s: float | None = None  # told to be on and settled, and draws nothing since
    lost_s: float | None = None  # its power was gone then; until a meter has shown it again


class InterlockMemory(NamedTuple):
    """One interlock's past."""

    active_since_s: float | None = None  # the condition has held since
    tripped: bool = False  # acts now
    latched: bool = False  # acts until a reset
    cause: Reason | None = None
    ready: bool = False  # the cause has gone and its reset contact was seen open since


class FrequencyMemory(NamedTuple):
    """One frequency signal's past."""

    under_since_s: float | None = None  # at or below the trip frequency since
    tripped: bool = False
    above_since_s: float | None = None  # tripped, and back above restore since


class BudgetMemory(NamedTuple):
    """The energy budget of one scope (all racks, or one feeder's)."""

    used_kws: float = 0.0
    since_s: float | None = None  # there has been a deficit since


class Memory(NamedTuple):
    """What one scan hands to the next."""

    t_s: float  # of the last scan; of this process's first one before any
    racks: tuple[RackMemory, ...]
    interlocks: tuple[InterlockMemory, ...]
    booted: bool = False  # all outputs have been seen off since the start
    budgets: tuple[BudgetMemory, ...] = ()  # all racks first, then feeders in the site's order
    last_step_s: float = float("-inf")  # when a rack was last told to start or stop
    steps: tuple[tuple[float, float], ...] = ()  # starts of the last window: (when, kW)
    release_next_s: float = float("-inf")  # the release ramp lets the next rack go then
    background_kw: tuple[float | None, ...] = ()  # what else than racks each meter showed
    frequency: tuple[FrequencyMemory, ...] = ()  # of the frequency signals, in the site's order
    alarms: tuple[Alarm, ...] = ()
    began_s: float | None = None  # this process's first scan
