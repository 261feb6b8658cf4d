"""Draws one line to edit with nothing but characters, backspaces and returns.

A terminal that can do no more is enough, and no escape sequence ever leaves. What is drawn is
put into the characters that the far side takes; others become question marks.
"""

import os
import select
import time
from collections.abc import Callable

from prompt_toolkit.data_structures import Size
from prompt_toolkit.output import DummyOutput
from prompt_toolkit.utils import get_cwidth

SLOW_S = 5.0  # a far side that takes nothing for so long is gone
_PIECE = 256  # bytes at once; a terminal has room for as many when it has room at all


class Paper(DummyOutput):
    """The far side of a file descriptor. `gone` once it takes nothing any more."""

    def __init__(self, fd: int, encoding: str, size: Callable[[], tuple[int, int]]) -> None:
        """`size` gives columns and rows."""
        self._fd, self._encoding, self._size = fd, encoding, size
        self._waiting: list[str] = []
        self._line: list[str] = []  # what stands on the current line, a cell each
        self._at = 0
        self.gone = False

    def fileno(self) -> int:
        """For the size and modes of a terminal."""
        return self._fd

    def encoding(self) -> str:
        """What the far side takes."""
        return self._encoding

    def get_size(self) -> Size:
        """Rows and columns."""
        columns, rows = self._size()
        return Size(rows=rows, columns=columns)

    def get_rows_below_cursor_position(self) -> int:
        """There is no more than one line, and nobody to ask."""
        return 1

    def write(self, data: str) -> None:
        """Characters, with returns and new lines among them; anything else is made visible."""
        for char in data.replace("\r\n", "\n"):
            self._one(char)

    write_raw = write

    def _one(self, char: str) -> None:
        if char == "\r":
            self._waiting.append("\r")
            self._at = 0
        elif char == "\n":
            self._waiting.append("\r\n")
            self._line, self._at = [], 0
        else:
            shown = char if char.isprintable() else "?"
            cells = [shown, *[""] * (get_cwidth(shown) - 1)]
            self._line[self._at : self._at + len(cells)] = cells
            self._at += len(cells)
            self._waiting.append(shown)

    def cursor_forward(self, amount: int) -> None:
        """By writing again what stands there."""
        end = self._at + amount
        self._line += [" "] * (end - len(self._line))
        self._waiting += self._line[self._at : end]
        self._at = end

    def cursor_backward(self, amount: int) -> None:
        """By backspaces."""
        amount = min(amount, self._at)
        self._waiting.append("\b" * amount)
        self._at -= amount

    def erase_end_of_line(self) -> None:
        """By blanks, and back."""
        left = len(self._line) - self._at
        if left > 0:
            self._waiting.append(" " * left + "\b" * left)
            del self._line[self._at :]

    def erase_down(self) -> None:
        """There is no more than this line."""
        self.erase_end_of_line()

    def flush(self) -> None:
        """Send what waits. Never raises: whoever is gone is found out by reading."""
        data = "".join(self._waiting).encode(self._encoding, "replace")
        self._waiting = []
        for at in range(0, len(data), _PIECE):
            self._send(data[at : at + _PIECE])

    def _send(self, piece: bytes) -> None:
        end_s = time.monotonic() + SLOW_S
        while piece and not self.gone:
            try:
                ready = select.select([], [self._fd], [], max(0.0, end_s - time.monotonic()))[1]
                piece = piece[os.write(self._fd, piece) :] if ready else piece
            except BlockingIOError:
                ready = [self._fd]
            except (OSError, ValueError):
                ready = []
            self.gone = not ready
