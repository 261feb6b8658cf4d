"""Noise as a pure function of seed, stream and time: the same arguments, the same value.

Made for measured values that are never bit-identical; it is not fit for statistics or secrets.
"""

from math import floor

_MASK = (1 << 64) - 1
_SCALE = 2.0 / (1 << 64)


def white(seed: int, stream: int, index: int) -> float:
    """A value in [-1, 1) that belongs to (seed, stream, index). The mixer is SplitMix64's."""
    x = (seed * 0x9E3779B97F4A7C15 + stream * 0xD1B54A32D192ED03 + index) & _MASK
    x = (x * 0x9E3779B97F4A7C15) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return (x ^ (x >> 31)) * _SCALE - 1.0


def smooth(seed: int, stream: int, t_s: float, period_s: float) -> float:
    """A continuous value in [-1, 1): white values every `period_s`, eased between them."""
    position = t_s / period_s
    index = floor(position)
    share = position - index
    ease = share * share * (3.0 - 2.0 * share)
    before, after = white(seed, stream, index), white(seed, stream, index + 1)
    return before + (after - before) * ease


def sample(seed: int, stream: int, t_s: float, period_s: float) -> float:
    """Smooth noise with a little white noise per millisecond on top, in [-1.05, 1.05)."""
    grain = white(seed, stream + 1, floor(t_s * 1000.0))
    return smooth(seed, stream, t_s, period_s) + 0.05 * grain
