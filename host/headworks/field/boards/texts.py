"""A board's console text: its last lines, and the error of a traceback. Pure."""

from collections import deque

from headworks.model.text import clean

KEPT = 20
_BEGINS = "Traceback (most recent call last):"


class Texts:
    """`line` returns the error's own line where a traceback is complete, else None."""

    def __init__(self) -> None:
        self.lines: deque[str] = deque(maxlen=KEPT)
        self._in_traceback = False

    def line(self, text: str) -> str | None:
        """One more line."""
        shown = clean(text)
        self.lines.append(shown)
        if shown.strip() == _BEGINS:
            self._in_traceback = True
        elif self._in_traceback and not shown.startswith(" "):
            self._in_traceback = False
            return shown
        return None
