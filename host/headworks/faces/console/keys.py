"""Keys of a terminal or a cable for prompt_toolkit, read through the intake.

Reads from a file descriptor; says when the far side has gone. Knows no words.
"""

import os
import select
from contextlib import AbstractContextManager, nullcontext

from prompt_toolkit.input.vt100 import Vt100Input

from headworks.faces.console.intake import Intake

_PIECE = 4096


class _Reader:
    """In place of prompt_toolkit's own, which takes a cable that was pulled for silence."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._intake = Intake()
        self.closed = False

    def read(self, count: int = _PIECE) -> str:
        """The keys that have come."""
        return self._intake.take(self.raw(count))

    def raw(self, count: int = _PIECE) -> bytes:
        """The bytes that have come; none when there are none, or there is nobody any more."""
        try:
            if not select.select([self._fd], [], [], 0)[0]:
                return b""
            data = os.read(self._fd, count)
        except (BlockingIOError, InterruptedError):
            return b""
        except (OSError, ValueError):
            data = b""
        self.closed = self.closed or not data
        return data

    def throw_away(self) -> None:
        """A line that was begun counts as nothing."""
        self._intake = Intake()


class Keys(Vt100Input):
    """The keyboard at the far side of a file descriptor, which stays open."""

    def __init__(self, fd: int) -> None:
        super().__init__(os.fdopen(fd, "r", encoding="utf-8", closefd=False))
        self._reader = _Reader(fd)
        self.stdin_reader = self._reader  # type: ignore[assignment]

    def swallow(self) -> int:
        """Throw away what has come; how many bytes that was. Ends of lines do not count, since a
        terminal may send two for one Enter."""
        self._reader.throw_away()
        return len(self._reader.raw().strip(b"\r\n"))


class HeldKeys(Keys):
    """The same of a terminal that stays raw between two prompts: nothing shows by itself."""

    def held(self) -> AbstractContextManager[None]:
        """Every key at once and unseen, until the end of the block."""
        return super().raw_mode()

    def raw_mode(self) -> AbstractContextManager[None]:
        """It is raw already."""
        return nullcontext()

    cooked_mode = raw_mode
