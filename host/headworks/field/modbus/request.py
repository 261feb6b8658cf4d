"""Requests of a Modbus master: the bytes that go out, and what a reply to them looks like.

PDUs are pymodbus' classes. A request is made once and sent often.
"""

import struct
from collections.abc import Iterator, Sequence

from pymodbus.pdu.bit_message import (
    ReadCoilsRequest,
    ReadDiscreteInputsRequest,
    WriteMultipleCoilsRequest,
    WriteSingleCoilRequest,
)
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)

from headworks.field.modbus.answer import unpack_bits
from headworks.field.modbus.wire import rtu_frame, tcp_frame

_READS = {
    1: ReadCoilsRequest,
    2: ReadDiscreteInputsRequest,
    3: ReadHoldingRegistersRequest,
    4: ReadInputRegistersRequest,
}
_OTHER = {1: 2, 2: 1, 3: 4, 4: 3}

Spare = tuple[tuple[int, int], ...]


class Request:
    """One request PDU to one unit, and how to know its reply.

    `size` is the length of the reply's PDU. `rtu` is the whole frame, `tcp_tail` the frame after
    its transaction id; `rtu_head` and `tcp_head` are how a good reply begins, likewise. `spare`
    are other reads, (address, count), whose replies have other lengths.
    """

    __slots__ = (
        "address",
        "count",
        "echo",
        "function",
        "pdu",
        "rtu",
        "rtu_head",
        "size",
        "spare",
        "tcp_head",
        "tcp_tail",
        "unit",
    )

    def __init__(
        self,
        unit: int,
        pdu: bytes,
        size: int,
        echo: bytes | None = None,
        spare: Spare = (),
    ) -> None:
        self.unit = unit
        self.function = pdu[0]
        self.pdu = pdu
        self.size = size
        self.echo = echo
        self.spare = spare
        self.address, self.count = struct.unpack(">HH", pdu[1:5])
        begin = bytes((self.function, size - 2)) if echo is None else echo
        self.rtu = rtu_frame(unit, pdu)
        self.tcp_tail = tcp_frame(0, unit, pdu)[2:]
        self.rtu_head = bytes((unit,)) + begin
        self.tcp_head = tcp_frame(0, unit, begin.ljust(size, b"\0"))[2 : 7 + len(begin)]

    @property
    def is_read(self) -> bool:
        """Whether the reply carries values; otherwise it is an echo of the request."""
        return self.echo is None

    def fits(self, pdu: bytes) -> bool:
        """Whether this PDU can be the reply, good or refusing."""
        if pdu[0] == self.function | 0x80:
            return len(pdu) == 2
        if self.echo is not None:
            return pdu == self.echo
        return pdu[0] == self.function and len(pdu) == self.size and pdu[1] == self.size - 2

    def alike(self, other: "Request") -> bool:
        """Whether a good reply to one could be taken for the other's."""
        if self.is_read and other.is_read:
            return self.function == other.function and self.size == other.size
        return self.echo is not None and self.echo == other.echo

    def values(self, payload: bytes) -> list[int]:
        """Words, or bits, of a reply's payload."""
        if self.function < 3:
            return unpack_bits(payload, self.count)
        return list(struct.unpack(f">{self.count}H", payload))

    def probes(self) -> Iterator["Request"]:
        """Other reads of the same unit that get link and unit in step, best first.

        Shorter reads of the same function first; then the other read function, whose reply, and
        even whose refusal, cannot be taken for a reply to this one; for bits, a register at last.
        """
        if not self.is_read:
            return
        spare = self.spare or tuple((self.address, n) for n in range(1, self.count))
        for address, count in sorted(spare, key=lambda s: s[1]):
            yield read_request(self.unit, self.function, address, count)
        yield read_request(self.unit, _OTHER[self.function], self.address, self.count)
        if self.function < 3:  # both kinds of bits may be late, and their replies are alike
            yield from (read_request(self.unit, function, 0, 1) for function in (3, 4))


def read_request(unit: int, function: int, address: int, count: int, spare: Spare = ()) -> Request:
    """A read by function 1 to 4. Raises ValueError where count or address is out of range."""
    if function not in _READS:
        raise ValueError(f"function {function} is not a read; use 1 to 4")
    pdu = bytes((function,)) + _READS[function](address=address, count=count).encode()
    size = 2 + ((count + 7) // 8 if function < 3 else 2 * count)
    return Request(unit, pdu, size, spare=spare)


def coil_request(unit: int, address: int, on: bool) -> Request:
    """Write one coil (function 5)."""
    pdu = b"\x05" + WriteSingleCoilRequest(address=address, bits=[on]).encode()
    return Request(unit, pdu, 5, echo=pdu)


def coils_request(unit: int, address: int, bits: Sequence[bool]) -> Request:
    """Write several coils (function 15)."""
    pdu = b"\x0f" + WriteMultipleCoilsRequest(address=address, bits=list(bits)).encode()
    return Request(unit, pdu, 5, echo=pdu[:5])


def register_request(unit: int, address: int, value: int) -> Request:
    """Write one register (function 6)."""
    pdu = b"\x06" + WriteSingleRegisterRequest(address=address, registers=[value]).encode()
    return Request(unit, pdu, 5, echo=pdu)


def registers_request(unit: int, address: int, values: Sequence[int]) -> Request:
    """Write several registers (function 16)."""
    pdu = b"\x10" + WriteMultipleRegistersRequest(address=address, registers=list(values)).encode()
    return Request(unit, pdu, 5, echo=pdu[:5])
