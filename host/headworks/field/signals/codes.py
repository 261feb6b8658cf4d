"""The stable number of every reason code, for register maps and other narrow places.

A number, once given, is never given to another code and never changes: control rooms have it
in their configuration. New codes take new numbers. Says nothing about wording.
"""

from types import MappingProxyType

from headworks.model.plan import ReasonCode

NONE = 0  # no scan has been completed yet
OTHER = 65534  # a code without a number; a test keeps this from being used

REASON_NUMBERS = MappingProxyType(
    {
        # limits
        ReasonCode.EXPORT: 1,
        ReasonCode.FEEDER: 2,
        ReasonCode.SETPOINT: 3,
        ReasonCode.CONTACT: 4,
        ReasonCode.SCHEDULE: 5,
        ReasonCode.DROOP: 6,
        ReasonCode.UNDER_FREQUENCY: 7,
        ReasonCode.STALE: 20,
        ReasonCode.UNKNOWN: 21,
        ReasonCode.EXPIRED: 22,
        ReasonCode.NO_SIGNAL: 23,
        ReasonCode.CAPACITY: 24,
        # why a rack is on
        ReasonCode.RUNNING: 50,
        ReasonCode.STARTING: 51,
        ReasonCode.MIN_ON: 52,
        ReasonCode.BUDGET: 53,
        ReasonCode.WELDED_ON: 54,
        # why a rack is off
        ReasonCode.BOOT: 100,
        ReasonCode.NO_SURPLUS: 101,
        ReasonCode.WAIT_SURPLUS: 102,
        ReasonCode.WAIT_SAMPLE: 103,
        ReasonCode.MIN_OFF: 104,
        ReasonCode.STARTS_HOUR: 105,
        ReasonCode.STARTS_DAY: 106,
        ReasonCode.START_WINDOW: 107,
        ReasonCode.RELEASED: 108,
        ReasonCode.RELEASING: 109,
        ReasonCode.NOTICE: 110,
        ReasonCode.OPERATOR_OFF: 111,
        ReasonCode.LOCKED_OUT: 112,
        ReasonCode.INTERLOCK: 113,
        ReasonCode.TRIPPED: 114,
        ReasonCode.BLOCKED: 115,
        ReasonCode.FAILS_TO_CLOSE: 116,
        ReasonCode.RETRY_WAIT: 117,
        ReasonCode.WELDED: 118,
        ReasonCode.CHATTER: 119,
        ReasonCode.FEEDBACK_LOST: 120,
        ReasonCode.READBACK: 121,
        ReasonCode.UPSTREAM_TRIPPED: 122,
        ReasonCode.POWER_LOST: 123,
        # what became of a command
        ReasonCode.COMMAND: 140,
        ReasonCode.UNKNOWN_TARGET: 141,
        ReasonCode.NOTHING_TO_DO: 142,
        ReasonCode.CAUSE_STAYS: 143,
        ReasonCode.LOCAL_ONLY: 144,
        ReasonCode.LOCAL_RESET: 145,
        # the station itself
        ReasonCode.STORAGE: 150,
        ReasonCode.STORAGE_CORRUPT: 151,
        ReasonCode.MEMORY_DROPPED: 152,
        ReasonCode.SCAN_LATE: 153,
        ReasonCode.RESTART_NEEDED: 154,
        ReasonCode.SITE_REFUSED: 155,
        ReasonCode.DEADMAN_HELD: 156,
        # a sensor board
        ReasonCode.BOARD_UNKNOWN: 170,
        ReasonCode.BOARD_RESTARTED: 171,
        ReasonCode.BOARD_QUARANTINED: 172,
        ReasonCode.BOARD_CRASHED: 173,
        ReasonCode.BOARD_MOVED: 174,
        ReasonCode.BOARD_LATCH: 175,
        ReasonCode.CHANNEL_UNKNOWN: 176,
        ReasonCode.BOARD_TWO: 177,
    }
)


def number(code: ReasonCode | None) -> int:
    """The number of a code; 0 where there is none yet."""
    return NONE if code is None else REASON_NUMBERS.get(code, OTHER)
