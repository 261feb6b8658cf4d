"""How far a surface is above the dew point of the air: near 0 K water condenses on it.

Computed from other sensors' last readings; without one of them it has the same fault.
"""

from ..sampling import Sampled

SOON_MS = 100


def make(entry, hal):
    """From `surface`, a channel, and `air`, the name of a humidity sensor."""
    return DewMargin(entry, hal)


class DewMargin(Sampled):
    """One surface in one air."""

    def __init__(self, entry, hal):
        super().__init__((entry["name"] + "_margin_k",), entry)
        self._hal = hal
        self._surface, self._dew = entry["surface"], entry["air"] + "_dew_point_c"

    def step(self, now):
        """Takes the difference."""
        values, faults = self._hal.values, self._hal.faults
        for source in (self._surface, self._dew):
            if source not in values and source not in faults:
                return SOON_MS  # it has not been read yet
        for source in (self._surface, self._dew):
            if source in faults:
                self.done([faults[source]])
                return self.every_ms
        self.done([round(values[self._surface] - values[self._dew], 2)])
        return self.every_ms
