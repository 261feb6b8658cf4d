"""Numbers that write down what is done with them, so that one scan can be repeated for many rows.

A `Num` behaves like the float that it stands for. Every sum goes on the tape as a step, and every
comparison as a guard: the way it turned out. As long as all guards turn out the same, a run of
the same code on other numbers makes the same steps, so the tape says what it would find, to the
last bit. What a `Num` cannot do raises TypeError; nothing is guessed.
"""

import operator
from collections.abc import Callable
from typing import Any

INFINITE = (float("inf"), float("-inf"))
OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
}
Place = tuple[bool, float]  # (whether it is a step of the tape, which one or the constant)
Step = tuple[str, Place, Place]  # an operation on two places


class Tape:
    """The steps and guards of one run. The first steps are the inputs."""

    def __init__(self) -> None:
        self.inputs: list[str] = []
        self.steps: list[Step | None] = []  # None for an input
        self.guards: dict[Step, bool] = {}  # comparisons, and how they turned out
        self._known: dict[Step, Num] = {}

    def input(self, name: str, value: float) -> "Num":
        """A number that may be another in another row. All inputs come before any step."""
        self.inputs.append(name)
        self.steps.append(None)
        return Num(self, len(self.steps) - 1, value)

    def step(self, step: Step, value: float) -> "Num":
        """The result of an operation; the same operation twice is one step."""
        found = self._known.get(step)
        if found is None:
            self.steps.append(step)
            found = self._known[step] = Num(self, len(self.steps) - 1, value)
        return found


class Num:
    """A float on a tape. `at` is its place there."""

    __slots__ = ("at", "tape", "value")
    __hash__ = None  # type: ignore[assignment]  # equal numbers may be unequal in another row

    def __init__(self, tape: Tape, place: int, value: float) -> None:
        at: Place = (True, place)
        self.tape, self.at, self.value = tape, at, value

    def _do(self, name: str, other: Any, swapped: bool = False) -> Any:
        kind = type(other)
        if kind is Num:
            at, value = other.at, other.value
        elif kind is float or kind is int:
            at, value = (False, float(other)), other
        else:
            return NotImplemented
        if swapped:
            step, value = (name, at, self.at), OPERATIONS[name](value, self.value)
        else:
            step, value = (name, self.at, at), OPERATIONS[name](self.value, value)
        if name in "+-":
            if name == "-" and at == self.at:
                return 0.0
            if value in INFINITE:
                return value  # one side is "never"; the other is finite in every row
        return self.tape.step(step, value)

    def _ask(self, name: str, other: Any, swapped: bool = False) -> Any:
        kind = type(other)
        if kind is Num:
            at, value = other.at, other.value
        elif kind is float or kind is int:
            at, value = (False, float(other)), other
        else:
            return NotImplemented
        if swapped:
            guard, found = (name, at, self.at), OPERATIONS[name](value, self.value)
        else:
            guard, found = (name, self.at, at), OPERATIONS[name](self.value, value)
        if at != self.at and value not in INFINITE:
            self.tape.guards[guard] = found
        return found

    def __add__(self, other: object) -> Any:
        return self._do("+", other)

    def __radd__(self, other: object) -> Any:
        if other == 0:  # the start of every sum
            return self
        return self._do("+", other, swapped=True)

    def __sub__(self, other: object) -> Any:
        return self._do("-", other)

    def __rsub__(self, other: object) -> Any:
        return self._do("-", other, swapped=True)

    def __mul__(self, other: object) -> Any:
        return self._do("*", other)

    def __rmul__(self, other: object) -> Any:
        return self._do("*", other, swapped=True)

    def __truediv__(self, other: object) -> Any:
        return self._do("/", other)

    def __rtruediv__(self, other: object) -> Any:
        return self._do("/", other, swapped=True)

    def __neg__(self) -> Any:
        return self._do("*", -1.0)

    def __abs__(self) -> Any:
        return -self if self < 0.0 else self

    def __lt__(self, other: object) -> Any:
        return self._ask("<", other)

    def __le__(self, other: object) -> Any:
        return self._ask("<=", other)

    def __gt__(self, other: object) -> Any:
        return self._ask("<", other, swapped=True)

    def __ge__(self, other: object) -> Any:
        return self._ask("<=", other, swapped=True)

    def __eq__(self, other: object) -> Any:
        return self._ask("==", other)

    def __ne__(self, other: object) -> Any:
        found = self._ask("==", other)
        return found if found is NotImplemented else not found

    def __bool__(self) -> bool:
        return not self._ask("==", 0.0)


def place_of(what: Any) -> Place | None:
    """Where a number is on its tape, or the constant that it is; None for anything else."""
    kind = type(what)
    if kind is Num:
        found: Place = what.at
        return found
    if kind is float:
        return False, what
    return (False, float(what)) if kind is int else None
