"""A board's console text: its last lines, and the error of a traceback. Pure."""

from collections import deque

from headworks.model.text import clean

KEPT = 20
_BEGINS = "Traceback (most recent call last):"
_PROMPT = ">>>"  # MicroPython's, which echoes whatever is typed behind it
_TYPED = '  File "<stdin>"'  # of an error in what was typed there, such as a frame


class Texts:
    """`line` returns the error's own line where a firmware's traceback is complete, else None.

    `at_prompt`: no firmware runs, and MicroPython's prompt takes our frames for its own words.
    """

    def __init__(self) -> None:
        self.lines: deque[str] = deque(maxlen=KEPT)
        self.at_prompt = False
        self._in_traceback = self._is_echo = False

    def line(self, text: str) -> str | None:
        """One more line. What a prompt makes of our frames would push out all that matters."""
        shown = clean(text)
        if shown.startswith(_PROMPT) or (self._in_traceback and shown.startswith(_TYPED)):
            if self._in_traceback:
                self.lines.pop()  # its first line
            self.at_prompt, self._is_echo, self._in_traceback = True, self._in_traceback, False
            return None
        if self._is_echo:
            self._is_echo = shown.startswith(" ")
            return None
        self.lines.append(shown)
        if shown.strip() == _BEGINS:
            self._in_traceback = True
        elif self._in_traceback and not shown.startswith(" "):
            self._in_traceback = False
            return shown
        return None
