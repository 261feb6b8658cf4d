"""Plays a tape for many rows at once: in how many of them every guard turns out as recorded.

Guards that hang on the clock alone become one latest time. The rest is worked out by numpy, step
by step in the recorded order, which gives the same bits as the run that was recorded.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headworks.replay.rows import Floats
from headworks.replay.tape import Place, Tape

CLOCK = "t_s"
EDGE_S = 1e-4  # so near to the end of a time a row gets a scan of its own
UFUNCS: dict[str, Callable[..., Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "<": np.less,
    "<=": np.less_equal,
    "==": np.equal,
}
Column = Floats | float
Work = tuple[int, Callable[..., Any], Place, Place]


class Line(NamedTuple):
    """What a step is that hangs on the clock and on numbers that stay: slope * t_s + the rest."""

    slope: float
    offset: float
    stays: tuple[tuple[int, float], ...] = ()  # (input, how many times)

    def plus(self, other: "Line", sign: float) -> "Line":
        """The sum, or with sign -1 the difference."""
        stays = (*self.stays, *((n, sign * times) for n, times in other.stays))
        return Line(self.slope + sign * other.slope, self.offset + sign * other.offset, stays)


class Player:
    """A tape made ready.

    `moves` are inputs that change from row to row by what the tape itself finds: they have no
    column before their first pass. `first` are the places that those are made from.
    """

    def __init__(
        self, tape: Tape, stays: frozenset[str], first: Sequence[Place], wanted: Sequence[Place]
    ) -> None:
        self._inputs = tuple(tape.inputs)
        self._count = len(tape.steps)
        self._lines = _lines(tape, stays)
        self._ends: list[Line] = []  # those that hang on numbers of the memory too
        self.dead_s = float("inf")  # from here on a guard of the clock alone does not hold
        self._guards: list[tuple[Callable[..., Any], Place, Place, bool]] = []
        for (name, a, b), holds in tape.guards.items():
            self._take(name, a, b, holds)
        self._first, early = _needed(tape, first)
        places = [place for _, a, b, _ in self._guards for place in (a, b)]
        everything, late = _needed(tape, [*places, *wanted, *first])
        done = {work[0] for work in self._first}
        self._then = [work for work in everything if work[0] not in done]
        self.early = frozenset(self._inputs[n] for n in early)  # inputs of the first pass
        self.reads = frozenset(self._inputs[n] for n in late)

    def _take(self, name: str, a: Place, b: Place, holds: bool) -> None:
        left, right = self._line(a), self._line(b)
        if left is None or right is None or name == "==":
            self._guards.append((UFUNCS[name], a, b, holds))
            return
        slope = left.slope - right.slope  # of what must stay below 0, or above where it does not
        if not (slope > 0.0 if holds else slope < 0.0):
            return
        line = left.plus(right, -1.0)
        if line.stays:
            self._ends.append(line)
        else:
            self.dead_s = min(self.dead_s, -line.offset / line.slope - EDGE_S)

    def _line(self, place: Place) -> Line | None:
        is_step, n = place
        return self._lines.get(int(n)) if is_step else Line(0.0, n)

    def until_s(self, values: Mapping[str, float]) -> float:
        """The guards of the clock hold before this, for these numbers that stay."""
        found = self.dead_s
        for slope, offset, stays in self._ends:
            rest = offset + sum([times * values[self._inputs[n]] for n, times in stays])
            found = min(found, -rest / slope - EDGE_S)
        return found

    def begin(self, columns: Mapping[str, Column]) -> list[Any]:
        """The first pass: all that needs no number which moves. `columns` by input."""
        values: list[Any] = [columns.get(name) for name in self._inputs]
        values += [None] * (self._count - len(values))
        _work(self._first, values)
        return values

    def end(self, values: list[Any], moved: Mapping[str, Column], count: int) -> int:
        """The second pass; in how many of the first rows every guard turns out as recorded."""
        for n, name in enumerate(self._inputs):
            if name in moved:
                values[n] = moved[name]
        _work(self._then, values)
        good: NDArray[np.bool_] | bool = True
        for work, a, b, holds in self._guards:
            found = work(values[int(a[1])] if a[0] else a[1], values[int(b[1])] if b[0] else b[1])
            good = good & (found if holds else ~found)
        return count if np.all(good) else int(np.argmin(np.broadcast_to(good, count)))


def _work(steps: list[Work], values: list[Any]) -> None:
    for place, work, a, b in steps:
        values[place] = work(
            values[int(a[1])] if a[0] else a[1], values[int(b[1])] if b[0] else b[1]
        )


def _lines(tape: Tape, stays: frozenset[str]) -> dict[int, Line]:
    """The steps that hang on the clock and on what stays, as lines over the clock."""
    found = {n: Line(1.0, 0.0) for n, name in enumerate(tape.inputs) if name == CLOCK}
    found |= {n: Line(0.0, 0.0, ((n, 1.0),)) for n, name in enumerate(tape.inputs) if name in stays}
    for n, step in enumerate(tape.steps):
        if step is not None and step[0] in "+-":
            _, (a_is_step, x), (b_is_step, y) = step
            a = found.get(int(x)) if a_is_step else Line(0.0, x)
            b = None if a is None else found.get(int(y)) if b_is_step else Line(0.0, y)
            if a is not None and b is not None:
                found[n] = a.plus(b, 1.0 if step[0] == "+" else -1.0)
    return found


def _needed(tape: Tape, wanted: Sequence[Place]) -> tuple[list[Work], set[int]]:
    """The steps that the wanted places are made from, in the recorded order, and their inputs."""
    waiting = [int(n) for is_step, n in wanted if is_step]
    seen: set[int] = set()
    while waiting:
        n = waiting.pop()
        if n not in seen:
            seen.add(n)
            step = tape.steps[n]
            if step is not None:
                waiting += [int(x) for is_step, x in step[1:] if is_step]
    steps: list[Work] = []
    inputs: set[int] = set()
    for n in sorted(seen):
        step = tape.steps[n]
        if step is None:
            inputs.add(n)
        else:
            steps.append((n, UFUNCS[step[0]], step[1], step[2]))
    return steps, inputs
