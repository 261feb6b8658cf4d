"""What all sensor drivers share: their last readings, and when these are no readings.

A reading is a number within its range, or a fault code. Knows no hardware.
"""

from . import ticks
from .sensors import put

ABSENT, CRC, RANGE, POR85, STUCK = "ABSENT", "CRC", "RANGE", "POR85", "STUCK"


class Sampled:
    """A sensor with channels; a driver gives `step` and calls `done` after each sample."""

    def __init__(self, channels, entry):
        self.channels = tuple(channels)
        self.every_ms = _whole(entry, "every_ms")
        self.sample_ms = None
        self.fresh = False
        self._readings = [ABSENT] * len(self.channels)

    def done(self, readings):
        """A sample is complete: a number or a fault code for each channel."""
        self._readings = readings
        self.sample_ms = ticks.now()
        self.fresh = True

    def read(self, values, faults):
        """Files the last readings."""
        for place, channel in enumerate(self.channels):
            put(values, faults, channel, self._readings[place])


class Stuck:
    """Finds a raw value that stays bit-identical for longer than noise allows."""

    def __init__(self, stuck_s):
        self._most_ms = stuck_s * 1000
        self._raw = None
        self._since = 0
        self._is_stuck = False  # until it changes, whatever the counter's wrap makes of the time

    def holds(self, raw, now):
        """Whether the value has stood still for too long."""
        if raw != self._raw:
            self._raw, self._since, self._is_stuck = raw, now, False
        elif self._most_ms > 0 and ticks.diff(now, self._since) >= self._most_ms:
            self._is_stuck = True
        return self._is_stuck


def within(value, span):
    """The value, or RANGE outside of its span."""
    return value if span[0] <= value <= span[1] else RANGE


def span_of(entry):
    """The temperatures that can be, of an entry. ValueError where they make no span."""
    span = entry["c"]
    if len(span) != 2 or not span[0] < span[1]:
        raise ValueError("c must be the lowest and the highest temperature")
    return span


def _whole(entry, key):
    value = entry[key]
    if not isinstance(value, int) or value < 100:
        raise ValueError("%s must be 100 or more" % key)
    return value
