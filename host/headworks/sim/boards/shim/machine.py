"""A microcontroller that is not there: pins, buses and timers of a simulated world.

What nobody has spoken of floats: a contact reads its pull, and no sensor answers. What acts on
the pins, and where what they do is told, is `shim_world`'s affair.
"""

import os
import select
import sys

from shim_world import WORLD as _world
from shim_world import clock_ms

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5
_CAUSES = {"power-on": PWRON_RESET, "watchdog": WDT_RESET, "soft": SOFT_RESET}
_RESET, _WATCHDOG = 3, 4  # exit codes
_FEED_MS = 100  # the world is told of a feeding at most this often
_BLOCK = 4096  # of a flash
_I2C_GONE = 19  # ENODEV, as a bus without an answer gives


def _end(code, kind):
    _world.say("reset", kind)
    sys.exit(code)


def reset():
    """Start afresh; the runner does it."""
    _end(_RESET, "soft")


def soft_reset():
    """Start afresh, as from the REPL."""
    _end(_RESET, "soft")


def reset_cause():
    """Why this run began."""
    return _CAUSES.get(os.getenv("HEADWORKS_SHIM_CAUSE") or "power-on", PWRON_RESET)


def unique_id():
    """The chip's number."""
    text = os.getenv("HEADWORKS_SHIM_UID") or "0000000000000000"
    return bytes([int(text[at : at + 2], 16) for at in range(0, len(text), 2)])


def freq(hz=0):
    """The processor's clock."""
    return 125000000


def free_flash_bytes():
    """What the flash of the board would have left beside these files; none known, none told."""
    size = int(os.getenv("HEADWORKS_SHIM_FLASH") or 0)
    return max(0, size - _used_bytes(os.getcwd())) if size else None


def _used_bytes(path):
    """Of a file or folder, in whole blocks of the flash."""
    stat = os.stat(path)
    if stat[0] & 0x4000:
        return _BLOCK + sum([_used_bytes(path + "/" + name) for name in os.listdir(path)])
    return -(-stat[6] // _BLOCK) * _BLOCK


class Pin:
    """A pin by number, or by a name such as "LED"."""

    IN, OUT, OPEN_DRAIN = 0, 1, 2
    PULL_UP, PULL_DOWN = 1, 2
    IRQ_FALLING, IRQ_RISING = 4, 8

    def __init__(self, number, mode=-1, pull=None, value=None):
        self.number = number
        self._out = mode == Pin.OUT
        self._pull = pull
        self._level = 1 if value else 0
        if self._out:
            _world.say(self._word(), number, self._level)

    def value(self, level=None):
        """Read it, or drive it."""
        if level is not None:
            level = 1 if level else 0
            if level != self._level:
                self._level = level
                _world.say(self._word(), self.number, level)
            return None
        if self._out:
            return self._level
        _world.look()
        return _world.levels.get(self.number, 1 if self._pull == Pin.PULL_UP else 0)

    __call__ = value

    def on(self):
        """Drive it high."""
        self.value(1)

    def off(self):
        """Drive it low."""
        self.value(0)

    def toggle(self):
        """Drive it the other way."""
        self.value(1 - self._level)

    def irq(self, handler=None, trigger=0):
        """Call the handler at every falling edge and at every pulse."""
        if handler is None:
            _world.handlers.pop(self.number, None)
        else:
            _world.handlers[self.number] = handler

    def _word(self):
        return "led" if self.number in ("LED", 25) else "out"


class ADC:
    """An analogue input."""

    def __init__(self, pin):
        self._number = pin.number if isinstance(pin, Pin) else pin

    def read_u16(self):
        """0 to 65535; an open input floats to the top through its divider."""
        _world.look()
        return _world.adc.get(self._number, 65535)


class I2C:
    """A bus with temperature and humidity sensors of the SHT families on it."""

    def __init__(self, id=0, *, scl=None, sda=None, freq=400000, timeout=50000):
        self._id = id
        self._asked = {}

    def scan(self):
        """Addresses that answer."""
        _world.look()
        found = [at for bus, at in _world.sht if bus == self._id]
        return sorted([at for at in found if self._there(at)])

    def writeto(self, address, data, stop=True):
        """A command to a sensor. OSError where none answers."""
        self._check(address)
        self._asked[address] = bytes(data)
        return len(data)

    def readfrom_into(self, address, buffer, stop=True):
        """Its answer: two words of 16 bits, each with its checksum."""
        self._check(address)
        if address not in self._asked:
            raise OSError(_I2C_GONE)
        said = _world.sht[(self._id, address)]
        is_sht4x = len(self._asked[address]) == 1
        answer = _sht_words(said, is_sht4x)
        buffer[:] = answer[: len(buffer)]

    def _there(self, address):
        return (_world.sht.get((self._id, address)) or ["gone"])[0] != "gone"

    def _check(self, address):
        _world.look()
        if not self._there(address):
            raise OSError(_I2C_GONE)


def _sht_words(said, is_sht4x):
    """The six bytes of a measurement, by the data sheets' formulas turned round."""
    if said[0] == "crc":
        return bytes([0x66, 0x66, 0xFF, 0x66, 0x66, 0xFF])
    celsius, humidity = float(said[0]), float(said[1])
    share = (humidity + 6) / 125 if is_sht4x else humidity / 100
    words = bytearray()
    for raw in ((celsius + 45) / 175, share):
        word = min(65535, max(0, int(raw * 65535 + 0.5)))
        pair = bytes([word >> 8, word & 255])
        words.extend(pair)
        words.append(crc8(pair))
    return bytes(words)


def crc8(data):
    """Sensirion's checksum: polynomial 0x31, start 0xFF."""
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = ((crc << 1) ^ 0x31) & 0xFF if crc & 0x80 else crc << 1
    return crc


class UART:
    """A serial port: what HEADWORKS_SHIM_UART<id> names, else the process's own terminal."""

    def __init__(self, id, baudrate=9600, *, tx=None, rx=None, **_more):
        path = os.getenv("HEADWORKS_SHIM_UART%d" % id) or "/dev/tty"
        os_open = {} if sys.implementation.name == "micropython" else {"buffering": 0}
        self._in = open(path, "rb", **os_open)  # noqa: SIM115
        self._out = open(path, "wb", **os_open)  # noqa: SIM115
        self._poll = select.poll()
        self._poll.register(self._in, select.POLLIN)

    def any(self):
        """Whether a byte waits; one at a time, as a PC does not tell how many."""
        return 1 if self._poll.poll(0) else 0

    def read(self, count=1):
        """Bytes that wait, one at a time; None where there is none."""
        return (self._in.read(1) or None) if self.any() else None

    def write(self, data):
        """Send."""
        self._out.write(bytes(data))
        return len(data)

    def flush(self):
        """Wait until it has gone; a file does not keep it."""


class WDT:
    """A watchdog: fed too late, this run is over."""

    def __init__(self, id=0, timeout=5000):
        self._timeout_ms = timeout
        self._fed_ms = self._told_ms = clock_ms()
        _world.say("wdt", "feed")

    def feed(self):
        """Sign of life."""
        now = clock_ms()
        if now - self._fed_ms > self._timeout_ms:
            _end(_WATCHDOG, "watchdog")
        self._fed_ms = now
        if now - self._told_ms >= _FEED_MS:
            self._told_ms = now
            _world.say("wdt", "feed")
        _world.look()
        if _world.crash:
            raise RuntimeError("the simulator asked for a crash")


def onewire_of(number):
    """What hangs on a 1-Wire pin: address as hex → what it says."""
    _world.look()
    return {rom: said for rom, said in _world.wire.get(number, {}).items() if said != "gone"}
