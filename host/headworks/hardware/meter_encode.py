"""Encodes channel values into a meter's words, as the simulator serves them.

The mirror of `meter_decode`; a test holds that one undoes the other.
"""

import math
import struct
from collections.abc import Mapping, Sequence

from headworks.hardware.meter_plan import located, plan
from headworks.hardware.meter_types import MeterProfile, Register, Words
from headworks.hardware.meter_words import to_words, width

_SUNS = (0x5375, 0x6E53)
_COMMON_LENGTH = 66
_INT16_MOST = 32000


def encode(profile: MeterProfile, channels: Mapping[str, float]) -> dict[int, dict[int, int]]:
    """Function code -> wire address -> word. A channel that is not given reads as "no value".

    Every address that a planned read touches is there; addresses in a profile's gaps are not.
    """
    words: dict[int, dict[int, int]] = {}
    base = _sunspec_frame(profile, words) if profile.sunspec else 0
    registers = located(profile, base)
    for block in plan(registers, profile.max_block, profile.gaps):
        held = words.setdefault(block.function, {})
        for address in range(block.address, block.address + block.count):
            held.setdefault(address, 0)
    exponents = _exponents(registers, channels)
    for register in registers:
        value = _count(register, channels, exponents)
        found = to_words(register.type, value, register.lsw_first)
        words[register.function].update({register.address + n: w for n, w in enumerate(found)})
    return words


def read_words(words: Words, function: int, address: int, count: int) -> bytes | None:
    """A read's payload from such words, or None where the device has no such address."""
    held = words.get(function, {})
    try:
        return struct.pack(f">{count}H", *(held[a] for a in range(address, address + count)))
    except KeyError:
        return None


def _count(
    register: Register, channels: Mapping[str, float], exponents: Mapping[str, int]
) -> float:
    if register.is_scale_factor:
        return exponents.get(register.channel, math.nan)
    factor = register.factor * 10.0 ** exponents.get(register.scale_factor or "", 0)
    value = channels.get(register.channel, math.nan) / factor
    if register.type == "acc32" and value == 0:
        return 1  # 0 would mean that it does not count
    return value


def _exponents(registers: Sequence[Register], channels: Mapping[str, float]) -> dict[str, int]:
    """For each scale factor, the finest exponent at which all its values fit."""
    largest: dict[str, float] = {}
    for register in registers:
        name, value = register.scale_factor, channels.get(register.channel)
        if name and value is not None and math.isfinite(value):
            most = _INT16_MOST if width(register.type) == 1 else 2**31
            share = abs(value / register.factor) / most
            largest[name] = max(largest.get(name, 0.0), share)
    return {name: _exponent(share) for name, share in largest.items()}


def _exponent(share: float) -> int:
    return next((e for e in range(-3, 10) if share <= 10.0**e), 10)


def _sunspec_frame(profile: MeterProfile, words: dict[int, dict[int, int]]) -> int:
    """Marker, common model, the model's header and the end; returns where the model stands."""
    sunspec = profile.sunspec
    if sunspec is None:
        return 0
    start = sunspec.bases[0]
    at = start + 2 + 2 + _COMMON_LENGTH
    model = sunspec.models[-2] if len(sunspec.models) > 2 else sunspec.models[0]
    held = dict.fromkeys(range(start, at + 2 + sunspec.length + 2), 0)
    held.update({start: _SUNS[0], start + 1: _SUNS[1], start + 2: 1, start + 3: _COMMON_LENGTH})
    held.update({at: model, at + 1: sunspec.length, at + 2 + sunspec.length: 0xFFFF})
    words[profile.registers[0].function] = held
    return at
