"""The board's light: a short flash each second while the loop runs, quick while it identifies."""

from . import ticks

FLASH_MS = 50
QUICK_MS = 100


class Light:
    """`pin`: something with value(), or None where the board has no light."""

    def __init__(self, pin):
        self._pin = pin
        self._on = 0
        self._until = None

    def blink(self, ms, now):
        """Blinks quickly for so long."""
        self._until = ticks.add(now, ms)

    def step(self, now):
        """Toggles; ms until the next time."""
        if self._pin is None:
            return 1000
        self._on = 1 - self._on
        self._pin.value(self._on)
        if self._until is not None and ticks.diff(self._until, now) > 0:
            return QUICK_MS
        self._until = None
        return FLASH_MS if self._on else 1000 - FLASH_MS
