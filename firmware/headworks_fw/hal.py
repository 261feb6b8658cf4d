"""The board's hardware, through `machine` and micropython-lib's onewire and ds18x20 alone.

Made once; what a sensor asks for is made when it asks. Knows no sensor and no message.
"""

import json
import os

import machine

from . import files


def output_pin(number, level):
    """A pin as output that has this level from its first moment."""
    return machine.Pin(number, machine.Pin.OUT, value=level)


class Hal:
    """See headworks_fw.sensors for what each is for."""

    def __init__(self, config, root, log):
        self.values = {}
        self.faults = {}
        self.log = log
        self._root = root
        self._buses = {bus["id"]: bus for bus in config.get("i2c", [])}
        self._i2c = {}

    def i2c(self, bus):
        """The bus with this id; ValueError where the configuration has none."""
        if bus not in self._buses:
            raise ValueError("there is no i2c bus %s" % bus)
        if bus not in self._i2c:
            one = self._buses[bus]
            scl, sda = machine.Pin(one["scl"]), machine.Pin(one["sda"])
            self._i2c[bus] = machine.I2C(one["id"], scl=scl, sda=sda, freq=one["hz"])
        return self._i2c[bus]

    def adc(self, pin):
        """An analogue input over the widest span; read_u16() gives 0 to 65535."""
        if hasattr(machine.ADC, "ATTN_11DB"):  # ESP32: without it the span ends at 1 V
            return machine.ADC(machine.Pin(pin), atten=machine.ADC.ATTN_11DB)
        return machine.ADC(machine.Pin(pin))

    def pin_in(self, pin, pull):
        """A digital input with pull "up", "down" or None."""
        pulls = {"up": machine.Pin.PULL_UP, "down": machine.Pin.PULL_DOWN}
        if pull in pulls:
            return machine.Pin(pin, machine.Pin.IN, pulls[pull])
        return machine.Pin(pin, machine.Pin.IN)

    def on_fall(self, pin, handler):
        """Calls handler(pin) in interrupt at each falling edge of a Pin."""
        pin.irq(handler=handler, trigger=machine.Pin.IRQ_FALLING)

    def onewire(self, pin):
        """The DS18X20 driver on this pin."""
        import ds18x20
        import onewire

        return ds18x20.DS18X20(onewire.OneWire(machine.Pin(pin)))

    def load(self, name):
        """What a small JSON file in the root holds; None where it is missing or broken."""
        try:
            return json.loads(files.read(self._root + name))
        except ValueError:
            return None

    def save(self, name, data):
        """Keeps it over a restart; False where the flash refuses."""
        return files.write(self._root + name, json.dumps(data))

    def free_flash_bytes(self):
        """Of the file system; a double of hardware tells its own, as a PC's disk is no flash."""
        if hasattr(machine, "free_flash_bytes"):
            return machine.free_flash_bytes()
        try:
            stat = os.statvfs(self._root or ".")
        except OSError:
            return None
        return stat[0] * stat[3]
