"""The world around a simulated board, told a line at a time through two files.

HEADWORKS_SHIM_IN names where it speaks, HEADWORKS_SHIM_OUT where it listens. Lines from it:

    pin 5 1                  level of a pin            adc 26 32768     an analogue input, u16
    hz 6 50.0                pulses a second           sht 0 68 23.5 41.0 | crc | gone
    ow 22 ROM 23.5 | por85 | crc | gone                crash            fail at the next feeding
and to it: `out PIN LEVEL`, `led PIN LEVEL`, `wdt feed`, `reset KIND`.
"""

import os
import select
import sys
import time


class World:
    """What was last said of everything outside, by pin, bus address or 1-Wire address."""

    def __init__(self):
        self.levels, self.adc, self.hz, self.sht, self.wire = {}, {}, {}, {}, {}
        self.handlers = {}
        self._counted_ms = {}
        self._in, self._out = _open("HEADWORKS_SHIM_IN", "rb"), _open("HEADWORKS_SHIM_OUT", "wb")
        self._line = b""
        self.crash = False  # in the loop, where no driver takes it for a fault of its sensor
        if self._in is not None:
            self._poll = select.poll()
            self._poll.register(self._in, select.POLLIN)

    def look(self):
        """Take in what the world has said since the last look, and let the pulses come."""
        while self._in is not None and self._poll.poll(0):
            byte = self._in.read(1)
            if not byte:
                sys.exit(0)  # the world has ended, and nobody would ever end this
            elif byte == b"\n":
                line, self._line = self._line, b""
                self._take(line.decode().split())
            else:
                self._line += byte
        for number in self.handlers:
            self._pulse(number)

    def say(self, *words):
        """Tell the world. Nobody may be there to hear it."""
        if self._out is not None:
            try:
                self._out.write((" ".join([str(word) for word in words]) + "\n").encode())
            except OSError:
                self._out = None

    def _take(self, words):
        kind = words[0] if words else ""
        if kind == "pin":
            self._level(int(words[1]), int(words[2]))
        elif kind == "adc":
            self.adc[int(words[1])] = int(words[2])
        elif kind == "hz":
            self.hz[int(words[1])] = float(words[2])
        elif kind == "sht":
            self.sht[(int(words[1]), int(words[2]))] = words[3:]
        elif kind == "ow":
            self.wire.setdefault(int(words[1]), {})[words[2]] = words[3]
        elif kind == "crash":
            self.crash = True

    def _level(self, number, level):
        fell = self.levels.get(number) == 1 and level == 0
        self.levels[number] = level
        if fell and number in self.handlers:
            self.handlers[number](None)

    def _pulse(self, number):
        now = clock_ms()
        since = self._counted_ms.setdefault(number, now)
        hz = self.hz.get(number, 0.0)
        count = int((now - since) * hz / 1000)
        if not hz:
            self._counted_ms[number] = now
        elif count:
            self._counted_ms[number] = since + count * 1000 / hz  # a begun pulse is not lost
        for _ in range(count):
            self.handlers[number](None)


def _open(name, mode):
    path = os.getenv(name)
    if not path:
        return None
    if sys.implementation.name == "micropython":
        return open(path, mode)
    return open(path, mode, buffering=0)


def clock_ms():
    """Milliseconds since some moment."""
    if hasattr(time, "ticks_ms"):
        return time.ticks_ms()
    return time.monotonic_ns() // 1000000


WORLD = World()
