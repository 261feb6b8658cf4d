"""Figures that move together: one that follows another is told by the other's place.

What a meter shows stands in its reading, in the memory of the next scan and, added to a rating or
taken from it, in limits and sums of the plan. All of these move by the same amount, so all but the
first are told as "moved like figure 3 of this row": "a3", against it "b3", and of the row before
"c3" and "d3". Exact, or it is not done. Pure.
"""

from collections.abc import Sequence

_NOW, _BEFORE = ("a", "b"), ("c", "d")  # with the figure, and against it
_LATEST = 2  # figures of a tuple that a mapping beside them may hold again, as a reading's do


class Names:
    """The writer's side: which figures were told in full, and the name of one that follows."""

    def __init__(self) -> None:
        self.first_hand = False  # what comes now follows nothing
        self._now: dict[float, list[int]] = {}  # places by move
        self._before: dict[float, list[int]] = {}
        self._told: list[tuple[float, float]] = []  # value and move
        self._last = 0

    def name(self, before: float, after: float) -> str | None:
        """Which figure this one follows, if there is one."""
        move = after - before
        if before + move != after:
            return None
        for moves, (along, against) in ((self._now, _NOW), (self._before, _BEFORE)):
            if places := moves.get(move):
                return f"{along}{self._next(places)}"
            if places := moves.get(-move):
                return f"{against}{self._next(places)}"
        return None

    def _next(self, places: list[int]) -> int:
        """Figures follow in the order of those that they follow: the same row, the same names."""
        place = places[0]
        if len(places) > 1:
            last = self._last
            place = next((place for place in places if place >= last), place)
        self._last = place
        return place

    def add(self, before: float, after: float) -> None:
        """A figure was told in full."""
        move = after - before
        self._now.setdefault(move, []).append(len(self._told))
        self._told.append((after, move))

    def again(self, old: Sequence[object], new: Sequence[object]) -> dict[int, str]:
        """The figures that were told last, where they stand among these too: names by position."""
        found: dict[int, str] = {}
        count = len(self._told)
        for place in range(max(0, count - _LATEST), count):
            value, move = self._told[place]
            if value in new:
                position = new.index(value)
                before = old[position]
                if move and type(before) is float and before + move == value:
                    found[position] = f"{_NOW[0]}{place}"
        return found

    def next_row(self) -> None:
        """A row is complete."""
        self._before, self._now, self._told, self._last = self._now, {}, [], 0


class Moves:
    """The reader's side; it must see the same figures in the same order."""

    def __init__(self) -> None:
        self._now: list[float] = []
        self._before: list[float] = []

    def undone(self, before: float, name: str) -> float | None:
        """The figure that a name tells; None where it is no name. Raises ValueError, IndexError."""
        kind, place = name[:1], name[1:]
        if not place.isdecimal() or kind not in _NOW + _BEFORE:
            return None
        move = (self._now if kind in _NOW else self._before)[int(place)]
        return before + move if kind in (_NOW[0], _BEFORE[0]) else before - move

    def add(self, before: float, after: float) -> None:
        """A figure was told in full."""
        self._now.append(after - before)

    def next_row(self) -> None:
        """A row is complete."""
        self._before, self._now = self._now, []
