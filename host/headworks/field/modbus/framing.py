"""The two dialects of a link: Modbus TCP and RTU. How a request is framed, how a reply is known."""

import struct
from typing import Protocol

from headworks.field.modbus.pending import Pending
from headworks.field.modbus.wire import Frame, crc_ok, reply_sizes, split_rtu, split_tcp


class Framing(Protocol):
    """What a link needs of a dialect. It keeps the bytes that are not yet a frame."""

    rest: bytes
    is_bus: bool  # others may speak on the same wire
    over_tcp: bool  # the connection may be half-open, so silence wants a new one
    silence_s: float  # between two frames
    drain_s: float  # without a byte after a timeout
    gap_s: float  # without a byte, and half a frame is noise; 0 = never

    def frame(self, pending: Pending) -> bytes:
        """The bytes to send; tells `pending` what to expect."""

    def is_reply(self, data: bytes, pending: Pending) -> bool:
        """Whether these bytes are exactly the good reply, and nothing stands before them."""

    def payload(self, data: bytes, pending: Pending) -> bytes:
        """The values in a good reply; empty for a write."""

    def split(self, data: bytes, final: bool) -> tuple[list[Frame], int]:
        """Frames in what was kept and `data`, and how many bytes were noise."""

    def answers(self, frame: Frame, pending: Pending) -> bool:
        """Whether a frame can be the reply, good or refusing."""

    def is_echo(self, frame: Frame, pending: Pending) -> bool:
        """Whether it is our own request, handed back by the adapter."""

    def spoilt(self, pending: Pending) -> bool:
        """Whether the reply came with a bad checksum."""

    def reset(self) -> int:
        """Forget what was kept; how many bytes that were."""


class TcpFraming:
    """Modbus TCP: the transaction id names the request."""

    is_bus = False
    over_tcp = True
    silence_s = drain_s = gap_s = 0.0

    def __init__(self) -> None:
        self.rest = b""
        self._tid = 0

    def frame(self, pending: Pending) -> bytes:
        """See Framing."""
        self._tid = self._tid % 0xFFFF + 1
        pending.tid = self._tid
        name = struct.pack(">H", self._tid)
        pending.expect = name + pending.request.tcp_head
        pending.total = pending.request.size + 7
        return name + pending.request.tcp_tail

    def is_reply(self, data: bytes, pending: Pending) -> bool:
        """See Framing."""
        return len(data) == pending.total and data.startswith(pending.expect) and not self.rest

    def payload(self, data: bytes, pending: Pending) -> bytes:
        """See Framing."""
        return data[9:] if pending.request.echo is None else b""

    def split(self, data: bytes, final: bool) -> tuple[list[Frame], int]:  # noqa: ARG002
        """See Framing. Raises FrameError when the stream is out of step."""
        frames, self.rest = split_tcp(self.rest + data)
        return frames, 0

    def answers(self, frame: Frame, pending: Pending) -> bool:
        """See Framing."""
        request = pending.request
        return frame.tid == pending.tid and frame.unit == request.unit and request.fits(frame.pdu)

    def is_echo(self, frame: Frame, pending: Pending) -> bool:  # noqa: ARG002
        """See Framing."""
        return False

    def spoilt(self, pending: Pending) -> bool:  # noqa: ARG002
        """See Framing."""
        return False

    def reset(self) -> int:
        """Nothing to forget: half a frame here is the start of the next one."""
        return 0


class RtuFraming:
    """RTU: a checksum, but nothing that names the request."""

    is_bus = True
    drain_s = 0.02
    gap_s = 0.02

    def __init__(self, silence_s: float, over_tcp: bool) -> None:
        self.rest = b""
        self.over_tcp = over_tcp
        self.silence_s = silence_s
        self._broken = b""

    def frame(self, pending: Pending) -> bytes:
        """See Framing."""
        pending.expect = pending.request.rtu_head
        pending.total = pending.request.size + 3
        return pending.request.rtu

    def is_reply(self, data: bytes, pending: Pending) -> bool:
        """See Framing."""
        return (
            len(data) == pending.total
            and data.startswith(pending.expect)
            and not self.rest
            and crc_ok(data)
        )

    def payload(self, data: bytes, pending: Pending) -> bytes:
        """See Framing."""
        return data[3:-2] if pending.request.echo is None else b""

    def split(self, data: bytes, final: bool) -> tuple[list[Frame], int]:
        """See Framing."""
        whole = self.rest + data
        frames, self.rest, noise = split_rtu(whole, reply_sizes, final)
        self._broken = whole if noise and not frames else b""
        return frames, noise

    def answers(self, frame: Frame, pending: Pending) -> bool:
        """See Framing."""
        return frame.unit == pending.request.unit and pending.request.fits(frame.pdu)

    def is_echo(self, frame: Frame, pending: Pending) -> bool:
        """See Framing."""
        request = pending.request
        return request.is_read and frame.unit == request.unit and frame.pdu == request.pdu

    def spoilt(self, pending: Pending) -> bool:
        """See Framing."""
        return len(self._broken) >= pending.total and self._broken.startswith(pending.expect)

    def reset(self) -> int:
        """See Framing."""
        size, self.rest = len(self.rest), b""
        return size
