"""Doubles for the firmware's tests: time that is told, a stream in memory, pins and contacts."""

import gc

from headworks_fw import ticks, wire
from headworks_fw.board import Board
from headworks_fw.health import Health
from headworks_fw.light import Light
from headworks_fw.link import Link
from headworks_fw.log import Log
from headworks_fw.outputs import Outputs

WRAP = 1 << ticks.BITS
IDENTITY = {"p": "1.1", "fw": "0.2.0", "sha": "01234567", "bd": "pico-safety", "nm": "safety"}
IDENTITY.update({"uid": "e6614103e7174c2f", "bt": "0badcafe", "why": "power-on", "sl": "a"})
IDENTITY.update({"cfg": "89abcdef", "w": 30, "st": "run"})


class Clock:
    """`with Clock() as clock`: ticks stand still until they are told to move."""

    def __init__(self, ms=1000):
        self.ms = ms

    def __enter__(self):
        self._kept = (ticks.now, ticks.us)
        ticks.now = lambda: self.ms % WRAP
        ticks.us = lambda: self.ms * 1000 % WRAP
        return self

    def __exit__(self, *_):
        ticks.now, ticks.us = self._kept


class Stream:
    """Bytes in memory. `takes`: how many bytes a write takes at most."""

    def __init__(self, takes=10000):
        self.takes = takes
        self.waiting = b""
        self.sent = b""

    def read(self):
        """What waits, as much as a real stream gives at once."""
        if not self.waiting:
            return b""
        data, self.waiting = self.waiting[:256], self.waiting[256:]
        return data

    def write(self, data):
        """Takes some bytes."""
        data = bytes(data)[: self.takes]
        self.sent += data
        return len(data)

    def wait(self, ms):
        """Does not."""

    def items(self):
        """What was sent since the last look, read as the host reads it."""
        data, self.sent = self.sent, b""
        return wire.Reader().feed(data)

    def frames(self, kind=None):
        """The fields of the frames sent since the last look, of one kind or as (kind, fields)."""
        found = [item for item in self.items() if isinstance(item, wire.Frame)]
        if kind is None:
            return [(item.kind, item.fields) for item in found]
        return [item.fields for item in found if item.kind == kind]


class Pin:
    """Remembers every change of its level."""

    def __init__(self, number, level=0):
        self.number = number
        self.levels = [level]

    def value(self, level=None):
        """Sets, or tells."""
        if level is None:
            return self.levels[-1]
        if level != self.levels[-1]:
            self.levels.append(level)
        return None


class Contact:
    """A contact that is what the test says."""

    def __init__(self, name, active=0):
        self.name, self.channels, self.active = name, (name,), active
        self.every_ms, self.sample_ms = 100, 0
        self.fresh = self.rose = False

    def be(self, active):
        """Changes, as after its debouncing."""
        self.rose = bool(active and not self.active)
        self.fresh = self.active != active
        self.active = active

    def step(self, now):
        """Nothing to do."""
        return 50

    def read(self, values, faults):
        """Its state."""
        values[self.name] = self.active


class Latches:
    """The file of latches in memory. `kept` None: it makes no sense; `refuses`: it is not written."""

    def __init__(self, kept=None, is_broken=False):
        self.kept = None if is_broken else kept or {}
        self.refuses, self.writes = False, 0

    def load(self):
        """What is kept."""
        return self.kept

    def save(self, causes):
        """Keeps it, or not."""
        if self.refuses:
            return False
        self.kept, self.writes = dict(causes), self.writes + 1
        return True


class Sensor:
    """A sensor with one channel; takes a sample each period unless it is dead."""

    def __init__(self, name="coil_c", every_ms=2000, reading=21.5):
        self.channels, self.every_ms, self.reading = (name,), every_ms, reading
        self.sample_ms, self.fresh, self.dead = None, False, False

    def step(self, now):
        """A sample."""
        if not self.dead:
            self.sample_ms, self.fresh = now, True
        return self.every_ms

    def read(self, values, faults):
        """The reading, a number or a fault code."""
        values.pop(self.channels[0], None)
        faults.pop(self.channels[0], None)
        where = faults if isinstance(self.reading, str) else values
        where[self.channels[0]] = self.reading


class Hal:
    """Readings, and no hardware."""

    def __init__(self):
        self.values, self.faults = {}, {}

    def free_flash_bytes(self):
        """As a Pico has."""
        return 1000000


class Dog:
    """Counts its meals."""

    def __init__(self):
        self.fed = 0

    def feed(self):
        """One more."""
        self.fed += 1


class Bench:
    """A whole board on doubles, with `permit` on pin 15, tripped by smoke and leak."""

    def __init__(self, clock, address=0, max_ms=5000):
        self.clock, self.stream, self.pins, self.dog = clock, Stream(), {}, Dog()
        entry = {"name": "permit", "pin": 15, "active_high": 1, "max_ms": max_ms}
        entry["trips"] = ["smoke", "leak"]
        log = Log(ticks.now)
        self.latches = Latches()
        outputs = Outputs([entry], self._pin, self.latches)
        outputs.log = log.add
        health = Health(self.dog, ticks.now())
        link = Link(self.stream, address)
        self.board = Board(IDENTITY, Hal(), outputs, link, health, log, Light(None))
        self.smoke, self.leak = Contact("smoke"), Contact("leak")
        self.board.add_contact(self.smoke, True)
        self.board.add_contact(self.leak, True)
        self.address = address

    def _pin(self, number, level):
        self.pins[number] = Pin(number, level)
        return self.pins[number]

    def _passes(self):
        for _ in range(6):  # a long answer goes out in several
            self.board.step()

    @property
    def permit(self):
        """The level of the output's pin."""
        return self.pins[15].value()

    def run(self, ms):
        """Lets the board run for so long, each pass 10 ms after the last."""
        for _ in range(ms // 10):
            self.board.step()
            self.clock.ms += 10

    def ask(self, kind, fields):
        """What the board answers to a frame: its frames as (kind, fields)."""
        return self.ask_bytes(wire.encode(kind, fields, self.address))

    def ask_bytes(self, data):
        """The same for any bytes."""
        self.stream.frames()
        self.stream.waiting += data
        self._passes()
        return self.stream.frames()

    def do(self, number, command, **fields):
        """The answer to a command: (kind, fields)."""
        fields.update({"i": number, "c": command})
        return [one for one in self.ask("do", fields) if one[0] in ("ok", "no")][-1]

    def type(self, text):
        """What a person sees who types this: lines."""
        self.stream.items()
        self.stream.waiting += text.encode()
        self._passes()
        return [item.text for item in self.stream.items() if isinstance(item, wire.Text)]


def allocated(work):
    """Bytes that this work allocates, on MicroPython; None on CPython, which does not tell."""
    if not hasattr(gc, "mem_alloc"):
        return None
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    work()
    after = gc.mem_alloc()
    gc.enable()
    return after - before
