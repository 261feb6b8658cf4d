"""The number types of registers: their width in words, their struct code, their empty values."""

import math
import struct
from typing import NamedTuple


class WordType(NamedTuple):
    """`code` is the struct letter, `words` the width, `empty` the patterns that mean no value."""

    code: str
    words: int
    empty: tuple[int, ...]


# The empty patterns are what vendors commonly send: all ones for unsigned, the two ends for
# signed (ABB, Carlo Gavazzi, SunSpec). A float's are NaN, which no range admits.
TYPES: dict[str, WordType] = {
    "u16": WordType("H", 1, (0xFFFF,)),
    "i16": WordType("h", 1, (0x8000, 0x7FFF)),
    "u32": WordType("I", 2, (0xFFFFFFFF,)),
    "i32": WordType("i", 2, (0x80000000, 0x7FFFFFFF)),
    "u64": WordType("Q", 4, (0xFFFFFFFFFFFFFFFF,)),
    "i64": WordType("q", 4, (0x8000000000000000, 0x7FFFFFFFFFFFFFFF)),
    "f32": WordType("f", 2, ()),
    "f64": WordType("d", 4, ()),
    "acc32": WordType("I", 2, (0,)),  # SunSpec: an accumulator that does not count stands at 0
    "sunssf": WordType("h", 1, (0x8000,)),
}
_UNSIGNED = {1: "H", 2: "I", 4: "Q"}


def width(type_name: str) -> int:
    """How many registers a value of this type takes."""
    return TYPES[type_name].words


def from_pattern(type_name: str, pattern: int) -> float | int:
    """The number that struct makes of an unsigned bit pattern."""
    kind = TYPES[type_name]
    data = struct.pack(">" + _UNSIGNED[kind.words], pattern)
    value: float | int = struct.unpack(">" + kind.code, data)[0]
    return value


def to_words(type_name: str, value: float, lsw_first: bool) -> list[int]:
    """A number as words. NaN gives the type's empty pattern; too large a number is clipped."""
    kind = TYPES[type_name]
    data = _empty(kind) if math.isnan(value) else _pack(kind, value)
    words = list(struct.unpack(f">{kind.words}H", data))
    return words[::-1] if lsw_first else words


def _empty(kind: WordType) -> bytes:
    if not kind.empty:
        return struct.pack(">" + kind.code, math.nan)
    return struct.pack(">" + _UNSIGNED[kind.words], kind.empty[0])


def _pack(kind: WordType, value: float) -> bytes:
    if not kind.empty:
        return struct.pack(">" + kind.code, value)
    bits = 16 * kind.words
    low, high = (
        (0, 2**bits - 2) if kind.code.isupper() else (1 - 2 ** (bits - 1), 2 ** (bits - 1) - 2)
    )
    return struct.pack(">" + kind.code, min(high, max(low, round(value))))
