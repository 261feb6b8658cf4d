"""Modbus frames on the wire: builds them, and cuts a stream of bytes into them.

Frames and checksums come from pymodbus. Cutting is ours, because pymodbus' RTU framer throws the
whole buffer away at one bad checksum and takes one frame of two. Knows nothing of who asked what.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU

MAX_ADU = 260  # Modbus over Serial Line: 256; Modbus/TCP: 7 + 253
MAX_PDU = 253

_RTU = FramerRTU(DecodePDU(is_server=False))
_SOCKET = FramerSocket(DecodePDU(is_server=False))
_READS = frozenset((1, 2, 3, 4))
_ECHOES = frozenset((5, 6, 15, 16))

Sizes = Callable[[bytes, int], tuple[int, ...]]


class FrameError(Exception):
    """A TCP stream cannot be Modbus: the place where the next frame begins is lost."""


class Frame(NamedTuple):
    """One frame without its envelope. `tid` is 0 on RTU."""

    tid: int
    unit: int
    pdu: bytes


def rtu_frame(unit: int, pdu: bytes) -> bytes:
    """Address, PDU and CRC as they go on a serial line."""
    return _RTU.encode(pdu, unit, 0)


def tcp_frame(tid: int, unit: int, pdu: bytes) -> bytes:
    """MBAP header and PDU as they go over TCP."""
    return _SOCKET.encode(pdu, unit, tid)


def crc_ok(frame: bytes) -> bool:
    """Whether the last two bytes are the CRC of the others."""
    return FramerRTU.check_CRC(frame[:-2], int.from_bytes(frame[-2:], "big"))


def split_tcp(data: bytes) -> tuple[list[Frame], bytes]:
    """Whole frames in `data`, and the bytes that are left. Raises FrameError when out of step."""
    frames: list[Frame] = []
    while len(data) >= 8:
        if data[2:4] != b"\0\0" or not 2 <= int.from_bytes(data[4:6], "big") <= MAX_PDU + 1:
            raise FrameError("these bytes are not Modbus TCP")
        used, unit, tid, pdu = _SOCKET.decode(data)
        if not used:
            break
        frames.append(Frame(tid, unit, pdu))
        data = data[used:]
    return frames, data


def reply_sizes(data: bytes, at: int) -> tuple[int, ...]:
    """Sizes that a frame at `at` may have for a master: replies, and another master's requests.

    0 means that more bytes are needed to tell.
    """
    if len(data) < at + 3:
        return (0,)
    function = data[at + 1]
    if function & 0x80:
        return (5,)
    if function in _READS:
        return (data[at + 2] + 5, 8)
    return (8,) if function in _ECHOES else ()


def request_sizes(data: bytes, at: int) -> tuple[int, ...]:
    """Sizes that a frame at `at` may have for a device: requests only."""
    if len(data) < at + 2:
        return (0,)
    function = data[at + 1]
    if function in {15, 16}:
        return (data[at + 6] + 9,) if len(data) > at + 6 else (0,)
    return (8,) if 0 < function < 0x80 else ()


def split_rtu(data: bytes, sizes: Sizes, final: bool = False) -> tuple[list[Frame], bytes, int]:
    """Frames with a right CRC in `data`, the bytes that may still become one, and how many
    bytes were thrown away. The rest is shorter than one frame, so a buffer stays bounded.

    `final` says that no more bytes belong to these (the line has been quiet): what begins like a
    long frame and is not whole is then searched for frames inside it.
    """
    frames: list[Frame] = []
    at, done, noise = 0, 0, 0
    while at < len(data):
        size = next(_whole(data, at, sizes), 0)
        if size:
            frames.append(Frame(0, data[at], data[at + 1 : at + size - 2]))
            noise += at - done
            done = at = at + size
        elif not final and _unfinished(data, at, sizes):
            return frames, data[at:], noise + at - done
        else:
            at += 1
    return frames, b"", noise + len(data) - done


def _whole(data: bytes, at: int, sizes: Sizes) -> Iterator[int]:
    """The sizes at which a whole frame with a right CRC stands at `at`."""
    for size in sizes(data, at):
        if size and at + size <= len(data) and crc_ok(data[at : at + size]):
            yield size


def _unfinished(data: bytes, at: int, sizes: Sizes) -> bool:
    """Whether more bytes could make a frame of what stands at `at`."""
    return any(not size or at + size > len(data) for size in sizes(data, at))
