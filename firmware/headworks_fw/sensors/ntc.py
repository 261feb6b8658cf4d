"""Temperature by a thermistor to ground below a series resistor, by the beta formula."""

import math

from ..sampling import ABSENT, RANGE, Sampled, span_of, within

_OPEN, _SHORT = 65000, 500  # of 65535: a broken wire, and a wire to ground
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
        self._adc = hal.adc(entry["pin"])
        self._beta_k = entry["beta_k"]
        self._ratio = entry["series_ohm"] / entry["r25_ohm"]
        self._span = span_of(entry)

    def step(self, now):
        """Takes a sample."""
        total = 0
        for _ in range(_READS):
            total += self._adc.read_u16()
        self.done([self._reading(total / _READS)])
        return self.every_ms

    def _reading(self, raw):
        if raw >= _OPEN:
            return ABSENT
        if raw <= _SHORT:
            return RANGE
        share = self._ratio * raw / (65535 - raw)
        celsius = 1 / (1 / _REFERENCE_K + math.log(share) / self._beta_k) - _KELVIN
        return within(round(celsius, 1), self._span)
