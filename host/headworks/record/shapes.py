"""Which parts of a scan change is the same again and again: told once, then by its number.

A change is nested by position; its shape has the leaves cut off. A row is [number, leaf, …], or
[shape, leaf, …] where the shape is new and gets the next number. What is no nested change, or
comes when there are shapes enough, stands as it is. Pure.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from headworks.record.plain import PlainError

BEGIN, END, ONE_MORE = "{", "}", "+"  # in a path; the first and the last stand before a position
_MOST = 1000  # shapes of a file
_LEAF = 0  # in a shape; True stays, as it is a change that has no figure


class Shapes:
    """The writer's side, for one file."""

    def __init__(self) -> None:
        self._known: dict[tuple[int | str, ...], int] = {}

    def row(self, path: Sequence[int | str], leaves: Sequence[Any]) -> Any:
        """The row of a change that was told as a path with the leaves in its order."""
        shape = tuple(path)
        number = self._known.get(shape)
        if number is not None:
            return [number, *leaves]
        if not leaves or len(self._known) >= _MOST:
            return nested(path, leaves)
        self._known[shape] = len(self._known)
        return [nested(path, [_LEAF] * len(leaves)), *leaves]


def nested(path: Sequence[int | str], leaves: Sequence[Any]) -> dict[int | str, Any] | None:
    """The same change by position; None where there is none."""
    words, rest = iter(path), iter(leaves)
    return _nested(words, rest) or None


def _nested(words: Iterator[int | str], leaves: Iterator[Any]) -> dict[int | str, Any]:
    found: dict[int | str, Any] = {}
    for word in words:
        if word == END:
            break
        if word == BEGIN:
            position = next(words)
            found[position] = _nested(words, leaves)
        elif word == ONE_MORE:
            found[next(words)] = True
        else:
            found[word] = next(leaves)
    return found


class Shaped:
    """The reader's side."""

    def __init__(self) -> None:
        self._known: list[dict[str, Any]] = []

    def change(self, row: Any) -> Any:
        """The change of a row as JSON gives it back. Raises PlainError."""
        if not isinstance(row, list) or len(row) < 2:
            return row
        first, *leaves = row
        if isinstance(first, dict):
            self._known.append(first)
            shape = first
        elif type(first) is int and 0 <= first < len(self._known):
            shape = self._known[first]
        else:
            raise PlainError(f"a change of shape {first!r:.40}, which was not told")
        rest = iter(leaves)
        try:
            change = _filled(shape, rest)
        except StopIteration as error:
            raise PlainError("a change with fewer figures than its shape") from error
        if next(rest, None) is not None:
            raise PlainError("a change with more figures than its shape")
        return change


def _filled(shape: dict[str, Any], leaves: Iterator[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for position, part in shape.items():
        if isinstance(part, dict):
            found[position] = _filled(part, leaves)
        else:
            found[position] = True if part is True else next(leaves)
    return found
