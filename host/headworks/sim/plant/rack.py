"""How much a rack draws: inrush, standby while it boots, a slow ramp, heat and noise.

Public figures for inrush and boot time were looked for and not found, so all are settings.
"""

from typing import NamedTuple

from headworks.sim.plant import noise


class RackSettings(NamedTuple):
    """A simulated rack. Shares are of `rated_kw`; times in s from the closing."""

    name: str
    rated_kw: float
    standby_share: float = 0.06  # fans and control boards while the firmware boots
    boot_s: float = 60.0
    ramp_s: float = 240.0
    inrush_share: float = 0.5
    inrush_s: float = 0.1
    heat_per_k: float = 0.0035  # 7 % between a cool night and a hot afternoon (T21)
    swing: float = 0.004  # how much the load wanders by itself
    stream: int = 100  # its own noise


def ramp_share(rack: RackSettings, on_for_s: float) -> float:
    """Share of rated power after `on_for_s` under voltage, from standby to 1."""
    ramped_s = on_for_s - rack.boot_s
    if ramped_s <= 0.0:
        return rack.standby_share
    if ramped_s >= rack.ramp_s:
        return 1.0
    return rack.standby_share + (1.0 - rack.standby_share) * ramped_s / rack.ramp_s


def power_kw(
    rack: RackSettings, on_for_s: float, t_s: float, temperature_c: float, seed: int
) -> float:
    """What the rack draws, in kW, at an air temperature in °C. Rated power holds at 20 °C."""
    share = ramp_share(rack, on_for_s)
    if on_for_s < rack.inrush_s:
        share += rack.inrush_share
    wander = 1.0 + rack.swing * noise.sample(seed, rack.stream, t_s, 3.0)
    return rack.rated_kw * share * heat(rack, temperature_c) * wander


def heat(rack: RackSettings, temperature_c: float) -> float:
    """How many times its power at 20 °C a rack draws at an air temperature in °C."""
    return 1.0 + rack.heat_per_k * max(-20.0, min(30.0, temperature_c - 20.0))
