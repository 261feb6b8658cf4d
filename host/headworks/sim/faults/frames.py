"""Faults of the wire: what becomes of a reply's bytes, and when they are sent.

Each effect is one function in a table by fault name; the first that acts wins. Pure.
"""

from collections.abc import Callable
from typing import NamedTuple

from headworks.field.modbus.wire import rtu_frame, tcp_frame
from headworks.sim.faults.active import Active

Sends = list[tuple[float, bytes]]  # (after s, bytes)


class Reply(NamedTuple):
    """A reply as it would go on the wire, and the timeout of the one who waits for it."""

    data: bytes
    rtu: bool
    timeout_s: float


def _silent(_reply: Reply, _fault: Active) -> Sends:
    return []


def _slow(reply: Reply, fault: Active) -> Sends:
    return [(fault.value, reply.data)]


def _late(reply: Reply, fault: Active) -> Sends:
    return [(reply.timeout_s + fault.value, reply.data)]


def _bad_check(reply: Reply, _fault: Active) -> Sends:
    """The last byte of the CRC; on TCP, which has none, the protocol identifier."""
    at = len(reply.data) - 1 if reply.rtu else 2
    return [(0.0, reply.data[:at] + bytes((reply.data[at] ^ 0x55,)) + reply.data[at + 1 :])]


def _partial(reply: Reply, _fault: Active) -> Sends:
    return [(0.0, reply.data[: len(reply.data) // 2])]


def _joined(reply: Reply, _fault: Active) -> Sends:
    return [(0.0, reply.data * 2)]


def _two_masters(reply: Reply, _fault: Active) -> Sends:
    """Somebody asks unit 99 for one register and gets 0x2A; then comes our reply."""
    request, answer = b"\x03\x00\x10\x00\x01", b"\x03\x02\x00\x2a"
    if reply.rtu:
        foreign = rtu_frame(99, request) + rtu_frame(99, answer)
    else:
        foreign = tcp_frame(0xBEEF, 99, request) + tcp_frame(0xBEEF, 99, answer)
    return [(0.0, foreign), (0.005, reply.data)]


ON_FRAMES: dict[str, Callable[[Reply, Active], Sends]] = {
    "meter-silent": _silent,
    "board-silent": _silent,
    "half-open": _silent,
    "refuse": _silent,  # on a serial line there is no port to close
    "partial-frame": _partial,
    "bad-crc": _bad_check,
    "joined-frames": _joined,
    "two-masters": _two_masters,
    "late-reply": _late,
    "slow": _slow,
}
