"""Time that wraps after 2**30, the same on every board and on CPython. No calendar here."""

import time

BITS = 30
_MASK = (1 << BITS) - 1
_HALF = 1 << (BITS - 1)


def _masked_add(ticks, delta):
    return (ticks + delta) & _MASK


def _masked_diff(later, earlier):
    return ((later - earlier + _HALF) & _MASK) - _HALF


if hasattr(time, "ticks_ms") and time.ticks_add(0, -1) == _MASK:
    now, us, add, diff = time.ticks_ms, time.ticks_us, time.ticks_add, time.ticks_diff
else:  # a PC: MicroPython there wraps after 2**62, CPython has no ticks
    add, diff = _masked_add, _masked_diff
    if hasattr(time, "ticks_ms"):

        def now():
            """Milliseconds since some moment."""
            return time.ticks_ms() & _MASK

        def us():
            """Microseconds since some moment."""
            return time.ticks_us() & _MASK

    else:

        def now():
            """Milliseconds since some moment."""
            return (time.monotonic_ns() // 1000000) & _MASK

        def us():
            """Microseconds since some moment."""
            return (time.monotonic_ns() // 1000) & _MASK
