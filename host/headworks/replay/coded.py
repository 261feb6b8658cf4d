"""A tape as a function of one row: None where a guard turns out otherwise.

`Stepped` goes through the steps one by one; `coded` is a Python function, which is six times as
fast and takes as long to make as a hundred rows. Both do the same operations in the same order.

For rows that change the memory now and then; many rows that do not are for `replay.player`.
"""

from collections.abc import Callable, Sequence
from typing import Any

from headworks.replay.tape import OPERATIONS, Place, Tape

Step = Callable[..., "tuple[float, ...] | None"]


Work = tuple[Callable[[Any, Any], Any], int, int, int, bool]  # operation, result, operands, guard
GUARD = -1  # in the place of a result


class Stepped:
    """The steps of a tape as a list, worked off for each row."""

    def __init__(self, tape: Tape, arguments: Sequence[str], outputs: Sequence[Place]) -> None:
        at = {name: n for n, name in enumerate(arguments)}
        self._takes = [at[name] for name in tape.inputs]
        self._rest: list[Any] = [None] * (len(tape.steps) - len(self._takes))
        self._work: list[Work] = []
        self._done = set(range(len(self._takes)))
        for (name, a, b), holds in tape.guards.items():
            self._work.append(
                (OPERATIONS[name], GUARD, self._of(tape, a), self._of(tape, b), holds)
            )
        self._found = [self._of(tape, place) for place in outputs]

    def _of(self, tape: Tape, place: Place) -> int:
        """Where a value stands once its steps were done; a constant gets a place of its own."""
        is_step, number = place
        if not is_step:
            self._rest.append(number)
            return len(self._takes) + len(self._rest) - 1
        n = int(number)
        if n not in self._done:
            self._done.add(n)
            step = tape.steps[n]
            if step is not None:
                name, a, b = step
                left, right = self._of(tape, a), self._of(tape, b)
                self._work.append((OPERATIONS[name], n, left, right, True))
        return n

    def __call__(self, *given: float | None) -> tuple[float, ...] | None:
        """What the outputs are; None where a guard turns out otherwise."""
        values = [given[n] for n in self._takes] + self._rest
        for work, to, a, b, holds in self._work:
            found = work(values[a], values[b])
            if to >= 0:
                values[to] = found
            elif found is not holds:
                return None
        return tuple([values[n] for n in self._found])


def coded(tape: Tape, arguments: Sequence[str], outputs: Sequence[Place]) -> Step:
    """The function of `arguments` (names of inputs, and more) to the outputs."""
    lines = [f"def step({', '.join(arguments)}):"]
    done = set(range(len(tape.inputs)))
    for (name, a, b), holds in tape.guards.items():
        for place in (a, b):
            _steps(tape, place, done, lines)
        says = f"{_text(tape, a)} {name} {_text(tape, b)}"
        lines.append(f" if {f'not {says}' if holds else says}: return None")
    for place in outputs:
        _steps(tape, place, done, lines)
    lines.append(f" return ({''.join(f'{_text(tape, place)}, ' for place in outputs)})")
    found: dict[str, Any] = {"inf": float("inf")}
    exec("\n".join(lines), found)  # made of the names and numbers of this tape alone
    step: Step = found["step"]
    return step


def _steps(tape: Tape, place: Place, done: set[int], lines: list[str]) -> None:
    """The lines of a step that is not there yet, with those that it needs."""
    is_step, number = place
    n = int(number)
    if not is_step or n in done:
        return
    done.add(n)
    step = tape.steps[n]
    if step is not None:
        _steps(tape, step[1], done, lines)
        _steps(tape, step[2], done, lines)
        lines.append(f" s{n} = {_text(tape, step[1])} {step[0]} {_text(tape, step[2])}")


def _text(tape: Tape, place: Place) -> str:
    is_step, number = place
    if not is_step:
        return f"({number!r})" if number < 0.0 else repr(number)
    n = int(number)
    return tape.inputs[n] if n < len(tape.inputs) else f"s{n}"
