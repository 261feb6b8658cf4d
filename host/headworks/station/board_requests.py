"""Requests at the socket that are for a sensor board: its console, its port. Pure checks.

What only reads is for everybody at the socket; the rest wants an actor with a role.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

OPS = ("board", "lend", "return")
READING = ("help", "?", "info", "sensors", "outputs", "selftest", "log", "counters")
LONGEST_LINE = 120  # a frame has 256 bytes
MOST_LENT_S = 900.0
Text = Callable[[Mapping[str, Any], str, int], str]


class BoardRequest(NamedTuple):
    """`op` is board, lend or return. `actor` and `role` are empty where nothing is changed."""

    op: str
    board: str
    line: str = ""
    for_s: float = 0.0
    actor: str = ""
    role: str = ""

    @property
    def changes(self) -> bool:
        """Whether it does more than read."""
        word = self.line.split(maxsplit=1)[0].lower() if self.line else ""
        return self.op != "board" or word not in READING


def board_request(
    op: str, fields: Mapping[str, Any], boards: tuple[str, ...], text: Text, role: Callable[[], str]
) -> BoardRequest:
    """The request of a line; `text` and `role` raise for what is missing. Raises ValueError."""
    name = text(fields, "board", 64)
    if name not in boards:
        raise ValueError(f"no board is called {name!r}; there are: {', '.join(boards) or 'none'}")
    found = BoardRequest(op, name)
    if op == "board":
        found = found._replace(line=text(fields, "line", LONGEST_LINE))
        if not found.line.isascii():
            raise ValueError("line must be plain ASCII; a board knows no other letters")
    if op == "lend":
        found = found._replace(for_s=_for_s(fields.get("for_s")))
    if found.changes:
        found = found._replace(actor=text(fields, "actor", 64), role=role())
    return found


def _for_s(value: object) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and 1.0 <= value <= MOST_LENT_S:  # type: ignore[operator]
        return float(value)  # type: ignore[arg-type]
    raise ValueError(f"for_s must be seconds from 1 to {MOST_LENT_S:g}")
