"""A tape as a function of one row: None where a guard turns out otherwise.

`Stepped` goes through the steps one by one; `coded` is a Python function, which is six times as
fast and takes as long to make as a hundred rows. Both do the same operations in the same order.

For rows that change the memory now and then; many rows that do not are for `replay.player`.
"""

from collections.abc import Callable, Sequence
from typing import Any

from headworks.replay.tape import OPERATIONS, Place, Tape

Step = Callable[..., "tuple[float, ...] | None"]


Work = tuple[Callable[[Any, Any], Any], Place, Place, Place, bool]  # where to, sides, a guard's way
GUARD = -1  # in the place of a result


class Stepped:
    """The steps of a tape as a list, worked off for each row."""

    def __init__(self, tape: Tape, arguments: Sequence[str], outputs: Sequence[Place]) -> None:
        at = {name: n for n, name in enumerate(arguments)}
        self._takes = [at[name] for name in tape.inputs]
        self._rest = [None] * (len(tape.steps) - len(self._takes)) + tape.constants[::-1]
        self._work: list[Work] = []
        done = set(range(len(self._takes)))
        for guards in (tape.timed, tape.guards):
            for (name, a, b), holds in guards.items():
                self._reach(tape, (a, b), done)
                self._work.append((OPERATIONS[name], GUARD, a, b, holds))
        self._reach(tape, outputs, done)
        self._outputs = tuple(outputs)

    def _reach(self, tape: Tape, places: Sequence[Place], done: set[Place]) -> None:
        """Add the steps that the places are made from, as far as they are not there yet."""
        for place in places:
            if place >= 0 and place not in done:
                done.add(place)
                step = tape.steps[place]
                if step is not None:
                    name, a, b = step
                    self._reach(tape, (a, b), done)
                    self._work.append((OPERATIONS[name], place, a, b, True))

    def __call__(self, *given: float | None) -> tuple[float, ...] | None:
        """What the outputs are; None where a guard turns out otherwise."""
        values: list[Any] = [given[n] for n in self._takes]
        values += self._rest
        for work, to, a, b, holds in self._work:
            found = work(values[a], values[b])
            if to >= 0:
                values[to] = found
            elif found is not holds:
                return None
        return tuple([values[n] for n in self._outputs])


def coded(tape: Tape, arguments: Sequence[str], outputs: Sequence[Place]) -> Step:
    """The function of `arguments` (names of inputs, and more) to the outputs."""
    lines = [f"def step({', '.join(arguments)}):"]
    done = set(range(len(tape.inputs)))
    for guards in (tape.timed, tape.guards):
        for (name, a, b), holds in guards.items():
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


def _steps(tape: Tape, place: Place, done: set[Place], lines: list[str]) -> None:
    """The lines of a step that is not there yet, with those that it needs."""
    if place < 0 or place in done:
        return
    done.add(place)
    step = tape.steps[place]
    if step is not None:
        name, a, b = step
        _steps(tape, a, done, lines)
        _steps(tape, b, done, lines)
        lines.append(f" s{place} = {_text(tape, a)} {name} {_text(tape, b)}")


def _text(tape: Tape, place: Place) -> str:
    if place < 0:
        number = tape.constants[-1 - place]
        return f"({number!r})" if number < 0.0 else repr(number)
    return tape.inputs[place] if place < len(tape.inputs) else f"s{place}"
