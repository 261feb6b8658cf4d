"""Turns a block's bytes into channel values, by a plan that is made once.

One `struct.unpack` for all values of a block; NaN, infinities, sentinels and what is outside the
plausible range never become numbers. The good path has no Python loop.
"""

import array
import math
import struct
from collections.abc import Iterable, Sequence
from operator import le, mul
from typing import NamedTuple

from headworks.hardware.meter_types import Register
from headworks.hardware.meter_words import TYPES, from_pattern, width

_FLOWS = ("_kw", "_kwh", "_a")  # what a current-transformer ratio scales


class Flaw(NamedTuple):
    """A channel that has no value now, and why."""

    channel: str
    required: bool
    available: bool  # False: the device says that it has none; True: what it says cannot be
    text: str


class Decoded(NamedTuple):
    """Values by channel name; `flaws` are the channels left out."""

    values: dict[str, float]
    flaws: tuple[Flaw, ...] = ()


class _Pass:
    """The values of one word order in one block."""

    def __init__(
        self, registers: Sequence[Register], start: int, count: int, scale: float, flip: bool
    ) -> None:
        registers = sorted(registers, key=lambda r: r.address)
        self.registers = tuple(registers)
        self.swapped = registers[0].lsw_first
        self.struct = struct.Struct(_format(registers, start, count))
        self.names = tuple(_name(r, flip) for r in registers)
        self.factors = tuple(_factor(r, scale, flip) for r in registers)
        limits = [sorted((r.low * f / r.factor, r.high * f / r.factor)) for r, f in self._pairs()]
        self.lows = tuple(low for low, _ in limits)
        self.highs = tuple(high for _, high in limits)
        self.empty = tuple(
            frozenset(from_pattern(r.type, s) for s in r.sentinels) for r in registers
        )
        self.any_empty = frozenset[float | int]().union(*self.empty)
        self.scaled = any(r.scale_factor or r.is_scale_factor for r in registers)
        channels = [r.channel for r in registers]
        self.exponents = tuple(
            channels.index(r.scale_factor) if r.scale_factor else -1 for r in registers
        )

    def _pairs(self) -> Iterable[tuple[Register, float]]:
        return zip(self.registers, self.factors, strict=True)

    def decode(self, payload: bytes) -> Decoded:
        raw = self.struct.unpack(_swap(payload) if self.swapped else payload)
        if self.scaled:
            return self._slow(raw, self._exponents(raw))
        values = list(map(mul, raw, self.factors))
        if (
            self.any_empty.isdisjoint(raw)
            and all(map(le, self.lows, values))
            and all(map(le, values, self.highs))
        ):
            return Decoded(dict(zip(self.names, values, strict=True)))
        return self._slow(raw, (0,) * len(raw))

    def _exponents(self, raw: Sequence[float]) -> tuple[int | None, ...]:
        """The power of ten of each value; None where its scale factor says that it has none."""
        return tuple(
            0 if at < 0 else int(raw[at]) if -10 <= raw[at] <= 10 else None for at in self.exponents
        )

    def _slow(self, raw: Sequence[float], exponents: Sequence[int | None]) -> Decoded:
        values: dict[str, float] = {}
        flaws: list[Flaw] = []
        for index, register in enumerate(self.registers):
            if register.is_scale_factor:
                continue
            flaw = self._value(index, raw[index], exponents[index], values)
            if flaw is not None:
                flaws.append(flaw)
        return Decoded(values, tuple(flaws))

    def _value(
        self, index: int, raw: float, exponent: int | None, values: dict[str, float]
    ) -> Flaw | None:
        name, register = self.names[index], self.registers[index]
        if exponent is None or raw in self.empty[index] or math.isnan(raw):
            return Flaw(name, register.required, False, f"{name} is not available")
        value = raw * self.factors[index] * 10.0**exponent
        if not self.lows[index] <= value <= self.highs[index]:
            text = f"{name} = {value:.6g} is outside {self.lows[index]:g} to {self.highs[index]:g}"
            return Flaw(name, register.required, True, text)
        values[name] = value
        return None


class BlockDecoder:
    """Decodes one block. `scale` is the transformer ratio the meter does not know; `flip` is for
    a meter that counts export positive: power changes sign, import and export change places."""

    def __init__(
        self,
        registers: Sequence[Register],
        address: int,
        count: int,
        *,
        scale: float = 1.0,
        flip: bool = False,
    ) -> None:
        orders = [[r for r in registers if r.lsw_first is order] for order in (False, True)]
        self._size = 2 * count
        self._passes = tuple(_Pass(rs, address, count, scale, flip) for rs in orders if rs)
        self._only = self._passes[0] if len(self._passes) == 1 else None

    def decode(self, payload: bytes) -> Decoded:
        """Values of a payload of 2 * count bytes. Raises ValueError at any other length."""
        if len(payload) != self._size:
            raise ValueError(f"{len(payload)} bytes where {self._size} are expected")
        if self._only is not None:
            return self._only.decode(payload)
        parts = [one.decode(payload) for one in self._passes]
        values = {name: value for part in parts for name, value in part.values.items()}
        return Decoded(values, tuple(flaw for part in parts for flaw in part.flaws))


def _format(registers: Sequence[Register], start: int, count: int) -> str:
    """A struct format over the whole block, with pad bytes where nobody reads."""
    parts, at = ["<" if registers[0].lsw_first else ">"], start
    for register in registers:
        parts.append(f"{2 * (register.address - at)}x{TYPES[register.type].code}")
        at = register.address + width(register.type)
    parts.append(f"{2 * (start + count - at)}x")
    return "".join(parts)


def _swap(payload: bytes) -> bytes:
    """Bytes of each word exchanged: words with the lowest first become plain little endian."""
    words = array.array("H", payload)
    words.byteswap()
    return words.tobytes()


def _name(register: Register, flip: bool) -> str:
    other = {"import_kwh": "export_kwh", "export_kwh": "import_kwh"}
    return other.get(register.channel, register.channel) if flip else register.channel


def _factor(register: Register, scale: float, flip: bool) -> float:
    factor = register.factor
    if register.channel.endswith(_FLOWS):
        factor *= scale
    return -factor if flip and register.channel.endswith("_kw") else factor
