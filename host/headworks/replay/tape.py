"""Numbers that write down what is done with them, so that one scan can be repeated for many rows.

A `Num` behaves like the float that it stands for. Every sum goes on the tape as a step, and every
comparison as a guard: the way it turned out. As long as all guards turn out the same, a run of
the same code on other numbers makes the same steps, so the tape says what it would find, to the
last bit. What a `Num` cannot do raises TypeError; nothing is guessed.
"""

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

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


class Step(NamedTuple):
    """One operation on two places."""

    name: str
    a: Place
    b: Place


class Tape:
    """The steps and guards of one run. The first steps are the inputs."""

    def __init__(self) -> None:
        self.inputs: list[str] = []
        self.steps: list[Step | None] = []  # None for an input
        self.guards: dict[tuple[str, Place, Place], bool] = {}
        self._known: dict[Step, int] = {}

    def input(self, name: str, value: float) -> "Num":
        """A number that may be another in another row. All inputs come before any step."""
        self.inputs.append(name)
        self.steps.append(None)
        return Num(self, len(self.steps) - 1, value)

    def step(self, name: str, a: Place, b: Place, value: float) -> "Num":
        """The result of an operation; the same operation twice is one step."""
        new = Step(name, a, b)
        place = self._known.get(new)
        if place is None:
            place = self._known[new] = len(self.steps)
            self.steps.append(new)
        return Num(self, place, value)


class Num:
    """A float on a tape."""

    __slots__ = ("place", "tape", "value")
    __hash__ = None  # type: ignore[assignment]  # equal numbers may be unequal in another row

    def __init__(self, tape: Tape, place: int, value: float) -> None:
        self.tape, self.place, self.value = tape, place, value

    def _do(self, name: str, a: object, b: object) -> Any:
        left, right = place_of(a), place_of(b)
        if left is None or right is None:
            return NotImplemented
        value = OPERATIONS[name](_value(a), _value(b))
        if name == "-" and left == right:
            return 0.0
        if value in INFINITE and name in "+-":
            return float(value)  # one side is "never"; the other is finite in every row
        return self.tape.step(name, left, right, value)

    def _ask(self, name: str, a: object, b: object) -> Any:
        left, right = place_of(a), place_of(b)
        if left is None or right is None:
            return NotImplemented
        found = bool(OPERATIONS[name](_value(a), _value(b)))
        if left != right and _value(a) not in INFINITE and _value(b) not in INFINITE:
            self.tape.guards[name, left, right] = found
        return found

    def __add__(self, other: object) -> Any:
        return self._do("+", self, other)

    def __radd__(self, other: object) -> Any:
        if other == 0:  # the start of every sum
            return self
        return self._do("+", other, self)

    def __sub__(self, other: object) -> Any:
        return self._do("-", self, other)

    def __rsub__(self, other: object) -> Any:
        return self._do("-", other, self)

    def __mul__(self, other: object) -> Any:
        return self._do("*", self, other)

    def __rmul__(self, other: object) -> Any:
        return self._do("*", other, self)

    def __truediv__(self, other: object) -> Any:
        return self._do("/", self, other)

    def __rtruediv__(self, other: object) -> Any:
        return self._do("/", other, self)

    def __neg__(self) -> Any:
        return self._do("*", self, -1.0)

    def __abs__(self) -> Any:
        return -self if self < 0.0 else self

    def __lt__(self, other: object) -> Any:
        return self._ask("<", self, other)

    def __le__(self, other: object) -> Any:
        return self._ask("<=", self, other)

    def __gt__(self, other: object) -> Any:
        return self._ask("<", other, self)

    def __ge__(self, other: object) -> Any:
        return self._ask("<=", other, self)

    def __eq__(self, other: object) -> Any:
        return self._ask("==", self, other)

    def __ne__(self, other: object) -> Any:
        found = self._ask("==", self, other)
        return found if found is NotImplemented else not found

    def __bool__(self) -> bool:
        return not self._ask("==", self, 0.0)


def place_of(what: object) -> Place | None:
    """Where a number is on its tape, or the constant that it is; None for anything else."""
    if isinstance(what, Num):
        return True, what.place
    if isinstance(what, int | float) and not isinstance(what, bool):
        return False, float(what)
    return None


def _value(what: Any) -> Any:
    return what.value if isinstance(what, Num) else what
