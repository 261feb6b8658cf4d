"""Bytes in and out without ever holding up the loop for long. Knows no frames.

Stdio is the USB port of a board, and a pty of a PC. Uart is RS-485: it drives the line, writes,
waits until the last bit is out, and releases it.
"""

import select
import sys
import time

from . import ticks

CHUNK = 64  # bytes: a USB packet; a pty that can take one byte can take 256
SLOW_MS = 50  # a write longer than this means that the host does not read
HOLD_MS = 2000  # and is left alone for so long
READ_MOST = 64  # bytes in one pass


class Stdio:
    """Standard input and output."""

    def __init__(self):
        self._in, self._out = _raw(sys.stdin), _raw(sys.stdout)
        self._readable, self._writable = select.poll(), select.poll()
        self._readable.register(sys.stdin, select.POLLIN)
        self._writable.register(sys.stdout, select.POLLOUT)
        self._poll_in = getattr(self._readable, "ipoll", self._readable.poll)
        self._poll_out = getattr(self._writable, "ipoll", self._writable.poll)
        self._byte = bytearray(1)
        self._held_since = None
        self._ended = False

    def wait(self, ms):
        """Until there is a byte, for ms at most."""
        if self._ended:
            _sleep_ms(ms)
        else:
            _any(self._poll_in(ms))

    def read(self):
        """What has come, READ_MOST bytes at most."""
        if self._ended or not _any(self._poll_in(0)):
            return b""
        data = bytearray()
        while len(data) < READ_MOST and _any(self._poll_in(0)):
            if not self._one():
                self._ended = True  # nobody can write to a PC's process any more
                break
            data.append(self._byte[0])
        return data

    def write(self, data):
        """How many of these bytes went out; 0 while the host does not read."""
        now = ticks.now()
        most = CHUNK
        if self._held_since is not None:
            if ticks.diff(now, self._held_since) < HOLD_MS:
                return 0
            most = 1
        if not _any(self._poll_out(0)):
            return 0
        try:
            sent = self._out.write(data[:most])
        except OSError:  # unplugged: held like a host that does not read
            self._held_since = now
            return 0
        slow = ticks.diff(ticks.now(), now) > SLOW_MS
        self._held_since = now if slow else None
        return sent

    def _one(self):
        try:
            return self._in.readinto(self._byte)
        except OSError:
            return 0


class Uart:
    """A UART and the pin that makes its transceiver drive the line."""

    def __init__(self, uart, drive, baud):
        self._uart, self._drive = uart, drive
        self._character_us = 10000000 // baud + 1

    def wait(self, ms):
        """Until there is a byte, for ms at most."""
        end = ticks.add(ticks.now(), ms)
        while not self._uart.any() and ticks.diff(end, ticks.now()) > 0:
            _sleep_ms(1)

    def read(self):
        """What has come, READ_MOST bytes at most."""
        if not self._uart.any():
            return b""
        data = bytearray()
        while len(data) < READ_MOST and self._uart.any():
            data.extend(self._uart.read(self._uart.any()) or b"")
        return data

    def write(self, data):
        """Puts a whole frame on the line; 22 ms for the longest at 115200 baud."""
        self._drive.value(1)
        try:
            self._uart.write(data)
            self._uart.flush()
            end = ticks.add(ticks.us(), self._character_us)
            while ticks.diff(end, ticks.us()) > 0:
                pass
        finally:
            self._drive.value(0)
        return len(data)


def _any(events):
    for _ in events:
        return True
    return False


def _raw(stream):
    if sys.implementation.name == "micropython":
        return stream.buffer
    return open(stream.fileno(), stream.mode + "b", buffering=0, closefd=False)


def _sleep_ms(ms):
    time.sleep(ms / 1000)
