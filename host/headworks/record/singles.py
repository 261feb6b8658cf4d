"""Figures of 32 bits, many at once: the difference of the bits to those before, as text.

A meter sends its channels as floats of 32 bits, and most bits of each stay from sample to sample.
The bits that differ, the lowest bytes of all figures first, are told in base64: what has not
changed is a row of A, of which zlib makes nothing. Exact, or it is not done at all.
"""

import binascii
import struct
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import NamedTuple

TOGETHER = "="  # where such figures stand in a change
LEAST = 4  # fewer are shorter one by one
_SINGLE = struct.Struct("<f")
_FLOATS = frozenset((float,))
_BYTES = 4


class Together(NamedTuple):
    """Figures told at once; `others` are the positions of those that are not of 32 bits."""

    text: str
    others: tuple[int, ...]


def single(value: float) -> float:
    """The nearest float of 32 bits. Raises OverflowError."""
    number: float = _SINGLE.unpack(_SINGLE.pack(value))[0]
    return number


def together(
    old: Sequence[object], new: Sequence[object], apart: Collection[int] = ()
) -> Together | None:
    """What turns old figures into new ones; None where it is better told one by one.

    Those at the positions `apart` are better told beside them, so here they stay as they were.
    """
    count = len(new)
    if count < LEAST or len(old) != count:
        return None
    if not _FLOATS.issuperset(map(type, new)) or not _FLOATS.issuperset(map(type, old)):
        return None
    form = _form(count)
    try:
        before, after = form.pack(*old), form.pack(*new)
        for n in apart:
            at = n * _BYTES
            after = after[:at] + before[at : at + _BYTES] + after[at + _BYTES :]
    except OverflowError:
        return None
    if before == after:
        return None
    others: tuple[int, ...] = ()
    kept = form.unpack(after)
    if kept != new:
        others = tuple([n for n, value in enumerate(new) if value != kept[n]])
        if 2 * (len(others) - len(apart)) > count:
            return None
    return Together(_text(before, after), others)


def undone(old: Sequence[float], text: str) -> tuple[float, ...]:
    """The new figures. Raises ValueError, struct.error as ValueError, and OverflowError."""
    form = _form(len(old))
    try:
        before = form.pack(*old)
        mixed = binascii.a2b_base64(text, strict_mode=True)
        if len(mixed) != form.size:
            raise ValueError(f"{len(mixed)} bytes for {len(old)} figures")
        bits = bytearray(form.size)
        for place in range(_BYTES):
            bits[place::_BYTES] = mixed[place * len(old) : (place + 1) * len(old)]
        return form.unpack(_exclusive_or(before, bytes(bits)))
    except struct.error as error:
        raise ValueError(str(error)) from error


def _text(before: bytes, after: bytes) -> str:
    bits = _exclusive_or(before, after)
    mixed = b"".join([bits[place::_BYTES] for place in range(_BYTES)])
    return binascii.b2a_base64(mixed, newline=False).decode()


def _exclusive_or(a: bytes, b: bytes) -> bytes:
    mixed = int.from_bytes(a, "little") ^ int.from_bytes(b, "little")
    return mixed.to_bytes(len(a), "little")


@lru_cache(maxsize=64)
def _form(count: int) -> struct.Struct:
    return struct.Struct(f"<{count}f")
