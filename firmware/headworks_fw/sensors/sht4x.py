"""Temperature and humidity by Sensirion's SHT40, SHT41 and SHT45 on I2C."""

from ..sht import Sht

_HIGH_PRECISION = b"\xfd"


def make(entry, hal):
    """The sensor at `address` on `bus`."""
    return Sht(entry, hal, _HIGH_PRECISION, _percent)


def _percent(word):
    return -6 + 125 * word / 65535
