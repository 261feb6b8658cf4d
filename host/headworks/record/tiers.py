"""From scans to rows: the last value of every second, and min, mean and max of longer spans.

Pure: no file, no clock. Spans are of the monotonic clock, so a stepped wall clock moves nothing.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from headworks.record.packing import quantised
from headworks.record.stamp import WORST, Stamp


class Tier(NamedTuple):
    """One resolution. The finest keeps values as they were, the others three figures each."""

    name: str
    step_s: int

    @property
    def figures(self) -> int:
        """Numbers a channel and row."""
        return 1 if self.step_s == 1 else 3


TIERS = (Tier("1s", 1), Tier("10s", 10), Tier("60s", 60))


class Row(NamedTuple):
    """One finished span of a tier: thousandths by channel; `step` counts spans since boot.

    Of a coarse tier each channel has its minimum, and the mean and the maximum above that.
    """

    tier: Tier
    step: int
    stamp: Stamp
    values: Mapping[str, tuple[int | None, ...]]


class Spans:
    """One tier's span that is being filled."""

    def __init__(self, tier: Tier) -> None:
        self.tier = tier
        self._step: int | None = None
        self._stamp: Stamp | None = None
        self._seen: dict[str, list[int]] = {}  # min, sum, max, count; of the finest the value
        self._names: dict[str, None] = {}

    def add(self, stamp: Stamp, values: Mapping[str, float | None]) -> Iterator[Row]:
        """Take one scan; the row of the span before, where that has ended."""
        step = int(stamp.t_s // self.tier.step_s)
        if step != self._step:
            yield from self.finish()
            self._step, self._stamp = step, stamp
        elif self._stamp is not None:
            worst = min(self._stamp.clock, stamp.clock, key=WORST.index)
            self._stamp = self._stamp._replace(clock=worst)
        self._names.update(dict.fromkeys(values))
        if self.tier.step_s == 1:
            self._seen = {n: [q] for n, v in values.items() if (q := quantised(v)) is not None}
        else:
            self._gather(values)

    def finish(self) -> Iterator[Row]:
        """The row of the span so far; then nothing is left."""
        if self._step is not None and self._stamp is not None:
            nothing = (None,) * self.tier.figures
            told = {name: self._told(name) or nothing for name in self._names}
            yield Row(self.tier, self._step, self._stamp, told)
        self._step, self._stamp, self._seen, self._names = None, None, {}, {}

    def _gather(self, values: Mapping[str, float | None]) -> None:
        for name, value in values.items():
            number = quantised(value)
            if number is None:
                continue
            seen = self._seen.get(name)
            if seen is None:
                self._seen[name] = [number, number, number, 1]
                continue
            seen[0] = min(seen[0], number)
            seen[1] += number
            seen[2] = max(seen[2], number)
            seen[3] += 1

    def _told(self, name: str) -> tuple[int | None, ...]:
        seen = self._seen.get(name)
        if seen is None or self.tier.step_s == 1:
            return tuple(seen or ())
        least, total, most, count = seen
        return least, round(total / count) - least, most - least
