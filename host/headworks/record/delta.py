"""What has changed between two values of the model, so that a scan costs few bytes and little time.

A change is None (the same), [plain] (all of it is new), true (a whole number that is one more),
{"position": change} for the parts of a tuple or mapping, and short forms of a float that are most
of a recording: a whole number is a time, in nanoseconds after the time before it; a text is a
figure of 32 bits, as meters send them, or which one it follows (see `moves`). The figures of a
mapping, such as all channels of a meter, stand together under "=" (see `singles`); those that are
not of 32 bits have changes of their own beside it. Exact in every case: 1, 1.0 and True differ,
and so do 0.0 and -0.0.
"""

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from headworks.record.moves import Moves, Names
from headworks.record.plain import PlainError
from headworks.record.shapes import BEGIN, END, ONE_MORE, Shapes, nested
from headworks.record.singles import TOGETHER, single, together, undone

_LEAVES = frozenset((float, int, str, bool))
_NEAR_NS = 4_000_000_000  # what is further away is no time of this scan
_PER_S = 1e9
_LARGEST = 3e38  # of 32 bits
_COUNT = range(sys.maxsize)  # positions


class Differ:
    """Makes changes, one after the other; `Patcher` must see the same ones in this order.

    What is new stands in a change as it is: tuples, texts and numbers, of which JSON makes plain
    ones, and structures that the writer of JSON must ask `to_plain` about. One for each file.
    """

    def __init__(self) -> None:
        self.base_ns = 0  # the time that times are told against
        self._names = Names()
        self._shapes = Shapes()
        self._path: list[int | str] = []
        self._leaves: list[Any] = []

    def row(self, old: Any, new: Any, t_s: float, first_hand: int) -> Any:
        """What turns a tuple into the new one, in the short form of `shapes`.

        `t_s` is the time of the new one. Figures of the part at `first_hand` are told in full,
        those of the others may follow them.
        """
        self._path, self._leaves = [], []
        for position, (before, after) in enumerate(zip(old, new, strict=True)):
            self._names.first_hand = position == first_hand
            self._part(position, before, after)
        self._names.first_hand = False
        self.next_row(t_s)
        return self._shapes.row(self._path, self._leaves)

    def next_row(self, t_s: float) -> None:
        """The row of this time is complete."""
        self.base_ns = round(t_s * _PER_S)
        self._names.next_row()

    def diff(self, old: Any, new: Any) -> Any:
        """What turns `old` into `new`. Objects that are the same cost nothing."""
        self._path, self._leaves = [], []
        self._part(0, old, new)
        change = nested(self._path, self._leaves)
        return None if change is None else change[0]

    def _part(self, position: int | str, old: Any, new: Any) -> None:
        """One part, where it has changed."""
        self._parts((position,), (old,), (new,))

    def _parts(
        self, positions: Iterable[int | str], old: Iterable[Any], new: Iterable[Any]
    ) -> None:
        """The parts that have changed; a scan has hundreds, so all is done here."""
        path, leaves = self._path, self._leaves
        for position, before, after in zip(positions, old, new, strict=False):
            if before is after:
                continue
            kind = type(after)
            leaf: Any
            if type(before) is not kind:
                leaf = [after]
            elif kind is float:
                if before == after and (after or repr(before) == repr(after)):
                    continue
                leaf = self._figure(before, after)
            elif kind in _LEAVES:
                if before == after:
                    continue
                if kind is int and after == before + 1:
                    path += ONE_MORE, position
                    continue
                leaf = [after]
            elif self._inside(position, kind, before, after):
                continue
            else:
                leaf = [after]
            path.append(position)
            leaves.append(leaf)

    def _inside(self, position: int | str, kind: type, before: Any, after: Any) -> bool:
        """The parts of a structure, where it still has the same ones."""
        path = self._path
        at = len(path)
        if issubclass(kind, tuple):
            if len(before) != len(after):
                return False
            path += BEGIN, position
            self._parts(_COUNT, before, after)
        elif kind is dict or issubclass(kind, Mapping):
            if list(before) != list(after):
                return False
            path += BEGIN, position
            self._mapped(tuple(before.values()), tuple(after.values()))
        else:
            return False
        if len(path) == at + 2:
            del path[at:]
        else:
            path.append(END)
        return True

    def _mapped(self, before: tuple[Any, ...], after: tuple[Any, ...]) -> None:
        again = self._names.again(before, after)
        found = together(before, after, again)
        if found is None:
            self._parts(_COUNT, before, after)
            return
        self._path.append(TOGETHER)
        self._leaves.append(found.text)
        for position in found.others:
            name = again.get(position)
            if name is None:
                self._part(position, before[position], after[position])
            else:
                self._path.append(position)
                self._leaves.append(name)

    def _figure(self, before: float, value: float) -> Any:
        """The shortest form from which exactly this float comes back."""
        if not -_LARGEST < value < _LARGEST or value == 0.0:
            self._names.add(before, value)
            return [value]
        if -_NEAR_NS < value * _PER_S - self.base_ns < _NEAR_NS and value < _PER_S:
            near_ns = round(value * _PER_S)
            if near_ns / _PER_S == value:
                after_ns, self.base_ns = near_ns - self.base_ns, near_ns
                return after_ns
        if not self._names.first_hand:
            name = self._names.name(before, value)
            if name is not None:
                return name
        self._names.add(before, value)
        # nine digits name one figure of 32 bits
        return f"{value:.9g}" if single(value) == value else [value]


class Patcher:
    """Undoes what a Differ has done."""

    def __init__(self) -> None:
        self.base_ns = 0
        self._moves = Moves()

    def next_row(self, t_s: float) -> None:
        """The row of this time is complete."""
        self.base_ns = round(t_s * _PER_S)
        self._moves.next_row()

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
            return self._told(old, value) if type(value) is float else value
        if isinstance(change, str):
            moved = self._moves.undone(old, change)
            return self._told(old, single(float(change))) if moved is None else moved
        if change is True:
            return old + 1
        if isinstance(change, int):
            self.base_ns += change
            return self.base_ns / _PER_S
        return self._parts(old, change)

    def _told(self, old: Any, value: float) -> float:
        """A figure that was told in full."""
        if type(old) is float:
            self._moves.add(old, value)
        return value

    def _parts(self, old: Any, change: Any) -> Any:
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
