"""Rows one by one, by tapes that are Python functions, where decisions stand for a few rows only.

A node is a memory without its numbers; an edge is a tape that leads from one node to another or
back to the same one. Surplus that hovers about a threshold goes round a few nodes for hours.
"""

from collections.abc import Callable, Sequence

import numpy as np

from headworks.model.memory import Memory
from headworks.replay import hold
from headworks.replay.coded import Step, Stepped, coded
from headworks.replay.hold import Hold, Record
from headworks.replay.inputs import Values
from headworks.replay.loop import Loop, Stage
from headworks.replay.player import CLOCK

Found = tuple[float, ...]

LONG_ROWS = 16  # a decision that stands longer is for the player
MOST_EDGES = 8  # of one node
MOST_SHORT = 2  # short jumps of a node, before its rows are walked one by one
OFTEN_USED = 60  # rows of an edge after which it is worth a function of its own
MOST_FAILED = 2  # rows of one node that are no edge, before it is left alone


class Edge:
    """A tape that begins in a node. `hold` where it leads back to it and may stand for long."""

    def __init__(self, found: Record, to: "Node", binding: int, arguments: Sequence[str]) -> None:
        self.to, self.binding = to, binding
        self.hold: Hold | None = None
        numbers = hold.numbers_of(found.new)
        places = {name: found.tape.place_of(number) for name, number in numbers.items()}
        places[hold.BEFORE] = found.tape.inputs.index(CLOCK)
        self._outputs = [found.envelope, *(places[name] for name in to.names)]
        self._tape, self._arguments = found.tape, arguments
        self._step: Step | None = None
        self._uses = 0

    @property
    def dead_s(self) -> float:
        """From this time on it can stand for no row."""
        return self._tape.dead_s

    @property
    def step(self) -> Step:
        """The tape as a function, made when it is wanted, and made better when it is often."""
        self._uses += 1
        if self._step is None:
            self._step = Stepped(self._tape, self._arguments, self._outputs)
        elif self._uses == OFTEN_USED:
            self._step = coded(self._tape, self._arguments, self._outputs)
        return self._step


class Node:
    """A memory but for its numbers, which are in the order of `names`."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.names = tuple(hold.numbers_of(memory))
        self.edges: list[Edge] = []
        self.entries = self.short = self.failed = 0

    def numbers(self, memory: Memory) -> tuple[float, ...]:
        """The numbers of a memory of this node."""
        found = hold.numbers_of(memory)
        return tuple([found[name] for name in self.names])

    def memory_of(self, numbers: tuple[float, ...]) -> Memory:
        """A memory of this node with these numbers."""
        return hold.with_numbers(self.memory, dict(zip(self.names, numbers, strict=True)))

    @property
    def hovers(self) -> bool:
        """Whether its rows are worth a walk, as its decisions stand for a few of them only."""
        return self.short >= MOST_SHORT

    @property
    def may_grow(self) -> bool:
        """Whether a further edge is worth recording."""
        return len(self.edges) < MOST_EDGES and self.failed < MOST_FAILED


class Lane:
    """Walks from node to node as long as an edge fits."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        inputs = loop.inputs
        self._row = (
            CLOCK,
            *(f"{hold.METER}{k}" for k in range(len(inputs.points))),
            hold.HERTZ,
            *(f"{hold.LIMIT}{k}" for k in range(len(inputs.signals))),
            *(f"{hold.SEEN}{k}" for k in range(len(inputs.channels))),
        )

    def edge(
        self, found: Record, begin: Node, node_of: Callable[[Memory], Node]
    ) -> tuple[Edge, Found]:
        """The edge of a recorded row, with what it found. `node_of` finds a memory's node."""
        numbers = hold.numbers_of(found.new)
        values = {name: getattr(number, "value", number) for name, number in numbers.items()}
        values[hold.BEFORE] = found.new.t_s.value  # type: ignore[attr-defined]
        to = node_of(hold.with_numbers(found.new, values))
        edge = Edge(found, to, self._loop.binding(found.plan), [*self._row, *begin.names])
        edge.hold = hold.hold_of(found, edge.binding) if to is begin else None
        envelope_kw = getattr(found.plan.envelope.kw, "value", found.plan.envelope.kw)
        return edge, (envelope_kw, *(values[name] for name in to.names))

    def fits(self, edge: Edge, node: Node, values: Values, memory: Memory) -> bool:
        """Whether an edge of the node stands for a row."""
        row = (values.t_s, *values.power_kw, values.hertz, *values.limits, *values.seen)
        return edge.step(*row, *node.numbers(memory)) is not None

    def walk(
        self, node: Node, stage: Stage, row: int, stop: int, begin: tuple[Edge, Found] | None
    ) -> tuple[int, Hold | None]:
        """How many rows were walked, and the hold that has stood for long when they ended.

        `begin` is what the first row is known to find.
        """
        memory = self._loop.memory
        if memory is None:
            return 0, None
        numbers, at, stood = node.numbers(memory), row, 0
        last: Edge | None = None
        rows = self._rows(stage, row)
        while at < stop and stood < LONG_ROWS:
            step = _step(node, rows(at), numbers) if begin is None else begin
            if step is None:
                break
            edge, found = step
            begin = None
            stage.envelope_kw[at], numbers = found[0], found[1:]
            stage.binding[at] = edge.binding
            stood = stood + 1 if edge is last and edge.hold is not None else 0
            node, last, at = edge.to, edge, at + 1
        if at > row:
            self._end(stage, row, at, node.memory_of(numbers))
            self._loop.calm = int(stood == 0)
        return at - row, last.hold if last is not None and stood >= LONG_ROWS else None

    def _rows(self, stage: Stage, row: int) -> Callable[[int], list[float | None]]:
        """A function from a row to the values of the tape's arguments."""
        loop, columns = self._loop, stage.columns
        fixed = loop.values(columns, row, [0.0] * len(loop.site.racks))
        rest: list[float | None] = [fixed.hertz, *fixed.limits, *fixed.seen]
        moving = [
            (place, column)
            for place, column in enumerate((columns.hertz, *columns.limits, *columns.seen))
            if column.strides != (0,)
        ]
        meters = list(zip(columns.base_kw, loop.inputs.points, strict=True))

        def values(at: int) -> list[float | None]:
            powers = loop.powers(stage, at)
            for place, column in moving:
                rest[place] = column.item(at)
            found: list[float | None] = [columns.t_s.item(at)]
            for base, point in meters:
                found.append(sum([powers[i] for i in point.racks]) + base.item(at))
            return found + rest

        return values

    def _end(self, stage: Stage, row: int, stop: int, memory: Memory) -> None:
        """Write down what the racks drew, which the tape does not know."""
        for at in range(row, stop):
            powers = self._loop.powers(stage, at)
            stage.racks_kw[at] = sum(powers)
            np.add(stage.energy_kws, np.multiply(powers, stage.dt_s.item(at)), out=stage.energy_kws)
        stage.on[:, row:stop] = self._loop.racks.told[:, None]
        self._loop.passed(stage, stop - 1, memory)


def _step(node: Node, values: Sequence[float | None], numbers: Found) -> tuple[Edge, Found] | None:
    """The edge that fits a row, with what it finds."""
    for edge in node.edges:
        if edge.hold is None or node.hovers:
            found = edge.step(*values, *numbers)
            if found is not None:
                return edge, found
    return None
