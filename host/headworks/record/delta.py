"""What has changed between two values of the model, so that a scan costs few bytes and little time.

A change is None (the same), [plain] (all of it is new), {"position": change} for the parts of a
tuple or mapping, and two short forms of a float that are most of a recording: a whole number is
a time, in nanoseconds after the time before it; a text is a figure of 32 bits, as meters send
them. The figures of a mapping, such as all channels of a meter, stand together under "=" (see
`singles`); those that are not of 32 bits have changes of their own beside it. Exact in every
case: 1, 1.0 and True differ, and so do 0.0 and -0.0.
"""

from collections.abc import Mapping
from typing import Any

from headworks.record.plain import PlainError
from headworks.record.singles import TOGETHER, single, together, undone

_LEAVES = frozenset((float, int, str, bool))
_NEAR_NS = 4_000_000_000  # what is further away is no time of this scan
_PER_S = 1e9
_LARGEST = 3e38  # of 32 bits


class Differ:
    """Makes changes, one after the other; `Patcher` must see the same ones in this order.

    What is new stands in a change as it is: tuples, texts and numbers, of which JSON makes plain
    ones, and structures that the writer of JSON must ask `to_plain` about.
    """

    def __init__(self) -> None:
        self.base_ns = 0  # the time that times are told against

    def diff(self, old: Any, new: Any) -> Any:
        """What turns `old` into `new`. Objects that are the same cost nothing."""
        parts = self._parts((old,), (new,))
        return None if parts is None else parts[0]

    def _parts(self, old: Any, new: Any) -> dict[int | str, Any] | None:
        """The parts that have changed, by position; a scan has hundreds, so all is done here."""
        found: dict[int | str, Any] = {}
        for position, (before, after) in enumerate(zip(old, new, strict=True)):
            if before is after:
                continue
            kind = type(after)
            change: Any = None
            if type(before) is not kind:
                change = [after]
            elif kind is float:
                if before != after or (not after and repr(before) != repr(after)):
                    change = self._figure(after)
            elif kind in _LEAVES:
                change = None if before == after else [after]
            elif issubclass(kind, tuple):
                change = self._parts(before, after) if len(before) == len(after) else [after]
            elif kind is dict or issubclass(kind, Mapping):
                change = self._mapped(before, after)
            else:
                change = [after]
            if change is not None:
                found[position] = change
        return found or None

    def _mapped(self, old: Mapping[Any, Any], new: Mapping[Any, Any]) -> Any:
        if list(old) != list(new):
            return [new]
        before, after = tuple(old.values()), tuple(new.values())
        found = together(before, after)
        if found is None:
            return self._parts(before, after)
        change: dict[int | str, Any] = {TOGETHER: found.text}
        for position in found.others:
            change[position] = self.diff(before[position], after[position])
        return change

    def _figure(self, value: float) -> Any:
        """The shortest form from which exactly this float comes back."""
        if not -_LARGEST < value < _LARGEST or value == 0.0:
            return [value]
        if -_NEAR_NS < value * _PER_S - self.base_ns < _NEAR_NS and value < _PER_S:
            near_ns = round(value * _PER_S)
            if near_ns / _PER_S == value:
                after_ns, self.base_ns = near_ns - self.base_ns, near_ns
                return after_ns
        # nine digits name one figure of 32 bits
        return f"{value:.9g}" if single(value) == value else [value]


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
            return single(float(change))
        if isinstance(change, int):
            self.base_ns += change
            return self.base_ns / _PER_S
        made = dict(old) if isinstance(old, dict) else list(old)
        keys = list(made) if isinstance(made, dict) else range(len(made))
        before = [made[key] for key in keys]
        if TOGETHER in change:
            for key, value in zip(keys, undone(before, change[TOGETHER]), strict=True):
                made[key] = value
        for position, part in change.items():
            if position != TOGETHER:
                made[keys[int(position)]] = self._patched(before[int(position)], part)
        return made


def base_of(t_s: float) -> int:
    """The base of the row after one of this time."""
    return round(t_s * _PER_S)
