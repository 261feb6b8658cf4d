"""From scans to rows: the last value of every second, and min, mean and max of longer spans.

Pure: no file, no clock. Spans are of the monotonic clock, so a stepped wall clock moves nothing.
The long tiers are made of the rows of minutes, in which each minute counts alike: whoever looks at
a month or at a year reads a hundredth of its minutes, and no scan pays for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from headworks.record.stamp import WORST, Stamp


class Tier(NamedTuple):
    """One resolution. The finest keeps values as they were, the others three figures each."""

    name: str
    step_s: int

    @property
    def figures(self) -> int:
        """Numbers a channel and row."""
        return 1 if self.step_s == 1 else 3


SCANNED = (Tier("1s", 1), Tier("10s", 10), Tier("60s", 60))  # made of scans
LONG = (Tier("600s", 600), Tier("3600s", 3600))  # made of the rows of the last of these
TIERS = SCANNED + LONG


def tier_named(name: str) -> Tier:
    """The tier. Raises KeyError."""
    return {tier.name: tier for tier in TIERS}[name]


class Row(NamedTuple):
    """One finished span of a tier: thousandths by channel; `step` counts spans since boot.

    Of a coarse tier a channel has its minimum, and the mean and the maximum above that.
    """

    tier: Tier
    step: int
    stamp: Stamp
    values: Mapping[str, int | tuple[int, int, int] | None]


class Spans:
    """One tier's span that is being filled.

    Scans are only put by; the figures are made of all of them at once when the span ends.
    """

    def __init__(self, tier: Tier) -> None:
        self.tier = tier
        self._step: int | None = None
        self._stamp: Stamp | None = None
        self._put_by: list[Mapping[str, int | None]] = []  # of the finest tier the newest alone
        self._seen: dict[str, list[int] | None] = {}  # min, sum, max, count; None is unknown

    def add(self, stamp: Stamp, numbers: Mapping[str, int | None]) -> Iterator[Row]:
        """Take a scan's thousandths; the row of the span before, where that has ended."""
        step = int(stamp.t_s // self.tier.step_s)
        if step != self._step:
            yield from self.finish()
            self._step, self._stamp = step, stamp
        elif self._stamp is not None:
            worst = min(self._stamp.clock, stamp.clock, key=WORST.index)
            self._stamp = self._stamp._replace(clock=worst)
        if self.tier.step_s == 1:
            self._put_by.clear()
        self._put_by.append(numbers)

    def finish(self) -> Iterator[Row]:
        """The row of the span so far; then nothing is left."""
        if self._step is not None and self._stamp is not None:
            told: Mapping[str, Any] = self._put_by[-1] if self._put_by else {}
            if self.tier.step_s > 1:
                told = _gathered(self._put_by) or {
                    name: seen and _above(seen) for name, seen in self._seen.items()
                }
            yield Row(self.tier, self._step, self._stamp, told)
        self._step, self._stamp, self._seen, self._put_by = None, None, {}, []

    def merge(self, row: Row) -> Iterator[Row]:
        """Take a finished row of a finer tier; the row of the span before, where that has ended."""
        step, begun = row.step * row.tier.step_s // self.tier.step_s, self._stamp
        if begun is None or step != self._step or row.stamp.stepped(begun.t_s, begun.wall_s):
            yield from self.finish()  # what came before the clock was set keeps its own time
            self._step, self._stamp = step, row.stamp
        else:
            worst = min(begun.clock, row.stamp.clock, key=WORST.index)
            self._stamp = begun._replace(clock=worst)
        for name, three in row.values.items():
            if isinstance(three, tuple):
                self._widen(name, *three)
            else:
                self._seen.setdefault(name, None)

    def _widen(self, name: str, least: int, mean: int, most: int) -> None:
        seen = self._seen.get(name)
        if seen is None:
            self._seen[name] = [least, least + mean, least + most, 1]
            return
        seen[0], seen[2] = min(seen[0], least), max(seen[2], least + most)
        seen[1] += least + mean
        seen[3] += 1


def _gathered(scans: Sequence[Mapping[str, int | None]]) -> dict[str, tuple[int, int, int] | None]:
    """The figures of each channel that was there at least once, of all its scans at once."""
    if not scans:
        return {}
    names = list(scans[0])
    if all(list(numbers) == names for numbers in scans):
        columns = zip(*(numbers.values() for numbers in scans), strict=True)
        return {name: _figures(column) for name, column in zip(names, columns, strict=True)}
    told: dict[str, list[int | None]] = {}
    for numbers in scans:
        for name, number in numbers.items():
            told.setdefault(name, []).append(number)
    return {name: _figures(column) for name, column in told.items()}


def _figures(column: Sequence[int | None]) -> tuple[int, int, int] | None:
    """Minimum, and mean and maximum above it; None where nothing is known."""
    known = [number for number in column if number is not None]
    if not known:
        return None
    return _above([min(known), sum(known), max(known), len(known)])


def _above(seen: list[int]) -> tuple[int, int, int]:
    least, total, most, count = seen
    return least, round(total / count) - least, most - least
