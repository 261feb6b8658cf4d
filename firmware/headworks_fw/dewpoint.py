"""The dew point of air, by the Magnus formula over water.

Constants 17.62 and 243.12 °C as in WMO's Guide to Instruments (No. 8) and Sensirion's note on
humidity; within 0.1 K from -45 to 60 °C.
"""

import math

_A, _B_C = 17.62, 243.12
_DRIEST_PERCENT = 0.1  # a sensor may read 0, which has no dew point


def dew_point_c(celsius, percent):
    """In °C, from the air's temperature in °C and its relative humidity in percent."""
    gamma = math.log(max(percent, _DRIEST_PERCENT) / 100) + _A * celsius / (_B_C + celsius)
    return _B_C * gamma / (_A - gamma)
