"""The device's side of Modbus: one request PDU in, one reply PDU out.

Serves function codes 1 to 6, 15 and 16. Moves no bytes; `server` does.
"""

import struct
from collections.abc import Sequence
from typing import Protocol

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3
_MAX_READ = {1: 2000, 2: 2000, 3: 125, 4: 125}  # Modbus Application Protocol V1.1b3


class ModbusFault(Exception):  # noqa: N818  a fault that is an answer, not a mistake
    """The device refuses: the exception code that the reply carries (1 to 11)."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code}")
        self.code = code


class SilentError(Exception):
    """The device does not answer at all, as an absent unit on a bus."""


class Device(Protocol):
    """What a server serves. `values` are words for 3, 4, 6, 16 and bits (0, 1) for 1, 2, 5, 15.

    Either method may raise ModbusFault, or SilentError where the unit is not there.
    """

    def read(self, unit: int, function: int, address: int, count: int) -> Sequence[int]: ...

    def write(self, unit: int, function: int, address: int, values: Sequence[int]) -> None: ...


def answer(device: Device, unit: int, pdu: bytes) -> bytes:
    """The reply PDU to a request PDU. Raises SilentError where nobody answers."""
    function = pdu[0]
    try:
        if function in _MAX_READ:
            return _read(device, unit, function, pdu)
        if function in {5, 6}:
            return _write_one(device, unit, function, pdu)
        if function in {15, 16}:
            return _write_many(device, unit, function, pdu)
        raise ModbusFault(ILLEGAL_FUNCTION)
    except ModbusFault as fault:
        return bytes((function | 0x80, fault.code))
    except struct.error:
        return bytes((function | 0x80, ILLEGAL_VALUE))


def refuse(pdu: bytes) -> bytes:
    """The reply to somebody who may not do this: illegal function."""
    return bytes((pdu[0] | 0x80, ILLEGAL_FUNCTION))


def pack_bits(bits: Sequence[int]) -> bytes:
    """Bits to bytes, the first bit lowest."""
    number = sum(1 << place for place, bit in enumerate(bits) if bit)
    return number.to_bytes((len(bits) + 7) // 8, "little")


def unpack_bits(data: bytes, count: int) -> list[int]:
    """Bytes to `count` bits, the lowest bit first."""
    number = int.from_bytes(data, "little")
    return [(number >> place) & 1 for place in range(count)]


def _read(device: Device, unit: int, function: int, pdu: bytes) -> bytes:
    address, count = struct.unpack(">HH", pdu[1:5])
    _check(address, count, _MAX_READ[function])
    values = device.read(unit, function, address, count)
    data = pack_bits(values) if function < 3 else struct.pack(f">{count}H", *values)
    return bytes((function, len(data))) + data


def _write_one(device: Device, unit: int, function: int, pdu: bytes) -> bytes:
    address, value = struct.unpack(">HH", pdu[1:5])
    if function == 5:
        if value not in {0x0000, 0xFF00}:
            raise ModbusFault(ILLEGAL_VALUE)
        value = 1 if value else 0
    device.write(unit, function, address, [value])
    return pdu[:5]


def _write_many(device: Device, unit: int, function: int, pdu: bytes) -> bytes:
    address, count, size = struct.unpack(">HHB", pdu[1:6])
    bits = function == 15
    _check(address, count, 1968 if bits else 123)
    if len(pdu) != 6 + size or size != ((count + 7) // 8 if bits else 2 * count):
        raise ModbusFault(ILLEGAL_VALUE)
    values = unpack_bits(pdu[6:], count) if bits else struct.unpack(f">{count}H", pdu[6:])
    device.write(unit, function, address, list(values))
    return pdu[:5]


def _check(address: int, count: int, most: int) -> None:
    if not 1 <= count <= most:
        raise ModbusFault(ILLEGAL_VALUE)
    if address + count > 0x10000:
        raise ModbusFault(ILLEGAL_ADDRESS)
