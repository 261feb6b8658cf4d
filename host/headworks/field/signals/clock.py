"""The wall clock, or None where it cannot be trusted. Sets nothing and measures no spans.

The kernel tells by `adjtimex` whether a time service disciplines the clock (STA_UNSYNC,
adjtimex(2)); systemd-timesyncd leaves a file once it has synchronised since boot.
"""

import ctypes
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

EARLIEST = datetime(2025, 1, 1, tzinfo=UTC)  # before that the clock has never been set
TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
TIMEX_BYTES = 512  # more than struct timex has on any Linux
TIMESYNCD = Path("/run/systemd/timesync/synchronized")


def wall_clock(
    *,
    unsynced_ok: bool = False,
    now: Callable[[], datetime] | None = None,
    synced: Callable[[], bool] | None = None,
) -> datetime | None:
    """The time of day, aware; None before 2025, and unsynchronised unless that is accepted."""
    wall = now() if now else datetime.now(UTC)
    if wall < EARLIEST:
        return None
    return wall if unsynced_ok or (synced or synchronised)() else None


def synchronised() -> bool:
    """Whether a time service keeps this machine's clock. False where nobody can tell."""
    return TIMESYNCD.exists() or _adjtimex() not in (TIME_ERROR, -1)


def _adjtimex() -> int:
    """The clock's state as the kernel has it; -1 where there is no such call."""
    try:
        call = ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return -1
    return int(call(ctypes.create_string_buffer(TIMEX_BYTES)))  # modes = 0: reads only
