"""What one scan hands to the next, and what must survive a restart.

All times are monotonic seconds of the boot they were taken in. `record.memory` moves them to
another boot's clock so that ages are kept and the gap counts as no time at all.
"""

from typing import NamedTuple

from headworks.model.plan import Alarm, RackState, Reason


class RackMemory(NamedTuple):
    """One rack's past. `-inf` stands for "never"; a time that is None is not running."""

    state: RackState = RackState.OFF
    since_s: float = float("-inf")  # in this state since
    on: bool = False  # what the switch was last told
    told_s: float = float("-inf")  # when that changed
    off_since_s: float = float("-inf")  # for the minimum off time
    starts_s: tuple[float, ...] = ()  # of the last 24 h, oldest first
    fit_since_s: float | None = None  # its need has been met since
    fit_samples: int = 0  # how many new samples agreed
    retries: int = 0  # closings that failed in a row
    claim_base_kw: float | None = None  # what the feeder showed before the start
    settled: bool = False  # its meter has shown it; the claim has ended
    mismatch_since_s: float | None = None  # feedback disagrees since
    changes_s: tuple[float, ...] = ()  # unasked changes of the auxiliary contact (chatter)
    aux_closed: bool | None = None  # as last seen
    latch: Reason | None = None  # why faulted or tripped
    off_by: str = ""  # who wanted it off ("" = auto)
    locked_by: str = ""  # who locked it out ("" = nobody)
    lock_note: str = ""
    on_total_s: float = 0.0  # hours of life, counted when it stops
    switchings: int = 0  # closings in its life


class InterlockMemory(NamedTuple):
    """One interlock's past."""

    active_since_s: float | None = None  # the condition has held since
    tripped: bool = False  # acts now
    latched: bool = False  # acts until a reset
    cause: Reason | None = None


class FrequencyMemory(NamedTuple):
    """One frequency signal's past."""

    under_since_s: float | None = None  # at or below the trip frequency since
    tripped: bool = False
    above_since_s: float | None = None  # tripped, and back above restore since


class Memory(NamedTuple):
    """What one scan hands to the next."""

    t_s: float  # of the last scan; of this process's first one before any
    racks: tuple[RackMemory, ...]
    interlocks: tuple[InterlockMemory, ...]
    booted: bool = False  # all outputs have been seen off since the start
    deficit_kws: float = 0.0  # energy budget used
    last_step_s: float = float("-inf")  # when a rack was last told to start or stop
    steps: tuple[tuple[float, float], ...] = ()  # starts of the last window: (when, kW)
    release_kw: float = 0.0  # credit of the release ramp
    frequency: tuple[FrequencyMemory, ...] = ()  # of the frequency signals, in the site's order
    sample_seq: int = 0  # sum of the counters of the samples seen
    alarms: tuple[Alarm, ...] = ()
