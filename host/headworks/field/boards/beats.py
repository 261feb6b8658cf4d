"""Questions for a board's counter, their answers, and so the times of its samples. Pure."""

from collections.abc import Mapping
from typing import Any

from headworks.field.boards.clock import TickClock
from headworks.field.boards.greeting import Hello

FORGET_S = 5.0  # an answer that comes later tells nothing
JUMP_S = 1.0  # a counter that is off by more is that of another start


class Beats:
    """The clock of the board's present start; none before its introduction."""

    def __init__(self) -> None:
        self._clock: TickClock | None = None
        self._said: Hello | None = None  # of the start that the clock is for
        self._asked_s: dict[int, float] = {}

    def met(self, said: Hello) -> None:
        """It has introduced itself: a new start has a new clock, as has one whose was given up."""
        if self._clock is None or self._said is None or said.start != self._said.start:
            self._clock, self._asked_s = TickClock(said.wrap_bits), {}
        self._said = said

    def asked(self, number: int, t_s: float) -> bool:
        """Keep a question; whether there is a clock to ask for."""
        recent = {n: at_s for n, at_s in self._asked_s.items() if t_s - at_s < FORGET_S}
        self._asked_s = {**recent, number: t_s}
        return self._clock is not None

    def answered(self, fields: Mapping[str, Any], t_s: float) -> bool | None:
        """An answer: True when it fits, None when it is none of ours, False after a new start."""
        number, ticks = fields.get("i"), fields.get("m")
        if not isinstance(number, int) or not isinstance(ticks, int) or self._clock is None:
            return None  # without ticks it is our own question, from a line that echoes
        asked_s = self._asked_s.pop(number, None)
        if asked_s is None:
            return None
        told_s = self._clock.host_s(ticks, t_s)
        if told_s is not None and asked_s - told_s > JUMP_S:
            self._clock = None  # until it introduces itself no sample has a time
            return False
        self._clock.answered(asked_s, t_s, ticks)
        return True

    def by(self, fields: Mapping[str, Any], end_s: float) -> dict[str, Any]:
        """A command's fields with the start that it is for, and the board's counter when it is
        given up; what is known of the two.

        A command that lay in a buffer while the board stood still or restarted is for nobody.
        """
        by = self._clock.ticks(end_s) if self._clock is not None else None
        start = {} if self._said is None else {"bt": self._said.boot}
        return {**fields, **start} if by is None else {**fields, **start, "by": by}

    def at(self, ticks: object, t_s: float) -> float | None:
        """When a sample of this counter, heard at `t_s`, was taken; None while that is unknown."""
        if self._clock is None or not isinstance(ticks, int):
            return None
        return self._clock.host_s(ticks, t_s)
