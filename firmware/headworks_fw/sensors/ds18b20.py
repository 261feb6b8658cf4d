"""Temperatures by a string of DS18B20 on one wire, through micropython-lib's `ds18x20`.

A sensor is known by its address. The order of addresses is learned once, when all are there;
from then on a missing one is ABSENT and never moves the others' names.
"""

from .. import ticks
from ..sampling import ABSENT, CRC, POR85, RANGE, STUCK, Sampled, Stuck, span_of, within

_CONVERT_MS = 750  # 12 bits
_POWER_ON = 0x0550  # 85 °C: what the scratchpad holds before any conversion
_UNDER_POWERED = 0x07FF  # 127.94 °C
_MARK_AT, _MARK = 6, 0x0C  # the reserved byte that tells the two 85 °C apart
_NOBODY = b"\xff" * 9  # nobody pulls the line down
_LOOK_MS = 30000  # between two searches while one is missing
_FILE = "roms.json"


def make(entry, hal):
    """The string at `pin`; `names` in the order of learning."""
    return Ds18b20(entry, hal)


class Ds18b20(Sampled):
    """One string."""

    def __init__(self, entry, hal):
        names = entry["names"]
        super().__init__([name + "_c" for name in names], entry)
        if self.every_ms < _CONVERT_MS + 100 + 20 * len(names):
            raise ValueError("every_ms is too short for %d sensors" % len(names))
        self._hal, self._pin = hal, entry["pin"]
        self._driver = hal.onewire(entry["pin"])
        self._span = span_of(entry)
        self._stuck = [Stuck(entry.get("stuck_s", 0)) for _ in names]
        self._roms = self._learned()
        self._looked = None
        self._told = None  # how many there were when that was last told
        self._next = None  # place to read next; None: no conversion under way
        self._found = []

    def learn(self):
        """Forgets the order; it is learned anew when all sensors answer."""
        self._roms = None
        self._looked = None

    def step(self, now):
        """Starts a conversion, or reads one sensor of it."""
        if self._next is None:
            return self._convert(now)
        place, self._next = self._next, self._next + 1
        self._found.append(self._reading(place))
        if self._next < len(self.channels):
            return 5
        self._next = None
        self.done(self._found)
        return self.every_ms - _CONVERT_MS - 10 * len(self.channels)

    def _convert(self, now):
        if self._roms is None or ABSENT in self._readings:
            self._look(now)
        try:
            self._driver.convert_temp()
        except Exception:  # the library raises its own kinds, and plain Exception
            self.done([ABSENT] * len(self.channels))
            return self.every_ms
        self._found, self._next = [], 0
        return _CONVERT_MS

    def _reading(self, place):
        if self._roms is None:
            return ABSENT
        try:
            raw = self._driver.read_scratch(self._roms[place])
        except Exception as error:  # the library raises plain Exception("CRC error")
            silent = bytes(self._driver.buf) == _NOBODY
            return CRC if "CRC" in str(error) and not silent else ABSENT
        word = raw[1] << 8 | raw[0]
        if word == _POWER_ON and raw[_MARK_AT] == _MARK:
            return POR85
        if word == _UNDER_POWERED:
            return RANGE
        if self._stuck[place].holds(bytes(raw), ticks.now()):
            return STUCK
        celsius = (word - 0x10000 if word & 0x8000 else word) / 16
        return within(celsius, self._span)

    def _look(self, now):
        """Searches the string; once its order is known, only now and then."""
        if (
            self._roms is not None
            and self._looked is not None
            and ticks.diff(now, self._looked) < _LOOK_MS
        ):
            return
        self._looked = now
        try:
            roms = sorted([bytes(rom) for rom in self._driver.scan()])
        except Exception:  # as above
            roms = []
        if self._roms is None:
            self._take(roms)
            return
        for rom in roms:
            if rom not in self._roms:
                self._hal.log(
                    "unknown sensor %s on pin %d; set learn takes it" % (_text(rom), self._pin)
                )

    def _take(self, roms):
        wanted = len(self.channels)
        if len(roms) != wanted:
            if len(roms) == self._told:
                return
            self._told = len(roms)
            self._hal.log("%d of %d sensors on pin %d" % (len(roms), wanted, self._pin))
            return
        self._roms = roms
        known = self._hal.load(_FILE) or {}
        known[str(self._pin)] = [_text(rom) for rom in roms]
        self._hal.save(_FILE, known)
        self._hal.log("learned %d sensors on pin %d" % (wanted, self._pin))

    def _learned(self):
        known = self._hal.load(_FILE)
        roms = known.get(str(self._pin)) if isinstance(known, dict) else None
        if not isinstance(roms, list) or len(roms) != len(self.channels):
            return None
        try:
            return [bytes([int(rom[i : i + 2], 16) for i in range(0, 16, 2)]) for rom in roms]
        except (ValueError, TypeError):
            return None


def _text(rom):
    return "".join(["%02x" % byte for byte in rom])
