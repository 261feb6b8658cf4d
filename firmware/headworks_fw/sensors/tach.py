"""A fan's tachometer: pulses of an open collector, counted by interrupt.

A fan that stands still is 0 rpm, a value and no fault. More pulses than any fan can give are
noise of the place: RANGE.
"""

from .. import ticks
from ..sampling import RANGE, Sampled

_FASTEST_RPM = 30000
_MINUTE_MS = 60000


def make(entry, hal):
    """The tachometer at `pin`."""
    return Tach(entry, hal)


class Tach(Sampled):
    """One fan."""

    def __init__(self, entry, hal):
        name = entry["name"]
        super().__init__((name + "_rpm", name + "_percent"), entry)
        self._per_rev, self._nominal = entry["pulses_per_rev"], entry["nominal_rpm"]
        if self._per_rev < 1 or self._nominal < 1:
            raise ValueError("pulses_per_rev and nominal_rpm must be 1 or more")
        self._count = 0
        self._since = None
        self._pin = hal.pin_in(entry["pin"], "up")  # kept, or its interrupt would be collected
        hal.on_fall(self._pin, self._pulse)

    def _pulse(self, _):
        self._count += 1

    def step(self, now):
        """Turns the pulses since the last look into a speed."""
        count, self._count = self._count, 0
        since, self._since = self._since, now
        if since is not None:
            span_ms = max(1, ticks.diff(now, since))
            rpm = count * _MINUTE_MS // (self._per_rev * span_ms)
            self.done([RANGE] * 2 if rpm > _FASTEST_RPM else [rpm, rpm * 100 // self._nominal])
        return self.every_ms
