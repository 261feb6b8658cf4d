"""A 1-Wire bus that is not there: the part of micropython-lib's `onewire` that is used."""

import machine


class OneWireError(Exception):
    """Nothing on the bus answers."""


class OneWire:
    """The bus on a pin."""

    def __init__(self, pin):
        self.pin = pin

    def scan(self):
        """The addresses that answer, as bytearrays of 8."""
        found = sorted(machine.onewire_of(self.pin.number))
        return [bytearray(_bytes(rom)) for rom in found]

    def said(self, rom):
        """What the world says of a sensor; None where it does not answer."""
        return machine.onewire_of(self.pin.number).get("".join(["%02x" % byte for byte in rom]))


def crc8(data):
    """The checksum of 1-Wire, x⁸ + x⁵ + x⁴ + 1."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0x8C if crc & 1 else crc >> 1
    return crc


def _bytes(text):
    return bytes([int(text[at : at + 2], 16) for at in range(0, len(text), 2)])
