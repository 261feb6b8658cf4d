"""Temperature sensors that are not there: the part of micropython-lib's `ds18x20` that is used.

Behaves like it: a reading that fails its checksum raises Exception("CRC error"), and a sensor
that is not there answers with ones.
"""

from onewire import OneWireError, crc8

_POWER_ON = 0x0550  # 85 °C: what the scratchpad holds before the first conversion
_ROOM = bytes([0x4B, 0x46, 0x7F, 0xFF])


class DS18X20:
    """The sensors on one bus."""

    def __init__(self, onewire):
        self.ow = onewire
        self.buf = bytearray(9)
        self._converted = False

    def scan(self):
        """Addresses of the sensors of this family."""
        return [rom for rom in self.ow.scan() if rom[0] in (0x10, 0x22, 0x28)]

    def convert_temp(self):
        """Let all of them measure. OneWireError where nothing answers."""
        if not self.ow.scan():
            raise OneWireError()
        self._converted = True

    def read_scratch(self, rom):
        """The nine bytes of a sensor's scratchpad, checked."""
        said = self.ow.said(rom)
        if said is None:
            if not self.ow.scan():
                raise OneWireError()
            self.buf[:] = bytes([0xFF] * 9)
        else:
            self._fill(said)
        if crc8(self.buf):
            raise Exception("CRC error")
        return self.buf

    def _fill(self, said):
        """As the chip fills it: the reserved byte 6 is 0x0C until a conversion was made."""
        is_fresh = said == "por85" or not self._converted
        raw = _POWER_ON if is_fresh or said == "crc" else round(float(said) * 16) & 0xFFFF
        body = bytes([raw & 255, raw >> 8]) + _ROOM + bytes([0x0C if is_fresh else 0x10 - raw % 16])
        self.buf[:8] = body + b"\x10"
        self.buf[8] = crc8(self.buf[:8]) ^ (0xFF if said == "crc" else 0)
