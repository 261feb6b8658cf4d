"""The air in the racks' container: what comes in, what goes out, how its metal follows.

First order, and the constants are ours. Knows no sensors; `sim.boards` says what they would see.
"""

from math import exp
from typing import NamedTuple

AIRFLOW_M3_S_PER_KW = 0.07  # full fans: 250 m³/h for each kW of rated racks
HEAT_KJ_M3_K = 1.2  # of air
AIR_S = 10.0  # until the outgoing air follows the racks' power
METAL_S = 1200.0  # until cold surfaces follow the air; runs with the weather
FAN_IDLE = 0.7  # of full speed while no rack draws power: the container is never without air
DRAWING = 0.01  # share of the rated power above which the fans run in full

HUMIDITY_AT_20C = 60.0  # %RH outside; falls as the day warms, for the water stays the same
HUMIDITY_PER_K = -2.0
HUMIDITY_RANGE = (25.0, 75.0)


class Air(NamedTuple):
    """Temperatures in °C, relative humidities in %, fans as a share of full speed."""

    intake_c: float
    intake_rh: float
    exhaust_c: float
    surface_c: float
    fans: float = FAN_IDLE


class Forced(NamedTuple):
    """What faults force the incoming air to."""

    intake_c: float | None = None
    intake_rh: float | None = None


NOT_FORCED = Forced()


def outside_rh(outside_c: float) -> float:
    """Relative humidity outside, from the temperature alone: no day brings its own."""
    low, high = HUMIDITY_RANGE
    return min(high, max(low, HUMIDITY_AT_20C + HUMIDITY_PER_K * (outside_c - 20.0)))


def initial(outside_c: float) -> Air:
    """A container that has stood idle: everything is as warm as the outside."""
    return Air(outside_c, outside_rh(outside_c), outside_c, outside_c)


def step(
    now: Air,
    outside_c: float,
    load: tuple[float, float],
    dt_s: tuple[float, float],
    forced: Forced = NOT_FORCED,
) -> Air:
    """The air a moment later. `load`: kW drawn and rated; `dt_s`: of the clock, of the day."""
    drawn_kw, rated_kw = load
    real_s, day_s = dt_s
    intake_c = outside_c if forced.intake_c is None else forced.intake_c
    rh = outside_rh(outside_c) if forced.intake_rh is None else forced.intake_rh
    fans = 1.0 if drawn_kw > DRAWING * rated_kw else FAN_IDLE
    rise_k = drawn_kw / (AIRFLOW_M3_S_PER_KW * HEAT_KJ_M3_K * rated_kw * fans) if rated_kw else 0.0
    return Air(
        intake_c,
        rh,
        _follow(now.exhaust_c, intake_c + rise_k, real_s, AIR_S),
        _follow(now.surface_c, intake_c, day_s, METAL_S),
        fans,
    )


def _follow(now: float, wanted: float, dt_s: float, time_s: float) -> float:
    """First order towards `wanted`."""
    return wanted + (now - wanted) * exp(-dt_s / time_s)


def exhaust_rh(air: Air) -> float:
    """The same water in warmer air; Magnus' formula (Sonntag 1990) for both vapour pressures."""
    return min(100.0, air.intake_rh * _saturation(air.intake_c) / _saturation(air.exhaust_c))


def _saturation(temperature_c: float) -> float:
    """Saturation vapour pressure in hPa."""
    return 6.112 * exp(17.62 * temperature_c / (243.12 + temperature_c))
