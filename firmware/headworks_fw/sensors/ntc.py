"""Temperature by a thermistor to ground below a series resistor, by the beta formula."""

import math

from ..sampling import ABSENT, RANGE, Sampled, span_of, within

_OPEN, _SHORT = 0.992, 0.0076  # of the supply: a broken wire, and a wire to ground
_SUPPLY_UV, _MOST_UV = 3300000, 2450000  # an ESP32-C3 measures to 2.5 V, and above it nothing
_KELVIN, _REFERENCE_K = 273.15, 298.15
_READS = 8  # averaged, since the converters of these chips are noisy


def make(entry, hal):
    """The thermistor at `pin`."""
    return Ntc(entry, hal)


class Ntc(Sampled):
    """One thermistor."""

    def __init__(self, entry, hal):
        super().__init__((entry["name"] + "_c",), entry)
        for key in ("beta_k", "r25_ohm", "series_ohm"):
            if not entry[key] > 0:
                raise ValueError("%s must be above 0" % key)
        adc = hal.adc(entry["pin"])
        if hasattr(adc, "read_uv"):  # ESP32: its raw numbers are far from straight
            self._read, self._full, self._open = adc.read_uv, _SUPPLY_UV, _MOST_UV / _SUPPLY_UV
        else:
            self._read, self._full, self._open = adc.read_u16, 65535, _OPEN
        self._beta_k = entry["beta_k"]
        self._ratio = entry["series_ohm"] / entry["r25_ohm"]
        self._span = span_of(entry)

    def step(self, now):
        """Takes a sample."""
        total = 0
        for _ in range(_READS):
            total += self._read()
        self.done([self._reading(total / (_READS * self._full))])
        return self.every_ms

    def _reading(self, share):
        """From the share of the supply that falls across the thermistor."""
        if share >= self._open:
            return ABSENT
        if share <= _SHORT:
            return RANGE
        times = self._ratio * share / (1 - share)
        celsius = 1 / (1 / _REFERENCE_K + math.log(times) / self._beta_k) - _KELVIN
        return within(round(celsius, 1), self._span)
