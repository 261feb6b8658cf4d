"""Buses for the tests of sensor drivers: they answer what they are told to."""

from headworks_fw import sht


def words(*raw):
    """Words of 16 bits, each with its checksum."""
    data = bytearray()
    for word in raw:
        pair = bytes([word >> 8, word & 255])
        data.extend(pair)
        data.append(sht.crc8(pair, 0))
    return bytes(data)


class I2c:
    """One sensor; None as answer is a sensor that is not there."""

    def __init__(self, answer):
        self.answer, self.commands = answer, []

    def writeto(self, address, data):
        """Takes a command."""
        if self.answer is None:
            raise OSError(19)
        self.commands.append(bytes(data))

    def readfrom_into(self, address, buffer):
        """Gives the answer."""
        if self.answer is None:
            raise OSError(19)
        buffer[:] = self.answer


class String:
    """DS18B20s by address: raw scratchpads of eight bytes, or a word for what is wrong."""

    def __init__(self, sensors):
        self.sensors, self.buf, self.converted = sensors, bytearray(9), 0

    def scan(self):
        """Addresses that answer."""
        return [bytearray(rom) for rom, said in self.sensors.items() if said != "gone"]

    def convert_temp(self):
        """All measure; an empty bus raises, as the library does."""
        if not self.scan():
            raise RuntimeError("no answer on the bus")
        self.converted += 1

    def read_scratch(self, rom):
        """The scratchpad, or the library's plain exception."""
        said = self.sensors.get(bytes(rom), "gone")
        if said == "gone":
            self.buf[:] = b"\xff" * 9
            raise Exception("CRC error")  # noqa: TRY002 - as micropython-lib does
        if said == "crc":
            self.buf[:] = b"\x00" * 9
            raise Exception("CRC error")  # noqa: TRY002 - as micropython-lib does
        self.buf[:8] = said
        return self.buf


def scratch(word, reserved=0x0B):
    """A scratchpad that holds this raw temperature."""
    return bytes([word & 255, word >> 8 & 255, 0x4B, 0x46, 0x7F, 0xFF, reserved, 0x10])
