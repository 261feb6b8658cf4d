"""Plays a tape for many rows at once: in how many of them every guard turns out as recorded.

Guards that hang on the clock alone become one latest time. The rest is worked out by numpy, step
by step in the recorded order, which gives the same bits as the run that was recorded.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf, nextafter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headworks.replay.rows import Floats
from headworks.replay.tape import EDGE_S, Place, Tape

CLOCK = "t_s"
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
Work = tuple[Place, Callable[..., Any], Place, Place]


class Bounds(NamedTuple):
    """Guards that compare one place with constants: the least and the most that it may be."""

    place: Place
    least: float
    most: float


class Player:
    """A tape made ready.

    Inputs that change from row to row by what the tape itself finds have no column before their
    first pass. `first` are the places that those are made from.
    """

    def __init__(self, tape: Tape, first: Sequence[Place], wanted: Sequence[Place]) -> None:
        self._tape = tape
        self._rest = [None] * (len(tape.steps) - len(tape.inputs)) + tape.constants[::-1]
        self._bounds, self._guards = _parted(tape)
        self._first, early = _needed(tape, first)
        places = [bounds.place for bounds in self._bounds]
        places += [place for _, a, b, _ in self._guards for place in (a, b)]
        everything, late = _needed(tape, [*places, *wanted, *first])
        done = {work[0] for work in self._first}
        self._then = [work for work in everything if work[0] not in done]
        self.early = frozenset([tape.inputs[n] for n in early])  # inputs of the first pass
        self.reads = frozenset([tape.inputs[n] for n in late])
        self._lines: list[Work] | None = None

    def until_s(self, values: Mapping[str, float]) -> float:
        """The guards of the clock hold before this, for these numbers that stay and this time."""
        tape = self._tape
        if self._lines is None:
            self._lines = _needed(tape, [place for a, b, _ in tape.drifts for place in (a, b)])[0]
        found = self.begin(values, self._lines)
        ends = [(found[b] - found[a]) / slope for a, b, slope in tape.drifts]
        return values[CLOCK] + min(ends, default=inf) - EDGE_S

    def begin(self, columns: Mapping[str, Column], steps: list[Work] | None = None) -> list[Any]:
        """The first pass: all that needs no number which moves. `columns` by input."""
        values: list[Any] = [columns.get(name) for name in self._tape.inputs]
        values += self._rest
        _work(self._first if steps is None else steps, values)
        return values

    def end(self, values: list[Any], moved: Mapping[str, Column], count: int) -> int:
        """The second pass; in how many of the first rows every guard turns out as recorded."""
        for n, name in enumerate(self._tape.inputs):
            if name in moved:
                values[n] = moved[name]
        _work(self._then, values)
        good: NDArray[np.bool_] | bool = True
        for place, least, most in self._bounds:
            if least != -inf:
                good = good & (values[place] >= least)
            if most != inf:
                good = good & (values[place] <= most)
        for work, a, b, holds in self._guards:
            found = work(values[a], values[b])
            good = good & (found if holds else ~found)
        return count if np.all(good) else int(np.argmin(np.broadcast_to(good, count)))


def _work(steps: list[Work], values: list[Any]) -> None:
    for place, work, a, b in steps:
        values[place] = work(values[a], values[b])


def _parted(
    tape: Tape,
) -> tuple[list[Bounds], list[tuple[Callable[..., Any], Place, Place, bool]]]:
    """The guards of the rows: those against constants as bounds, and the others."""
    bounds: dict[Place, tuple[float, float]] = {}
    others = []
    for (name, a, b), holds in tape.guards.items():
        if name == "==" or (a >= 0 and b >= 0):
            others.append((UFUNCS[name], a, b, holds))
            continue
        place, constant = (b, tape.constants[-1 - a]) if a < 0 else (a, tape.constants[-1 - b])
        above = (a < 0) is holds  # whether the place must be above the constant
        away = inf if above else -inf
        if (name == "<") is holds:
            constant = nextafter(constant, away)
        least, most = bounds.get(place, (-inf, inf))
        if above:
            bounds[place] = max(least, constant), most
        else:
            bounds[place] = least, min(most, constant)
    return [Bounds(place, *both) for place, both in bounds.items()], others


def _needed(tape: Tape, wanted: Iterable[Place]) -> tuple[list[Work], list[Place]]:
    """The steps that the wanted places are made from, in the recorded order, and their inputs."""
    waiting = [place for place in wanted if place >= 0]
    seen: set[Place] = set()
    all_steps = tape.steps
    while waiting:
        n = waiting.pop()
        if n not in seen:
            seen.add(n)
            step = all_steps[n]
            if step is not None:
                waiting += [place for place in step[1:] if place >= 0]
    steps: list[Work] = []
    inputs: list[Place] = []
    for n in sorted(seen):
        step = all_steps[n]
        if step is None:
            inputs.append(n)
        else:
            steps.append((n, UFUNCS[step[0]], step[1], step[2]))
    return steps, inputs
