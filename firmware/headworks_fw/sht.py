"""What the drivers of Sensirion's SHT3x and SHT4x share; their data sheets are the source.

A measurement is a command, a wait without clock stretching, and six bytes: temperature and
humidity as words of 16 bits, each with a CRC-8 of polynomial 0x31 that starts at 0xFF.
"""

from . import ticks
from .dewpoint import dew_point_c
from .sampling import ABSENT, CRC, RANGE, STUCK, Sampled, Stuck, span_of, within

_WAIT_MS = 20  # the longest measurement of both families takes 15.5 ms


class Sht(Sampled):
    """`command`: the measurement's bytes; `percent(word)`: humidity of a raw word."""

    def __init__(self, entry, hal, command, percent):
        name = entry["name"]
        super().__init__((name + "_c", name + "_humidity_percent", name + "_dew_point_c"), entry)
        self._bus, self._address = hal.i2c(entry["bus"]), entry["address"]
        self._command, self._percent = command, percent
        self._span = span_of(entry)
        self._stuck = Stuck(entry.get("stuck_s", 0))
        self._data = bytearray(6)
        self._waits = False

    def step(self, now):
        """Starts a measurement, or takes one in."""
        try:
            if self._waits:
                self._waits = False
                self._bus.readfrom_into(self._address, self._data)
                self.done(self._readings_of(self._data))
                return self.every_ms - _WAIT_MS
            self._bus.writeto(self._address, self._command)
            self._waits = True
            return _WAIT_MS
        except OSError:
            self._waits = False
            self.done([ABSENT] * 3)
            return self.every_ms

    def _readings_of(self, data):
        if crc8(data, 0) != data[2] or crc8(data, 3) != data[5]:
            return [CRC] * 3
        if self._stuck.holds(bytes(data), ticks.now()):
            return [STUCK] * 3
        celsius = within(-45 + 175 * (data[0] << 8 | data[1]) / 65535, self._span)
        percent = min(100.0, max(0.0, self._percent(data[3] << 8 | data[4])))
        if celsius == RANGE:
            return [RANGE] * 3  # humidity is relative to a temperature that is not known
        dew = dew_point_c(celsius, percent)
        return [round(celsius, 2), round(percent, 1), round(dew, 2)]


def crc8(data, at):
    """The checksum of the two bytes from `at`."""
    crc = 0xFF
    for i in (at, at + 1):
        crc ^= data[i]
        for _ in range(8):
            crc = ((crc << 1) ^ 0x31) & 0xFF if crc & 0x80 else crc << 1
    return crc
