"""Temperature and humidity by Sensirion's SHT30, SHT31 and SHT35 on I2C."""

from ..sht import Sht

_SINGLE_SHOT = b"\x24\x00"  # high repeatability, no clock stretching


def make(entry, hal):
    """The sensor at `address` on `bus`."""
    return Sht(entry, hal, _SINGLE_SHOT, _percent)


def _percent(word):
    return 100 * word / 65535
