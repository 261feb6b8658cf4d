"""Faults of what a meter says: applied to its channels, or to its words after encoding.

Each effect is one function in a table by fault name. Knows no sockets.
"""

from collections.abc import Callable, Sequence
from math import inf, nan

from headworks.hardware.meter import Register
from headworks.hardware.meter_words import width
from headworks.sim.faults.active import Active

Channels = dict[str, float]
Words = dict[int, dict[int, int]]
_SPIKE_EVERY = 5


def _is_power(name: str) -> bool:
    return name.startswith("power_") and name.endswith("_kw")


def _replaced(channels: Channels, value: float, is_hit: Callable[[str], bool]) -> Channels:
    return {name: value if is_hit(name) else old for name, old in channels.items()}


def _sign_flip(channels: Channels, _fault: Active, _count: int) -> Channels:
    return {name: -old if _is_power(name) else old for name, old in channels.items()}


def _spike(channels: Channels, fault: Active, count: int) -> Channels:
    if count % _SPIKE_EVERY:
        return channels
    return {n: old * fault.value if _is_power(n) else old for n, old in channels.items()}


def _no_power(channels: Channels, _fault: Active, _count: int) -> Channels:
    return _replaced(channels, nan, _is_power)


def _infinite(channels: Channels, _fault: Active, _count: int) -> Channels:
    return _replaced(channels, inf, _is_power)


def _no_frequency(channels: Channels, _fault: Active, _count: int) -> Channels:
    return _replaced(channels, nan, lambda name: name == "frequency_hz")


# fault name -> (channels, fault, number of the reading) -> channels
ON_CHANNELS: dict[str, Callable[[Channels, Active, int], Channels]] = {
    "sign-flip": _sign_flip,
    "spike": _spike,
    "nan": _no_power,
    "infinite": _infinite,
    "export-lost": _no_power,
    "frequency-lost": _no_frequency,
}


def _word_swap(words: Words, registers: Sequence[Register]) -> None:
    for register in registers:
        held, size = words[register.function], width(register.type)
        places = range(register.address, register.address + size)
        turned = [held[place] for place in reversed(places)]
        held.update(zip(places, turned, strict=True))


def _sentinel(words: Words, registers: Sequence[Register]) -> None:
    for register in registers:
        if not _is_power(register.channel):
            continue
        size = width(register.type)
        pattern = register.sentinels[0] if register.sentinels else _usual(register.type, size)
        found = [(pattern >> 16 * (size - 1 - n)) & 0xFFFF for n in range(size)]
        ordered = found[::-1] if register.lsw_first else found
        words[register.function].update(
            {register.address + n: word for n, word in enumerate(ordered)}
        )


def _usual(type_name: str, size: int) -> int:
    """What vendors commonly send for no value: 0x8000…, 0xFFFF…, a quiet NaN for floats."""
    if type_name == "f32":
        return 0x7FC00000
    if type_name == "f64":
        return 0x7FF8 << 48
    return 0x8000 << 16 * (size - 1) if type_name.startswith("i") else (1 << 16 * size) - 1


# fault name -> changes the words of a reading in place
ON_WORDS: dict[str, Callable[[Words, Sequence[Register]], None]] = {
    "word-swap": _word_swap,
    "sentinel": _sentinel,
}
