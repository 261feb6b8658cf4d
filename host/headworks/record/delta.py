"""What has changed between two values of the model, so that a scan costs few bytes.

A change is None (the same), [plain] (all of it is new), {"position": change} for the parts of a
tuple or mapping, and two short forms of a float that are most of a recording: a whole number is
a time, in nanoseconds after the time before it; a text is a figure of 32 bits, as meters send
them. Exact in every case: 1, 1.0 and True differ, and so do 0.0 and -0.0.
"""

import struct
from collections.abc import Mapping
from typing import Any

from headworks.record.plain import PlainError, to_plain

_LEAVES = frozenset((float, int, str, bool))
_NEAR_NS = 4_000_000_000  # what is further away is no time of this scan
_PER_S = 1e9
_SINGLE = struct.Struct("<f")
_LARGEST = 3e38  # of 32 bits


class Differ:
    """Makes changes, one after the other; `Patcher` must see the same ones in this order."""

    def __init__(self) -> None:
        self.base_ns = 0  # the time that times are told against

    def diff(self, old: Any, new: Any) -> Any:
        """What turns `old` into `new`. Objects that are the same cost nothing."""
        if old is new:
            return None
        kind = type(new)
        if type(old) is kind:
            if kind in _LEAVES:
                if old == new and (new or repr(old) == repr(new)):
                    return None
                return self._figure(new) if kind is float else [new]
            if isinstance(new, tuple) and len(old) == len(new):
                return self._parts(old, new)
            if isinstance(new, Mapping) and list(old) == list(new):
                return self._parts(old.values(), new.values())
        return [to_plain(new)]

    def _parts(self, old: Any, new: Any) -> dict[int, Any] | None:
        found = {}
        for position, (before, after) in enumerate(zip(old, new, strict=True)):
            if before is not after:
                change = self.diff(before, after)
                if change is not None:
                    found[position] = change
        return found or None

    def _figure(self, value: float) -> Any:
        """The shortest form from which exactly this float comes back."""
        if not -_LARGEST < value < _LARGEST or value == 0.0:
            return [value]
        if -_NEAR_NS < value * _PER_S - self.base_ns < _NEAR_NS and value < _PER_S:
            near_ns = round(value * _PER_S)
            if near_ns / _PER_S == value:
                after_ns, self.base_ns = near_ns - self.base_ns, near_ns
                return after_ns
        if _single(value) == value:
            text = f"{value:.9g}"
            if len(text) < len(repr(value)) and _single(float(text)) == value:
                return text
        return [value]


class Patcher:
    """Undoes what a Differ has done."""

    def __init__(self) -> None:
        self.base_ns = 0

    def patched(self, old: Any, change: Any) -> Any:
        """The plain value after a change as JSON gives it back. Raises PlainError."""
        try:
            return self._patched(old, change)
        except (TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
            raise PlainError(f"a change that fits nothing: {error}") from error

    def _patched(self, old: Any, change: Any) -> Any:
        if change is None:
            return old
        if isinstance(change, list):
            (value,) = change
            return value
        if isinstance(change, str):
            return _single(float(change))
        if isinstance(change, int):
            self.base_ns += change
            return self.base_ns / _PER_S
        made = dict(old) if isinstance(old, dict) else list(old)
        keys = list(made) if isinstance(made, dict) else range(len(made))
        for position, part in change.items():
            key = keys[int(position)]
            made[key] = self._patched(made[key], part)
        return made


def _single(value: float) -> float:
    """The nearest float of 32 bits."""
    number: float = _SINGLE.unpack(_SINGLE.pack(value))[0]
    return number


def base_of(t_s: float) -> int:
    """The base of the row after one of this time."""
    return round(t_s * _PER_S)
