"""Numbers that write down what is done with them, so that one scan can be repeated for many rows.

A `Num` behaves like the float that it stands for. Every sum goes on the tape as a step, and every
comparison as a guard: the way it turned out. As long as all guards turn out the same, a run of
the same code on other numbers makes the same steps, so the tape says what it would find, to the
last bit. What a `Num` cannot do raises TypeError; nothing is guessed.

A number that hangs on the clock alone is a line over time. A guard between two of those holds
until the lines meet, so it needs no look at each row: the tape keeps when the first one ends.
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
EDGE_S = 1e-4  # so near to the end of a time a row gets a scan of its own
Place = int  # of a step; below 0 of a constant: -1 is the first one
Step = tuple[str, Place, Place]  # an operation on two places


class Tape:
    """The steps and guards of one run. The first steps are the inputs.

    `guards` are comparisons that need a look at each row, `timed` those that hang on the clock
    and on numbers that stay, each with how it turned out. `drifts` are the timed ones that will
    end: (place, place, how fast their difference grows); the first does so at `until_s`.
    `dead_s` is the same for those that hang on the clock alone, whatever else stays.
    """

    def __init__(self, t_s: float) -> None:
        self.t_s = t_s
        self.inputs: list[str] = []
        self.steps: list[Step | None] = []  # None for an input
        self.constants: list[float] = []
        self.guards: dict[Step, bool] = {}
        self.timed: dict[Step, bool] = {}
        self.drifts: list[tuple[Place, Place, float]] = []
        self.until_s = self.dead_s = float("inf")
        self._known: dict[Step, Num] = {}
        self._places: dict[float, Place] = {}

    def input(self, name: str, value: float, rate: float | None) -> "Num":
        """A number that may be another in another row. All inputs come before any step.

        `rate`: how much it grows in a second; None if that is not known, 0 for one that stays
        while the decision stands, and may be another the next time.
        """
        self.inputs.append(name)
        self.steps.append(None)
        return Num(self, len(self.steps) - 1, value, rate, rate == 0.0)

    def constant(self, value: float) -> Place:
        """The place of a constant."""
        place = self._places.get(value)
        if place is None:
            self.constants.append(float(value))
            place = self._places[value] = -len(self.constants)
        return place

    def place_of(self, number: Any) -> Place:
        """Where a number is, or the constant that it is."""
        if type(number) is Num:
            found: Place = number.at
            return found
        return self.constant(number)

    def end(self) -> None:
        """Nothing more comes. Numbers and tape no longer hold each other in memory."""
        self._known.clear()

    def step(self, step: Step, value: float, rate: float | None, stays: bool) -> "Num":
        """The result of an operation; the same operation twice is one step."""
        found = self._known.get(step)
        if found is None:
            self.steps.append(step)
            found = self._known[step] = Num(self, len(self.steps) - 1, value, rate, stays)
        return found

    def time(self, guard: Step, holds: bool, apart: float, slope: float, stays: bool) -> None:
        """A guard that hangs on the clock: its sides are `apart`, which grows by `slope`."""
        if guard in self.timed:
            return
        self.timed[guard] = holds
        if slope > 0.0 if holds else slope < 0.0:
            end_s = self.t_s - apart / slope - EDGE_S
            self.drifts.append((guard[1], guard[2], slope))
            self.until_s = min(self.until_s, end_s)
            if not stays:
                self.dead_s = min(self.dead_s, end_s)


def _reckons(name: str, *, swapped: bool = False) -> Callable[["Num", object], Any]:
    """The method of an operation. `swapped`: the number is on the right."""
    work, is_sum, takes = OPERATIONS[name], name in "+-", name == "-"

    def method(self: "Num", other: Any) -> Any:
        if takes and other is self:
            return 0.0
        kind = type(other)
        if kind is Num:
            at, y, y_rate, stays = other.at, other.value, other.rate, self.stays or other.stays
        elif kind is float or kind is int:
            at, y, y_rate, stays = self.tape.constant(other), other, 0.0, self.stays
        else:
            return NotImplemented
        a, x, x_rate = self.at, self.value, self.rate
        if swapped:
            a, x, x_rate, at, y, y_rate = at, y, y_rate, a, x, x_rate
        value, rate = work(x, y), None
        if is_sum:
            if a == at and takes:
                return 0.0
            if value in INFINITE:
                return value  # one side is "never"; the other is finite in every row
            if x_rate is not None and y_rate is not None:
                rate = work(x_rate, y_rate)
        elif x_rate == 0.0 == y_rate:
            rate = 0.0
        return self.tape.step((name, a, at), value, rate, stays)

    return method


def _compares(name: str, *, swapped: bool = False) -> Callable[["Num", object], Any]:
    """The method of a comparison, which becomes a guard unless it cannot turn out otherwise."""
    work, equals = OPERATIONS[name], name == "=="

    def method(self: "Num", other: Any) -> Any:
        kind = type(other)
        if kind is Num:
            at, y, y_rate, stays = other.at, other.value, other.rate, self.stays or other.stays
        elif kind is float or kind is int:
            if other in INFINITE:
                return work(other, self.value) if swapped else work(self.value, other)
            at, y, y_rate, stays = self.tape.constant(other), other, 0.0, self.stays
        else:
            return NotImplemented
        a, x, x_rate = self.at, self.value, self.rate
        if swapped:
            a, x, x_rate, at, y, y_rate = at, y, y_rate, a, x, x_rate
        found: bool = work(x, y)
        if a != at:
            if x_rate is None or y_rate is None or (equals and x_rate != y_rate):
                self.tape.guards[name, a, at] = found
            else:
                self.tape.time((name, a, at), found, x - y, x_rate - y_rate, stays)
        return found

    return method


class Num:
    """A float on a tape. `at` is its place there, `rate` as in `Tape.input`.

    `stays`: whether it hangs on an input that stays.
    """

    __slots__ = ("at", "rate", "stays", "tape", "value")
    __hash__ = None  # type: ignore[assignment]  # equal numbers may be unequal in another row

    def __init__(
        self, tape: Tape, at: Place, value: float, rate: float | None, stays: bool
    ) -> None:
        self.tape, self.at, self.value, self.rate, self.stays = tape, at, value, rate, stays

    __add__ = _reckons("+")
    __sub__ = _reckons("-")
    __rsub__ = _reckons("-", swapped=True)
    __mul__ = _reckons("*")
    __rmul__ = _reckons("*", swapped=True)
    __truediv__ = _reckons("/")
    __rtruediv__ = _reckons("/", swapped=True)
    __lt__ = _compares("<")
    __le__ = _compares("<=")
    __gt__ = _compares("<", swapped=True)
    __ge__ = _compares("<=", swapped=True)
    __eq__ = _compares("==")
    _added_to = _reckons("+", swapped=True)

    def __radd__(self, other: object) -> Any:
        return self if other == 0 else self._added_to(other)  # the start of every sum

    def __neg__(self) -> Any:
        return self * -1.0

    def __abs__(self) -> Any:
        return -self if self < 0.0 else self

    def __ne__(self, other: object) -> Any:
        found = self.__eq__(other)
        return found if found is NotImplemented else not found

    def __bool__(self) -> bool:
        found: bool = self != 0.0
        return found
