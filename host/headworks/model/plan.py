"""What was decided: limits, envelope, the plan for every rack, events and alarms.

Reasons are data; `headworks.faces.words` turns each into one plain sentence.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class ReasonCode(StrEnum):
    """Why a limit binds, a rack is on or off, or an event happened.

    A code without a sentence in `faces/words.py` fails a test.
    """

    # limits
    EXPORT = "export"  # export plus own running load less the reserve
    FEEDER = "feeder"  # what the feeder's rating leaves
    SETPOINT = "setpoint"
    CONTACT = "contact"
    SCHEDULE = "schedule"
    DROOP = "droop"
    UNDER_FREQUENCY = "under-frequency"
    STALE = "stale"  # the source is too old
    UNKNOWN = "unknown"  # the source never spoke, or says that it is bad
    EXPIRED = "expired"  # a setpoint's validity ran out
    NO_SIGNAL = "no-signal"  # no signal that grants surplus is configured
    CAPACITY = "capacity"  # nothing limits; all racks together draw no more than this
    # why a rack is on
    RUNNING = "running"
    STARTING = "starting"
    MIN_ON = "min-on"  # would stop, held by its minimum on time
    BUDGET = "budget"  # a small deficit, still inside the energy budget
    WELDED_ON = "welded-on"
    # why a rack is off
    BOOT = "boot"  # first scans: all off and read back before anything starts
    NO_SURPLUS = "no-surplus"
    WAIT_SURPLUS = "wait-surplus"  # enough, but not for long enough yet
    WAIT_SAMPLE = "wait-sample"  # no sample newer than the last step yet
    MIN_OFF = "min-off"
    STARTS_HOUR = "starts-hour"
    STARTS_DAY = "starts-day"
    START_WINDOW = "start-window"  # the site's starts per window or kW per step are used
    RELEASED = "released"  # stopping because the envelope shrank
    RELEASING = "releasing"  # on its way off at the release ramp
    NOTICE = "notice"  # a graceful stop within its notice
    OPERATOR_OFF = "operator-off"
    LOCKED_OUT = "locked-out"
    INTERLOCK = "interlock"
    TRIPPED = "tripped"  # latched, wants a reset
    UPSTREAM_TRIPPED = "upstream-tripped"  # the breaker above is open, as a rack has welded
    BLOCKED = "blocked"  # an interlock forbids a start; a running rack goes on
    FAILS_TO_CLOSE = "fails-to-close"
    RETRY_WAIT = "retry-wait"  # failed to close, will be tried again
    WELDED = "welded"
    CHATTER = "chatter"
    FEEDBACK_LOST = "feedback-lost"
    POWER_LOST = "power-lost"  # told to be on, closed, and draws nothing any more
    READBACK = "readback"  # the switch does not report what it was told
    # what became of a command
    COMMAND = "command"  # carried out: values action, actor
    UNKNOWN_TARGET = "unknown-target"  # no rack, interlock or alarm of this name
    NOTHING_TO_DO = "nothing-to-do"  # nothing is latched or locked there
    CAUSE_STAYS = "cause-stays"  # no reset while the cause lasts
    LOCAL_ONLY = "local-only"  # no reset but by its contact at the racks
    LOCAL_RESET = "local-reset"  # its contact at the racks was pressed
    # sensor boards
    BOARD_UNKNOWN = "board-unknown"  # nothing is known of it: state, cause
    CHANNEL_UNKNOWN = "channel-unknown"  # its board runs, and it gives no value: quality, fault
    BOARD_RESTARTED = "board-restarted"  # it started again and nobody asked for it: why
    BOARD_QUARANTINED = "board-quarantined"  # too many of those: restarts, why
    BOARD_CRASHED = "board-crashed"  # its console shows a traceback: error
    BOARD_MOVED = "board-moved"  # the same board at another port: port, uid
    BOARD_TWO = "board-two"  # two answer in turn where one is meant: one, other
    BOARD_LATCH = "board-latch"  # it opened an output by itself: output, why
    # the station itself
    STORAGE = "storage"  # memory or records cannot be written: error
    STORAGE_CORRUPT = "storage-corrupt"  # they were unreadable, set aside as: path
    MEMORY_DROPPED = "memory-dropped"  # the site file no longer has what memory knew
    SCAN_LATE = "scan-late"  # the scan came late_s after it was due
    DEADMAN_HELD = "deadman-held"  # it stands still: racks told off have not said so
    RESTART_NEEDED = "restart-needed"  # the site file has changed; the old one still runs
    SITE_REFUSED = "site-refused"  # the changed site file has errors; the old one still runs


class Reason(NamedTuple):
    """A code with the figures that belong to it, units in their names: ("need_kw", 37.8)."""

    code: ReasonCode
    values: tuple[tuple[str, float | str], ...] = ()


class Limit(NamedTuple):
    """One limit's proposal: how much the racks it covers may draw together.

    `kw` None is no limit, 0.0 is zero watts. `scope` is a feeder's name, or "" for all racks.
    `firm`: no energy budget and no waiting (unknown, zero, open contact, under-frequency).
    `trips`: the release is instant even where a release ramp is configured.
    """

    source: str
    scope: str
    kw: float | None
    reason: Reason
    firm: bool = False
    trips: bool = False
    until_s: float | None = None


class Envelope(NamedTuple):
    """The most the racks may draw now, and the limit that binds.

    `kw` is never None: where nothing grants surplus it is 0.0. `feeder_kw` is the cap of each
    feeder by name. `limits` are all proposals, for the page.
    """

    kw: float
    binding: Limit
    limits: tuple[Limit, ...]
    feeder_kw: Mapping[str, float]


class RackState(StrEnum):
    """The life of a rack."""

    OFF = "off"
    STARTING = "starting"  # commanded on; its claim holds until its meter shows it
    RUNNING = "running"
    STOPPING = "stopping"  # told to stop: notice running, or open not yet confirmed
    FAULTED = "faulted"  # welded, fails to close, chatter: latched, wants a reset
    TRIPPED = "tripped"  # an interlock took it off and latched
    LOCKED_OUT = "locked-out"  # a person took it out


class RackPlan(NamedTuple):
    """What one rack shall do now. `on` is what the switch is told."""

    name: str
    on: bool
    state: RackState
    reason: Reason
    power_kw: float  # drawn, as metered or as assumed
    claim_kw: float  # reserved above `power_kw` until its meter shows it


class Severity(StrEnum):
    """How urgent an alarm is."""

    INFO = "info"
    WARNING = "warning"
    ALARM = "alarm"


class Alarm(NamedTuple):
    """A condition that a person should know of, alive as long as it lasts."""

    source: str  # a rack, meter, signal or interlock
    severity: Severity
    reason: Reason


class Event(NamedTuple):
    """Something that happened in this scan, for the journal."""

    t_s: float
    source: str
    kind: str  # start stop trip latch reset fault command alarm alarm-end refused
    reason: Reason
    note: str = ""


class Plan(NamedTuple):
    """The decision of one scan."""

    t_s: float
    envelope: Envelope
    racks: tuple[RackPlan, ...]  # in the site's order
    drawn_kw: float  # what the racks draw, as metered or as assumed
    planned_kw: float  # drawn plus claims of all racks that shall be on
    upstream_trip: bool  # a welded contactor asks the upstream breaker to open
    alarms: tuple[Alarm, ...]
    events: tuple[Event, ...]
