"""A contact, debounced: a loop that opens, a button, a detector's relay."""

from .. import ticks
from . import put

LOOK_MS = 20


def make(entry, hal):
    """The contact at `pin`; `active_low`: 1 where the low level means active."""
    return Contact(entry, hal)


class Contact:
    """One contact. `active` changes once the pin has kept its level for the debounce time."""

    every_ms = 1000

    def __init__(self, entry, hal):
        self.name = entry["name"]
        self.channels = (self.name,)
        self._pin = hal.pin_in(entry["pin"], entry["pull"])
        self._rest = 1 if entry["active_low"] else 0
        self._debounce_ms = entry["debounce_ms"]
        self.sample_ms = ticks.now()
        self.active = self._level()
        self.rose = False
        self.fresh = True
        self._other_since = None

    def step(self, now):
        """Looks at the pin."""
        self.sample_ms = now
        if self._level() == self.active:
            self._other_since = None
        elif self._other_since is None:
            self._other_since = now
        elif ticks.diff(now, self._other_since) >= self._debounce_ms:
            self._change()
        return LOOK_MS

    def read(self, values, faults):
        """Files 1 for active, 0 for at rest."""
        put(values, faults, self.name, self.active)

    def _change(self):
        self.active = 1 - self.active
        self.rose = self.rose or bool(self.active)
        self.fresh = True
        self._other_since = None

    def _level(self):
        return self._pin.value() ^ self._rest
