"""How far a surface is above the dew point of the air: near 0 K water condenses on it.

Computed from other sensors' last readings; without one of them it has the same fault.
"""

from ..sampling import ABSENT, Sampled


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
        faults = self._hal.faults
        surface, dew = self._hal.values.get(self._surface), self._hal.values.get(self._dew)
        if surface is None or dew is None:
            missing = self._surface if surface is None else self._dew
            self.done([faults.get(missing, ABSENT)])
        else:
            self.done([round(surface - dew, 2)])
        return self.every_ms
