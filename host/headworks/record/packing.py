"""Rows of numbers in few bytes: the difference to the row before, three decimals.

A value is kept to a thousandth of its unit. Each is a variable-length integer: 0 for "unknown",
else the zigzag difference plus one, so an unchanged value costs one byte. A CRC-32 at the end,
seeded with where the row belongs, finds a changed byte and a row in a wrong place.
"""

import re
import zlib
from collections.abc import Iterable, Sequence

STEPS = 1000  # of a unit
_MOST = 1e15  # what is larger is no measurement
_CODE = re.compile(rb"[\x80-\xff]*[\x00-\x7f]")


class PackingError(ValueError):
    """A row's bytes are damaged."""


def quantised(values: Iterable[float | None]) -> list[int | None]:
    """Thousandths; None for what is unknown or no number."""
    return [
        None if value is None or not -_MOST < value < _MOST else round(value * STEPS)
        for value in values
    ]


def pack(row: Iterable[int | None], last: list[int], seed: str) -> bytes:
    """A row's bytes. `last` holds each column's last known value and is brought up to date."""
    out = bytearray()
    for column, value in enumerate(row):
        if value is None:
            out.append(0)
            continue
        change = value - last[column]
        last[column] = value
        code = (change << 1 if change >= 0 else (-change << 1) - 1) + 1
        while code > 0x7F:
            out.append(code & 0x7F | 0x80)
            code >>= 7
        out.append(code)
    return bytes(out) + zlib.crc32(out, zlib.crc32(seed.encode())).to_bytes(4, "little")


def unpack(data: bytes, last: list[int], seed: str) -> list[int | None]:
    """The row again, `last` brought up to date. Raises PackingError."""
    codes = _codes(_checked(data, seed))
    if len(codes) != len(last):
        raise PackingError(f"a row of {len(codes)} samples where {len(last)} channels are")
    return [_value(code, column, last) for column, code in enumerate(codes)]


def picked(data: bytes, last: list[int], seed: str, columns: Iterable[int]) -> list[int | None]:
    """Some columns of a row by number, several times as fast; of `last` only these are kept up.

    Raises PackingError.
    """
    parts = _CODE.findall(_checked(data, seed))
    if len(parts) != len(last):
        raise PackingError(f"a row of {len(parts)} samples where {len(last)} channels are")
    found: list[int | None] = []
    for column in columns:
        part = parts[column]
        size = len(part)
        if size == 1:
            code = part[0]
        elif size == 2:
            code = part[0] & 0x7F | part[1] << 7
        else:
            code = _codes(part)[0]
        if code == 0:
            found.append(None)
            continue
        last[column] += code >> 1 if code & 1 else -(code >> 1)
        found.append(last[column])
    return found


def _checked(data: bytes, seed: str) -> bytes:
    """A row's bytes without its check. Raises PackingError."""
    body, check = data[:-4], int.from_bytes(data[-4:], "little")
    if len(data) < 4 or zlib.crc32(body, zlib.crc32(seed.encode())) != check:
        raise PackingError("a row of samples was changed or belongs elsewhere")
    return body


def _value(code: int, column: int, last: list[int]) -> int | None:
    if code == 0:
        return None
    last[column] += code >> 1 if code & 1 else -(code >> 1)
    return last[column]


def _codes(body: Sequence[int]) -> list[int]:
    codes, code, shift = [], 0, 0
    for byte in body:
        code |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
        else:
            codes.append(code)
            code = shift = 0
    return codes
