"""What comes from a cable, made harmless before anything reads it as keys. Pure.

Lets through what can be printed and a few keys for editing. A line that held anything else, or
that is too long, is spoiled as a whole: it arrives as `SPOILED`, which no word is.
"""

import re
from codecs import getincrementaldecoder

LONGEST = 256  # characters of a line
SPOILED = "\N{REPLACEMENT CHARACTER}"
ENTER, ABANDON = "\r", "\x03"
# Enter, Tab, both backspaces; start, back, forth, end, kill to end, next, previous, kill, word
_EDITS = frozenset("\t\x08\x7f\x01\x02\x06\x05\x0b\x0e\x10\x15\x17\x04")
_SILENT = frozenset("\x11\x13")  # XON and XOFF: flow control of a terminal, no key
_ARROWS = re.compile(r"\x1b[\[O][ABCDHF]|\x1b\[[134]~")
_BEGUN = re.compile(r"\x1b(?:[\[O][134]?)?")
_WIPE = "\x05\x15"  # to the end of the line, then kill it


class Intake:
    """Bytes in, keys out; whatever the pieces are that it comes in."""

    def __init__(self) -> None:
        self._decoder = getincrementaldecoder("utf-8")("surrogateescape")
        self._escape = ""
        self._length = 0
        self._spoiled = False
        self._after_return = False

    def take(self, data: bytes) -> str:
        """The keys in the next bytes."""
        return "".join(self._key(char) for char in self._decoder.decode(data))

    def _key(self, char: str) -> str:
        after_return, self._after_return = self._after_return, char == "\r"
        if char == ABANDON:
            self._begin()
            return char
        if char in "\r\n":
            return "" if char == "\n" and after_return else self._enter()
        if self._spoiled or char in _SILENT:
            return ""
        if self._escape or char == "\x1b":
            return self._sequence(char)
        return self._typed(char)

    def _enter(self) -> str:
        spoiled = self._spoiled or bool(self._escape)
        self._begin()
        return f"{_WIPE}{SPOILED}{ENTER}" if spoiled else ENTER

    def _begin(self) -> None:
        self._escape, self._length, self._spoiled = "", 0, False

    def _sequence(self, char: str) -> str:
        """An arrow or a key like it; any other sequence spoils the line."""
        self._escape += char
        if _ARROWS.fullmatch(self._escape):
            found, self._escape = self._escape, ""
            return found
        self._spoiled = _BEGUN.fullmatch(self._escape) is None
        return ""

    def _typed(self, char: str) -> str:
        if char.isprintable() and char != SPOILED:
            self._length += 1
            self._spoiled = self._length > LONGEST
        elif char in "\x08\x7f":
            self._length = max(0, self._length - 1)
        elif char == "\x15":
            self._length = 0
        elif char not in _EDITS:
            self._spoiled = True
        return "" if self._spoiled else char
