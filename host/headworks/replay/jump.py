"""Jumps over rows whose scan would decide the same again; `replay.hold` says which those are."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from headworks.model.memory import Memory
from headworks.replay import hold
from headworks.replay.hold import Hold, Way
from headworks.replay.inputs import Columns, Values
from headworks.replay.lane import MOST_EDGES, Edge, Found, Lane, Node
from headworks.replay.loop import Loop, Stage
from headworks.replay.player import CLOCK, Column
from headworks.replay.rows import Floats

FIRST_ROWS, MOST_ROWS = 256, 4096  # that are looked at in one piece
SHORT_ROWS = 8  # a jump over fewer rows did not pay
KEPT_NODES = 256
OFTEN = 3  # times that a node was come to, after which its rows are worth an edge


def breaks_of(columns: Columns, gaps: Sequence[int]) -> list[int]:
    """Rows over which nothing may jump: after a gap, or where something becomes (un)known."""
    found = np.zeros(len(columns.t_s), np.bool_)
    found[list(gaps)] = True
    for column in (*columns.base_kw, columns.hertz, *columns.limits, *columns.seen):
        if not is_fixed(column):
            kind = np.isnan(column) * 2 + np.isinf(column)
            found[1:] |= kind[1:] != kind[:-1]
    rows: list[int] = np.flatnonzero(found).tolist()
    return rows


def is_fixed(column: Floats) -> bool:
    """Whether it is one assumed value for all rows of the file."""
    return column.strides == (0,)


class Jumper:
    """Tries to jump where nothing is under way. Keeps the holds that may come back."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._last: Node | None = None
        self._nodes: dict[object, Node] = {}
        self._lane = Lane(loop)
        self._ended = False  # the decision that stood alone has just ended: it needs no other look
        self.records = 0

    def jump(self, stage: Stage, row: int, breaks: Sequence[int]) -> int:
        """How many rows from this one on were played without a scan each; 0 for none."""
        loop, memory = self._loop, self._loop.memory
        t_s = stage.columns.t_s.item(row)
        loop.settle(t_s)
        edge_s, ended, self._ended = loop.troubled.edge_after(t_s), self._ended, False
        if ended or memory is None or not loop.quiet or not loop.racks.still or t_s >= edge_s:
            return 0
        end = bisect_right(breaks, row)
        stop = breaks[end] if end < len(breaks) else len(stage.dt_s)
        stop = min(stop, int(np.searchsorted(stage.columns.t_s, edge_s)))
        span = Span(stage, row, stop, loop.row_values(stage, row), _fixed(stage.columns))
        node = self._node(memory, span)
        node.edges = [edge for edge in node.edges if edge.dead_s > t_s]
        node.entries += node is not self._last
        self._last = node
        return (
            self._known(node, span, memory)
            or self._walk(node, span)
            or self._new(node, span, memory)
        )

    def _node(self, memory: Memory, span: "Span") -> Node:
        key = self._key(memory, span)
        node = self._nodes.get(key)
        if node is None:
            if len(self._nodes) >= KEPT_NODES:
                for old in self._nodes.values():
                    old.edges = []  # nodes and edges hold each other in memory
                self._nodes.clear()
            node = self._nodes[key] = Node(memory)
        return node

    def _walk(self, node: Node, span: "Span", begin: tuple[Edge, Found] | None = None) -> int:
        """Go along edges, and then as far as the hold stands that they ended in."""
        if not node.edges:
            return 0
        rows, found = self._lane.walk(node, span.stage, span.row, span.stop, begin)
        memory = self._loop.memory
        if found is not None and memory is not None and span.row + rows < span.stop:
            rows += self._run(found, span._replace(row=span.row + rows), memory, None)
        return rows

    def _known(self, node: Node, span: "Span", memory: Memory) -> int:
        """Jump as far as a hold of the node stands, unless those did not stand for long."""
        if node.hovers:
            return 0
        for edge in node.edges:
            if edge.hold is None or not self._lane.fits(edge, node, span.values, memory):
                continue
            if held := self._run(edge.hold, span, memory, None):
                self._ended = len(node.edges) == 1 and span.row + held < span.stop
                node.short += held < SHORT_ROWS
                return held
        return 0

    def _new(self, node: Node, span: "Span", memory: Memory) -> int:
        """Record this row's scan where that may pay."""
        if not (self._loop.calm >= 0 or (node.entries >= OFTEN and node.may_grow)):
            return 0
        site, look = self._loop.site, self._loop.snapshot
        self.records += 1
        found = hold.record(site, memory, span.values, span.fixed, look)
        if not found.goes_on or found.tape.until_s <= span.next_s:
            node.failed += not found.goes_on
            plan, new = hold.told(found)
            self._loop.decided(span.stage, span.row, span.values, plan, new)
            return 1
        begin = self._lane.edge(found, node, lambda new: self._node(new, span))
        node.edges = [begin[0], *node.edges][:MOST_EDGES]
        until_s = found.tape.until_s
        if begin[0].hold is not None and (held := self._run(begin[0].hold, span, memory, until_s)):
            self._ended = len(node.edges) == 1 and span.row + held < span.stop
            node.short += held < SHORT_ROWS
            return held
        return self._walk(node, span, begin)

    def _key(self, memory: Memory, span: "Span") -> object:
        """What two rows share that may be held by the same tape."""
        racks, values, fixed = self._loop.racks, span.values, span.fixed
        kinds = [_kind(kw) for kw in (*values.power_kw, values.hertz, *values.limits, *values.seen)]
        now = tuple(racks.coil), tuple(racks.closed), racks.breaker_open
        same = fixed.hertz, *fixed.limits, *fixed.seen
        return hold.key_of(memory), now, tuple(kinds), same

    def _run(self, found: Hold, span: "Span", memory: Memory, until_s: float | None) -> int:
        """Play rows as long as the decision stands; how many those were.

        `until_s`: from when on it does not, for sure; None to work it out.
        """
        at, size, stage = span.row, FIRST_ROWS, span.stage
        if until_s is None:
            now = {CLOCK: span.stage.columns.t_s.item(span.row)}
            until_s = found.player.until_s(hold.numbers_of(memory) | now)
        stop = min(span.stop, int(np.searchsorted(stage.columns.t_s, until_s)))
        while at < stop:
            piece = slice(at, min(at + size, stop))
            kept, memory = self._piece(found, stage, piece, memory)
            at += kept
            if at < piece.stop:
                break
            size = min(4 * size, MOST_ROWS)
        if at > span.row:
            self._loop.passed(stage, at - 1, memory)
        return at - span.row

    def _piece(self, found: Hold, stage: Stage, piece: slice, memory: Memory) -> tuple[int, Memory]:
        count, player = piece.stop - piece.start, found.player
        t_s, warm = stage.columns.t_s[piece], stage.heat[piece]
        heat = warm.item(0) if is_fixed(stage.columns.temperature_c) else warm
        powers = self._loop.racks.drawn_kw(t_s, heat)
        numbers = hold.numbers_of(memory)
        values = player.begin(self._columns(player.reads, stage, piece, numbers, powers))
        before: dict[str, Column] = {}
        after: dict[str, Floats] = {}
        for name, way, place in found.moves:
            chain = np.empty(count + 1)
            chain[0], chain[1:] = numbers[name], values[place]
            if way is Way.ADDS:
                np.add.accumulate(chain, out=chain)
            before[name], after[name] = chain[:-1], chain[1:]
        kept = player.end(values, before, count)
        if not kept:
            return 0, memory
        last = slice(piece.start, piece.start + kept)
        stage.envelope_kw[last] = _first(values[found.envelope], kept)
        stage.binding[last] = found.binding
        self._powers(stage, last, powers, kept)
        numbers |= {name: column.item(kept - 1) for name, column in after.items()}
        return kept, hold.moved(memory, t_s.item(kept - 1), numbers)

    def _powers(self, stage: Stage, rows: slice, powers: Mapping[int, Column], kept: int) -> None:
        stage.racks_kw[rows] = _first(_sum(powers, range(len(self._loop.site.racks))), kept)
        dt_s = stage.dt_s[rows]
        span_s = float(dt_s.sum())
        for i, power in powers.items():
            kws = power * span_s if isinstance(power, float) else float(power[:kept] @ dt_s)
            stage.energy_kws[i] += kws
        stage.on[:, rows] = self._loop.racks.told[:, None]

    def _columns(
        self,
        reads: frozenset[str],
        stage: Stage,
        piece: slice,
        numbers: dict[str, float],
        powers: Mapping[int, Column],
    ) -> dict[str, Column]:
        """The inputs of the tape, as far as it reads them."""
        columns = stage.columns
        inputs: dict[str, Column] = {**numbers, CLOCK: columns.t_s[piece]}
        for k, (base, point) in enumerate(
            zip(columns.base_kw, self._loop.inputs.points, strict=True)
        ):
            if f"{hold.METER}{k}" in reads:
                inputs[f"{hold.METER}{k}"] = _sum(powers, point.racks) + base[piece]
        inputs[hold.HERTZ] = columns.hertz[piece]
        inputs |= {f"{hold.LIMIT}{k}": one[piece] for k, one in enumerate(columns.limits)}
        inputs |= {f"{hold.SEEN}{k}": one[piece] for k, one in enumerate(columns.seen)}
        if hold.BEFORE in reads:
            times = inputs[hold.BEFORE] = np.empty(piece.stop - piece.start)
            times[0], times[1:] = numbers[hold.BEFORE], columns.t_s[piece.start : piece.stop - 1]
        return inputs


class Span(NamedTuple):
    """Rows that may be jumped over: from `row` to before `stop`, with the first one's values."""

    stage: Stage
    row: int
    stop: int
    values: Values
    fixed: Values

    @property
    def next_s(self) -> float:
        """The time of the second row, or of the only one."""
        t_s = self.stage.columns.t_s
        return t_s.item(min(self.row + 1, len(t_s) - 1))


def _fixed(columns: Columns) -> Values:
    """The values that no column tells, and that are so the same in every row."""
    return Values(
        0.0,
        [None] * len(columns.base_kw),
        _same(columns.hertz),
        [_same(column) for column in columns.limits],
        [_same(column) for column in columns.seen],
    )


def _same(column: Floats) -> float | None:
    return column.item(0) if is_fixed(column) else None


def _kind(value: float | None) -> int:
    if value is None:
        return 0
    return 1 if value == float("inf") else 2


def _sum(powers: Mapping[int, Column], racks: Iterable[int]) -> Column:
    """Added up in order, as the plant does row by row."""
    total: Column = 0.0
    for i in racks:
        if i in powers:
            total = total + powers[i]
    return total


def _first(column: Column, count: int) -> Column:
    return column if isinstance(column, float) else column[:count]
