"""A tape as a Python function of one row: None where a guard turns out otherwise.

For rows that change the memory now and then; many rows that do not are for `replay.player`.
"""

from collections.abc import Callable, Sequence
from typing import Any

from headworks.replay.tape import Place, Tape

Step = Callable[..., "tuple[float, ...] | None"]


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
